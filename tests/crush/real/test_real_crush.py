"""What a real Crush does, as the tests of this room see it: the harness itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crush.real.internet import Internet
from tests.crush.real.program import RealCrush, can_lay_over_system

ACME = {
    "type": "openai-compat",
    "base_url": "https://llm.acme.example/v1",
    "api_key": "$ACME_KEY",
    "extra_headers": {"X-Team": "platform"},
    "models": [{"id": "a-1", "name": "A"}, {"id": "a-2", "name": "B"}],
}


def configure(crush: RealCrush, config: object) -> None:
    crush.config_file.parent.mkdir(parents=True, exist_ok=True)
    crush.config_file.write_text(json.dumps(config), encoding="utf-8")


def test_it_lists_the_models_of_a_configuration(crush: RealCrush) -> None:
    configure(crush, {"providers": {"acme": ACME}})
    listed = crush.models()
    assert listed.starts
    assert listed.of("acme") == ("a-1", "a-2")
    assert "claude-sonnet-4-6" in listed.of("anthropic"), "a built-in is listed though it has no key"


def test_it_says_why_it_does_not_start(crush: RealCrush) -> None:
    configure(crush, {"providers": []})
    listed = crush.models()
    assert not listed.starts
    assert "cannot unmarshal" in listed.message


def test_the_request_is_seen_as_it_would_have_gone_out(crush: RealCrush, internet: Internet) -> None:
    configure(crush, {"providers": {"acme": ACME}})
    complaint = replace(crush, env={"ACME_KEY": "k-1"}).ask()
    assert complaint == ""
    (sent,) = internet.chats()
    assert (sent.method, sent.url) == ("POST", "https://llm.acme.example/v1/chat/completions")
    assert (sent.headers["authorization"], sent.headers["x-team"]) == ("Bearer k-1", "platform")
    assert sent.body["model"] == "a-1"
    assert [title.body["model"] for title in internet.titles()] == ["a-1"]


@pytest.mark.parametrize("type_", ["openai", "anthropic", "google", "azure", "ollama"])
def test_every_format_is_answered(type_: str, crush: RealCrush, internet: Internet) -> None:
    configure(crush, {"providers": {"acme": {**ACME, "type": type_, "models": [{"id": "gpt-4-x", "name": "X"}]}}})
    complaint = replace(crush, env={"ACME_KEY": "k-1"}).ask()
    assert complaint == ""
    assert len(internet.chats()) == 1
    assert len(internet.titles()) == 1


def test_what_an_endpoint_lists_is_discovered(crush: RealCrush, internet: Internet) -> None:
    internet.lists["llm.acme.example"] = ("d-1", "d-2")
    configure(crush, {"providers": {"acme": {**ACME, "models": []}}})
    assert crush.models().of("acme") == ("d-1", "d-2")


def test_a_model_that_is_not_there_is_replaced_for_good(crush: RealCrush) -> None:
    wanted = {"provider": "acme", "model": "a-9"}
    configure(crush, {"providers": {"acme": ACME}, "models": {"large": wanted}})
    crush.models()
    assert crush.remembered()["models"]["large"]["model"] == "a-1"


def test_the_file_of_the_system(crush: RealCrush, tmp_path: Path) -> None:
    if not can_lay_over_system():
        pytest.skip("needs a real Crush and a mount namespace to give it an /etc of its own")
    system = tmp_path / "etc"
    (system / "crush").mkdir(parents=True)
    (system / "crush" / "crush.json").write_text(json.dumps({"providers": {"acme": ACME}}))
    assert replace(crush, system=system).models().of("acme") == ("a-1", "a-2")

"""What commands say of their changes, and what a real Crush makes of them."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import program
from tests.conftest import NO_SERVERS

if TYPE_CHECKING:
    from tests.crush.real.internet import Internet
    from tests.crush.real.program import RealCrush
    from tests.model_server import ModelServer
    from tests.program import Finished

M1 = {"id": "m1", "name": "M1", "context_window": 100000, "default_max_tokens": 1000}
M2 = {**M1, "id": "m2", "name": "M2"}
ACME = {"base_url": "https://acme.example/v1", "api_key": "acme-literal-key-0123456789", "models": [M1, M2]}
OFF = {"options": {"disable_default_providers": True}}
BETA = (
    *("add-provider", "openai-compatible", "--base-url", "https://beta.example/v1", "--no-api-key", "--yes"),
    *("--model", "b1", "--set", "b1.context_window=100000"),
)


def wizard(crush: RealCrush, *arguments: str, cwd: Path | None = None) -> Finished:
    """The wizard in Crush's home, without a network, with the variables that Crush has."""
    around = {"HOME": str(crush.home), "PATH": program.SYSTEM_PATH, "WIZARD_OFFLINE": "1", **NO_SERVERS}
    return program.run(arguments, "", cwd or crush.home, {**around, **program.LOCALE, **program.IMPORTS, **crush.env})


def configure(crush: RealCrush, config: object) -> None:
    crush.config_file.parent.mkdir(parents=True, exist_ok=True)
    crush.config_file.write_text(json.dumps(config), encoding="utf-8")


def script(crush: RealCrush, text: str) -> Path:
    path = crush.config_file.with_name("crushrc")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def remember(crush: RealCrush, **models: str) -> None:
    """Put PROVIDER/MODEL for slots into Crush's own file."""
    split = {slot: model.partition("/") for slot, model in models.items()}
    chosen = {slot: {"provider": provider, "model": model} for slot, (provider, _, model) in split.items()}
    crush.data_file.parent.mkdir(parents=True, exist_ok=True)
    crush.data_file.write_text(json.dumps({"models": chosen}), encoding="utf-8")


def asked(crush: RealCrush, internet: Internet) -> tuple[str, str]:
    """The models that Crush really sends to: the large one, and the small one, which names the session."""
    assert crush.ask() == ""
    return tuple(f"{_host(sent.url)}/{sent.body['model']}" for (sent,) in (internet.chats(), internet.titles()))  # type: ignore[return-value]


def _host(url: str) -> str:
    return url.partition("://")[2].partition(".")[0]


def said(done: Finished) -> tuple[str, str]:
    """What the command says that the slots are."""
    assert done.code == 0, done.err
    selected: dict[str, dict[str, str]] = done.json["data"]["selected"]
    return tuple(f"{selected[slot]['provider']}/{selected[slot]['model']}" for slot in ("large", "small"))  # type: ignore[return-value]


# A key that nobody spoke of


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("acme-literal-key-0123456789", "Bearer acme-literal-key-0123456789"),
        ("$(echo from-a-command)", "Bearer from-a-command"),
        ("${ACME_KEY:-from-a-default}", "Bearer from-a-default"),
        (None, None),
    ],
)
@pytest.mark.parametrize("store", ["environment", "file"])
def test_an_edit_without_a_key_leaves_the_request_its_key(
    crush: RealCrush, internet: Internet, key: str | None, sent: str | None, store: str
) -> None:
    configure(crush, {"providers": {"acme": {**ACME, "api_key": key} if key else {**ACME, "api_key": ""}}})
    done = wizard(
        crush, "edit-provider", "acme", "--base-url", "https://new.example/v1", "--secret-store", store, "--yes"
    )
    assert done.code == 0, done.err
    assert crush.ask() == ""
    (chat,) = internet.chats()
    assert (_host(chat.url), chat.headers.get("authorization")) == ("new", sent)


def test_an_edit_of_a_script_leaves_the_request_its_key(crush: RealCrush, internet: Internet) -> None:
    script(crush, "provider add acme --base-url https://acme.example/v1 --api-key plain-key-1\nmodel add acme/m1\n")
    done = wizard(
        crush, "edit-provider", "acme", "--base-url", "https://new.example/v1", "--secret-store", "file", "--yes"
    )
    assert done.code == 0, done.err
    assert crush.ask() == ""
    (chat,) = internet.chats()
    assert (_host(chat.url), chat.headers["authorization"]) == ("new", "Bearer plain-key-1")


def test_an_edit_switches_no_builtin_on(crush: RealCrush) -> None:
    """With a variable for its key, and that set, Crush would take it for its default."""
    configure(crush, {"providers": {"acme": ACME, "groq": {"base_url": "https://groq.example/v1", "api_key": ""}}})
    done = wizard(crush, "edit-provider", "groq", "--flat-rate", "--secret-store", "environment", "--yes")
    assert done.code == 0, done.err
    assert json.loads(crush.config_file.read_text())["providers"]["groq"]["api_key"] == ""


# The last provider


COMMANDS = {
    "remove-provider": ("remove-provider", "acme"),
    "models": ("models", "acme", "--remove", "m1", "--remove", "m2"),
    "edit-provider": ("edit-provider", "acme", "--base-url", "$NO_SUCH_URL"),
    "add-provider": (*BETA, "--id", "acme", "--replace", "--base-url", "$NO_SUCH_URL"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_last_provider_is_not_taken_in_silence(crush: RealCrush, command: str) -> None:
    configure(crush, {**OFF, "providers": {"acme": ACME}})
    before = crush.config_file.read_bytes()
    done = wizard(crush, *COMMANDS[command], "--yes")
    assert (done.code, crush.config_file.read_bytes()) == (4, before)
    assert "this would leave no" in done.err
    assert "--allow-builtins" in done.err
    assert crush.models().starts


@pytest.mark.parametrize("command", COMMANDS)
def test_it_goes_where_that_is_wanted_and_crush_does_as_was_said(crush: RealCrush, command: str) -> None:
    configure(crush, {**OFF, "providers": {"acme": ACME}})
    assert wizard(crush, *COMMANDS[command], "--yes", "--allow-no-provider").code == 0
    listed = crush.models()
    assert (listed.starts, "no custom providers" in listed.message) == (False, True)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_builtin_ones_can_be_let_in_instead(crush: RealCrush, command: str) -> None:
    configure(crush, {**OFF, "providers": {"acme": ACME}})
    done = wizard(crush, *COMMANDS[command], "--yes", "--allow-builtins")
    assert done.code == 0, done.err
    assert "Crush uses its built-in providers again" in done.err
    assert crush.models().of("anthropic")


def test_in_a_script_too(crush: RealCrush) -> None:
    text = "option default-providers false\nprovider add acme --base-url https://a.example/v1\nmodel add acme/m1\n"
    path = script(crush, text)
    assert wizard(crush, "remove-provider", "acme", "--yes").code == 4
    assert (path.read_text(), crush.models().models) == (text, ("acme/m1",))
    assert wizard(crush, "remove-provider", "acme", "--yes", "--allow-builtins").code == 0
    assert crush.models().of("anthropic")


def test_taking_an_addition_back_is_no_exception(crush: RealCrush) -> None:
    configure(crush, OFF)
    assert wizard(crush, *BETA, "--id", "beta").code == 0
    assert wizard(crush, "undo", "--yes").code == 4
    assert crush.models().models == ("beta/b1",)
    assert wizard(crush, "undo", "--yes", "--allow-builtins").code == 0
    assert crush.models().of("anthropic")
    assert "beta" not in crush.config_file.read_text()


def test_an_import_that_would_leave_none_is_refused(crush: RealCrush, tmp_path: Path) -> None:
    configure(crush, {**OFF, "providers": {"acme": ACME}})
    profile = tmp_path / "team.toml"
    profile.write_text(
        'profile = 1\n[providers.acme]\nbase_url = "$NO_SUCH_URL"\n[[providers.acme.models]]\nid = "m1"\n'
    )
    done = wizard(crush, "import", str(profile), "--yes", "--on-conflict", "merge")
    assert (done.code, "Crush would not start" in done.err) == (4, True)
    assert crush.models().starts


def test_without_any_provider_but_the_builtin_ones_crush_starts(crush: RealCrush) -> None:
    configure(crush, {"providers": {"acme": ACME}})
    done = wizard(crush, "remove-provider", "acme", "--yes")
    assert (done.code, "Crush asks for a provider when it starts" in done.err) == (0, True)
    assert crush.models().starts
    assert "No providers configured" in crush.ask()


# Slots


@pytest.mark.parametrize("id_", ["beta", "aaa"])
@pytest.mark.parametrize(
    "models",
    [{}, {"large": {"provider": "acme", "model": "m2"}}, {"small": {"provider": "acme", "model": "m2"}}],
    ids=["none chosen", "large", "small"],
)
def test_a_second_provider_takes_no_slot(
    crush: RealCrush, internet: Internet, models: dict[str, Any], id_: str
) -> None:
    """Not even where its id comes first, and Crush's own choice would move."""
    configure(crush, {"providers": {"acme": ACME}, "models": models})
    before = asked(crush, internet)
    done = wizard(crush, *BETA, "--id", id_, "--json")
    assert said(done) == before == asked(crush, internet)
    assert f"large model: {before[0]}, as before; small model: {before[1]}, as before" in done.err


def test_nor_does_it_in_a_script(crush: RealCrush, internet: Internet) -> None:
    path = script(crush, "provider add acme --base-url https://acme.example/v1 --api-key k\nmodel add acme/m1\n")
    done = wizard(crush, *BETA, "--id", "aaa", "--json")
    assert "provider add aaa" in path.read_text()
    assert said(done) == ("acme/m1", "acme/m1") == asked(crush, internet)


def test_nor_does_a_builtin_one(crush: RealCrush, internet: Internet) -> None:
    configure(crush, {"providers": {"acme": ACME}})
    done = wizard(crush, "add-provider", "deepseek", "--yes", "--json")
    with_key = replace(crush, env={"DEEPSEEK_API_KEY": "d-key"})
    assert said(done) == ("acme/m1", "acme/m1") == asked(crush, internet) == asked(with_key, internet)


def test_what_was_picked_in_crush_stays(crush: RealCrush, internet: Internet) -> None:
    configure(crush, {"providers": {"acme": ACME}})
    remember(crush, large="acme/m2", small="acme/m2")
    done = wizard(crush, *BETA, "--id", "beta", "--json")
    assert said(done) == ("acme/m2", "acme/m2") == asked(crush, internet)


def test_a_slot_that_is_given_is_taken_and_the_other_one_stays(crush: RealCrush, internet: Internet) -> None:
    configure(crush, {"providers": {"acme": ACME}})
    done = wizard(crush, *BETA, "--id", "beta", "--large", "b1", "--json")
    assert said(done) == ("beta/b1", "acme/m1") == asked(crush, internet)
    assert "large model: beta/b1; small model: acme/m1, as before" in done.err


def test_a_slot_of_a_provider_that_is_no_more_is_taken_and_that_is_said(crush: RealCrush, internet: Internet) -> None:
    configure(crush, {"providers": {"acme": ACME}})
    remember(crush, large="gone/g1", small="acme/m2")
    done = wizard(crush, *BETA, "--id", "beta", "--json")
    assert said(done) == ("beta/b1", "acme/m2") == asked(crush, internet)
    assert "large model: beta/b1, instead of gone/g1, which no longer exists" in done.err


def test_a_choice_of_a_model_that_is_no_more_gives_way_to_what_crush_takes(
    crush: RealCrush, internet: Internet
) -> None:
    """Crush would note that down itself at its next start; with the new provider it would take another one."""
    configure(crush, {"providers": {"acme": ACME}})
    remember(crush, large="acme/m9", small="gone/g1")
    done = wizard(crush, *BETA, "--id", "aaa", "--json")
    assert said(done) == ("acme/m1", "aaa/b1")
    assert asked(crush, internet) == ("acme/m1", "beta/b1")  # by their hosts
    assert "large model: acme/m1, as before, instead of acme/m9, which no longer exists" in done.err


def test_a_profile_without_choices_takes_no_slot(crush: RealCrush, internet: Internet, tmp_path: Path) -> None:
    configure(crush, {"providers": {"acme": ACME}})
    profile = tmp_path / "team.toml"
    profile.write_text(
        'profile = 1\n[providers.aaa]\nbase_url = "https://aaa.example/v1"\n[[providers.aaa.models]]\nid = "a1"\n'
    )
    done = wizard(crush, "import", str(profile), "--yes", "--json")
    assert said(done) == ("acme/m1", "acme/m1") == asked(crush, internet)


def test_setup_takes_no_slot_either(crush: RealCrush, internet: Internet) -> None:
    """Where another built-in one is in force already, and comes first."""
    with_keys = replace(crush, env={"ANTHROPIC_API_KEY": "a-key", "GROQ_API_KEY": "g-key"})
    done = wizard(with_keys, "setup", "--yes", "--json")
    models = [model.partition("/")[2] for model in said(done)]
    assert models == [model.partition("/")[2] for model in asked(with_keys, internet)]
    assert {one["provider"] for one in done.json["data"]["selected"].values()} == {"anthropic"}


# Whose file it is


def test_a_file_of_somebody_else_brings_no_key(crush: RealCrush) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs a real Crush, and the right to give a file away")
    project = crush.home / "project"
    project.mkdir()
    (project / "crush.json").write_text(json.dumps({"providers": {"theirs": {**ACME, "api_key": "$THEIR_KEY"}}}))
    os.chown(project / "crush.json", 12345, 12345)
    assert crush.models(project).of("theirs") == ()
    assert "THEIR_KEY" not in wizard(crush, "secret", "list", cwd=project).out


# What only an endpoint would tell


def test_a_server_that_answers_keeps_its_slots(crush: RealCrush, internet: Internet, model_server: ModelServer) -> None:
    """Though no file says which model it has: the wizard asks it, as Crush does."""
    model_server.key = None
    configure(crush, {"providers": {"box": {"base_url": model_server.url, "api_key": "none"}}})
    online = replace(crush, env={"WIZARD_OFFLINE": "0"})
    done = wizard(online, *BETA, "--id", "beta", "--no-test", "--json")
    assert said(done) == ("box/m-large", "box/m-large")
    assert crush.ask() == ""
    assert (internet.chats(), "POST /v1/chat/completions" in model_server.seen) == ([], True)


def test_a_server_that_does_not_answer_has_no_slot_to_keep(crush: RealCrush, internet: Internet) -> None:
    configure(crush, {"providers": {"box": {"base_url": "http://127.0.0.1:9/v1", "api_key": "none"}}})
    online = replace(crush, env={"WIZARD_OFFLINE": "0"})
    done = wizard(online, *BETA, "--id", "beta", "--no-test", "--json")
    assert said(done) == ("beta/b1", "beta/b1") == asked(crush, internet)


def test_removing_all_but_a_server_that_does_not_answer_is_told(crush: RealCrush) -> None:
    box = {"base_url": "http://127.0.0.1:9/v1", "api_key": "none"}
    configure(crush, {**OFF, "providers": {"acme": ACME, "box": box}})
    for env in ({}, {"WIZARD_OFFLINE": "0"}):
        done = wizard(replace(crush, env=env), "remove-provider", "acme", "--yes")
        assert (done.code, "this would leave no" in done.err) == (4, True)
    assert wizard(crush, "remove-provider", "acme", "--yes", "--allow-no-provider").code == 0
    assert not crush.models().starts


def test_a_provider_that_lists_nothing_is_not_called_ready(crush: RealCrush, internet: Internet) -> None:
    """Crush has it while its endpoint lists models, and drops it where that does not answer."""
    configure(crush, {"providers": {"box": {**ACME, "models": []}}})
    done = wizard(crush, "list")
    assert "if it answers" in done.out
    assert "the first model of box" in done.out
    assert "ready" not in done.out
    assert crush.models().of("box") == ()
    internet.lists["acme.example"] = ("d-1", "d-2")
    assert crush.models().of("box") == ("d-1", "d-2")
    assert asked(crush, internet) == ("acme/d-1", "acme/d-1")


def test_a_fallback_to_such_a_provider_is_told_in_words(crush: RealCrush, internet: Internet) -> None:
    gone = {"provider": "gone", "model": "g"}
    configure(crush, {"providers": {"box": {**ACME, "models": []}}, "models": {"large": gone}})
    internet.lists["acme.example"] = ("d-1",)
    assert "Crush uses the first model of box instead, and saves that in its own file" in wizard(crush, "list").err
    assert asked(crush, internet)[0] == "acme/d-1"
    assert crush.remembered()["models"]["large"]["model"] == "d-1"


# What the doctor says


def test_a_value_that_crush_crashes_on_with_the_first_request_is_told(crush: RealCrush) -> None:
    configure(crush, {"providers": {"bedrock": {"api_key": "${K@u}"}}})
    user = replace(crush, env={"K": "k", "AWS_REGION": "eu-west-1"})
    done = wizard(user, "doctor", "--offline", "--json")
    (found,) = [one for one in done.json["data"]["findings"] if one["code"] == "F13"]
    assert (found["severity"], found["provider"]) == ("warning", "bedrock")
    assert user.models().starts
    assert "unexpected @u" in user.ask()


# A command in the place of the key


@pytest.mark.parametrize("file_format", ["json", "crushrc"])
def test_crush_runs_the_command_that_prints_the_key(crush: RealCrush, internet: Internet, file_format: str) -> None:
    """With all that a shell, JSON and a script would read in another way."""
    item = crush.home / """an 'odd' "item" $HOME `x` \\ {y}"""
    item.write_text("from-a-command-0123\nnotes\n")
    line = f"cat -- {shlex.quote(str(item))} | head -n 1"
    done = wizard(
        crush,
        *("add-provider", "openai-compatible", "--base-url", "https://beta.example/v1", "--id", "beta", "--yes"),
        *("--model", "b1", "--set", "b1.context_window=100000", "--large", "b1", "--small", "b1"),
        *("--api-key-command", line, "--placeholder", "command", "--format", file_format),
    )
    assert done.code == 0, done.err
    assert crush.ask() == ""
    (chat,) = internet.chats()
    assert (_host(chat.url), chat.headers["authorization"]) == ("beta", "Bearer from-a-command-0123")
    assert not (crush.home / ".config" / "crush-wizard" / "references.toml").exists()

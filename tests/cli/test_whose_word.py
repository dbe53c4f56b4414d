"""Whose word counts about a model: what one command writes, no other one calls wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.facts.wanted import WANTED
from wizard.flow.preset_library import SHIPPED, load_shipped

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_httpserver import HTTPServer

    from tests.cli.conftest import Machine
    from wizard.flow.preset import Preset

LIVE = {"WIZARD_OFFLINE": ""}
DEPLOYED = {"azure": ("--set", "resource=my-res", "--set", "deployment=gpt-5.4,team:gpt-5.6-sol")}
CLOUD = [preset for preset in map(load_shipped, SHIPPED) if preset.models]


def ways(preset: Preset) -> list[tuple[str, ...]]:
    """The default, and each of its regions and plans."""
    wanted = (WANTED | DEPLOYED).get(preset.id, ())
    chosen = [f"{one.key}={choice.value}" for one in preset.questions for choice in one.choices]
    return [wanted, *((*wanted, "--set", one) for one in chosen)]


WAYS = [(preset.id, way) for preset in CLOUD for way in ways(preset)]
every_preset = pytest.mark.parametrize(("preset_id", "way"), WAYS, ids=[" ".join((one, *way)) for one, way in WAYS])


ABOUT_FACTS = {"C1", "C2", "C3", "C4", "C5", "D3"}


def check(machine: Machine, **env: str) -> None:
    """Nobody finds fault with the models of the one provider that is there."""
    (provider,) = machine.entries
    shown = machine.run("models", provider, "--json", env=env)
    assert [one["differences"] for one in shown.json["data"]["models"] if one["differences"]] == []
    before = machine.config.read_bytes()
    refreshed = machine.run("models", provider, "--refresh", "--yes", "--json", env=env)
    assert (refreshed.code, refreshed.json["data"]["applied"]) == (0, False)
    assert machine.config.read_bytes() == before
    assert found_by_doctor(machine, env) == []


def found_by_doctor(machine: Machine, env: dict[str, str]) -> list[dict[str, Any]]:
    findings = machine.run("doctor", "--json", env=env).json["data"]["findings"]
    return [one for one in findings if one["code"] in ABOUT_FACTS]


def set_keys(machine: Machine) -> None:
    for preset in CLOUD:
        names = (preset.key.env, *(choice.env for one in preset.questions for choice in one.choices))
        machine.env.update({name: "sk-made-up-1234567890" for name in names if name})


@every_preset
def test_what_was_just_written_is_right(machine: Machine, preset_id: str, way: tuple[str, ...]) -> None:
    set_keys(machine)
    assert machine.run("add-provider", preset_id, *way, "--yes").code == 0
    check(machine)


# Where the endpoint says something else


def listing(*names: str) -> dict[str, Any]:
    """As most services list models, with a window and prices that no catalogue has."""
    return {
        "data": [
            {"id": name, "context_length": 77_000, "pricing": {"prompt": "0.0000077", "completion": "0.000011"}}
            for name in names
        ]
    }


LISTING = [preset for preset in CLOUD if preset.large and preset.type in ("openai", "openai-compat")]


@pytest.mark.parametrize("preset", LISTING, ids=lambda preset: preset.id)
def test_what_was_taken_from_the_endpoint_is_right(machine: Machine, httpserver: HTTPServer, preset: Preset) -> None:
    set_keys(machine)
    large = str(preset.large)
    httpserver.expect_request("/v1/models").respond_with_json(listing(large, "unheard-of"))
    flags = ("--base-url", httpserver.url_for("/v1"), "--no-test", "--yes")
    done = machine.run("add-provider", preset.id, "--model", large, "--model", "unheard-of", *flags, env=LIVE)
    assert done.code == 0, done.err
    (entry,) = machine.entries.values()
    is_told = preset.listing != "none"
    if is_told:
        assert {one["context_window"] for one in entry["models"]} == {77_000}
        assert {one["cost_per_1m_in"] for one in entry["models"]} == {7.7}
    check(machine, **LIVE)
    offered = [one["fix"] for one in found_by_doctor(machine, {})]
    assert offered == [None] * len(offered), "without the endpoint the doctor only tells"


MINE = """\
id = "groq"
name = "Our Groq"
description = "Groq by contract"
type = "openai-compat"
base_url = "https://api.groq.com/openai/v1"
models = ["openai/gpt-oss-20b"]

[key]
env = "GROQ_API_KEY"

[[model]]
id = "openai/gpt-oss-120b"
context_window = 60_000
cost_per_1m_in = 0
cost_per_1m_out = 0
"""


def test_a_preset_of_ones_own_is_believed_first(machine: Machine) -> None:
    folder: Path = machine.home / ".config" / "crush-wizard" / "presets"
    folder.mkdir(parents=True)
    (folder / "groq.toml").write_text(MINE)
    set_keys(machine)
    flags = ("--model", "openai/gpt-oss-120b", "--model", "openai/gpt-oss-20b", "--yes")
    assert machine.run("add-provider", "groq", *flags).code == 0
    stated, known = machine.entries["groq"]["models"]
    assert (stated["context_window"], stated["cost_per_1m_in"]) == (60_000, 0)
    assert (stated["name"], stated["can_reason"]) == ("GPT OSS 120B", True)
    assert (known["context_window"], known["cost_per_1m_in"]) == (131_072, 0.075)
    check(machine)


def test_the_doctor_leaves_it_to_models_to_take_over_a_price(machine: Machine) -> None:
    set_keys(machine)
    assert machine.run("add-provider", "groq", "--yes").code == 0
    config = json.loads(machine.config.read_text())
    config["providers"]["groq"]["models"][0]["cost_per_1m_in"] = 9
    machine.write_config(json.dumps(config))
    (found,) = found_by_doctor(machine, {})
    assert "models groq --refresh --overwrite" in found["cure"]
    assert found["fix"] is None
    assert machine.run("models", "groq", "--refresh", "--overwrite", "--yes").code == 0
    assert machine.entries["groq"]["models"][0]["cost_per_1m_in"] == 0.15


def test_a_model_has_the_same_effort_wherever_one_is_sent(machine: Machine) -> None:
    named = ("--model", "claude-sonnet-5", "--yes")
    for preset, flags in (("ollama", ()), ("openai-gateway", ("--base-url", "https://gw.example/v1"))):
        assert machine.run("add-provider", preset, *flags, "--id", preset, *named).code == 0
    gateway = machine.entries["openai-gateway"]["models"][0]
    assert gateway["reasoning_levels"] == ["low", "medium", "high", "xhigh", "max"]
    assert gateway["default_reasoning_effort"] == "medium"
    assert "default_reasoning_effort" not in machine.entries["ollama"]["models"][0]

"""What our own commands write, the doctor has nothing against: every preset, and every way through the commands."""

from __future__ import annotations

import json

import pytest

from tests.canary import CANARY
from tests.cli.conftest import Finished, Machine
from tests.facts.wanted import WANTED
from tests.program import ROOT
from wizard.flow.preset_library import SHIPPED, load_shipped

GATEWAY = ("--base-url", "https://gw.example.com", "--model", "m1", "--id", "mine")
LOCAL = [preset for preset in SHIPPED if load_shipped(preset).local]
NEEDED = {
    **WANTED,
    "anthropic-gateway": GATEWAY,
    "openai-gateway": GATEWAY,
    "openai-compatible": GATEWAY,
    **dict.fromkeys(LOCAL, ("--model", "q")),
}
"""What some presets ask for."""
PRESETS = sorted(path.stem for path in (ROOT / "presets").glob("*.toml"))
ADD = ("add-provider", "deepseek", "--yes", "--api-key-stdin", "--secret-store", "file")
OTHER = ("add-provider", "ollama", "--yes", "--model", "qwen3:8b")
OWN = ("add-provider", "openai-compatible", "--yes", *GATEWAY, "--api-key-stdin", "--secret-store", "file")
PLAIN = {
    "providers": {
        "a": {
            "type": "openai-compat",
            "base_url": "https://llm.example/v1",
            "api_key": CANARY,
            "models": [{"id": "m1", "name": "One", "context_window": 128000, "default_max_tokens": 4096}],
        }
    },
    "models": {slot: {"provider": "a", "model": "m1"} for slot in ("large", "small")},
}
OPENCODE = {
    "provider": {
        "gw": {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": "https://gw.example.com/v1", "apiKey": CANARY},
            "models": {"m1": {"name": "One", "limit": {"context": 128000, "output": 8192}}},
        }
    },
    "model": "gw/m1",
}


def findings(doctor: Machine, **env: str) -> list[tuple[str, str]]:
    """What it finds, with what it says of it."""
    found = doctor.run("doctor", "--json", env=env).json["data"]["findings"]
    return [(one["code"], one["message"]) for one in found]


def go(doctor: Machine, *arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> Finished:
    finished = doctor.run(*arguments, stdin=stdin, env=env)
    assert finished.code == 0, (arguments, finished.err)
    return finished


@pytest.mark.parametrize("format_", ["json", "crushrc"])
@pytest.mark.parametrize("preset", PRESETS)
def test_what_add_provider_writes(doctor: Machine, preset: str, format_: str) -> None:
    variables = signed_in(doctor, preset)
    go(doctor, "add-provider", preset, "--yes", "--format", format_, *NEEDED.get(preset, ()))
    listed = doctor.run("secret", "list", "--json").json["data"]["secrets"]
    assert findings(doctor, **{use["name"]: "k1" for use in listed}, **variables) == []


def signed_in(doctor: Machine, preset: str) -> dict[str, str]:
    """The variables of somebody who is signed in to the preset's cloud, and whose crushrc can set none."""
    if preset == "bedrock":
        keys = doctor.home / ".aws/credentials"
        keys.parent.mkdir()
        keys.write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n", encoding="utf-8")
    if preset == "vertexai":
        credentials = doctor.home / ".config/gcloud/application_default_credentials.json"
        credentials.parent.mkdir(parents=True)
        credentials.write_text('{"type": "authorized_user", "refresh_token": "r"}', encoding="utf-8")
        return {"VERTEXAI_PROJECT": "p1", "VERTEXAI_LOCATION": "europe-west4"}
    return {}


@pytest.mark.parametrize("preset", [preset for preset in PRESETS if preset not in ("bedrock", "vertexai")])
def test_what_add_provider_stores(doctor: Machine, preset: str) -> None:
    given = ("--api-key-stdin", "--secret-store", "file")
    go(doctor, "add-provider", preset, "--yes", *given, *NEEDED.get(preset, ()), stdin=f"{CANARY}\n")
    assert findings(doctor) == []


JOURNEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "two providers": (ADD, OTHER),
    "a gateway": (OWN,),
    "a project": ((*OTHER, "--scope", "project"),),
    "a lookup": ((*ADD, "--placeholder", "lookup"),),
    "another id": ((*ADD, "--id", "ds"),),
    "to a script": (ADD, OTHER, ("convert", "--to", "crushrc", "--yes")),
    "there and back": (ADD, OTHER, ("convert", "--to", "crushrc", "--yes"), ("convert", "--to", "json", "--yes")),
    "another name": (OWN, ("edit-provider", "mine", "--name", "Ours", "--yes")),
    "another url": (OWN, ("edit-provider", "mine", "--base-url", "https://gw2.example.com/v1", "--yes")),
    "another type": (OWN, ("edit-provider", "mine", "--type", "openai", "--yes")),
    "another model": (OWN, ("edit-provider", "mine", "--model", "m2", "--yes")),
    "a model more": (OWN, ("models", "mine", "--add", "m2", "--yes")),
    "a model less": (
        OTHER,
        ("models", "ollama", "--add", "q2", "--yes"),
        ("models", "ollama", "--remove", "q2", "--yes"),
    ),
    "refreshed": (ADD, ("models", "deepseek", "--refresh", "--yes")),
    "one removed": (ADD, OTHER, ("remove-provider", "ollama", "--yes")),
    "the chosen one removed": (OTHER, ADD, ("remove-provider", "deepseek", "--yes", "--forget-secret")),
    "another choice": (ADD, OTHER, ("use", "large", "ollama/qwen3:8b", "--yes")),
    "both choices": (
        ADD,
        OTHER,
        ("use", "large", "ollama/qwen3:8b", "--yes"),
        ("use", "small", "ollama/qwen3:8b", "--yes"),
    ),
    "a key anew": (ADD, ("secret", "set", "DEEPSEEK_API_KEY", "--stdin")),
    "away and back": (
        ADD,
        OTHER,
        ("export", "p.toml"),
        ("remove-provider", "ollama", "--yes"),
        ("import", "p.toml", "--yes"),
    ),
    "taken back": (ADD, OTHER, ("undo", "--yes")),
    "setup": (ADD, ("setup", "--yes")),
    "air-gapped": (OTHER, ("setup", "--air-gapped", "--yes")),
}


@pytest.mark.parametrize("format_", ["json", "crushrc"])
@pytest.mark.parametrize("name", JOURNEYS)
def test_every_journey_ends_well(doctor: Machine, name: str, format_: str) -> None:
    """The first command makes the file, which the others follow."""
    (doctor.home / ".git").mkdir()
    first, *others = JOURNEYS[name]
    for step in ((*first, "--format", format_), *others):
        go(doctor, *step, stdin=f"{CANARY}\n")
        assert findings(doctor) == [], step


def test_what_adopting_leaves(doctor: Machine) -> None:
    doctor.write_config(json.dumps(PLAIN))
    go(doctor, "secret", "adopt", "--yes", "--store", "file")
    assert [code for code, _ in findings(doctor)] == ["V3"], "without a key in it the file can be converted"


def test_what_an_import_from_another_tool_leaves(doctor: Machine) -> None:
    path = doctor.home / ".config" / "opencode" / "opencode.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(OPENCODE))
    go(doctor, "import", "--from", "opencode", "--yes", "--store", "file", "--allow-commands")
    assert findings(doctor) == []


@pytest.mark.parametrize("variable", ["DEEPSEEK_API_KEY", "GROQ_API_KEY", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"])
def test_what_a_first_setup_makes_of_the_environment(doctor: Machine, variable: str) -> None:
    keys = {variable: CANARY}
    go(doctor, "setup", "--yes", env=keys)
    assert findings(doctor, **keys) == []


@pytest.mark.parametrize("format_", ["json", "crushrc"])
def test_what_is_left_of_an_only_provider(doctor: Machine, format_: str) -> None:
    go(doctor, *OTHER, "--format", format_)
    go(doctor, "remove-provider", "ollama", "--yes")
    assert [code for code, _ in findings(doctor)] == ["W17"]

"""What an import takes away, and what it does not bring about: both are said before it is done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Finished, Machine

KEY = "hunter2-0123456789"
"""Nothing in it looks like a key: only its place tells."""
PROFILE = """\
profile = 1
[providers.w]
type = "openai-compat"
base_url = "https://new.example/v1"
api_key = "$W_KEY"
[[providers.w.models]]
id = "m"
"""
CHOICE = '[selected.large]\nprovider = "w"\nmodel = "m"\n'
STORE = ("--secret-store", "file")


@pytest.fixture
def profile(tmp_path: Path) -> str:
    return _given(tmp_path, PROFILE)


@pytest.fixture
def choice(tmp_path: Path) -> str:
    """The same, and a large model."""
    return _given(tmp_path, PROFILE + CHOICE)


def _given(tmp_path: Path, text: str) -> str:
    path = tmp_path / "given.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def _entry(**fields: Any) -> dict[str, Any]:
    return {"type": "openai-compat", "base_url": "https://new.example/v1", "models": [{"id": "m"}], **fields}


def _data_file(machine: Machine, value: dict[str, Any]) -> None:
    path = machine.home / ".local" / "share" / "crush" / "crush.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def _words(done: Finished) -> str:
    return " ".join(done.err.split())


# Keys in plain text

LITERALS = {
    "key": {"api_key": KEY},
    "default": {"api_key": f"${{W_KEY:-{KEY}}}"},
    "header": {"api_key": "$W_KEY", "extra_headers": {"X-Token": KEY}},
}
SCRIPT = f"provider add w --base-url https://new.example/v1 --type openai-compat --api-key {KEY}\nmodel add w/m\n"


@pytest.mark.parametrize("policy", ["merge", "replace"])
def test_a_key_in_plain_text_is_not_lost(machine: Machine, profile: str, policy: str) -> None:
    machine.write_config(json.dumps({"providers": {"w": _entry(api_key=KEY)}}))
    before = machine.snapshot()
    done = machine.run("import", profile, "--yes", "--on-conflict", policy)
    assert done.code == 4
    assert "w: it contains a plain-text key, which undo could not restore" in _words(done)
    assert "crush-wizard secret adopt" in done.err
    assert KEY not in done.out + done.err
    assert machine.snapshot() == before


@pytest.mark.parametrize("entry", LITERALS.values(), ids=LITERALS)
def test_wherever_it_stands(machine: Machine, profile: str, entry: dict[str, Any]) -> None:
    machine.write_config(json.dumps({"providers": {"w": _entry(**entry)}}))
    assert machine.run("import", profile, "--yes", "--on-conflict", "replace").code == 4
    assert machine.entries == {"w": _entry(**entry)}


def test_nor_one_in_a_crushrc(machine: Machine, profile: str) -> None:
    machine.write_config("{}")
    script = machine.config.with_name("crushrc")
    script.write_text(SCRIPT, encoding="utf-8")
    assert machine.run("import", profile, "--yes", "--on-conflict", "merge").code == 4
    assert script.read_text(encoding="utf-8") == SCRIPT


def test_looking_tells_of_it_and_refuses_nothing(machine: Machine, profile: str) -> None:
    machine.write_config(json.dumps({"providers": {"w": _entry(api_key=KEY)}}))
    done = machine.run("import", profile, "--check", "--json")
    assert done.code == 1
    assert any("plain-text key" in one["text"] for one in done.json["messages"])


def test_what_does_not_touch_the_key_needs_nothing(machine: Machine, tmp_path: Path) -> None:
    given = _given(tmp_path, PROFILE.replace('api_key = "$W_KEY"\n', 'name = "W"\n'))
    machine.write_config(json.dumps({"providers": {"w": _entry(api_key=KEY), "other": _entry(api_key=KEY + "x")}}))
    before = machine.config.read_bytes()
    done = machine.run("import", given, "--yes", "--on-conflict", "merge")
    assert done.code == 0, done.err
    assert machine.entries["w"] == {**_entry(api_key=KEY), "name": "W"}
    assert machine.run("undo", "--yes").code == 0
    assert machine.config.read_bytes() == before


def test_after_adopting_it_the_import_goes_on(machine: Machine, profile: str) -> None:
    machine.write_config(json.dumps({"providers": {"w": _entry(api_key=KEY)}}))
    assert machine.run("secret", "adopt", "--yes", *STORE).code == 0
    name = machine.entries["w"]["api_key"].removeprefix("$")
    done = machine.run("import", profile, "--yes", "--on-conflict", "merge")
    assert done.code == 0, done.err
    assert machine.entries["w"]["api_key"] == "$W_KEY"
    kept = machine.run("secret", "list", "--json").json["data"]["secrets"]
    assert (name, True) in [(one["name"], one["present"]) for one in kept]


# What another file overrules


def test_a_choice_that_crushs_own_file_overrules_is_told(machine: Machine, choice: str) -> None:
    machine.write_config(json.dumps({"providers": {"a": _entry(api_key="$A_KEY")}}))
    _data_file(machine, {"models": {"large": {"provider": "a", "model": "m"}}})
    done = machine.run("import", choice, "--yes", "--allow-commands", env={"W_KEY": "1", "A_KEY": "1"})
    assert done.code == 0, done.err
    assert "Crush still uses a/m here: ~/.local/share/crush/crush.json:1 wins" in _words(done)
    assert "crush-wizard use large w/m --clear" in _words(done)
    cleared = machine.run("use", "large", "w/m", "--clear", "--yes", env={"W_KEY": "1", "A_KEY": "1"})
    assert cleared.code == 0, cleared.err
    again = machine.run("import", choice, "--yes", "--allow-commands", env={"W_KEY": "1", "A_KEY": "1"})
    assert "still uses" not in again.err


def test_a_choice_that_the_project_overrules_is_told(machine: Machine, choice: str) -> None:
    project = machine.home / "project"
    project.mkdir()
    value = {"providers": {"a": _entry(api_key="k")}, "models": {"large": {"provider": "a", "model": "m"}}}
    (project / "crush.json").write_text(json.dumps(value), encoding="utf-8")
    done = machine.run("import", choice, "--yes", "--json", "--allow-commands", cwd=project, env={"W_KEY": "1"})
    assert done.code == 0, done.err
    assert any("Crush still uses a/m here: ~/project/crush.json:1 wins" in one["text"] for one in done.json["messages"])


def test_the_url_to_which_a_key_still_goes_is_told(machine: Machine, profile: str) -> None:
    _data_file(machine, {"providers": {"w": {"base_url": "https://old.example/v1", "api_key": "$W_KEY"}}})
    done = machine.run("import", profile, "--yes")
    assert done.code == 0, done.err
    assert "w: base_url in ~/.local/share/crush/crush.json:1 wins here" in _words(done)
    assert "crush-wizard show w" in done.err


def test_a_header_that_is_overruled_is_told(machine: Machine, tmp_path: Path) -> None:
    given = _given(tmp_path, PROFILE.replace("[[", 'extra_headers = {X-Team = "a", X-Other = "b"}\n[['))
    _data_file(machine, {"providers": {"w": {"extra_headers": {"X-Team": "mine", "X-Other": "b"}}}})
    assert "w: X-Team in ~/.local/share/crush/crush.json:1 wins here" in _words(machine.run("import", given, "--yes"))


def test_where_all_counts_nothing_is_told(machine: Machine, choice: str) -> None:
    _data_file(machine, {"providers": {"w": {"api_key": "$W_KEY"}}, "models": {"small": {"provider": "w"}}})
    done = machine.run("import", choice, "--yes", "--json", "--allow-commands", env={"W_KEY": "1"})
    assert done.code == 0, done.err
    warnings = [one["text"] for one in done.json["messages"] if one["level"] == "warning"]
    assert warnings == ["w: $W_KEY would be sent to new.example, which does not get it now"]


# Choices


SLOT = {"provider": "w", "model": "m", "think": True, "max_tokens": 7}


def test_replacing_a_choice_leaves_nothing_of_the_old_one(machine: Machine, choice: str) -> None:
    machine.write_config(json.dumps({"models": {"large": SLOT}}))
    done = machine.run("import", choice, "--yes", "--on-conflict", "replace")
    assert done.code == 0, done.err
    models = json.loads(machine.config.read_text(encoding="utf-8"))["models"]
    assert models == {"large": {"provider": "w", "model": "m"}}
    assert machine.run("import", choice, "--check", "--on-conflict", "replace").code == 0


def test_in_a_crushrc_and_in_the_file_below_it_as_well(machine: Machine, choice: str) -> None:
    machine.write_config(json.dumps({"models": {"large": {**SLOT, "top_k": 3}}}))
    script = machine.config.with_name("crushrc")
    script.write_text("model large w/m --think --max-tokens 9\n", encoding="utf-8")
    done = machine.run("import", choice, "--yes", "--on-conflict", "replace")
    assert done.code == 0, done.err
    assert "model large w/m\n" in script.read_text(encoding="utf-8")
    assert "large" not in json.loads(machine.config.read_text(encoding="utf-8")).get("models", {})
    assert machine.run("import", choice, "--check", "--on-conflict", "replace").code == 0


def test_merging_keeps_what_only_the_old_choice_says(machine: Machine, choice: str) -> None:
    machine.write_config(json.dumps({"models": {"large": {**SLOT, "model": "old"}}}))
    assert machine.run("import", choice, "--yes", "--on-conflict", "merge").code == 0
    assert json.loads(machine.config.read_text(encoding="utf-8"))["models"] == {"large": SLOT}


def test_a_choice_in_the_file_beside_is_in_the_way_too(machine: Machine, choice: str) -> None:
    machine.write_config(json.dumps({"models": {"large": {**SLOT, "model": "old"}}}))
    machine.config.with_name("crushrc").write_text("provider add w --base-url https://new.example/v1\n")
    done = machine.run("import", choice, "--yes")
    assert done.code == 4
    assert "the large model" in done.err


# A configuration that Crush does not start with


def test_a_broken_file_beside_the_target_is_told(machine: Machine, profile: str) -> None:
    machine.write_config("{}")
    machine.config.with_name("crushrc").write_text("provider add 'w\n", encoding="utf-8")
    done = machine.run("import", profile, "--yes")
    assert done.code == 0, done.err
    assert "Crush does not start, with or without this: ~/.config/crush/crushrc:1" in _words(done)


# Other tools


def _tools(machine: Machine) -> None:
    """Two tools, with one local server in common, and one name for two other servers."""
    opencode, aichat = machine.home / ".config" / "opencode", machine.home / ".config" / "aichat"
    providers = {
        "ollama": {"options": {"baseURL": "http://localhost:11434/v1"}, "models": {"a": {}}},
        "work": {"options": {"baseURL": "https://one.example/v1", "apiKey": "{env:WORK_KEY}"}, "models": {"w": {}}},
    }
    opencode.mkdir(parents=True)
    whole = {name: {"npm": "@ai-sdk/openai-compatible", **value} for name, value in providers.items()}
    (opencode / "opencode.json").write_text(json.dumps({"provider": whole}), encoding="utf-8")
    aichat.mkdir()
    lines = [
        "clients:",
        "- {type: openai-compatible, name: ollama, api_base: 'http://localhost:11434/v1', models: [{name: b}]}",
        "- {type: openai-compatible, name: work, api_base: 'https://two.example/v1', models: [{name: w}]}",
    ]
    (aichat / "config.yaml").write_text("\n".join(lines), encoding="utf-8")


def test_a_server_that_two_tools_use_comes_once(machine: Machine) -> None:
    _tools(machine)
    done = machine.run("import", "--from", "auto", "--yes")
    assert done.code == 0, done.err
    assert list(machine.entries) == ["ollama", "work", "work-2"]
    assert [model["id"] for model in machine.entries["ollama"]["models"]] == ["a", "b"]


def test_what_has_one_name_is_told_apart_by_host_and_tool(machine: Machine) -> None:
    _tools(machine)
    done = machine.run("import", "--from", "auto", "--steps")
    choices = {one["value"]: one.get("hint", "") for one in done.json["data"]["question"]["choices"]}
    assert choices == {"ollama": "", "work": "one.example, from opencode", "work-2": "two.example, from aichat"}


def test_what_crush_has_itself_is_not_taken_over(machine: Machine) -> None:
    _data_file(machine, {"providers": {"w": _entry(api_key="$W_KEY")}})
    done = machine.run("import", "--from", "auto", "--yes")
    assert done.code == 4
    assert "nothing to import" in done.err
    assert machine.run("import", "--from", "crush", "--check").code == 1

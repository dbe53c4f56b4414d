"""A provider that the Crush on PATH has built in, from adding it to moving it: with a stand-in that tells its list."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import machine_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")

SMALL = {"api_key": "$DEEPSEEK_API_KEY"}
MODELS = [
    {"id": "deepseek-v4-pro", "name": "DeepSeek V4 Pro", "context_window": 64_000, "can_reason": True},
    {"id": "deepseek-v4-flash", "name": "DeepSeek V4 Flash", "context_window": 64_000},
]
OWN = {
    "id": "deepseek",
    "name": "DeepSeek",
    "type": "openai-compat",
    "api_endpoint": "https://api.deepseek.com/v1",
    "api_key": "$DEEPSEEK_API_KEY",
    "default_large_model_id": "deepseek-v4-pro",
    "default_small_model_id": "deepseek-v4-flash",
    "models": MODELS,
}
TELLS = """#!/bin/sh
case "$*" in
--version) echo crush version 0.96.1;;
"update-providers embedded")
    [ "$HOME" = "$PWD" ] && [ "$CRUSH_GLOBAL_CONFIG" = "$PWD" ] && [ "$XDG_DATA_HOME" = "$PWD" ] || exit 1
    mkdir -p "$XDG_DATA_HOME/crush" && cp "@" "$XDG_DATA_HOME/crush/providers.json";;
esac
"""
OLD = "#!/bin/sh\necho crush version 0.7.0\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """What the stand-in tells."""
    path = tmp_path / "embedded.json"
    path.write_text(json.dumps([OWN]), encoding="utf-8")
    return path


def with_crush(machine: Machine, folder: Path, script: str) -> Machine:
    program = folder / "bin" / "crush"
    program.parent.mkdir(exist_ok=True)
    program.write_text(script, encoding="utf-8")
    program.chmod(0o755)
    machine.env["PATH"] = f"{program.parent}:/usr/bin:/bin"
    machine.write_config("{}\n")  # so that this is the format
    return machine


@pytest.fixture
def mine(machine: Machine, tmp_path: Path, own: Path) -> Machine:
    return with_crush(machine, tmp_path, TELLS.replace("@", str(own)))


def done(machine: Machine, *arguments: str, code: int = 0, **more: Any) -> str:
    ended = machine.run(*arguments, **more)
    assert ended.code == code, ended.err
    return ended.out + ended.err


def listed(machine: Machine) -> list[str]:
    return [model["id"] for model in machine.entries["deepseek"]["models"]]


def test_the_smallest_entry_is_added_edited_and_tested(mine: Machine) -> None:
    said = done(mine, "add-provider", "deepseek", "--yes")
    assert "models: Crush's own list (2 models); large: DeepSeek V4 Pro, small: DeepSeek V4 Flash" in said
    assert mine.entries["deepseek"] == SMALL
    assert "nothing to do" in done(mine, "edit-provider", "deepseek", "--model", "deepseek-v4-pro", "--yes")
    done(mine, "edit-provider", "deepseek", "--flat-rate", "--yes")
    assert mine.entries["deepseek"] == {**SMALL, "flat_rate": True}
    assert "deepseek-v4-pro" in done(mine, "test", "deepseek", "--curl", env={"DEEPSEEK_API_KEY": "k"})
    for format_ in ("crushrc", "json"):
        done(mine, "convert", "--to", format_, "--yes")
    assert mine.entries["deepseek"] == {**SMALL, "flat_rate": True}


@pytest.mark.parametrize(
    ("flags", "env"),
    [
        (("--whole-entry",), {}),
        (("--documented-fields",), {}),
        ((), {"CRUSH_DISABLE_DEFAULT_PROVIDERS": "1"}),
        (("--file", "elsewhere.json"), {}),
    ],
)
def test_the_whole_one_is_written_where_it_is_wanted_or_needed(
    mine: Machine, flags: tuple[str, ...], env: dict[str, str]
) -> None:
    done(mine, "add-provider", "deepseek", "--yes", *flags, env=env)
    written = mine.home / "elsewhere.json" if "--file" in flags else mine.config
    entry = json.loads(written.read_text(encoding="utf-8"))["providers"]["deepseek"]
    assert {"name", "type", "base_url", "api_key", "models"} <= entry.keys()


@pytest.mark.parametrize("format_", ["json", "crushrc"])
def test_refreshing_leaves_to_crush_what_it_has_itself(mine: Machine, format_: str) -> None:
    done(mine, "add-provider", "deepseek", "--yes", "--whole-entry", "--format", format_)
    path = mine.config if format_ == "json" else mine.config.with_name("crushrc")
    before = path.read_text(encoding="utf-8")
    said = done(mine, "doctor", "--offline", code=1)
    assert "D33 deepseek: its entry repeats 2 models of Crush's own list" in said
    done(mine, "models", "deepseek", "--refresh", "--yes")
    after = path.read_text(encoding="utf-8")
    assert "deepseek/deepseek-v4-pro" in after or json.loads(after)["providers"]["deepseek"] == SMALL
    assert "context" not in after
    assert "D33" not in done(mine, "doctor", "--offline", code=1)
    done(mine, "undo", "--yes")
    assert path.read_text(encoding="utf-8") == before


def test_one_refresh_brings_up_to_date_and_leaves_to_crush(mine: Machine) -> None:
    done(mine, "add-provider", "deepseek", "--yes", "--whole-entry")
    text = mine.config.read_text(encoding="utf-8")
    mine.config.write_text(text.replace('"context_window": 1000000', '"context_window": 200000'), encoding="utf-8")
    assert "deepseek-v4-pro: kept your own context" in done(mine, "models", "deepseek", "--refresh", "--yes")
    said = done(mine, "models", "deepseek", "--refresh", "--overwrite", "--yes")
    assert "deepseek-v4-pro: left to Crush, context 200k → 1M" in said
    assert mine.entries["deepseek"] == SMALL
    assert "nothing to do" in done(mine, "models", "deepseek", "--refresh", "--yes")


def test_a_model_that_crush_has_is_written_where_it_is_named(mine: Machine) -> None:
    done(mine, "add-provider", "deepseek", "--yes")
    assert "this entry replaces it" in done(mine, "models", "deepseek", "--add", "deepseek-v4-pro", "--yes")
    assert listed(mine) == ["deepseek-v4-pro"]


def test_a_profile_is_small_and_whole_where_crush_does_not_have_the_provider(
    mine: Machine, tmp_path: Path, own: Path
) -> None:
    done(mine, "add-provider", "deepseek", "--yes")
    profile = tmp_path / "team.toml"
    done(mine, "export", str(profile), "--yes")
    assert "context_window" not in profile.read_text(encoding="utf-8")
    for folder, script, why in (("none", "", "no Crush is installed"), ("old", OLD, "can't tell what Crush 0.7.0")):
        (tmp_path / folder).mkdir()
        other = machine_in(tmp_path / folder)
        if script:
            with_crush(other, tmp_path / folder, script)
        assert f"deepseek: whole entry written: {why}" in done(other, "import", str(profile), "--yes")
        assert other.entries["deepseek"]["base_url"] == "https://api.deepseek.com/v1"
        assert listed(other) == ["deepseek-v4-pro", "deepseek-v4-flash"]
        assert "nothing to do" in done(other, "import", str(profile), "--yes")
    (tmp_path / "same").mkdir()
    same = with_crush(machine_in(tmp_path / "same"), tmp_path, TELLS.replace("@", str(own)))
    done(same, "import", str(profile), "--yes")
    assert same.entries["deepseek"] == SMALL


@pytest.mark.parametrize("format_", ["json", "crushrc"])
def test_what_only_this_crush_has_is_set_up_by_its_own_list(mine: Machine, own: Path, format_: str) -> None:
    pioneer = {
        **OWN,
        "id": "pioneer",
        "name": "Pioneer AI",
        "api_key": "$PIONEER_API_KEY",
        "api_endpoint": "https://api.pioneer.example/v1",
    }
    own.write_text(json.dumps([OWN, pioneer]), encoding="utf-8")
    assert "built into Crush" in done(mine, "presets", "show", "pioneer")
    said = done(mine, "add-provider", "pioneer", "--yes", "--format", format_)
    assert "Crush's own list (2 models); large: DeepSeek V4 Pro, small: DeepSeek V4 Flash" in said
    if format_ == "json":
        assert mine.entries == {"pioneer": {"api_key": "$PIONEER_API_KEY"}}
    assert "nothing to do" in done(mine, "edit-provider", "pioneer", "--model", "deepseek-v4-pro", "--yes")
    key = {"PIONEER_API_KEY": "k"}
    assert "ready" in done(mine, "list", env=key)
    assert "https://api.pioneer.example/v1/chat/completions" in done(mine, "test", "--curl", env=key)
    assert "D33" not in done(mine, "doctor", "--offline", env=key)
    done(mine, "add-provider", "pioneer", "--yes", "--replace", "--whole-entry", "--file", "whole.json")
    whole = json.loads((mine.home / "whole.json").read_text(encoding="utf-8"))["providers"]["pioneer"]
    assert (whole["base_url"], len(whole["models"])) == ("https://api.pioneer.example/v1", 2)
    assert "unknown preset" in done(mine, "add-provider", "pioner", "--yes", code=2)


def test_show_and_models_ask_crush_for_what_no_cache_tells(mine: Machine) -> None:
    done(mine, "add-provider", "deepseek", "--yes")
    for command in ("show", "models"):
        said = done(mine, command, "deepseek", env={"DEEPSEEK_API_KEY": "k"})
        assert "64k" in said  # as the stand-in says, and no catalogue of ours
        assert "has not run here yet" not in said


def test_list_and_use_ask_crush_for_the_models_that_are_chosen(mine: Machine) -> None:
    key = {"DEEPSEEK_API_KEY": "k"}
    done(mine, "add-provider", "deepseek", "--yes")
    done(mine, "use", "large", "deepseek/deepseek-v4-flash", "--yes", env=key)
    for command in ("list", "use"):
        said = done(mine, command, env=key)
        assert "deepseek/deepseek-v4-flash" in said
        assert "catalogue" not in said
    said = done(mine, "use", "large", "deepseek/deepseek-v4-pr", "--yes", env=key, code=2)
    assert "did you mean" in said
    assert "deepseek/deepseek-v4-pro" in said


def test_a_command_asks_crush_once(machine: Machine, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    with_crush(machine, tmp_path, f'#!/bin/sh\necho "$*" >>"{asked}"\n')
    unknown = {
        "mystery": {"api_key": "$MYSTERY_KEY"},
        "work": {"base_url": "http://localhost:9", "models": [{"id": "m"}]},
    }
    machine.write_config(json.dumps({"providers": unknown}))
    done(machine, "remove-provider", "work", "--yes", "--allow-no-provider")
    assert asked.read_text().splitlines() == ["update-providers embedded"]


@pytest.mark.parametrize(("flags", "why"), [((), "can't tell what Crush 0.7.0 has built in"), (("--whole-entry",), "")])
def test_why_an_entry_is_whole_is_said_once_and_not_to_who_wants_it(
    machine: Machine, tmp_path: Path, flags: tuple[str, ...], why: str
) -> None:
    said = done(with_crush(machine, tmp_path, OLD), "add-provider", "deepseek", "--yes", *flags)
    assert said.count("whole entry written") == (1 if why else 0)
    assert f"deepseek: whole entry written: {why}" in said or not why


@pytest.mark.parametrize("told", ["", "not json", "[]", '[{"id": "deepseek"}]'])
def test_what_makes_no_sense_is_no_catalogue(mine: Machine, own: Path, told: str) -> None:
    own.write_text(told, encoding="utf-8")
    done(mine, "add-provider", "deepseek", "--yes")
    assert listed(mine) == ["deepseek-v4-pro", "deepseek-v4-flash"]


def test_a_model_that_only_crush_lists_is_described_once_it_is_named(mine: Machine) -> None:
    done(mine, "add-provider", "deepseek", "--yes")
    window = ("--set", "deepseek-v4-pro.context_window=32000", "--yes")
    assert "add --model deepseek-v4-pro" in done(mine, "edit-provider", "deepseek", *window, code=2)
    done(mine, "edit-provider", "deepseek", "--model", "deepseek-v4-pro", *window)
    assert mine.entries["deepseek"]["models"][0]["context_window"] == 32_000

"""add-provider by flags, as scripts and fleets use it."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.facts.wanted import WANTED
from wizard.flow.preset_library import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.cli.conftest import Machine

NEEDS: dict[str, Sequence[str]] = {
    **WANTED,
    "azure": ["--set", "resource=my-res", "--set", "deployment=prod:gpt-5", "--set", "deployment=gpt-5-mini"],
    "openai-compatible": ["--base-url", "https://llm.example.com/v1", "--model", "m-1"],
    "openai-gateway": ["--base-url", "https://gw.example.com/openai/v1", "--model", "gpt-5"],
    "anthropic-gateway": ["--base-url", "https://gw.example.com/anthropic", "--model", "claude-x"],
}


@pytest.mark.parametrize("preset", SHIPPED)
def test_every_preset_on_an_empty_home(machine: Machine, preset: str) -> None:
    done = machine.run("add-provider", preset, "--yes", "--json", *NEEDS.get(preset, []))
    assert done.code == 0, done.err
    assert done.json["data"]["applied"] is True
    (provider_id,) = machine.entries
    assert done.json["data"]["provider"]["id"] == provider_id
    assert machine.config.stat().st_mode & 0o777 == 0o600
    assert machine.config.parent.stat().st_mode & 0o777 == 0o700
    assert machine.config.read_text().startswith('{\n  "$schema": "https://charm.land/crush.json"')


@pytest.mark.parametrize("preset", SHIPPED)
def test_every_preset_on_a_rich_home(machine: Machine, rich_config: str, preset: str) -> None:
    machine.write_config(rich_config)
    done = machine.run("add-provider", preset, "--yes", "--json", *NEEDS.get(preset, []))
    assert done.code == 0, done.err
    after = machine.config.read_text(encoding="utf-8")
    assert _only_added(rich_config, after)
    assert machine.entries["work"] == json.loads(rich_config)["providers"]["work"]
    assert "sk-literal-of-another-provider-1" not in done.out + done.err
    undone = machine.run("undo", "--yes")
    assert undone.code == 0, undone.err
    assert machine.config.read_text(encoding="utf-8") == rich_config


def _only_added(before: str, after: str) -> bool:
    """Whether lines were only added, but for the comma that an addition needs before it."""
    lines = list(difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    added = {line[2:] for line in lines if line.startswith("+ ")}
    gone = [line[2:] for line in lines if line.startswith("- ")]
    return all(f"{line.rstrip()},\n" in added for line in gone) and len(gone) <= 2


def test_the_non_interactive_minimum(machine: Machine) -> None:
    done = machine.run("add-provider", "deepseek", "--yes")
    assert done.code == 0
    assert done.out == ""
    assert machine.entries["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"
    config = json.loads(machine.config.read_text())
    assert config["models"]["large"] == {"provider": "deepseek", "model": "deepseek-v4-pro"}
    assert config["models"]["small"] == {"provider": "deepseek", "model": "deepseek-v4-flash"}
    assert "$DEEPSEEK_API_KEY has no value yet" in done.err


def test_a_second_time_changes_nothing(machine: Machine) -> None:
    machine.run("add-provider", "deepseek", "--yes")
    before = machine.snapshot()
    done = machine.run("add-provider", "deepseek", "--yes", "--merge", "--json")
    assert done.code == 0
    assert done.json["data"]["applied"] is False
    assert done.json["data"]["changes"] == []
    assert machine.snapshot() == before


def test_without_a_terminal_and_yes_everything_missing_is_named(machine: Machine) -> None:
    done = machine.run("add-provider", "openai-compatible")
    assert done.code == 3
    for flag in ("--base-url", "--model", "--yes"):
        assert flag in done.err
    assert machine.snapshot() == {}


def test_piped_input_is_never_taken_as_keystrokes(machine: Machine) -> None:
    done = machine.run("add-provider", stdin="\n\n\n\ny\n")
    assert done.code == 3
    assert "PRESET" in done.err
    assert machine.snapshot() == {}


def test_an_existing_id_needs_a_decision(machine: Machine) -> None:
    machine.run("add-provider", "groq", "--yes")
    before = machine.snapshot()
    done = machine.run("add-provider", "groq", "--yes", "--json")
    assert done.code == 4
    assert done.json["error"]["code"] == "conflict"
    assert "--merge or --replace" in done.json["error"]["hint"]
    assert machine.snapshot() == before


def test_an_id_that_is_there_is_taken_as_it_is(machine: Machine) -> None:
    entry = {"type": "llamacpp", "base_url": "http://localhost:8080", "models": [{"id": "a", "context_window": 9000}]}
    machine.write_config(json.dumps({"providers": {"llama.cpp": entry}}))
    refused = machine.run("add-provider", "llamacpp", "--model", "q", "--id", "llama.cc", "--yes")
    assert "an id has lower-case letters" in refused.err
    done = machine.run("add-provider", "llamacpp", "--model", "q", "--id", "llama.cpp", "--merge", "--yes")
    assert done.code == 0, done.err
    assert [model["id"] for model in machine.entries["llama.cpp"]["models"]] == ["a", "q"]


def test_merge_keeps_what_was_not_said(machine: Machine, rich_config: str) -> None:
    machine.write_config(rich_config)
    done = machine.run(
        *("add-provider", "openai-compatible", "--id", "work", "--merge", "--yes"),
        *("--base-url", "https://new.work.example/v1", "--model", "w-2", "--set", "w-2.context_window=64k"),
    )
    assert done.code == 0, done.err
    work, before = machine.entries["work"], json.loads(rich_config)["providers"]["work"]
    assert work["base_url"] == "https://new.work.example/v1"
    assert work["models"][0] == before["models"][0]
    assert work["models"][1]["context_window"] == 64_000
    assert work["unknown_to_crush"] == before["unknown_to_crush"]
    assert work["api_key"] == before["api_key"]
    assert "1.28e5" in machine.config.read_text()
    assert "W\\u00f6rk" in machine.config.read_text()


def test_replace_swaps_the_entry(machine: Machine, rich_config: str) -> None:
    machine.write_config(rich_config)
    done = machine.run(
        *("add-provider", "openai-compatible", "--id", "work", "--replace", "--yes"),
        *("--base-url", "https://new.work.example/v1", "--model", "only"),
    )
    assert done.code == 0, done.err
    assert "unknown_to_crush" not in machine.entries["work"]
    assert [model["id"] for model in machine.entries["work"]["models"]] == ["only"]


def test_a_replaced_literal_key_is_nowhere_afterwards(machine: Machine, rich_config: str) -> None:
    machine.write_config(rich_config)
    done = machine.run(
        *("add-provider", "openai-compatible", "--id", "work", "--replace", "--yes", "--json"),
        *("--base-url", "https://new.work.example/v1", "--model", "only", "--secret-store", "environment"),
    )
    assert done.code == 0, done.err
    _nowhere("sk-literal-of-another-provider-1", machine.home, done)
    assert machine.run("undo", "--yes").code == 0
    assert machine.entries["work"]["api_key"] == "$WORK_API_KEY"
    assert machine.config.read_text(encoding="utf-8") == rich_config.replace(
        "sk-literal-of-another-provider-1", "$WORK_API_KEY"
    )


def _nowhere(secret: str, home: Path, done: Any) -> None:
    assert secret not in done.out + done.err
    for path in home.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_several_providers_in_any_order(machine: Machine) -> None:
    for preset in ("ollama", "groq", "deepseek", "together"):
        assert machine.run("add-provider", preset, "--yes").code == 0
    assert list(machine.entries) == ["ollama", "groq", "deepseek", "together"]
    config = json.loads(machine.config.read_text())
    assert config["models"]["large"]["provider"] == "groq"


def test_dry_run_prints_a_diff_and_touches_nothing(machine: Machine, rich_config: str) -> None:
    machine.write_config(rich_config)
    before = machine.snapshot()
    done = machine.run("add-provider", "groq", "--dry-run", stdin="key")
    assert done.code == 0, done.err
    assert done.out.startswith("--- ~/.config/crush/crush.json\n+++ ~/.config/crush/crush.json\n@@")
    assert machine.snapshot() == before
    patched = _patch(rich_config, done.out)
    assert json.loads(patched)["providers"]["groq"]["api_key"] == "$GROQ_API_KEY"


def _patch(text: str, diff: str) -> str:
    """Apply the diff with git, as a reader would."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / ".config" / "crush" / "crush.json"
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
        diff = diff.replace("--- ~/", "--- a/").replace("+++ ~/", "+++ b/")
        subprocess.run(["git", "apply", "-p1", "-"], input=diff, text=True, cwd=folder, check=True)
        return file.read_text(encoding="utf-8")


def test_json_result(machine: Machine) -> None:
    done = machine.run("add-provider", "groq", "--yes", "--json")
    assert set(done.json) == {"version", "command", "ok", "data", "messages"}
    assert (done.json["version"], done.json["command"], done.json["ok"]) == (1, "add-provider", True)
    data = done.json["data"]
    assert set(data) == {"applied", "provider", "changes", "secrets", "left_out", "selected", "tests"}
    (change,) = data["changes"]
    assert (change["path"], change["format"], change["action"]) == (str(machine.config), "json", "create")
    assert change["diff"].startswith("--- /dev/null\n")
    assert data["secrets"] == []
    assert any("has no value yet" in message["text"] for message in done.json["messages"])


# Which file


def test_a_file_by_its_path(machine: Machine) -> None:
    target = machine.home / "elsewhere" / "team.json"
    assert machine.run("add-provider", "groq", "--yes", "--file", str(target)).code == 0
    assert "groq" in json.loads(target.read_text())["providers"]
    assert not machine.config.exists()


@pytest.mark.parametrize("variable", ["CRUSH_GLOBAL_CONFIG", "XDG_CONFIG_HOME"])
def test_crush_finds_the_same_file(machine: Machine, variable: str) -> None:
    folder = machine.home / "cfg"
    assert machine.run("add-provider", "groq", "--yes", env={variable: str(folder)}).code == 0
    file = folder / "crush.json" if variable.startswith("CRUSH") else folder / "crush" / "crush.json"
    assert "groq" in json.loads(file.read_text())["providers"]


def test_project_scope(machine: Machine) -> None:
    top = machine.home / "project"
    below = top / "a" / "b"
    below.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    assert machine.run("add-provider", "groq", "--yes", "--scope", "project", cwd=below).code == 0
    assert (top / "crush.json").exists()
    (top / "a" / ".crush.json").write_text("{}")
    assert machine.run("add-provider", "deepseek", "--yes", "--scope", "project", cwd=below).code == 0
    assert "deepseek" in json.loads((top / "a" / ".crush.json").read_text())["providers"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_project_file_of_somebody_else_is_not_taken(machine: Machine) -> None:
    """Crush passes it over, so that nothing in it would count."""
    project = machine.home / "project"
    project.mkdir()
    theirs = project / "crush.json"
    theirs.write_text("{}")
    os.chown(theirs, 12345, -1)
    done = machine.run("add-provider", "groq", "--yes", "--scope", "project", cwd=project)
    assert done.code == 0, done.err
    assert theirs.read_text() == "{}"
    assert list(json.loads((project / ".crush.json").read_text())["providers"]) == ["groq"]
    named = machine.run("add-provider", "deepseek", "--yes", "--file", "crush.json", cwd=project)
    assert "deepseek: Crush ignores ~/project/crush.json: its owner is not the owner" in " ".join(named.err.split())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_new_file_in_a_folder_of_somebody_else_is_passed_over_which_is_said(machine: Machine) -> None:
    project = machine.home / "project"
    project.mkdir()
    os.chown(project, 12345, -1)
    done = machine.run("add-provider", "groq", "--yes", "--scope", "project", cwd=project)
    assert "groq: Crush ignores ~/project/crush.json: its owner is not the owner" in " ".join(done.err.split())


def test_a_symlink_stays_one(machine: Machine) -> None:
    real = machine.home / "dotfiles" / "crush.json"
    real.parent.mkdir()
    real.write_text("{}\n")
    machine.config.parent.mkdir(parents=True)
    machine.config.symlink_to("../../dotfiles/crush.json")
    assert machine.run("add-provider", "groq", "--yes").code == 0
    assert machine.config.is_symlink()
    assert "groq" in json.loads(real.read_text())["providers"]


@pytest.mark.parametrize(
    ("content", "line", "column", "says"),
    [
        (b'{\n  // mine\n  "a": 1\n}', 2, 3, "comment"),
        (b'{"a": 1,}', 1, 8, "comma"),
        (b"[]", 1, 1, "object"),
        (b'{"providers": []}', 1, 15, "providers"),
        (b'{"providers": {"a": {}, "a": {}}}', 1, 25, "a"),
        (b"\xef\xbb\xbf{}", 1, 1, "byte order mark"),
        (b"   ", 1, None, ""),
    ],
)
def test_a_file_that_crush_refuses_stays_as_it_is(
    machine: Machine, content: bytes, line: int, column: int | None, says: str
) -> None:
    machine.config.parent.mkdir(parents=True)
    machine.config.write_bytes(content)
    before = machine.snapshot()
    done = machine.run("add-provider", "groq", "--yes", "--json")
    assert done.code == 4
    error = done.json["error"]
    assert error["code"] == "invalid-config"
    assert error["path"] == str(machine.config)
    assert error["line"] == line
    assert column is None or error["column"] == column
    assert says.lower() in (error["message"] + error.get("hint", "")).lower()
    assert machine.snapshot() == before
    plain = machine.run("add-provider", "groq", "--yes")
    assert f"{machine.config}:{line}:" in plain.err.replace("\n", "")


def test_an_empty_file_is_new(machine: Machine) -> None:
    machine.write_config("")
    assert machine.run("add-provider", "groq", "--yes").code == 0
    assert machine.config.read_text().startswith('{\n  "$schema"')


def test_a_folder_in_its_place(machine: Machine) -> None:
    machine.config.mkdir(parents=True)
    done = machine.run("add-provider", "groq", "--yes")
    assert done.code == 4
    assert "folder" in done.err


def test_a_place_that_can_not_be_written(machine: Machine) -> None:
    """Below /proc not even root can make a file."""
    done = machine.run("add-provider", "groq", "--yes", "--json", "--file", "/proc/crush.json")
    assert done.code == 4
    assert done.json["error"]["code"] == "unwritable"
    assert "/proc/crush.json" in done.json["error"]["message"] + done.json["error"]["path"]


def test_two_wizards_at_once(machine: Machine) -> None:
    presets = ["groq", "deepseek", "together", "mistral", "cerebras", "xai"]
    running = [machine.start("add-provider", preset, "--yes") for preset in presets]
    for process in running:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert set(machine.entries) == set(presets)
    assert machine.run("undo", "--list", "--json").json["data"]["history"][5]


def test_crushs_own_choice_is_not_overruled_and_said(machine: Machine) -> None:
    data = machine.home / ".local" / "share" / "crush" / "crush.json"
    data.parent.mkdir(parents=True)
    data.write_text('{"models": {"large": {"provider": "openai", "model": "gpt-5"}}}')
    done = machine.run("add-provider", "groq", "--yes")
    assert "large" not in json.loads(machine.config.read_text())["models"]
    openai = {"OPENAI_API_KEY": "sk-0123456789"}  # what is no more does not win
    done = machine.run("add-provider", "deepseek", "--yes", "--large", "deepseek-v4-pro", env=openai)
    assert "Crush still uses openai/gpt-5 here: ~/.local/share/crush/crush.json:1 wins" in done.err


def test_values_that_a_stronger_file_has_otherwise_are_named(machine: Machine) -> None:
    project = machine.home / "project"
    project.mkdir()
    (project / "crush.json").write_text('{"providers": {"deepseek": {"base_url": "https://gateway.example/v1"}}}')
    done = machine.run("add-provider", "deepseek", "--yes", cwd=project)
    assert "deepseek: base_url in ~/project/crush.json:1 wins here" in done.err
    assert "wins" not in machine.run("add-provider", "groq", "--yes", cwd=project).err


def test_a_provider_that_another_file_hides_is_said(machine: Machine) -> None:
    project = machine.home / "project"
    project.mkdir()
    (project / "crush.json").write_text('{"Providers": {}}')
    added = machine.run(
        "add-provider",
        "openai-compatible",
        "--id",
        "mine",
        "--base-url",
        "https://llm.example/v1",
        "--model",
        "m",
        "--no-api-key",
        "--no-test",
        "--yes",
        cwd=project,
    )
    edited = machine.run("edit-provider", "mine", "--name", "My own", "--yes", "--no-test", cwd=project)
    for done in (added, edited):
        assert done.code == 0, done.err
        assert "mine: another file hides it from Crush in this folder" in done.err
    assert "hides" not in machine.run("edit-provider", "mine", "--name", "G", "--yes", "--no-test").err


def test_a_broken_file_of_crush_beside_it_is_a_warning(machine: Machine) -> None:
    data = machine.home / ".local" / "share" / "crush" / "crush.json"
    data.parent.mkdir(parents=True)
    data.write_text("{")
    done = machine.run("add-provider", "groq", "--yes")
    assert done.code == 0
    assert "Crush will not start" in done.err


# Flags


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add-provider", "deepsek", "--yes"], "did you mean `deepseek`"),
        (["add-provider", "groq", "--yes", "--nope"], "--nope"),
        (["add-provider", "groq", "--yes", "--id", "Bad Id"], "--id: an id has lower-case"),
        (["add-provider", "groq", "--yes", "--type", "gemini"], "--type: unknown type"),
        (["add-provider", "groq", "--yes", "--base-url", "https://u:p@x.example"], "--base-url"),
        (["add-provider", "groq", "--yes", "--set", "nonsense"], "KEY=VALUE"),
        (["add-provider", "groq", "--yes", "--set", "nope=1"], "nope"),
        (["add-provider", "groq", "--yes", "--api-key-env", "PATH"], "--api-key-env"),
        (["add-provider", "groq", "--yes", "--header", "Authorization=Bearer x1234"], "credential"),
        (["add-provider", "groq", "--yes", "--extra-body", "{"], "--extra-body"),
        (["add-provider", "groq", "--yes", "--no-api-key", "--api-key-stdin"], "--no-api-key"),
        (["add-provider", "groq", "--yes", "--api-key-file", "/nonexistent"], "--api-key-file"),
        (["add-provider", "groq", "--yes", "--model", "x", "--all-models"], "--all-models"),
        (["add-provider", "vllm", "--yes", "--all-models"], "or the endpoint"),
        (["nonsense"], "unknown command `nonsense`"),
    ],
)
def test_wrong_usage(machine: Machine, arguments: list[str], says: str) -> None:
    done = machine.run(*arguments)
    assert done.code == 2, done.err
    assert says in " ".join(done.err.split())
    assert done.err.startswith("error: ")
    assert machine.snapshot() == {}


@pytest.mark.parametrize("spelling", [["--api-key", "sk-canary-000"], ["--api-key=sk-canary-000"]])
def test_a_key_on_the_command_line_does_not_exist(machine: Machine, spelling: list[str]) -> None:
    done = machine.run("add-provider", "deepseek", "--yes", *spelling)
    assert done.code == 2
    assert "--api-key-stdin" in done.err
    assert "sk-canary-000" not in done.out + done.err


def test_azure(machine: Machine) -> None:
    url = "https://res.openai.azure.com/openai/deployments/gpt4/chat/completions?api-version=2024-10-21"
    done = machine.run(
        *("add-provider", "azure", "--yes", "--set", f"resource={url}"),
        *("--set", "deployment=prod:gpt-5", "--set", "deployment=gpt-5-mini", "--large", "prod"),
    )
    assert done.code == 0, done.err
    entry = machine.entries["azure-openai"]
    assert entry["type"] == "openai"
    assert entry["base_url"] == "https://res.openai.azure.com/openai/v1"
    assert [model["id"] for model in entry["models"]] == ["prod", "gpt-5-mini"]
    assert entry["models"][0]["context_window"] == 400_000
    selected = json.loads(machine.config.read_text())["models"]["large"]
    assert selected == {"provider": "azure-openai", "model": "prod"}


def test_a_gateway_with_headers(machine: Machine) -> None:
    done = machine.run(
        *("add-provider", "anthropic-gateway", "--yes", "--base-url", "gw.corp.example/v1/messages"),
        *("--model", "claude-x", "--header", "X-Team=a$b$", "--header", "X-Auth-Token=$CORP_TOKEN"),
    )
    assert done.code == 0, done.err
    entry = machine.entries["corp"]
    assert entry["base_url"] == "https://gw.corp.example"
    assert entry["extra_headers"]["anthropic-version"] == "2023-06-01"
    assert entry["extra_headers"]["X-Auth-Token"] == "$CORP_TOKEN"


def test_an_older_crush_gets_openai_compat(machine: Machine) -> None:
    folder = machine.home / "bin"
    folder.mkdir()
    crush = folder / "crush"
    crush.write_text("#!/bin/sh\necho crush version 0.70.1\n")
    crush.chmod(0o755)
    done = machine.run("add-provider", "ollama", "--yes", env={"PATH": f"{folder}:{os.environ['PATH']}"})
    assert done.code == 0, done.err
    assert machine.entries["ollama"]["type"] == "openai-compat"
    assert "older than 0.78.0" in done.err


def test_quiet_says_nothing_when_all_is_well(machine: Machine) -> None:
    done = machine.run("add-provider", "ollama", "--yes", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_bug_of_ours_is_no_traceback(machine: Machine) -> None:
    """A state folder that is a file breaks what nobody expects to break."""
    (machine.home / ".local").write_text("")
    done = machine.run("add-provider", "groq", "--yes")
    assert done.code == 4
    assert "Traceback" not in done.err
    assert not machine.config.exists()


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams_are_no_reason_to_fail(machine: Machine, closed: str) -> None:
    line = f"{sys.executable} -m wizard add-provider groq --yes {closed}"
    done = subprocess.run(["sh", "-c", line], env=machine.env, cwd=machine.home, timeout=60)
    assert done.returncode == 0
    assert "groq" in machine.entries


def test_a_terminal_that_knows_no_check_mark(machine: Machine) -> None:
    done = machine.run("add-provider", "groq", "--yes", env={"PYTHONIOENCODING": "ascii"})
    assert done.code == 0
    assert "Saved Groq to ~/.config/crush/crush.json" in done.err


# Slots that are in force

TWO = {"base_url": "https://acme.example/v1", "api_key": "$ACME_KEY", "models": [{"id": "m1"}, {"id": "m2"}]}
MORE = (
    "add-provider",
    "openai-compatible",
    "--base-url",
    "https://b.example/v1",
    "--no-api-key",
    "--model",
    "b1",
    "--yes",
)


def slots_after(machine: Machine, *flags: str, id_: str = "aaa") -> tuple[dict[str, str], str]:
    """PROVIDER/MODEL by slot as the command tells it, and what it says to people."""
    done = machine.run(*MORE, "--id", id_, "--json", *flags)
    assert done.code == 0, done.err
    selected = done.json["data"]["selected"]
    return {slot: f"{one['provider']}/{one['model']}" for slot, one in selected.items()}, done.err


def test_crushs_own_choice_is_written_down_where_it_would_move(machine: Machine) -> None:
    machine.write_config(json.dumps({"providers": {"acme": TWO}}))
    assert slots_after(machine)[0] == {"large": "acme/m1", "small": "acme/m1"}
    one = {"provider": "acme", "model": "m1"}
    assert json.loads(machine.config.read_text())["models"] == {"large": one, "small": one}


def test_it_is_not_where_it_stays_anyway(machine: Machine) -> None:
    machine.write_config(json.dumps({"providers": {"acme": TWO}}))
    slots, said = slots_after(machine, id_="zzz")
    assert slots == {"large": "acme/m1", "small": "acme/m1"}
    assert "large model: acme/m1, as before; small model: acme/m1, as before" in said
    assert "models" not in json.loads(machine.config.read_text())


def test_what_crush_takes_by_itself_is_not_from_before(machine: Machine) -> None:
    done = machine.run("add-provider", "deepseek", "--yes", env={"GROQ_API_KEY": "gsk-0123456789abcdef"})
    assert done.code == 0, done.err
    assert "as before" not in done.err
    assert "Crush's default" in done.err


def test_two_choices_in_crushs_own_file_that_lead_nowhere_go_together(machine: Machine) -> None:
    machine.write_config(json.dumps({"providers": {"acme": TWO}}))
    data = machine.home / ".local" / "share" / "crush" / "crush.json"
    data.parent.mkdir(parents=True)
    models = {"large": {"provider": "acme", "model": "m9"}, "small": {"provider": "gone", "model": "g"}}
    data.write_text(json.dumps({"models": models, "recent": 1}))
    slots, said = slots_after(machine)
    assert slots == {"large": "acme/m1", "small": "aaa/b1"}
    assert json.loads(data.read_text()) == {"models": {}, "recent": 1}
    assert "small model: aaa/b1, instead of gone/g, which no longer exists" in said


def test_a_choice_of_a_builtin_provider_without_its_key_stays_in_crushs_file(machine: Machine) -> None:
    """Its key may only be missing in this shell."""
    machine.write_config(json.dumps({"providers": {"acme": TWO}}))
    data = machine.home / ".local" / "share" / "crush" / "crush.json"
    data.parent.mkdir(parents=True)
    data.write_text('{"models": {"large": {"provider": "openai", "model": "gpt-5"}}}')
    before = data.read_text()
    _, said = slots_after(machine, "--large", "b1")
    assert data.read_text() == before
    assert "instead of openai/gpt-5, because openai is not set up here" in said


@pytest.mark.parametrize(("typed", "meant"), [("groq", "groq"), ("grok", "xai"), ("Kimi", "moonshot")])
def test_the_name_of_a_provider_alone_leads_to_its_preset(machine: Machine, typed: str, meant: str) -> None:
    done = machine.run(typed)
    assert done.code == 2
    assert f"crush-wizard add-provider {meant}" in done.err


def test_a_preset_by_the_name_that_people_use(machine: Machine) -> None:
    assert machine.run("add-provider", "grok", "--yes").code == 0
    assert "xai" in machine.entries

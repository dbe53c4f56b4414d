"""Every command's JSON: exactly one document on stdout, of one shape, under the command's own name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import pytest

from wizard.cli.command_line import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Machine

CONFIG = """{
  "providers": {
    "work": {
      "type": "openai-compat", "base_url": "https://llm.example/v1", "api_key": "$WORK_KEY",
      "models": [{"id": "m1", "context_window": 1000}, {"id": "m2", "context_window": 1000}]
    }
  },
  "models": {"large": {"provider": "work", "model": "m1"}}
}
"""
PROFILE = (
    'profile = 1\n[providers.team]\ntype = "openai-compat"\nbase_url = "https://team.example/v1"\n'
    '[[providers.team.models]]\nid = "t1"\n'
)
CHANGE = {"applied", "changes", "secrets", "tests"}
DRAFTED = CHANGE | {"provider", "left_out", "selected"}
PRESET = (
    'id = "mine"\nname = "Mine"\ndescription = "Mine"\ntype = "openai-compat"\nbase_url = "https://mine.example/v1"\n'
)

DATA: dict[str, set[str]] = {
    "setup --yes": CHANGE,
    "add-provider groq --yes": DRAFTED,
    "add-provider groq --yes --dry-run": DRAFTED,
    "edit-provider work --name Work --yes": DRAFTED,
    "remove-provider work --yes": CHANGE | {"provider"},
    "hide groq --yes": CHANGE | {"hidden"},
    "hide --others --yes --dry-run": CHANGE | {"hidden"},
    "unhide --all --yes": CHANGE | {"unhidden"},
    "list": {"providers", "selected", "fatal", "problems", "uncertain", "needs_consent", "need_run"},
    "show work": {"provider", "fatal", "problems"},
    "use": {"selected"},
    "use large work/m2 --yes": CHANGE | {"selected"},
    "models work": CHANGE | {"provider", "models"},
    "models work --remove m2 --yes": CHANGE | {"provider", "models"},
    "test --curl": {"curl"},
    "doctor": {"findings", "need_run"},
    "doctor --fix --yes": {"findings", "need_run"} | CHANGE,
    "doctor --explain W8": {"code"},
    "doctor --report": {"report"},
    "presets": {"presets"},
    "presets list": {"presets"},
    "presets show groq": {"preset"},
    "presets check mine.toml": {"preset"},
    "env --names": {"names"},
    "secret set NAME --file value.txt --store file": CHANGE,
    "secret remove NAME --store file --yes": CHANGE,
    "secret list": {"secrets", "kept_for_undo"},
    "secret status": {"store", "backend", "usable", "locked", "reason", "references"},
    "secret move NAME --to file --dry-run": CHANGE,
    "secret adopt --store file --yes": CHANGE | {"found"},
    "export": {"path", "providers", "selected", "secrets", "references", "env", "machine_bound", "left_out", "profile"},
    "export out.toml": {"path", "providers", "selected", "secrets", "references", "env", "machine_bound", "left_out"},
    "import team.toml --yes": CHANGE
    | {"changed", "providers", "renamed", "kept", "needs_consent", "missing_secrets", "selected"},
    "convert --to crushrc --yes": CHANGE,
    "undo": CHANGE,
    "undo --list": {"history"},
    "catalog": {"sources"},
    "catalog status": {"sources"},
    "paths": {"files", "own"},
    "profile create new": CHANGE | {"name"},
    "profile list": {"profiles", "in_force"},
    "profile show kept": {"name", "in_force", "config", "data", "providers", "models", "secrets"},
    "profile use kept": CHANGE,
    "profile rename kept other": CHANGE | {"name"},
    "profile remove kept --yes": CHANGE | {"name"},
    "completion bash": {"shell", "script"},
    "completion bash --install --yes": {"shell"} | CHANGE,
}
"""What `data` has in it."""
ERRORS = {
    "test": "refused",
    "catalog update": "refused",
    "secret get NAME": "usage",
    "env": None,
    "run": None,
}
"""Commands that end in an error here; None: they hand out values, or the words of another program, and no document."""


@pytest.fixture
def machine_with_files(machine: Machine) -> Machine:
    machine.write_config(CONFIG)
    for name, text in (("team.toml", PROFILE), ("mine.toml", PRESET), ("value.txt", "s3cret-value")):
        (machine.home / name).write_text(text)
    return machine


def document(machine: Machine, line: str) -> dict[str, object]:
    done = machine.run(*line.split(), "--json", cwd=machine.home)
    parsed = json.loads(done.out)  # refuses a second document
    assert isinstance(parsed, dict), done.out
    assert done.code == 0 if parsed["ok"] else done.code > 0
    assert (parsed["version"], parsed["command"]) == (1, name_of(line))
    return parsed


def name_of(line: str) -> str:
    """The command's name; a group alone is its first command."""
    words = line.split()
    alone = {"presets": "presets list", "catalog": "catalog status"}
    nested = len(words) > 1 and words[0] in ("presets", "catalog", "secret", "profile")
    return " ".join(words[:2]) if nested else alone.get(line, words[0])


@pytest.mark.parametrize("line", DATA)
def test_one_document(machine_with_files: Machine, line: str) -> None:
    if line.startswith("secret remove"):
        machine_with_files.run(*"secret set NAME --file value.txt --store file".split(), cwd=machine_with_files.home)
    if line.startswith("profile"):
        machine_with_files.run("profile", "create", "kept")
    parsed = document(machine_with_files, line)
    assert list(parsed) == ["version", "command", "ok", "data", "messages"]
    assert isinstance(parsed["data"], dict)
    assert set(parsed["data"]) == DATA[line]


@pytest.mark.parametrize("line", [line for line, code in ERRORS.items() if code])
def test_one_document_for_an_error(machine_with_files: Machine, line: str) -> None:
    parsed = machine_with_files.run(*line.split(), "--json").json
    assert [key for key in parsed if key != "messages"] == ["version", "command", "ok", "error"]
    assert (parsed["ok"], parsed["error"]["code"]) == (False, ERRORS[line])


def test_every_command_is_here() -> None:
    assert set(_paths(commands)) == {name_of(line) for line in (*DATA, *ERRORS)}


def _paths(group: click.Group, above: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _paths(command, f"{above}{name} ")
        else:
            yield f"{above}{name}"

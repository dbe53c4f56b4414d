"""convert as a child process: both files, what is said, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

CANARY = "sk-0123456789abcdefghijklmn"
TREE: dict[str, Any] = {
    "$schema": "https://charm.land/crush.json",
    "options": {"debug": False},
    "providers": {
        "groq": {
            "type": "openai-compat",
            "base_url": "https://api.groq.com/openai/v1",
            "api_key": "$GROQ_API_KEY",
            "models": [{"id": "org/llama", "name": "Llama", "context_window": 128000}],
        },
        "effort": {
            "base_url": "https://e.example/v1",
            "models": [{"id": "m", "name": "M", "reasoning_levels": ["low", "high"]}],
        },
    },
    "models": {"large": {"provider": "groq", "model": "org/llama", "max_tokens": 99}},
}
SCRIPT = """\
# managed with chezmoi
[[ -f ~/.secrets ]] && source ~/.secrets
provider add work --type openai-compat --base-url 'https://llm.work.example/v1' --api-key '$WORK' # theirs
model add work/w-1 --name 'Work 1' --context-window 32000
if [[ $HOSTNAME == laptop ]]; then
  provider add groq --api-key '$GROQ_API_KEY'
fi
model large work/w-1 --think
option debug
"""


@pytest.mark.parametrize("to", ["crushrc", "json"])
def test_a_key_as_a_default_stays_and_adopt_is_named(machine: Machine, script: Path, to: str) -> None:
    """`undo` could not bring it back."""
    if to == "crushrc":
        machine.write_config(json.dumps({"providers": {"f": {"api_key": f"${{F_KEY:-{CANARY}}}"}}}))
    else:
        script.write_text(f"provider add f --api-key '${{F_KEY:-{CANARY}}}'\n")
    done = machine.run("convert", "--to", to, "--yes")
    assert "secret adopt" in done.err
    assert CANARY not in done.err
    assert "nothing to do" in done.err


@pytest.mark.parametrize("key", ["NOT_USED", "abc"])
def test_a_word_for_a_server_on_this_machine_is_no_secret_and_moves(machine: Machine, key: str) -> None:
    """`secret adopt` takes none of these, and undo brings back what was there."""
    local = WORK["providers"]["work"] | {"api_key": key}
    machine.write_config(before := json.dumps({"providers": {"work": local}}))
    script = machine.config.with_name("crushrc")
    assert machine.run("convert", "--to", "crushrc", "--yes").code == 0
    assert f"--api-key {key}" in script.read_text()
    assert machine.run("undo", "--yes").code == 0
    assert (machine.config.read_text(), script.exists()) == (before, False)
    assert f'api_key = "{key}"' in machine.run("export", "-").out
    assert key in machine.run("show", "work").out
    assert "secret adopt" not in machine.run("remove-provider", "work", "--yes").err
    assert machine.run("undo", "--yes").code == 0
    assert machine.config.read_text() == before


WORK: Any = {"providers": {"work": {"base_url": "http://127.0.0.1:9/v1", "models": [{"id": "w", "name": "W"}]}}}


@pytest.fixture
def script(machine: Machine) -> Path:
    path: Path = machine.config.with_name("crushrc")
    path.parent.mkdir(parents=True)
    return path


def test_without_a_config_that_is_said(machine: Machine) -> None:
    done = machine.run("convert", "--to", "crushrc", "--yes")
    assert (done.code, done.err) == (0, "nothing to do: ~/.config/crush/crush.json does not exist\n")


def test_a_crush_json_becomes_a_crushrc_and_undo_takes_it_back(machine: Machine, script: Path) -> None:
    before = json.dumps(TREE, indent=4) + "\n"
    machine.write_config(before)
    shown = machine.run("convert", "--to", "crushrc", "--dry-run")
    assert shown.code == 0, shown.err
    assert (
        "effort stays in ~/.config/crush/crush.json:19: a crushrc does not support models.reasoning_levels"
    ) in shown.err
    assert "+provider add groq" in shown.out
    assert machine.config.read_text() == before
    assert not script.exists()
    done = machine.run("convert", "--to", "crushrc", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.json["data"]["applied"] is True
    assert [change["format"] for change in done.json["data"]["changes"]] == ["crushrc", "json"]
    assert list(machine.entries) == ["effort"]
    assert "models" not in json.loads(machine.config.read_text())
    assert "model large groq/org/llama --max-tokens 99" in script.read_text()
    again = machine.run("convert", "--to", "crushrc", "--yes", "--json")
    assert (again.code, again.json["data"]["applied"]) == (0, False)
    assert machine.run("undo", "--yes").code == 0
    assert machine.config.read_text() == before
    assert not script.exists()


def test_a_crushrc_becomes_a_crush_json_but_for_what_is_dynamic(machine: Machine, script: Path) -> None:
    script.write_text(SCRIPT)
    done = machine.run("convert", "--to", "json", "--yes")
    assert done.code == 0, done.err
    assert "groq stays in ~/.config/crush/crushrc:6: inside `if`" in done.err
    assert "line 2 of the crushrc (`source`): the script is not run" in done.err
    rest = "".join(line for line in SCRIPT.splitlines(keepends=True) if not line.startswith(("model", "provider")))
    assert script.read_text() == rest.replace("~/.secrets\nif", "~/.secrets\n# theirs\nif")
    assert machine.entries["work"]["models"] == [{"id": "w-1", "name": "Work 1", "context_window": 32000}]
    chosen = json.loads(machine.config.read_text())["models"]
    assert chosen == {"large": {"provider": "work", "model": "w-1", "think": True}}
    assert machine.run("undo", "--yes").code == 0
    assert script.read_text() == SCRIPT
    assert not machine.config.exists()


def test_a_key_in_plain_text_stays_and_is_never_shown(machine: Machine, script: Path) -> None:
    tree = {"providers": {**TREE["providers"], "lit": {"base_url": "https://l.example/v1", "api_key": CANARY}}}
    machine.write_config(json.dumps(tree, indent=1))
    done = machine.run("convert", "--to", "crushrc", "--yes", "--json")
    assert done.code == 0, done.err
    assert CANARY not in done.out + done.err + script.read_text()
    assert any("secret adopt" in message["text"] for message in done.json["messages"])
    assert machine.entries["lit"]["api_key"] == CANARY


def test_without_a_terminal_it_wants_yes(machine: Machine, script: Path) -> None:
    machine.write_config(json.dumps(TREE))
    before = machine.snapshot()
    done = machine.run("convert", "--to", "crushrc")
    assert (done.code, done.out) == (3, "")
    assert "--yes" in done.err
    assert machine.snapshot() == before


@pytest.mark.parametrize("to", ["json", "crushrc"])
def test_without_files_there_is_nothing_to_do(machine: Machine, to: str) -> None:
    before = machine.snapshot()
    done = machine.run("convert", "--to", to, "--yes")
    assert (done.code, done.out) == (0, "")
    assert "nothing to do" in done.err
    assert machine.snapshot() == before


def test_what_would_come_out_differently_is_refused(machine: Machine) -> None:
    """Between .crush.json and .crushrc of one folder stands its crushrc, which would no longer have the last word."""
    folder = machine.home / "project"
    folder.mkdir()
    entry = {"base_url": "https://hidden.example/v1", "models": [{"id": "m"}]}
    (folder / ".crush.json").write_text(json.dumps({"providers": {"a": entry}}))
    (folder / "crushrc").write_text("provider add a --base-url https://plain.example/v1\n")
    (folder / ".crushrc").write_text("option debug\n")
    before = machine.snapshot()
    done = machine.run("convert", "--to", "crushrc", "--scope", "project", "--yes", "--json", cwd=folder)
    assert (done.code, done.json["error"]["code"]) == (4, "conflict")
    assert "a would differ" in done.json["error"]["message"]
    assert machine.snapshot() == before


@pytest.mark.parametrize("name", ["crush.json", ".crush.json"])
def test_the_project_and_a_file_by_its_path(machine: Machine, name: str) -> None:
    folder = machine.home / "project"
    folder.mkdir()
    (folder / name).write_text(json.dumps(TREE))
    script = folder / name.replace("crush.json", "crushrc")
    done = machine.run("convert", "--to", "crushrc", "--scope", "project", "--yes", cwd=folder)
    assert done.code == 0, done.err
    assert "provider add groq" in script.read_text()
    back = machine.run("convert", "--to", "json", "--file", str(script), "--yes")
    assert back.code == 0, back.err
    assert not script.exists()
    assert json.loads((folder / name).read_text())["providers"] == TREE["providers"]


@pytest.mark.parametrize(
    ("text", "place"), [("{", ":1:2"), ('{"providers": []}', ":1:15"), ('{"mcp": []}', "crush.json:1:2")]
)
def test_a_file_that_crush_does_not_take_is_refused_with_its_place(
    machine: Machine, script: Path, text: str, place: str
) -> None:
    machine.write_config(text)
    script.write_text(SCRIPT)
    done = machine.run("convert", "--to", "json", "--yes")
    assert done.code == 4
    assert place in done.err
    assert (machine.config.read_text(), script.read_text()) == (text, SCRIPT)


@pytest.mark.parametrize(("version", "code"), [("0.87.0", 4), ("0.88.0", 0), ("devel", 0)])
def test_an_old_crush_gets_no_crushrc(machine: Machine, tmp_path: Path, version: str, code: int) -> None:
    program = tmp_path / "bin" / "crush"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho crush version {version}\n")
    program.chmod(0o755)
    machine.env["PATH"] = f"{program.parent}:{machine.env['PATH']}"
    machine.write_config(json.dumps(TREE))
    done = machine.run("convert", "--to", "crushrc", "--yes")
    assert done.code == code, done.err
    assert ("that needs 0.88.0 or later" in done.err) == bool(code)
    assert machine.config.with_name("crushrc").exists() == (not code)


def test_the_format_must_be_named(machine: Machine) -> None:
    assert machine.run("convert").code == 2
    assert machine.run("convert", "--to", "yaml").code == 2


WITHOUT_PARSER = """
import sys
from wizard.documents.crushrc import syntax as crushrc_syntax
crushrc_syntax.find_parser = lambda: None
from wizard.cli.app import run
sys.exit(run(sys.argv[1:]))
"""


def run_without_parser(machine: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program on a machine that shfmt-py has no build for."""
    command = [sys.executable, "-c", WITHOUT_PARSER, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=machine.env, cwd=machine.home, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize("to", ["json", "crushrc"])
def test_without_the_parser_nothing_is_converted(machine: Machine, script: Path, to: str) -> None:
    machine.write_config(json.dumps(TREE))
    script.write_text(SCRIPT)
    before = machine.snapshot()
    done = run_without_parser(machine, "convert", "--to", to, "--yes")
    assert done.returncode == 4
    assert "pip install shfmt-py" in done.stderr
    assert machine.snapshot() == before


def test_without_the_parser_a_provider_is_added_at_the_end(machine: Machine, script: Path) -> None:
    script.write_text(SCRIPT)
    done = run_without_parser(machine, "add-provider", "deepseek", "--yes", "--no-test")
    assert done.returncode == 0, done.stderr
    assert "the parser for crushrc files is not installed" in done.stderr
    assert script.read_text().startswith(SCRIPT + "\n# >>> crush-wizard >>>\nprovider add deepseek")
    assert script.read_text().endswith("\ntrue\n# <<< crush-wizard <<<\n")


def test_there_and_back_leaves_one_file_and_undo_brings_each_back(machine: Machine, script: Path) -> None:
    before = json.dumps({"$schema": "https://charm.land/crush.json", **WORK}, indent=2) + "\n"
    machine.write_config(before)
    there = machine.run("convert", "--to", "crushrc", "--yes")
    assert "Deleted ~/.config/crush/crush.json" in there.err
    assert (machine.config.exists(), script.exists()) == (False, True)
    converted = script.read_text()
    assert machine.run("convert", "--to", "json", "--yes").code == 0
    assert (machine.entries, script.exists()) == (WORK["providers"], False)
    assert machine.run("undo", "--yes").code == 0
    assert (machine.config.exists(), script.read_text()) == (False, converted)
    assert machine.run("undo", "--yes").code == 0
    assert (machine.config.read_text(), script.exists()) == (before, False)


def test_a_file_that_still_says_something_stays(machine: Machine, script: Path) -> None:
    script.write_text("# mine\nprovider add work --base-url http://127.0.0.1:9/v1\n")
    done = machine.run("convert", "--to", "json", "--yes")
    assert (done.code, script.read_text()) == (0, "# mine\n"), done.err


def test_a_link_is_not_cut(machine: Machine, script: Path, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.json"
    kept.write_text(json.dumps(WORK))
    machine.config.symlink_to(kept)
    done = machine.run("convert", "--to", "crushrc", "--yes")
    assert (done.code, json.loads(kept.read_text()), machine.config.is_symlink()) == (0, {}, True), done.err


BARE = "#!/usr/bin/env bash\nset -euo pipefail\n# shellcheck shell=bash\n"
OURS = "# >>> crush-wizard >>>\n# mine\n", "true\n# <<< crush-wizard <<<\n"


@pytest.mark.parametrize(
    ("above", "below", "left"),
    [
        (BARE, "exit 0\n", None),
        (f"{BARE}# mine\n", "", f"{BARE}# mine\ntrue\n"),
        (*OURS, "".join(OURS)),
        ("", "true # in the end\n", "true # in the end\n"),
    ],
)
def test_comments_that_json_can_not_have_stay_where_they_are_which_is_said_before(
    machine: Machine, script: Path, above: str, below: str, left: str | None
) -> None:
    before = f"{above}provider add work --base-url http://127.0.0.1:9/v1\n{below}"
    script.write_text(before)
    dry = machine.run("convert", "--to", "json", "--dry-run")
    assert ("the comments in ~/.config/crush/crushrc stay there: JSON can't have any" in dry.err) == bool(left)
    done = machine.run("convert", "--to", "json", "--yes")
    assert ("Deleted ~/.config/crush/crushrc" in done.err) == (left is None)
    assert (script.read_text() if script.exists() else None) == left
    assert machine.run("undo", "--yes").code == 0
    assert script.read_text() == before


def test_who_converts_to_json_is_taken_to_want_json_until_the_way_back(machine: Machine, script: Path) -> None:
    """With a Crush that would rather have a crushrc; without one it is JSON anyway."""
    script.write_text("provider add work --base-url http://127.0.0.1:9/v1\n")
    assert "always" not in machine.run("convert", "--to", "json", "--yes").err
    assert "new config files" not in machine.run("convert", "--to", "crushrc", "--yes").err
    machine.install_crush("0.88.0")
    settings = machine.home / ".config" / "crush-wizard" / "settings.toml"
    assert "new config files: always crush.json" in machine.run("convert", "--to", "json", "--yes").err
    assert 'format = "json"' in settings.read_text()
    assert "new config files: the format depends" in machine.run("convert", "--to", "crushrc", "--yes").err
    assert "format" not in settings.read_text()


@pytest.mark.parametrize("named", ["json", "crushrc"])
def test_a_format_that_was_named_before_is_forgotten_by_converting_to_the_other_one(
    machine: Machine, named: str
) -> None:
    add = ("add-provider", "openai-compatible", "--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--no-api-key")
    assert machine.run(*add, "--format", named, "--yes").code == 0
    settings = machine.home / ".config" / "crush-wizard" / "settings.toml"
    assert f'format = "{named}"' in settings.read_text()
    other = "crushrc" if named == "json" else "json"
    assert "new config files: the format depends" in machine.run("convert", "--to", other, "--yes").err
    assert "format" not in settings.read_text()
    assert machine.run("undo", "--yes").code == 0
    assert f'format = "{named}"' in settings.read_text()

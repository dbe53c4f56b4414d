"""Every command that changes something, on every crushrc of tests/dotfiles: only the intended lines differ.

What a person keeps in such a file is theirs. A command takes out or changes lines of what it is about, and adds
lines beside them or in its own block; every other byte stays, and `undo` brings all of them back.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wizard.documents.crushrc import document as crushrc_document

if TYPE_CHECKING:
    from tests.cli.conftest import Finished, Machine

FOLDER = Path(__file__).parents[1] / "dotfiles"
FORMS = {
    "as it is": lambda text: text,
    "CRLF without an end": lambda text: text.removesuffix("\n").replace("\n", "\r\n"),
}
BLOCK = ("# >>> crush-wizard >>>", "true", "# <<< crush-wizard <<<", "")
SETTINGS = "^(option|permissions|mcp|lsp|hook) "
"""What `convert` moves, besides."""
KEYS = dict.fromkeys(("GATEWAY_KEY", "DEEPSEEK_API_KEY", "GROQ_API_KEY", "CORP_TOKEN"), "none")


@dataclass(frozen=True)
class Subject:
    """What commands are about in one of the scripts. `lines` matches the lines that say something about it."""

    provider: str
    model: str
    lines: str

    @property
    def commands(self) -> dict[str, tuple[str, ...]]:
        provider, model = self.provider, self.model
        return {
            "add": ("add-provider", "openai-compatible", "--id", "new", "--base-url", "https://new.example/v1",
                    "--model", "n-1", "--no-api-key", "--no-test"),
            "merge": ("add-provider", "openai-compatible", "--id", provider, "--merge", "--no-api-key", "--no-test",
                      "--base-url", "https://new.example/v1", "--model", model),
            "replace": ("add-provider", "openai-compatible", "--id", provider, "--replace", "--no-api-key", "--no-test",
                        "--base-url", "https://new.example/v1", "--model", model),
            "edit": ("edit-provider", provider, "--header", "X-New=1", "--name", "Another name", "--no-test"),
            "use": ("use", "small", f"{provider}/{model}"),
            "add model": ("models", provider, "--add", "n-2"),
            "remove model": ("models", provider, "--remove", model),
            "refresh": ("models", provider, "--refresh"),
            "remove": ("remove-provider", provider),
            "hide": ("hide", provider),
            "convert": ("convert", "--to", "json"),
        }  # fmt: skip


SUBJECTS = {
    "hosts": Subject("ollama", "qwen3:8b", r"ollama"),
    "long": Subject("gateway", "small", r"gateway|^  --|^Be kind|# paid"),
    "passwords": Subject("plain", "extra", r"plain"),
    "sourced": Subject("deepseek", "deepseek-chat", r"deepseek|^\t--"),
    "tools": Subject("groq", "openai/gpt-oss-120b", r"^(provider add|model add|model large|model small) groq"),
}
CASES = [(name, command) for name, subject in SUBJECTS.items() for command in subject.commands]


def test_every_script_is_here() -> None:
    assert set(SUBJECTS) == {path.stem for path in FOLDER.iterdir()}


def placed(machine: Machine, name: str, form: str = "as it is") -> Path:
    script = machine.config.with_name("crushrc")
    script.parent.mkdir(parents=True)
    text = (FOLDER / f"{name}.crushrc").read_text(encoding="utf-8")
    script.write_bytes(FORMS[form](text).encode())
    return script


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went, and those that came, without their ends."""
    compared = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    went = [line[2:] for line in compared if line.startswith("- ")]
    return went, [line[2:] for line in compared if line.startswith("+ ")]


def ran(machine: Machine, *words: str) -> Finished:
    done = machine.run(*words, env=KEYS)
    assert "Traceback" not in done.err
    assert "unexpected error" not in done.err
    return done


@pytest.mark.parametrize(
    "form", ["as it is", pytest.param("CRLF without an end", marks=pytest.mark.any_python)], ids=FORMS
)
@pytest.mark.parametrize(("name", "command"), CASES)
def test_only_the_intended_lines_change_and_undo_brings_them_back(
    machine: Machine, name: str, command: str, form: str
) -> None:
    script, subject = placed(machine, name, form), SUBJECTS[name]
    before = script.read_bytes().decode()
    shown = ran(machine, *subject.commands[command], "--yes", "--dry-run")
    assert shown.code == 0, shown.err
    assert script.read_bytes().decode() == before
    done = ran(machine, *subject.commands[command], "--yes")
    assert done.code == 0, done.err
    after = script.read_bytes().decode()
    went, came = changed(before, after)
    own = {"add": "$^", "convert": f"{subject.lines}|{SETTINGS}"}.get(command, subject.lines)
    assert [line for line in went if not re.search(own, line)] == []
    allowed = rf"{subject.lines}|new|^  --|n-1|n-2|# quick enough|^# provider add nothing$"
    assert [line for line in came if line not in BLOCK and not re.search(allowed, line)] == []
    if form.startswith("CRLF"):
        assert after.count("\n") == after.count("\r\n")
    if after != before or machine.config.exists():
        assert ran(machine, "undo", "--yes").code == 0
    assert script.read_bytes().decode() == before
    assert not machine.config.exists()


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("words", [("list",), ("show",), ("models",), ("paths",), ("secret", "list"), ("doctor",)])
def test_what_only_looks_changes_nothing(machine: Machine, name: str, words: tuple[str, ...]) -> None:
    placed(machine, name)
    before = machine.snapshot()
    about = (SUBJECTS[name].provider,) if words in (("show",), ("models",)) else ()
    done = ran(machine, *words, *about, "--json")
    assert done.code in (0, 1), done.err
    assert done.json["command"] == " ".join(words)
    assert {path: state for path, state in machine.snapshot().items() if path in before} == before


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_list_names_the_line_of_each_provider(machine: Machine, name: str) -> None:
    script = placed(machine, name)
    listed = {one["id"]: one for one in ran(machine, "list", "--json").json["data"]["providers"]}
    provider = SUBJECTS[name].provider
    line = script.read_text(encoding="utf-8").split("\n")[listed[provider]["source"]["line"] - 1]
    assert line.startswith(f"provider add {provider}")


@pytest.mark.parametrize("name", SUBJECTS)
def test_there_and_back_the_configuration_is_the_same(machine: Machine, name: str) -> None:
    placed(machine, name)
    before = told(machine)
    for to in ("json", "crushrc", "json"):
        assert ran(machine, "convert", "--to", to, "--yes").code == 0
        assert told(machine) == before


def told(machine: Machine) -> dict[str, Any]:
    """What `list` says of providers and slots, but for where it stands."""
    data = ran(machine, "list", "--json").json["data"]
    places = ("source", "sources")
    strip = [{key: value for key, value in one.items() if key not in places} for one in data["providers"]]
    slots = {slot: {**(one or {}), "source": None} for slot, one in data["selected"].items()}
    return {"providers": sorted(strip, key=lambda one: str(one["id"])), "selected": slots}


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_byte_order_mark_is_refused_with_its_place(machine: Machine, name: str) -> None:
    script = placed(machine, name)
    script.write_bytes(b"\xef\xbb\xbf" + script.read_bytes())
    before = machine.snapshot()
    for words in SUBJECTS[name].commands.values():
        done = ran(machine, *words, "--yes", "--json")
        assert (done.code, done.json["error"]["line"]) == (4, 1), done.err
        assert "byte order mark" in done.json["error"]["message"]
    assert machine.snapshot() == before


@pytest.mark.parametrize("command", ["add", "edit", "use", "add model", "remove model", "remove", "convert"])
@pytest.mark.parametrize("name", SUBJECTS)
def test_without_the_parser_lines_are_only_added(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str, command: str
) -> None:
    script = placed(machine, name)
    monkeypatch.setattr(crushrc_document, "find_parser", lambda: None)
    before = script.read_text(encoding="utf-8")
    done = ran(machine, *SUBJECTS[name].commands[command], "--yes")
    assert done.code in (0, 2, 4), done.err
    assert "shfmt-py" in done.err or done.code != 0
    assert script.read_text(encoding="utf-8").startswith(before)
    if command in ("edit", "merge", "convert"):
        assert done.code == 4, done.err

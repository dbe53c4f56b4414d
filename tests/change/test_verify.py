"""--verify with programs named crush that do what Crush may do, good and bad."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from wizard.change.run import Proposal, Run
from wizard.change.verify import verify
from wizard.errors import Cancelled
from wizard.files.edit import TextEdit
from wizard.files.plan import FileEdit, Plan
from wizard.redaction import SecretText
from wizard.ui.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wizard.flow.question import Question, Raw

    Install = Callable[..., None]

VERSION = "crush version 0.96.1"


class Person:
    """Gives one answer to whatever is asked. An exception is raised instead."""

    def __init__(self, answer: Raw | BaseException) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        self.asked.append(question.text)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def show(self, text: str, style: str) -> None:
        raise AssertionError(text)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An account of its own, in which the config has just been written."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(("XDG_", "CRUSH_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    edit = FileEdit(home / "crush.json", None, (TextEdit(0, 0, "{}"),))
    Run(_output(), None, yes=True).make(lambda _: Proposal(Plan("add-provider groq", (edit,)), None))
    return home


@pytest.fixture
def install(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """`install("echo groq/a")`: a crush whose `models` does that."""

    def put(models: str, version: str = VERSION) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "crush"
        program.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec echo {version}\n{models}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return put


def _output() -> Output:
    return Output(io.StringIO(), io.StringIO())


def ask(
    person: Person | None = None, secrets: dict[str, str] | None = None, providers: tuple[str, ...] = ("groq",)
) -> tuple[bool, str]:
    output = _output()
    result = verify(output, person, secrets or {}, providers)
    assert isinstance(output.stdout, io.StringIO)
    assert isinstance(output.stderr, io.StringIO)
    assert output.stdout.getvalue() == ""
    return result, output.stderr.getvalue()


def test_crush_starts_and_lists_the_models(install: Install) -> None:
    install("printf 'groq/a\\ngroq/b\\ngroq-2/c\\n'")
    verified, said = ask()
    assert verified
    assert "lists 2 models of groq" in said


def test_a_provider_that_crush_leaves_out(install: Install) -> None:
    install("echo groq-2/c")
    verified, said = ask()
    assert not verified
    assert "lists no model of groq" in said


def test_crush_is_asked_once_about_several_providers(install: Install, home: Path) -> None:
    install("echo asked >> log; printf 'groq/a\\nmine/b\\nmine/c\\n'")
    verified, said = ask(providers=("groq", "mine"))
    assert verified
    assert "lists 1 model of groq, 2 models of mine" in said
    assert (home / "log").read_text() == "asked\n"


def test_one_of_several_is_left_out(install: Install) -> None:
    install("echo groq/a")
    verified, said = ask(providers=("groq", "mine"))
    assert not verified
    assert "lists 1 model of groq\n" in said
    assert "lists no model of mine" in said


def test_it_gets_the_keys_and_they_do_not_show(install: Install, home: Path) -> None:
    install(f'[ "$GROQ_API_KEY" = {CANARY} ] && echo "refused: $GROQ_API_KEY" >&2; exit 1')
    verified, said = ask(secrets={"GROQ_API_KEY": SecretText(CANARY)})
    assert not verified
    assert "refused: " in said
    assert CANARY not in said
    assert "GROQ_API_KEY" not in os.environ


def test_a_refusal_without_a_terminal_names_the_way_back(install: Install, home: Path) -> None:
    install("printf '\\033[31mbad\\033[0m\\nconfig\\n' >&2; exit 1")
    verified, said = ask()
    assert not verified
    assert "Crush does not start with this config: bad config\n" in said
    assert "to undo: crush-wizard undo" in said
    assert (home / "crush.json").exists()


def test_a_refusal_is_taken_back_on_request(install: Install, home: Path) -> None:
    install("exit 1")
    person = Person(True)
    verified, said = ask(person)
    assert not verified
    assert person.asked == ["Undo `add-provider groq`?"]
    assert "Undid add-provider groq" in said
    assert not (home / "crush.json").exists()


@pytest.mark.parametrize("answer", [False, Cancelled()])
def test_the_change_may_stay(install: Install, home: Path, answer: Any) -> None:
    install("exit 1")
    verified, said = ask(Person(answer))
    assert not verified
    assert "the change stays" in said
    assert (home / "crush.json").exists()


def test_no_crush(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home))
    verified, said = ask(Person(True))
    assert not verified
    assert "not verified: crush is not on PATH" in said


def test_an_old_crush_lists_no_models(install: Install) -> None:
    install("echo groq/a", version="crush version 0.33.9")
    verified, said = ask()
    assert not verified
    assert "0.34.0" in said


def test_a_crush_that_floods_is_no_verdict_and_undoes_nothing(install: Install, home: Path) -> None:
    install("exec yes groq/a")
    person = Person(True)
    verified, said = ask(person)
    assert not verified
    assert "not verified: crush models printed too much" in said
    assert person.asked == []
    assert (home / "crush.json").exists()

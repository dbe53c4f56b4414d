"""Profiles in a real terminal: the name that is typed before one goes, and the folder that wants one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests import program
from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.terminal.conftest import OpenTerminal, Terminal, User

QUIET = {**program.LOCALE, **program.IMPORTS}


def wizard(user: User, terminal: OpenTerminal, *arguments: str) -> Terminal:
    enter = ("sh", "-c", 'mkdir -p "$1" && cd "$1" && shift && exec "$@"', "sh", str(user.home / "project"))
    return terminal([*enter, sys.executable, "-m", "wizard", *arguments], user.env, columns=100, rows=40)


def made(user: User, terminal: OpenTerminal) -> None:
    window = wizard(user, terminal, "profile", "create", "work")
    window.wait_for("Created profile work")
    assert window.exit_code() == 0


def test_another_name_removes_nothing(user: User, terminal: OpenTerminal) -> None:
    made(user, terminal)
    window = wizard(user, terminal, "profile", "remove", "work")
    window.answer("To remove profile work, type its name", "home")
    assert window.exit_code() == 130
    window = wizard(user, terminal, "profile", "remove", "work")
    window.answer("To remove profile work, type its name", "work")
    window.wait_for("Removed profile work")
    assert window.exit_code() == 0


def test_a_folder_is_asked_about_once(user: User, terminal: OpenTerminal) -> None:
    made(user, terminal)
    (user.home / "project" / ".crush-wizard").write_text("work\n")
    window = wizard(user, terminal, "run", "echo", "started")
    window.answer("Use it in this folder?", "y")
    window.wait_for("profile work\nstarted")
    assert window.exit_code() == 0
    window = wizard(user, terminal, "run", "echo", "started")
    window.wait_for("started")
    assert "Use it" not in window.screen


def test_a_no_is_remembered_too(user: User, terminal: OpenTerminal) -> None:
    made(user, terminal)
    (user.home / "project" / ".crush-wizard").write_text("work\n")
    window = wizard(user, terminal, "run", "echo", "started")
    window.answer("Use it in this folder?", "n")
    window.wait_for("started")
    assert "profile work\n" not in window.screen
    window = wizard(user, terminal, "run", "echo", "started")
    window.wait_for("started")
    assert "Use it" not in window.screen


@pytest.mark.parametrize(("typed", "own"), [("", []), (f"{CANARY}-work", ["GROQ_API_KEY"])])
def test_a_profile_may_get_a_key_of_its_own(user: User, terminal: OpenTerminal, typed: str, own: list[str]) -> None:
    stored = program.run(
        ("secret", "set", "GROQ_API_KEY", "--stdin", "--store", "file"), CANARY, user.home, {**user.env, **QUIET}
    )
    assert stored.code == 0, stored.err
    made(user, terminal)
    window = wizard(user, terminal, "--profile", "work", "add-provider", "groq", "--no-test")
    window.wait_for("Enter alone: the key that all profiles share")
    window.answer("Groq API key", typed)
    window.wait_for("profile  work")
    window.wait_for("--profile work run")
    window.answer("Save?")
    window.wait_for("crush-wizard --profile work run")
    assert window.exit_code() == 0
    shown = program.run(("profile", "show", "work", "--json"), "", user.home, {**user.env, **QUIET}).json["data"]
    assert [secret["name"] for secret in shown["secrets"]] == own
    assert shown["providers"] == ["groq"]

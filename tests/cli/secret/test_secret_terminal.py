"""`secret` with somebody at the terminal: values and passphrases are asked for, and never shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests import age_files
from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

NAME = "GROQ_API_KEY"
PASSPHRASE = "correct horse battery"


class Talk:
    """A plain line terminal; `seen` is all that was ever on it."""

    def __init__(self, machine: Machine, *arguments: str, env: dict[str, str] | None = None) -> None:
        environ = {**machine.env, "TERM": "dumb", **(env or {})}
        command = ["-m", "wizard", "secret", *arguments]
        self.child = pexpect.spawn(
            sys.executable, command, env=environ, cwd=str(machine.home), timeout=20, encoding="utf-8"
        )
        self.seen = ""

    def answer(self, question: str, text: str) -> None:
        self.child.expect_exact(question)
        self.child.expect("> $")
        self.seen += str(self.child.before)
        self.child.sendline(text)

    def end(self) -> int:
        self.child.expect(pexpect.EOF)
        self.seen += str(self.child.before)
        self.child.close()
        code = self.child.exitstatus
        assert code is not None
        return int(code)


@pytest.fixture
def protected(machine: Machine) -> Machine:
    """A machine whose age file has a passphrase on its identity."""
    assert machine.run("secret", "set", NAME, "--stdin", "--store", "file", stdin=CANARY).code == 0
    age_files.protect(machine.home / ".local" / "state" / "crush-wizard" / "secrets" / "identity.txt", PASSPHRASE)
    return machine


def test_a_new_file_gets_a_passphrase(machine: Machine) -> None:
    talk = Talk(machine, "set", NAME, "--store", "file", "--passphrase")
    talk.answer("New passphrase for the encrypted file", PASSPHRASE)
    talk.answer("The same passphrase again", PASSPHRASE)
    talk.answer(f"Value of {NAME}", CANARY)
    talk.answer("Passphrase of the encrypted file", PASSPHRASE)
    assert talk.end() == 0, talk.seen
    assert CANARY not in talk.seen
    assert PASSPHRASE not in talk.seen
    again = Talk(machine, "get", NAME)
    again.answer("Passphrase of the encrypted file", PASSPHRASE)
    assert again.end() == 0, again.seen
    assert again.seen.rstrip().endswith(CANARY)


def test_a_value_is_asked_for_once_and_not_shown(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    talk = Talk(machine_with_keyring, "set", NAME)
    talk.answer(f"Value of {NAME}", CANARY)
    assert talk.end() == 0, talk.seen
    assert CANARY not in talk.seen
    assert secret_service.get(NAME) == CANARY


def test_ctrl_c_at_the_value_changes_nothing(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    talk = Talk(machine_with_keyring, "set", NAME)
    talk.child.expect_exact(f"Value of {NAME}")
    talk.child.expect("> $")
    talk.child.sendintr()
    assert talk.end() == 130
    assert secret_service.get(NAME) is None


def test_a_passphrase_is_asked_for_when_a_value_is_wanted(protected: Machine) -> None:
    talk = Talk(protected, "get", NAME)
    talk.answer("Passphrase of the encrypted file", PASSPHRASE)
    assert talk.end() == 0
    assert talk.seen.rstrip().endswith(CANARY)


def test_a_wrong_passphrase_opens_nothing(protected: Machine) -> None:
    talk = Talk(protected, "get", NAME)
    talk.answer("Passphrase of the encrypted file", "not this")
    assert talk.end() == 5
    assert "the passphrase is wrong" in " ".join(talk.seen.split())
    assert CANARY not in talk.seen


def test_without_a_terminal_a_protected_file_is_locked_and_nothing_hangs(protected: Machine) -> None:
    done = protected.run("secret", "get", NAME)
    assert (done.code, done.out) == (5, "")
    assert "it has a passphrase" in done.err
    assert "hint: run this in a terminal" in done.err
    status = protected.run("secret", "status", "--json")
    assert (status.code, status.json["data"]["locked"]) == (1, True)
    names = protected.run("secret", "list", "--json").json["data"]["secrets"]
    assert [(one["name"], one["present"]) for one in names] == [(NAME, None)]


def test_undo_asks_for_the_passphrase_too(protected: Machine) -> None:
    environ = {**protected.env, "TERM": "dumb"}
    child = pexpect.spawn(sys.executable, ["-m", "wizard", "undo", "--yes"], env=environ, timeout=20)
    child.expect_exact("Passphrase of the encrypted file")
    child.expect("> $")
    child.sendline(PASSPHRASE)
    child.expect_exact("Undid")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert Talk(protected, "get", NAME).end() == 5  # the store that was named with it is forgotten as well


def test_removing_is_confirmed(machine: Machine) -> None:
    done = machine.run("secret", "set", NAME, "--stdin", "--store", "file", stdin=CANARY)
    assert done.code == 0, done.err
    talk = Talk(machine, "remove", NAME)
    talk.child.expect_exact(f"Delete {NAME} from the encrypted file?")
    talk.child.sendline("n")
    assert talk.end() == 130
    assert machine.run("secret", "get", NAME).out == f"{CANARY}\n"


def test_stdin_that_is_a_terminal_is_not_read(machine: Machine) -> None:
    talk = Talk(machine, "set", NAME, "--stdin", "--store", "file")
    assert talk.end() == 2
    assert "stdin is a terminal" in " ".join(talk.seen.split())

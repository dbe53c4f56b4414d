"""Profiles with secrets on the command line: where the passphrase or the keys come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.cli.secret.input import from_file
from wizard.errors import AnswersMissing, UsageError
from wizard.machine.stores import ask_secret
from wizard.redaction import SecretText
from wizard.ui.progress import waiting
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from wizard.ui.output import Output

LONGEST_PASSPHRASE = 4096
LARGEST_IDENTITY = 64 * 1024


def refuse_stray_flags(*, with_secrets: bool, passphrase_file: Path | None, recipients: Sequence[str]) -> None:
    """Raises UsageError for flags that go with --with-secrets, and for two ways to encrypt at once."""
    if not with_secrets and (passphrase_file or recipients):
        raise UsageError("--passphrase-file and --recipient need --with-secrets")
    if passphrase_file and recipients:
        raise UsageError("--passphrase-file and --recipient can't be used together", hint="use one of them")


def sealer(passphrase_file: Path | None, recipients: Sequence[str], output: Output) -> Callable[[str], str]:
    """Makes an armored age file of a text; raises Refused where this machine can't do a passphrase's work.

    Raises UsageError for what is no public key, and AnswersMissing where nobody can be asked for a passphrase.
    """
    from wizard.transfer.sealing import check_recipients, seal_for, seal_with_passphrase

    if recipients:
        check_recipients(recipients)
        return lambda text: seal_for(text, recipients)
    passphrase = passphrase_from(passphrase_file) if passphrase_file else _new_passphrase(output)

    def seal(text: str) -> str:
        with waiting(output, "encrypting the profile", says_so=False):
            return seal_with_passphrase(text, passphrase)

    return seal


def opened(content: bytes, passphrase_file: Path | None, identity: Path | None, output: Output) -> bytes:
    """What is in an age file. Raises Unopened, UsageError, and AnswersMissing where nobody can be asked."""
    from wizard.transfer.sealing import open_with_identity, open_with_passphrase, wants_passphrase

    if not wants_passphrase(content):
        if identity is None:
            raise AnswersMissing(
                "this file is encrypted to a public key", hint="name the file with the private one: --identity PATH"
            )
        return open_with_identity(content, from_file("--identity", identity, LARGEST_IDENTITY).encode("utf-8"))
    if passphrase_file:
        passphrase = passphrase_from(passphrase_file)
    else:
        passphrase = ask_secret(open_prompter(output), "Passphrase of the profile", "--passphrase-file")
    with waiting(output, "opening the profile", says_so=False):
        return open_with_passphrase(content, passphrase)


def passphrase_from(path: Path) -> str:
    """The first line of a file. Raises UsageError if it is empty."""
    passphrase = from_file("--passphrase-file", path, LONGEST_PASSPHRASE).partition("\n")[0].removesuffix("\r")
    if not passphrase:
        raise UsageError(f"--passphrase-file: the first line of {path} is empty")
    return SecretText(passphrase)


def _new_passphrase(output: Output) -> str:
    """Asked twice, until both are the same."""
    asker = open_prompter(output)
    flags = "--passphrase-file or --recipient"
    while True:
        first = ask_secret(asker, "Passphrase for the file", flags)
        if not first:
            output.warning("the passphrase is empty")
        elif ask_secret(asker, "The same passphrase again", flags) == first:
            return first
        else:
            output.warning("the passphrases differ")

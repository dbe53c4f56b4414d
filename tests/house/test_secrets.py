"""The house rule about secrets: a few doors make them known as they enter, and nothing that prints has to remember."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_python

ROOT = Path(__file__).parents[2]

DOORS = {
    "cli/doctor/report.py": "all that looks like a secret in a file or its environment, for a text that strangers read",
    "cli/move/export.py": "values of the environment that go into a sealed profile",
    "cli/move/sealed.py": "the first line of a passphrase file",
    "cli/profile/create.py": "keys in plain text of the files that are copied",
    "cli/secret/input.py": "what is piped in, or read from a file that a flag names",
    "trial/clouds.py": "the refresh token of Google's credentials, for which its server gives a token",
    "cli/steps.py": "the answers of a program, by the names of their questions",
    "cli/typed_keys.py": "a key among the arguments, where none belongs",
    "crush/effective.py": "what a variable brings as the key of a provider",
    "endpoints/wire.py": "whatever goes over the wire as a credential",
    "expansion/expand.py": "the values of variables, where their names or their looks say that they are secrets",
    "flow/engine.py": "a key that is typed where the answer is shown",
    "provider/pasted_key.py": "a key without what came along when it was pasted",
    "secrets/environment_store.py": "the environment as a store",
    "secrets/index.py": "the keyring and the age file",
    "secrets/reference/running.py": "what the command of a reference prints",
    "transfer/plain_keys.py": "keys in plain text, wherever they are found",
    "transfer/profile_file.py": "the values of a profile",
    "ui/kept_keys.py": "the answer to a question for a key",
    "ui/plain_prompter.py": "the answer to a question for a secret",
    "ui/terminal_prompter.py": "the answer to a question for a secret",
}
"""Every module below wizard/ where secrets enter, and which ones."""
MAKE_KNOWN = {"SecretText", "hide_secret"}


def _doors(folder: Path) -> set[str]:
    return {
        str(file.relative_to(folder).as_posix())
        for file in folder.rglob("*.py")
        if file.name != "redaction.py" and _makes_known(ast.parse(file.read_text(encoding="utf-8")))
    }


def _makes_known(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKE_KNOWN
        for node in ast.walk(tree)
    )


WAYS_OUT = {
    "cli/version.py": "the version, which has no secret",
    "cli/run/env.py": "the values themselves, for a shell",
    "cli/profile/group.py": "its help",
    "cli/secret/group.py": "its help",
    "doctor/page.py": "a page of the documentation",
    "files/writer.py": "no stream of the run: a file",
    "secrets/reference/job.py": "the prompt of a program that the user has asked for a key, on the terminal",
    "secrets/lookup.py": "the value itself; and errors that hold none, for nothing is imported that could tell",
    "ui/output.py": "all else, redacted",
}
"""Every module below wizard/ that writes to a stream, and what."""
STREAMS = ("stdout", "stderr")


def _ways_out(folder: Path) -> set[str]:
    return {
        str(file.relative_to(folder).as_posix())
        for file in folder.rglob("*.py")
        if any(map(_says, ast.walk(ast.parse(file.read_text(encoding="utf-8")))))
    }


def _says(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    whole, arguments = ast.unparse(node.func), [ast.unparse(argument) for argument in node.args]
    called, _, method = whole.rpartition(".")
    if method in ("write", "writelines"):
        is_stream = called.rpartition(".")[2] in ("stream", *STREAMS)
        return is_stream or (
            called == "os" and arguments[0] in ("1", "2", "sys.stdout.fileno()", "sys.stderr.fileno()")
        )
    return whole in ("print", "click.echo", "click.secho", "traceback.print_exc", "traceback.print_exception")


def test_all_that_is_said_goes_through_one_place() -> None:
    """Which redacts it."""
    assert _ways_out(ROOT / "wizard") == set(WAYS_OUT)


def test_secrets_are_made_known_at_the_doors_only() -> None:
    assert _doors(ROOT / "wizard") == set(DOORS)


def test_nobody_else_has_a_redactor() -> None:
    """One of its own would not know what the run knows."""
    users = [file for file in (ROOT / "wizard").rglob("*.py") if "Redactor" in file.read_text(encoding="utf-8")]
    assert users == [ROOT / "wizard" / "redaction.py"]

"""Commands that print secrets: run all at once, bounded, and with the terminal for the one that asks for something.

Each is a job of its own in the background of the terminal, as in a shell: what it prints is held back, and one that
wants to read from the terminal is stopped by the system. Then it gets the terminal, one after the other. Without
anybody to ask they have no terminal at all, and nothing of ours to read.

They run in the home folder: no file of a project that happens to be the current folder plays a part.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.credential import keys_in
from wizard.errors import SecretError
from wizard.private import Private
from wizard.redaction import MASK, SecretText
from wizard.secrets.reference.job import run_jobs
from wizard.secrets.reference.line import LONGEST_STAND_IN, program
from wizard.shown import without_escapes
from wizard.words import counted, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wizard.secrets.reference.job import Ended

SECONDS = 30.0
"""The bound of each command, not counting while it has the terminal."""
RESOLVING = "WIZARD_RESOLVING"
"""Set for a command: the names that are being looked up, so that none leads back to itself."""
_LONGEST_WORDS = 400


class ReferenceFailed(SecretError):
    code = "reference-failed"
    names_secrets = True


class Printed(Private, Struct, frozen=True):
    """What came of one command: `value`, or in words why there is none. `words` is what the program itself said,
    `code` its exit code, and `stands_in` what it printed in the place of a secret. `is_told`: the person has seen
    the words."""

    command: str
    value: SecretText | None = None
    problem: str = ""
    words: str = ""
    code: int = 0
    stands_in: str = ""
    is_told: bool = False


def run_all(
    commands: Mapping[str, str],
    *,
    asks: bool,
    say: Callable[[str], None],
    seconds: float = SECONDS,
    environ: Mapping[str, str] = os.environ,
    ends: str = "\r\n",
    lines: bool = False,
) -> dict[str, Printed]:
    """Run a command for each name. `asks`: somebody at the terminal can answer it. `say` is told what is waited for.
    `ends` are the characters that are taken off the end of what is printed. `lines`: it may have several.

    Equal commands run once. Never raises for a command that fails; Cancelled where the person stops one.
    """
    named: dict[str, list[str]] = {}
    for name, command in commands.items():
        named.setdefault(command, []).append(name)
    titles = {command: f"{program(command)} ({', '.join(names)})" for command, names in named.items()}
    around = {**environ, RESOLVING: ",".join((*filter(None, (environ.get(RESOLVING),)), *commands))}
    ended = run_jobs(titles, around, asks=asks, say=say, seconds=seconds)
    printed = {command: _printed(command, ended[command], seconds, ends, lines=lines) for command in named}
    return {name: printed[command] for name, command in commands.items()}


def value_of(name: str, command: str, *, asks: bool, say: Callable[[str], None]) -> str:
    """What one command prints. Raises ReferenceFailed, also where it would lead back to itself."""
    refuse_circle((name,))
    return values_of(run_all({name: command}, asks=asks, say=say))[name]


def values_of(printed: Mapping[str, Printed]) -> dict[str, str]:
    """The values. Raises ReferenceFailed, which names all that have none, with the words of their programs."""
    failed = {name: result for name, result in printed.items() if result.value is None}
    if failed:
        lines = [_told(name, result) for name, result in failed.items()]
        several = [f"{counted(len(lines), 'command')} failed", *lines] if lines[1:] else lines
        raise ReferenceFailed("\n".join(several), hint=_hint(failed.values()))
    return {name: result.value for name, result in printed.items() if result.value is not None}


def refuse_circle(names: Iterable[str], environ: Mapping[str, str] = os.environ) -> None:
    """Raise ReferenceFailed where a command that looks one of the names up has asked for it."""
    looked_up = environ.get(RESOLVING, "").split(",")
    if found := [name for name in names if name in looked_up]:
        raise ReferenceFailed(
            f"the command for {joined(found)} asks crush-wizard for {joined(found)}",
            hint=f"give it another command: crush-wizard secret set {found[0]} --command '...'",
        )


def _told(name: str, result: Printed) -> str:
    return f"{name}: {told(result.command, result.problem, '' if result.is_told else result.words)}"


def told(command: str, problem: str, words: str) -> str:
    """What is wrong with what a command did, with the words of its program."""
    return f"`{command}` {problem}{f': {words}' if words else ''}"


def _hint(failed: Iterable[Printed]) -> str:
    """What to do about each, once."""
    from wizard.secrets.reference.known import advice

    several = tuple(failed)
    known = dict.fromkeys(advice(it.command, it.code, it.words, it.stands_in) for it in several)
    return "\n".join(filter(None, known)) or f"to see it: {several[0].command}"


def _printed(command: str, ended: Ended, seconds: float, ends: str, *, lines: bool) -> Printed:
    words = words_of(ended.complaint)
    if problem := problem_of(ended, seconds):
        return Printed(command, problem=problem, words=words, code=ended.code, is_told=ended.is_told)
    try:
        text = ended.output.decode("utf-8").rstrip(ends)
    except UnicodeDecodeError:
        return Printed(command, problem="printed something that is not text", words=words)
    if not text.strip():
        return Printed(command, problem="printed nothing", words=words, is_told=ended.is_told)
    if (ended_lines := text.count("\n")) and not lines:
        return Printed(command, problem=f"printed {ended_lines + 1} lines, and a key is one: add `| head -n 1`")
    if _stands_in(command, text):
        return Printed(command, problem=f"printed `{text}`, not a key", stands_in=text)
    return Printed(command, SecretText(text))


def _stands_in(command: str, text: str) -> bool:
    if len(text) > LONGEST_STAND_IN:
        return False
    from wizard.secrets.reference.known import stands_in

    return stands_in(command, text)


def problem_of(ended: Ended, seconds: float) -> str:
    """Why there is nothing to read, in words; empty for a command that ended well."""
    if ended.is_late:
        return f"did not end within {seconds:g} seconds"
    if ended.is_too_long:
        return "printed far more than a key"
    if ended.code == 127 and sys.platform != "win32":
        return "was not found"
    if ended.code < 0:
        return f"was ended by signal {-ended.code}"
    return f"failed with exit code {ended.code}" if ended.code else ""


def words_of(complaint: bytes) -> str:
    """The end of what a program said on stderr, on one line; a key in it is masked."""
    text = " ".join(without_escapes(complaint.decode("utf-8", "replace")).split())
    for key in keys_in(text):
        text = text.replace(key, MASK)
    return text if len(text) <= _LONGEST_WORDS else f"... {text[-_LONGEST_WORDS:]}"

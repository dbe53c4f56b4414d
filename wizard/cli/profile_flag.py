"""`--profile NAME`, which every command takes, before or after its name: read before click reads the line."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wizard.cli.commands import COMMANDS
from wizard.errors import UsageError
from wizard.machine.profiles import in_profile, profile_to_be
from wizard.namespace import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wizard.ui.output import Output

FLAG = "--profile"


@contextmanager
def profile_in_force(arguments: Sequence[str], output: Output) -> Iterator[list[str]]:
    """The arguments without the flag, to be carried out in the profile that it names, or that is in force without.

    Raises UsageError and InvalidConfig.
    """
    flag, rest = taken(arguments)
    profile = profile_to_be(flag)
    with in_profile(profile):
        output.profile = profile.name if profile else ""
        if flag is not None:
            output.reworded = lambda text: with_flag(text, output.profile or NONE)
        yield rest


def taken(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """What the flag says, and all other arguments. Behind `--`, and behind the COMMAND of `run`, are none of ours."""
    found: str | None = None
    rest: list[str] = []
    left = list(arguments)
    while left:
        word = left.pop(0)
        if word == "--" or (_is_command_of_run(word, rest)):
            return found, [*rest, word, *left]
        name, equals, value = word.partition("=")
        if name != FLAG:
            rest.append(word)
        elif equals or left:
            found = _name(value if equals else left.pop(0))
        else:
            raise _nameless()
    return found, rest


def _is_command_of_run(word: str, before: Sequence[str]) -> bool:
    own = [argument for argument in before if not argument.startswith("-")]
    return own[:1] == ["run"] and not word.startswith("-") and before[-1] != "--only"


def _name(value: str) -> str:
    if not value or value.startswith("-"):
        raise _nameless()
    return value


def _nameless() -> UsageError:
    return UsageError(f"{FLAG} needs the name of a profile", hint=f"{FLAG} NAME, or {FLAG} {NONE} for no profile")


_COMMAND = re.compile(rf"(?<!\$\()\b(crush-wizard|-m wizard) (?=({'|'.join(sorted(COMMANDS.keys() - {'profile'}))})\b)")
"""A command of ours as messages name it; not one in a placeholder."""


def with_flag(text: str, profile: str) -> str:
    """The text with the flag in each command of ours: without it, it would look at something else."""
    return _COMMAND.sub(rf"\1 {FLAG} {profile} ", text)

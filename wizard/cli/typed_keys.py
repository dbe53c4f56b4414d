"""Keys that somebody types where none belongs: an argument stays in the shell's history and in the process list.

A key of a known vendor is refused wherever it stands, before anything is done, and any other one that an error would
repeat is masked there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.credential import is_drawn_by_lot, keys_in
from wizard.errors import UsageError
from wizard.redaction import hide_secret
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_KEY_HERE = "a key on the command line stays in the shell's history and in the process list"
HOW_TO_GIVE = (
    "pipe it in with --api-key-stdin, or name a file with --api-key-file, or store it first: "
    "crush-wizard secret set NAME --stdin, or just run the command and paste the key when asked"
)
_DIALOGUE = ("--steps", "--state")
_PARTS = regexp(r"[^\s=:,;\"'`{}\[\]()@/?&$<>]+")


def refuse_typed_keys(arguments: Iterable[str]) -> None:
    """Raise UsageError for a key of a known vendor, which from then on is masked whatever is said.

    A dialogue (--steps, --state) knows better: there any secret has a way of its own.
    """
    given = tuple(arguments)
    keys = [key for argument in given for key in keys_in(argument)]
    for key in keys:
        hide_secret(key)
    if keys and not any(argument.startswith(_DIALOGUE) for argument in given):
        raise UsageError(NO_KEY_HERE, hint=HOW_TO_GIVE)


def hide_typed_keys(arguments: Iterable[str]) -> None:
    """Mask what looks like a key of anybody: for when an error is told, which may repeat an argument."""
    for argument in arguments:
        for part in filter(is_drawn_by_lot, _PARTS.findall(argument.lstrip("-"))):
            hide_secret(part)

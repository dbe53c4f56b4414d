"""What the words of a crushrc come to in an environment, as the shell that Crush brings along has it.

A variable that stands outside of quotes is taken apart at white space, and is no argument at all where it is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.expansion.expand import expand
from wizard.private import Private
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from wizard.documents.crushrc.syntax import Piece, Word

_OWN_VALUES = {
    "TERM": "xterm-256color",
    **dict.fromkeys(("GIT_EDITOR", "EDITOR", "VISUAL", "JJ_EDITOR"), "false"),
    **dict.fromkeys(("JJ_PAGER", "GIT_PAGER", "PAGER"), "cat"),
}
"""What Crush sets for every script."""
_OF_THE_SHELL = frozenset(
    "CRUSH_VERSION LINENO RANDOM SRANDOM PPID UID EUID GID DIRSTACK OLDPWD OPTIND OPTARG REPLY IFS PS4".split()
)
"""What the shell fills itself, or Crush with its version."""
_WHITE = " \t\n"
_MEANING = frozenset("*?[")
_SETS = regexp(r"\$\{\w+:?=")
_NEEDS = regexp(
    r"\$(?:(?P<short>[A-Za-z_]\w*)|\{#?(?P<name>[A-Za-z_]\w*)(?!\w|:?[-+=?]))",
)


class Outside(Private, Struct, frozen=True):
    """What a script finds around it: the variables, its own folder, and which files are there."""

    environ: Mapping[str, str]
    folder: Path
    exists: Callable[[Path], bool]


class Unset(Exception):
    """The shell stops: a variable is unset or empty, and the script asks for it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Variables(Private):
    """The variables of a script while it is followed. Those in `untold` only running it would tell."""

    def __init__(self, outside: Outside | None) -> None:
        self.values = {**outside.environ, **_OWN_VALUES, "PWD": str(outside.folder)} if outside else {}
        self.untold = set(_OF_THE_SHELL)
        self.all_untold = outside is None
        self.strict = False
        """Whether an unset variable stops the script: `set -u`."""

    def set(self, name: str, value: str | None) -> None:
        """None: only running the script would tell."""
        if value is None:
            self.untold.add(name)
        elif name not in _OF_THE_SHELL:
            self.untold.discard(name)
            self.values[name] = value

    def lose(self, names: frozenset[str], *, unseen: bool) -> None:
        """Something may have set these variables; `unseen`: or any."""
        self.untold |= names
        self.all_untold |= unseen

    def drop(self, name: str) -> None:
        """`unset NAME`"""
        self.untold.discard(name)
        self.values.pop(name, None)

    def is_set(self, name: str) -> bool | None:
        return None if self.get(name) is None else name in self.values

    def get(self, name: str) -> str | None:
        """The value, empty for an unset variable; None where it is not told."""
        return None if self.all_untold or name in self.untold else self.values.get(name, "")


class _Value(Struct, frozen=True):
    text: str
    unset: tuple[str, ...] = ()


def arguments(words: Sequence[Word], variables: Variables) -> tuple[Word, ...]:
    """The words of a command as it gets them. Those that can't be told stay as they are. Raises Unset."""
    return tuple(argument for word in words for argument in _arguments(word, variables))


def text_of(word: Word, variables: Variables) -> str | None:
    """What a word comes to where it is not taken apart: behind `=`, or in `[[ ]]`. Raises Unset."""
    if not word.computed:
        return word.value
    values = _values(word, variables)
    return None if values is None else "".join(value.text for value in values)


def pattern_of(word: Word, variables: Variables) -> str | None:
    """The same where no part of it means more than itself in a pattern."""
    values = _values(word, variables) if word.computed else None
    if values is None or word.pieces is None:
        return None if word.computed or _has_meaning(word.value) else word.value
    loose = (value.text for piece, value in zip(word.pieces, values, strict=True) if not piece.quoted)
    return None if any(map(_has_meaning, loose)) else "".join(value.text for value in values)


def _has_meaning(text: str) -> bool:
    return not _MEANING.isdisjoint(text) or "\\" in text or "(" in text


def _arguments(word: Word, variables: Variables) -> Sequence[Word]:
    values = _values(word, variables) if word.computed else None
    if values is None or word.pieces is None:
        return (word,)
    found = list(_split(word.pieces, [value.text for value in values]))
    if any(_is_pattern(piece, value) for piece, value in zip(word.pieces, values, strict=True)):
        return (word,)
    unset = tuple(name for value in values for name in value.unset)
    told = replace(word, computed=False, several=False, spelled=word.value, unset=unset)
    return [replace(told, value=text) for text in found]


def _is_pattern(piece: Piece, value: _Value) -> bool:
    """Whether names of files may take the place of a word."""
    return not piece.quoted and not _MEANING.isdisjoint(value.text)


def _values(word: Word, variables: Variables) -> list[_Value] | None:
    """The value of each piece; None if one of them can't be told."""
    if word.pieces is None:
        return None
    values = [_value(piece, variables) if piece.variable else _Value(piece.text) for piece in word.pieces]
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


def _value(piece: Piece, variables: Variables) -> _Value | None:
    if variables.all_untold or "$((" in piece.text or (_SETS.search(piece.text) and not piece.sets):
        return None
    found = expand(piece.text, variables.values)
    if not variables.untold.isdisjoint(found.variables):
        return None
    if found.kind == "error":
        raise Unset(found.unset[0] if found.unset else found.variables[0])
    if variables.strict and (missing := _missing(piece, variables)):
        raise Unset(missing)
    if piece.sets and found.text is not None:
        variables.set(piece.sets, found.text)
    return None if found.text is None else _Value(found.text, found.unset)


def _missing(piece: Piece, variables: Variables) -> str:
    """The unset variable that a piece needs."""
    names = (match["short"] or match["name"] for match in _NEEDS.finditer(piece.text))
    return next((name for name in names if name not in variables.values), "")


def _split(pieces: Sequence[Piece], values: Sequence[str]) -> Iterator[str]:
    """The arguments that the pieces of a word make. A quoted one is there even where it is empty."""
    current: str | None = None
    count = 0
    for piece, value in zip(pieces, values, strict=True):
        if piece.quoted or not piece.variable:
            if value or piece.variable:
                current = (current or "") + value
            continue
        for begins, part in _parts(value):
            if begins and current is not None:
                yield current
                current, count = None, count + 1
            if part:
                current = (current or "") + part
    if current is not None:
        yield current
    elif not count and any(piece.quoted for piece in pieces):
        yield ""


def _parts(value: str) -> Iterator[tuple[bool, str]]:
    """The words of a value; with each, whether an argument ends before it. What follows the last space is empty."""
    text = ""
    ended = False
    for char in value:
        if char not in _WHITE:
            text += char
        else:
            yield ended, text
            text, ended = "", True
    yield ended, text

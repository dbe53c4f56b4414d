"""What the words of a crushrc come to in an environment, as the shell that Crush brings along has it.

A variable that stands outside of quotes is taken apart at white space, and is no argument at all where it is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.expansion.expand import expand
from wizard.private import Private
from wizard.provider.template import escape_literal
from wizard.redaction import no_plain_name
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
_WITH_MEANING = regexp(r"[*?\[\]\\]")
_QUOTES = frozenset("'\\")
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
        self.outside = outside
        self.values = {**outside.environ, **_OWN_VALUES, "PWD": str(outside.folder)} if outside else {}
        self.untold = {*_OF_THE_SHELL, *({"HOME"} - self.values.keys())}
        self.own: dict[str, Value] = {}
        """Those that the script has set."""
        self.fixed: set[str] = set()
        self.all_untold = outside is None
        self.strict = False
        """Whether an unset variable stops the script: `set -u`."""

    def set(self, name: str, value: Value | None, *, for_good: bool = False) -> None:
        """None: only running the script would tell. `for_good`: `readonly`."""
        if value is None or name in self.fixed or name in _OF_THE_SHELL:
            self.untold.add(name)
            return
        self.untold.discard(name)
        self.own[name], self.values[name] = value, value.text
        if for_good:
            self.fixed.add(name)

    def lose(self, names: frozenset[str], *, unseen: bool) -> None:
        """Something may have set these variables; `unseen`: or any."""
        self.untold |= names
        self.all_untold |= unseen

    def drop(self, name: str) -> None:
        """`unset NAME`"""
        self.untold.discard(name)
        self.values.pop(name, None)
        self.own.pop(name, None)

    def is_set(self, name: str) -> bool | None:
        return None if self.get(name) is None else name in self.values

    def get(self, name: str) -> str | None:
        """The value, empty for an unset variable; None where it is not told."""
        return None if self.all_untold or name in self.untold else self.values.get(name, "")


class Value(Private, Struct, frozen=True):
    """What a word, or a piece of one, comes to. `is_outer`: variables from outside of the script play a part in it.

    `template` then has their names in it; empty where there is none that comes to the same.
    """

    text: str
    template: str
    is_outer: bool = False
    unset: tuple[str, ...] = ()


def arguments(words: Sequence[Word], variables: Variables) -> tuple[Word, ...]:
    """The words of a command as it gets them. Those that can't be told stay as they are. Raises Unset."""
    return tuple(argument for word in words for argument in _arguments(word, variables))


def value_of(word: Word, variables: Variables) -> Value | None:
    """What a word comes to where it is not taken apart: behind `=`, or in `[[ ]]`. Raises Unset."""
    if not word.computed:
        return literal(word.value)
    values = _values(word, variables)
    return None if values is None else _joined(values)


def pattern_of(word: Word, variables: Variables) -> str | None:
    """The same as a pattern, in which a backslash stands before what is quoted."""
    if not word.computed:
        return _escaped(word.value)
    values = _values(word, variables)
    if values is None or word.pieces is None:
        return None
    texts = zip(word.pieces, values, strict=True)
    return "".join(_escaped(value.text) if piece.quoted else value.text for piece, value in texts)


def _escaped(text: str) -> str:
    return _WITH_MEANING.sub(r"\\\g<0>", text)


def _arguments(word: Word, variables: Variables) -> Sequence[Word]:
    values = _values(word, variables) if word.computed else None
    if values is None or word.pieces is None or _may_be_files(word.pieces, values, variables.outside):
        return (word,)
    whole = _joined(values)
    if whole.is_outer:
        no_plain_name(whole.text)
    told = replace(
        word,
        computed=False,
        several=False,
        spelled=word.value,
        unset=whole.unset,
        is_outer=whole.is_outer,
        template=whole.template,
    )
    return [replace(told, value=text) for text in _split(word.pieces, [value.text for value in values])]


def _joined(values: Sequence[Value]) -> Value:
    is_outer = any(value.is_outer for value in values)
    complete = all(value.template or not value.text for value in values)
    return Value(
        "".join(value.text for value in values),
        "".join(value.template for value in values) if complete else "",
        is_outer,
        tuple(name for value in values for name in value.unset),
    )


def _may_be_files(pieces: Sequence[Piece], values: Sequence[Value], outside: Outside | None) -> bool:
    """Whether names of files may take the place of a word: in a folder that is there."""
    loose = [
        not piece.quoted and not _MEANING.isdisjoint(value.text) for piece, value in zip(pieces, values, strict=True)
    ]
    if True not in loose:
        return False
    whole = "".join(value.text for value in values)
    first = min(whole.index(char) for char in _MEANING if char in whole)
    folder, slash, _ = whole[:first].rpartition("/")
    return not slash or outside is None or outside.exists(outside.folder / (folder or "/"))


def _values(word: Word, variables: Variables) -> list[Value] | None:
    """The value of each piece; None if one of them can't be told."""
    if word.pieces is None:
        return None
    values = [_value(piece, variables) if piece.variable else literal(piece.text) for piece in word.pieces]
    known = [value for value in values if value is not None]
    return known if len(known) == len(values) else None


def _value(piece: Piece, variables: Variables) -> Value | None:
    if variables.all_untold or "$((" in piece.text or (_SETS.search(piece.text) and not piece.sets):
        return None
    found = expand(piece.text, variables.values)
    if not variables.untold.isdisjoint(found.variables):
        return None
    if found.kind == "error" and "$(" in piece.text:
        return None  # a command that fails inside of a word fails nothing here
    if found.kind == "error":
        raise Unset(found.unset[0] if found.unset else found.variables[0])
    if variables.strict and not _QUOTES.isdisjoint(piece.text):
        return None
    if variables.strict and (missing := _missing(piece, variables)):
        raise Unset(missing)
    if found.text is None:
        return None
    value = _with_template(piece, found.text, found.variables, found.unset, variables)
    if piece.sets:
        variables.set(piece.sets, value)
    return value


def _with_template(
    piece: Piece, text: str, names: Sequence[str], unset: tuple[str, ...], variables: Variables
) -> Value:
    """A value that hangs on outer variables only has its own spelling for a template."""
    own = [variables.own[name] for name in names if name in variables.own]
    if len(own) == len(names) and not any(value.is_outer for value in own):
        return literal(text)
    if not own:
        return Value(text, piece.text, is_outer=True, unset=unset)
    template = own[0].template if len(names) == 1 and own[0].text == text else ""
    return Value(text, template, is_outer=True, unset=unset)


def literal(text: str) -> Value:
    return Value(text, escape_literal(text))


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

"""How Crush takes a value apart before it expands it: like the body of a here-document (crush-behaviour 4.2).

`parse` gives a word: its pieces in order. Quotes are ordinary characters, except inside `${...}`, where they are
taken off. What this reader does not cover raises NotCovered, so that nothing is guessed.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from msgspec import Struct

from wizard.private import Private
from wizard.regexp import regexp

DEPTH = 40
"""How deep `${...}` and `$(...)` may stand in each other."""


class NotCovered(ValueError):
    """Crush may well expand this; we can't be sure to what. The message names what it is."""


class Broken(ValueError):
    """Crush refuses the value as well; the message says why and repeats nothing of it."""


class Literal(Private, Struct, frozen=True):
    text: str


class Home(Struct, frozen=True):
    """The tilde at the start of a word inside `${...}`."""


class CommandSubstitution(Private, Struct, frozen=True):
    """What stands in `$(...)` or between back-quotes, the escapes of the latter taken off."""

    text: str


class Arithmetic(Private, Struct, frozen=True):
    """What stands in `$((...))`."""

    text: str


class Slice(Struct, frozen=True):
    """`${X:start:length}`, counted in bytes of UTF-8; negative numbers count from the end."""

    start: int
    length: int | None


class Parameter(Struct, frozen=True):
    """`$X`, or `${X}` with what is done to it.

    `operator` is as it is spelled (`:-`, `##`, `//` ...), or `length` for `${#X}` and `indirect` for `${!X}`;
    `word` is what follows it, None where nothing can; `replacement` the second half of `${X/a/b}`.
    """

    name: str
    operator: str = ""
    word: Word | None = None
    replacement: Word = ()
    slice: Slice | None = None


Piece: TypeAlias = Literal | Home | CommandSubstitution | Arithmetic | Parameter
Word: TypeAlias = tuple[Piece, ...]

_SHORT = regexp(r"[A-Za-z_][A-Za-z0-9_]*|[@*#$?!0-9-]")
_BRACED = regexp(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#$?!-]")
_LENGTH = regexp(r"#([A-Za-z_][A-Za-z0-9_]*)")
_INDIRECT = regexp(r"!([A-Za-z_][A-Za-z0-9_]*)")
_OPERATOR = regexp(r":[-+?=]|[-+?=]|##?|%%?|\^\^?|,,?|//?")
_SLICE = regexp(r":[ ]*(?P<start>-?[0-9]{1,9})?[ ]*(?::[ ]*(?P<length>-?[0-9]{1,9})[ ]*)?\}")
_LEADING_ZERO = regexp(r":[ ]*-?0[0-9]")
_NAMES_ONLY = regexp(r"@[uULKk](?=\})")
_ARITHMETIC = regexp(r"[\w\s+*/%<>=!&|^~?:,${}-]*", re.ASCII)

_OUTSIDE = regexp(r"[^\\$`]+")
_INSIDE = regexp(r"[^\\$`'\"}/]+")
_QUOTED = regexp(r"[^\\$`\"]+")
_BACK_QUOTED = regexp(r"(?:[^\\`]|\\.)*", re.DOTALL)
_BACK_QUOTE_ESCAPE = regexp(r"\\([\\$`])")

_COMMAND_TEXT = regexp(
    r"""
    [^\\'"`$()#<c]+             # nothing special
  | \\.                         # an escaped character
  | '[^']*'
  | (?<![\s;&|(])[#c]           # no comment and no `case` in the middle of a word
  | c(?!ase\b)
  | <(?!<)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = regexp(r"#[^\n]*")


def parse(text: str) -> Word:
    """The pieces of a value. Raises Broken or NotCovered."""
    return _Reader(text).document()


class _Reader:
    """A position in a text, and what reads on from there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def document(self) -> Word:
        pieces: list[Piece] = []
        while self.at < len(self.text):
            pieces.append(self.piece(_OUTSIDE, escapable="$`\\"))
        return tuple(pieces)

    def piece(self, plain: re.Pattern[str], escapable: str) -> Piece:
        """The next piece; `plain` is a run of ordinary characters where it stands."""
        if found := plain.match(self.text, self.at):
            self.at = found.end()
            return Literal(found[0])
        match self.text[self.at]:
            case "\\":
                return self.escape(escapable)
            case "`":
                return self.back_quoted()
            case "$":
                return self.dollar()
        return self.taken(1)

    def taken(self, length: int) -> Literal:
        start, self.at = self.at, self.at + length
        return Literal(self.text[start : self.at])

    def escape(self, escapable: str) -> Literal:
        """A backslash before anything that is not `escapable` stays, and so does what follows it."""
        following = self.text[self.at + 1 : self.at + 2]
        if following == "\n":
            self.at += 2
            return Literal("")
        if following and following in escapable:
            self.at += 1
            return self.taken(1)
        return self.taken(1)

    def back_quoted(self) -> CommandSubstitution:
        found = _BACK_QUOTED.match(self.text, self.at + 1)
        if not found or self.text[found.end() : found.end() + 1] != "`":
            raise Broken("a back-quote is not closed")
        self.at = found.end() + 1
        return CommandSubstitution(_BACK_QUOTE_ESCAPE.sub(r"\1", found[0]).strip())

    def dollar(self) -> Piece:
        if self.text.startswith("$((", self.at):
            return self.arithmetic()
        if self.text.startswith("$(", self.at):
            return self.command()
        if self.text.startswith("${", self.at):
            return self.braced()
        if self.text.startswith("$[", self.at):
            raise NotCovered("an old spelling of arithmetic")
        found = _SHORT.match(self.text, self.at + 1)
        end = found.end() if found else self.at + 1
        if self.text.startswith("\\\n", end):
            raise NotCovered("a name that continues on the next line")
        self.at = end
        return Parameter(found[0]) if found else Literal("$")

    def descend(self) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise NotCovered("too deep")

    # $(...)

    def command(self) -> CommandSubstitution:
        start = self.at + 2
        self.at = start
        self.descend()
        self.skip_command("$(...) is not closed")
        self.depth -= 1
        return CommandSubstitution(self.text[start : self.at - 1].strip())

    def skip_command(self, unclosed: str) -> None:
        """Go behind the parenthesis that closes the command; the command itself is never read as such."""
        open_ones = 1
        while open_ones:
            if found := _COMMAND_TEXT.match(self.text, self.at):
                self.at = found.end()
                continue
            if self.at >= len(self.text):
                raise Broken(unclosed)
            match self.text[self.at]:
                case "(":
                    open_ones += 1
                    self.at += 1
                case ")":
                    open_ones -= 1
                    self.at += 1
                case _:
                    self.skip_special(unclosed)

    def skip_special(self, unclosed: str) -> None:
        match self.text[self.at]:
            case "`":
                self.back_quoted()
            case '"':
                self.double_quoted()
            case "$" if self.text.startswith("${", self.at):
                self.braced()
            case "$" if self.text.startswith("$'", self.at):
                raise NotCovered("a quote with escapes in a command")
            case "$":
                self.at += 1
            case "#":
                self.at = self.end_of(_COMMENT)
            case "c" | "<":  # their parentheses and quotes follow other rules
                raise NotCovered("`case` or a here-document in a command")
            case _:
                raise Broken(unclosed)

    def end_of(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        return found.end() if found else self.at

    # $((...))

    def arithmetic(self) -> Arithmetic:
        start = self.at + 3
        self.at, open_ones = start, 0
        while True:
            self.at = self.end_of(_ARITHMETIC)
            match self.text[self.at : self.at + 1]:
                case "":
                    raise Broken("$((...)) is not closed")
                case "(":
                    open_ones += 1
                case ")" if open_ones:
                    open_ones -= 1
                case ")" if self.text.startswith("))", self.at):
                    self.at += 2
                    return self.written_arithmetic(start)
                case ")":
                    raise Broken("$((...)) is not closed")
                case _:
                    raise NotCovered("arithmetic on more than numbers and variables")
            self.at += 1

    def written_arithmetic(self, start: int) -> Arithmetic:
        text = self.text[start : self.at - 2].strip()
        if not text:
            raise Broken("$((...)) is empty")
        return Arithmetic(text)

    # ${...}

    def braced(self) -> Parameter:
        self.at += 2
        self.descend()
        parameter = self.counted() or self.indirect() or self.operated()
        self.depth -= 1
        return parameter

    def counted(self) -> Parameter | None:
        found = _LENGTH.match(self.text, self.at)
        return self.whole(found, "length") if found else None

    def indirect(self) -> Parameter | None:
        found = _INDIRECT.match(self.text, self.at)
        if found and self.text[found.end() : found.end() + 1] not in ("}", ""):
            raise NotCovered("an indirect name with an operator")
        return self.whole(found, "indirect") if found else None

    def whole(self, found: re.Match[str], operator: str) -> Parameter:
        self.at = found.end()
        if self.text.startswith("[", self.at):
            raise NotCovered("an array")
        self.close()
        return Parameter(found[1], operator)

    def operated(self) -> Parameter:
        found = _BRACED.match(self.text, self.at)
        if not found:
            raise self.nameless()
        name, self.at = found[0], found.end()
        if name in ("#", "!") and not self.text.startswith("}", self.at):
            raise NotCovered("an operator on a special parameter")
        return self.operation(name)

    def nameless(self) -> ValueError:
        if self.text[self.at : self.at + 1] in (" ", "\t", "\n", "|"):
            return NotCovered("a command in braces")
        return Broken("${...} is not closed" if self.at >= len(self.text) else "${...} without a variable")

    def operation(self, name: str) -> Parameter:
        if self.text.startswith("}", self.at):
            self.at += 1
            return Parameter(name)
        if operator := _OPERATOR.match(self.text, self.at):
            self.at = operator.end()
            return self.with_word(name, operator[0])
        if self.text.startswith(":", self.at):
            return Parameter(name, ":", slice=self.slice())
        if named := _NAMES_ONLY.match(self.text, self.at):
            self.at = named.end() + 1
            return Parameter(name, named[0])
        if self.text[self.at : self.at + 1] in ("[", "@"):
            raise NotCovered("an array, or a rare operator")
        raise Broken("${...} is not closed" if self.at >= len(self.text) else "${...} has an unknown operator")

    def slice(self) -> Slice:
        if self.text[self.at + 1 : self.at + 2] in ("", "}", "%"):
            raise Broken("`:` in ${...} has nothing after it")
        found = _SLICE.match(self.text, self.at)
        if not found or _LEADING_ZERO.search(found[0]):
            raise NotCovered("a slice by more than two plain numbers")
        self.at = found.end()
        return Slice(int(found["start"] or 0), int(found["length"]) if found["length"] else None)

    def with_word(self, name: str, operator: str) -> Parameter:
        if operator not in ("/", "//"):
            return Parameter(name, operator, self.closed_word())
        if self.text[self.at : self.at + 1] in ("'", '"'):
            raise NotCovered("a quoted pattern")
        pattern = self.word(until="/}")
        if not self.text.startswith("/", self.at):
            self.close()
            return Parameter(name, operator, pattern)
        self.at += 1
        return Parameter(name, operator, pattern, self.closed_word())

    def closed_word(self) -> Word:
        word = self.word(until="}")
        self.close()
        return word

    def close(self) -> None:
        if not self.text.startswith("}", self.at):
            raise Broken("${...} is not closed" if self.at >= len(self.text) else "${...} has two operators")
        self.at += 1

    def word(self, until: str) -> Word:
        """The pieces up to one of the characters `until`, which stays."""
        pieces: list[Piece] = list(self.tilde())
        while self.at < len(self.text) and self.text[self.at] not in until:
            match self.text[self.at]:
                case "'":
                    pieces.append(self.single_quoted())
                case '"':
                    pieces += self.double_quoted()
                case "\\":
                    pieces.append(self.kept_escape())
                case "$" if self.text[self.at + 1 : self.at + 2] in ("'", '"'):
                    raise NotCovered("a quote with escapes")
                case _:
                    pieces.append(self.piece(_INSIDE, escapable=""))
        return tuple(pieces)

    def tilde(self) -> Word:
        if not self.text.startswith("~", self.at):
            return ()
        if self.text[self.at + 1 : self.at + 2] not in ("/", "}"):
            raise NotCovered("the home folder of another user")
        self.at += 1
        return (Home(),)

    def kept_escape(self) -> Literal:
        """In a word of `${...}` a backslash protects what follows, and both stay."""
        if self.text.startswith("\\\n", self.at):
            self.at += 2
            return Literal("")
        return self.taken(2)

    def single_quoted(self) -> Literal:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise Broken("a quote in ${...} is not closed")
        start, self.at = self.at + 1, end + 1
        return Literal(self.text[start:end])

    def double_quoted(self) -> Word:
        self.at += 1
        pieces: list[Piece] = []
        while self.at < len(self.text) and self.text[self.at] != '"':
            pieces.append(self.piece(_QUOTED, escapable='$`\\"'))
        if self.at >= len(self.text):
            raise Broken("a double quote is not closed")
        self.at += 1
        return tuple(pieces)

"""What stands where in a crushrc, told by the parser that Crush itself is built on. Nothing is ever run.

The parser is `shfmt`, which the package shfmt-py brings. It counts bytes; everything here counts characters.
"""

from __future__ import annotations

import json
import os
import re
import sys
import sysconfig
import threading
from bisect import bisect_left
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct, field

from wizard.documents.json.faults import refuse
from wizard.errors import Refused
from wizard.regexp import regexp

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence

SECONDS = 10.0
LARGEST_SCRIPT = 1_000_000
LARGEST_TREE = 256 * 1024 * 1024
"""Bytes of the parser's answer: about a hundred for each one of a script, and more for one that only nests."""

_INTEGER = regexp(r"[+-]?\d+")
_FAULT = regexp(r"^(?:[^\n]*?:)?(?P<line>\d+):(?P<column>\d+): (?P<message>[^\n]*)", re.MULTILINE)
Node: TypeAlias = "Mapping[str, Any]"


class Piece(Struct, frozen=True):
    """A part of a word: a text, or a variable as it is spelled (`${X:-d}`). `quoted`: it stays in one argument.

    `sets` is the variable that it may set (`${X:=d}`); its text is then that of `${X:-d}`.
    """

    text: str
    quoted: bool
    variable: bool = False
    sets: str = ""


class Word(Struct, frozen=True):
    """One word of a command.

    `value` is what the shell makes of it; of a `computed` one, which its own text does not tell, it is how the
    script spells it. `several`: it may come to more than one argument, or to none. `pieces` are those of a word that
    the environment tells; None: only running the script would.
    A word that has been told has `spelled`, its spelling, and `unset`: the variables that it needs and lacks. Where
    it `is_outer`, variables that the script has not set play a part in it; `template` is its value with their names
    in it, as Crush expands one, and empty where there is none.
    """

    start: int
    end: int
    value: str
    computed: bool = False
    several: bool = False
    pieces: tuple[Piece, ...] | None = ()
    spelled: str = ""
    unset: tuple[str, ...] = ()
    is_outer: bool = False
    template: str = ""


class Call(Struct, frozen=True):
    """A command wherever it stands. `within` says around what, in words: "inside `if`"; empty at the top level."""

    start: int
    words: tuple[Word, ...]
    within: str = ""


class Statement(Struct, frozen=True):
    """A statement at the top level. `words` are those of a plain command, whose end is `end`; else there are none.

    `calls` are the commands in it. `separator_end` is where what ends the statement (`;`) ends.
    """

    start: int
    end: int
    separator_end: int
    words: tuple[Word, ...]
    calls: tuple[Call, ...]

    @property
    def ends_script(self) -> bool:
        """Whether nothing behind it is reached. A `return` outside of functions only fails, and so does `exit no`."""
        match [word.value for word in self.words]:
            case ["exit"] | ["exec", _, *_]:
                return not self.words[0].computed
            case ["exit", code]:
                return not self.words[0].computed and (self.words[1].computed or bool(_INTEGER.fullmatch(code)))
        return False


class Script(Struct, frozen=True, eq=False):
    """A crushrc that the parser took: `tree` is what it made of it. Two are the same if they are one object.

    `assignments` are the variables that are set to plain values, with these.
    """

    text: str
    statements: tuple[Statement, ...]
    assignments: tuple[tuple[str, str], ...]
    functions: frozenset[str]
    tree: Node = field(default_factory=dict)


EMPTY = Script("", (), (), frozenset())


def find_parser() -> Path | None:
    """Where shfmt-py has put the parser for this Python; None without it. Whatever else is on PATH does not count."""
    name = "shfmt.exe" if sys.platform == "win32" else "shfmt"
    # Path.is_file raises where the folder itself may not be looked into; there is no parser for this user then.
    return next((path for folder in _scripts() if os.access(path := Path(folder) / name, os.X_OK)), None)


def _scripts() -> Iterator[str]:
    """The folders in which an installation puts programs; each costs some time to find out."""
    yield _scripts_of("prefix")
    yield str(Path(sys.executable).parent)
    yield _scripts_of("user")


@cache
def _scripts_of(kind: Literal["prefix", "user"]) -> str:
    return sysconfig.get_path("scripts", sysconfig.get_preferred_scheme(kind))


def read_script(raw: bytes, path: Path | str) -> str:
    """Decode a crushrc as strict UTF-8, each character and line end as it is.

    Raises InvalidConfig for what is no UTF-8 text, and for a byte order mark, which would hide the first command
    from Crush (crush-behaviour 5.2).
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        refuse(before, len(before), path, f"byte 0x{raw[error.start]:02X} is not valid UTF-8", "save the file as UTF-8")
    check_text(text, path)
    return text


def check_text(text: str, path: Path | str) -> None:
    """Raises InvalidConfig for characters that the shell would drop or stumble over."""
    if text.startswith("\ufeff"):
        hint = "it hides the first command from Crush: save the file as UTF-8 without BOM"
        refuse(text, 0, path, "the file begins with a byte order mark", hint)
    if "\0" in text:
        refuse(text, text.index("\0"), path, "it contains a zero byte", "remove it: a shell script can't have one")


@lru_cache(maxsize=16)  # one command looks at the same text up to seven times, and each answer takes a process
def parse(text: str, path: Path | str, parser: Path) -> Script:
    """Raises InvalidConfig, with the place, for what is no shell script; OSError when the parser can't be started."""
    if len(text) > LARGEST_SCRIPT:
        raise Refused("the file is too long to be a crushrc", path=path)
    code, answer = _ask(parser, text.encode("utf-8"), path)
    if code != 0:
        _refuse_fault(text, answer.decode("utf-8", "replace"), path)
    try:
        return Reader(text).script(json.loads(answer))
    except RecursionError:
        raise Refused("the commands are nested too deeply", path=path) from None


def _refuse_fault(text: str, answer: str, path: Path | str) -> None:
    fault = _FAULT.search(answer)
    if fault is None:
        raise Refused("the parser for crushrc files failed", hint=answer.strip()[:200], path=path)
    line = text.split("\n")[int(fault["line"]) - 1 :][:1]
    before = "".join(line).encode("utf-8")[: int(fault["column"]) - 1].decode("utf-8", "ignore")
    start = sum(len(line) + 1 for line in text.split("\n")[: int(fault["line"]) - 1])
    hint = "Crush refuses this file as well: it must be a script that bash can read"
    refuse(text, start + len(before), path, fault["message"], hint)


def _ask(parser: Path, script: bytes, path: Path | str) -> tuple[int, bytes]:
    """The parser's exit code and answer, a bounded one and in bounded time."""
    import subprocess

    process = subprocess.Popen(
        [parser, "--language-dialect", "bash", "--to-json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=Path(parser).anchor,  # it would look for an .editorconfig around it
    )
    answer = bytearray()
    talk = threading.Thread(target=_talk, args=(process, script, answer), daemon=True)
    talk.start()
    talk.join(SECONDS)
    late = talk.is_alive()
    if late or len(answer) > LARGEST_TREE:
        process.kill()
    process.wait()
    if late or len(answer) > LARGEST_TREE:
        raise Refused("the parser for crushrc files took too long", path=path)
    return process.returncode, bytes(answer)


def _talk(process: subprocess.Popen[bytes], script: bytes, answer: bytearray) -> None:
    assert process.stdin is not None  # noqa: S101 - asked for in Popen
    assert process.stdout is not None  # noqa: S101 - asked for in Popen
    with process.stdout as output:
        try:
            with process.stdin as source:
                source.write(script)
        except BrokenPipeError:
            pass  # it has said already what is wrong with the first part
        while len(answer) <= LARGEST_TREE and (chunk := output.read(64 * 1024)):
            answer += chunk


# From the parser's tree to statements

_WITHIN = {
    "IfClause": "inside `if`",
    "WhileClause": "inside a loop",
    "ForClause": "inside a loop",
    "CaseClause": "inside `case`",
    "FuncDecl": "inside a function",
    "BinaryCmd": "behind `&&`, `||` or `|`",
    "Subshell": "inside ( )",
    "Block": "inside { }",
    "CmdSubst": "inside $( )",
    "ProcSubst": "inside <( )",
    "TimeClause": "behind `time`",
    "CoprocClause": "behind `coproc`",
}
_ODD = ("Negated", "Background", "Coprocess", "Disown", "Redirs")


class Reader:
    """Turns one tree into statements."""

    def __init__(self, text: str) -> None:
        self._text = text

    def script(self, tree: Node) -> Script:
        statements = tuple(map(self.statement, tree.get("Stmts", ())))
        nodes = list(nodes_in(tree))
        return Script(
            self._text,
            statements,
            tuple(self._assignments(nodes)),
            frozenset(node["Name"]["Value"] for node in nodes if node.get("Type") == "FuncDecl" and node.get("Name")),
            tree,
        )

    @cached_property
    def _bytes_before(self) -> list[int]:
        return [0, *accumulate(len(char.encode("utf-8")) for char in self._text)]

    def _offset(self, position: Node) -> int:
        offset: int = position["Offset"]
        return offset if self._text.isascii() else bisect_left(self._bytes_before, offset)

    def span(self, node: Node) -> tuple[int, int]:
        start, end = self._offset(node["Pos"]), self._offset(node["End"])
        ends_line = self._text[start:end].endswith("\r")  # of a line that ends with CRLF
        return start, end - 1 if ends_line else end

    def statement(self, node: Node) -> Statement:
        command = node.get("Cmd", {})
        start, end = self.span(node)
        words: tuple[Word, ...] = ()
        if _is_plain(node):
            words = tuple(map(self.word, command["Args"]))
        within = "" if words or calls_plainly(command) else _WITHIN.get(command.get("Type", ""), "")
        return Statement(start, words[-1].end if words else end, end, words, tuple(self.calls(command, within)))

    def calls(self, node: Any, within: str) -> Iterator[Call]:
        if isinstance(node, dict):
            within = within or _WITHIN.get(node.get("Type", ""), "")
            if calls_plainly(node):
                words = tuple(map(self.word, node["Args"]))
                yield Call(words[0].start, words, within)
        for child in _children(node):
            yield from self.calls(child, within)

    def _assignments(self, nodes: list[Node]) -> Iterator[tuple[str, str]]:
        for node in nodes:
            name, value = node.get("Name"), node.get("Value")
            if isinstance(name, dict) and isinstance(value, dict) and "Parts" in value:
                word = self.word(value)
                if not word.computed:
                    yield name["Value"], word.value

    def word(self, node: Node) -> Word:
        start, end = self.span(node)
        parts = node.get("Parts", ())
        values = [_value(part) for part in parts]
        if None not in values and not (parts and _starts_with_tilde(parts[0])):
            return Word(start, end, "".join(value for value in values if value is not None))
        several = any(value is None and not _is_one(part) for part, value in zip(parts, values, strict=True))
        pieces = self._pieces(parts)
        return Word(start, end, self._text[start:end], computed=True, several=several, pieces=pieces)

    def _pieces(self, parts: Sequence[Node]) -> tuple[Piece, ...] | None:
        """What a computed word is made of; None where only running the script would tell."""
        home, rest = _home(parts)
        if rest and _starts_with_tilde(rest[0]) and rest[0]["Value"] != "~":
            return None  # the home folder of somebody
        found = [self._piece(part, quoted=False) for part in rest]
        pieces = [piece for inner in found if inner is not None for piece in inner]
        return None if None in found or any(_braces(piece) for piece in pieces) else (*home, *pieces)

    def _piece(self, part: Node, *, quoted: bool) -> tuple[Piece, ...] | None:
        if part["Type"] == "DblQuoted" and not part.get("Dollar"):
            inner = [self._piece(inside, quoted=True) for inside in part.get("Parts", ())]
            pieces = [piece for pieces in inner if pieces is not None for piece in pieces]
            return None if None in inner else tuple(pieces or [Piece("", quoted=True)])
        if part["Type"] == "ParamExp":
            return self._variable(part, quoted=quoted)
        if part["Type"] == "Lit" and not quoted:
            return tuple(_loose(part["Value"]))
        value = _double_quoted([part]) if quoted else _value(part)
        return None if value is None else (Piece(value, quoted=True),)

    def _variable(self, part: Node, *, quoted: bool) -> tuple[Piece, ...] | None:
        name = part["Param"]["Value"]
        if not _NAME.fullmatch(name):
            return None
        start, end = self.span(part)
        spelled = self._text[start:end]
        if part.get("Exp", {}).get("Op") not in ("=", ":="):
            return (Piece(spelled, quoted, variable=True),)
        return (Piece(spelled.replace("=", "-", 1), quoted, variable=True, sets=name),)


def nodes_in(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        yield node
    for child in _children(node):
        yield from nodes_in(child)


_PLACES = ("Pos", "End", "ValuePos", "ValueEnd")


def _children(node: Any) -> list[Any]:
    """What a node is made of, without plain values and places: those are most of a tree."""
    if isinstance(node, list):
        return [child for child in node if isinstance(child, dict | list)]
    return [child for name, child in node.items() if isinstance(child, dict | list) and name not in _PLACES]


def calls_plainly(command: Node) -> bool:
    return command.get("Type") == "CallExpr" and bool(command.get("Args"))


def _is_plain(node: Node) -> bool:
    command = node.get("Cmd", {})
    return calls_plainly(command) and not command.get("Assigns") and not any(node.get(odd) for odd in _ODD)


# From the parts of a word to its value

_NAME = regexp(r"[A-Za-z_]\w*", re.ASCII)
_GLOB = regexp(r"[*?\[]|\{[^}]*(?:,|\.\.)")
_UNQUOTED = regexp(r"\\(.)|([^\\]+)", re.DOTALL)
_QUOTED_ESCAPE = regexp(r"\\([$`\"\\])")
_ANSI_ESCAPE = regexp(
    r"\\(?:x(?P<x>[0-9A-Fa-f]{1,2})|u(?P<u>[0-9A-Fa-f]{1,4})|U(?P<U>[0-9A-Fa-f]{1,8})|(?P<octal>[0-7]{1,3})|(?P<char>.)|\Z)",
    re.DOTALL,
)
_ANSI = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))


def _value(part: Node) -> str | None:
    """What the shell makes of a part of a word, None where it would compute it."""
    match part:
        case {"Type": "Lit", "Value": "["}:
            return "["  # no pattern, but a command
        case {"Type": "Lit"}:
            return _unquoted(part["Value"])
        case {"Type": "SglQuoted", "Dollar": True}:
            return _ansi(part.get("Value", ""))
        case {"Type": "SglQuoted"}:
            return str(part.get("Value", ""))
        case {"Type": "DblQuoted"} if not part.get("Dollar"):
            return _double_quoted(part.get("Parts", ()))
    return None


def _unquoted(literal: str) -> str | None:
    plain = "".join(match[2] or "" for match in _UNQUOTED.finditer(literal))
    return None if _GLOB.search(plain) else "".join(match[1] or match[2] for match in _UNQUOTED.finditer(literal))


def _double_quoted(parts: Any) -> str | None:
    if any(part["Type"] != "Lit" for part in parts):
        return None
    return "".join(_QUOTED_ESCAPE.sub(r"\1", part["Value"]) for part in parts)


def _ansi(literal: str) -> str | None:
    """The value of $'...'; None for the escapes that shells disagree about."""
    pieces: list[str] = []
    end = 0
    for match in _ANSI_ESCAPE.finditer(literal):
        piece = _ansi_character(match)
        if piece is None:
            return None
        pieces += (literal[end : match.start()], piece)
        end = match.end()
    return "".join((*pieces, literal[end:]))


def _ansi_character(match: re.Match[str]) -> str | None:
    if match["char"] is not None:
        return _ANSI.get(match["char"])
    digits = match["x"] or match["u"] or match["U"]
    code = int(digits, 16) if digits else int(match["octal"] or "0", 8)
    is_byte = match["x"] or match["octal"]
    is_character = 0 < code < (0x80 if is_byte else 0x110000) and not 0xD800 <= code < 0xE000
    return chr(code) if is_character else None


def _loose(literal: str) -> Iterator[Piece]:
    """A text without quotes: what stands behind a backslash is quoted all the same."""
    for match in _UNQUOTED.finditer(literal):
        yield Piece(match[1] or match[2], quoted=match[2] is None)


def _home(parts: Sequence[Node]) -> tuple[tuple[Piece, ...], Sequence[Node]]:
    """The home folder that a word begins with, and what is left of its parts."""
    text = str(parts[0].get("Value", "")) if parts and parts[0]["Type"] == "Lit" else ""
    if not (text.startswith("~/") or (text == "~" and len(parts) == 1)):
        return (), parts
    return (Piece("$HOME", quoted=True, variable=True),), ({**parts[0], "Value": text[1:]}, *parts[1:])


def _braces(piece: Piece) -> bool:
    """Whether `{` may begin a list that the shell takes apart."""
    return not (piece.quoted or piece.variable) and "{" in piece.text


def _starts_with_tilde(part: Node) -> bool:
    return part["Type"] == "Lit" and str(part["Value"]).startswith("~")


def _is_one(part: Node) -> bool:
    """Whether a computed part leaves its word one word: in double quotes, and no "$@" or "${list[@]}"."""
    if part["Type"] != "DblQuoted":
        return False
    return not any(
        inner["Type"] == "ParamExp" and (inner["Param"]["Value"] == "@" or inner.get("Index") or inner.get("Names"))
        for inner in part.get("Parts", ())
    )

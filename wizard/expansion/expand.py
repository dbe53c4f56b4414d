"""What Crush makes of a value: `api_key`, `base_url`, header values, `env` (crush-behaviour 4). Nothing is ever run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from wizard.credential import LONGEST as LONGEST_KEY
from wizard.credential import SHORTEST, is_key, names_a_secret
from wizard.expansion import arithmetic as shell_arithmetic
from wizard.expansion import pattern as shell_pattern
from wizard.expansion.literals import literal_secrets
from wizard.expansion.syntax import (
    Arithmetic,
    Broken,
    CommandSubstitution,
    Home,
    NotCovered,
    Parameter,
    Piece,
    Slice,
    Word,
    parse,
)
from wizard.expansion.syntax import Literal as Plain
from wizard.private import Private
from wizard.redaction import hide_secret
from wizard.regexp import regexp

Kind = Literal["text", "command", "error", "unknown"]
Secret = Callable[[str], str | None]

LONGEST = 65_536
"""Characters of a template that are looked at."""
LONGEST_TEXT = 262_144
"""Characters of what comes out."""
STEPS = 300_000
"""How much work patterns may be: characters of the text times those of the pattern."""

_SPECIAL = frozenset("$`\\'\"")
_MEANING = frozenset("*?[\\(")
"""Without these a pattern is just text."""
_OWN = regexp(r"crush-wizard secret get (?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<forgiving> \|\| true)?")
_FAILING = regexp(r"false|exit [1-9][0-9]{0,2}")
"""Commands that fail without being run."""
_NAMED = regexp(r"[A-Za-z_][A-Za-z0-9_]*")


class Expanded(Private, Struct, frozen=True):
    """A value as Crush will have it.

    `text` is None where it could not be told: `command`, it is a command's output; `error`, Crush fails as
    `error` says; `unknown`, it is written in a way that is not covered here.
    `commands` are those that Crush runs. It runs those in the default of a variable that is set, too, and fails
    with them: a `text` beside `commands` holds if all of them succeed.
    `variables` are named in it, outside of commands; of these `unset` are needed, have no default, and are unset or
    empty. `lookups` are the names that it asks our own store for (`crush-wizard secret get NAME`).
    `crashes`: the error is the end of Crush itself, wherever the value stands.
    """

    text: str | None
    kind: Kind
    error: str = ""
    commands: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    lookups: tuple[str, ...] = ()
    crashes: bool = False


def is_told(value: Expanded) -> bool:
    """Whether it is certain what the value comes to, or that it fails."""
    return not value.commands and value.kind in ("text", "error")


class _Fails(ValueError):
    """Crush fails to expand it; the message says why and repeats no value."""


class _Crashes(ValueError):
    """Crush itself crashes."""


def expand(
    template: str,
    environ: Mapping[str, str],
    secret: Secret | None = None,
    outputs: Mapping[str, str] = MappingProxyType({}),
) -> Expanded:
    """Expand a value as Crush does since 0.67, for any string, in bounded time.

    `secret` answers for our own store: the value of a name, None where it has none; what it raises is not caught.
    Without it a lookup is a command like any other. `outputs` are what commands have printed, where somebody ran them.
    """
    if template == "$":
        return Expanded(None, "error", "a single $ without a variable")
    if _SPECIAL.isdisjoint(template):
        return Expanded(template, "text")
    run = _Run(environ, secret, outputs)
    try:
        text = run.all_of(_parsed(template))
    except (Broken, _Fails, shell_arithmetic.DivisionByZero) as error:
        return run.result(None, "error", str(error))
    except _Crashes as error:
        return replace(run.result(None, "error", str(error)), crashes=True)
    except NotCovered as error:
        return run.result(None, "unknown", f"not covered here: {error}")
    return run.result(text, "command" if text is None else "text")


def _parsed(template: str) -> Word:
    if len(template) > LONGEST:
        raise NotCovered("a very long value")
    return parse(template.replace("\0", "").replace("\r\n", "\n"))


class _Run:
    """One expansion: what it may ask, and what it came across. A text of None depends on a command's output."""

    def __init__(self, environ: Mapping[str, str], secret: Secret | None, outputs: Mapping[str, str]) -> None:
        self.environ = environ
        self.secret = secret
        self.outputs = outputs
        self.needed = True
        self.steps = 0
        self.seen: set[str] = set()
        self.commands: list[str] = []
        self.variables: list[str] = []
        self.unset: list[str] = []
        self.lookups: list[str] = []

    def result(self, text: str | None, kind: Kind, error: str = "") -> Expanded:
        commands, variables, unset, lookups = map(_once, (self.commands, self.variables, self.unset, self.lookups))
        return Expanded(text, kind, error, commands, variables, unset, lookups)

    def all_of(self, word: Word) -> str | None:
        texts = [self.one(piece) for piece in word]
        known = [text for text in texts if text is not None]
        if sum(map(len, known)) > LONGEST_TEXT:
            raise NotCovered("a very long text")
        return "".join(known) if len(known) == len(texts) else None

    def one(self, piece: Piece) -> str | None:
        match piece:
            case Plain(text):
                return text
            case Home():
                return self.home()
            case CommandSubstitution(text):
                return self.output(text)
            case Arithmetic(text):
                return str(shell_arithmetic.computed(text, self.number))
            case Parameter():
                return self.parameter(piece)

    def home(self) -> str:
        if not self.environ.get("HOME"):
            raise NotCovered("a home folder that is not in a variable")
        return self.environ["HOME"]

    def output(self, command: str) -> str | None:
        own = _OWN.fullmatch(command)
        if own:
            self.lookups.append(own["name"])
        if own and self.secret:
            return self.looked_up(own["name"], self.secret, forgiving=bool(own["forgiving"]))
        if not command:
            return ""
        if _FAILING.fullmatch(command):
            raise _Fails(f"the command `{command}` fails")
        self.commands.append(command)
        return self.outputs.get(command)

    def looked_up(self, name: str, secret: Secret, *, forgiving: bool) -> str:
        value = secret(name) or self.environ.get(name) or None  # as `secret get` itself does
        if value is None and not forgiving:
            raise _Fails(f"`crush-wizard secret get {name}` finds no secret of that name")
        return (value or "").replace("\0", "").rstrip("\n")

    def number(self, name: str) -> str:
        self.name(name)
        return self.environ.get(name, "")

    def name(self, name: str) -> None:
        if name == "LINENO":
            raise NotCovered("a variable that the shell itself fills")
        if _NAMED.fullmatch(name):
            self.variables.append(name)

    # Variables and what is done to them

    def parameter(self, parameter: Parameter) -> str | None:
        self.name(parameter.name)
        value = self.read(parameter.name)
        match parameter.operator:
            case ":-" | "-" | ":+" | "+" | ":?" | "?" | ":=" | "=":
                return self.conditional(parameter, value)
            case "@U" | "@u" | "@L" | "@K" | "@k" as operator:
                raise _Crashes(f"Crush crashes on `{operator}`")
            case "length":
                return str(len(value))
            case "indirect":
                return self.indirect(parameter.name, value)
        self.need(parameter.name, value)
        if parameter.word is None and not parameter.slice:
            return value
        part = _sliced(value, parameter.slice) if parameter.slice else self.by_pattern(parameter, value)
        if part and SHORTEST <= len(part) <= LONGEST_KEY:
            _hide(parameter.name, part)
        return part

    def read(self, name: str) -> str:
        """A variable's value, which is a secret where its name or its looks say so, whatever is made of it."""
        value = self.environ.get(name, "") if _NAMED.fullmatch(name) else ""
        if name not in self.seen:
            self.seen.add(name)
            _hide(name, value)
        return value

    def need(self, name: str, value: str) -> None:
        if self.needed and not value and _NAMED.fullmatch(name):
            self.unset.append(name)

    def conditional(self, parameter: Parameter, value: str) -> str | None:
        """`${X:-d}` and its like. Crush expands the word whether it is wanted or not."""
        operator = parameter.operator
        there = bool(value) if operator.startswith(":") else parameter.name in self.environ
        wanted = there == operator.endswith("+")
        word = self.aside(parameter.word or (), wanted=wanted)
        if not wanted:
            return "" if operator.endswith("+") else value
        return self.missing(parameter.name) if operator.endswith(("?", "=")) else word

    def aside(self, word: Word, *, wanted: bool) -> str | None:
        before, self.needed = self.needed, self.needed and wanted
        text = self.all_of(word)
        self.needed = before
        return text

    def missing(self, name: str) -> str:
        self.need(name, "")
        raise _Fails(f"{name} is unset or empty, and the value requires it with `?` or `=`")

    def indirect(self, name: str, value: str) -> str:
        if name not in self.environ:
            self.need(name, "")
            raise _Fails(f"${{!{name}}} needs {name} to be set")
        self.name(value)
        return self.read(value)

    def by_pattern(self, parameter: Parameter, value: str) -> str | None:
        pattern = self.all_of(parameter.word or ())
        if pattern is None:
            return None
        if parameter.operator in ("/", "//"):
            return self.replaced(value, pattern, parameter.replacement, everywhere=parameter.operator == "//")
        if parameter.operator[0] in "^,":
            return self.in_case(value, pattern, parameter.operator)
        tokens = self.pattern(pattern, len(value))
        without = shell_pattern.without_prefix if parameter.operator[0] == "#" else shell_pattern.without_suffix
        return without(tokens, value, longest=len(parameter.operator) == 2)

    def pattern(self, pattern: str, repetitions: int) -> tuple[shell_pattern.Token, ...]:
        self.steps += len(pattern) * (repetitions + 1)
        if self.steps > STEPS:
            raise NotCovered("a pattern that is too much work")
        return shell_pattern.compiled(pattern)

    def replaced(self, value: str, pattern: str, replacement: Word, *, everywhere: bool) -> str | None:
        if not pattern:
            return value
        new = self.all_of(replacement)
        if new is None:
            return None
        if (len(value) + 1) * (len(new) + 1) > LONGEST_TEXT:
            raise NotCovered("a very long text")
        if _MEANING.isdisjoint(pattern):
            return value.replace(pattern, new, -1 if everywhere else 1)
        tokens = self.pattern(pattern, (len(value) + 1) ** 2)
        return shell_pattern.replaced(tokens, value, new, everywhere=everywhere)

    def in_case(self, value: str, pattern: str, operator: str) -> str:
        """`^` and `,` change the first character that the pattern takes, doubled every one; no pattern takes all."""
        tokens = self.pattern(pattern or "?", len(value))
        changed = str.upper if operator[0] == "^" else str.lower
        out = list(value)
        for index, character in enumerate(out):
            if shell_pattern.ends(tokens, character)[-1:] == [1]:
                new = changed(character)
                if len(new) != 1:
                    raise NotCovered("a letter that changes its length with its case")
                out[index] = new
                if len(operator) == 1:
                    break
        return "".join(out)


def _hide(name: str, value: str) -> None:
    """What is short might be a word of anything that is said."""
    for secret in _keys_in(name, value) if len(value) >= SHORTEST else ():
        hide_secret(secret)


@lru_cache(maxsize=256)  # the keys of all built-in providers are looked at again with each look at the configuration
def _keys_in(name: str, value: str) -> tuple[str, ...]:
    named = (value,) if names_a_secret(name) else ()
    return tuple(filter(is_key, (*named, *literal_secrets({name: value}))))


def _sliced(value: str, part: Slice) -> str:
    """Crush counts bytes; a slice through a character leaves half of it, which no text can hold."""
    try:
        content = value.encode("utf-8")
        content = content[_place(part.start, len(content)) :]
        if part.length is not None:
            content = content[: _place(part.length, len(content))]
        return content.decode("utf-8")
    except UnicodeError as error:
        raise NotCovered("a slice through a character") from error


def _place(number: int, length: int) -> int:
    """Where a slice's number points to; one from before the start points behind the end."""
    if number >= 0:
        return min(number, length)
    return number + length if number + length >= 0 else length


def _once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def expanded_entry(
    entry: Mapping[str, Any], environ: Mapping[str, str], secret: Callable[[str], str | None]
) -> tuple[dict[str, Expanded], dict[str, Expanded]]:
    """The values and the headers of an entry, expanded without running anything."""
    values = {
        field: expand(text, environ, secret)
        for field in ("base_url", "api_key")
        if isinstance(text := entry.get(field), str)
    }
    headers = entry.get("extra_headers") or {}
    texts = {str(name): text for name, text in headers.items() if isinstance(text, str)}
    return values, {name: expand(text, environ, secret) for name, text in texts.items()}

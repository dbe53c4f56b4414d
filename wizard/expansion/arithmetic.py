"""`$((...))` on whole numbers of 64 bits, as Crush's shell counts."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING

from wizard.expansion.syntax import NotCovered
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 120
"""Characters; whoever computes more in a config value is on their own."""
PARENTHESES = 10
BITS = 63


class DivisionByZero(ValueError):
    """Crush fails here as well."""


_TOKEN = regexp(
    r"\s*(?:(?P<number>0|[1-9][0-9]*)(?!\w)|(?P<name>\$?[A-Za-z_]\w*|\$\{[A-Za-z_]\w*\})"
    r"|(?P<operator>\*\*|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%<>!~&|^,()]))\s*",
    re.ASCII,
)
_NUMBER = regexp(r"\s*[+-]?(?:0|[1-9][0-9]{0,18})\s*")
_NAME = regexp(r"[A-Za-z_]\w*", re.ASCII)
_HOPS = 10


def _quotient(left: int, right: int) -> int:
    """Towards zero, not down as Python does it."""
    if right == 0:
        raise DivisionByZero("division by zero")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _power(left: int, right: int) -> int:
    if not 0 <= right <= BITS:
        raise NotCovered("an exponent out of range")
    return int(left**right)


def _shift(shifted: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def bounded(left: int, right: int) -> int:
        if not 0 <= right < BITS:
            raise NotCovered("a shift out of range")
        return shifted(left, right)

    return bounded


_LEVELS: tuple[dict[str, Callable[[int, int], int]], ...] = (
    {"||": lambda left, right: int(bool(left or right))},
    {"&&": lambda left, right: int(bool(left and right))},
    {"|": operator.or_},
    {"^": operator.xor},
    {"&": operator.and_},
    {"==": operator.eq, "!=": operator.ne},
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge},
    {"<<": _shift(operator.lshift), ">>": _shift(operator.rshift)},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": _quotient, "%": lambda left, right: left - _quotient(left, right) * right},
)
"""The operators with two sides, the loosest first. Both sides are always computed."""

_UNARY: dict[str, Callable[[int], int]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "!": lambda value: int(not value),
}


def computed(text: str, value_of: Callable[[str], str]) -> int:
    """The value of an expression; `value_of` gives a variable's. Raises NotCovered or DivisionByZero."""
    if len(text) > LONGEST or text.count("(") > PARENTHESES:
        raise NotCovered("a very long sum")
    if "++" in text or "--" in text:
        raise NotCovered("an assignment, or two signs in a row")
    reader = _Reader(_tokens(text), value_of)
    value = reader.sequence()
    if reader.tokens:
        raise NotCovered("odd syntax")
    return value


def _tokens(text: str) -> list[re.Match[str]]:
    tokens, index = [], 0
    while index < len(text):
        found = _TOKEN.match(text, index)
        if not found:
            raise NotCovered("odd syntax")
        tokens.append(found)
        index = found.end()
    return tokens[::-1]


class _Reader:
    """The tokens still to come, the next one last."""

    def __init__(self, tokens: list[re.Match[str]], value_of: Callable[[str], str]) -> None:
        self.tokens = tokens
        self.value_of = value_of

    def takes(self, *wanted: str) -> str | None:
        if self.tokens and self.tokens[-1]["operator"] in wanted:
            return str(self.tokens.pop()["operator"])
        return None

    def sequence(self) -> int:
        value = self.level(0)
        while self.takes(","):
            value = self.level(0)
        return value

    def level(self, number: int) -> int:
        if number == len(_LEVELS):
            return self.power()
        operators = _LEVELS[number]
        left = self.level(number + 1)
        while found := self.takes(*operators):
            left = _fitting(int(operators[found](left, self.level(number + 1))))
        return left

    def power(self) -> int:
        base = self.single()
        return _fitting(_power(base, self.power())) if self.takes("**") else base

    def single(self) -> int:
        if sign := self.takes(*_UNARY):
            return _fitting(_UNARY[sign](self.single()))
        if self.takes("("):
            value = self.sequence()
            if not self.takes(")"):
                raise NotCovered("odd syntax")
            return value
        return self.atom()

    def atom(self) -> int:
        if not self.tokens or self.tokens[-1]["operator"]:
            raise NotCovered("odd syntax")
        token = self.tokens.pop()
        return _fitting(int(token["number"])) if token["number"] else self.variable(token["name"].strip("${}"))

    def variable(self, name: str) -> int:
        """A variable's number. Its value may be the name of another variable; empty counts as 0."""
        text = name
        for _ in range(_HOPS):
            text = self.value_of(text)
            if not _NAME.fullmatch(text) or not self.value_of(text):
                break
        if text == "" or _NAME.fullmatch(text):
            return 0
        if not _NUMBER.fullmatch(text):
            raise NotCovered("a variable that is not a plain number")
        return _fitting(int(text))


def _fitting(value: int) -> int:
    if not -(2**BITS) <= value < 2**BITS:
        raise NotCovered("more than 64 bits")
    return value

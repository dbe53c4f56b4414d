"""What `[[ ]]`, `[ ]` and `test` come to, as far as variables and the presence of files tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.documents.crushrc.telling import pattern_of, value_of
from wizard.expansion import pattern as shell_pattern
from wizard.expansion.syntax import NotCovered
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.documents.crushrc.shell_commands import Programs
    from wizard.documents.crushrc.steps import Condition
    from wizard.documents.crushrc.syntax import Word
    from wizard.documents.crushrc.telling import Variables

_INTEGER = regexp(r"\s*[+-]?[0-9]+\s*")
_OF_FILES = frozenset("-e -a -f -d -c -b -p -S -k -g -u -r -w -x -s".split())
_OF_TEXTS = frozenset(("-n", "-z"))
_UNARY = _OF_FILES | _OF_TEXTS | frozenset("-L -h -G -O -N -t -o -v -R".split())
_NUMBERS = {
    "-eq": lambda left, right: left == right,
    "-ne": lambda left, right: left != right,
    "-lt": lambda left, right: left < right,
    "-le": lambda left, right: left <= right,
    "-gt": lambda left, right: left > right,
    "-ge": lambda left, right: left >= right,
}
_MOST_STEPS = 100_000
_BINARY = frozenset(("=", "==", "!=", "-nt", "-ot", "-ef", "-a", "-o", *_NUMBERS))


class Conditions:
    """Answers conditions: true, false, or None where only running the script would tell."""

    def __init__(self, variables: Variables, programs: Programs) -> None:
        self._variables = variables
        self._programs = programs

    def holds(self, condition: Condition) -> bool | None:
        """A condition of `[[ ]]`. Raises Unset."""
        match condition.operator, condition.operands:
            case "", _:
                value = value_of(condition.word, self._variables) if condition.word else None
                return None if value is None else bool(value.text)
            case "(", (inner,):
                return self.holds(inner)
            case "!", (inner,):
                return _not(self.holds(inner))
            case ("&&" | "||") as operator, (left, right):
                return _both(operator, self.holds(left), self.holds(right))
            case operator, (inner,):
                return self._of_word(operator, inner)
            case operator, (left, right):
                return self._of_words(operator, left, right)
        return None

    def status(self, words: Sequence[str]) -> int | None:
        """What `test` ends with for its words. 2: it can't read them."""
        if any("\\" in word for word in words):
            return None
        match list(words):
            case []:
                return 1
            case [text]:
                return None if text in ("!", "(", ")") else int(not text)
            case ["!", *rest] if len(rest) < 4 and "!" not in rest:
                status = self.status(rest)
                return None if status is None else status if status > 1 else int(not status)
            case [operator, text] if operator in _UNARY:
                return _status(self._unary(operator, text))
            case [first, _] if first not in ("(", "!"):
                return 2
            case [left, operator, right] if left not in _UNARY and left not in ("(", "!"):
                return _status(self._binary(operator, left, right)) if operator in _BINARY else 2
        return None

    def _of_word(self, operator: str, condition: Condition) -> bool | None:
        value = value_of(condition.word, self._variables) if condition.word else None
        return None if value is None else self._unary(operator, value.text)

    def _of_words(self, operator: str, left: Condition, right: Condition) -> bool | None:
        if left.word is None or right.word is None:
            return None
        value = value_of(left.word, self._variables)
        if value is None:
            return None
        if operator in ("=", "==", "!="):
            fits = self.fits(right.word, value.text)
            return _not(fits) if operator == "!=" else fits
        limit = value_of(right.word, self._variables)
        return None if limit is None else self._binary(operator, value.text, limit.text)

    def fits(self, pattern: Word, text: str) -> bool | None:
        """Whether a text is what a pattern describes."""
        spelled = pattern_of(pattern, self._variables)
        if spelled is None or len(spelled) * len(text) > _MOST_STEPS:
            return None
        try:
            return shell_pattern.ends(shell_pattern.compiled(spelled), text)[-1:] == [len(text)]
        except NotCovered:
            return None

    def _unary(self, operator: str, text: str) -> bool | None:
        if operator == "-n":
            return bool(text)
        if operator == "-z":
            return not text
        if operator == "-v":
            return self._variables.is_set(text)
        there = self._programs.is_there(text) if operator in _OF_FILES else None
        if not there or operator in ("-e", "-a"):
            return there
        return self._of_sort(operator, text)

    def _of_sort(self, operator: str, path: str) -> bool | None:
        """Whether what is there is a folder (`-d`), or a file (`-f`)."""
        is_folder = self._programs.is_there(f"{path}/..")
        if operator == "-d" or is_folder is None:
            return is_folder
        is_device = path.startswith("/dev/")
        return not is_folder if operator == "-f" and not is_device else None

    def _binary(self, operator: str, left: str, right: str) -> bool | None:
        if operator in ("=", "=="):
            return left == right
        if operator == "!=":
            return left != right
        if operator in _NUMBERS:
            return bool(_NUMBERS[operator](_number(left), _number(right)))
        if operator in ("<", ">"):
            lower, higher = (left, right) if operator == "<" else (right, left)
            return lower.encode() < higher.encode()
        return None


def _number(text: str) -> int:
    """Anything but a number is zero."""
    return int(text) if _INTEGER.fullmatch(text) else 0


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _both(operator: str, left: bool | None, right: bool | None) -> bool | None:
    decisive = operator == "||"
    if decisive in (left, right):
        return decisive
    return None if None in (left, right) else not decisive


def _status(value: bool | None) -> int | None:
    return None if value is None else int(not value)

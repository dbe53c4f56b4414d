"""Questions as plain lines, for dumb terminals and screen readers: nothing moves, nothing is redrawn."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TextIO

from wizard.credential import keys_in
from wizard.errors import Cancelled, Refused
from wizard.flow.engine import accept
from wizard.flow.question import Back, InvalidAnswer, Kind, settled
from wizard.interrupts import termination_interrupts, wait_until_readable
from wizard.provider.pasted_key import stray_key
from wizard.redaction import SecretText, hide_secret, redact
from wizard.shown import safe
from wizard.ui.kept_keys import KeptKeys
from wizard.ui.prompting import MANY_CHOICES, begin_all, say_known, several_texts
from wizard.ui.terminal import terminal_width
from wizard.ui.text import one_line, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wizard.flow.question import Choice, Question, Raw
    from wizard.ui.output import Output
    from wizard.ui.prompting import Level, News

BACK = "<"
NOTHING = "none"
SHOWN = 30
"""A longer list is not read out in full; part of a name finds the rest."""


class _Invalid(Exception):
    """The line is no answer; the message says what would be one."""


class PlainPrompter:
    """Asks on stderr and reads lines from the terminal. `<` goes back, an empty line takes the default."""

    def __init__(self, output: Output, stdin: TextIO) -> None:
        self._output = output
        self._stdin = stdin
        self._kept = KeptKeys()
        self._meanwhile: list[Callable[[], None]] = []
        self._news: list[News] = []

    def ask(self, question: Question, *, can_go_back: bool) -> Raw:
        with _cancelling(), termination_interrupts():
            self._wait_for_news()
            question = settled(question)
            self._introduce(question)
            begin_all(self._meanwhile)
            while True:
                try:
                    return self._answer(question, can_go_back)
                except _Invalid as invalid:
                    self._say(str(invalid))

    def meanwhile(self, work: Callable[[], None]) -> None:
        self._meanwhile.append(work)

    def tell(self, news: News) -> None:
        self._news.append(news)
        say_known(self._news)

    def _wait_for_news(self) -> None:
        """Nothing can be said later, while a line is typed."""
        if self._news:
            begin_all(self._meanwhile)
        while self._news:
            self._news.pop(0).say()

    def prepare(self) -> None:
        """Nothing to get ready."""

    def show(self, text: str, level: Level) -> None:
        self._output.show(text, level)

    def _introduce(self, question: Question) -> None:
        self._say("")
        self._say(safe(question.text))
        if question.help:
            self._say(safe(question.help))
        self._list(list(enumerate(question.choices, start=1)))

    def _list(self, numbered: Sequence[tuple[int, Choice]]) -> None:
        for number, choice in numbered[:SHOWN]:
            hint = f" - {one_line(choice.hint)}" if choice.hint else ""
            self._say(f"  {number}) {one_line(choice.label)}{hint}")
        if len(numbered) > SHOWN:
            self._say(f"  ... and {len(numbered) - SHOWN} more: type part of a name")

    def _answer(self, question: Question, can_go_back: bool) -> Raw:
        if question.asks_for_key:
            return self._key(question, can_go_back)
        line = self._line(question, can_go_back)
        if question.choices or question.kind is Kind.CONFIRM:
            self._keep_key(question, line)
        if question.kind is Kind.MANY and not question.choices and line:
            return self._more_texts(several_texts(line), can_go_back)
        if not line:
            return _default(question)
        if question.kind is Kind.CONFIRM:
            return _yes_or_no(line)
        if question.kind is Kind.CHOICE:
            return self._one(question.choices, line)
        if question.kind is Kind.MANY:
            return self._several(question.choices, line)
        return line

    def _key(self, question: Question, can_go_back: bool) -> Raw:
        """What was pasted can't be seen, so it is said that it arrived."""
        kept = self._kept.of(question)
        if kept:
            self._say(f"kept: {kept.short}; Enter takes it, {NOTHING!r} deletes it")
        line = self._line(question, can_go_back)
        if kept and line == NOTHING:
            self._kept.forget(question)
            return _default(question)
        given = self._kept.give(question, line or (kept.key if kept else ""))
        if given is not None:
            self._say(f"API key: {given.summary}")
            return given.key
        return line or _default(question)

    def _keep_key(self, question: Question, line: str) -> None:
        """A key is no answer to a choice. What a choice has in its name is."""
        pasted = stray_key(line)
        if pasted is not None and not _find(question.choices, line):
            raise _Invalid(self._kept.keep(pasted))

    def _line(self, question: Question, can_go_back: bool) -> str:
        prompt = _prompt(question, can_go_back)
        if question.kind is Kind.SECRET:
            return self._leave_or(_read_secret(redact(prompt), question.flag, self._output.stderr), can_go_back)
        return self._leave_or(self._read(prompt), can_go_back)

    def _more_texts(self, texts: tuple[str, ...], can_go_back: bool) -> tuple[str, ...]:
        while line := self._leave_or(self._read("another (empty: done): "), can_go_back):
            texts += several_texts(line)
        return texts

    def _leave_or(self, line: str, can_go_back: bool) -> str:
        if line == BACK and can_go_back:
            raise Back
        return line

    def _one(self, choices: Sequence[Choice], line: str) -> str:
        found = _find(choices, line)
        if len(found) == 1:
            return found[0][1].value
        if found:
            self._list(found)
            raise _Invalid(f"{len(found)} match {line!r}: type a number")
        raise _Invalid(f"no match for {line!r}: type a number from 1 to {len(choices)}, or part of a name")

    def _several(self, choices: Sequence[Choice], line: str) -> tuple[str, ...]:
        if line.lower() == NOTHING:
            return ()
        picked = [value for part in line.split(",") for value in self._picked(choices, part.strip())]
        return tuple(choice.value for choice in choices if choice.value in picked)

    def _picked(self, choices: Sequence[Choice], part: str) -> Iterable[str]:
        first, _, last = part.partition("-")
        if first.isdecimal() and last.isdecimal() and 0 < int(first) <= int(last) <= len(choices):
            return [choice.value for choice in choices[int(first) - 1 : int(last)]]
        return [self._one(choices, part)]

    def _say(self, text: str) -> None:
        self._output.drawn(wrap(redact(text), terminal_width(self._output.stderr)) + "\n")

    def _read(self, prompt: str) -> str:
        self._output.drawn(prompt)
        wait_until_readable(self._stdin)
        line = self._stdin.readline()
        if not line.endswith("\n"):
            raise EOFError
        for key in keys_in(line):
            hide_secret(key)
        return line.strip()


@contextlib.contextmanager
def _cancelling() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, EOFError):
        raise Cancelled from None


def _read_secret(prompt: str, flag: str, stream: TextIO) -> str:
    import getpass
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return SecretText(getpass.getpass(prompt, stream).strip())
        except getpass.GetPassWarning:
            raise Refused("this terminal would show the secret as you type", hint=f"use {flag} instead") from None


def _prompt(question: Question, can_go_back: bool) -> str:
    ways = [_WAYS[question.kind]] if question.choices or question.kind is Kind.CONFIRM else []
    if question.kind is Kind.MANY:
        ways.append("several: 1,3" if question.choices else "one a line")
        ways.append(f"{NOTHING!r} for none" if question.choices else "empty line: done")
    if len(question.choices) > MANY_CHOICES:
        ways.append("part of a name filters")
    if can_go_back:
        ways.append(f"{BACK} back")
    default = _shown_default(question)
    return f"({', '.join(ways)}) " * bool(ways) + f"[{default}]" * bool(default) + "> "


_WAYS = {Kind.CHOICE: "number or name", Kind.MANY: "numbers or names", Kind.CONFIRM: "y/n"}


def _shown_default(question: Question) -> str:
    default = question.default
    if default is None or question.kind is Kind.SECRET:
        return ""
    if isinstance(default, bool):
        return "y" if default else "n"
    labels = {choice.value: one_line(choice.label) for choice in question.choices}
    values = (default,) if isinstance(default, str) else default
    return ", ".join(labels.get(value, one_line(value)) for value in values)


def _default(question: Question) -> Raw:
    if question.default is not None:
        return question.default
    if question.kind is Kind.MANY:
        return _none(question)
    if question.kind is Kind.TEXT:
        return ""
    raise _Invalid("type an answer")


def _none(question: Question) -> Raw:
    """No choice at all; said here where it is no answer, for the list need not be read out again."""
    try:
        accept(question, ())
    except InvalidAnswer as problem:
        raise _Invalid(str(problem)) from None
    return ()


def _yes_or_no(line: str) -> bool:
    if line.lower() in ("y", "yes"):
        return True
    if line.lower() in ("n", "no"):
        return False
    raise _Invalid("type y or n")


def _find(choices: Sequence[Choice], line: str) -> list[tuple[int, Choice]]:
    """What a number, a name, or else a part of a name means. Exactly one: that is the answer."""
    numbered = list(enumerate(choices, start=1))
    exact = [pair for pair in numbered if line in (str(pair[0]), pair[1].value, pair[1].label)]
    if exact:
        return exact[:1]
    wanted = line.lower()
    return [pair for pair in numbered if wanted in f"{pair[1].label} {pair[1].value}".lower()]

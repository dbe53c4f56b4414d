"""API keys that a person has pasted, kept for the question that they belong to, until the command ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.provider.pasted_key import InvalidKey, pasted_key
from wizard.redaction import SecretText
from wizard.ui.keyboard import insert_paste

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prompt_toolkit.key_binding import KeyPressEvent

    from wizard.flow.question import Question, Raw
    from wizard.provider.pasted_key import PastedKey


class KeptKeys:
    """One that was pasted at another question waits for the first question for a key; one that was pasted at such a
    question waits for that one to be asked again.
    """

    def __init__(self) -> None:
        self._waiting: PastedKey | None = None
        self._of: dict[tuple[str, ...], PastedKey] = {}

    def keep(self, pasted: PastedKey) -> str:
        """Keep what was pasted at another question; what to say about it."""
        self._waiting = pasted
        return f"that looks like an API key: {pasted.summary}. It is kept for the key question"

    def of(self, question: Question) -> PastedKey | None:
        """What can be the answer to a question for a key; None for all other questions."""
        if not question.asks_for_key:
            return None
        return self._waiting or self._of.get(_named(question))

    def give(self, question: Question, text: str) -> PastedKey | None:
        """The key in what was pasted or typed at a question for one, kept for when it is asked again.

        None where it is no key, or the question asks for none.
        """
        pasted = key_in(question, text)
        if pasted is not None:
            self._waiting, self._of[_named(question)] = None, pasted
        return pasted

    def forget(self, question: Question) -> None:
        """The person wants none of it."""
        self._waiting = None
        self._of.pop(_named(question), None)


class KeyQuestion:
    """A question for a key on a terminal: what is said below the line that is typed, and what becomes of that line.

    A paste is said to have arrived. What is typed letter by letter is not repeated.
    """

    def __init__(self, question: Question, kept: KeptKeys) -> None:
        self._question = question
        self._kept = kept
        self._pasted: set[str] = set()

    def can_be_empty(self) -> bool:
        """Whether Enter alone gives a key."""
        return self._kept.of(self._question) is not None

    def state(self, typed: str) -> str:
        """The line below."""
        if typed in self._pasted and (pasted := key_in(self._question, typed)):
            return f"✓ API key: {pasted.summary}"
        kept = None if typed else self._kept.of(self._question)
        return f"kept: {kept.short}; Enter takes it, Backspace deletes it" if kept else ""

    def bindings(self) -> Mapping[str, Callable[[KeyPressEvent], None]]:
        return {"<bracketed-paste>": self._paste, "backspace": self._erase}

    def leave(self, typed: str) -> None:
        """The person goes back."""
        if typed in self._pasted:
            self._kept.give(self._question, typed)

    def answer(self, typed: str) -> Raw:
        """The key without what stands around it; what can't be a key stays as it is."""
        kept = None if typed else self._kept.of(self._question)
        given = self._kept.give(self._question, kept.key if kept else typed)
        if given is not None:
            return given.key
        return SecretText(typed) if typed else self._question.default or ""

    def _paste(self, event: KeyPressEvent) -> None:
        insert_paste(event.current_buffer, event.data, " ")
        self._pasted.add(event.current_buffer.text)

    def _erase(self, event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.delete_before_cursor()
        else:
            self._kept.forget(self._question)


def _named(question: Question) -> tuple[str, ...]:
    """The same question is for the same server; where none is known, it has the same words around it."""
    return (question.whose,) if question.whose else (question.text, question.help)


def key_in(question: Question, text: str) -> PastedKey | None:
    """The key in an answer to a question for one; None where it is no key, or the question asks for none."""
    try:
        return pasted_key(text) if question.asks_for_key else None
    except InvalidKey:
        return None

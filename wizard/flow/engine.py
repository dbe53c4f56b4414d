"""The question engine: two pure functions. Terminal, flags, profiles and programs drive the same questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from wizard.credential import is_drawn_by_lot, keys_in
from wizard.flow.add_provider import survey as add_provider
from wizard.flow.question import Accepted, InvalidAnswer, Kind, Question, Raw
from wizard.flow.situation import Situation
from wizard.redaction import hide_secret

if TYPE_CHECKING:
    from wizard.flow.answers import Answers
    from wizard.flow.facts import Facts


Survey = Callable[[Situation], Iterator[Question]]
"""All questions of a command, in order (wizard.flow.add_provider, wizard.flow.edit_provider)."""


def next_question(answers: Answers, facts: Facts, survey: Survey = add_provider) -> Question | None:
    """The first question of the survey without an answer; None when all is known."""
    asked = survey(Situation(answers, facts))
    return next((question for question in asked if question.key not in answers), None)


def accept(question: Question, raw: Raw) -> Accepted:
    """The checked value of a raw answer. Raises InvalidAnswer with the reason, as for a key where all is shown."""
    fit = fitting(question, raw)
    if fit != question.default and (keys := visible_keys(question, fit)):
        for key in keys:
            hide_secret(key)
        raise InvalidAnswer(KEY_HERE)
    return question.check(fit)


KEY_HERE = "this is a key: give it where the key is asked for, because this answer is shown and saved"
_NAMES = frozenset(("id", "new_id", "name", "key_env", "base_url", "prefix"))
"""Questions whose answer is made up by somebody; others may be about an account's number."""


def visible_keys(question: Question, raw: Raw) -> tuple[str, ...]:
    """The keys in an answer that is no secret."""
    if question.kind is Kind.SECRET or isinstance(raw, bool):
        return ()
    texts = (raw,) if isinstance(raw, str) else raw
    drawn = (text.strip() for text in texts if question.key in _NAMES and is_drawn_by_lot(text.strip()))
    return (*(key for text in texts if text not in question.offered for key in keys_in(text)), *drawn)


def fitting(question: Question, raw: Raw) -> Raw:
    """The raw answer in the form that the question's kind takes; flags are always text."""
    if question.kind is Kind.CONFIRM:
        return raw if isinstance(raw, bool) else _yes_or_no(raw)
    if question.kind is Kind.MANY:
        return raw if isinstance(raw, tuple) else (str(raw),)
    if not isinstance(raw, str):
        raise InvalidAnswer("give one value")
    if question.kind is Kind.CHOICE and question.closed and raw not in question.offered:
        offered = ", ".join(choice.value for choice in question.choices)
        raise InvalidAnswer(f"choose one of: {offered}")
    return raw


def _yes_or_no(raw: str | tuple[str, ...]) -> bool:
    word = raw.strip().lower() if isinstance(raw, str) else ""
    if word in ("y", "yes", "true", "1", "on"):
        return True
    if word in ("n", "no", "false", "0", "off"):
        return False
    raise InvalidAnswer("answer yes or no")

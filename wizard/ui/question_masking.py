"""Secrets in what another program is asked, and in what it says: in arguments, in answers, in defaults.

A person is shown the value that is to be corrected, whatever it holds. A program's questions end up in logs, and its
arguments in the list of processes, so there a secret is masked; the mask then stands for it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from wizard.expansion.mask import Mask
from wizard.expansion.plain_secrets import plain_secrets
from wizard.flow.question import InvalidAnswer
from wizard.redaction import MASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.question import Question, Raw


def secrets_in(text: str) -> frozenset[str]:
    """The secrets in an argument or an answer, whichever way it is meant. What stands for one is none."""
    found = frozenset().union(*map(plain_secrets, _readings(text)))
    return frozenset(secret for secret in found if MASK not in secret)


def _readings(text: str) -> Iterator[Any]:
    """A text, NAME=VALUE, or JSON; --FLAG=VALUE is read as its value."""
    value = text.partition("=")[2] if text.startswith("--") else text
    yield value
    name, separator, rest = value.partition("=")
    if separator:
        yield {name: rest}
    try:
        yield json.loads(value)
    except (ValueError, RecursionError):
        return


def masked_question(question: Question) -> Question:
    """The question as it is shown to a program. The values of its choices stay, for those are its answers."""
    choices = (replace(choice, label=_masked(choice.label), hint=_masked(choice.hint)) for choice in question.choices)
    return replace(
        question,
        text=_masked(question.text),
        help=_masked(question.help),
        choices=tuple(choices),
        default=_masked_default(question.default),
    )


def unmasked_answer(question: Question, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The answer, with what the mask stands for in what was proposed. Raises InvalidAnswer where it stands for nothing.

    Only a whole text counts: a secret with other words around it would go where it was never meant to go.
    """
    proposed = {_masked(text): text for text in _proposed(question.default)}
    answered = tuple(proposed.get(text, text) for text in texts)
    if any(MASK in text and text not in proposed for text in texts):
        raise InvalidAnswer(f"{MASK} replaces a hidden secret: give the whole value, or keep the default")
    return answered


def _proposed(default: Raw | None) -> tuple[str, ...]:
    if isinstance(default, str):
        return (default,)
    return default if isinstance(default, tuple) else ()


def _masked_default(default: Raw | None) -> Raw | None:
    if isinstance(default, str):
        return _masked(default)
    return tuple(map(_masked, default)) if isinstance(default, tuple) else default


def _masked(text: str) -> str:
    return Mask(dict.fromkeys(secrets_in(text), MASK)).text(text)

"""What an endpoint says when it refuses: its words, its codes, how long to wait. None of it is trusted."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.redaction import MASK
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LONGEST_QUOTE = 200
"""Characters of an endpoint's own words that are shown."""
READ_AT_MOST = 4000
SHORTEST_MASKED = 8
"""A run of this many characters of a key is masked: endpoints print the beginning or the end of a wrong key."""
LONGEST_WAIT = 31 * 24 * 3600.0
"""Seconds. A wait beyond that is a mistake or a joke."""

_MILLISECONDS = 10**11
"""A point in time beyond this number is in milliseconds, not in seconds."""
_DURATION = regexp(r"(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,9}(?:\.\d+)?)s)?(?:(\d{1,9}(?:\.\d+)?)ms)?")


class Refusal(Struct, frozen=True):
    """An endpoint's error object: `message` in its own words, `param` as far as it gives one.

    `codes` are all the words and numbers that it has for the kind of error, in lower case.
    """

    message: str = ""
    codes: tuple[str, ...] = ()
    param: str = ""
    status: int | None = None
    """The HTTP status that the object names; some endpoints send errors with status 200."""
    retry: str = ""
    """How long to wait, as Google says it: `34s`."""


def refusal_in(body: bytes) -> Refusal | None:
    """The refusal in a JSON body, in any of the usual shapes; None if it is no JSON or names no error."""
    try:
        return refusal_of(json.loads(body))
    except (ValueError, RecursionError):
        return None


def refusal_of(document: Any) -> Refusal | None:
    """`{"error": {...}}`, `{"error": "..."}`, `{"detail": ...}`, `{"message": "..."}`, MiniMax's `base_resp`, or a list
    of one of them.
    """
    if isinstance(document, list):
        document = document[0] if document else None
    if not isinstance(document, dict):
        return None
    return _of_minimax(document) or _of_object(document)


def _of_object(document: Mapping[str, Any]) -> Refusal | None:
    error = document.get("error") or document.get("errors") or document.get("detail")
    if isinstance(error, list):
        error = error[0] if error else None
    if isinstance(error, dict):
        inner = error.get("error")  # some gateways put one into another
        return _refusal(inner if isinstance(inner, dict) else error, document)
    if isinstance(error, str):
        return Refusal(error, _codes(document))
    return _refusal(document, {}) if any(isinstance(document.get(key), str) for key in _ALONE) else None


_ALONE = ("message", "Message", "html-message")
"""What holds an error by itself; the last is Portkey's, where a provider sent no JSON."""


def _of_minimax(document: Mapping[str, Any]) -> Refusal | None:
    """An error with status 200, beside an empty answer; its numbers mean something else than those of others."""
    outcome = document.get("base_resp")
    code = outcome.get("status_code") if isinstance(outcome, dict) else None
    return Refusal(_word(outcome.get("status_msg")), (f"base_resp-{code}",)) if outcome and code else None


_MESSAGES = ("message", "Message", "msg", "detail", "title", "html-message")
_CODES = ("code", "type", "status", "reason")


def _refusal(error: Mapping[str, Any], around: Mapping[str, Any]) -> Refusal:
    """`around`: the document that holds the error."""
    status = next((int(error[key]) for key in ("code", "status") if _is_status(error.get(key))), None)
    return Refusal(
        message=next((word for key in _MESSAGES if (word := _word(error.get(key)))), ""),
        codes=tuple(dict.fromkeys((*_codes(error), *_codes(around)))),
        param=_word(error.get("param")),
        status=status,
        retry=_google_wait(error.get("details")),
    )


def _codes(error: Mapping[str, Any]) -> tuple[str, ...]:
    """With Google's reason, which stands in its details."""
    details = error.get("details")
    reasons = [item.get("reason") for item in details if isinstance(item, dict)] if isinstance(details, list) else []
    found = (_code(value) for value in (*(error.get(key) for key in _CODES), *reasons))
    return tuple(dict.fromkeys(filter(None, found)))


def _code(value: Any) -> str:
    return str(value).lower() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _is_status(value: Any) -> bool:
    return str(value).isdecimal() and len(str(value)) == len("404") and 400 <= int(value) < 600


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _google_wait(details: Any) -> str:
    found = details if isinstance(details, list) else []
    return next(
        (_word(item.get("retryDelay")) for item in found if isinstance(item, dict) and "retryDelay" in item), ""
    )


def quoted(text: str, secrets: Iterable[str]) -> str:
    """An endpoint's words for the screen: one line, at most 200 characters, nothing that acts, no part of a secret."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:READ_AT_MOST]).split())
    line = masked(line, secrets)
    return line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1].rstrip() + "…"


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with every run of eight characters or more of a secret masked; shorter secrets as a whole."""
    for secret in filter(None, secrets):
        text = _masked(text, secret)
    return text


def _masked(text: str, secret: str) -> str:
    shortest = min(SHORTEST_MASKED, len(secret))
    kept: list[str] = []
    position = 0
    while position < len(text):
        run = _run(text, position, secret, shortest)
        kept.append(MASK if run else text[position])
        position += run or 1
    return "".join(kept)


def _run(text: str, start: int, secret: str, shortest: int) -> int:
    """How many characters from `start` on stand in the secret like that; 0 for fewer than `shortest`."""
    end = start + shortest
    if end > len(text) or text[start:end] not in secret:
        return 0
    while end < len(text) and text[start : end + 1] in secret:
        end += 1
    return end - start


def wait_seconds(headers: Mapping[str, str], refusal: Refusal | None, now: datetime) -> float | None:
    """How long the endpoint asks to wait; None if it does not say. `headers` in lower case, `now` with a zone."""
    for seconds in _waits(headers, refusal, now):
        if seconds is not None and 0 <= seconds <= LONGEST_WAIT:
            return seconds
    return None


def _waits(headers: Mapping[str, str], refusal: Refusal | None, now: datetime) -> Iterator[float | None]:
    yield _retry_after(headers.get("retry-after", ""), now)
    yield _duration(refusal.retry) if refusal else None
    for name, value in headers.items():
        if "ratelimit" in name and "reset" in name and _is_spent(name, headers):
            yield _reset(value, now)


def _is_spent(reset: str, headers: Mapping[str, str]) -> bool:
    """Whether the limit that is renewed is the one that was hit, where the endpoint counts several."""
    return headers.get(reset.replace("reset", "remaining"), "0").strip() in ("0", "0.0")


def _retry_after(value: str, now: datetime) -> float | None:
    """Seconds, or an HTTP date (RFC 9110 10.2.3); Anthropic's other headers have an ISO date."""
    if (seconds := _number(value)) is not None:
        return seconds
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        with suppress(ValueError, TypeError, OverflowError):
            return max((read(value) - now).total_seconds(), 0)
    return None


def _reset(value: str, now: datetime) -> float | None:
    """`6m0s`, seconds, or a point in time in seconds or milliseconds since 1970."""
    number = _number(value)
    if number is None:
        return _duration(value) or _retry_after(value, now)
    if number > _MILLISECONDS:
        number /= 1000
    return number if number <= LONGEST_WAIT else number - now.timestamp()


def _number(value: str) -> float | None:
    return float(value) if re.fullmatch(r"\s*\d{1,15}(?:\.\d{1,15})?\s*", value, re.ASCII) else None


def _duration(value: str) -> float | None:
    match = _DURATION.fullmatch(value.strip())
    if not value.strip() or not match:
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000

"""The plain commands of a crushrc at which Crush is certain to stop reading (crush-behaviour 5.2, F6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.documents.crushrc.commands import MODEL_FLAGS, PROVIDER_FLAGS, SLOT_FLAGS, arguments_of, command_of, verb_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wizard.documents.crushrc.commands import Flag
    from wizard.documents.crushrc.reading import Reading
    from wizard.documents.crushrc.syntax import Statement, Word


class FatalCommand(Struct, frozen=True):
    """`start` is an offset, `message` a sentence that repeats no value."""

    start: int
    message: str


def refusal(reading: Reading) -> FatalCommand | None:
    """Where Crush stops, and with it the start of Crush; None if nothing here makes it stop for certain."""
    if reading.script is None or reading.script.functions & {"provider", "model"}:
        return None
    declared: set[str] = set()
    for statement in reading.statements:
        message = _usage(statement.words) or _undeclared(statement, declared, reading)
        if message:
            return FatalCommand(statement.start, message)
        command = command_of(statement)
        if command and command.noun == "provider":
            (declared.add if command.verb == "add" else declared.discard)(command.provider)
    return _failing_end(reading.end)


def _usage(words: Sequence[Word]) -> str:
    """What is wrong with the words of a command; empty for what is right, or can't be told."""
    if len(words) < 2 or any(word.computed for word in words[:2]) or words[0].value not in ("provider", "model"):
        return ""
    noun, verb = words[0].value, verb_of(words)
    if verb is None:
        return f"Crush knows no command `{noun} {words[1].value}`"
    if len(words) < 3 or words[2].several or verb == "remove":
        return ""
    slot = verb in ("large", "small")
    return _flag_fault(words[3:], SLOT_FLAGS if slot else PROVIDER_FLAGS if noun == "provider" else MODEL_FLAGS)


def _flag_fault(words: Sequence[Word], flags: Iterable[Flag]) -> str:
    known = {flag.name: flag for flag in flags}
    while words:
        name, *rest = words
        if name.computed:
            return ""
        if name.value not in known:
            return _unknown(name.value)
        count = arguments_of(known[name.value])
        if any(word.several for word in rest[:count]):
            return ""
        if len(rest) < count:
            return f"`{name.value}` has no value"
        words = rest[count:]
    return ""


def _unknown(word: str) -> str:
    """No value is repeated: it may be a key."""
    flag, equals, _ = word.partition("=")
    if not flag.startswith("-"):
        return "a value stands here without a flag before it"
    return f"`{flag}=` must be `{flag}` and a word of its own" if equals else f"Crush does not know `{flag}` here"


def _undeclared(statement: Statement, declared: set[str], reading: Reading) -> str:
    command = command_of(statement)
    if command is None or (command.noun, command.verb) != ("model", "add") or command.provider in declared:
        return ""
    before = [place for place in reading.places if place.start < statement.start]
    if any(place.provider in ("", command.provider) and not place.slot for place in before):
        return ""
    return f"the model is added before any `provider add {command.provider}` in this script"


def _failing_end(end: Statement | None) -> FatalCommand | None:
    words = [word.value for word in end.words] if end else []
    fails = len(words) == 2 and words[0] == "exit" and words[1].isdecimal() and int(words[1][:9]) % 256 != 0
    return FatalCommand(end.start, "the script ends itself with a failure") if end and fails else None

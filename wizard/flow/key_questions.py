"""How Crush gets the key: the variable that stands for it, where the value lives, and the value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw
from wizard.provider.base_url import BaseUrl, is_local
from wizard.provider.pasted_key import InvalidKey, clean_key, prefix_warning
from wizard.provider.variable import InvalidVariableName, check_variable_name, variable_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.facts import KeyringFact
    from wizard.flow.situation import Situation

KEYRING = "keyring"
ENVIRONMENT = "environment"
KEEP = "keep"
NO_KEY = "none"


def key(situation: Situation) -> Iterator[Question]:
    if situation.preset.key.need == "none" and not any(map(situation.said, ("key_env", "key_source", "key"))):
        return
    yield _variable(situation)
    variable = situation.answers.value("key_env", "")
    yield _source(situation, variable)
    if situation.answers.value("key_source") == KEYRING and situation.facts.takes_keys:
        yield _value(situation, variable)


def _variable(situation: Situation) -> Question:
    def check(raw: Raw) -> Accepted:
        name = str(raw).strip().removeprefix("$")
        try:
            check_variable_name(name)
        except InvalidVariableName as problem:
            raise InvalidAnswer(str(problem)) from None
        return Accepted(name)

    return Question(
        key="key_env",
        text="Variable that stands for the key",
        kind=Kind.TEXT,
        flag="--api-key-env",
        help="The config holds only $NAME; Crush reads the variable when it runs.",
        default=situation.preset.key.env or variable_for(situation.provider_id),
        quiet=not situation.preset.custom,
        check=check,
    )


def _source(situation: Situation, variable: str) -> Question:
    keyring = situation.facts.keyring
    choices = list(_sources(situation, variable))
    offered = [choice.value for choice in choices]

    def check(raw: Raw) -> Accepted:
        if raw not in (*offered, KEYRING, ENVIRONMENT, NO_KEY):
            raise InvalidAnswer(f"choose one of: {', '.join(offered)}")
        missed = raw == NO_KEY and situation.preset.key.need == "required"
        return Accepted(raw, warnings=(f"{situation.preset.name} usually wants a key",) if missed else ())

    return Question(
        key="key_source",
        text="Where is the API key?",
        kind=Kind.CHOICE,
        flag="--api-key-stdin, --secret-store or --no-api-key",
        help="" if keyring.usable else _unusable(keyring),
        choices=tuple(choices),
        default=KEYRING if situation.said("key") and KEYRING in offered else offered[0],
        closed=False,
        check=check,
    )


def _unusable(keyring: KeyringFact) -> str:
    reason = f"The system keyring can't be used: {keyring.reason}"
    return f"{reason}\nhint: {keyring.hint}" if keyring.hint else reason


def _sources(situation: Situation, variable: str) -> Iterator[Choice]:
    """The sources that there are, the likeliest first."""
    keyring, need = situation.facts.keyring, situation.preset.key.need
    is_set = variable in situation.facts.set_variables
    if situation.merging and situation.existing is not None and situation.existing.get("api_key"):
        yield Choice(KEEP, "Leave it as it is", "the entry has one already")
    no_key = Choice(NO_KEY, "It needs none", "local servers and open endpoints")
    keyless_first = need == "none" or (need == "optional" and is_local(_host(situation)))
    if keyless_first:
        yield no_key
    if is_set:
        yield Choice(ENVIRONMENT, f"Use ${variable}", "it is set in this environment")
    if keyring.usable:
        yield Choice(
            KEYRING, "Paste it now", "it goes into the system keyring, not into a file"
        )
    if not is_set:
        yield Choice(ENVIRONMENT, f"I set ${variable} myself", "later, or in a start file")
    if need == "optional" and not keyless_first:
        yield no_key


def _host(situation: Situation) -> str:
    return BaseUrl(situation.answers.value("base_url") or situation.preset.base_url or "").host


def _value(situation: Situation, variable: str) -> Question:
    preset = situation.preset

    def check(raw: Raw) -> Accepted:
        if not raw:
            return Accepted("")
        try:
            value = clean_key(str(raw))
        except InvalidKey as problem:
            raise InvalidAnswer(str(problem)) from None
        odd = prefix_warning(value, preset.key.prefixes)
        return Accepted(value, warnings=(odd,) if odd else ())

    page = f"Make one at {preset.key.page}. " if preset.key.page else ""
    return Question(
        key="key",
        text=f"API key for {situation.answers.value('name', preset.name)}",
        kind=Kind.SECRET,
        flag="--api-key-stdin or --api-key-file",
        help=f"{page}It is stored as {variable} and never shown. Enter alone: add it later.",
        default="",
        check=check,
    )

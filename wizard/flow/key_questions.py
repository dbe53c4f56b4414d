"""How Crush gets the key: the variable that stands for it, where the value lives, and the value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.key_source import AUTO, ENVIRONMENT, FILE, KEEP, KEYRING, NO_KEY, STORED, STORES
from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw
from wizard.provider.base_url import BaseUrl, is_local
from wizard.provider.milestones import missing
from wizard.provider.pasted_key import InvalidKey, pasted_key, prefix_warning
from wizard.provider.variable import InvalidVariableName, check_variable_name
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.facts import StoreFact
    from wizard.flow.situation import Situation

RUN = "run"
SHELL = "shell"
LOOKUP = "lookup"
_STORE_HINTS = {
    KEYRING: "it goes into the system keyring, not into a file",
    FILE: "it goes into an encrypted file of the wizard",
}


def key(situation: Situation, *, again: bool = False) -> Iterator[Question]:
    """`again`: asked of an entry that has one already."""
    given = any(map(situation.is_given, ("key_env", "key_source", "key")))
    if situation.preset.key.need == "none" and not (given or again):
        return
    yield _variable(situation)
    variable = situation.answers.value("key_env", "")
    yield _source(situation, variable)
    source = situation.answers.value("key_source")
    if source in STORES and situation.facts.takes_keys:
        yield _value(situation, variable)
    if situation.is_given("keys") or source == STORED or situation.answers.value("key"):
        yield _delivery(situation)


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
        default=situation.likely_variable,
        quiet=not situation.preset.custom or situation.is_given("key_source"),
        check=check,
    )


def _source(situation: Situation, variable: str) -> Question:
    store = situation.facts.store
    choices = list(_sources(situation, variable))
    offered = [choice.value for choice in choices]

    def check(raw: Raw) -> Accepted:
        source = store.name if raw == AUTO else raw
        if source not in (*offered, *STORES, ENVIRONMENT, NO_KEY):
            raise InvalidAnswer(f"choose one of: {', '.join(offered)}")
        missed = source == NO_KEY and situation.preset.key.need == "required"
        return Accepted(source, warnings=(f"{situation.preset.name} usually wants a key",) if missed else ())

    return Question(
        key="key_source",
        text="Where is the API key?",
        kind=Kind.CHOICE,
        flag="--api-key-stdin, --secret-store or --no-api-key",
        help="" if store.usable or store.name == ENVIRONMENT else _unusable(store),
        choices=tuple(choices),
        default=offered[0],
        closed=False,
        check=check,
    )


def _unusable(store: StoreFact) -> str:
    named = {KEYRING: "The system keyring", FILE: "The encrypted file"}[store.name]
    reason = f"{named} can't be used: {store.reason}"
    return f"{reason}\nhint: {store.hint}" if store.hint else reason


def _sources(situation: Situation, variable: str) -> Iterator[Choice]:
    """The sources that there are, the likeliest first."""
    store, need = situation.facts.store, situation.preset.key.need
    is_set = variable in situation.facts.set_variables
    if situation.has_key_to_keep and not situation.names_variable:
        there = "has one already" if situation.kept("api_key") else "has none"
        yield Choice(KEEP, "Leave it as it is", f"the entry {there}")
    no_key = Choice(NO_KEY, "It needs none", "local servers and open endpoints")
    keyless = need == "none" or (need == "optional" and is_local(_host(situation)))
    keyless_first = keyless and not situation.names_variable
    if keyless_first:
        yield no_key
    if is_set:
        yield Choice(ENVIRONMENT, f"Use ${variable}", "it is set in this environment")
    if variable in situation.facts.stored:
        yield Choice(STORED, f"Use the stored {variable}", "the wizard keeps it already")
    if store.usable:
        yield Choice(store.name, "Paste it now", _STORE_HINTS[store.name])
    if not is_set:
        yield Choice(ENVIRONMENT, f"I set ${variable} myself", "later, or in a start file")
    if not store.usable and not store.chosen:
        yield Choice(FILE, "Paste it now", _STORE_HINTS[FILE])
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
            pasted = pasted_key(str(raw))
        except InvalidKey as problem:
            raise InvalidAnswer(str(problem)) from None
        if situation.answers.mentioned("key_env") and (sharers := situation.sharers(pasted.key)):
            raise InvalidAnswer(
                f"{variable} is the key of {joined(sharers)}, and another one: name another variable, "
                f"or change it for all: crush-wizard secret set {variable}"
            )
        odd = prefix_warning(pasted.key, preset.key.prefixes)
        return Accepted(pasted.key, tuple(filter(None, (pasted.remark,))), tuple(filter(None, (odd,))))

    page = f"Make one at {preset.key.page}. " if preset.key.page else ""
    empty = "leave the key as it is" if situation.has_key_to_keep else "add it later"
    return Question(
        key="key",
        text=f"API key for {situation.answers.value('name', preset.name)}",
        kind=Kind.SECRET,
        flag="--api-key-stdin or --api-key-file",
        help=f"{page}It is stored as {variable} and never shown. Leave it empty to {empty}.",
        default="",
        check=check,
    )


def _delivery(situation: Situation) -> Question:
    """Asked once: how the key gets from the store to Crush."""
    too_old = missing(situation.facts.crush, "lookup") is not None
    looked_up = Choice(LOOKUP, "Plain `crush` looks them up", "the config asks the store when Crush starts")

    def check(raw: Raw) -> Accepted:
        if raw not in (RUN, SHELL, LOOKUP):
            raise InvalidAnswer(f"choose one of: {RUN}, {SHELL}, {LOOKUP}")
        if raw == LOOKUP and too_old:
            raise InvalidAnswer("Crush before 0.67 does not understand a lookup, and the one on this machine is older")
        if situation.facts.edits and situation.keeps_key:
            raise InvalidAnswer(_no_variable(situation))
        return Accepted(raw)

    return Question(
        key="keys",
        text="How shall Crush get its keys?",
        kind=Kind.CHOICE,
        flag="--placeholder, or --set keys=run|shell|lookup",
        help="Asked once; it holds for all providers.",
        choices=(
            Choice(RUN, "I start it with `crush-wizard run`", "the keys are in the environment of Crush alone"),
            Choice(SHELL, "A line in my shell's start file", "`crush` then does the same; shown before it is added"),
            *(() if too_old else (looked_up,)),
        ),
        default=situation.facts.keys or RUN,
        quiet=situation.facts.keys is not None,
        closed=False,
        aliases=("set.keys",),
        check=check,
    )


def _no_variable(situation: Situation) -> str:
    if situation.kept("api_key"):
        return "today's key is no variable; `crush-wizard secret adopt` makes one of it"
    return "the entry has no key; name its variable: --api-key-env"

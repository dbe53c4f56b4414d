"""How Crush gets the key: the variable that stands for it, where the value lives, and the value."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wizard.flow.key_commands import accepted_command, from_command, from_place, has_managers, may_be_in_manager, place
from wizard.flow.key_source import AUTO, COMMAND, ENVIRONMENT, FILE, KEEP, KEYRING, NO_KEY, STORED, STORES
from wizard.flow.question import Accepted, Again, Choice, InvalidAnswer, Kind, Question, Raw
from wizard.flow.situation import ANYWAY
from wizard.provider.base_url import BaseUrl, is_local
from wizard.provider.milestones import missing
from wizard.provider.pasted_key import InvalidKey, pasted_key, prefix_warning
from wizard.provider.template import has_command
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
    KEYRING: "stored in the system keyring, not in a file",
    FILE: "stored in an encrypted file",
}


def key(situation: Situation, *, again: bool = False) -> Iterator[Question]:
    """`again`: asked of an entry that has one already.

    Who has a key pastes it, and where it is kept follows from that. Who says where it is kept, is asked for the key
    only if it has to be stored.
    """
    given = any(map(situation.is_given, ("key_env", "key_source", "key")))
    if situation.preset.key.need == "none" and not (given or again or situation.is_wanted("key_source")):
        return
    yield _variable(situation, again=again and situation.preset.custom and not situation.is_given("key_source"))
    if again or situation.is_given("key_source") or situation.is_wanted("key_source"):
        yield _source(situation, again=again)
        if situation.answers.value("key_source") in STORES and situation.facts.takes_keys:
            yield _value(situation)
        elif situation.answers.value("key_source") == COMMAND:
            yield from from_command(situation)
        yield from _if_refused(situation)
    else:
        if _is_to_come(situation):
            yield _value(situation)
            if may_be_in_manager(situation):
                yield place(situation, may_set=True)
                yield from from_place(situation)
        yield from _if_refused(situation)
        yield _source(situation)
    if (
        situation.is_given("keys")
        or situation.answers.value("key_source") in (STORED, COMMAND)
        or situation.answers.value("key")
    ):
        yield _delivery(situation)


def _is_to_come(situation: Situation) -> bool:
    """Whether nothing has the key yet: no entry, no variable, no store. The store need not be looked at for that."""
    keeps = situation.has_key_to_keep and not situation.names_variable
    sets_it = situation.facts.sets_variables
    at_hand = situation.has_key_at_hand and not _may_get_its_own(situation)
    return situation.facts.takes_keys and not (at_hand or keeps or sets_it or _is_keyless(situation))


def _may_get_its_own(situation: Situation) -> bool:
    """Whether there is only the key that all profiles share: a person may have another one for this profile."""
    facts, variable = situation.facts, situation.answers.value("key_env", "")
    return facts.picks and variable in facts.shared and variable not in facts.set_variables


def _is_keyless(situation: Situation) -> bool:
    """Whether it wants no key: a server on this machine that has one says so."""
    if situation.names_variable:
        return False
    need = situation.preset.key.need
    return need == "none" or (
        need == "optional" and is_local(_host(situation)) and not situation.keyless_offer.wants_key
    )


def _variable(situation: Situation, *, again: bool = False) -> Question:
    def check(raw: Raw) -> Accepted:
        name = str(raw).strip().removeprefix("$")
        try:
            check_variable_name(name)
        except InvalidVariableName as problem:
            raise InvalidAnswer(str(problem)) from None
        return Accepted(name)

    return Question(
        key="key_env",
        text="Variable for the key",
        kind=Kind.TEXT,
        flag="--api-key-env",
        help="The config only has $NAME; Crush reads the variable when it runs.",
        default=situation.likely_variable,
        quiet=not again,
        check=check,
    )


def _source(situation: Situation, *, again: bool = False) -> Question:
    answers, store = situation.answers, situation.facts.store
    variable, is_pasted = answers.value("key_env", ""), bool(answers.value("key"))
    choices = list(_sources(situation, variable))
    offered = [choice.value for choice in choices]

    def check(raw: Raw) -> Accepted:
        source = store.name if raw == AUTO else raw
        if source not in (*offered, *STORES, COMMAND, ENVIRONMENT, NO_KEY):
            raise InvalidAnswer(f"choose one of: {', '.join(offered)}")
        missed = source == NO_KEY and situation.preset.key.need == "required"
        return Accepted(source, warnings=(f"{situation.preset.name} usually needs a key",) if missed else ())

    return Question(
        key="key_source",
        text="Where is the API key?",
        kind=Kind.CHOICE,
        flag="--api-key-stdin, --api-key-command, --secret-store or --no-api-key",
        help="" if store.usable or store.gives_way or store.name == ENVIRONMENT else _unusable(store),
        choices=tuple(choices),
        default=_likely_source(situation, offered),
        quiet=not again and not (is_pasted and not situation.command and not (store.usable or store.gives_way)),
        closed=False,
        check=check,
    )


def _likely_source(situation: Situation, offered: list[str]) -> str:
    """Where a pasted key goes, which is no key that is not needed; of one that was not pasted, where it is or will be.

    A key gets into another store than the one that is locked only if the person says so.
    """
    answers, store = situation.answers, situation.facts.store
    if situation.command:
        return COMMAND
    if answers.value("key"):
        if store.usable or store.gives_way:
            return store.name if store.usable else FILE
        return ENVIRONMENT
    if not answers.mentioned("key") or situation.is_wanted("key_source"):
        return offered[0]
    if STORED in offered and _may_get_its_own(situation):
        return STORED
    return NO_KEY if NO_KEY in offered else ENVIRONMENT


def _unusable(store: StoreFact) -> str:
    named = {KEYRING: "The system keyring", FILE: "The encrypted file"}[store.name]
    reason = f"{named} can't be used: {store.reason}"
    return f"{reason}\nhint: {store.hint}" if store.hint else reason


def _sources(situation: Situation, variable: str) -> Iterator[Choice]:
    """The sources that there are, the likeliest first."""
    store, need = situation.facts.store, situation.preset.key.need
    is_set = variable in situation.facts.set_variables
    if situation.has_key_to_keep and not situation.names_variable:
        there = "has one" if situation.kept("api_key") else "has none"
        yield Choice(KEEP, "Keep it", f"the entry {there}")
    no_key = Choice(NO_KEY, "No key needed", "local servers and open endpoints")
    keyless = need == "none" or (need == "optional" and is_local(_host(situation)))
    is_pasted = bool(situation.answers.value("key"))
    keyless_first = keyless and not situation.names_variable and not is_pasted
    if keyless_first:
        yield no_key
    if is_set:
        yield Choice(ENVIRONMENT, f"Use ${variable}", "it is set in this environment")
    kept = "Keep the pasted key" if is_pasted else "Paste it now"
    if variable in situation.facts.stored:
        yield Choice(STORED, f"Use the stored {variable}", "already in the store")
    if store.usable:
        yield Choice(store.name, kept, _STORE_HINTS[store.name])
    if not is_set:
        yield Choice(ENVIRONMENT, f"I set ${variable} myself", "later, or in a start file")
    if not store.usable and not store.chosen:
        why = ": no system keyring here" if store.gives_way else ""
        yield Choice(FILE, kept, f"{_STORE_HINTS[FILE]}{why}")
    yield Choice(COMMAND, "From a password manager or a command", "only the command is saved")
    if (need == "optional" or (keyless and is_pasted)) and not keyless_first:
        yield no_key


def _host(situation: Situation) -> str:
    return BaseUrl(situation.answers.value("base_url") or situation.preset.base_url or "").host


def _value(situation: Situation) -> Question:
    preset, variable = situation.preset, situation.answers.value("key_env", "")

    def check(raw: Raw) -> Accepted:
        if not raw:
            return Accepted("")
        line = situation.facts.reference_in(str(raw))
        if line and not situation.is_given("key"):  # what a program pipes in is not run
            return accepted_command(situation, line, (f"taken as a reference: {line}",))
        try:
            pasted = pasted_key(str(raw))
        except InvalidKey as problem:
            instead = f"; to have a command print the key: --api-key-command {shlex.quote(line)}" if line else ""
            raise InvalidAnswer(f"{problem}{instead}") from None
        if situation.answers.mentioned("key_env") and (sharers := situation.sharers(pasted.key)):
            raise InvalidAnswer(
                f"{variable} holds a different key, of {joined(sharers)}: use another variable, or change it for "
                f"all: crush-wizard secret set {variable}"
            )
        odd = prefix_warning(pasted.key, preset.key.prefixes)
        return Accepted(pasted.key, tuple(filter(None, (pasted.remark,))), tuple(filter(None, (odd,))))

    page = f"Make one at {preset.key.page}. " if preset.key.page else ""
    return Question(
        key="key",
        text=f"{'Another ' * situation.is_wanted(ANOTHER_KEY)}{situation.answers.value('name', preset.name)} API key",
        kind=Kind.SECRET,
        flag="--api-key-stdin or --api-key-file",
        help=f"{page}Enter alone: {_without_key(situation)}.",
        default="",
        whose=_whose(situation),
        check=check,
    )


def _whose(situation: Situation) -> str:
    """The same for as long as a key typed here goes to the same server, whatever the provider is called meanwhile.

    One that was refused is not offered where another one is asked for.
    """
    server, another = situation.base_url.server, " another" * situation.is_wanted(ANOTHER_KEY)
    return f"{situation.preset.id} {server}{another}" if server else ""


def _without_key(situation: Situation) -> str:
    """What an empty answer means."""
    if situation.has_key_to_keep:
        return "the key does not change"
    if situation.preset.key.need == "optional" and not situation.names_variable:
        return "no key"
    if _may_get_its_own(situation):
        return "the key that all profiles share"
    elsewhere = "a password manager, or " if has_managers(situation) else ""
    return f"{elsewhere}I set ${situation.answers.value('key_env', '')} myself"


ANOTHER = "another"
ANOTHER_KEY = "another_key"
"""What a person wants who has pasted a key that is refused: its question says so, for it is not the same one."""


def _if_refused(situation: Situation) -> Iterator[Question]:
    """What to do about a key that the endpoint has just refused; asked of a person only."""
    is_here = situation.key or situation.has_key_at_hand
    if situation.facts.picks and is_here and situation.offer.key == "refused":
        yield _refused(situation)
        if situation.answers.value("refused_key") == ANOTHER:
            yield _value(situation)


def _refused(situation: Situation) -> Question:
    """Another key for a pasted one: its question comes again."""
    pasted = bool(situation.answers.value("key"))
    variable = situation.answers.value("key_env")

    def check(raw: Raw) -> Accepted:
        if raw == ANOTHER and pasted:
            raise Again(ANOTHER_KEY)
        return Accepted(raw)

    return Question(
        key="refused_key",
        text=f"{situation.name} refuses {'this key' if pasted else f'${variable}'}. What now?",
        kind=Kind.CHOICE,
        flag="--no-test",
        choices=(
            *(() if situation.is_given("key") else (Choice(ANOTHER, "Paste another key"),)),
            Choice(ANYWAY, "Continue with it anyway"),
        ),
        default=ANYWAY if situation.is_given("key") else ANOTHER,
        check=check,
    )


def _delivery(situation: Situation) -> Question:
    """Asked once: how the key gets from the store to Crush."""
    too_old = missing(situation.facts.crush, "lookup") is not None
    run_by_crush = Choice(COMMAND, "just crush, which runs the command", "the config has the command")
    looked_up = Choice(LOOKUP, "just crush, which looks the key up", "the config has a command instead of a variable")

    def check(raw: Raw) -> Accepted:
        if raw not in (RUN, SHELL, LOOKUP, COMMAND):
            raise InvalidAnswer(f"choose one of: {RUN}, {SHELL}, {LOOKUP}, {COMMAND}")
        if raw in (LOOKUP, COMMAND) and too_old:
            raise InvalidAnswer(f"a {raw} needs Crush 0.67 or later, and the one on this machine is older")
        if raw == COMMAND and not (situation.command_for_crush or _is_as_before(situation)):
            raise InvalidAnswer("the key does not come from a command; give the command: --api-key-command")
        if situation.facts.edits and situation.keeps_key and not (raw == COMMAND and _is_as_before(situation)):
            raise InvalidAnswer(_no_variable(situation))
        return Accepted(raw)

    return Question(
        key="keys",
        text="Start Crush with",
        kind=Kind.CHOICE,
        flag="--placeholder, or --set keys=run|shell|lookup|command",
        help="For all providers.",
        choices=(
            Choice(RUN, "crush-wizard run", "the keys are only in the environment of Crush"),
            Choice(SHELL, "just crush", "adds one function to your shell's start file"),
            *(() if too_old else (looked_up,)),
            *((run_by_crush,) if situation.command_for_crush and not too_old else ()),
        ),
        default=RUN if situation.facts.keys in (None, COMMAND) else situation.facts.keys,
        quiet=True,
        closed=False,
        aliases=("set.keys",),
        check=check,
    )


def _is_as_before(situation: Situation) -> bool:
    """Whether the entry that is edited has a command as its key, and keeps it."""
    return situation.keeps_key and has_command(situation.kept("api_key") or "")


def _no_variable(situation: Situation) -> str:
    if _is_as_before(situation):
        return "the entry has a command; to have a variable instead: crush-wizard secret adopt --commands"
    if situation.kept("api_key"):
        return "the key is in plain text; to move it to the store: crush-wizard secret adopt"
    return "the entry has no key; give its variable: --api-key-env"

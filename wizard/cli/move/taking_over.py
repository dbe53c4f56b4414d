"""Everything that an import would do on this machine, worked out before anything is done."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from msgspec import Struct
from msgspec.structs import replace

from wizard import folders
from wizard.change.config_env import arriving, say_env
from wizard.change.delivery import say_how
from wizard.change.duplicate_models import say_duplicate_models
from wizard.change.kept_slots import SlotOutlook, keeping, say_slots_then, wants_key
from wizard.change.lost_choices import say_lost_choices
from wizard.change.lost_keys import LOST, taking_keys
from wizard.change.one_place import reference_plan
from wizard.change.overrides import say_overridden_choices, say_overridden_fields
from wizard.change.planned import as_if_read, in_force_after
from wizard.change.provider_change import say_left_out, say_remarks
from wizard.change.run import Proposal, edit_of, with_more
from wizard.cli.move.conflicts import FLAG, Policy, called, decide, decide_secret
from wizard.cli.move.consents import risks_of
from wizard.crush.builtin_rules import cloud_settings
from wizard.crush.loading import load
from wizard.crush.program import crush_version, find_crush
from wizard.crush.selection import SlotModel
from wizard.documents.document import Deselect, PutProvider, SelectModel
from wizard.errors import Refused
from wizard.files.locations import SYSTEM_FILE, is_system_wide
from wizard.files.plan import Plan, SecretEdit
from wizard.flow.own_catalogue import OwnCatalogue
from wizard.flow.preset_library import preset_for
from wizard.flow.whole_entry import leaves_to_crush, whole_entry
from wizard.machine.catalogs import look_up
from wizard.machine.in_force import HELD, in_force, without_store
from wizard.machine.new_format import in_its_format, say_format
from wizard.machine.own_catalogue import own_catalogue
from wizard.machine.presets import all_presets
from wizard.machine.problems import MOST, problem_line
from wizard.machine.stores import chosen_store, open_all, open_with, say_settled
from wizard.machine.target import refuse_unread_crushrc
from wizard.secrets.index import Index
from wizard.secrets.reference.file import own_references
from wizard.secrets.settings import remembered_keys
from wizard.secrets.store import CALLED
from wizard.shown import shell_word
from wizard.transfer.arrival import arrive, clashes, with_small_too
from wizard.transfer.consent import risks_of_references
from wizard.transfer.origins.known_models import completed
from wizard.transfer.portable import needed_secrets
from wizard.ui.place import shown_path
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wizard.change.run import Outcome
    from wizard.cli.move.incoming import Incoming
    from wizard.cli.which_file import WhichFile
    from wizard.documents.document import Change, Document
    from wizard.files.plan import FileEdit, WrittenFacts
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.provider.model import Slot
    from wizard.secrets.settings import StoreName
    from wizard.secrets.store import SecretStore
    from wizard.transfer.arrival import Arrival, Decision
    from wizard.transfer.consent import Risk
    from wizard.transfer.profile import Profile, ProfileProvider
    from wizard.ui.output import Output


class Wishes(Struct, frozen=True):
    """What the flags ask for."""

    which: WhichFile
    policy: Policy
    store: str
    skip_secrets: bool
    check: bool
    dry_run: bool


class TakeOver(Struct, frozen=True):
    """What an import would mean. `arrived` are the names of the providers.

    `missing`: names that the providers need and that have no value here, not even after this. `slots` is what these
    come to. `referred`: the commands that came over, by the secret that each prints.
    """

    risks: tuple[Risk, ...]
    arrived: tuple[str, ...]
    renamed: Mapping[str, str]
    kept: tuple[str, ...]
    missing: tuple[str, ...]
    slots: SlotOutlook
    referred: Mapping[str, str] = MappingProxyType({})


def prepare(incoming: Incoming, wishes: Wishes, asker: Asker | None, output: Output) -> Proposal[TakeOver]:
    """Decide what is in the way, and plan: only secrets that are not stored like this already.

    Raises Conflict where nobody decides, and what keeps files unread.
    """
    target = wishes.which.open()
    if target.is_new_crushrc:
        refuse_unread_crushrc(target.path, crush_version(os.environ))
    if incoming.one_model:
        incoming = _with_what_is_known(incoming, target, output)
    else:
        incoming = _with_what_crush_lacks(incoming, target, wishes, output)
    decisions = _decide(incoming, target, wishes, asker, output)
    target = in_its_format(target, lambda target: _arrive(incoming.profile, target, decisions, wishes).changes)
    say_format(target, output)
    arrival = _arrive(incoming.profile, target, decisions, wishes)
    _refuse_lost_keys(arrival, wishes, output)
    comes = tuple(provider for provider in incoming.profile.providers if provider.id not in arrival.kept)
    needed = needed_secrets(comes)
    secrets = _Secrets(incoming, needed, wishes, asker, output)
    before = in_force(loaded=as_if_read(load(target.around), _edits(arrival.changes)))
    coming = {edit.name: incoming.values[edit.name] for edit in secrets.edits}
    referred = _references(incoming, needed, before, wishes, asker)
    keys = {**dict.fromkeys((*before.held, *secrets.there, *referred.there), HELD), **coming}
    chosen = _chosen(incoming.profile, arrival)
    arrival = _leaving_slots(arrival, before, keys, chosen, target)
    made = reference_plan("import", referred.new) if referred.new else Plan("import")
    whose: WrittenFacts = {arrival.renamed.get(provider.id, provider.id): {} for provider in comes}
    plan = Plan(
        f"import {incoming.called}",
        (*_edits(arrival.changes), *made.files),
        (*secrets.edits, *made.secrets),
        facts=whose,
    )
    after = in_force_after(before, plan.files, keys)
    there = secrets.there | referred.there
    missing = tuple(name for name in needed if name not in there and not before.found(name))
    slots = SlotOutlook(before, after, chosen)
    once_there = _once_keys_are_there(slots, plan, keys, missing, _waiting(comes, arrival, missing))
    _refuse_what_stops_crush(before, after)
    _say(arrival, before, after, output)
    _say_env(comes, incoming.profile, target, after, output)
    lost = {slot: model for slot, model in chosen.items() if model.provider not in once_there.waits_for}
    say_lost_choices(lost, after, output)
    say_overridden_choices(chosen, target, before, after, output)
    entries = {arrival.renamed.get(provider.id, provider.id): provider.entry for provider in comes}
    say_overridden_fields(entries, target, after, output)
    say_duplicate_models(entries, before, after, output)
    if not plan.changes_nothing:
        say_slots_then(once_there, output)
    ready = TakeOver(
        risks=(*risks_of_references(referred.new), *risks_of(before, after, secrets.edits)),
        arrived=tuple(str(entry.get("name") or id_) for id_, entry in entries.items()),
        renamed=arrival.renamed,
        kept=arrival.kept,
        missing=missing,
        slots=slots,
        referred=referred.new,
    )
    more = {edit.store for edit in made.secrets} - secrets.stores.keys() if secrets.stores else ()
    remembers = next((chosen_store(store) for store in _stores(plan)), {})
    return Proposal(plan, ready, coming, {**secrets.stores, **open_all(asker, more)}, remembers=remembers)


def _with_what_is_known(incoming: Incoming, target: Target, output: Output) -> Incoming:
    """What other tools say, with a small model and the facts about all models."""
    profile = with_small_too(incoming.profile, target)
    known = completed(profile, look_up(target.around), without_store(load(target.around)).catalogue)
    for note in known.notes:
        output.note(note)
    return replace(incoming, profile=known.profile)


def _with_what_crush_lacks(incoming: Incoming, target: Target, wishes: Wishes, output: Output) -> Incoming:
    """The profile with what its entries leave to Crush, where the one here does not have it.

    An entry that is there and stays has had that decided.
    """
    profile = incoming.profile
    stays = wishes.policy != "replace"
    small = [
        provider.id
        for provider in profile.providers
        if leaves_to_crush(provider.id, provider.entry)
        and not (stays and target.document_of(provider.id).provider(provider.id) is not None)
    ]
    own = own_catalogue(load(target.around), target.path, find_crush(os.environ)) if small else OwnCatalogue()
    lacking = {provider_id for provider_id in small if provider_id not in own.providers}
    if not lacking:
        return incoming
    presets, look = all_presets(), look_up(target.around)
    chosen = [choice for choice in profile.selected.values() if choice.get("model")]
    whole = {
        provider.id: whole_entry(
            provider.id,
            provider.entry,
            [str(choice["model"]) for choice in chosen if choice.get("provider") == provider.id],
            preset_for(provider.entry, provider.id, presets),
            look,
        )
        for provider in profile.providers
        if provider.id in lacking
    }
    output.note(f"{joined(sorted(lacking))}: whole entry written: {own.why_not}")
    providers = (replace(provider, entry=whole.get(provider.id, provider.entry)) for provider in profile.providers)
    return replace(incoming, profile=replace(profile, providers=tuple(providers)))


def _waiting(comes: Iterable[ProfileProvider], arrival: Arrival, missing: Collection[str]) -> dict[str, str]:
    """The variable that each provider still waits for, by its id here."""
    lacking = ((provider.id, name) for provider in comes for name in needed_secrets((provider,)) if name in missing)
    return {arrival.renamed.get(id_, id_): name for id_, name in lacking}


def _once_keys_are_there(
    slots: SlotOutlook, plan: Plan, keys: Mapping[str, str], missing: Iterable[str], waiting: Mapping[str, str]
) -> SlotOutlook:
    """What the slots come to with the keys that are missing: that those are missing is said once, at the end."""
    after = in_force_after(slots.before, plan.files, {**dict.fromkeys(missing, HELD), **keys})
    return replace(slots, after=after, waits_for={id_: name for id_, name in waiting.items() if wants_key(id_, after)})


def _decide(
    incoming: Incoming, target: Target, wishes: Wishes, asker: Asker | None, output: Output
) -> Mapping[str, Decision]:
    """With --check nobody decides anything: what would need it is told, and shown as if it were merged."""
    found = clashes(incoming.profile, target, exactly=wishes.policy == "replace")
    if wishes.check and wishes.policy == "ask":
        for clash in found:
            output.warning(f"{called(clash)} is different here: decide with --on-conflict")
        return decide(found, "merge", None, output)
    return decide(found, wishes.policy, asker, output)


def _arrive(profile: Profile, target: Target, decisions: Mapping[str, Decision], wishes: Wishes) -> Arrival:
    """With what is set for the clouds' providers."""
    arrival = arrive(profile, target, decisions)
    usual = wishes.policy if wishes.policy == "replace" else "merge"
    comes = {it.id: decisions.get(it.id, usual) for it in profile.providers if it.id not in arrival.kept}
    changes = with_more(arrival.changes, arriving(comes, profile.env, target))
    return replace(arrival, changes=tuple((document, tuple(wanted)) for document, wanted in changes))


def _say_env(
    comes: Iterable[ProfileProvider], profile: Profile, target: Target, after: InForce, output: Output
) -> None:
    """Which variables of the profile are the user's to set, and which have another value here."""
    for provider in comes:
        its = {name: profile.env[name] for name in cloud_settings((provider.id,)) if name in profile.env}
        say_env(provider.id, its, target, output)
        for name, value in its.items():
            if (here := after.effective.config.get("env", {}).get(name, value)) != value:
                output.note(f"{name} stays {here}, as it is set here; the profile has {value}")


# Files


def _edits(changes: Iterable[tuple[Document, Sequence[Change]]]) -> tuple[FileEdit, ...]:
    return tuple(edit_of(document, wanted, {}) for document, wanted in changes)


def _leaving_slots(
    arrival: Arrival, before: InForce, keys: Mapping[str, str], chosen: Collection[Slot], target: Target
) -> Arrival:
    """The arrival that leaves the slots alone if the profile says nothing of them. `keys`: those of the store then."""
    if chosen:
        return arrival
    after = in_force_after(before, _edits(arrival.changes), keys)
    kept = keeping(before, after, chosen, target)
    changes = with_more(arrival.changes, kept)
    return replace(arrival, changes=tuple((document, tuple(wanted)) for document, wanted in changes))


def _refuse_lost_keys(arrival: Arrival, wishes: Wishes, output: Output) -> None:
    """Raises Refused for a key that only stands in the file; --check takes nothing away, and only tells of it."""
    for document, wanted in arrival.changes:
        if named := [_called(change) for change in taking_keys(document, wanted)]:
            message = f"{', '.join(named)}: {LOST}"
            file = f" --file {shell_word(str(wishes.which.path))}" if wishes.which.path else ""
            first = f"move it into the store first: crush-wizard secret adopt{file}"
            hint = f"{first}; remove by hand what it skips"
            if not wishes.check:
                raise Refused(message, hint=f"{hint}; or leave it as it is: {FLAG} keep", path=document.path)
            output.warning(message)
            output.hint(hint)


def _called(change: Change) -> str:
    match change:
        case PutProvider(provider):
            return provider
        case SelectModel(slot) | Deselect(slot):
            return f"the {slot} model"
        case _:
            return "the choice of a model"


def _refuse_what_stops_crush(before: InForce, after: InForce) -> None:
    known = {(problem.code, problem.provider) for problem in before.effective.fatal}
    for problem in after.effective.fatal:
        if (problem.code, problem.provider) not in known:
            raise Refused(
                f"Crush would not start with this profile: {problem.message}",
                hint="nothing was changed; store the secrets it needs first, or fix the profile",
                path=problem.path,
                line=problem.line,
                column=problem.column,
            )


def _say(arrival: Arrival, before: InForce, after: InForce, output: Output) -> None:
    """What the user should know before the changes are made: losses of the format, and what Crush will pass over."""
    say_left_out(arrival.changes, output)
    say_remarks(arrival.changes, output)
    for old, new in arrival.renamed.items():
        output.note(f"{old} is imported as {new}")
    known = {(problem.code, problem.provider, problem.message) for problem in before.effective.problems}
    for problem in after.effective.problems:
        if (problem.code, problem.provider, problem.message) not in known and problem.severity == "error":
            output.warning(problem_line(problem))
    for problem in after.effective.fatal[:MOST]:
        output.warning(f"Crush does not start, with or without this: {problem_line(problem)}")
        if problem.hint:
            output.hint(problem.hint)


def _chosen(profile: Profile, arrival: Arrival) -> dict[Slot, SlotModel]:
    """The choices that come over, with the providers' ids as they are here."""
    return {
        slot: SlotModel(arrival.renamed.get(chosen["provider"], chosen["provider"]), chosen["model"])
        for slot, chosen in profile.selected.items()
        if slot not in arrival.kept
    }


# Secrets


class _Secrets:
    """Which of the secrets go into the store. `there` are all names that will have a value in it."""

    def __init__(
        self, incoming: Incoming, needed: Sequence[str], wishes: Wishes, asker: Asker | None, output: Output
    ) -> None:
        self.edits: tuple[SecretEdit, ...] = ()
        self.stores: dict[str, SecretStore] = {}
        self.there: frozenset[str] = frozenset()
        names = tuple(name for name in incoming.values if name in needed)
        if wishes.skip_secrets or not names:
            return
        if stray := [name for name in incoming.values if name not in needed]:
            output.note(f"{', '.join(stray)}: no provider needs it, so it is not stored")
        self._store(names, incoming.values, wishes, asker)

    def _store(self, names: Sequence[str], values: Mapping[str, str], wishes: Wishes, asker: Asker | None) -> None:
        store = open_with(asker, wishes.store)
        stored = {} if wishes.dry_run else _stored(names, store)
        policy: Policy = "merge" if wishes.check and wishes.policy == "ask" else wishes.policy
        wanted = [
            name
            for name in names
            if name not in stored or (stored[name] != values[name] and decide_secret(name, policy, asker))
        ]
        self.edits = tuple(SecretEdit(name, store.name, "store") for name in wanted)
        self.stores = {store.name: store}
        self.there = frozenset(names)


class _References(Struct, frozen=True):
    """The commands that are `new` here, by name; `there` are all secrets that will have one."""

    new: Mapping[str, str]
    there: frozenset[str]


def _references(
    incoming: Incoming, needed: Sequence[str], before: InForce, wishes: Wishes, asker: Asker | None
) -> _References:
    """Which of the commands are taken over. What is here under the same name is somebody's decision."""
    coming = {} if wishes.skip_secrets else incoming.profile.references
    policy: Policy = "merge" if wishes.check and wishes.policy == "ask" else wishes.policy
    wanted = {name: command for name, command in coming.items() if name in needed}
    here = {name: reference.command for name, reference in before.references.items()}
    taken = {*Index(folders.state()).own(before.store), *own_references()}
    new = {
        name: command
        for name, command in wanted.items()
        if here.get(name) != command and (name not in taken or decide_secret(name, policy, asker))
    }
    return _References(new, frozenset(wanted))


def _stored(names: Sequence[str], store: SecretStore) -> Mapping[str, str]:
    """What the store has under these names. One that lists none of them is not asked."""
    listed = Index(folders.state()).own(store.name)  # a profile gets its own beside one that all profiles share
    known = tuple(name for name in names if name in listed)
    return store.get_many(known) if known else {}


# Afterwards


def report(outcome: Outcome[TakeOver], output: Output) -> None:
    """What is there now, and what is still to be done."""
    ready, plan = outcome.about, outcome.plan
    if not outcome.applied:
        output.note("nothing to do: all of it is already here")
    else:
        for edit in plan.files:
            if edit.after != edit.before and edit.format != "toml":
                output.done(f"Saved {', '.join(ready.arrived) or 'the choice'} to {shown_path(edit.path)}")
        for secret in plan.secrets:
            if secret.action == "store":
                output.done(f"Saved {secret.name} to {CALLED[secret.store]}")
        for name, command in ready.referred.items():
            output.done(f"Saved {name}: it comes from `{command}`")
        for store in _stores(plan):
            say_settled(store, outcome.proposal.remembers, output)
    for name in ready.missing:
        output.warning(f"${name} has no value yet; store it: crush-wizard secret set {name}")
    if arrived := (*(secret.name for secret in plan.secrets if secret.action == "store"), *ready.referred):
        say_how(remembered_keys(folders.settings()), arrived[0], output)
    if outcome.applied:
        _say_if_unreadable(plan, output)
        output.note("to undo: crush-wizard undo")


def _stores(plan: Plan) -> list[StoreName]:
    """Those that get a value."""
    stored = (secret.store for secret in plan.secrets if secret.action == "store")
    return [cast("StoreName", store) for store in dict.fromkeys(stored)]


def _say_if_unreadable(plan: Plan, output: Output) -> None:
    """A system-wide file is for everybody, and Crush does not start with one that it can't read.

    A new one can be read by all; one that was there, or its folder, keeps its mode.
    """
    if any(is_system_wide(edit.path) for edit in plan.files):
        folder, file = SYSTEM_FILE.parent, SYSTEM_FILE
        opening = [f"chmod a+x {folder}"] if not folder.stat().st_mode & 0o001 else []
        opening += [f"chmod a+r {file}"] if not file.stat().st_mode & 0o004 else []
        if opening:
            output.warning("Crush does not start for users who can't read this file:")
            output.line(" && ".join(opening))

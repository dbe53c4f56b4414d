"""Gathering what the doctor looks at. What takes time goes on side by side, and holds nothing else up for long."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard import folders
from wizard.catalog.catalog import open_catalog
from wizard.crush.loading import load, rewritten
from wizard.crush.program import find_crush
from wizard.crush.sign_ins import sign_ins
from wizard.crush.usage import usage
from wizard.doctor import looking
from wizard.doctor.examined import Examined, FailedTest, StoreState, host_of
from wizard.errors import SecretError, WizardError
from wizard.files.history import History
from wizard.files.locations import CRUSHRC_NAME, catalog_folder, here
from wizard.machine.allowed import still_open
from wizard.machine.background import InBackground
from wizard.machine.in_force import as_far_as_known
from wizard.machine.own_catalogue import own_catalogue
from wizard.machine.presets import all_presets
from wizard.machine.profiles import uses_in_profiles
from wizard.machine.stores import open_reader, open_with
from wizard.private import Private
from wizard.provider.base_url import is_local
from wizard.secrets.index import Index
from wizard.secrets.reference.file import references
from wizard.secrets.settings import remembered_format
from wizard.transfer.plain_keys import scan
from wizard.trial.live import configured, reach
from wizard.trial.probing import CALLED, probe_all
from wizard.ui.progress import GO_ON

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from wizard.crush.demands import Demand
    from wizard.doctor.examined import ReferenceState
    from wizard.endpoints.probe import ProbeResult, Step
    from wizard.files.plan import FileEdit, WrittenFacts
    from wizard.machine.consent import Consent
    from wizard.machine.in_force import InForce
    from wizard.secrets.settings import StoreName
    from wizard.trial.live import Reach
    from wizard.ui.output import Output

ANSWER_SECONDS = 5.0
"""For each request to an endpoint."""
CRUSH_SECONDS = 1.0
"""For `crush --version`."""


class Looked(Private, Struct, frozen=True):
    """What was gathered. `stopped`: the user ended the tests of endpoints."""

    in_force: InForce
    examined: Examined
    stopped: bool = False


def examine(output: Output, consent: Consent, *, online: bool) -> Looked:
    """Look at everything. Only with `online` endpoints are asked for their models, with `consent`."""
    look_for_crush = InBackground(lambda: find_crush(os.environ, CRUSH_SECONDS))
    look_for_crush.begin()
    loaded = load(here())
    found = as_far_as_known(loaded)
    look_at_store = InBackground(lambda: _store_state(found.store))
    look_at_store.begin()
    reached = _reached(found, consent) if online else None
    tests = _tested(reached, found, output) if reached else ()
    failed = reached.gone if reached else {}
    examined = _examined(found, tests, failed, consent, look_for_crush, look_at_store)
    return Looked(found, examined, any(test.stopped for test in tests))


def as_if_written(looked: Looked, edits: Collection[FileEdit]) -> Examined:
    """The same machine after a change of its files; only they are looked at again."""
    found = as_far_as_known(rewritten(looked.in_force.loaded, {edit.path: edit.after for edit in edits}))
    gone = {edit.path for edit in edits if edit.delete}
    misplaced = tuple(stray for stray in looked.examined.misplaced if stray.path not in gone)
    return replace(looked.examined, loaded=found.loaded, effective=found.effective, misplaced=misplaced)


def _examined(
    found: InForce,
    tests: Sequence[ProbeResult],
    failed: Mapping[str, SecretError],
    consent: Consent,
    look_for_crush: InBackground,  # type: ignore[type-arg]
    look_at_store: InBackground,  # type: ignore[type-arg]
) -> Examined:
    around = found.around
    catalog = open_catalog(catalog_folder(around), folders.catalog())
    keys = scan(found.loaded.that_count).findings
    return Examined(
        loaded=found.loaded,
        effective=found.effective,
        environ=os.environ,
        builtins=found.builtins,
        presets=all_presets(),
        catalog=catalog,
        files=looking.file_states(found.loaded, [key.path for key in keys if key.path]),
        in_work_tree=looking.in_work_tree(around),
        out_of_reach=looking.out_of_reach(around),
        misplaced=looking.misplaced(around),
        leftovers=looking.leftovers(around),
        plain_keys=keys,
        unwritable=looking.unwritable(around),
        cache_problem=looking.cache_problem(around),
        commands={"crush-wizard": looking.on_path("crush-wizard", around)},
        catalog_days=looking.catalog_days(catalog),
        tested=_failed(found, tests),
        listed={test.provider: {model.id: model for model in test.listed} for test in tests},
        demands=found.demands,
        allowed=_allowed(found, consent),
        sign_ins=sign_ins(found.effective.in_use, found.effective, around.home),
        references=_references(found, failed),
        own_problem=found.own_problem,
        open_own=looking.open_own(folders.secrets()),
        could_be_crushrc=_could_be_crushrc(found),
        crush=(crush := look_for_crush()),
        own=own_catalogue(found.loaded, None, crush).providers if _lists_builtin(found) else {},
        store=look_at_store(),
        written=_written(),
    )


def _written() -> WrittenFacts:
    """Without a history it is not known which numbers are the user's own; `undo` says what is wrong with it."""
    try:
        return History(folders.backups()).facts()
    except WizardError:
        return {}


def _lists_builtin(found: InForce) -> bool:
    """Whether an entry says something about the models of a provider that Crush has built in."""
    providers = found.effective.providers
    return any(provider.builtin and found.effective.said(provider.id).get("models") for provider in providers)


def _could_be_crushrc(found: InForce) -> Path | None:
    """The user's crush.json, where `convert` would move all of it. Only for a Crush on PATH, whatever its version is:
    that is still waited for.
    """
    around = found.around
    path = next((file.path for file in found.loaded.read if file.file.role == "user-json"), None)
    if path is None or found.effective.fatal or found.own_problem or not looking.on_path("crush", around):
        return None
    if looking.is_made_elsewhere(path, around) or remembered_format(folders.settings()) == "json":
        return None
    from wizard.documents.crushrc.syntax import find_parser
    from wizard.machine.target import open_pair
    from wizard.transfer.convert import convert

    if find_parser() is None:
        return None
    try:
        pair = open_pair(path, path.with_name(CRUSHRC_NAME), to_crushrc=True)
        return path if convert(pair).is_whole else None
    except WizardError:  # what is wrong with it, other checks tell
        return None


def _references(found: InForce, failed: Mapping[str, SecretError]) -> tuple[ReferenceState, ...]:
    """What is known of the commands that print secrets; nothing where a file of our own can't be read."""
    if found.own_problem or not (every := references()):
        return ()
    used = {*usage(found.loaded.that_count).variables, *(name for name in every if uses_in_profiles(name))}
    stored = {name: found.store for name in every if name not in found.references}
    states = looking.reference_states(every, found.around, used=used, stored=stored)
    return tuple(_as_it_went(state, failed.get(state.name)) for state in states)


def _as_it_went(state: ReferenceState, failure: SecretError | None) -> ReferenceState:
    return replace(state, failure=failure.message, hint=failure.hint) if failure else state


def _allowed(found: InForce, consent: Consent) -> frozenset[Demand]:
    open_ = still_open(found.demands)
    by_flag = [demand for demand in found.demands if consent.allowed and demand.kind == "key"]
    return frozenset((*by_flag, *(demand for demand in found.demands if demand not in open_)))


def _store_state(name: StoreName) -> StoreState:
    """How our store is. It is asked only if something is kept there; nobody is asked for a passphrase."""
    held = frozenset(Index(folders.state()).names(name))
    if not held:
        return StoreState(name)
    started = time.monotonic()
    store = open_with(None, name)
    status = store.status()
    if not status.usable:
        return StoreState(name, False, status.locked, status.reason, status.hint)
    try:
        present = store.present(held)
    except SecretError as error:
        return StoreState(name, False, reason=error.message, hint=error.hint)
    gone = tuple(sorted(held - present))
    return StoreState(name, True, seconds=time.monotonic() - started, gone=gone)


# Endpoints


def _tested(reached: Reach, found: InForce, output: Output) -> tuple[ProbeResult, ...]:
    from wizard.endpoints.wire import untestable

    lives = [live for live in reached.lives.values() if not untestable(live)]
    if not lives:
        return ()
    tests = probe_all(lives, output, found.requests_environ, quick=True, seconds=ANSWER_SECONDS, leave=GO_ON)
    return tuple(test.result for test in tests)


def _failed(found: InForce, tests: Sequence[ProbeResult]) -> tuple[FailedTest, ...]:
    """The endpoints that fail, each with the first step that does."""
    if not tests:
        return ()
    hosts = {provider.id: host_of(provider) for provider in found.effective.providers}

    def is_mild(provider: str, step: Step) -> bool:
        return is_local(hosts.get(provider, "")) or _is_late(step) or step.status != "failed"

    failed = [
        FailedTest(test.provider, CALLED[step.name], step.detail, step.hint, is_mild(test.provider, step))
        for test in tests
        for step in test.steps
        if step.status == "failed" or _is_late(step) or _lacks_model(step)
    ]
    return tuple({test.provider: test for test in reversed(failed)}.values())


def _is_late(step: Step) -> bool:
    """No list of models came in time: a test can go on without, but Crush waits for it no longer."""
    return (step.name, step.code) == ("models", "timed-out")


def _lacks_model(step: Step) -> bool:
    """The list has no model of the name that Crush will ask for; it may be an alias."""
    return (step.name, step.code) == ("models", "model-not-listed")


def _reached(found: InForce, consent: Consent) -> Reach:
    """What can be tested: providers of files that Crush would use, with a key that can be had without asking anybody.

    A store that can't be used, and a key that may not be sent, have findings of their own.
    """
    ours = configured(found)
    ready = [provider for provider in found.effective.providers if provider.status == "ready" and provider.id in ours]
    return reach(ready, found, lambda: open_reader(None, consent.output, found.store), consent)

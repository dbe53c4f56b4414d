"""The facts that questions are asked from: presets, config files, environment, keyring, Crush."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from wizard import folders
from wizard.crush.problem import DOES_NOT_FIT, NOT_READ
from wizard.crush.program import find_crush, login_platforms
from wizard.errors import UNLOCK_KEYRING, SecretError, StoreLocked, StoreUnavailable
from wizard.flow.facts import Facts, SlotNow, StoreFact
from wizard.flow.key_source import COMMAND, ENVIRONMENT, NO_KEY, STORES
from wizard.machine.background import InBackground
from wizard.machine.catalogs import look_up
from wizard.machine.files import files_that_count
from wizard.machine.own_preset import preset_here
from wizard.machine.presets import all_presets
from wizard.machine.stores import open_with
from wizard.machine.target import others
from wizard.network.offline import is_offline
from wizard.provider.login import login_of
from wizard.provider.model import SLOTS
from wizard.secrets.index import Index
from wizard.secrets.reference.file import own_references
from wizard.secrets.reference.reading import readable_names, references_that_count
from wizard.secrets.settings import FIRST_CHOICE, remembered_keys, remembered_store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wizard.crush.program import CrushProgram
    from wizard.flow.manager import Manager
    from wizard.flow.offer import EndpointQuery, Offer
    from wizard.flow.own_catalogue import OwnCatalogue
    from wizard.flow.preset import Preset
    from wizard.flow.question import Choice, Raw
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.provider.login import Login
    from wizard.secrets.settings import StoreName
    from wizard.secrets.store import SecretStore, StoreStatus
    from wizard.ui.output import Output
    from wizard.ui.prompting import Prompter

Seen = TypeVar("Seen")


SERVER_SECONDS = 2.0
"""How long the list of presets is open to local servers, and what hangs on it waits for them."""


MANAGERS = "WIZARD_MANAGERS"
"""Names the password managers that are offered, by their ids, instead of all that are here."""


def gather(
    target: Target,
    given: dict[str, Raw],
    output: Output,
    *,
    asker: Prompter | None,
    dry_run: bool,
    asks: bool,
    secret: Callable[[str], str | None],
    look_at_models: Callable[[EndpointQuery], Offer] | None,
    edits: bool = False,
    checks: bool = False,
    servers: bool = False,
    runs: bool = True,
    whole: bool = False,
) -> Facts:
    """Look at everything that the questions depend on, and warn of what is wrong there. `asks`: a person answers.

    `secret` reads our own store; `look_at_models` asks an endpoint, unless there is no network. `edits`: an entry that
    is there is to be changed. `checks`: what would be written without asking anybody is compared with what the endpoint
    has. `servers`: the model servers of this machine matter, too. `runs`: a command that prints the key may be run.
    `whole`: an entry says what Crush has built in, too.
    Raises StoreLocked or StoreUnavailable when a key was given and its store can't take it.
    """
    presets = _presets(given.get("preset"), output)
    remembered = remembered_store(folders.settings())
    store = remembered or FIRST_CHOICE
    stored = readable_names(store)
    look_at_store = _look_at_store(
        presets, given, remembered, stored=stored, dry_run=dry_run, asker=asker, asks=asks, edits=edits
    )
    crush = _behind(asker, lambda: find_crush(os.environ))
    may_be_own = not whole and any(_builtin_ids(preset) for preset in presets.values())
    catalogue = _behind(asker if may_be_own else None, lambda: _own_catalogue(target, crush()))
    selections = others(target, output)
    return Facts(
        presets=presets,
        existing=existing_providers(target),
        selected=selected_slots(target) | {selection.slot for selection in selections},
        slots=slots_of(target, str(given["id"])) if edits else {},
        set_variables=frozenset(name for name, value in os.environ.items() if value),
        given=frozenset(given),
        stored=stored,
        shared=stored - _own_names(store),
        referred=_referred(store),
        takes_keys=not dry_run or "key" in given,
        keys=remembered_keys(folders.settings()),
        sets_variables=remembered == ENVIRONMENT,
        look_at_store=look_at_store,
        look_at_crush=lambda: crush().version,
        look_at_catalogue=catalogue,
        whole=whole,
        **_servers(asker) if servers and not is_offline() else {},
        look_at_models=None if is_offline() else look_at_models,
        picks=asks,
        checks=checks and not dry_run,
        look_up=look_up(target.around),
        reference_in=_reference_in,
        look_at_managers=functools.cache(_managers_here) if asks else tuple,
        look_at_items=_listing(asker, output),
        look_at_usual=functools.cache(_usual),
        look_for_file=_file,
        print_key=_printing(asker, output, runs=runs and not dry_run),
        look_at_sharers=lambda name, key, provider: _sharers(target, secret, name, key, provider),
        look_at_machine=_machine(target, edits=edits),
        look_at_slots=functools.cache(lambda: _slots_now(target, output)),
        edits=edits,
    )


def _machine(target: Target, *, edits: bool) -> Callable[[str, Mapping[str, str]], tuple[str, ...]]:
    """What this machine has for a cloud's setting, given what was answered before; in an edit also what files set."""

    @functools.cache
    def environ() -> Mapping[str, str]:
        from wizard.machine.in_force import in_force

        return in_force(target.around).effective.env if edits else os.environ

    def look(setting: str, answered: Mapping[str, str]) -> tuple[str, ...]:
        from wizard.clouds.vendors import here

        return here(setting, {**environ(), **answered}, target.around.home).values

    return look


def _behind(asker: Prompter | None, look: Callable[[], Seen]) -> InBackground[Seen]:
    """A look that begins as soon as a question is on the screen, or is waited for."""
    looking = InBackground(look)
    if asker is not None:
        asker.meanwhile(looking.begin)
    return looking


def _servers(asker: Prompter | None) -> dict[str, Any]:
    """The facts about the local servers that answer, by the ids of their presets; nobody waits long for one."""
    looking, logins = _behind(asker, _servers_here), _behind(asker, logins_here)
    return {
        "look_at_servers": functools.cache(lambda: looking.within(SERVER_SECONDS) or {}),
        "has_seen_servers": lambda: looking.is_over(SERVER_SECONDS) and logins.is_over(SERVER_SECONDS),
        "look_at_logins": functools.cache(lambda: logins.within(SERVER_SECONDS) or ()),
    }


def logins_here() -> tuple[Login, ...]:
    """What the Crush on PATH can sign in to."""
    crush = find_crush(os.environ)
    return tuple(map(login_of, login_platforms(crush.path, os.environ))) if crush.path else ()


def _servers_here() -> Mapping[str, str]:
    from wizard.machine.looking_around import local_servers

    return {server.preset: server.base_url for server in local_servers(os.environ)}


def _reference_in(text: str) -> str | None:
    from wizard.secrets.reference.known import reference_in

    return reference_in(text)


def _managers_here() -> tuple[Manager, ...]:
    """Those that are on PATH, or of these only the ones that a variable names."""
    from wizard.secrets.reference.known import found

    named = os.environ.get(MANAGERS)
    here = found(os.environ.get("PATH", "")) if named != "" else ()
    return tuple(it for it in here if named is None or it.id in named.split())


def _listing(asker: Prompter | None, output: Output) -> Callable[[Manager, Mapping[str, str]], tuple[Choice, ...]]:
    """Lists what a manager has, once. Why it can't is told: then its name is typed."""
    seen: dict[tuple[str, ...], tuple[Choice, ...]] = {}

    def listed(manager: Manager, fields: Mapping[str, str]) -> tuple[Choice, ...]:
        about = (manager.id, *fields.values())
        if about not in seen:
            seen[about] = _listed(manager, fields, asker, output)
        return seen[about]

    return listed


def _listed(manager: Manager, fields: Mapping[str, str], asker: Prompter | None, output: Output) -> tuple[Choice, ...]:
    from wizard.secrets.reference.items import items

    try:
        return items(manager, fields, asks=asker is not None, say=output.note)
    except SecretError as problem:
        output.warning(problem.message)
        if problem.hint:
            output.hint(problem.hint)
        return ()


def _usual(command: str) -> str:
    from wizard.secrets.reference.items import usual

    return usual(command)


def _file(path: str) -> str:
    """Commands run in the home folder; who types a name means the current one as well."""
    if (Path.home() / Path(path).expanduser()).is_file():
        return path
    return str(Path(path).absolute()) if Path(path).is_file() else ""


def _printing(asker: Prompter | None, output: Output, *, runs: bool) -> Callable[[str, str], str]:
    """Runs a command that prints a key, once."""

    @functools.cache
    def printed(name: str, command: str) -> str:
        if not runs:
            return ""
        from wizard.secrets.reference.running import value_of

        return value_of(name, command, asks=asker is not None, say=output.note)

    return printed


def _own_names(store: StoreName) -> frozenset[str]:
    """What the profile in force has a value of its own for; without a profile all that can be read."""
    return frozenset((*Index(folders.state()).own(store), *own_references()))


def _referred(store: StoreName) -> Mapping[str, str]:
    return {name: reference.command for name, reference in references_that_count(store).items()}


def _sharers(
    target: Target, secret: Callable[[str], str | None], name: str, key: str, provider: str
) -> tuple[str, ...]:
    """The other providers, in whatever file, that have another key under a name of the store."""
    from wizard.crush.usage import usage

    uses = usage(files_that_count(target.around)).of(name)
    others_ = tuple(dict.fromkeys(use.provider for use in uses if use.provider and use.provider != provider))
    return others_ if others_ and secret(name) not in (None, key) else ()


def selected_slots(target: Target) -> frozenset[str]:
    return frozenset(slot for slot in SLOTS for document in target.documents if document.may_select(slot))


def _slots_now(target: Target, output: Output) -> Mapping[str, SlotNow] | None:
    """What Crush takes for the slots; None where the target does not count here, or only Crush could tell."""
    from wizard.machine.in_force import in_force
    from wizard.trial.discovered import with_discovered

    around = with_discovered(in_force(target.around), output)
    found = around.effective
    counts = around.loaded.counts(target.path)
    if not counts or found.uncertain or any(problem.code in (*NOT_READ, *DOES_NOT_FIT) for problem in found.fatal):
        return None
    chosen = found.config.get("models", {})
    own = {slot: SlotNow(now.provider, now.model, False) for slot, now in found.selected.items() if now.model}
    kept = {slot: model for slot in chosen if (model := _chosen(slot, around)) is not None}
    return {**{slot: model for slot, model in own.items() if slot not in chosen}, **kept}


def _chosen(slot: str, found: InForce) -> SlotNow | None:
    """What files choose for a slot; None where there is no such provider any more. One without its key may get it."""
    chosen = found.effective.config["models"][slot]
    provider, model = str(chosen.get("provider") or ""), str(chosen.get("model") or "")
    is_known = provider in found.builtins or found.effective.provider(provider) is not None
    return SlotNow(provider, model, True) if is_known or not provider else None


def slots_of(target: Target, provider: str) -> dict[str, str]:
    """The models of a provider that slots have, by slot."""
    chosen = {slot: found for document in target.documents for slot in SLOTS if (found := document.selection(slot))}
    return {
        slot: str(selection.get("model", ""))
        for slot, selection in chosen.items()
        if selection.get("provider") == provider
    }


def existing_providers(target: Target) -> dict[str, Mapping[str, Any]]:
    return {id_: document.provider(id_) or {} for document in target.documents for id_ in document.provider_ids()}


def _presets(wanted: Raw | None, output: Output) -> Mapping[str, Preset]:
    """The wanted preset alone; all of them where it has to be chosen."""
    if wanted is None:
        return all_presets(output)
    preset = preset_here(str(wanted), output)
    return {preset.id: preset}


def _look_at_store(
    presets: Mapping[str, Preset],
    given: dict[str, Raw],
    remembered: StoreName | None,
    *,
    stored: frozenset[str],
    asker: Prompter | None,
    dry_run: bool,
    asks: bool,
    edits: bool,
) -> Callable[[], StoreFact]:
    """The store for keys, looked at only where a key may come; at once if one was given, else in the background."""
    source = given.get("key_source")
    chosen = source if source in STORES else remembered
    name = str(chosen or FIRST_CHOICE)
    is_in_use = chosen is not None or bool(stored)
    preset = presets.get(str(given.get("preset")))
    needless = preset is not None and preset.key.need == "none" and source is None and not edits
    if dry_run:
        return lambda: StoreFact(usable=name in STORES, name=name)
    keyless = edits and not asks and "key" not in given
    if needless or keyless or source in (NO_KEY, COMMAND, ENVIRONMENT) or not (asks or source):
        return lambda: StoreFact(usable=False, name=name, reason="not looked at", chosen=True)
    if source is None:
        return _behind(asker, lambda: _fact(open_with(asker, name).status(), name, chosen=is_in_use))
    fact = _fact(_writable(open_with(asker, name)), name, chosen=True)
    return lambda: fact


def _writable(store: SecretStore) -> StoreStatus:
    from wizard.secrets.choice import require_usable

    if store.name == ENVIRONMENT:
        raise StoreUnavailable("you chose to set the variables yourself", hint="name a store: --secret-store keyring")
    try:
        return require_usable(store)
    except (StoreLocked, StoreUnavailable) as error:
        if store.name == FIRST_CHOICE:
            instead = "to keep the key in an encrypted file: --secret-store file"
            locked = isinstance(error, StoreLocked)
            error.hint = (
                f"{UNLOCK_KEYRING}; {instead}" if locked else f"{instead}; to see why: crush-wizard secret status"
            )
        raise


def _fact(status: StoreStatus, name: str, *, chosen: bool) -> StoreFact:
    if name == ENVIRONMENT:
        return StoreFact(usable=False, name=name, reason="you chose to set the variables yourself", chosen=True)
    is_locked = status.locked and name == FIRST_CHOICE
    hint = UNLOCK_KEYRING if is_locked else status.hint  # another place is a choice beside it
    return StoreFact(status.usable, name, status.reason, hint, chosen, status.locked)


def _builtin_ids(preset: Preset) -> set[str]:
    """The providers that some Crush has built in, of those that a preset may set up."""
    choices = (choice.builtin for question in preset.questions for choice in question.choices)
    return {id_ for id_ in (preset.builtin, *choices) if id_}


def _own_catalogue(target: Target, crush: CrushProgram) -> OwnCatalogue:
    from wizard.crush.loading import load
    from wizard.machine.own_catalogue import own_catalogue

    return own_catalogue(load(target.around), target.path, crush)

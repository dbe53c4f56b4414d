"""The models of one provider: what the config, the endpoint, the presets and the catalogues say about them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard import folders
from wizard.catalog.matching import match
from wizard.errors import SecretError
from wizard.files.locations import catalog_folder
from wizard.flow.model_comparison import Compared, Heard, Listed, Word, compare, facts_in
from wizard.flow.offer import Known, Offer
from wizard.machine.absent import absence
from wizard.machine.provision import read
from wizard.machine.stores import open_with
from wizard.machine.unread import refuse_unread
from wizard.network.offline import is_offline
from wizard.private import Private
from wizard.provider.base_url import BaseUrl
from wizard.provider.model_facts import facts_about
from wizard.provider.types import TYPES
from wizard.trial.live import NotTellable, hide_secrets, live_in_force
from wizard.trial.offers import ask_endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.catalog.catalog import Catalog
    from wizard.catalog.matching import Match
    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.sources import Source
    from wizard.endpoints.listing import NotListed
    from wizard.endpoints.wire import Live
    from wizard.flow.driver import Asker
    from wizard.flow.preset import Preset, PresetModel
    from wizard.machine.in_force import InForce
    from wizard.provider.model_facts import ModelFacts
    from wizard.ui.output import Output


class Subject(Private, Struct, frozen=True):
    """The provider in question. `provider` None: a built-in that is not active here.

    `entries` are the models of the user's own files, in Crush's order; `has_entry`: a file mentions the provider.
    """

    id: str
    name: str
    type: str
    builtin: bool
    found: InForce
    provider: EffectiveProvider | None
    preset: Preset
    entries: tuple[Mapping[str, Any], ...]

    @property
    def base_url(self) -> str:
        """The template of its URL."""
        return str((self.provider.entry.get("base_url") if self.provider else "") or "")

    def sources_of(self, model_id: str) -> tuple[Source, ...]:
        """The places in files that list a model, the weakest first."""
        provider = self.provider
        if provider is None:
            return ()
        places = [index for index, entry in enumerate(self.entries) if entry.get("id") == model_id]
        found = (provider.value_source("models", index) for index in places)
        return tuple(source for source in found if source is not None)


class Models(Struct, frozen=True, dict=True):
    """All that is known; `offer` is what the endpoint answered, None where it was not asked."""

    subject: Subject
    offer: Offer | None

    @functools.cached_property
    def sayings(self) -> Sayings:
        return Sayings(self.subject, {model.id: model for model in self.offer.models} if self.offer else {})

    @functools.cached_property
    def compared(self) -> tuple[Compared, ...]:
        subject, sayings = self.subject, self.sayings
        complete = self.offer is not None and self.offer.complete
        return compare(
            subject.entries,
            _builtin_models(subject, sayings.catalog),
            Listed(sayings.offered, complete=complete) if sayings.offered else None,
            sayings.heard,
            left_to_server=sayings.left_to_server,
        )


def subject_of(provider_id: str, found: InForce) -> Subject:
    """Raises what `absence` says of an id that is neither in a file nor built in, InvalidConfig if a file is broken."""
    provider = found.effective.provider(provider_id)
    builtin = found.builtins.get(provider_id)
    if provider is not None:
        name, type_ = provider.name, provider.type
    elif builtin is not None:
        name, type_ = builtin.name, builtin.type
    else:
        refuse_unread(found)
        raise absence(provider_id, found)
    entry = found.effective.config.get("providers", {}).get(provider_id) or {}
    return Subject(
        id=provider_id,
        name=name,
        type=type_,
        builtin=provider.builtin if provider else True,
        found=found,
        provider=provider,
        preset=_preset(provider_id, entry),
        entries=tuple(entry.get("models") or ()),
    )


def _preset(provider_id: str, entry: Mapping[str, Any]) -> Preset:
    from wizard.flow.preset_library import load_presets, preset_for

    presets, _ = load_presets(folders.presets())
    return preset_for(entry, provider_id, presets)


def look(subject: Subject, output: Output, asker: Asker | None) -> Models:
    """Ask the endpoint; why it gives no list is a warning. Catalogues are looked into when it is needed."""
    offer = None if is_offline() else _ask(subject, output, asker)
    if offer is not None and offer.problem:
        output.warning(f"{subject.id} gives no list of its models: {offer.problem}")
        if offer.hint:
            output.hint(offer.hint)
    for note in offer.notes if offer else ():
        output.note(note)
    return Models(subject, offer)


def _builtin_models(subject: Subject, catalog: Catalog) -> tuple[ModelFacts, ...]:
    """What Crush brings along; as its own list says, or, where it has none here, as far as catalogues know."""
    if not subject.builtin:
        return ()
    provider = subject.provider
    if provider is not None and not provider.more_models:
        return tuple(map(facts_in, provider.models))
    known = (model.facts for model in catalog.models(subject.id))
    return tuple(model for model in known if model.chats is not False)


# What is said about models


class Sayings:
    """What endpoint, preset and catalogues say about the models of one provider."""

    def __init__(self, subject: Subject, offered: Mapping[str, ModelFacts]) -> None:
        self.offered = offered
        self._subject = subject
        self._curated = {one.model.id: one for one in subject.preset.models}

    @property
    def left_to_server(self) -> bool:
        """Whether Crush reads windows and limits of 0 from the server."""
        type_ = TYPES.get(self._subject.type)
        return type_ is not None and type_.reads_windows

    @functools.cached_property
    def catalog(self) -> Catalog:
        from wizard.catalog.catalog import open_catalog

        return open_catalog(catalog_folder(self._subject.found.around), folders.catalog())

    def heard(self, model_id: str) -> Heard:
        """The endpoint's word comes first; then the newer one of preset and catalogue."""
        words = [Word("endpoint", self.offered[model_id])] if model_id in self.offered else []
        match, curated = self._match(model_id), self._curated.get(model_id)
        certain = match is not None and not match.is_guess
        if curated is not None and not (match is not None and certain and self._is_newer(match)):
            words.append(self._word_of_preset(curated))
        if match is not None and certain:
            words.append(Word("catalogue", match.facts, _source(match)))
        guess = None
        if match is not None and not certain and curated is None:
            guess = Known(replace(match.facts, id=match.model_id), match.certainty, _source(match))
        return Heard(tuple(words), guess)

    def _match(self, model_id: str) -> Match | None:
        return match(self.catalog, self._subject.id, self._host, model_id)

    @functools.cached_property
    def _host(self) -> str:
        return BaseUrl(self._subject.base_url).host

    def _is_newer(self, match: Match) -> bool:
        checked = self._subject.preset.checked
        return checked is None or max((one.date for one in match.origins.values()), default="") > checked.isoformat()

    def _word_of_preset(self, curated: PresetModel) -> Word:
        preset = self._subject.preset
        when = f" of {preset.checked.isoformat()}" if preset.checked else ""
        return Word("preset", facts_about(curated.model, tools=curated.tools), f"preset {preset.id}{when}")


def _source(match: Match) -> str:
    sources = dict.fromkeys(f"{origin.name} of {origin.date}" for origin in match.origins.values())
    return ", ".join(sources) or match.provider


# Asking the endpoint


def _ask(subject: Subject, output: Output, asker: Asker | None) -> Offer | None:
    """None where there is nobody to ask: a provider that Crush does not use, or that has no list."""
    provider = subject.provider
    if provider is None or provider.status == "dropped" or subject.preset.listing == "none":
        return None
    try:
        live = _live(provider, subject.found, output, asker)
    except NotTellable as reason:
        return Offer(problem=str(reason))
    except SecretError as error:
        return Offer(problem=error.message, hint=error.hint)
    return _list(live, subject, output) if live.base_url else None


def _live(provider: EffectiveProvider, found: InForce, output: Output, asker: Asker | None) -> Live:
    """The provider with the keys of our store. Raises NotTellable, SecretError."""
    from wizard.machine.in_force import in_force, wanted_names

    names = wanted_names(found, {provider.id})
    if names:
        values = read(names, open_with(asker), output)
        provider = in_force(values=values, loaded=found.loaded).effective.provider(provider.id) or provider
    live = live_in_force(provider, {})
    hide_secrets((live,), output)
    return live


def _list(live: Live, subject: Subject, output: Output) -> Offer:
    from wizard.endpoints.listing import NotListed, Where

    where = Where(live.base_url, live.type, subject.preset.listing, live.headers, live.api_key, subject.id)
    try:
        found = ask_endpoint(where, output)
    except NotListed as none:
        return Offer(problem=str(none), hint=_hint(none))
    return Offer(found.models, notes=found.notes, complete=not found.truncated)


def _hint(none: NotListed) -> str:
    """How to reach the endpoint. An answer that takes its time has no cure here: only a test has a --timeout."""
    first = none.attempts[0].unreachable if none.attempts else None
    is_slow = first is not None and first.layer == "http" and first.code in ("timed-out", "too-slow")
    return first.hint if first and not is_slow else ""

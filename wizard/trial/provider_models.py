"""The models of one provider: what the config, the endpoint, the presets and the catalogues say about them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard import folders
from wizard.catalog.matching import known_model
from wizard.errors import SecretError
from wizard.files.history import History
from wizard.files.locations import catalog_folder
from wizard.flow.knowledge import Knowledge, known_about
from wizard.flow.model_comparison import Compared, ListedModels, compare, facts_in, is_own
from wizard.flow.offer import Offer
from wizard.machine.absent import absence
from wizard.machine.consent import Consent, NotAllowed
from wizard.machine.presets import all_presets
from wizard.machine.stores import open_reader
from wizard.machine.unread import refuse_unread
from wizard.network.offline import is_offline
from wizard.private import Private
from wizard.provider.builtins import UNPRICED, UNPRICED_MODELS
from wizard.provider.types import TYPES
from wizard.trial.live import reach
from wizard.trial.not_tellable import NotTellable
from wizard.trial.offers import ask_endpoint
from wizard.trial.signed_out import SignedOut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.catalog.catalog import Catalog
    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.sources import Source
    from wizard.endpoints.listing import NotListed
    from wizard.endpoints.wire import Live
    from wizard.flow.driver import Asker
    from wizard.flow.model_comparison import Difference
    from wizard.flow.preset import Preset
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
        """Its URL; empty where that can't be told."""
        return (self.provider.base_url.text if self.provider else "") or ""

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
    def offered(self) -> Mapping[str, ModelFacts]:
        return {model.id: model for model in self.offer.models} if self.offer else {}

    @functools.cached_property
    def catalog(self) -> Catalog:
        from wizard.catalog.catalog import open_catalog

        return open_catalog(catalog_folder(self.subject.found.around), folders.catalog())

    @functools.cached_property
    def written(self) -> Mapping[str, Mapping[str, float]]:
        """What the wizard wrote of what was known about these models, as far as it remembers."""
        return History(folders.backups()).facts().get(self.subject.id, {})

    def is_own(self, model_id: str, difference: Difference) -> bool:
        """Whether the person has set today's value: the wizard has written the model, and not this number."""
        return is_own(self.written, model_id, difference.field, difference.today)

    @property
    def left_to_server(self) -> bool:
        """Whether Crush reads windows and limits of 0 from the server."""
        type_ = TYPES.get(self.subject.type)
        return type_ is not None and type_.reads_windows

    @functools.cached_property
    def compared(self) -> tuple[Compared, ...]:
        subject = self.subject
        complete = self.offer is not None and self.offer.complete
        return compare(
            subject.entries,
            _builtin_models(subject, self.catalog),
            ListedModels(self.offered, complete=complete) if self.offered else None,
            self.knowledge,
            left_to_server=self.left_to_server,
        )

    def knowledge(self, model_id: str) -> Knowledge:
        """All that is known about a model."""
        return known_about(
            model_id,
            provider=self.subject.id,
            base_url=self.subject.base_url,
            preset=self.subject.preset,
            endpoint=self.offered.get(model_id),
            look_up=functools.partial(known_model, self.catalog),
        )


def subject_of(provider_id: str, found: InForce) -> Subject:
    """Raises what `absence` says of an id that is neither in a file nor built in, InvalidConfig if a file is broken."""
    from wizard.flow.preset_library import preset_for

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
        preset=preset_for(entry, provider_id, all_presets()),
        entries=tuple(entry.get("models") or ()),
    )


def look(
    subject: Subject,
    output: Output,
    asker: Asker | None,
    *,
    allow_hosts: bool = False,
    runs_commands: bool = False,
    allow_commands: bool = False,
) -> Models:
    """Ask the endpoint; why it gives no list is a warning. Catalogues are looked into when it is needed."""
    consent = Consent(output, asker, allow_hosts, runs_commands, allow_commands)
    offer = None if is_offline() else _ask(subject, asker, consent)
    if offer is not None and offer.problem:
        output.warning(f"{subject.id} does not list its models: {offer.problem}")
        if offer.hint:
            output.hint(offer.hint)
    for note in offer.notes if offer else ():
        output.note(note)
    return Models(subject, offer)


def _builtin_models(subject: Subject, catalog: Catalog) -> tuple[ModelFacts, ...]:
    """What Crush brings along; as its own list says, or, where it has none here, as far as catalogues know."""
    if not subject.builtin:
        return ()
    provider, listed = subject.provider, subject.found.catalogue(subject.id)
    if listed is not None:
        return tuple(map(facts_in, provider.models if provider else listed))
    known = (model.facts for model in catalog.models(subject.id))
    return tuple(_as_billed(subject.id, model) for model in known if model.chats is not False)


def _as_billed(provider: str, model: ModelFacts) -> ModelFacts:
    """Without prices where Crush has none: other catalogues tell what the same model costs outside a subscription."""
    is_priced = provider not in UNPRICED and (provider, model.id) not in UNPRICED_MODELS
    return model if is_priced else model.without_prices()


# Asking the endpoint


def _ask(subject: Subject, asker: Asker | None, consent: Consent) -> Offer | None:
    """None where there is nobody to ask: a provider that Crush does not use, or that has no list."""
    provider = subject.provider
    if provider is None or provider.status == "dropped" or subject.preset.listing == "none":
        return None
    to = reach((provider,), subject.found, lambda: open_reader(asker, consent.output), consent)
    match to.reasons.get(provider.id):
        case NotTellable() | SignedOut() | NotAllowed() as reason:
            return Offer(problem=str(reason), hint=reason.hint)
        case SecretError() as error:
            return Offer(problem=error.message, hint=error.hint)
    live = to.lives[provider.id]
    return _list(live, subject, consent.output) if live.base_url else None


def _list(live: Live, subject: Subject, output: Output) -> Offer:
    from wizard.endpoints.listing import NotListed, Where

    identity = (live.base_url, live.type, subject.preset.listing, live.headers, live.api_key, subject.id)
    where = Where(*identity, hyper_url=live.hyper_url)
    try:
        found = ask_endpoint(where, output)
    except NotListed as none:
        return Offer(problem=str(none), hint=_hint(none))
    return Offer(found.models, notes=found.notes, complete=not found.truncated)


def _hint(none: NotListed) -> str:
    """How to reach the endpoint. An answer that takes its time has no cure here: only a test has a --timeout."""
    first = none.first.unreachable if none.first else None
    is_slow = first is not None and first.layer == "http" and first.code in ("timed-out", "too-slow")
    return first.hint if first and not is_slow else ""

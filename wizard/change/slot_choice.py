"""Which model a slot is to have: named by the user or picked, and whether Crush will find it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.errors import AnswersMissing, UsageError, WizardError
from wizard.flow.model_comparison import facts_in
from wizard.flow.question import Kind, Question
from wizard.flow.slot_row import slot_row
from wizard.machine.absent import absence, only_running, placed_model, placed_provider, unseen
from wizard.machine.provider_state import way_out
from wizard.near import asked, did_you_mean
from wizard.provider.model_facts import by_id
from wizard.shown import command_line
from wizard.ui.place import at_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.loading import Uncertain
    from wizard.documents.document import Document
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.provider.model import Slot
    from wizard.provider.model_facts import ModelFacts
    from wizard.ui.output import Output


class WantedModel(Struct, frozen=True):
    """A model of a provider, as the user names them."""

    provider: str
    model: str

    @classmethod
    def parse(cls, text: str) -> WantedModel:
        """Split at the first slash: model ids have slashes of their own. Raises UsageError."""
        provider, slash, model = text.partition("/")
        if not (provider and slash and model):
            raise UsageError(
                f"{text!r} is not in the form PROVIDER/MODEL", hint="write it like groq/openai/gpt-oss-120b"
            )
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


class SlotChoice(Struct, frozen=True):
    """One choice, and what is in force before it."""

    slot: Slot
    wanted: WantedModel
    target: Target
    found: InForce
    output: Output

    @property
    def document(self) -> Document:
        return self.target.document_choosing(self.slot, self.wanted.provider)


def checked(wanted: WantedModel, found: InForce, output: Output) -> WantedModel:
    """The choice, if Crush will find it. Raises UsageError, or Conflict where a script may have the model."""
    provider = found.effective.provider(wanted.provider)
    if place := _deciding(wanted, provider, found):
        where = at_line(place.path, place.line)
        output.note(f"can't tell whether there is {wanted} without running {where} ({place.why})")
    elif _lacks_key_only(wanted, found):
        _refuse_unlisted(wanted, found)
    elif provider is None:
        raise _absent(wanted, found)
    elif not provider.kept:
        raise UsageError(f"Crush does not use {provider.id}: {provider.reason}", hint=way_out(provider, found))
    elif wanted.model not in provider.model_ids:
        _accept_unlisted(wanted, provider, found, output)
    return wanted


def _lacks_key_only(wanted: WantedModel, found: InForce) -> bool:
    """Whether Crush would have the model if its provider had its key; one that another provider has is that one's."""
    provider, builtin = found.effective.provider(wanted.provider), found.builtins.get(wanted.provider)
    if provider:
        return provider.status == "needs-key"
    return bool(builtin and builtin.key) and not _owners(wanted, found)


def _refuse_unlisted(wanted: WantedModel, found: InForce) -> None:
    """Raises UsageError for a model that is known not to be there."""
    provider = found.effective.provider(wanted.provider)
    listed = found.catalogue(wanted.provider) if provider is None or provider.more_models else provider.models
    ids = None if listed is None else [str(model.get("id")) for model in listed]
    if ids is not None and wanted.model not in ids:
        hint = did_you_mean(wanted.model, ids) or f"it has: {', '.join(ids[:8])}"
        raise UsageError(f"{wanted.provider} has no model {wanted.model!r}", hint=hint)


def _deciding(wanted: WantedModel, known: EffectiveProvider | None, found: InForce) -> Uncertain | None:
    """Where a crushrc adds the model, or may add a provider that has none that are known; None if it is known."""
    if known and known.kept and known.model_ids:
        return None if wanted.model in known.model_ids else placed_model(wanted.provider, wanted.model, found)
    return placed_provider(wanted.provider, found) or unseen(found)


def _accept_unlisted(wanted: WantedModel, provider: EffectiveProvider, found: InForce, output: Output) -> None:
    if not provider.more_models and (place := unseen(found)):
        what = f"whether {provider.id} has a model {wanted.model!r}"
        raise only_running(what, place, did_you_mean(wanted.model, provider.model_ids))
    if not provider.more_models:
        raise UsageError(f"{provider.id} has no model {wanted.model!r}", hint=_near_model(wanted.model, provider))
    who = "Crush asks its endpoint for models when it starts" if provider.discovers else "its list is not known here"
    output.note(f"{wanted.model} is not a configured model of {provider.id}; {who}")


def _absent(wanted: WantedModel, found: InForce) -> WizardError:
    """An unknown provider; the hint names one that has this model, if the id is not just mistyped."""
    why = absence(wanted.provider, found)
    owners = _owners(wanted, found)
    return UsageError(why.message, hint=asked(owners[:1])) if owners else why


def _owners(wanted: WantedModel, found: InForce) -> list[str]:
    """The same model at the providers in force that have it."""
    return [
        f"{provider.id}/{model}"
        for provider in found.effective.providers
        for model in (str(wanted), wanted.model)
        if provider.kept and model in provider.model_ids
    ]


def _near_model(model: str, provider: EffectiveProvider) -> str:
    from wizard.endpoints.diagnosis import closest

    close = closest(model, provider.model_ids)
    if close:
        return asked(f"{provider.id}/{model_id}" for model_id in close)
    return f"it has: {', '.join(provider.model_ids[:8])}" if provider.model_ids else "add models to it first"


def warn_of_state(wanted: WantedModel, found: InForce, output: Output) -> None:
    """Crush lets a slot name a provider that can't be used yet, and fails when it is asked something."""
    provider = found.effective.provider(wanted.provider)
    if _lacks_key_only(wanted, found) and not (provider and provider.kept):
        _warn_of_missing_key(wanted, provider, found, output)
        return
    if provider is None or provider.status == "ready":
        return
    if provider.status == "disabled":
        output.warning(f"{provider.id} is hidden, but Crush uses it if you choose it")
        output.hint(f"to show it again: {command_line('unhide', provider.id)}")
    else:
        output.warning(f"{provider.id} does not work yet: {provider.reason}")
        output.hint(way_out(provider, found))


def _warn_of_missing_key(
    wanted: WantedModel, provider: EffectiveProvider | None, found: InForce, output: Output
) -> None:
    """Without it Crush takes another model, and writes that into its own file, which outranks the choice."""
    if provider is None:
        why = absence(wanted.provider, found)
        output.warning(why.message)
        output.hint(why.hint)
    else:
        output.warning(f"{provider.id} does not work yet: {provider.reason}")
        output.hint(way_out(provider, found))
    output.note("until it has its key, Crush uses another model, and saves that choice: set the key first")


def _models_of(found: InForce) -> Iterator[tuple[str, ModelFacts]]:
    """Every model that Crush has and does not hide, as PROVIDER/MODEL."""
    for provider in found.effective.providers:
        for facts in by_id(map(facts_in, provider.models)).values() if provider.kept and not provider.is_hidden else ():
            yield f"{provider.id}/{facts.id}", facts


def pick(slot: Slot, found: InForce, asker: Asker | None) -> WantedModel:
    """Let the person pick. Raises AnswersMissing where nobody is there."""
    offered = dict(_models_of(found))
    if asker is None or not offered:
        raise AnswersMissing(
            f"no {slot} model is given, and {'this is not interactive' if offered else 'you have no models yet'}",
            hint=f"crush-wizard use {slot} PROVIDER/MODEL" if offered else "add one: crush-wizard add-provider",
        )
    now = found.effective.selected.get(slot)
    current = f"{now.provider}/{now.model}" if now else ""
    question = Question(
        key=slot,
        text=f"{slot.capitalize()} model",
        kind=Kind.CHOICE,
        flag="PROVIDER/MODEL",
        choices=tuple(
            slot_row(value, value.partition("/")[0], facts, "now" if value == current else "")
            for value, facts in offered.items()
        ),
        default=current if current in offered else next(iter(offered)),
    )
    return WantedModel.parse(str(asker.ask(question, can_go_back=False)))

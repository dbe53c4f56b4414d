"""What is known about the models that a tool names: Crush's catalogue stays as it is, and all else gets its facts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from wizard.flow.knowledge import SourceFacts, alike, taken_together
from wizard.flow.model_questions import SAFE_OUTPUT, SAFE_WINDOW
from wizard.flow.preset_library import SHIPPED, load_shipped
from wizard.provider.builtins import BUILTINS
from wizard.provider.model import Model
from wizard.provider.model_facts import PRICES, ModelFacts
from wizard.provider.types import TYPES
from wizard.shown import command_line
from wizard.transfer.origins.described import listed
from wizard.transfer.portable import machine_bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from wizard.flow.knowledge import CatalogMatch
    from wizard.transfer.profile import Profile, ProfileProvider

    LookUp = Callable[[str, str, str], CatalogMatch | None]
    """What catalogues know about a model: by the provider's id, its URL, the model's id."""
    Listed = Callable[[str], Sequence[Mapping[str, Any]] | None]
    """The models that Crush's own catalogue lists for a built-in; None where that is not known."""

_FACTS = frozenset(ModelFacts.__struct_fields__)
_USUAL_EFFORTS = ("low", "medium", "high")
"""What Crush's schema allows for a slot (crush-behaviour 2.3)."""


class Completed(Struct, frozen=True):
    """`notes` say in sentences what is not certain."""

    profile: Profile
    notes: tuple[str, ...]


def completed(profile: Profile, look_up: LookUp, in_crush: Listed) -> Completed:
    """The profile with what is known about its models.

    Of a built-in those are listed that Crush does not know, or that the tool says something else about: an entry takes
    the place of the whole one in Crush's catalogue (crush-behaviour 3.1).
    """
    completer = _Completer(look_up, in_crush)
    providers = tuple(completer.provider(provider, _chosen(profile, provider.id)) for provider in profile.providers)
    selected = {slot: completer.choice(slot, choice, providers) for slot, choice in profile.selected.items()}
    return Completed(replace(profile, providers=providers, selected=selected), tuple(completer.notes()))


def model_entry(facts: ModelFacts) -> dict[str, Any]:
    """Id, name, and what else is said, in the order of Crush's fields; `tools` is no field of it."""
    usual = {"default_max_tokens": facts.usual_answer, "default_reasoning_effort": facts.usual_effort}
    fields = {**asdict(facts), "name": facts.name or facts.id, **usual}
    entry = {name: fields[name] for name in Model.__struct_fields__ if fields.get(name) is not None and name != "tools"}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in entry.items()}


def _chosen(profile: Profile, provider: str) -> tuple[str, ...]:
    choices = (choice for choice in profile.selected.values() if choice["provider"] == provider)
    return tuple(dict.fromkeys(str(choice["model"]) for choice in choices))


class _Completer:
    def __init__(self, look_up: LookUp, in_crush: Listed) -> None:
        self._look_up = look_up
        self._in_crush = in_crush
        self._guessed: list[str] = []
        self._assumed: defaultdict[str, list[str]] = defaultdict(list)
        self._others: list[str] = []

    def notes(self) -> Iterator[str]:
        if self._guessed:
            yield f"not certain, but used: what is known of models of these names elsewhere: {listed(self._guessed)}"
        for provider, models in self._assumed.items():
            edit = command_line("edit-provider", provider)
            yield (
                f"no facts about {listed(models)}: a context window of {SAFE_WINDOW} tokens is assumed; "
                f"to change it: {edit} --set MODEL.context_window=N"
            )
        yield from self._others

    def provider(self, provider: ProfileProvider, chosen: Sequence[str]) -> ProfileProvider:
        said = {str(model["id"]): _facts(model) for model in provider.entry.get("models", ())}
        for model in (*chosen, *(() if said else _usual(provider))):
            said.setdefault(model, ModelFacts(model))
        kept = [facts for facts in said.values() if not self._is_known_to_crush(provider.id, facts)]
        models = [self._model(provider, facts) for facts in kept]
        entry = {name: value for name, value in provider.entry.items() if name != "models"}
        if any(not model.get("context_window") for model in models):
            entry["discover_models"] = True
        entry = {**entry, "models": models} if models else entry
        return replace(provider, entry=entry, machine_bound=machine_bound(entry))

    def _is_known_to_crush(self, provider: str, said: ModelFacts) -> bool:
        """Whether Crush's catalogue has the model, and the tool says nothing else about it."""
        if provider not in BUILTINS:
            return False
        models = self._in_crush(provider)
        if models is None:
            builtin = BUILTINS[provider]
            return said.id in (builtin.large, builtin.small) and not _says_anything(said)
        known = next((model for model in models if model.get("id") == said.id), None)
        return known is not None and not _differs(said, known)

    def _model(self, provider: ProfileProvider, said: ModelFacts) -> dict[str, Any]:
        facts = self._known(provider, said)
        if facts.context_window is None and not TYPES[str(provider.entry["type"])].reads_windows:
            self._assumed[provider.id].append(said.id)
            answer = facts.default_max_tokens or SAFE_OUTPUT
            facts = replace(facts, context_window=SAFE_WINDOW, default_max_tokens=answer)
        return model_entry(facts)

    def _known(self, provider: ProfileProvider, said: ModelFacts) -> ModelFacts:
        """What the tool says, over what is known for certain, over what is known of a model of that name."""
        found = self._look_up(provider.id, str(provider.entry.get("base_url", "")), said.id)
        if found is None:
            return said
        certain = found.certainty == "exact"
        facts = replace(found.facts if certain else found.facts.without_prices(), id=said.id)
        words = (SourceFacts("tool", said), SourceFacts("catalogue", facts, found.source))
        if not certain and said.context_window is None:
            self._guessed.append(said.id)
        return replace(taken_together(said.id, words).facts, name=said.name or facts.name)

    def choice(self, slot: str, choice: Mapping[str, Any], providers: Sequence[ProfileProvider]) -> Mapping[str, Any]:
        """The choice with an effort that the model has: Crush passes over any other."""
        effort = choice.get("reasoning_effort")
        provider = next((provider for provider in providers if provider.id == choice["provider"]), None)
        if effort is None or provider is None:
            return choice
        known = self._look_up(provider.id, str(provider.entry.get("base_url", "")), str(choice["model"]))
        levels = (known.facts.reasoning_levels if known else None) or _USUAL_EFFORTS
        if effort in levels:
            return choice
        self._others.append(
            f"the {slot} model {choice['model']}: its effort `{effort}` is left out, Crush knows: {', '.join(levels)}"
        )
        return {name: value for name, value in choice.items() if name != "reasoning_effort"}


def _facts(entry: Mapping[str, Any]) -> ModelFacts:
    """What a tool says about a model; a name that is the id says nothing."""
    facts = {name: value for name, value in entry.items() if name in _FACTS}
    levels = facts.get("reasoning_levels")
    said = {**facts, "reasoning_levels": tuple(levels)} if levels else facts
    return ModelFacts(**{**said, "name": None if entry.get("name") == entry["id"] else entry.get("name")})


def _says_anything(said: ModelFacts) -> bool:
    return any(value not in (None, 0) for name, value in asdict(said).items() if name not in ("id", "name", "tools"))


def _differs(said: ModelFacts, known: Mapping[str, Any]) -> bool:
    """Whether the tool says something else than Crush's catalogue. A longer answer than is usual is only possible."""
    numbers = [(getattr(said, name), known.get(name) or 0) for name in ("context_window", *PRICES)]
    answer = said.default_max_tokens
    return (
        any(value and not alike(value, there) for value, there in numbers)
        or bool(answer and answer < (known.get("default_max_tokens") or 0))
        or any(
            value is not None and value != bool(known.get(name))
            for name in ("can_reason", "supports_attachments")
            if (value := getattr(said, name)) is not None
        )
    )


def _usual(provider: ProfileProvider) -> tuple[str, ...]:
    """The models of a vendor that Crush does not bring along: what it would find by itself has no window."""
    if provider.id in BUILTINS or provider.id not in SHIPPED:
        return ()
    preset = load_shipped(provider.id)
    is_vendor = not preset.custom and not preset.local and provider.entry.get("base_url") == preset.base_url
    return tuple(preset.models) if is_vendor else ()

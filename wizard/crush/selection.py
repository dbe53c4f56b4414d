"""Which models Crush takes for its large and its small slot (crush-behaviour 7.1, 7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wizard.provider.model import Slot


Doubt = Literal["", "catalogue", "endpoint", "command"]
"""Whose list of models would tell whether a choice holds; or only running a command of the config would."""


class SlotModel(Struct, frozen=True):
    """A provider and one of its models. An empty model is known only when Crush starts and asks the endpoint."""

    provider: str
    model: str


class Selectable(Struct, frozen=True):
    """A provider that Crush holds. `more`: it may have other models, too, which an endpoint or a catalogue tells.

    `large` and `small` are a built-in's own defaults. `sure`: Crush holds it for certain.
    """

    id: str
    builtin: bool = False
    disabled: bool = False
    models: tuple[str, ...] = ()
    more: bool = False
    large: str = ""
    small: str = ""
    sure: bool = True

    def has(self, model: str) -> bool:
        """Whether the model may be there: letter case counts."""
        return self.more or model in self.models

    def doubt(self, model: str) -> Doubt:
        """Whose list would tell whether the model is there."""
        if not self.sure:
            return "command"
        if model in self.models or not self.more:
            return ""
        return "catalogue" if self.builtin else "endpoint"


class Defaults(Struct, frozen=True):
    """What Crush takes where nothing is selected. `missing` are default ids that the built-in's list lacks (W15)."""

    provider: Selectable
    large: SlotModel
    small: SlotModel
    missing: tuple[str, ...] = ()


class Resolved(Struct, frozen=True):
    """What a slot comes to. `configured` is what the files ask for, completed; None: they leave the slot open.

    `fallback` is what Crush would take instead; `falls_back`: it does, and writes that into its own file (7.3).
    `follows_large`: nothing is configured, and the default is no built-in's (W19). `doubt`: whose list of models
    would tell whether the choice holds; empty where that is known.
    """

    slot: Slot
    choice: SlotModel
    configured: SlotModel | None
    fallback: SlotModel
    falls_back: bool = False
    follows_large: bool = False
    doubt: Doubt = ""


def defaults(candidates: Sequence[Selectable]) -> Defaults | None:
    """The first built-in in the order given that is not disabled, else the custom provider of the smallest id.

    None without any, or where that provider has no models (F11).
    """
    enabled = [candidate for candidate in candidates if not candidate.disabled]
    builtins = [candidate for candidate in enabled if candidate.builtin]
    custom = sorted((candidate for candidate in enabled if not candidate.builtin), key=lambda candidate: candidate.id)
    first = next(iter([*builtins, *custom]), None)
    if first is None or not (first.models or first.more):
        return None
    missing = [model for model in (first.large, first.small) if first.builtin and not first.has(model)]
    return Defaults(first, _default(first, first.large), _default(first, first.small), tuple(dict.fromkeys(missing)))


def _default(provider: Selectable, model: str) -> SlotModel:
    if provider.builtin and provider.has(model):
        return SlotModel(provider.id, model)
    return SlotModel(provider.id, provider.models[0] if provider.models else "")


def resolve(
    selected: Mapping[str, Mapping[str, Any]],
    candidates: Sequence[Selectable],
    default: Defaults,
    open_ids: Iterable[str],
) -> tuple[Resolved, Resolved]:
    """What the large and the small slot come to. `open_ids` are providers that may be there, nobody knows how."""
    by_id = {known.id: known for known in candidates} | {name: Selectable(name, more=True) for name in open_ids}
    large = _resolved("large", selected.get("large"), by_id, default.large)
    small = _resolved("small", selected.get("small"), by_id, default.small)
    if small.configured is None and not default.provider.builtin:
        small = Resolved("small", large.choice, None, large.choice, follows_large=True, doubt=large.doubt)
    return large, small


def _resolved(
    slot: Slot, selected: Mapping[str, Any] | None, by_id: Mapping[str, Selectable], default: SlotModel
) -> Resolved:
    if selected is None:
        return Resolved(slot, default, None, default, doubt=by_id[default.provider].doubt(default.model))
    wanted = SlotModel(selected.get("provider") or default.provider, selected.get("model") or default.model)
    there = wanted.provider in by_id and by_id[wanted.provider].has(wanted.model)
    choice = wanted if there else default
    doubt = by_id[choice.provider].doubt(choice.model)
    return Resolved(slot, choice, wanted, default, falls_back=not there, doubt=doubt)

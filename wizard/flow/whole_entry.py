"""A provider that Crush mostly has built in, written whole: for a Crush that does not have it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from wizard.flow.knowledge import known_about
from wizard.provider.builtins import BUILTINS
from wizard.provider.login import meant_login
from wizard.provider.types import CLOUD_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wizard.flow.knowledge import CatalogMatch
    from wizard.flow.preset import Preset


def leaves_to_crush(provider_id: str, entry: Mapping[str, Any]) -> bool:
    """Whether an entry works only with a Crush that has the provider built in. One for a cloud always needs it, and
    so does one that Crush signs in to; one that hides the provider has nothing to work for.
    """
    builtin = BUILTINS.get(provider_id)
    if builtin is None or builtin.type in CLOUD_TYPES or meant_login(provider_id) or entry.get("disable") is True:
        return False
    return not (entry.get("base_url") and entry.get("models"))


def whole_entry(
    provider_id: str,
    entry: Mapping[str, Any],
    chosen: Iterable[str],
    preset: Preset,
    look_up: Callable[[str, str, str], CatalogMatch | None],
) -> dict[str, Any]:
    """The entry with all that it leaves to Crush: name, type, URL, the models of its preset and those that are chosen.

    It stays as it is where its preset has no URL.
    """
    preset = _of_choice(provider_id, preset)
    url, builtin = entry.get("base_url") or preset.base_url, BUILTINS[provider_id]
    if not url or "{" in url:
        return dict(entry)
    listed = list(entry.get("models") or ())
    there = {model.get("id") for model in listed}
    for model_id in dict.fromkeys((*(() if listed else preset.models), *chosen)):
        if model_id not in there:
            at = {"provider": provider_id, "base_url": preset.base_url or ""}
            known = known_about(model_id, **at, preset=preset, endpoint=None, look_up=look_up)
            listed.append(known.facts.model().entry())
    return {"name": builtin.name, "type": builtin.type, "base_url": url, **entry, "models": listed}


def _of_choice(provider_id: str, preset: Preset) -> Preset:
    """The preset with its choice (region, plan) that is this provider."""
    for question in preset.questions:
        for choice in question.choices:
            if choice.builtin == provider_id:
                return replace(
                    preset, base_url=choice.base_url or preset.base_url, models=choice.models or preset.models
                )
    return preset

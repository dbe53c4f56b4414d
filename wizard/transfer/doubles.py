"""Models that a provider lists twice, which Crush takes (crush-behaviour 1.4), and a profile does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from wizard.transfer.portable import LeftOut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wizard.transfer.portable import Portable
    from wizard.transfer.profile import ProfileProvider


def without_duplicates(ready: Portable) -> Portable:
    """The same with the first of several entries for a model, from which Crush takes its limits."""
    providers = tuple(_distinct(provider) for provider in ready.profile.providers)
    left = tuple(
        LeftOut(provider.id, "models", f"`{model}` is listed twice, and the first entry is taken")
        for provider in ready.profile.providers
        for model in _duplicates(provider.entry.get("models", ()))
    )
    return replace(ready, profile=replace(ready.profile, providers=providers), left=(*ready.left, *left))


def _distinct(provider: ProfileProvider) -> ProfileProvider:
    models = provider.entry.get("models", ())
    if not _duplicates(models):
        return provider
    first: dict[Any, Any] = {}
    for model in models:
        first.setdefault(model.get("id"), model)
    return replace(provider, entry={**provider.entry, "models": list(first.values())})


def _duplicates(models: Iterable[Mapping[str, Any]]) -> tuple[Any, ...]:
    """The ids that are there more than once, each named once."""
    seen: set[Any] = set()
    duplicates: dict[Any, None] = {}
    for model in models:
        if (model_id := model.get("id")) in seen:
            duplicates[model_id] = None
        seen.add(model_id)
    return tuple(duplicates)

"""What the Crush on PATH has built in: its cache, else the catalogue of its version, which it is asked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wizard.crush.builtin_rules import DISABLE_DEFAULTS
from wizard.crush.loading import is_switched_on
from wizard.flow.own_catalogue import OwnCatalogue, OwnProvider
from wizard.machine.in_force import known_to_crush
from wizard.provider.milestones import spelled
from wizard.provider.model_facts import by_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wizard.catalog.facts import CatalogProvider
    from wizard.crush.loading import Loaded
    from wizard.crush.program import CrushProgram


def own_catalogue(loaded: Loaded, path: Path | None, crush: CrushProgram) -> OwnCatalogue:
    """What an entry in the file at `path` need not say; None: in one that Crush reads here."""
    if crush.path is None:
        return OwnCatalogue(why_not="no Crush is installed")
    if path is not None and not loaded.counts(path):
        return OwnCatalogue(why_not="Crush does not read this file here")
    if is_switched_on(loaded, os.environ, DISABLE_DEFAULTS, "disable_default_providers"):
        return OwnCatalogue(why_not="Crush's own providers are off")
    found = known_to_crush(loaded, os.environ, crush.path)
    if not found:
        named = f"Crush {spelled(crush.version)}" if isinstance(crush.version, tuple) else "the Crush here"
        return OwnCatalogue(why_not=f"can't tell what {named} has built in")
    return OwnCatalogue({provider.id: _own(provider) for provider in found}, "the Crush here does not have it built in")


def _own(provider: CatalogProvider) -> OwnProvider:
    models: dict[str, Mapping[str, Any]] = {}
    for entry in provider.entries():
        models.setdefault(str(entry["id"]), entry)
    defaults = (provider.default_large_model_id, provider.default_small_model_id)
    return OwnProvider(
        provider.type,
        provider.api_endpoint,
        provider.default_headers,
        models,
        defaults,
        provider.name or provider.id,
        provider.api_key,
        by_id(provider.models),
    )

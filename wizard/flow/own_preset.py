"""The preset of a provider that only the Crush here has: what its own list tells. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.flow.preset import Preset, PresetKey
from wizard.provider.template import is_template, standing_for
from wizard.provider.types import CLOUD_TYPES, DEFAULT_BASES, TYPES

if TYPE_CHECKING:
    from wizard.flow.own_catalogue import OwnProvider


def preset_of(provider_id: str, own: OwnProvider) -> Preset | None:
    """None for what takes no key of a variable (a login, a cloud), and for what the list does not tell enough of."""
    variable = standing_for(own.key)
    url = DEFAULT_BASES.get(own.type) if is_template(own.endpoint) else own.endpoint
    if own.type not in TYPES or own.type in CLOUD_TYPES or not variable or not url:
        return None
    large, small = (model if model in own.models else None for model in (*own.defaults, "", "")[:2])
    return Preset(
        id=provider_id,
        name=own.name,
        description=f"{own.name}, built into Crush",
        type=own.type,
        base_url=url,
        builtin=provider_id,
        key=PresetKey(env=variable),
        models=tuple(own.models),
        facts=own.facts,
        large=large,
        small=small or large,
        facts_from="Crush's own list",
        source="crush",
    )

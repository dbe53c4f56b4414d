"""Which model is meant by a choice that names none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.doctor.examined import alike
from wizard.near import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.selected import Selected
    from wizard.doctor.examined import Examined


class MeantChoice(Struct, frozen=True):
    """`sure`: nothing else can be meant."""

    provider: str
    model: str
    sure: bool


def meant_choice(slot: Selected, examined: Examined) -> MeantChoice | None:
    """The model of a provider in force that a slot most likely means; None where nothing is near."""
    if slot.configured is None:
        return None
    wanted, own = slot.configured, examined.effective.provider(slot.configured.provider)
    candidates = [own] if own and own.kept else [other for other in examined.effective.providers if other.kept]
    spelled = tuple(_spelled_otherwise(candidates, wanted.provider, wanted.model))
    if len(spelled) == 1:
        return spelled[0]
    if own and own.kept and (close := nearest(wanted.model, own.model_ids)):
        return MeantChoice(own.id, close, sure=False)
    return None


def _spelled_otherwise(candidates: list[EffectiveProvider], provider_id: str, model_id: str) -> Iterator[MeantChoice]:
    """The models whose id differs in letter case, signs, or the provider in front of it."""
    for provider in candidates:
        is_named = not provider_id or alike(provider.id) == alike(provider_id)
        for known in provider.model_ids:
            if alike(known) == alike(model_id) or known == model_id.removeprefix(f"{provider.id}/"):
                yield MeantChoice(provider.id, known, sure=is_named)

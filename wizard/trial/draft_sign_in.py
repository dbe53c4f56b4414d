"""The sign-in of a cloud behind a provider that is about to be written, with the settings that it gets then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from wizard.clouds.vendors import sign_in_of
from wizard.machine.consent import Consent
from wizard.provider.types import CLOUD_TYPES
from wizard.trial.cloud_tools import handed_by_tools
from wizard.trial.clouds import signed_in
from wizard.trial.signed_out import OnlyTheirs, SignedOut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.endpoints.wire import Live
    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.ui.output import Output


def missing_sign_in(draft: Draft, entry: Mapping[str, Any]) -> SignedOut | None:
    """Why there is none, as far as files tell; None also where none is needed. `entry` as it will be."""
    key = str(entry.get("api_key") or "")
    if draft.provider.type not in CLOUD_TYPES and not key.startswith("$("):  # spares reading the files in force
        return None
    found = _found(draft)
    told = sign_in_of(draft.provider.type, key, found.effective.env, found.around.home)
    return SignedOut(told.problem, told.cure) if told and told.problem else None


def with_sign_in(live: Live, draft: Draft, output: Output, asker: Asker | None) -> Live:
    """The provider with a token, or with keys to sign with; one that needs no sign-in as it is.

    The cloud's own tool may be run for it. Raises SignedOut and NotTellable.
    """
    if live.type not in CLOUD_TYPES or live.api_key:
        return live
    found = _found(draft)
    try:
        return signed_in(live, found)
    except OnlyTheirs as reason:
        handed = handed_by_tools({live.id: reason}, found, Consent(output, asker, runs_commands=True))
        if live.id in handed.lives:
            return handed.lives[live.id]
        raise handed.reasons.get(live.id, reason) from None


def _found(draft: Draft) -> InForce:
    """What is in force, with what the draft sets for Crush."""
    from wizard.machine.in_force import in_force

    found = in_force()
    return replace(found, effective=replace(found.effective, env={**found.effective.env, **draft.env}))

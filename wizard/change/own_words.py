"""What the user writes into a folder's file is the user's word: it was agreed to with the diff."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from wizard.errors import WizardError
from wizard.files.locations import here
from wizard.machine.allowed import is_allowed
from wizard.machine.consent import remember
from wizard.machine.folder import folder_of, is_the_users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.crush.demands import Demand
    from wizard.files.plan import Plan
    from wizard.machine.in_force import InForce
    from wizard.ui.output import Output


@contextmanager
def remembered_as_own(plan: Plan, output: Output) -> Iterator[None]:
    """Around the write: nobody is asked later about a provider that only now comes into its files, or a new script.

    One that they had already may owe a part of what it is to somebody else; what was allowed of it stays so.
    """
    before = _found() if _changes_the_folders(plan) else None
    yield
    after = _found() if before else None
    if before and after:
        written = {edit.path for edit in plan.files if edit.after != edit.before}
        new = {edit.path for edit in plan.files if edit.before is None}
        known, allowed = _mentioned(before), {_said(demand) for demand in before.demands if is_allowed(demand)}
        remember(
            [
                demand
                for demand in after.demands
                if demand.path in written
                if demand.provider or demand.kind == "script"
                if _said(demand) in allowed or (demand.provider not in known if demand.provider else demand.path in new)
            ],
            output,
        )


def _changes_the_folders(plan: Plan) -> bool:
    around = here()
    return any(edit.format in ("json", "crushrc") and not is_the_users(edit.path, around) for edit in plan.files)


def _found() -> InForce | None:
    from wizard.machine.in_force import in_force

    try:
        return in_force()
    except WizardError:  # whoever needs it says so
        return None


def _mentioned(found: InForce) -> frozenset[str]:
    """The providers that the folder's files say something about."""
    files = folder_of(found.loaded).files
    return frozenset(
        provider.id
        for provider in found.effective.providers
        if any(source.path in files for source in provider.sources)
    )


def _said(demand: Demand) -> tuple[str, ...]:
    return demand.kind, demand.provider, demand.what, demand.host

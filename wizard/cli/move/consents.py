"""Consent to what a profile would run here, and to the hosts to which it would send keys of this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wizard import folders
from wizard.errors import Cancelled, Refused
from wizard.flow.question import Kind, Question
from wizard.machine.vendors import vendor_pairs
from wizard.secrets.index import Index
from wizard.secrets.reference.file import references
from wizard.secrets.settings import VALUES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wizard.files.plan import SecretEdit
    from wizard.flow.driver import Asker
    from wizard.machine.in_force import InForce
    from wizard.transfer.consent import Risk
    from wizard.ui.output import Output

FLAG = "--allow-commands"


class ConsentMissing(Refused):
    code = "consent-missing"


def risks_of(before: InForce, after: InForce, stored: Collection[SecretEdit]) -> tuple[Risk, ...]:
    """What is new with the plan. `stored` are the secrets whose values come with the profile."""
    from wizard.transfer.consent import risks

    held = _held_besides(stored)
    own = {*(before.effective.config.get("env") or {}), *(after.effective.config.get("env") or {})}

    def has_value(name: str) -> bool:
        return name in held or name in own or _is_set(name, before)

    found = risks(before.effective, after.effective, has_value)
    if any(risk.kind == "key" for risk in found):
        found = risks(before.effective, after.effective, has_value, frozenset(vendor_pairs()))
    return found


def _held_besides(stored: Collection[SecretEdit]) -> frozenset[str]:
    """The names in any of the stores, without the entries that get another value."""
    index = Index(folders.state())
    overwritten = {(edit.name, edit.store) for edit in stored}
    return frozenset(
        name for store in VALUES["secret_store"] for name in index.names(store) if (name, store) not in overwritten
    ) | frozenset(references())


def _is_set(name: str, before: InForce) -> bool:
    """Whether the environment has a value for it, also by Crush's prefix (crush-behaviour 4.4)."""
    names = (name, f"CRUSH_{name}")
    return any(os.environ.get(variable) or before.loaded.dotenv.get(variable) for variable in names)


def insist_on_consent(risks: Sequence[Risk], asker: Asker | None, output: Output, *, allowed: bool) -> None:
    """Raises ConsentMissing where nobody can be asked, and Cancelled for a no."""
    if asker is None and risks and not allowed:
        raise ConsentMissing(
            f"this needs your consent: {'; '.join(risk.what for risk in risks)}",
            hint=f"check each of these; if all of it is right, add {FLAG}",
        )
    for risk in risks:
        output.warning(risk.what)
    if asker is None or not risks or allowed:
        return
    output.present("needs_consent", [risk.report() for risk in risks])
    if not _agrees(asker):
        raise Cancelled


def _agrees(asker: Asker) -> bool:
    question = Question(
        key="allow", text="Allow all of this?", kind=Kind.CONFIRM, flag=FLAG, default=False, decision=True
    )
    return asker.ask(question, can_go_back=False) is True

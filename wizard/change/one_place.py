"""A secret is in one place: who stores a value gives up the reference of that name, and the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard import folders
from wizard.files.plan import Plan, SecretEdit
from wizard.secrets.index import Index
from wizard.secrets.reference.file import own_references, reference_edits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.files.plan import FileEdit


def reference_plan(command: str, wanted: Mapping[str, str]) -> Plan:
    """The plan of a command that makes references (a line for sh, by name) of secrets, whatever they were before."""
    from wizard.secrets.choice import in_use

    if not wanted:
        return Plan(command)
    store = in_use()
    stored = Index(folders.state()).own(store)
    secrets = tuple(SecretEdit(name, store, "delete") for name in wanted if name in stored)
    return Plan(command, reference_edits(wanted), secrets)


def dropped_references(plan: Plan) -> tuple[FileEdit, ...]:
    """What takes away the references whose names get a value with the plan."""
    stored = {edit.name for edit in plan.secrets if edit.action == "store"}
    return reference_edits(dict.fromkeys(stored.intersection(own_references()))) if stored else ()

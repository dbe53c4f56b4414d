"""What is in a profile, told for people and as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.errors import WizardError
from wizard.machine.profiles import KeptProfile, files_of, stored_secrets
from wizard.provider.model import SLOTS
from wizard.secrets.reference.file import REFERENCE, own_references

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.documents.document import Document
    from wizard.files.locations import ConfigFile
    from wizard.provider.model import Slot


class Contents(Struct, frozen=True):
    """`models` maps a slot to provider/model, `secrets` are store and name, `references` commands by the name of what
    they print. `problems`: files that can't be read.
    """

    profile: KeptProfile
    providers: tuple[str, ...]
    models: Mapping[Slot, str]
    secrets: tuple[tuple[str, str], ...]
    references: Mapping[str, str]
    problems: tuple[WizardError, ...]


def contents(profile: KeptProfile) -> Contents:
    read = tuple(map(_read, files_of(profile)))
    documents = [document for document in read if not isinstance(document, WizardError)]
    problems = [problem for problem in read if isinstance(problem, WizardError)]
    providers = dict.fromkeys(id_ for document in documents for id_ in document.provider_ids())
    models = {slot: named for document in documents for slot in SLOTS if (named := _selected(document, slot))}
    referred = _references(profile)
    problems += [referred] if isinstance(referred, WizardError) else []
    commands = {} if isinstance(referred, WizardError) else referred
    return Contents(profile, tuple(providers), models, stored_secrets(profile.name), commands, tuple(problems))


def _references(profile: KeptProfile) -> Mapping[str, str] | WizardError:
    try:
        return {name: reference.command for name, reference in own_references(profile.name).items()}
    except WizardError as problem:
        return problem


def _read(file: ConfigFile) -> Document | WizardError:
    from wizard.machine.target import open_document

    try:
        return open_document(file.path, file.format)
    except WizardError as problem:
        return problem


def _selected(document: Document, slot: Slot) -> str:
    chosen = document.selection(slot) or {}
    return f"{chosen.get('provider', '')}/{chosen['model']}" if chosen.get("model") else ""


def as_data(found: Contents, in_force: str) -> dict[str, Any]:
    return {
        "name": found.profile.name,
        "in_force": found.profile.name == in_force,
        "config": str(found.profile.config),
        "data": str(found.profile.data),
        "providers": list(found.providers),
        "models": dict(found.models),
        "secrets": [
            *({"name": name, "store": store} for store, name in found.secrets),
            *({"name": name, "store": REFERENCE, "command": command} for name, command in found.references.items()),
        ],
    }

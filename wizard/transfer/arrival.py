"""A profile meets the files of this machine: what is in the way, and the changes that follow from each decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from wizard.crush.builtin_rules import cloud_settings
from wizard.documents.document import Deselect, PutProvider, PutValue, SelectModel
from wizard.documents.json.syntax import same
from wizard.private import Private
from wizard.provider.builtins import BUILTINS
from wizard.provider.model import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wizard.documents.document import Change, Document
    from wizard.provider.model import Slot
    from wizard.transfer.profile import Profile, ProfileProvider

Decision = Literal["keep", "merge", "replace", "rename"]
DECISIONS: tuple[Decision, ...] = ("keep", "merge", "replace", "rename")


class TargetFiles(Protocol):
    """The one or two files of a scope that are edited together."""

    @property
    def documents(self) -> tuple[Document, ...]: ...

    def document_of(self, provider: str) -> Document:
        """The file that defines a provider, or the one for new ones."""

    def document_choosing(self, slot: Slot, provider: str) -> Document:
        """The file in which a slot is set so that it counts."""


class ProfileConflict(Private, Struct, frozen=True):
    """Something that both have, and not alike: a provider, or the choice for a slot. `subject` is its id or slot.

    `fields` are the names of what differs; `here` and `there` what each says, without models.
    """

    subject: str
    fields: tuple[str, ...]
    here: Mapping[str, Any]
    there: Mapping[str, Any]
    is_slot: bool = False


class Arrival(Struct, frozen=True):
    """The changes by document, and the new names of providers that come under another id."""

    changes: tuple[tuple[Document, tuple[Change, ...]], ...]
    renamed: Mapping[str, str]
    kept: tuple[str, ...]


def with_small_too(profile: Profile, place: TargetFiles) -> Profile:
    """What another tool's one model comes to, where nobody has chosen a small one: it did the short jobs, too.

    A built-in provider has a small model of its own.
    """
    large = profile.selected.get("large")
    if (
        large is None
        or "small" in profile.selected
        or large.get("provider") in BUILTINS
        or _chosen_here("small", place)
    ):
        return profile
    small = {name: large[name] for name in ("provider", "model")}
    return replace(profile, selected={**profile.selected, "small": small})


def clashes(profile: Profile, place: TargetFiles, *, exactly: bool = False) -> tuple[ProfileConflict, ...]:
    """What needs a decision. `exactly`: also where this machine only has more than the profile says."""
    providers = [clash for provider in profile.providers if (clash := _provider_clash(provider, place, exactly))]
    slots = [clash for slot in SLOTS if (clash := _slot_clash(slot, profile, place, exactly))]
    return (*providers, *slots)


def arrive(profile: Profile, place: TargetFiles, decisions: Mapping[str, Decision]) -> Arrival:
    """The changes. `decisions` are by the subject of each clash; what is in nobody's way needs none."""
    clashing = (provider for provider in profile.providers if decisions.get(provider.id) == "rename")
    renamed = {provider.id: _free_name(provider, profile, place) for provider in clashing}
    changes: dict[Document, list[Change]] = {}
    for provider in profile.providers:
        decision = decisions.get(provider.id, "merge")
        if decision != "keep":
            name = renamed.get(provider.id, provider.id)
            put = PutProvider(name, provider.entry, "replace" if decision == "replace" else "merge")
            changes.setdefault(place.document_of(name), []).append(put)
    for document, change in _selections(profile, place, decisions, renamed):
        changes.setdefault(document, []).append(change)
    kept = tuple(subject for subject, decision in decisions.items() if decision == "keep")
    return Arrival(tuple((document, tuple(wanted)) for document, wanted in changes.items()), renamed, kept)


def differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the fields in which two entries differ."""
    names = dict.fromkeys((*here, *there))
    return tuple(name for name in names if not same(here.get(name), there.get(name)))


def _provider_clash(provider: ProfileProvider, place: TargetFiles, exactly: bool) -> ProfileConflict | None:
    document = place.document_of(provider.id)
    here = document.provider(provider.id)
    if here is None or not _changes_anything(provider.id, provider.entry, document, exactly=exactly):
        return None
    return ProfileConflict(provider.id, differences(here, provider.entry), here, provider.entry)


def _changes_anything(provider: str, entry: Mapping[str, Any], document: Document, *, exactly: bool) -> bool:
    return bool(document.edits([PutProvider(provider, entry, "replace" if exactly else "merge")]))


def _slot_clash(slot: Slot, profile: Profile, place: TargetFiles, exactly: bool) -> ProfileConflict | None:
    there, here = profile.selected.get(slot), _chosen_here(slot, place)
    if there is None or not here.get("model"):
        return None
    fields = tuple(name for name in differences(here, there) if exactly or name in there)
    return ProfileConflict(slot, fields, here, there, is_slot=True) if fields else None


def _chosen_here(slot: Slot, place: TargetFiles) -> dict[str, Any]:
    """What both files together say about the slot, the stronger one over the weaker one (crush-behaviour 1.4)."""
    return {name: value for document in place.documents for name, value in (document.selection(slot) or {}).items()}


def _free_name(provider: ProfileProvider, profile: Profile, place: TargetFiles) -> str:
    """The first of ID-2, ID-3 ... that nobody has, or that is this provider from the last time."""
    taken = {other.id for other in profile.providers}
    number = 2
    while True:
        name = f"{provider.id}-{number}"
        document = place.document_of(name)
        free = document.provider(name) is None or not _changes_anything(name, provider.entry, document, exactly=False)
        if name not in taken and free:
            return name
        number += 1


def _selections(
    profile: Profile, place: TargetFiles, decisions: Mapping[str, Decision], renamed: Mapping[str, str]
) -> Iterator[tuple[Document, Change]]:
    for slot, selection in profile.selected.items():
        if decisions.get(slot) == "keep":
            continue
        provider = renamed.get(selection["provider"], selection["provider"])
        whole = {**selection, "provider": provider}
        yield from _choosing(slot, whole, place, exactly=decisions.get(slot) == "replace")


def _choosing(
    slot: Slot, selection: Mapping[str, Any], place: TargetFiles, *, exactly: bool
) -> Iterator[tuple[Document, Change]]:
    document = place.document_choosing(slot, str(selection["provider"]))
    if exactly:
        yield document, PutValue(("models", slot), dict(selection))
        yield from ((other, Deselect(slot)) for other in place.documents if _adds_to(slot, other, document))
    else:
        yield document, _selection(slot, selection, document.selection(slot) or {})


def _adds_to(slot: Slot, other: Document, document: Document) -> bool:
    """Whether a second file says something about the slot that would stay beside the choice."""
    return other is not document and bool(other.selection(slot))


def _selection(slot: Slot, selection: Mapping[str, Any], here: Mapping[str, Any]) -> Change:
    """The choice itself, and what else the profile says about the slot; what only this machine says stays."""
    if selection.keys() <= {"provider", "model"}:
        return SelectModel(slot, str(selection["provider"]), str(selection["model"]))
    return PutValue(("models", slot), {**here, **selection})


def only(profile: Profile, wanted: Sequence[str]) -> Profile:
    """The profile with no other providers than these, and the choices and secrets that go with them."""
    from wizard.transfer.portable import needed_secrets

    providers = tuple(provider for provider in profile.providers if provider.id in wanted)
    selected = {slot: selection for slot, selection in profile.selected.items() if selection.get("provider") in wanted}
    needed = cloud_settings(provider.id for provider in providers)
    env = {name: value for name, value in profile.env.items() if name in needed}
    return replace(profile, providers=providers, selected=selected, secrets=needed_secrets(providers), env=env)

"""A profile meets the files of a machine: nothing is lost that nobody gave up, and the second time there is nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.documents.json.document import JsonDocument
from wizard.files.edit import apply_edits
from wizard.transfer.arrival import DECISIONS, arrive, clashes, only
from wizard.transfer.profile import Profile, ProfileProvider

if TYPE_CHECKING:
    from wizard.documents.document import Document
    from wizard.provider.model import Slot
    from wizard.transfer.arrival import Decision


@dataclass(frozen=True)
class OneFile:
    """A scope with a single crush.json."""

    document: Document

    @property
    def documents(self) -> tuple[Document, ...]:
        return (self.document,)

    def document_of(self, _provider: str) -> Document:
        return self.document

    def document_choosing(self, _slot: Slot, _provider: str) -> Document:
        return self.document


def _file(value: dict[str, Any]) -> OneFile:
    return OneFile(JsonDocument(json.dumps(value), "crush.json"))


def _after(place: OneFile, profile: Profile, decisions: dict[str, Decision]) -> dict[str, Any]:
    arrival = arrive(profile, place, decisions)
    text = place.document.text or ""
    for document, changes in arrival.changes:
        text = apply_edits(text, document.edits(changes))
    value: dict[str, Any] = json.loads(text)
    return value


ids = st.sampled_from(["a", "b", "a-2"])
models: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"id": st.sampled_from(["m", "n"])}, optional={"name": st.sampled_from(["M", "N"])}
)
entries: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"base_url": st.sampled_from(["https://x.example", "https://y.example"])},
    optional={
        "api_key": st.sampled_from(["$A", "$B"]),
        "extra_headers": st.dictionaries(st.sampled_from(["X", "Y"]), st.sampled_from(["1", "2"])),
        "models": st.lists(
            models,
            unique_by=lambda model: str(model["id"]),
        ),
    },
)
choices: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"provider": ids, "model": st.sampled_from(["m", "n"])},
    optional={"think": st.just(True), "max_tokens": st.sampled_from([7, 8])},
)
slots: st.SearchStrategy[dict[Any, Any]] = st.fixed_dictionaries({}, optional={"large": choices, "small": choices})
files: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"providers": st.dictionaries(ids, entries)}, optional={"models": slots}
)
profiles = st.builds(
    lambda providers, selected: Profile(
        tuple(ProfileProvider(one, entry) for one, entry in providers.items()), selected, ()
    ),
    st.dictionaries(ids, entries),
    slots,
)


@settings(deadline=None)
@given(files, profiles, st.sampled_from(DECISIONS))
def test_the_second_time_there_is_nothing_to_do(file: dict[str, Any], profile: Profile, policy: Decision) -> None:
    def decided(place: OneFile) -> dict[str, Decision]:
        found = clashes(profile, place, exactly=policy == "replace")
        return {one.subject: "keep" if one.is_slot and policy == "rename" else policy for one in found}

    before = _file(file)
    after = _after(before, profile, decided(before))
    again = _file(after)
    assert _after(again, profile, decided(again)) == after


@settings(deadline=None)
@given(files, profiles)
def test_replacing_leaves_what_the_profile_says(file: dict[str, Any], profile: Profile) -> None:
    place = _file(file)
    after = _after(place, profile, {one.subject: "replace" for one in clashes(profile, place, exactly=True)})
    assert all(after["providers"][one.id] == one.entry for one in profile.providers)
    assert all(after["models"][slot] == said for slot, said in profile.selected.items())


@settings(deadline=None)
@given(files, profiles)
def test_keeping_and_renaming_leave_what_is_here(file: dict[str, Any], profile: Profile) -> None:
    place = _file(file)
    found = clashes(profile, place)
    for policy in ("keep", "rename"):
        decisions: dict[str, Decision] = {one.subject: "keep" if one.is_slot else policy for one in found}
        after = _after(place, profile, decisions)
        clashing = {one.subject for one in found if not one.is_slot}
        assert all(after["providers"][one] == file["providers"][one] for one in clashing)


def test_a_choice_follows_its_provider_to_the_new_name() -> None:
    entry = {"base_url": "https://new.example"}
    profile = Profile((ProfileProvider("a", entry),), {"small": {"provider": "a", "model": "m", "think": True}}, ())
    after = _after(_file({"providers": {"a": {"base_url": "https://old.example"}}}), profile, {"a": "rename"})
    assert after["providers"]["a-2"] == entry
    assert after["models"]["small"] == {"provider": "a-2", "model": "m", "think": True}


@pytest.mark.parametrize(("here", "clash"), [({}, False), ({"X": "1", "Y": "2"}, False), ({"X": "2"}, True)])
def test_having_more_is_no_conflict(here: dict[str, str], clash: bool) -> None:
    place = _file({"providers": {"a": {"extra_headers": here}}} if here else {})
    profile = Profile((ProfileProvider("a", {"extra_headers": {"X": "1"}}),), {}, ())
    assert bool(clashes(profile, place)) is clash


def test_a_part_of_a_profile_needs_its_own_secrets_only() -> None:
    two = tuple(ProfileProvider(one, {"api_key": f"${one.upper()}_KEY"}) for one in "ab")
    profile = Profile(two, {"large": {"provider": "a", "model": "m"}}, ("A_KEY", "B_KEY"))
    part = only(profile, ["b"])
    assert (part.secrets, dict(part.selected)) == (("B_KEY",), {})

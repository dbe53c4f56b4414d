"""What every change means, whatever the format of the file: one suite for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.documents.changes import made
from wizard.documents.crushrc.document import CrushrcDocument
from wizard.documents.document import (
    Deselect,
    DropValue,
    PutProvider,
    PutValue,
    RemoveModel,
    RemoveProvider,
    SelectModel,
)
from wizard.documents.json.document import JsonDocument
from wizard.documents.json.syntax import same
from wizard.files.edit import apply_edits, reverse_edits

if TYPE_CHECKING:
    from wizard.documents.document import Change

FORMATS: dict[str, type[JsonDocument | CrushrcDocument]] = {"json": JsonDocument, "crushrc": CrushrcDocument}
ENTRY = {
    "name": "A",
    "base_url": "https://a.example/v1",
    "extra_headers": {"X-One": "1", "X-Two": "$TWO"},
    "models": [{"id": "org/m", "name": "M", "context_window": 9}, {"id": "n", "name": "N"}],
}


@pytest.fixture(params=FORMATS)
def make(request: pytest.FixtureRequest) -> type[JsonDocument | CrushrcDocument]:
    return FORMATS[request.param]


def changed(document: JsonDocument | CrushrcDocument, *changes: Change) -> JsonDocument | CrushrcDocument:
    """The document after the changes; none of them changes anything a second time."""
    text = apply_edits(document.text or "", document.edits(changes))
    again = type(document)(text, document.path)
    assert again.edits(changes[-1:]) == ()
    return again


@pytest.fixture
def document(make: type[JsonDocument | CrushrcDocument]) -> JsonDocument | CrushrcDocument:
    return changed(
        make(None, "file"), PutProvider("a", ENTRY), PutProvider("b", {"name": "B"}), SelectModel("large", "a", "n")
    )


def test_a_model_is_removed_and_the_others_stay(document: JsonDocument | CrushrcDocument) -> None:
    after = changed(document, RemoveModel("a", "org/m"))
    assert after.provider("a") == {**ENTRY, "models": [{"id": "n", "name": "N"}]}
    assert after.provider("b") == {"name": "B"}
    assert after.selection("large") == {"provider": "a", "model": "n"}


def test_the_last_model_may_go(document: JsonDocument | CrushrcDocument) -> None:
    after = changed(document, RemoveModel("a", "n"), RemoveModel("a", "org/m"))
    entry = after.provider("a") or {}
    assert not entry.pop("models", [])
    assert entry == {key: value for key, value in ENTRY.items() if key != "models"}


@pytest.mark.parametrize(
    "change", [RemoveModel("a", "x"), RemoveModel("x", "n"), RemoveProvider("x"), Deselect("small")]
)
def test_what_is_not_there_is_no_edit(document: JsonDocument | CrushrcDocument, change: Change) -> None:
    assert document.edits([change]) == ()


def test_a_slot_is_left_open(document: JsonDocument | CrushrcDocument) -> None:
    after = changed(changed(document, SelectModel("small", "b", "x")), Deselect("large"))
    assert after.selection("large") is None
    assert after.selection("small") == {"provider": "b", "model": "x"}
    assert after.provider("a") == ENTRY


def test_a_whole_selection_is_put(document: JsonDocument | CrushrcDocument) -> None:
    selection = {"provider": "a", "model": "org/m", "think": True, "max_tokens": 5, "provider_options": {"x": [1]}}
    put = changed(document, PutValue(("models", "large"), selection))
    assert put.selection("large") == selection
    other = {"provider": "b", "model": "org/m", "max_tokens": 6, "temperature": 0.5}
    assert changed(put, PutValue(("models", "large"), other)).selection("large") == other


def test_single_values(document: JsonDocument | CrushrcDocument) -> None:
    put = changed(document, PutValue(("providers", "a", "api_key"), "$KEY"))
    assert put.provider("a") == {**ENTRY, "api_key": "$KEY"}
    assert changed(put, DropValue(("providers", "a", "api_key"))).provider("a") == ENTRY


def test_several_values_below_one_key_go_together(document: JsonDocument | CrushrcDocument) -> None:
    after = changed(document, DropValue(("providers", "a", "extra_headers"))).provider("a") or {}
    assert "extra_headers" not in after


def test_taking_all_of_it_out_leaves_nothing_of_ours(document: JsonDocument | CrushrcDocument) -> None:
    after = changed(document, RemoveProvider("a"), RemoveProvider("b"), Deselect("large"))
    assert after.provider_ids() == ()
    if after.format == "crushrc":
        assert after.text == ""


def test_edits_are_taken_back_exactly(document: JsonDocument | CrushrcDocument) -> None:
    edits = document.edits([RemoveModel("a", "n"), Deselect("large"), RemoveProvider("b")])
    text = document.text or ""
    assert apply_edits(apply_edits(text, edits), reverse_edits(text, edits)) == text


# Any changes, in both formats

ids = st.sampled_from(["a", "b", "-x", "it's", "$(id)", "# c", "ü *"])
model_ids = st.sampled_from(["m", "org/m:free", "it's", "$X", "--name", "#"])
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["$(touch x)", "`id`", "\r\n", "-", "'", '"', "\\", "a\nb"]
)
numbers = st.integers(0, 10**9)
models = st.fixed_dictionaries(
    {"id": model_ids}, optional={"name": texts, "context_window": numbers, "can_reason": st.booleans()}
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "name": texts,
        "api_key": texts,
        "extra_headers": st.dictionaries(texts, texts, min_size=1, max_size=2),
        "flat_rate": st.booleans(),
        "models": st.lists(models, min_size=1, max_size=3, unique_by=lambda model: str(model["id"])),
    },
)
slots = st.sampled_from(["large", "small"])
selections = st.fixed_dictionaries(
    {"provider": ids, "model": model_ids},
    optional={"think": st.just(True), "max_tokens": numbers, "reasoning_effort": texts},
)
changes = (
    made(PutProvider, ids, entries, st.sampled_from(["merge", "replace"]))
    | made(RemoveProvider, ids)
    | made(RemoveModel, ids, model_ids)
    | made(SelectModel, slots, ids, model_ids)
    | made(PutValue, st.tuples(st.just("models"), slots), selections)
    | made(Deselect, slots)
)


@settings(max_examples=80, deadline=None)
@given(st.lists(changes, max_size=5))
def test_both_formats_say_the_same_after_the_same_changes(wanted: list[Any]) -> None:
    told = []
    for make in FORMATS.values():
        document = make(None, "file")
        for change in wanted:
            document = make(apply_edits(document.text or "", document.edits([change])), "file")
        told.append(
            {
                "providers": {one: without_empty(document.provider(one)) for one in document.provider_ids()},
                "models": {slot: document.selection(slot) for slot in ("large", "small")},
            }
        )
    assert same(*told), told


def without_empty(entry: dict[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (entry or {}).items() if value != []}

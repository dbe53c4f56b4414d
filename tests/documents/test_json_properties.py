"""Random files in random hands: an edit does what was asked for, and nothing else."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.documents.changes import made
from wizard.documents.document import DropValue, PutProvider, PutValue, RemoveModel, RemoveProvider, SelectModel
from wizard.documents.json.document import JsonDocument
from wizard.documents.json.syntax import parse, same
from wizard.errors import InvalidConfig
from wizard.files.edit import apply_edits, reverse_edits

if TYPE_CHECKING:
    from random import Random

    from wizard.documents.document import Change

FIELDS = ("name", "base_url", "api_key", "disable")
MODEL_FIELDS = ("name", "context_window", "can_reason", "cost_per_1m_in")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(['"', "\\/", "{}", "😀"])
scalars = texts | st.integers(-(10**20), 10**20) | st.sampled_from([0.5, 1.0, -0.0, 1e22, True, False])
others = st.none() | scalars | st.lists(scalars, max_size=3) | st.dictionaries(texts, scalars, max_size=3)
unknown = st.dictionaries(st.sampled_from(["x-1", "x-2", "x-ü"]), others, max_size=2)
maps = st.dictionaries(st.sampled_from(["A", "a", "B", "k.v", "ü"]), scalars, max_size=3)
model_ids = st.sampled_from(["m1", "m2", "m/3"])
provider_ids = st.sampled_from(["groq", "local", "ü", "Groq"])


def in_any_case(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from([name, name, name, name.title(), name.upper()])


@st.composite
def objects(draw: st.DrawFn, fields: dict[str, st.SearchStrategy[Any]], *, canonical: bool = False) -> dict[str, Any]:
    """Some of the fields in any order, in the file's letter case or the canonical one, unknown keys among them."""
    chosen = draw(st.lists(st.sampled_from(sorted(fields)), unique=True))
    found = {(name if canonical else draw(in_any_case(name))): draw(fields[name]) for name in chosen}
    return found if canonical else dict(draw(st.permutations([*found.items(), *draw(unknown).items()])))


@st.composite
def models(draw: st.DrawFn, *, canonical: bool = False) -> dict[str, Any]:
    options = objects(dict.fromkeys(("temperature", "top_p"), scalars), canonical=canonical)
    model = draw(objects(dict.fromkeys(MODEL_FIELDS, scalars) | {"options": options}, canonical=canonical))
    return {("id" if canonical else draw(in_any_case("id"))): draw(model_ids)} | model


def entries(*, canonical: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    lists = (
        st.lists(models(canonical=True), max_size=3, unique_by=lambda model: model["id"])
        if canonical
        else st.lists(models() | st.none(), max_size=4) | st.none()
    )
    fields = dict.fromkeys(FIELDS, scalars) | {"extra_headers": maps, "extra_body": maps, "models": lists}
    return objects(fields, canonical=canonical)


slots = objects(dict.fromkeys(("provider", "model"), texts) | {"max_tokens": scalars})
files = objects(
    {
        "providers": st.none() | st.dictionaries(provider_ids, entries() | st.none(), max_size=4),
        "models": st.none() | st.dictionaries(st.sampled_from(["large", "small"]), slots | st.none()),
        "options": maps,
    }
)


@dataclass
class Hand:
    """A way to write JSON, chosen at random, and at random left on the way."""

    random: Random
    comma_first: bool
    newline: str
    unit: str
    colon: str

    def write(self, value: Any, indent: str = "") -> str:
        if isinstance(value, dict):
            parts = [self.text(k) + self.colon + self.write(v, indent + self.unit) for k, v in value.items()]
            return "{" + self.join(parts, indent) + "}"
        if isinstance(value, list):
            return "[" + self.join([self.write(child, indent + self.unit) for child in value], indent) + "]"
        return self.text(value) if isinstance(value, str) else self.number(value)

    def join(self, parts: list[str], indent: str) -> str:
        inner = self.newline + indent + self.unit
        if not parts:
            return self.random.choice(["", "", " ", inner])
        if not self.newline or self.random.random() < 0.2:
            blank = self.random.choice(["", " "])
            return blank + self.random.choice([",", ", "]).join(parts) + blank
        if self.comma_first:
            return " " + (inner + ", ").join(parts) + inner
        return inner + ("," + self.random.choice(["", " ", self.newline]) + inner).join(parts) + self.newline + indent

    def text(self, value: str) -> str:
        return '"' + "".join(map(self.char, value)) + '"'

    def char(self, char: str) -> str:
        plain = json.dumps(char, ensure_ascii=self.random.random() < 0.3)[1:-1]
        return f"\\u{ord(char):04X}" if ord(char) < 0x10000 and self.random.random() < 0.1 else plain

    def number(self, value: Any) -> str:
        plain = json.dumps(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
            return self.random.choice([plain, plain, plain + ".0", plain + "e0", plain + ".00E+0"])
        return plain


@st.composite
def hands(draw: st.DrawFn) -> Hand:
    return Hand(
        draw(st.randoms(use_true_random=False)),
        draw(st.booleans()),
        draw(st.sampled_from(["\n", "\n", "\r\n", ""])),
        draw(st.sampled_from(["  ", "    ", "\t", " ", ""])),
        draw(st.sampled_from([": ", ":", " : ", ":\t"])),
    )


@st.composite
def documents(draw: st.DrawFn) -> str:
    text = draw(hands()).write(draw(files))
    return draw(st.sampled_from(["", "\n", " \n"])) + text + draw(st.sampled_from(["", "\n", "\r\n\r\n"]))


def spelled(old: dict[str, Any], name: str) -> str:
    """The key under which Crush would find a field."""
    return next((key for key in old if key.lower() == name), name)


def inner(old: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under a field, made if need be."""
    key = spelled(old, name)
    if not isinstance(old.get(key), dict):
        old[key] = {}
    found: dict[str, Any] = old[key]
    return found


def merged(old: dict[str, Any], new: dict[str, Any], fields: bool = True) -> dict[str, Any]:
    """The rule of merging, on plain values."""
    result = deepcopy(old)
    for name, value in new.items():
        key = spelled(result, name) if fields else name
        before = result.get(key)
        if name == "models" and isinstance(before, list):
            result[key] = merged_models(before, value)
        elif isinstance(before, dict) and isinstance(value, dict):
            result[key] = merged(before, value, fields=name == "options")
        elif key not in result or not same(before, value):
            result[key] = value
    return result


def merged_models(old: list[Any], new: list[dict[str, Any]]) -> list[Any]:
    result = deepcopy(old)
    ids = [model and model[spelled(model, "id")] for model in old]
    for model in new:
        for place in [place for place, found in enumerate(ids) if found == model["id"]]:
            result[place] = merged(result[place], model)
    return result + [model for model in new if model["id"] not in ids]


def strictly(value: Any) -> str:
    """The value with its types and the order of its keys."""
    return json.dumps(value)


def deleted(text: str, document: JsonDocument, change: Any) -> list[str]:
    """What the edits of a change take away from the text, without white space around it."""
    taken = []
    for edit in document.edits([change]):
        taken.append(text[edit.offset : edit.offset + edit.length].strip())
        text = edit.apply(text)
    return taken


@settings(max_examples=150, deadline=None)
@given(documents(), provider_ids, entries(canonical=True))
def test_a_merge_is_exactly_the_intended_change(text: str, provider: str, entry: dict[str, Any]) -> None:
    document = JsonDocument(text, "crush.json")
    change = PutProvider(provider, entry)
    edits = document.edits([change])
    after = apply_edits(text, edits)

    expected = json.loads(text)
    providers = inner(expected, "providers") if edits else {}
    old = providers.get(provider)
    providers[provider] = merged(old, entry) if isinstance(old, dict) else entry
    assert strictly(json.loads(after)) == strictly(expected)
    assert JsonDocument(after, "crush.json").edits([change]) == ()
    assert apply_edits(after, reverse_edits(text, edits)) == text


@settings(max_examples=100, deadline=None)
@given(documents(), entries(canonical=True))
def test_adding_takes_nothing_away(text: str, entry: dict[str, Any]) -> None:
    document = JsonDocument(text, "crush.json")
    for taken in deleted(text, document, PutProvider("brand-new", entry)):
        assert taken in ("", "null") or taken.strip("{}").isspace() or taken == "{}"


@settings(max_examples=100, deadline=None)
@given(documents(), st.data())
def test_a_merge_takes_away_only_values_that_differ(text: str, data: st.DataObject) -> None:
    document = JsonDocument(text, "crush.json")
    ids = [key for key in document.provider_ids() if document.provider(key)]
    if not ids:
        return
    provider = data.draw(st.sampled_from(ids))
    name = data.draw(st.sampled_from(FIELDS))
    entry = document.provider(provider) or {}
    taken = deleted(text, document, PutProvider(provider, {name: "something else"}))
    old = [value for key, value in entry.items() if key.lower() == name]
    assert [json.loads(value) for value in taken if value] == old


@settings(max_examples=100, deadline=None)
@given(documents(), provider_ids, entries(canonical=True))
def test_a_replacement_swaps_one_entry(text: str, provider: str, entry: dict[str, Any]) -> None:
    change = PutProvider(provider, entry, "replace")
    edits = JsonDocument(text, "crush.json").edits([change])
    after = apply_edits(text, edits)

    expected = json.loads(text)
    providers = inner(expected, "providers") if edits else {}
    if edits:
        providers[provider] = entry
    assert strictly(json.loads(after)) == strictly(expected)
    assert same(JsonDocument(after, "f").provider(provider), entry)
    assert JsonDocument(after, "f").edits([change]) == ()
    assert apply_edits(after, reverse_edits(text, edits)) == text


def changes() -> st.SearchStrategy[Change]:
    """Of any kind, in entries that are there or not."""
    path = st.tuples(st.just("providers"), provider_ids, st.sampled_from(FIELDS))
    return st.one_of(
        made(PutProvider, provider_ids, entries(canonical=True), st.sampled_from(["merge", "replace"])),
        made(PutValue, path, scalars),
        made(DropValue, path),
        made(RemoveModel, provider_ids, model_ids),
        made(RemoveProvider, provider_ids),
        made(SelectModel, st.sampled_from(["large", "small"]), provider_ids, model_ids),
    )


@settings(max_examples=150, deadline=None)
@given(documents(), st.lists(changes(), max_size=6))
def test_many_changes_come_to_what_each_after_the_other_does(text: str, wanted: list[Change]) -> None:
    document = JsonDocument(text, "crush.json")
    edits = document.edits(wanted)
    after = apply_edits(text, edits)

    expected = text
    for change in wanted:
        expected = apply_edits(expected, JsonDocument(expected, "crush.json").edits([change]))
    assert strictly(json.loads(after)) == strictly(json.loads(expected))
    assert apply_edits(after, reverse_edits(text, edits)) == text
    assert document.edits(wanted) == edits
    assert [document.edits([change]) for change in wanted] == [
        JsonDocument(text, "crush.json").edits([change]) for change in wanted
    ]


@settings(max_examples=100, deadline=None)
@given(documents(), st.sampled_from(["large", "small"]), provider_ids, model_ids)
def test_a_selection_sets_two_fields(text: str, slot: Any, provider: str, model: str) -> None:
    change = SelectModel(slot, provider, model)
    edits = JsonDocument(text, "crush.json").edits([change])
    after = apply_edits(text, edits)

    expected = json.loads(text)
    chosen = inner(inner(expected, "models"), slot)
    chosen[spelled(chosen, "provider")] = provider
    chosen[spelled(chosen, "model")] = model
    assert strictly(json.loads(after)) == strictly(expected)
    assert JsonDocument(after, "f").edits([change]) == ()
    assert apply_edits(after, reverse_edits(text, edits)) == text


@settings(max_examples=100, deadline=None)
@given(documents(), provider_ids)
def test_removing_takes_one_entry_out(text: str, provider: str) -> None:
    edits = JsonDocument(text, "crush.json").edits([RemoveProvider(provider)])
    after = apply_edits(text, edits)

    expected = json.loads(text)
    (expected.get(spelled(expected, "providers")) or {}).pop(provider, None)
    assert strictly(json.loads(after)) == strictly(expected)
    assert apply_edits(after, reverse_edits(text, edits)) == text


@settings(max_examples=100, deadline=None)
@given(documents(), entries(canonical=True))
def test_removing_what_was_added_gives_the_file_back(text: str, entry: dict[str, Any]) -> None:
    document = JsonDocument(text, "crush.json")
    if not document.provider_ids():
        return
    added = apply_edits(text, document.edits([PutProvider("brand-new", entry)]))
    assert apply_edits(added, JsonDocument(added, "f").edits([RemoveProvider("brand-new")])) == text


@settings(max_examples=100, deadline=None)
@given(documents(), entries(canonical=True))
def test_line_ends_stay_of_one_kind(text: str, entry: dict[str, Any]) -> None:
    after = apply_edits(text, JsonDocument(text, "f").edits([PutProvider("brand-new", entry)]))
    body = text.strip()
    if "\r\n" in text and "\n" not in body.replace("\r\n", ""):
        assert after.strip().count("\n") == after.strip().count("\r\n")
    if "\n" not in body and json.loads(body):
        assert "\n" not in after.strip()


SAMPLE = '{"a": [1, -2.5e3, "x\\u00e9\\n", true, null],\n "b": {"c": {}, "d": []}, "e": ""}'
mutations = st.tuples(
    st.integers(0, len(SAMPLE)), st.integers(0, 2), st.text("{}[]\",:01-+.eE \n\t\\/'#utrnlx", max_size=2)
)


def is_json(text: str) -> bool:
    try:
        numbers = json.loads(text, parse_float=str, parse_int=str)
    except ValueError:
        return False
    return isinstance(numbers, dict)


@settings(max_examples=500, deadline=None)
@given(st.lists(mutations, min_size=1, max_size=3))
def test_what_is_refused_is_what_is_not_json(mutated: list[tuple[int, int, str]]) -> None:
    text = SAMPLE
    for start, length, new in mutated:
        text = text[:start] + new + text[start + length :]
    refused = refusal(text)
    assert is_json(text) == (refused is None or "too large" in refused.message)
    assert refused is None or (refused.line and refused.column and refused.hint)


def refusal(text: str) -> InvalidConfig | None:
    try:
        parse(text, "crush.json")
    except InvalidConfig as refused:
        return refused
    return None

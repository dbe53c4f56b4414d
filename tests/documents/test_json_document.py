"""Reading and changing crush.json: literal before, literal after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wizard.documents.document import Change, Document, PutProvider, RemoveProvider, SelectModel
from wizard.documents.json.document import JsonDocument
from wizard.documents.json.reading import JsonReading
from wizard.errors import InvalidConfig
from wizard.files.edit import apply_edits


def change(text: str | None, *changes: Change) -> str:
    """The text after the changes. Asking for them again must change nothing more."""
    document: Document = JsonDocument(text, "crush.json")
    after = apply_edits(text or "", document.edits(changes))
    assert JsonDocument(after, "crush.json").edits(changes) == ()
    return after


ENTRY: dict[str, Any] = {
    "type": "openai",
    "models": [{"id": "m", "cost_per_1m_in": 0.5, "reasoning_levels": ["low", "high"]}],
}

NEW_FILE = """\
{
  "$schema": "https://charm.land/crush.json",
  "providers": {
    "new": {
      "type": "openai",
      "models": [
        {
          "id": "m",
          "cost_per_1m_in": 0.5,
          "reasoning_levels": ["low", "high"]
        }
      ]
    }
  }
}
"""


@pytest.mark.parametrize("text", [None, ""])
def test_a_new_file_begins_with_its_schema(text: str | None) -> None:
    assert change(text, PutProvider("new", ENTRY)) == NEW_FILE


def test_no_change_makes_no_file() -> None:
    assert JsonDocument(None, "crush.json").edits([]) == ()
    assert JsonDocument(None, "crush.json").edits([RemoveProvider("new")]) == ()


def test_an_empty_object_grows_into_lines() -> None:
    assert change("{}\r\n", SelectModel("large", "p", "m")) == (
        '{\r\n  "models": {\r\n    "large": {\r\n      "provider": "p",\r\n      "model": "m"\r\n    }\r\n  }\r\n}\r\n'
    )


SMALL = {"type": "openai", "extra_headers": {"A": "b"}}

ADDED = [
    pytest.param(
        '{"a":1,"b":[1,2]}',
        '{"a":1,"b":[1,2],"providers":{"new":{"type":"openai","extra_headers":{"A":"b"}}}}',
        id="one tight line",
    ),
    pytest.param(
        '{ "a": 1 }\n',
        '{ "a": 1, "providers": {"new": {"type": "openai", "extra_headers": {"A": "b"}}} }\n',
        id="one wide line, one member",
    ),
    pytest.param(
        '{"a": 1}',
        '{"a": 1, "providers": {"new": {"type": "openai", "extra_headers": {"A": "b"}}}}',
        id="one line, nothing behind the bracket",
    ),
    pytest.param(
        '{\n  "providers": {}\n}\n',
        '{\n  "providers": {\n    "new": {\n      "type": "openai",\n      "extra_headers": {\n        "A": "b"\n'
        "      }\n    }\n  }\n}\n",
        id="empty providers",
    ),
    pytest.param(
        '{\n  "providers": null,\n  "x": 1.50\n}\n',
        '{\n  "providers": {\n    "new": {\n      "type": "openai",\n      "extra_headers": {\n        "A": "b"\n'
        '      }\n    }\n  },\n  "x": 1.50\n}\n',
        id="providers is null",
    ),
    pytest.param(
        '{\n\t"providers": {\n\t\t"a": {"type": "x"}\n\t}\n}',
        '{\n\t"providers": {\n\t\t"a": {"type": "x"},\n\t\t"new": {\n\t\t\t"type": "openai",\n'
        '\t\t\t"extra_headers": {\n\t\t\t\t"A": "b"\n\t\t\t}\n\t\t}\n\t}\n}',
        id="tabs, one provider, no final newline",
    ),
    pytest.param(
        '{\r\n    "providers": {\r\n        "a": {},\r\n\r\n        "b": {}\r\n    }\r\n}\r\n',
        '{\r\n    "providers": {\r\n        "a": {},\r\n\r\n        "b": {},\r\n\r\n        "new": {\r\n'
        '            "type": "openai",\r\n            "extra_headers": {\r\n                "A": "b"\r\n'
        "            }\r\n        }\r\n    }\r\n}\r\n",
        id="CRLF, four blanks, an empty line between providers",
    ),
    pytest.param(
        '{ "x": 1\n, "providers":\n  { "a": {}\n  , "b": {}\n  }\n}\n',
        '{ "x": 1\n, "providers":\n  { "a": {}\n  , "b": {}\n  , "new": { "type": "openai"\n'
        '    , "extra_headers": { "A": "b"\n      }\n    }\n  }\n}\n',
        id="comma first",
    ),
    pytest.param(
        '{ "providers":\n  { "a": {}\n  }\n, "x": 1\n}\n',
        '{ "providers":\n  { "a": {}\n  , "new": { "type": "openai"\n    , "extra_headers": { "A": "b"\n      }\n'
        '    }\n  }\n, "x": 1\n}\n',
        id="comma first, one provider",
    ),
    pytest.param(
        '{\n"x": 1,\n"providers": {\n"a": {\n"type": "x"\n}\n}\n}\n',
        '{\n"x": 1,\n"providers": {\n"a": {\n"type": "x"\n},\n"new": {\n"type": "openai",\n"extra_headers": {\n'
        '"A": "b"\n}\n}\n}\n}\n',
        id="no indent",
    ),
    pytest.param(
        '{\n  "providers": {"a": {"type": "x"}}\n}\n',
        '{\n  "providers": {"a": {"type": "x"}, "new": {"type": "openai", "extra_headers": {"A": "b"}}}\n}\n',
        id="providers on one line of many",
    ),
    pytest.param(
        '{\n  "x" : 1,\n  "providers" : {\n    "a" : {}\n  }\n}\n',
        '{\n  "x" : 1,\n  "providers" : {\n    "a" : {},\n    "new" : {\n      "type" : "openai",\n'
        '      "extra_headers" : {\n        "A" : "b"\n      }\n    }\n  }\n}\n',
        id="blanks on both sides of the colon",
    ),
]


@pytest.mark.parametrize(("before", "after"), ADDED)
def test_a_provider_is_added_in_the_hand_of_the_file(before: str, after: str) -> None:
    assert change(before, PutProvider("new", SMALL)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            '{\n  "providers": {"a": {\n    "models": [\n      {"id": "m"},\n      {"id": "n"}\n    ]\n  }}\n}',
            '{\n  "providers": {"a": {\n    "models": [\n      {"id": "m"},\n      {"id": "n"},\n'
            '      {"id": "o", "name": "O"}\n    ]\n  }}\n}',
            id="a line a model",
        ),
        pytest.param(
            '{\n"providers": {"a": {\n  "models": [{\n    "id": "m"\n  }, {\n    "id": "n"\n  }]\n}}\n}',
            '{\n"providers": {"a": {\n  "models": [{\n    "id": "m"\n  }, {\n    "id": "n"\n  }, {\n'
            '    "id": "o",\n    "name": "O"\n  }]\n}}\n}',
            id="brackets together, the outermost level without indent",
        ),
        pytest.param(
            '{\n  "providers": {\n    "a": {\n      "models": []\n    }\n  }\n}',
            '{\n  "providers": {\n    "a": {\n      "models": [\n        {\n          "id": "o",\n'
            '          "name": "O"\n        }\n      ]\n    }\n  }\n}',
            id="no model yet",
        ),
    ],
)
def test_a_model_is_added_in_the_hand_of_its_list(before: str, after: str) -> None:
    assert change(before, PutProvider("a", {"models": [{"id": "o", "name": "O"}]})) == after


HAND_WRITTEN = """\
{
  "providers": {
    "a": {
      "Base_URL": "http:\\/\\/old",
      "apiKey": "ignored by Crush",
      "extra_headers": {"X-A": "1", "x-a": "2"},
      "models": [
        { "id": "m", "cost_per_1m_in": 1.50, "context_window": 1e5, "vendor": {"x": 0.10} },
        { "id": "n" },
        null
      ],
      "disable": false
    },
    "b": {"api_key": "$B"}
  },
  "options": {"debug": true}
}
"""


def test_merging_changes_what_differs_and_nothing_else() -> None:
    entry = {
        "base_url": "http://new",
        "disable": False,
        "extra_headers": {"X-A": "3", "X-B": "4"},
        "models": [
            {"id": "m", "cost_per_1m_in": 1.5, "context_window": 100000, "can_reason": True},
            {"id": "o", "cost_per_1m_in": 0},
        ],
        "name": "A",
    }
    assert change(HAND_WRITTEN, PutProvider("a", entry)) == HAND_WRITTEN.replace(
        '"http:\\/\\/old"', '"http://new"'
    ).replace('{"X-A": "1", "x-a": "2"}', '{"X-A": "3", "x-a": "2", "X-B": "4"}').replace(
        '"vendor": {"x": 0.10} }', '"vendor": {"x": 0.10}, "can_reason": true }'
    ).replace(
        "        null\n      ],",
        '        null,\n        {\n          "id": "o",\n          "cost_per_1m_in": 0\n        }\n      ],',
    ).replace('"disable": false\n', '"disable": false,\n      "name": "A"\n')


def test_a_model_that_is_there_twice_is_changed_twice() -> None:
    before = '{"providers":{"a":{"models":[{"id":"m","name":"1"},{"ID":"m"}]}}}'
    after = '{"providers":{"a":{"models":[{"id":"m","name":"2"},{"ID":"m","name":"2"}]}}}'
    assert change(before, PutProvider("a", {"models": [{"id": "m", "name": "2"}]})) == after


@pytest.mark.parametrize(("old", "new"), [("1", True), ("true", 1), ('"1"', 1), ("null", 0), ("0", False)])
def test_values_of_another_type_are_not_equal(old: str, new: object) -> None:
    after = change('{"providers":{"a":{"x":' + old + "}}}", PutProvider("a", {"x": new}))
    assert type(JsonDocument(after, "f").value["providers"]["a"]["x"]) is type(new)


@pytest.mark.parametrize("old", ["1", "1.0", "1e0", "10E-1"])
def test_another_spelling_of_the_same_number_stays(old: str) -> None:
    before = '{"providers":{"a":{"x":' + old + "}}}"
    assert change(before, PutProvider("a", {"x": 1})) == before


def test_a_field_is_added_in_the_hand_of_its_entry() -> None:
    before = '{\n  "z": 1,\n  "providers": {\n    "a": {"x":1,"y":2}\n  }\n}\n'
    after = '{\n  "z": 1,\n  "providers": {\n    "a": {"x":1,"y":2,"name":"A"}\n  }\n}\n'
    assert change(before, PutProvider("a", {"name": "A"})) == after


def test_replacing_swaps_the_entry_in_its_place() -> None:
    before = '{\n  "providers": {\n    "a": {"x": 1},\n    "b": {}\n  }\n}\n'
    after = '{\n  "providers": {\n    "a": {\n      "type": "openai"\n    },\n    "b": {}\n  }\n}\n'
    assert change(before, PutProvider("a", {"type": "openai"}, "replace")) == after


def test_a_selection_keeps_what_else_its_slot_says() -> None:
    before = '{\n  "Models": {\n    "large": { "model": "old", "max_tokens": 9e3, "Provider": "p" }\n  }\n}\n'
    after = '{\n  "Models": {\n    "large": { "model": "new", "max_tokens": 9e3, "Provider": "q" }\n  }\n}\n'
    assert change(before, SelectModel("large", "q", "new")) == after


def test_several_changes_at_once() -> None:
    changes: list[Change] = [
        PutProvider("a", {"type": "x"}),
        PutProvider("b", {"type": "y"}),
        SelectModel("small", "b", "m"),
    ]
    assert change('{"z":0}', *changes) == (
        '{"z":0,"providers":{"a":{"type":"x"},"b":{"type":"y"}},"models":{"small":{"provider":"b","model":"m"}}}'
    )


@pytest.mark.parametrize(
    ("provider", "after"),
    [
        ("a", '{\n  "providers": {\n    "b": {},\n    "c": {}\n  }\n}'),
        ("b", '{\n  "providers": {\n    "a": {},\n    "c": {}\n  }\n}'),
        ("c", '{\n  "providers": {\n    "a": {},\n    "b": {}\n  }\n}'),
        ("d", '{\n  "providers": {\n    "a": {},\n    "b": {},\n    "c": {}\n  }\n}'),
    ],
)
def test_a_provider_is_taken_out_with_its_comma(provider: str, after: str) -> None:
    before = '{\n  "providers": {\n    "a": {},\n    "b": {},\n    "c": {}\n  }\n}'
    assert change(before, RemoveProvider(provider)) == after


def test_the_last_provider_leaves_an_empty_object() -> None:
    assert change('{\n  "providers": {\n    "a": {}\n  }\n}', RemoveProvider("a")) == '{\n  "providers": {}\n}'


@pytest.mark.parametrize("before", ['{"providers": {"a": {"name": "A"}}}', '{"providers": {"a": null}}'])
def test_one_that_is_taken_out_can_come_again(before: str) -> None:
    edits = JsonDocument(before, "crush.json").edits([RemoveProvider("a"), PutProvider("a", {"name": "B"}, "replace")])
    assert json.loads(apply_edits(before, edits)) == {"providers": {"a": {"name": "B"}}}


def test_strings_are_written_so_that_they_can_be_seen() -> None:
    name = 'ü"\\/\n\x1b\x7f\u2028\u202e\ud800😀'
    after = change("{}", PutProvider("a", {"name": name}))
    assert r'"ü\"\\/\n\u001b\u007f\u2028\u202e\ud800😀"' in after
    assert JsonDocument(after, "f").provider("a") == {"name": name}


def test_numbers_that_json_cannot_spell_are_not_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        JsonDocument("{}", "f").edits([PutProvider("a", {"x": float("nan")})])


def test_reading() -> None:
    document = JsonDocument(HAND_WRITTEN, "crush.json")
    assert document.provider_ids() == ("a", "b")
    assert document.provider("b") == {"api_key": "$B"}
    assert document.provider("c") is None
    assert document.selection("large") is None
    assert document.position(("providers", "b")) == (14, 5)
    assert document.position(("providers", "a", "base_url")) == (4, 7)
    assert document.position(("providers", "a", "models", 1)) == (9, 9)
    assert document.position(("providers", "a", "models", 7)) is None
    assert document.position(("providers", "a", "extra_headers", "x-a")) == (6, 37)
    assert document.position(("models", "large")) is None


def test_an_absent_file_has_nothing() -> None:
    document = JsonDocument(None, "crush.json")
    assert (document.value, document.provider_ids(), document.selection("small")) == ({}, (), None)


def test_the_selection_of_a_slot() -> None:
    document = JsonDocument('{"models": {"large": {"provider": "p", "model": "m", "think": true}}}', "f")
    assert document.selection("large") == {"provider": "p", "model": "m", "think": True}


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ('{"providers": []}', "1:15", "`providers` is a list, not an object"),
        ('{"models": [1]}', "1:12", "`models` is a list, not an object"),
        ('{"Models": "x"}', "1:12", "`models` is a string, not an object"),
        ('{"models": {"large": "m"}}', "1:22", "`models.large` is a string, not an object"),
        ('{"providers":\n {"a": {}, "b": true}}', "2:17", "`providers.b` is a boolean, not an object"),
        ('{"providers": {"\\u001b[2J": 1}}', "1:29", "`providers.\\u001b[2J` is a number, not an object"),
        ('{"providers": {"a": {"models": {}}}}', "1:32", "`providers.a.models` is an object, not a list"),
        ('{"providers": {"a": {"Models": ["m"]}}}', "1:33", "`providers.a.models.0` is a string, not an object"),
        ('{"providers": {},\n "providers": {}}', "2:2", 'the key "providers" is here twice'),
        ('{"providers": {}, "Providers": {}}', "1:19", 'the key "Providers" is here twice'),
        ('{"models": {}, "\\u006dodels": {}}', "1:16", 'the key "models" is here twice'),
        ('{"providers": {"a": {}, "a": {}}}', "1:25", 'the key "a" is here twice'),
        ('{"models": {"large": {}, "large": {}}}', "1:26", 'the key "large" is here twice'),
    ],
)
def test_what_would_make_an_edit_a_guess_is_refused(text: str, where: str, message: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        JsonDocument(text, "crush.json")
    assert (refused.value.where, refused.value.message) == (f"crush.json:{where}", message)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"providers": {"a": {"name": "1", "name": "2"}}}', "1:35"),
        ('{"providers": {"a": {"base_url": "1", "Base_URL": "2"}}}', "1:39"),
        ('{"providers": {"a": {"models": [{"id": "m", "ID": "n"}]}}}', "1:45"),
        ('{"providers": {"a": {"extra_headers": {"A": "1", "A": "2"}}}}', "1:50"),
    ],
)
def test_double_keys_matter_in_the_entry_that_is_edited(text: str, where: str) -> None:
    document = JsonDocument(text, "crush.json")
    assert document.edits([PutProvider("b", SMALL)])
    with pytest.raises(InvalidConfig, match="here twice") as refused:
        document.edits([PutProvider("a", SMALL)])
    assert refused.value.where == f"crush.json:{where}"


def test_letter_case_tells_ids_and_headers_apart() -> None:
    before = '{"providers":{"A":{},"a":{"extra_headers":{"x":"1","X":"2"}}}}'
    after = '{"providers":{"A":{},"a":{"extra_headers":{"x":"3","X":"2"}}}}'
    assert change(before, PutProvider("a", {"extra_headers": {"x": "3"}})) == after


def test_null_is_as_good_as_absent() -> None:
    before = '{"providers":{"a":null},"models":{"large":null}}'
    after = '{"providers":{"a":{"type":"x"}},"models":{"large":{"provider":"a","model":"m"}}}'
    assert change(before, PutProvider("a", {"type": "x"}), SelectModel("large", "a", "m")) == after


def test_what_stands_again_is_lost_and_can_go() -> None:
    text = '{"a": {"x": 1, "x": 2}, "b": 1,\n "a": [{"y": 1, "y": 2, "y": 3}]}'
    doubles = JsonReading(text.encode(), Path("crush.json")).doubles()
    assert [(double.key_path, double.place, double.kept) for double in doubles] == [
        (("a",), (1, 2), (2, 2)),
        (("a", 0, "y"), (2, 9), (2, 25)),
        (("a", 0, "y"), (2, 17), (2, 25)),
    ]
    for double in reversed(doubles):
        text = text[: double.start] + text[double.end :]
    assert text == '{"b": 1,\n "a": [{"y": 3}]}'

"""The primitive edits on any key of a file."""

from __future__ import annotations

import pytest

from wizard.documents.json.draft import JsonDraft
from wizard.files.edit import apply_edits

TEXT = '{\n  "options": {"debug": true},\n  "lsp": [1, [2, 3]]\n}\n'


def test_put_makes_the_objects_on_its_way() -> None:
    draft = JsonDraft(TEXT, "f")
    draft.put(("options", "tui", "compact"), True)
    draft.put(("mcp", "m", "args"), ["a"])
    assert draft.text == (
        '{\n  "options": {"debug": true, "tui": {"compact": true}},\n  "lsp": [1, [2, 3]],\n'
        '  "mcp": {\n    "m": {\n      "args": ["a"]\n    }\n  }\n}\n'
    )


def test_put_finds_an_option_in_any_letter_case() -> None:
    draft = JsonDraft(TEXT, "f")
    draft.put(("options", "Debug"), False)
    assert draft.text == TEXT.replace("true", "false")


def test_elements_of_lists_are_set_appended_and_dropped() -> None:
    draft = JsonDraft(TEXT, "f")
    draft.put(("lsp", 1, 0), {"x": None})
    draft.append(("lsp", 1), [4, "five"])
    draft.drop(("lsp", 0))
    assert draft.text == TEXT.replace("[1, [2, 3]]", '[[{"x": null}, 3, 4, "five"]]')


def test_the_edits_tell_how_the_text_came_about() -> None:
    draft = JsonDraft(TEXT, "f")
    draft.drop(("options",))
    draft.put(("a",), 1)
    assert apply_edits(TEXT, draft.edits) == draft.text == '{\n  "lsp": [1, [2, 3]],\n  "a": 1\n}\n'


def test_nothing_is_put_or_appended_where_there_is_no_list() -> None:
    draft = JsonDraft(TEXT, "f")
    with pytest.raises(KeyError):
        draft.put(("lsp", 2), 1)
    with pytest.raises(KeyError):
        draft.append(("options",), [1])
    assert draft.edits == []


def test_elements_are_changed_from_the_back() -> None:
    draft = JsonDraft('{"a": [{"n": 1}, null, {"n": 3, "m": {}}], "b": 2}', "f")
    for index in draft.backwards(("a",)):
        if index != 1:
            draft.put(("a", index, "n"), 10 * index)
            draft.put(("a", index, "m", "new"), [index])
    draft.put(("b",), 3)
    assert draft.text == '{"a": [{"n": 0, "m": {"new": [0]}}, null, {"n": 20, "m": {"new": [2]}}], "b": 3}'
    assert draft.position(("a", 2, "m")) == (1, 53)


def test_an_element_is_replaced_and_emptied_on_the_way() -> None:
    draft = JsonDraft('{"a": [1, {"n": 2}, 3]}', "f")
    for index in draft.backwards(("a",)):
        if index == 1:
            draft.drop(("a", 1, "n"))
        else:
            draft.put(("a", index), {"x": []})
            draft.append(("a", index, "x"), [index])
    assert draft.text == '{"a": [{"x": [0]}, {}, {"x": [2]}]}'


def test_members_of_an_object_are_changed_from_the_back_and_so_are_elements_in_them() -> None:
    draft = JsonDraft('{"A": {"x": {"l": [1, 2]}, "y": null, "z": {"l": [3]}}, "b": 2}', "f")
    for key in draft.backwards(("a",)):
        if key == "y":
            draft.put(("a", key), {"l": [0]})
        for index in draft.backwards(("a", key, "l")):
            draft.put(("a", key, "l", index), [index])
        draft.append(("a", key, "l"), [key])
    draft.put(("b",), 3)
    assert draft.text == '{"A": {"x": {"l": [[0], [1], "x"]}, "y": {"l": [[0], "y"]}, "z": {"l": [[0], "z"]}}, "b": 3}'
    assert apply_edits('{"A": {"x": {"l": [1, 2]}, "y": null, "z": {"l": [3]}}, "b": 2}', draft.edits) == draft.text


@pytest.mark.parametrize("path", [("options", "debug"), ("nowhere",)])
def test_only_what_holds_something_is_gone_through(path: tuple[str, ...]) -> None:
    with pytest.raises(KeyError):
        next(JsonDraft(TEXT, "f").backwards(path))

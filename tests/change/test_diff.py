from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wizard.change import diff
from wizard.change.diff import unified_diff
from wizard.files.edit import TextEdit
from wizard.files.plan import FileEdit

PATH = Path("crush.json")


def file_edit(before: str | None, after: str, masked: dict[str, str] | None = None) -> FileEdit:
    return FileEdit(PATH, before, (TextEdit(0, len(before or ""), after),), masked=masked or {})


def test_a_change_is_shown_with_three_lines_of_context() -> None:
    before = "".join(f"{number}\n" for number in range(1, 21))
    after = before.replace("\n7\n", "\nseven\n").replace("20\n", "20\n21\n")
    assert unified_diff(file_edit(before, after), "~/crush.json") == (
        "--- ~/crush.json\n+++ ~/crush.json\n"
        "@@ -4,7 +4,7 @@\n 4\n 5\n 6\n-7\n+seven\n 8\n 9\n 10\n"
        "@@ -18,3 +18,4 @@\n 18\n 19\n 20\n+21\n"
    )


def test_the_path_stands_in_the_head_where_no_label_is_given() -> None:
    assert unified_diff(file_edit("a\n", "b\n")).startswith("--- crush.json\n+++ crush.json\n@@ -1 +1 @@\n")


def test_a_new_file() -> None:
    assert unified_diff(file_edit(None, "{\n}\n"), "f") == "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+{\n+}\n"


def test_a_deleted_file() -> None:
    edit = FileEdit(PATH, "{\n}\n", (), delete=True)
    assert unified_diff(edit, "f") == "--- f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-{\n-}\n"


def test_nothing_changes_nothing_shown() -> None:
    assert unified_diff(FileEdit(PATH, "{}\n", ())) == ""


def test_a_missing_final_newline_is_said() -> None:
    assert unified_diff(file_edit("a\nb", "a\nc"), "f") == (
        "--- f\n+++ f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
    )
    assert unified_diff(file_edit("a", "a\n"), "f") == (
        "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"
    )


def test_line_ends_of_one_kind_are_not_shown_and_mixed_ones_are() -> None:
    assert unified_diff(file_edit("a\r\nb\r\n", "a\r\nc\r\n"), "f").endswith("@@ -1,2 +1,2 @@\n a\n-b\n+c\n")
    assert unified_diff(file_edit("a\r\nb\n", "a\r\nc\n"), "f").endswith("@@ -1,2 +1,2 @@\n a\\r\n-b\n+c\n")


def test_nothing_in_the_file_or_its_name_steers_the_terminal() -> None:
    shown = unified_diff(file_edit("x \x1b[2J\x07\u202e\x9b\u2028\x0c y\n", "\tz\n"), "\x1b]0;name")
    assert shown == (
        "--- \\x1b]0;name\n+++ \\x1b]0;name\n@@ -1 +1 @@\n-x \\x1b[2J\\x07\\u202e\\x9b\\u2028\\x0c y\n+\tz\n"
    )


SECRET = 's3cr€t/"key"\\😀'


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(SECRET)[1:-1].replace("/", "\\/"),
        json.dumps(SECRET)[1:-1].replace("s3", "\\u0073\\u0033").replace("20ac", "20AC"),
    ],
)
def test_a_secret_is_masked_however_it_is_spelled(spelled: str) -> None:
    before = f'{{\n  "api_key": "{spelled}",\n  "x": 1\n}}\n'
    shown = unified_diff(file_edit(before, before.replace("1", "2"), {SECRET: "<redacted>"}), "f")
    assert shown == ('--- f\n+++ f\n@@ -1,4 +1,4 @@\n {\n   "api_key": "<redacted>",\n-  "x": 1\n+  "x": 2\n }\n')


def test_a_changed_secret_shows_as_a_change_of_masks() -> None:
    shown = unified_diff(file_edit("first-secret\n", "second-secret\n", {"first-secret": "*", "second-secret": "*"}))
    assert shown.endswith("@@ -1 +1 @@\n-*\n+*\n")


def test_the_longer_of_two_secrets_is_masked_first() -> None:
    masked = {"secret-key": "<key>", "Bearer secret-key": "<header>"}
    assert unified_diff(file_edit("", "Bearer secret-key\n", masked)).endswith("+<header>\n")


def test_a_short_secret_does_not_eat_other_words() -> None:
    shown = unified_diff(file_edit("", 'api_key: "key"\n', {"key": "***"}))
    assert shown.endswith('+api_key: "***"\n')


def test_a_mask_keeps_the_number_of_lines() -> None:
    before = "key='first line\nsecond line'\nx=1\n"
    shown = unified_diff(file_edit(before, before.replace("1", "2"), {"first line\nsecond line": "<redacted>"}))
    assert shown.endswith("@@ -1,3 +1,3 @@\n key='<redacted>\n <redacted>'\n-x=1\n+x=2\n")


lines = st.lists(st.sampled_from(["{", "}", "a", "b", "", '"x": 1,']), max_size=30)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not there")
@settings(max_examples=60, deadline=None)
@example(old=list("{{{{}}{"), new=list("{{{}{}}{"), newline=False)
@given(old=lines, new=lines, newline=st.booleans())
def test_git_can_apply_what_is_shown(old: list[str], new: list[str], newline: bool) -> None:
    before, after = ("\n".join(part) + ("\n" if newline and part else "") for part in (["top", *old], ["top", *new]))
    shown = unified_diff(file_edit(before, after), "f")
    if shown:
        assert patched(before, shown) == after


def patched(before: str, shown: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f")
        path.write_bytes(before.encode())
        subprocess.run(["git", "apply", "-p0", "-"], cwd=folder, input=shown.encode(), check=True)
        return path.read_bytes().decode()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not there")
@settings(max_examples=40, deadline=None)
@given(old=lines, new=lines, data=st.data())
def test_long_texts_are_compared_in_pieces(old: list[str], new: list[str], data: st.DataObject) -> None:
    """As if these were long; each line that stands once in both may hold them together."""
    numbered = [f"{number}" for number in range(data.draw(st.integers(0, 6)))]
    old, new = data.draw(st.permutations(old + numbered)), data.draw(st.permutations(new + numbered))
    before, after = ("".join(f"{line}\n" for line in part) for part in (old, new))
    with mock.patch.object(diff, "MOST_COMPARED", 6):
        shown = unified_diff(file_edit(before, after), "f")
    if shown:
        assert patched(before, shown) == after


def test_what_changes_all_over_a_long_file_is_shown_line_by_line() -> None:
    models = [("{\n", f'"id": "m-{number}"\n', '"cost": 1\n', '"x": 1\n', "}\n") for number in range(2000)]
    before = "".join(line for model in models for line in model)
    shown = unified_diff(file_edit(before, before.replace('"cost": 1', '"cost": 2')), "f")
    assert Counter(line[0] for line in shown.splitlines()[2:]) == {" ": 8000, "-": 2000, "+": 2000, "@": 1}

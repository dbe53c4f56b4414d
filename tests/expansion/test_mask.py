"""Secrets of a config file are masked in whatever way it spells them, however many there are."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from wizard.expansion.mask import Mask
from wizard.occurrences import Texts

SECRETS = st.lists(st.text(alphabet='ab-"/é😀\n1', min_size=8, max_size=20), min_size=1, max_size=5)


@given(SECRETS, st.text(alphabet='ab \\"/é\n', max_size=30), st.data())
def test_no_spelling_of_a_secret_is_left(secrets: list[str], around: str, data: st.DataObject) -> None:
    secret = data.draw(st.sampled_from(secrets))
    spelled = "".join(data.draw(st.sampled_from(_ways(char))) for char in secret)
    shown = Mask(dict.fromkeys(secrets, "$KEY")).text(f'{around} "{spelled}" {around}')
    assert "$KEY" in shown
    assert spelled not in shown.replace("$KEY", "")


def _ways(char: str) -> list[str]:
    """How JSON may spell a character."""
    units = char.encode("utf-16-be").hex()
    escaped = "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))
    return [json.dumps(char, ensure_ascii=False)[1:-1], escaped, escaped.upper().replace("\\U", "\\u")]


def test_a_secret_with_a_backslash_is_masked_however_it_is_spelled() -> None:
    mask = Mask({"a\\b\\c-secret": "$KEY"})
    assert mask.text(r'"a\\b\\c-secret" "a\u005cb\\c-secret"') == '"$KEY" "$KEY"'
    assert mask.text(r"'a\b\c-secret'") == "'$KEY'"


def test_a_short_one_that_is_a_part_of_another_word_hides_no_long_one() -> None:
    assert Mask({"xs": "$A", "sk-long-secret": "$B"}).text("xsk-long-secret xs") == "x$B $A"


def test_what_stands_there_is_told_in_order() -> None:
    mask = Mask({"first-secret": "$A", "second-secret": "$B"})
    assert mask.found(r'"second\u002dsecret" first-secret first') == ("$B", "$A")


@given(st.lists(st.text(alphabet="ab", min_size=1, max_size=7), min_size=1), st.text(alphabet="abc", max_size=60))
def test_the_first_and_longest_of_many_texts_is_found(texts: list[str], text: str) -> None:
    """As an expression of all of them does, the longest first."""
    pattern = re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))))
    assert list(Texts(texts).spans(text)) == [(match.start(), match.group()) for match in pattern.finditer(text)]


def test_many_are_looked_for_as_one_is() -> None:
    """Each character is compared with the few that may follow, not with all of the texts."""
    many = Texts(f"sk-{number:05d}-{number * 7919}" for number in range(3000))
    assert list(many.spans("sk-00042-332598 and sk-0004")) == [(0, "sk-00042-332598")]
    assert not Texts(())

"""A secret is masked however it is spelled."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.redaction import MASK, Redactor, SecretText, forget_secrets, redact, redact_value, redacted_traceback

SECRET = 'sk-"quoted"/+ü\\key=='

SPELLINGS = {
    "raw": SECRET,
    "json": json.dumps(SECRET),
    "json, not ascii": json.dumps(SECRET, ensure_ascii=False),
    "repr": repr(SECRET),
    "url": quote(SECRET, safe=""),
    "url path": quote(SECRET),
    "form": quote_plus(SECRET),
    "query": urlencode({"key": SECRET}),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_is_masked(spelling: str) -> None:
    shown = Redactor([SECRET]).text(f"before {spelling} after")
    assert MASK in shown
    assert "quoted" not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@given(st.binary(max_size=9), st.binary(max_size=9))
def test_base64_is_masked_wherever_the_secret_stands_in_it(before: bytes, after: bytes) -> None:
    secret = "sk-canary-0123456789"
    data = before + secret.encode() + after
    for encoded in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
        assert MASK in Redactor([secret]).text(encoded)


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    assert Redactor(["sk-abcd", "sk-abcd-efgh"]).text("sk-abcd-efgh") == MASK


def test_values_are_masked_at_any_depth() -> None:
    value = {"list": [{"sk-abcdef": "x sk-abcdef"}], "number": 3, "nothing": None}
    assert Redactor(["sk-abcdef"]).value(value) == {
        "list": [{MASK: f"x {MASK}"}],
        "number": 3,
        "nothing": None,
    }


def test_the_words_by_which_programs_read_a_document_stay() -> None:
    document = {"state": "a state", "tests": []}
    assert Redactor(["state", "test"]).value(document) == {"state": f"a {MASK}", "tests": []}


@pytest.mark.parametrize("dummy", ["ollama", "none", "true"])
def test_what_stands_for_no_key_is_no_secret(dummy: str) -> None:
    assert Redactor([dummy]).text(f"{dummy} answers") == f"{dummy} answers"


def test_a_tiny_value_garbles_nothing() -> None:
    assert Redactor(["a", ""]).text("a banana") == "a banana"


def test_without_secrets_text_stays() -> None:
    assert Redactor().text("anything") == "anything"


def test_a_traceback_shows_its_causes_but_no_secret() -> None:
    shown = redacted_traceback(_failure(SecretText("sk-abcdef")))
    assert "KeyError" in shown
    assert "RuntimeError: refused <redacted>" in shown
    assert "a note with <redacted>" in shown
    assert "sk-abcdef" not in shown


def _failure(secret: str) -> RuntimeError:
    try:
        try:
            raise KeyError(secret)
        except KeyError as cause:
            raise RuntimeError(f"refused {secret}") from cause
    except RuntimeError as error:
        error.add_note(f"a note with {secret}")
        return error


def test_a_secret_is_known_from_its_making_on_and_until_the_run_ends() -> None:
    secret = SecretText("sk-abcdef")
    assert redact(f"key {secret}") == f"key {MASK}"
    assert redact_value({"a": ["sk-abcdef"]}) == {"a": [MASK]}
    forget_secrets()
    assert redact("key sk-abcdef") == "key sk-abcdef"


def test_a_secret_shows_itself_in_no_repr() -> None:
    secret = SecretText("sk-abcdef")
    assert f"{secret!r} {[secret]}" == f"{MASK} [{MASK}]"
    assert secret == "sk-abcdef"
    assert json.dumps(secret) == '"sk-abcdef"'


@pytest.mark.parametrize("names_first", [True, False])
def test_a_key_that_is_a_part_of_a_name_is_no_secret(names_first: bool) -> None:
    redactor = Redactor([] if names_first else ["llama"])
    redactor.allow(["llama3.2:1b"])
    redactor.add("llama")
    assert redactor.text("llama3.2:1b of llama") == "llama3.2:1b of llama"


def test_a_key_that_somebody_took_for_a_name_stays_one() -> None:
    key = "sk-0123456789abcdef"
    assert Redactor([key], names=[key]).text(key) == MASK

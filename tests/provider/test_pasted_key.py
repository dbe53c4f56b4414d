"""What people paste becomes the key, or is refused without being shown."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.provider.pasted_key import InvalidKey, clean_key, pasted_key, prefix_warning, stray_key

KEY = "sk-Abc_123-xyz"
OF_KEYS = string.ascii_letters + string.digits + "_+/=~.-"


@pytest.mark.parametrize(
    "pasted",
    [
        KEY,
        f"  {KEY}\r\n",
        f"\x1b[200~{KEY}\x1b[201~",
        f"\x1b[200~{KEY}\n\x1b[201~\n",
        f"[200~{KEY}[201~",
        f"\ufeff{KEY}\u200b\u00a0\u2060",
        f'"{KEY}"',
        f"' {KEY} '",
        f"\u201c{KEY}\u201d",
        f"`{KEY}`",
        f"Bearer {KEY}",
        f"bearer  {KEY}",
        f"Authorization: Bearer {KEY}",
        f"export OPENAI_API_KEY={KEY}",
        f"export OPENAI_API_KEY='{KEY}';",
        f'  export  key="{KEY}" \n',
        f"OPENAI_API_KEY={KEY}",
        f'OPENAI_API_KEY = "{KEY}"',
        f"set OPENAI_API_KEY={KEY}",
        f"setx OPENAI_API_KEY {KEY}",
        f"set -gx OPENAI_API_KEY {KEY}",
        f'$env:OPENAI_API_KEY = "{KEY}"',
        f'"Bearer {KEY}"',
        f'\x1b[200~export OPENAI_API_KEY="Bearer {KEY}"\n\x1b[201~',
    ],
)
def test_what_comes_along_with_a_key_is_taken_off(pasted: str) -> None:
    assert clean_key(pasted) == KEY


@pytest.mark.parametrize("key", ["QUJD==", "AB_C==", "abcd=", "a=b", "key_id:secret", "x$y", "it's", "bearer-1"])
def test_a_key_that_looks_a_little_like_something_else_stays_whole(key: str) -> None:
    assert clean_key(key) == key


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        (f"  {KEY}\r\n", ""),
        (f"\x1b[200~{KEY}\x1b[201~", ""),
        (f'"{KEY}"', "took quotes off the key: it is 14 characters long"),
        (f"\ufeff{KEY}", "took a byte order mark off the key: it is 14 characters long"),
        (f"{KEY}\u200b", "took invisible characters off the key: it is 14 characters long"),
        (f"Authorization: Bearer {KEY}", "took `Authorization: Bearer` off the key: it is 14 characters long"),
        (
            f"export A_KEY='{KEY}-0123456789'",
            "took `export A_KEY=` and quotes off the key: it is sk-...6789 (25 characters)",
        ),
    ],
)
def test_what_was_taken_off_is_said_and_of_the_key_no_more_than_its_end(pasted: str, said: str) -> None:
    assert pasted_key(pasted).remark == said


@pytest.mark.parametrize("text", ["", " \n", '""', "Bearer ", "\u200b", "export OPENAI_API_KEY=", "OPENAI_API_KEY=''"])
def test_nothing_is_no_key(text: str) -> None:
    with pytest.raises(InvalidKey, match="no key given"):
        clean_key(text)


@pytest.mark.parametrize("text", ["$GROQ_API_KEY", "${GROQ_API_KEY}", "$(pass groq)", "%KEY%", "$env:KEY", '"$KEY"'])
def test_a_placeholder_points_at_the_flag_for_it(text: str) -> None:
    with pytest.raises(InvalidKey, match="--api-key-env"):
        clean_key(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{env:WORK_KEY}", "OpenCode's way to name a variable, not a key: .* --api-key-env WORK_KEY"),
        ("WORK_API_KEY", "the name of a variable, not a key: .* --api-key-env WORK_API_KEY"),
        ("op://Private/Work/key", "1Password's way to name a secret, not a key: give the key itself"),
        ("<YOUR_API_KEY>", "a text to be replaced by the key, not a key$"),
        ("export A_KEY=sk-xxxxxxxx", "a key that was cut short or masked, not a key$"),
    ],
)
def test_what_another_tool_fills_in_or_a_manual_has_there_is_no_key(text: str, said: str) -> None:
    with pytest.raises(InvalidKey, match=said):
        clean_key(text)


@pytest.mark.parametrize(
    ("text", "position", "code_point"),
    [
        ("sk-abc\u200bdef", 7, "U+200B (zero width space)"),
        ("sk-abc def", 7, "U+0020 (space)"),
        ("sk\u2013abc", 3, "U+2013 (en dash)"),
        ("sk-a\nsk-b", 5, "U+000A (control character)"),
        ("  sk-\u00e9", 4, "U+00E9 (latin small letter e with acute)"),
    ],
)
def test_what_no_header_can_carry_is_named_and_the_key_is_not(text: str, position: int, code_point: str) -> None:
    with pytest.raises(InvalidKey) as caught:
        clean_key(text)
    assert f"character {position} of the key is {code_point}" in str(caught.value)
    assert "sk" not in str(caught.value)


@given(st.text())
def test_a_cleaned_key_is_printable_and_cleaning_it_again_changes_nothing(text: str) -> None:
    try:
        key = clean_key(text)
    except InvalidKey:
        return
    assert all("\x21" <= character <= "\x7e" for character in key)
    assert clean_key(key) == key


@given(st.text(OF_KEYS, min_size=1).filter(lambda text: "..." not in text).map("sk-{}7".format))
def test_a_key_of_the_usual_kind_is_never_changed(key: str) -> None:
    assert clean_key(key) == key


@pytest.mark.parametrize(
    ("key", "prefixes"),
    [
        ("anything", ()),
        ("sk-ant-1", ()),
        ("sk-proj-1", ("sk-",)),
        ("sk-or-v1-1", ("sk-or-",)),
        ("gsk_1", ("sk-", "gsk_")),
    ],
)
def test_a_usual_prefix_is_no_news(key: str, prefixes: tuple[str, ...]) -> None:
    assert prefix_warning(key, prefixes) is None


@pytest.mark.parametrize(
    ("key", "vendor"),
    [
        ("sk-ant-SECRET", "Anthropic"),
        ("sk-or-SECRET", "OpenRouter"),
        ("gsk_SECRET", "Groq"),
        ("xai-SECRET", "xAI"),
        ("pplx-SECRET", "Perplexity"),
        ("hf_SECRET", "Hugging Face"),
        ("nvapi-SECRET", "NVIDIA"),
        ("fw_SECRET", "Fireworks"),
        ("csk-SECRET", "Cerebras"),
        ("AIzaSECRET", "Google"),
    ],
)
def test_the_key_of_another_vendor_is_recognised(key: str, vendor: str) -> None:
    warning = prefix_warning(key, ("sk-",))
    assert warning is not None
    assert f"a key of {vendor}" in warning
    assert "usually start with sk-" in warning
    assert "SECRET" not in warning


def test_an_unknown_prefix_names_the_expected_ones() -> None:
    warning = prefix_warning("SECRET", ("sk-", "dsk_"))
    assert warning == "keys here usually start with sk- or dsk_, but this one does not"


# A key that is pasted where none was asked for


@pytest.mark.parametrize(
    "text",
    [
        "sk-Abc_123-xyz-0123456789\n",
        "gsk_Canary0123456789ABCDEFghijkl",
        "0123456789abcdef0123456789abcdef",
        "export MY_API_KEY='nobody-else-has-it'",
        "Authorization: Bearer nobody-else-has-it",
    ],
)
def test_a_stray_key_is_recognised(text: str) -> None:
    assert stray_key(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "deepseek",
        "claude-sonnet-4-5-20250929",
        "qwen3-coder:480b",
        "openai/gpt-oss-120b",
        "https://llm.example.com/v1",
        "MODEL_NAME=claude-sonnet-4",
        "export MY_API_KEY=$OTHER_KEY",
        "sk-xxxxxxxxxxxxxxxxxxxx",
    ],
)
def test_what_may_be_a_word_of_a_list_is_no_stray_key(text: str) -> None:
    assert stray_key(text) is None


def test_no_more_of_a_key_is_shown_than_its_end() -> None:
    assert pasted_key("sk-ant-0123456789abcdef").summary == "sk-ant-...cdef (23 characters)"
    assert pasted_key('"sk-0123456789abcdef"').summary == "sk-...cdef (19 characters; took off quotes)"
    assert pasted_key("short-key-7731").summary == "14 characters"
    assert pasted_key("short-key-7731").short == "14 characters"
    assert pasted_key("x").summary == pasted_key("x").short == "1 character"

"""Profiles: what is written is read back, and what is no good profile is refused with its place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.transfer.profile import Profile, ProfileProvider
from wizard.transfer.profile_file import (
    LARGEST,
    MOST_MODELS,
    MOST_PROVIDERS,
    InvalidProfile,
    looks_like_profile,
    read_profile,
)
from wizard.transfer.profile_text import ONLY_HERE, profile_text

PAGE = Path(__file__).parents[2] / "wizard" / "transfer" / "PROFILE.md"
MODELS = [f"m{number}" for number in range(MOST_MODELS // 2 + 1)]
HEAD = 'profile = 1\n[providers.work]\nbase_url = "https://llm.example/v1"\n'

visible = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), min_size=1, max_size=12)
names = visible.filter(str.strip)
lines = st.text(st.sampled_from("ab\r\n\t\"'\\#="), min_size=1)
json_values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | visible,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(visible, inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(st.sampled_from(["top_k", "options.num_ctx", "a b", '"', "'", "ü"]), json_values, max_size=3)
models = st.lists(
    st.fixed_dictionaries(
        {"id": names},
        optional={
            "name": visible,
            "context_window": st.integers(0, 10**7),
            "cost_per_1m_in": st.floats(0, 100) | st.integers(0, 100),
            "reasoning_levels": st.lists(visible, max_size=3),
            "options": st.fixed_dictionaries({}, optional={"temperature": st.floats(0, 2)}),
        },
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda model: model["id"],
)
entries = st.fixed_dictionaries(
    {"base_url": st.just("https://llm.example/v1")},
    optional={
        "name": visible,
        "type": st.sampled_from(["openai-compat", "ollama"]),
        "api_key": st.sampled_from(["$KEY", "${KEY:-$(crush-wizard secret get KEY)}", "ollama", "$(pass it)"]),
        "disable": st.booleans(),
        "system_prompt_prefix": st.text(st.sampled_from("ab\n\t\"'\\#="), min_size=1),
        "extra_headers": st.dictionaries(st.sampled_from(["X-A", "a.b", "ü"]), visible, min_size=1, max_size=2),
        "extra_body": bodies,
        "models": models,
    },
)


def _is_open(entry: dict[str, Any]) -> bool:
    from wizard.expansion.plain_secrets import holds_secret

    return not holds_secret(entry)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    ids = names.filter(lambda text: not text.isdigit())
    drawn = draw(st.dictionaries(ids, entries.filter(_is_open), max_size=3))
    providers = tuple(
        ProfileProvider(provider, entry, tuple(draw(st.sets(st.sampled_from(sorted(entry)), max_size=2))))
        for provider, entry in drawn.items()
    )
    choice = st.fixed_dictionaries({"provider": names, "model": names}, optional={"max_tokens": st.integers(1, 9999)})
    selected: dict[Any, Any] = draw(st.fixed_dictionaries({}, optional={"large": choice, "small": choice}))
    return Profile(providers, selected, draw(st.sampled_from([(), ("KEY",), ("A_KEY", "B_KEY")])))


@settings(deadline=None)
@given(profiles(), st.dictionaries(st.sampled_from(["KEY", "A_KEY"]), visible | lines, max_size=2))
def test_what_is_written_is_read_back(profile: Profile, values: dict[str, str]) -> None:
    read = read_profile(profile_text(profile, values), "p")
    assert read.profile == profile
    assert read.values == values


@settings(deadline=None)
@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(InvalidProfile):
        read_profile(text, "p")


def test_what_holds_for_one_machine_says_so_beside_its_value() -> None:
    provider = ProfileProvider("l", {"base_url": "http://localhost/v1"}, ("base_url",))
    assert f'base_url = "http://localhost/v1" # {ONLY_HERE}' in profile_text(Profile((provider,), {}, ()))


def test_the_page_shows_a_profile_that_can_be_read() -> None:
    shown = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (read,) = (read_profile(text, PAGE) for text in shown)
    assert [one.id for one in read.profile.providers] == ["work", "local"]
    assert read.profile.providers[1].machine_bound == ("base_url",)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", None, "profile: this key is missing"),
        ("profile = 2", 1, "version 2"),
        ('profile = "1"', 1, "profile: must be 1, the version of the format"),
        ("profile = 0", 1, "profile: must be 1, the version of the format"),
        ("profile = true", 1, "profile: must be 1, the version of the format"),
        ('profile = 1\n[providers.5]\nname = "x"', 2, "only digits"),
        pytest.param(f"profile = 1\n[providers.{'a' * 101}]", 2, "at most 100 characters", id="long id"),
        pytest.param(f"{HEAD}models = [{{id = '{'m' * 1001}'}}]", 4, "at most 1000 characters", id="long model"),
        ("profile = 1\nprovider = 3", 2, "unknown key"),
        ("profile = 1\n[providers.work]\nbase-url = 'x'", 3, "unknown key"),
        (HEAD + "Api_Key = '$KEY'", 4, "unknown key"),
        (HEAD + "oauth = {access_token = 'x'}", 4, "unknown key"),
        (HEAD + "disable = 'yes'", 4, "true or false"),
        (HEAD + "api_key = 'sk-0123456789abcdef'", 4, "plain-text"),
        (HEAD + "extra_headers = {Authorization = 'Bearer 0123456789'}", 4, "plain-text"),
        (HEAD + "api_key = '${WORK_KEY:-hunter2}'", 4, "plain-text"),
        (HEAD + "extra_headers = {X-Token = '${WORK_KEY-hunter2}'}", 4, "plain-text"),
        (HEAD + "extra_body = {token = '${WORK_KEY:-hunter2}'}", 4, "plain-text"),
        (HEAD + 'extra_headers = {extra_body = "a\\nX-B: b"}', 4, "U+000A"),
        ('profile = 1\n[providers.extra_body]\nname = "a\\nb"', 3, "U+000A"),
        (HEAD + 'name = "a\\u001b[2Jb"', 4, "U+001B"),
        (HEAD + 'name = "\\u202Ecod"', 4, "U+202E"),
        (HEAD + 'extra_headers = {X-A = "a\\r\\nX-B: b"}', 4, "U+000D"),
        ('profile = 1\n[providers."a\\nb"]\nname = "x"', None, "a key here contains"),
        (HEAD + "[[providers.work.models]]\nname = 'x'", 4, "this key is missing"),
        (HEAD + "models = [{id = 'm'}, {id = 'm'}]", 4, "listed twice"),
        (HEAD + "models = [{id = 'm', context_window = 1.5}]", 4, "must be"),
        (HEAD + "extra_body = {a = 9223372036854775808}", 4, "too large"),
        (HEAD + "extra_body = {a = 1979-05-27}", 4, "must be"),
        (HEAD + "extra_body = {a = nan}", 4, "must be"),
        ("profile = 1\nsecrets = ['PATH']", 2, "can hold a key"),
        ("profile = 1\n[values]\nLD_PRELOAD = 'x'", 3, "can hold a key"),
        ('profile = 1\n[values]\nKEY = "a\\u001bb"', 3, "U+001B"),
        ('profile = 1\n[values]\nKEY = "a\\nb\\u0000c"', 3, "U+0000"),
        (HEAD + 'system_prompt_prefix = "a\\nb\\u001b"', 4, "U+001B"),
        ("profile = 1\n[machine_bound]\nnobody = []", 3, "no provider"),
        ("profile = 1\n[env]\nAWS_PROFILE = 'x'", 3, "no provider of this profile"),
        ("profile = 1\n[env]\nLD_PRELOAD = 'x'\n[providers.bedrock]", 3, "no provider of this profile"),
        ("profile = 1\n[env]\nAWS_PROFILE = 'sk-0123456789abcdef'\n[providers.bedrock]", 3, "plain-text"),
        ("profile = 1\nprofile = 1", 2, "not TOML"),
        pytest.param("profile = " + "1" * 5000, None, "not TOML", id="long number"),
        pytest.param("profile = 1\nx = " + "[" * 5000, None, "nested too deeply", id="deep"),
        pytest.param("#" * (LARGEST + 1), None, "too large", id="too large"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(text: str, line: int | None, words: str) -> None:
    with pytest.raises(InvalidProfile) as caught:
        read_profile(text, "team.toml")
    assert words in caught.value.message
    assert caught.value.path == "team.toml"
    assert line is None or caught.value.line == line
    assert "sk-0123456789abcdef" not in str(caught.value)


def test_line_breaks_may_stand_in_prose() -> None:
    read = read_profile(HEAD + 'system_prompt_prefix = "a\\nb\\tc"', "p")
    assert read.profile.providers[0].entry["system_prompt_prefix"] == "a\nb\tc"


@pytest.mark.parametrize(
    "key", ["${WORK_KEY:-}", "${WORK_KEY:-none}", "${WORK_KEY:-$OTHER}", "${WORK_KEY:-$(pass it)}"]
)
def test_a_default_that_is_no_key_may_stand_there(key: str) -> None:
    read = read_profile(f'{HEAD}api_key = "{key}"', "p")
    assert read.profile.providers[0].entry["api_key"] == key


def test_values_never_show() -> None:
    assert "sekret" not in repr(read_profile("profile = 1\n[values]\nKEY = 'sekret'", "p"))


def test_a_value_behind_a_table_is_no_part_of_that_table() -> None:
    entry = {"extra_headers": {"X": "y"}, "models": [{"id": "m"}], "extra_body": {"a": [{"b": {}}]}, "flat_rate": True}
    text = profile_text(Profile((ProfileProvider("p", entry),), {}, ()))
    assert tomllib.loads(text)["providers"]["p"] == entry


def test_a_deep_dotted_key_is_refused() -> None:
    with pytest.raises(InvalidProfile, match=r"^the values are nested too deeply"):
        read_profile(f"{HEAD}[providers.work.extra_body]\n{'.'.join('a' * 3000)} = 1\n", "deep.toml")


def test_a_mark_before_the_text_says_nothing() -> None:
    assert read_profile(f"\ufeff{HEAD}", "p") == read_profile(HEAD, "p")
    with pytest.raises(InvalidProfile) as caught:
        read_profile("\ufeffprofile = 1, 2", "p")
    assert (caught.value.line, caught.value.column) == (1, 12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("".join(f"[providers.p{number}]\n" for number in range(MOST_PROVIDERS + 1)), "201 providers"),
        (
            "".join(
                f"[providers.p{number}]\nmodels = [{', '.join(f'{{id = {one}}}' for one in map(repr, MODELS))}]\n"
                for number in range(2)
            ),
            "5002 models",
        ),
    ],
    ids=["providers", "models"],
)
def test_more_than_anybody_has_is_refused(text: str, words: str) -> None:
    with pytest.raises(InvalidProfile, match=f"^providers: {words}, but a profile has at most"):
        read_profile(f"profile = 1\n{text}", "many.toml")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (profile_text(Profile((), {}, ())), True),
        ("profile=1", True),
        ("\ufeff profile = 7 # seven\r\nbroken", True),
        ("# profile = 1", False),
        ("[a]\nprofile = 'work'", False),
        ("profile = 1.0", False),
        ("my_profile = 1", False),
    ],
)
def test_what_says_that_it_is_a_profile(text: str, is_one: bool) -> None:
    assert looks_like_profile(text) is is_one


def test_a_key_in_a_choice_is_refused() -> None:
    text = f"{HEAD}[selected.large]\nprovider = 'work'\nmodel = 'm'\nprovider_options = {{api_key = 'sk-made-up-1'}}\n"
    with pytest.raises(InvalidProfile, match=r"selected\.large\.provider_options"):
        read_profile(text, "given.toml")

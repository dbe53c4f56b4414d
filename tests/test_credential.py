"""A key is told from what only looks like one, by the text alone."""

from __future__ import annotations

import random
import re
import string
from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.credential import (
    LONGEST,
    NAMES,
    PLACEHOLDERS,
    REFERENCES,
    Credential,
    Notation,
    is_dummy,
    is_key,
    is_of_vendor,
    keys_in,
    recognize,
)

DUMMIES = """
- -- 0 x 1234 12345678 sk-1234 sk-12345678 llama ollama sk-litellm litellm vllm EMPTY none None null n/a
no-key no-key-required sk-no-key-required not-needed NOT_NEEDED lm-studio llama.cpp local dummy dummy-key
fake-key test-key unused sk-local sk-x 00000000-0000-0000-0000-000000000000 anything whatever
""".split()

VARIABLES = {
    "OpenCode": "{env:WORK_KEY}",
    "VS Code": "${env:WORK_KEY}",
    "PowerShell": "$env:WORK_KEY",
    "cmd.exe": "%WORK_KEY%",
    "TOML settings": "env:WORK_KEY",
    "URLs": "env://WORK_KEY",
    "Bifrost": "env.WORK_KEY",
    "LiteLLM": "os.environ/WORK_KEY",
    "Python": 'os.environ["WORK_KEY"]',
    "Python's getenv": "os.getenv('WORK_KEY')",
    "JavaScript": "process.env.WORK_KEY",
    "Data API builder": "@env('WORK_KEY')",
    "Ruby": 'ENV["WORK_KEY"]',
    "Home Assistant": "!env_var WORK_KEY",
    "GitHub Actions": "${{ secrets.WORK_KEY }}",
    "Postman": "{{WORK_KEY}}",
    "gomplate": "{{ .Env.WORK_KEY }}",
    "pi": "WORK_KEY",
}

OTHERS = [
    "!op read op://Private/OpenAI/credential",
    "!secret openai",
    *"""
{file:~/.keys/openai} file:///run/secrets/key /run/secrets/openai_key ~/.config/openai/key
@/home/me/key C:\\keys\\openai
op://Private/OpenAI/credential keychain://openai/default keychain:openai keyring:openai {cred:openai} cred:openai
credential://openai {secret:openai} secret://openai pass://Work/openai bw://0a1b/password vault:secret/data/ai#key
ref+vault://secret/ai aws-sm://prod/ai ssm:///prod/ai gcpsm://ai azkv://vault/ai
arn:aws:secretsmanager:eu-west-1:123456789012:secret:ai-AbCdEf projects/mine/secrets/ai/versions/1
@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/ai) secretref:ai ENC[AES256_GCM,data:abcdef,type:str]
{cipher}0a1b2c3d4e5f6071 $ANSIBLE_VAULT;1.1;AES256 cmd:get-key ${input:key} {{onepassword.item}}
https://console.example.com/keys
""".split(),
]

EXAMPLES = """
<YOUR_API_KEY> <your-key> [YOUR_KEY] {your key} your_api_key YOUR_API_KEY YOUR-KEY-HERE your-openai-api-key-here
sk-your-key your_token_here my-api-key openai_api_key api_key_here sk-xxxx sk-xxxxxxxxxxxxxxxxxxxx xxxxxxxx
sk-proj-XXXXXXXX
gsk_xxxxxxxxxxxxxxxx sk-... sk-ant-... sk-...abcd sk-12ab\u2026cd89 **** sk-********
\u2022\u2022\u2022\u2022\u2022\u2022 REPLACE_ME
replace-me CHANGEME change_me insert-key-here paste-your-key-here placeholder TODO __API_KEY__ <redacted> [REDACTED]

""".split("\n")
EXAMPLES = [text for line in EXAMPLES for text in re.findall(r"\{[^}]*\}|\S+", line)]

KEYS = """
sk-canary-7f3a9d5e1b sk-abcdef sk-0123456789abcdef 9f8e7d6c5b4a39281706f5e4d3c2b1a0 key_id:secret-of-it
QUJDREVGR0g= AIzaSyA-1234567890abcdefghijklmnopqrstuv eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln hunter22
correct-horse-battery 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 ABSKQmVkcm9ja0FQSUtleS1x+/== token-abc123
""".split()


@pytest.mark.parametrize("text", DUMMIES)
def test_what_stands_where_no_key_is_checked(text: str) -> None:
    assert recognize(text).kind == "dummy"
    assert is_dummy(f" {text}\n")


@pytest.mark.parametrize("text", VARIABLES.values(), ids=VARIABLES)
def test_a_variable_as_another_tool_names_it(text: str) -> None:
    found = recognize(text)
    assert (found.kind, found.variable) == ("reference", "WORK_KEY")


@pytest.mark.parametrize("text", OTHERS)
def test_a_secret_as_another_tool_names_it(text: str) -> None:
    found = recognize(text)
    assert (found.kind, found.variable) == ("reference", "")
    assert found.what


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_text_that_a_manual_has_in_the_place_of_a_key(text: str) -> None:
    assert recognize(text).kind == "example"


@pytest.mark.parametrize("text", ["$WORK_KEY", "${WORK_KEY}", "${WORK_KEY:-none}", "${WORK_KEY:-$(pass work)}"])
def test_what_crush_fills_in(text: str) -> None:
    found = recognize(text)
    assert (found.kind, found.variable) == ("placeholder", "WORK_KEY")


@pytest.mark.parametrize("text", KEYS)
def test_anything_else_is_a_key(text: str) -> None:
    assert recognize(text) == Credential("key")


@pytest.mark.parametrize("text", ["abc", "hunter2", "k-1", "sk-9x"])
def test_what_is_short_is_no_key_of_a_service_and_no_sight_for_everybody(text: str) -> None:
    found = recognize(text)
    assert found.kind == "short"
    assert not found.is_harmless


@pytest.mark.parametrize("name", ["gsk_a1b2c3d4e5f6", "sk_live_a1b2c3", "a1b2c3d4e5f6a7b8c9d0e1f2"])
@pytest.mark.parametrize("written", ["{{env:{}}}", "env:{}", "os.environ/{}"])
def test_a_key_in_the_place_of_a_name_is_a_key(name: str, written: str) -> None:
    assert not recognize(written.format(name)).variable


PREFIXES = """sk- sk-proj- sk-ant-api03- sk-or-v1- gsk_ xai- pplx- hf_ nvapi- fw_ csk- AIza ghp_ vck_ ABSK r8_
""".split()
LETTERS = string.ascii_letters + string.digits
ALPHABETS = (
    LETTERS,
    string.hexdigits.lower(),
    string.ascii_uppercase + string.digits,
    f"{LETTERS}-_",
    f"{LETTERS}+/.:",
)


@given(st.sampled_from(["", *PREFIXES]), st.sampled_from(ALPHABETS), st.integers(20, 120), st.integers())
def test_what_was_drawn_by_lot_is_a_key(prefix: str, alphabet: str, length: int, seed: int) -> None:
    lot = random.Random(seed)
    assert is_key(prefix + lot.choice(LETTERS) + "".join(lot.choices(alphabet, k=length)))


@given(st.integers(), st.integers(24, 80))
def test_so_is_base64(seed: int, length: int) -> None:
    data = random.Random(seed).randbytes(length)
    assert is_key(b64encode(data).decode())
    assert is_key(urlsafe_b64encode(data).decode())


@given(st.text(max_size=500))
def test_any_text_is_something_and_white_space_around_it_is_nothing(text: str) -> None:
    assert recognize(text) == recognize(f" {text}\n")


NOTATIONS = [*PLACEHOLDERS, *REFERENCES, *NAMES]


@pytest.mark.parametrize("notation", NOTATIONS, ids=[notation.pattern.pattern for notation in NOTATIONS])
@settings(max_examples=20)
@given(st.data())
def test_nothing_of_the_table_is_a_key(notation: Notation, data: st.DataObject) -> None:
    pattern = re.compile(notation.pattern.pattern, notation.pattern.flags)
    text = data.draw(st.from_regex(pattern, fullmatch=True).filter(lambda text: text == text.strip()))
    match = pattern.fullmatch(text)
    assert match
    if len(text) <= LONGEST and max(map(len, filter(None, match.groups())), default=0) < 12:
        assert recognize(text).stands_for_a_key or is_dummy(text)


# Keys of vendors in a text


@pytest.mark.parametrize(
    "key",
    [
        *("sk-0123456789", "sk-abcdefghijklmnopqrst", "gsk_Canary77aa10f3", "xai-0123456789abcdef", "ASIA0123456789AB"),
        *("AKIA0123456789AB", "AIzaSyA0123456789abcdef0", "hf_0123456789abcdefgh", "ABSKabcdefgh/01234+6="),
    ],
)
@pytest.mark.parametrize("around", ["{}", "--flag={}", '{{"user":"{}"}}', "https://u:{}@h.example/v1", "a|{}.", "x-{}"])
def test_a_key_is_found_in_whatever_is_around_it(around: str, key: str) -> None:
    assert keys_in(around.format(key)) == (key,)
    assert is_of_vendor(key)


@pytest.mark.parametrize(
    "text", ["task-0123456789", "sk-models-of-our-own", "sk-mine", "risk-2024-abcdef", "sk-xxxxxxxxxxxx"]
)
def test_a_word_is_no_key_of_a_vendor(text: str) -> None:
    assert keys_in(text) == ()

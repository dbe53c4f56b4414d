"""What a preset's file may say, and how an author is told what it may not."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from wizard.flow.preset import Preset, PresetChoice, PresetKey, PresetQuestion, When
from wizard.flow.preset_file import InvalidPreset, read_preset
from wizard.provider.model_facts import ModelFacts

PATH = Path("acme.toml")

SMALLEST = """\
id = "acme"
name = "Acme"
description = "Models by Acme"
type = "openai-compat"
"""

FULL = """\
id = "acme"
name = "Acme"
description = "Models by Acme"
type = "ollama"
base_url = "https://{site}.acme.example/v1"
old_type = "openai-compat"
crush = "0.78.0"
docs = "https://acme.example/docs#start"
builtin = "acme"
provider_id = "acme-ai"
local = true
listing = "ollama"
server = "http://localhost:1234"
models = ["little"]
large = "big"
small = "big"
checked = 2026-08-21
facts_from = "Acme's price list"
cannot = ["images"]
notes = ["One.", "Two."]

[key]
need = "optional"
env = "ACME_API_KEY"
prefixes = ["ac-"]
dummy = "acme"
page = "https://acme.example/keys"

[headers]
x-team = "blue"

[body]
options.num_ctx = 5
stops = ["a", "b"]

[[question]]
key = "region"
text = "Which region?"
kind = "choice"
default = "eu"
choices = [{ value = "eu", label = "Europe" }, { value = "us", label = "USA", env = "ACME_US_KEY" }]

[[question]]
key = "site"
text = "Which site?"
help = "Its name"
pattern = "[a-z]+"
message = "letters only"
extract = "//([a-z]+)"
when = { key = "region", value = "us" }

[[model]]
id = "big"
name = "Big"
cost_per_1m_in = 1
cost_per_1m_out = 2.5
cost_per_1m_in_cached = 0.1
cost_per_1m_out_cached = 0.1
context_window = 128_000
default_max_tokens = 8_000
can_reason = true
reasoning_levels = ["low", "high"]
default_reasoning_effort = "low"
supports_vision = true
supports_function_calling = false
"""


def read(text: str) -> Preset:
    return read_preset(text, PATH, "user")


def refusal(text: str) -> InvalidPreset:
    with pytest.raises(InvalidPreset) as caught:
        read(text)
    return caught.value


def test_every_key_arrives_where_it_belongs() -> None:
    assert read(FULL) == Preset(
        id="acme",
        name="Acme",
        description="Models by Acme",
        type="ollama",
        base_url="https://{site}.acme.example/v1",
        old_type="openai-compat",
        crush="0.78.0",
        docs="https://acme.example/docs#start",
        builtin="acme",
        provider_id="acme-ai",
        local=True,
        listing="ollama",
        server="http://localhost:1234",
        key=PresetKey("optional", "ACME_API_KEY", ("ac-",), "acme", "https://acme.example/keys"),
        headers={"x-team": "blue"},
        body={"options": {"num_ctx": 5}, "stops": ("a", "b")},
        questions=(
            PresetQuestion(
                key="region",
                text="Which region?",
                kind="choice",
                choices=(PresetChoice("eu", "Europe"), PresetChoice("us", "USA", env="ACME_US_KEY")),
                default="eu",
            ),
            PresetQuestion(
                key="site",
                text="Which site?",
                help="Its name",
                pattern="[a-z]+",
                message="letters only",
                extract="//([a-z]+)",
                when=When("region", "us"),
            ),
        ),
        models=("little", "big"),
        facts={
            "big": ModelFacts(
                *("big", "Big", 1, 2.5, 0.1, 0.1, 128_000),
                default_max_tokens=8_000,
                can_reason=True,
                reasoning_levels=("low", "high"),
                default_reasoning_effort="low",
                supports_attachments=True,
                tools=False,
            )
        },
        large="big",
        small="big",
        checked=datetime.date(2026, 8, 21),
        facts_from="Acme's price list",
        cannot=("images",),
        notes=("One.", "Two."),
        source="user",
    )


def test_what_is_left_out_has_its_default() -> None:
    assert read(SMALLEST) == Preset("acme", "Acme", "Models by Acme", "openai-compat", source="user")


def test_vision_is_what_crush_calls_attachments_unless_both_are_said() -> None:
    model = '[[model]]\nid = "m"\nname = "M"\ncontext_window = 1\nsupports_vision = true\n'
    both = model + "supports_attachments = false\n"
    assert read(SMALLEST + model).facts["m"].supports_attachments is True
    assert read(SMALLEST + both).facts["m"].supports_attachments is False


WRONG = [
    # unknown and mistyped keys, in every kind of table
    ('base_ur = "https://a.example"', "base_ur: unknown key", "did you mean `base_url`?", 5, 1),
    ("zzz = 1", "zzz: unknown key", "known here: id, name, ", 5, 1),
    ('[key]\n  evn = "A"', "key.evn: unknown key", "did you mean `env`?", 6, 3),
    ('key = { env = "A_KEY", pefixes = ["a"] }', "key.pefixes: unknown key", "did you mean `prefixes`?", 5, 24),
    ('[[question]]\nkey = "a"\ntext = "A?"\nhlep = ""', "question.hlep: unknown key", "did you mean `help`?", 8, 1),
    ('[[model]]\nid = "m"\nname = "M"\ncontext = 5', "model.context: unknown key", "`context_window`", 8, 1),
    # missing keys are told at the table that lacks them
    ('[[question]]\ntext = "A?"', "question.key: this key is missing", "", 5, 3),
    ('[[model]]\nname = "M"', "model.id: this key is missing", "", 5, 3),
    ('models = ["m", "n", "m"]', "models: `m` is listed twice", "", 5, 21),
    ('models = ["m"]\n[[model]]\nid = "m"', "model.id: `m` is listed twice", "", 7, 1),
    # values
    ('base_url = "a.example"', "base_url: must be a URL", "", 5, 1),
    ('base_url = "https://a.example/v1/"', "base_url: must be a URL", "", 5, 1),
    ('base_url = "https://a.example/v1?x=1"', "base_url: must be a URL", "", 5, 1),
    ('old_type = "openai-compt"', "old_type: must be one of openai, ", "did you mean `openai-compat`?", 5, 1),
    ('crush = "v0.78"', "crush: must be a version", "", 5, 1),
    ('local = "yes"', "local: must be true or false", "", 5, 1),
    ('checked = "2026-08-21"', "checked: must be a date", "", 5, 1),
    ("checked = 2026-08-21T10:00:00", "checked: must be a date", "", 5, 1),
    ('notes = "One."', "notes: must be a list", "", 5, 1),
    ('notes = [\n  "One.",\n  2,\n]', "notes: must be a text", "", 7, 3),
    ('cannot = ["tool"]', "cannot: must be one of tools, images", "did you mean `tools`?", 5, 11),
    ('provider_id = "Acme"', "provider_id: must be an id", "", 5, 1),
    ('[key]\nenv = "1KEY"', "key.env: must be the name of an environment variable", "", 6, 1),
    ('[key]\nenv = "PATH"', "key.env: must be the name of an environment variable", "", 6, 1),
    ('[key]\nneed = "maybe"', "key.need: must be one of required, optional, none", "", 6, 1),
    ("[headers]\nx-team = 5", "headers.x-team: must be a text", "", 6, 1),
    ("[body]\na.b = [2026-08-21]", "body.a: must be a value that JSON can have", "", 6, 1),
    ("headers = 5", "headers: must be a table", "", 5, 1),
    ("[question]\nkey = 'a'", "question: must be a list", "[[ ]]", 5, 2),
    ('[[question]]\nkey = "a"\ntext = "A?"\npattern = "["', "question.pattern: must be a regular expr", "", 8, 1),
    ('[[question]]\nkey = "a"\ntext = "A?"\nextract = "a"', "question.extract: must be a regular", "", 8, 1),
    # what must hold between keys
    ('[[question]]\nkey = "a"\ntext = "A?"\nfills = "host"', "question.fills: there is no base_url", "", 8, 1),
    ('base_url = "https://{site}.a.example"', "base_url: no question fills {site}", '"site"', 5, 1),
    (
        '[[question]]\nkey = "a"\ntext = "A?"\nkind = "choice"',
        "question.choices: this key is missing",
        "needs choices",
        5,
        3,
    ),
    (
        '[[question]]\nkey = "a"\ntext = "A?"\nchoices = [{ value = "x", label = "X" }]',
        "question.choices: a question of kind text can't have choices",
        'kind = "choice"',
        8,
        1,
    ),
    (
        '[[question]]\nkey = "a"\ntext = "A?"\nkind = "choice"\ndefault = "euu"\n'
        '[[question.choices]]\nvalue = "eu"\nlabel = "EU"',
        "question.default: `euu` is not among the choices",
        "did you mean `eu`?",
        9,
        1,
    ),
    (
        '[[question]]\nkey = "a"\ntext = "A?"\nkind = "many"\n'
        '[[question.choices]]\nvalue = "eu"\nlabel = "1"\n[[question.choices]]\nvalue = "eu"\nlabel = "2"',
        "question.choices.value: `eu` is offered twice",
        "",
        13,
        1,
    ),
    (
        '[[question]]\nkey = "a"\ntext = "A?"\n[[question]]\nkey = "a"\ntext = "A?"',
        "question.key: `a` is asked twice",
        "",
        9,
        1,
    ),
    (
        '[[question]]\nkey = "a"\ntext = "A?"\nwhen = { key = "b", value = "c" }',
        "question.when.key: no question before this one has the key `b`",
        "",
        8,
        10,
    ),
    (
        '[[question]]\nkey = "a"\ntext = "A?"\nkind = "choice"\nchoices = [{ value = "eu", label = "EU" }]\n'
        '[[question]]\nkey = "b"\ntext = "B?"\n[question.when]\nkey = "a"\nvalue = "us"',
        "question.when.value: `us` is not among the choices of `a`",
        "the choices are eu",
        15,
        1,
    ),
]


@pytest.mark.parametrize(("added", "message", "hint", "line", "column"), WRONG, ids=[case[0] for case in WRONG])
def test_a_wrong_key_is_named_with_its_place(added: str, message: str, hint: str, line: int, column: int) -> None:
    error = refusal(f"{SMALLEST}{added}\n")
    assert error.message.startswith(message)
    assert hint in error.hint
    assert error.where == f"acme.toml:{line}:{column}"


MODEL = '[[model]]\nid = "m"\nname = "M"\ncontext_window = 100\n'
WRONG_MODELS = [
    (MODEL.replace("100", "0"), "model.context_window: must be a number of tokens above 0"),
    (MODEL.replace("100", "-1"), "model.context_window: must be a number of tokens above 0"),
    (MODEL.replace("100", "true"), "model.context_window: must be a number of tokens above 0"),
    (MODEL.replace("100", "1.5"), "model.context_window: must be a number of tokens above 0"),
    (MODEL + "cost_per_1m_in = -0.5", "model.cost_per_1m_in: must be a price"),
    (MODEL + "cost_per_1m_in = inf", "model.cost_per_1m_in: must be a price"),
    (MODEL + "cost_per_1m_in = nan", "model.cost_per_1m_in: must be a price"),
    (MODEL + "default_max_tokens = -1", "model.default_max_tokens: must be a number of tokens"),
    (MODEL + "default_max_tokens = 101", "model.default_max_tokens: must not be more than the context window"),
    (MODEL + 'reasoning_levels = ["hgih"]', "model.reasoning_levels: must be one of none, minimal"),
    (
        MODEL + 'reasoning_levels = ["low"]\ndefault_reasoning_effort = "high"',
        "model.default_reasoning_effort: `high` is not among the reasoning_levels",
    ),
    (MODEL + MODEL, "model.id: `m` is listed twice"),
    ('large = "n"\n' + MODEL, "large: `n` is not among the models"),
    ('small = "n"\n' + MODEL, "small: `n` is not among the models"),
]


@pytest.mark.parametrize(("added", "message"), WRONG_MODELS, ids=[case[1] for case in WRONG_MODELS])
def test_a_model_with_impossible_facts_is_refused(added: str, message: str) -> None:
    assert refusal(f"{SMALLEST}{added}\n").message.startswith(message)


@pytest.mark.parametrize("key", ["id", "name", "description", "type"])
def test_a_preset_needs_its_first_four_keys(key: str) -> None:
    kept = [line for line in SMALLEST.splitlines() if not line.startswith(key)]
    assert refusal("\n".join(kept)).message == f"{key}: this key is missing"


def test_the_id_is_the_name_of_the_file() -> None:
    error = refusal(SMALLEST.replace('"acme"', '"acne"'))
    assert error.message == "id: `acne` is not the name of the file"
    assert error.hint == 'write id = "acme", or rename the file'


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('id = "acme"\nname = Acme\n', "acme.toml:2:8"),
        ('id = "acme"\nname = "Acme', "acme.toml:2:13"),
        ('id = "acme"\nid = "acme"\n', "acme.toml:2:12"),
        ("\ufeff" + SMALLEST, "acme.toml:1:1"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_place(text: str, where: str) -> None:
    error = refusal(text)
    assert error.message.startswith("this is not TOML: ")
    assert error.where == where


def test_endless_nesting_is_refused() -> None:
    assert refusal("a = " + "[" * 100_000).message == "the values are nested too deeply"


def test_a_refused_preset_changes_nothing_and_says_so_to_programs() -> None:
    error = refusal("")
    assert (error.code, error.exit_code) == ("invalid-preset", 4)


@given(st.text(alphabet="ab=.[]{}\"'#\n\\, 1", max_size=60))
def test_any_text_is_a_preset_or_refused(text: str) -> None:
    with pytest.raises(InvalidPreset):
        read(text)


@given(
    st.recursive(
        st.integers() | st.booleans() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
    st.sampled_from(["name", "key", "notes", "question", "model", "headers", "body", "checked"]),
)
def test_any_value_of_any_key_is_read_or_refused_by_name(value: object, key: str) -> None:
    text = tomlkit.dumps(tomllib.loads(SMALLEST) | {key: value})
    assert _outcome(text).startswith(key)


def _outcome(text: str) -> str:
    """The message of the refusal; if there is none, the one key beyond the smallest preset."""
    try:
        read(text)
    except InvalidPreset as error:
        return error.message
    return next(iter(tomllib.loads(text).keys() - tomllib.loads(SMALLEST).keys()), "name")

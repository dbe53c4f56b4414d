"""Hand-written crushrc files as people keep them with their dotfiles: a change touches its own lines only."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.documents.crushrc import document as crushrc_document
from wizard.documents.crushrc.document import CrushrcDocument
from wizard.documents.document import Deselect, PutProvider, RemoveModel, RemoveProvider, SelectModel
from wizard.errors import Refused
from wizard.files.edit import apply_edits, reverse_edits

if TYPE_CHECKING:
    from wizard.documents.document import Change

FOLDER = Path(__file__).parents[1] / "dotfiles"
NAMES = sorted(path.name for path in FOLDER.iterdir())
ENTRY = {"name": "New", "base_url": "https://new.example/v1", "models": [{"id": "m", "name": "M"}]}
BLOCK = ["", "# >>> crush-wizard >>>", "true", "# <<< crush-wizard <<<"]


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def after(text: str, *changes: Change) -> str:
    return apply_edits(text, CrushrcDocument(text, "crushrc").edits(changes))


def changed_lines(before: str, text: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came."""
    compared = list(difflib.ndiff(before.splitlines(), text.splitlines()))
    went = [line[2:] for line in compared if line.startswith("- ")]
    return went, [line[2:] for line in compared if line.startswith("+ ")]


def in_block(*lines: str) -> list[str]:
    return [*BLOCK[:2], *lines, *BLOCK[2:]]


CASES: list[tuple[str, Change, list[str], list[str]]] = [
    (
        "hosts.crushrc",
        PutProvider("ollama", {"base_url": "http://127.0.0.1:9/v1"}),
        [
            "provider add ollama --type ollama --base-url 'http://127.0.0.1:11434/v1' --api-key ollama   # everywhere",
        ],
        ["provider add ollama --type ollama --base-url 'http://127.0.0.1:9/v1' --api-key ollama   # everywhere"],
    ),
    (
        "hosts.crushrc",
        RemoveModel("ollama", "qwen3:32b"),
        [],
        in_block("model add 'ollama/qwen3:32b'", "model remove 'ollama/qwen3:32b'"),
    ),
    (
        "hosts.crushrc",
        RemoveProvider("corp"),
        [],
        in_block("provider add corp", "provider remove corp"),
    ),
    (
        "hosts.crushrc",
        RemoveModel("ollama", "qwen3:8b"),
        ["model add ollama/qwen3:8b --name 'Qwen 3 8B' --context-window 40960"],
        [],
    ),
    ("hosts.crushrc", Deselect("small"), ["model small ollama/qwen3:8b # quick enough"], []),
    (
        "sourced.crushrc",
        SelectModel("large", "deepseek", "deepseek-chat"),
        ["model large deepseek/deepseek-reasoner --max-tokens 8192 --think"],
        ["model large deepseek/deepseek-chat --max-tokens 8192 --think"],
    ),
    (
        "sourced.crushrc",
        PutProvider("deepseek", {"models": [{"id": "deepseek-chat", "cost_per_1m_in": 0.27}]}),
        ['model add deepseek/deepseek-chat --name "DeepSeek Chat" --price-input 0.28 --price-output 0.42'],
        ['model add deepseek/deepseek-chat --name "DeepSeek Chat" --price-input 0.27 --price-output 0.42'],
    ),
    (
        "sourced.crushrc",
        RemoveModel("deepseek", "deepseek-reasoner"),
        ['model add deepseek/deepseek-reasoner --name "DeepSeek Reasoner" --can-reason yes'],
        [],
    ),
    ("sourced.crushrc", Deselect("small"), ["model small deepseek/deepseek-chat"], []),
    (
        "passwords.crushrc",
        PutProvider("op", {"api_key": "$OP_KEY"}),
        [
            "provider add op     --type openai-compat --base-url https://b.example/v1"
            " --api-key \"$(op read 'op://Private/LLM/key')\""
        ],
        ["provider add op     --type openai-compat --base-url https://b.example/v1 --api-key '$OP_KEY'"],
    ),
    ("passwords.crushrc", RemoveModel("plain", "extra"), ["model add plain/extra --name Extra"], ["true"]),
    (
        "tools.crushrc",
        Deselect("large"),
        [
            "model add groq/openai/gpt-oss-120b --name 'GPT OSS 120B' --context-window 131072; "
            "model large groq/openai/gpt-oss-120b"
        ],
        ["model add groq/openai/gpt-oss-120b --name 'GPT OSS 120B' --context-window 131072;"],
    ),
    (
        "tools.crushrc",
        RemoveModel("groq", "openai/gpt-oss-120b"),
        [
            "model add groq/openai/gpt-oss-120b --name 'GPT OSS 120B' --context-window 131072; "
            "model large groq/openai/gpt-oss-120b"
        ],
        ["model large groq/openai/gpt-oss-120b"],
    ),
    (
        "tools.crushrc",
        PutProvider("ghost", {"name": "Real"}),
        [],
        in_block("provider add ghost --name Real"),
    ),
    (
        "long.crushrc",
        PutProvider("gateway", {"extra_headers": {"X-Team": "core"}, "discover_models": True}),
        ["  --extra-header X-Team platform \\", "provider add gateway --discover-models false"],
        ["  --extra-header X-Team core \\", "provider add gateway --discover-models true"],
    ),
    (
        "long.crushrc",
        RemoveModel("gateway", "small"),
        ["model add gateway/small --name Small"],
        [],
    ),
    (
        "long.crushrc",
        Deselect("large"),
        [
            "model large gateway/org/big:free --temperature 0.7 --top-p 0.9 \\",
            '  --provider-options \'{"effort": "high"}\'',
        ],
        [],
    ),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("ending", ["\n", ""])
@pytest.mark.parametrize(("name", "change", "went", "came"), CASES)
def test_only_the_intended_lines_change(
    name: str, change: Change, went: list[str], came: list[str], ending: str, newline: str
) -> None:
    before = (text_of(name).removesuffix("\n") + ending).replace("\n", newline)
    text = after(before, change)
    assert changed_lines(before, text) == (went, came)
    assert text.count("\n") == text.count(newline)
    assert after(text, change) == text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("ending", ["\n", ""])
@pytest.mark.parametrize("name", NAMES)
def test_what_was_added_goes_without_a_trace(name: str, ending: str, newline: str) -> None:
    before = (text_of(name).removesuffix("\n") + ending).replace("\n", newline)
    added = after(before, PutProvider("new", ENTRY))
    assert added.startswith(before)
    ends_well = name not in ("hosts.crushrc", "tools.crushrc")  # after `fi` the block's `true` is still needed
    left = after(added, RemoveProvider("new"))
    assert left == before if ends_well else left.startswith(before) and "new" not in left


@pytest.mark.parametrize("name", NAMES)
def test_every_edit_can_be_taken_back(name: str) -> None:
    before = text_of(name)
    edits = CrushrcDocument(before, "crushrc").edits([PutProvider("new", ENTRY), SelectModel("small", "new", "m")])
    assert apply_edits(apply_edits(before, edits), reverse_edits(before, edits)) == before


def test_removing_a_provider_that_a_loop_adds_models_to_leaves_a_script_that_works() -> None:
    """Were its command taken out, the loop would add a model to nothing, and Crush would not start."""
    before = "provider add a --name A\nfor one in x y; do model add a/$one; done\n"
    assert changed_lines(before, after(before, RemoveProvider("a"))) == (
        [],
        in_block("provider add a", "provider remove a"),
    )


def test_a_slot_that_is_chosen_by_host_can_not_be_left_open() -> None:
    with pytest.raises(Refused, match="inside `case`") as refused:
        after(text_of("hosts.crushrc"), Deselect("large"))
    assert refused.value.line == 14


def test_a_model_of_a_provider_that_may_not_be_there_is_not_removed() -> None:
    with pytest.raises(Refused, match="whether the script sets up corp") as refused:
        after(text_of("hosts.crushrc"), RemoveModel("corp", "gpt"))
    assert refused.value.line == 22


@pytest.mark.parametrize("name", NAMES)
def test_without_the_parser_things_are_only_added(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crushrc_document, "find_parser", lambda: None)
    before = text_of(name)
    document = CrushrcDocument(before, "crushrc")
    assert not document.is_read
    wanted: list[Change] = [PutProvider("new", ENTRY), SelectModel("large", "new", "m")]
    wanted += [RemoveProvider(provider) for provider in document.provider_ids()]
    for change in wanted:
        assert apply_edits(before, document.edits([change])).startswith(before)
        assert any("shfmt-py" in remark for remark in document.remarks([change]))


def test_without_the_parser_a_model_is_removed_at_the_end_and_a_choice_is_not_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crushrc_document, "find_parser", lambda: None)
    before = text_of("sourced.crushrc")
    went, came = changed_lines(before, after(before, RemoveModel("deepseek", "deepseek-chat")))
    lines = ("provider add deepseek", "model add deepseek/deepseek-chat", "model remove deepseek/deepseek-chat")
    assert (went, came) == ([], in_block(*lines))
    with pytest.raises(Refused, match="no later line") as refused:
        after(before, Deselect("small"))
    assert refused.value.line == 11


BLOCKED = in_block("provider remove a")


@pytest.mark.parametrize(
    "later",
    [
        'for id in a b; do model add "$id/m" --name M; done',
        "source ./models.sh",
        "if true; then . ./models.sh; fi",
        'eval "$(cat models.sh)"',
        '"$HOME/models"',
    ],
)
def test_what_may_add_models_later_finds_the_provider_still_declared(later: str) -> None:
    """Else Crush would stop there: `model add` wants a `provider add` before it (crush-behaviour 5.4)."""
    before = f"provider add a --name A\nmodel add a/x\n{later}\n"
    text = after(before, RemoveProvider("a"))
    went, came = changed_lines(before, text)
    assert (went, came) == (["provider add a --name A", "model add a/x"], ["provider add a", *BLOCKED])
    assert after(text, RemoveProvider("a")) == text


def test_a_function_that_sources_a_file_may_be_called_later() -> None:
    before = 'more() { source "$1"; }\nprovider add a --name A\nmore ./models.sh\n'
    assert "\nprovider add a\nmore ./models.sh\n" in after(before, RemoveProvider("a"))


def test_a_choice_that_may_outlive_its_provider_is_said() -> None:
    remarks = CrushrcDocument(text_of("hosts.crushrc"), "crushrc").remarks([RemoveProvider("ollama")])
    assert any(
        "lines 14, 16 of the crushrc (inside `case`) may still choose a model of ollama" in one for one in remarks
    )


def test_a_loop_over_providers_still_finds_the_one_that_goes() -> None:
    before = text_of("passwords.crushrc")
    went, came = changed_lines(before, after(before, RemoveProvider("plain")))
    assert [line.split()[2] for line in went] == ["plain", "plain/extra"]
    assert came == ["provider add plain # no secret at all", *in_block("provider remove plain")]


def test_a_key_in_plain_text_goes_with_its_provider_whatever_is_sourced_later() -> None:
    before = "provider add a --api-key sk-abcdefghijklmnop0123 # mine\nsource ./local.sh\n"
    assert "sk-abcdefghijklmnop0123" not in after(before, RemoveProvider("a"))


def test_what_is_sourced_before_a_provider_adds_no_models_to_it() -> None:
    before = "source ~/.secrets.sh\nprovider add a --name A\noption debug\n"
    assert after(before, RemoveProvider("a")) == "source ~/.secrets.sh\noption debug\n"

"""Hand-written crushrc files: what is read from them, and what an edit changes. Before and after stand side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wizard.documents.crushrc import document as crushrc_document
from wizard.documents.crushrc.document import CrushrcDocument
from wizard.documents.crushrc.spelling import inexpressible
from wizard.documents.crushrc.syntax import read_script
from wizard.documents.document import DropValue, PutProvider, PutValue, RemoveProvider, SelectModel
from wizard.errors import Conflict, InvalidConfig, Refused
from wizard.files.edit import apply_edits

if TYPE_CHECKING:
    from wizard.documents.document import Change

LAPTOP = """\
#!/usr/bin/env bash
# ~/.config/crush/crushrc -- managed with stow
set -u

option auto-summarize true
mcp add files --type stdio --command npx --arg -y --arg server-filesystem
hook add PreToolUse --matcher '^bash$' --command ./guard.sh   # no rm -rf, please

# --- work -----------------------------------------------------------
if [[ ${HOSTNAME:-} == work-* ]]; then
  provider add corp --type openai-compat --base-url 'https://llm.corp.example/v1' \\
    --api-key "$(op read 'op://Work/LLM/key')"
  model add corp/gpt --name 'Corp GPT'
  model large corp/gpt
fi

[[ -f ~/.secrets ]] && source ~/.secrets

# --- home -----------------------------------------------------------
provider add groq \\
  --type openai-compat \\
  --base-url "https://api.groq.com/openai/v1" \\
  --api-key "$(pass show llm/groq)" # asks for the passphrase
model add groq/llama --context-window 131072 --name 'Llama 3'
provider add groq --extra-header X-Title 'it'\\''s mine'

for name in small big; do model add groq/qwen-$name --name "$name"; done
model large groq/llama --think --max-tokens 4096
model small groq/llama
"""


def after(text: str | None, *changes: Change) -> str:
    return apply_edits(text or "", CrushrcDocument(text, "crushrc").edits(changes))


def changed_lines(before: str, text: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came."""
    old, new = before.splitlines(), text.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


# Reading


def test_what_is_written_statically_is_read() -> None:
    document = CrushrcDocument(LAPTOP, "crushrc")
    assert document.provider_ids() == ("groq",)
    assert document.provider("groq") == {
        "type": "openai-compat",
        "base_url": "https://api.groq.com/openai/v1",
        "api_key": '"$(pass show llm/groq)"',
        "extra_headers": {"X-Title": "it's mine"},
        "models": [{"id": "llama", "context_window": 131072, "name": "Llama 3"}],
    }
    assert document.selection("large") == {"provider": "groq", "model": "llama", "think": True, "max_tokens": 4096}
    assert document.selection("small") == {"provider": "groq", "model": "llama"}
    assert document.provider("corp") is None
    assert document.position(("providers", "groq", "base_url")) == (22, 3)
    assert document.position(("providers", "groq", "models", 0, "name")) == (24, 46)
    assert document.position(("models", "small")) == (29, 1)


def test_what_only_running_it_would_tell_is_named() -> None:
    remarks = CrushrcDocument(LAPTOP, "crushrc").remarks([PutProvider("corp", {}), SelectModel("large", "a", "b")])
    text = "\n".join(remarks)
    assert "lines 11, 13 of the crushrc (inside `if`) may also set corp" in text
    assert "line 14 of the crushrc (inside `if`) may also set the large model" in text
    assert "line 17 of the crushrc (`source`): the script is not run" in text


@pytest.mark.parametrize(
    ("script", "entry"),
    [
        ("provider add a --name 'x y'", {"name": "x y"}),
        ('provider add a --name "x \\$y \\" \\\\ \\n"', {"name": 'x $y " \\ \\n'}),
        ("provider add a --name $'tab\\there\\u00e9\\x21'", {"name": "tab\there\u00e9!"}),
        ("provider add a --name x\\ y'z'\"w\"", {"name": "x yzw"}),
        ("provider add a --name é --type ü", {"name": "é", "type": "ü"}),
        ("provider add a --name 'two\nlines'", {"name": "two\nlines"}),
        ("provider add a --name 1\nprovider add a --type t\nprovider add a --name 2", {"name": "2", "type": "t"}),
        ("provider add a --name x\nprovider remove a\nprovider add a --type t", {"type": "t"}),
        ("provider add a --name x\nprovider rm a", None),
        ("provider add a --flat-rate YES --disable 0", {"flat_rate": True, "disable": False}),
        ("provider 'add' \"a\" --type t # provider add a --name no", {"type": "t"}),
        (
            'provider add a --extra-body \'{"b":{"c":2},"e":1}\' --extra-body \'{"b":{"d":3}}\'',
            {"extra_body": {"b": {"d": 3}, "e": 1}},
        ),
        (
            "provider add a\nmodel add a/1 --name x\nmodel add a/org/2 --price-cache-create 1 --price-cache-hit 0.5\n"
            "model add a/1 --supports-images yes",
            {
                "models": [
                    {"id": "org/2", "cost_per_1m_out_cached": 1, "cost_per_1m_in_cached": 0.5},
                    {"id": "1", "supports_attachments": True},
                ]
            },
        ),
        ("cat <<'END'\nprovider add a --name no\nEND\nprovider add a", {}),
        ("provider add a --name x\nexit\nprovider add a --name y", {"name": "x"}),
        ("provider add a --name x\nreturn 0\nprovider add a --name y", {"name": "y"}),
        ("provider add a --name x\nexit no\nexec\nprovider add a --name y", {"name": "y"}),
        ("provider add a --api-key $(pass show a) --name y", {"api_key": "$(pass show a)", "name": "y"}),
        ("provider add a\r\nprovider add a --name x \\\r\n  --type t\r\n", {"name": "x", "type": "t"}),
        ("command provider add a", None),
        ("provider add a || true", None),
        ('provider add "$ID"', None),
        ("provider add a{1,2}", None),
        ("provider() { :; }; provider add a", None),
    ],
)
def test_scripts_and_what_they_say(script: str, entry: dict[str, Any] | None) -> None:
    assert CrushrcDocument(script, "crushrc").provider("a") == entry


@pytest.mark.parametrize(
    ("script", "place", "words"),
    [
        ("provider add a\nif true\n", (2, 1), "then"),
        ("provider add é 'x\n", (1, 16), "quote"),
        ("\ufeffprovider add a\n", (1, 1), "byte order mark"),
        ("provider add a\n x\0y\n", (2, 3), "zero byte"),
    ],
)
def test_what_bash_can_not_read_is_refused_with_its_place(script: str, place: tuple[int, int], words: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        CrushrcDocument(script, "my/crushrc")
    assert (refused.value.line, refused.value.column) == place
    assert words in refused.value.message
    assert refused.value.hint
    assert refused.value.path == "my/crushrc"


def test_bytes_that_are_no_text_are_refused_with_their_place() -> None:
    with pytest.raises(InvalidConfig) as refused:
        read_script("# é\nprovider add ".encode() + b"\xff", "crushrc")
    assert (refused.value.line, refused.value.column) == (2, 14)


def test_a_script_without_end_is_refused_in_time() -> None:
    with pytest.raises(Refused, match="too long"):
        CrushrcDocument("# x\n" * 300_000, "crushrc")
    with pytest.raises(Refused, match="nested too deeply"):
        CrushrcDocument("{ " * 400 + ":" + "; }" * 400, "crushrc")


# Editing in place


def test_a_value_is_replaced_where_it_stands() -> None:
    text = after(LAPTOP, PutProvider("groq", {"base_url": "https://eu.groq.example/v1", "type": "openai-compat"}))
    assert changed_lines(LAPTOP, text) == (
        ['  --base-url "https://api.groq.com/openai/v1" \\'],
        ["  --base-url 'https://eu.groq.example/v1' \\"],
    )


def test_a_new_key_takes_the_place_of_the_command_that_asked_for_it() -> None:
    text = after(LAPTOP, PutProvider("groq", {"api_key": "${GROQ:-$(crush-wizard secret get GROQ)}"}))
    assert changed_lines(LAPTOP, text) == (
        ['  --api-key "$(pass show llm/groq)" # asks for the passphrase'],
        ["  --api-key '${GROQ:-$(crush-wizard secret get GROQ)}' # asks for the passphrase"],
    )


def test_new_flags_stand_as_the_others_do() -> None:
    before = "provider add a \\\n    --name A \\\n    --type t   # mine\nmodel add a/m --name M\n"
    entry = {"flat_rate": True, "models": [{"id": "m", "can_reason": True}], "extra_headers": {"X": "$Y"}}
    assert after(before, PutProvider("a", entry)) == (
        "provider add a \\\n    --name A \\\n    --type t \\\n    --extra-header X '$Y' \\\n    --flat-rate true"
        "   # mine\nmodel add a/m --name M --can-reason true\n"
    )


def test_a_merge_keeps_the_fields_of_a_model_and_its_place() -> None:
    before = "provider add a\nmodel add a/1 --name One --price-input 2.50\nmodel add a/2 --name Two\n"
    text = after(before, PutProvider("a", {"models": [{"id": "1", "context_window": 9, "cost_per_1m_in": 2.5}]}))
    assert text == before.replace("--price-input 2.50", "--price-input 2.50 --context-window 9")


def test_a_replacement_stands_where_the_first_command_stood() -> None:
    text = after(LAPTOP, PutProvider("groq", {"name": "G", "models": [{"id": "m", "name": "M"}]}, "replace"))
    went, came = changed_lines(LAPTOP, text)
    assert came == ["provider add groq --name G", "model add groq/m --name M # asks for the passphrase"]
    assert len(went) == 6
    assert CrushrcDocument(text, "crushrc").provider("groq") == {"name": "G", "models": [{"id": "m", "name": "M"}]}


def test_a_slot_keeps_what_else_it_says() -> None:
    text = after(LAPTOP, SelectModel("small", "groq", "qwen-big"), SelectModel("large", "x", "org/m:free"))
    assert text.endswith("model large 'x/org/m:free' --think --max-tokens 4096\nmodel small groq/qwen-big\n")


def test_what_is_so_already_is_no_edit() -> None:
    document = CrushrcDocument(LAPTOP, "crushrc")
    entry = {"type": "openai-compat", "models": [{"id": "llama", "context_window": 131072.0}]}
    assert document.edits([PutProvider("groq", entry), SelectModel("small", "groq", "llama")]) == ()
    same = {"name": "x", "models": [{"id": "m", "name": "y"}]}
    text = after(None, PutProvider("a", same, "replace"))
    assert CrushrcDocument(text, "crushrc").edits([PutProvider("a", same, "replace")]) == ()


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (
            "provider add b\nprovider add a --name x \\\n  --type t # mine\n# c\nmodel add a/m\n",
            "provider add b\n# c\n",
        ),
        ("provider add b; provider add a\n", "provider add b;\n"),
        ("provider add a; provider add b\n", "provider add b\n"),
        ("provider add b\nprovider add a", "provider add b\n"),
        ("provider add b\r\nprovider add a\r\nprovider add c\r\n", "provider add b\r\nprovider add c\r\n"),
        ("[[ -f x ]] && source x\nprovider add a\n", "[[ -f x ]] && source x\ntrue\n"),
        ("provider add a\n", ""),
    ],
)
def test_removing_takes_the_commands_out(before: str, left: str) -> None:
    assert after(before, RemoveProvider("a")) == left


def test_single_values_are_put_and_dropped() -> None:
    before = "provider add a --api-key sk-1 \\\n  --extra-header Authorization 'Bearer sk-2' \\\n  --name A\n"
    put = PutValue(("providers", "a", "extra_headers", "Authorization"), "Bearer $A_TOKEN")
    assert after(before, put, DropValue(("providers", "a", "api_key"))) == (
        "provider add a \\\n  --extra-header Authorization 'Bearer $A_TOKEN' \\\n  --name A\n"
    )
    assert after(before, DropValue(("providers", "a", "extra_headers", "Authorization"))) == (
        "provider add a --api-key sk-1 \\\n  --name A\n"
    )
    with pytest.raises(Refused, match=r"env\.A"):
        after(before, PutValue(("env", "A"), "b"))


# The block

BLOCK = "# >>> crush-wizard >>>\n{}true\n# <<< crush-wizard <<<\n"
NEW = {"name": "New", "base_url": "https://x.example/v1", "models": [{"id": "m", "name": "M", "context_window": 8}]}
LINES = "provider add new --name New --base-url 'https://x.example/v1'\nmodel add new/m --name M --context-window 8\n"


def test_a_new_provider_is_added_in_a_block_at_the_end() -> None:
    assert after(LAPTOP, PutProvider("new", NEW)) == LAPTOP + "\n" + BLOCK.format(LINES)
    assert after(None, PutProvider("new", NEW)) == BLOCK.format(LINES)
    assert after("", PutProvider("new", NEW)) == BLOCK.format(LINES)


def test_a_file_without_a_last_line_end_stays_so() -> None:
    before = "provider add a # the end"
    assert after(before, PutProvider("new", NEW)) == before + "\n\n" + BLOCK.format(LINES).removesuffix("\n")


def test_crlf_stays_crlf() -> None:
    before = LAPTOP.replace("\n", "\r\n")
    text = after(before, PutProvider("new", NEW), PutProvider("groq", {"base_url": "https://b", "flat_rate": True}))
    assert text.count("\n") == text.count("\r\n")
    assert text.replace("\r\n", "\n") == after(
        LAPTOP, PutProvider("new", NEW), PutProvider("groq", {"base_url": "https://b", "flat_rate": True})
    )


def test_later_additions_go_into_the_block_and_edits_of_it_stay_in_place() -> None:
    text = after(LAPTOP, PutProvider("new", NEW))
    again = after(text, PutProvider("z", {"name": "Z"}), PutProvider("new", {"name": "Newer"}))
    wanted = LINES.replace("--name New", "--name Newer") + "provider add z --name Z\n"
    assert again == LAPTOP + "\n" + BLOCK.format(wanted)


def test_a_new_model_of_a_known_provider_needs_no_second_declaration() -> None:
    text = after(LAPTOP, PutProvider("groq", {"models": [{"id": "new", "name": "N"}]}))
    assert text == LAPTOP + "\n" + BLOCK.format("model add groq/new --name N\n")
    text = after(BLOCK.format(LINES), PutProvider("new", {"models": [{"id": "other", "name": "O"}]}))
    assert text == BLOCK.format(f"{LINES}model add new/other --name O\n")
    below = f"{BLOCK.format('')}provider add new --name New\n"
    with pytest.raises(Conflict):
        after(below, PutProvider("new", {"models": [{"id": "m", "name": "M"}]}))


def test_a_provider_that_is_only_dynamic_is_added_to() -> None:
    text = after(LAPTOP, PutProvider("corp", {"name": "Corp"}))
    assert text == LAPTOP + "\n" + BLOCK.format("provider add corp --name Corp\n")
    replaced = after(LAPTOP, PutProvider("corp", {"name": "Corp"}, "replace"))
    assert "provider add corp\nprovider remove corp\nprovider add corp --name Corp\n" in replaced
    removed = after(LAPTOP, RemoveProvider("corp"))
    assert removed == LAPTOP + "\n" + BLOCK.format("provider add corp\nprovider remove corp\n")


def test_words_that_may_be_several_are_overruled_not_edited() -> None:
    before = 'provider add a --name A $EXTRA\nprovider add b "${flags[@]}"\n'
    text = after(before, PutProvider("a", {"name": "B"}), PutProvider("b", {"type": "t"}))
    assert text == before + "\n" + BLOCK.format("provider add a --name B\nprovider add b --type t\n")


def test_a_model_that_is_computed_is_not_restated() -> None:
    before = "provider add a\nmodel add a/m --name M $EXTRA\n"
    with pytest.raises(Conflict) as refused:
        after(before, PutProvider("a", {"models": [{"id": "m", "context_window": 1}]}))
    assert (refused.value.line, refused.value.column) == (2, 1)


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("provider add a\nexit 0\n", 2),
        (BLOCK.format("provider add a\n") + "if true; then provider add new; fi\n", 5),
        ("# >>> crush-wizard >>>\nprovider add a\n", 1),
        (BLOCK.format("provider add a\n") + "if true; then model large a/x; fi\n", 5),
    ],
)
def test_where_nothing_added_would_count_nothing_is_added(before: str, line: int) -> None:
    with pytest.raises(Refused) as refused:
        after(before, PutProvider("new", NEW), SelectModel("large", "a", "m"))
    assert refused.value.line == line
    assert refused.value.hint


def test_behind_a_return_that_only_fails_what_is_added_counts() -> None:
    text = after("provider add a\nreturn 0\n", PutProvider("new", NEW))
    assert CrushrcDocument(text, "crushrc").provider("new") is not None


@pytest.mark.parametrize("before", ["provider add a \\", "provider add a --name x\\"])
def test_an_addition_never_becomes_a_part_of_the_last_line(before: str) -> None:
    try:
        text = after(before, PutProvider("new", NEW))
    except Refused:
        return
    document = CrushrcDocument(text, "crushrc")
    assert document.provider("a") == CrushrcDocument(before, "crushrc").provider("a")
    assert document.provider("new") == NEW


# What can't be said, and what is hidden


def test_what_a_crushrc_can_not_say_is_named_and_left_out() -> None:
    entry = {
        "name": "A",
        "aws_auth_refresh": "aws sso login",
        "models": [
            {"id": "m", "reasoning_levels": ["low"], "options": {"top_p": 1}, "default_reasoning_effort": "low"}
        ],
    }
    of_models = ("models.reasoning_levels", "models.options", "models.default_reasoning_effort")
    assert inexpressible(entry) == ("aws_auth_refresh", *of_models)
    assert "provider add a --name A\nmodel add a/m\n" in after(None, PutProvider("a", entry))
    (warning,) = CrushrcDocument(None, "crushrc").left_out([PutProvider("a", entry)])
    assert f"aws_auth_refresh, {', '.join(of_models)}" in warning


def test_an_effort_without_levels_can_be_said() -> None:
    entry = {"name": "A", "models": [{"id": "m", "default_reasoning_effort": "low"}]}
    assert inexpressible(entry) == ()
    assert "model add a/m --reasoning-effort low\n" in after(None, PutProvider("a", entry))


@pytest.mark.parametrize("provider", ["a/b", "a\0b", "a\ud800"])
def test_ids_that_no_crushrc_can_hold_are_refused(provider: str) -> None:
    with pytest.raises(Refused):
        after(None, PutProvider(provider, NEW))


def test_secrets_in_commands_that_may_not_run_are_masked() -> None:
    text = (
        "if true; then\n"
        '  provider add a --extra-header X-Token made-up-1 --api-key "${K:-made-up-2}" \\\n'
        "    --extra-header X-Auth '${T:-made-up-3}' --extra-header X-Team \"${TEAM:-none}\"\n"
        "fi\n"
    )
    masks = CrushrcDocument(text, "crushrc").masks(lambda _: "$KEY")
    assert {"made-up-1", "made-up-2", "made-up-3"} <= set(masks)
    assert not [one for one in masks if "none" in one]


def test_every_spelling_of_a_secret_is_masked_and_stays_one_word() -> None:
    text = (
        'provider add a --api-key sk-abcdefghijklmnop0123\nprovider add b --api-key "sk-it\'s-\\\\ secret-too"\n'
        "export TOKEN=topsecretvalue\nmodel large a/m --max-tokens 4096\n"
    )
    masks = CrushrcDocument(text, "crushrc").masks(lambda _: "$KEY")
    for secret in sorted(masks, key=len, reverse=True):
        text = text.replace(secret, masks[secret])
    assert text == (
        "provider add a --api-key '$KEY'\nprovider add b --api-key '$KEY'\nexport TOKEN=$KEY\n"
        "model large a/m --max-tokens 4096\n"
    )


# Without the parser


@pytest.fixture
def no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that shfmt-py has no build for."""
    monkeypatch.setattr(crushrc_document, "find_parser", lambda: None)


def test_without_the_parser_new_providers_are_still_added(no_parser: None) -> None:
    document = CrushrcDocument(LAPTOP, "crushrc")
    changes: list[Change] = [PutProvider("new", NEW), SelectModel("large", "new", "m")]
    assert apply_edits(LAPTOP, document.edits(changes)) == LAPTOP + "\n" + BLOCK.format(LINES + "model large new/m\n")
    assert any("shfmt-py" in remark for remark in document.remarks(changes))


def test_without_the_parser_a_known_id_is_still_a_conflict(no_parser: None) -> None:
    document = CrushrcDocument(LAPTOP, "crushrc")
    assert document.provider_ids() == ("corp", "groq")
    with pytest.raises(Refused, match="shfmt-py"):
        document.edits([PutProvider("groq", {"name": "G"})])
    replaced = apply_edits(LAPTOP, document.edits([PutProvider("groq", {"name": "G"}, "replace")]))
    assert replaced == LAPTOP + "\n" + BLOCK.format(
        "provider add groq\nprovider remove groq\nprovider add groq --name G\n"
    )


def test_a_parser_of_another_machine_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    program = tmp_path / "shfmt"
    program.write_bytes(b"\x7fELF no program")
    program.chmod(0o755)
    monkeypatch.setattr(crushrc_document, "find_parser", lambda: program)
    assert CrushrcDocument(LAPTOP, "crushrc").provider_ids() == ("corp", "groq")


ODD_CASE = """\
is_work() { [[$host == work-* ]]; }
case $host in
  desktop)
    ;;
esac
if is_work; then
  model add corp/gpt --name 'Corp GPT'
fi
"""
"""Found by tests/fuzz: a script that is not followed to its end, so that anything may follow."""


def test_a_provider_that_is_nowhere_is_removed_without_an_edit() -> None:
    assert CrushrcDocument(ODD_CASE, "crushrc").edits([RemoveProvider("mine")]) == ()

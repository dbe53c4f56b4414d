"""Every kind of question in a real terminal, as a person meets it."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.terminal.conftest import Asked

HELP = "A few words that explain what the question is about, long enough to need a second line at 80 columns."

TEXT = {"key": "text", "text": "Base URL?", "kind": "text", "help": HELP, "default": "http://localhost"}
SECRET = {"key": "secret", "text": "API key?", "kind": "secret", "help": HELP}
CHOICE = {
    "key": "choice",
    "text": "Which provider?",
    "kind": "choice",
    "help": HELP,
    "choices": [["deepseek", "DeepSeek", "cheap"], ["groq", "Groq", "fast"], ["ollama", "Ollama", "local"]],
}
LONG = {
    "key": "long",
    "text": "Which model?",
    "kind": "choice",
    "choices": [[f"m{number}", f"model-{number}"] for number in range(40)],
}
MANY = {**CHOICE, "key": "many", "text": "Which models?", "kind": "many", "default": ["groq"]}
TEXTS = {"key": "texts", "text": "Model ids?", "kind": "many", "help": HELP}
CONFIRM = {"key": "confirm", "text": "Write it?", "kind": "confirm", "default": True, "help": HELP}
EVERY_KIND = [TEXT, SECRET, CHOICE, LONG, MANY, TEXTS, CONFIRM]


def named(question: dict[str, Any]) -> str:
    return str(question["key"])


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_every_kind_is_asked_and_answered(ask: Callable[..., Asked], columns: int, rows: int) -> None:
    asked = ask(*EVERY_KIND, columns=columns, rows=rows)
    window = asked.terminal
    window.wait_for("? Base URL? http://localhost")
    window.send(":11434\r")
    window.wait_for("? API key?")
    window.send(CANARY + "\r")
    window.wait_for("? Which provider?")
    window.wait_for("Ollama local")
    window.key("down")
    window.wait_for("❯ Groq")
    window.key("enter")
    window.wait_for("? Which model?")
    window.send("l-17")
    window.wait_for("1 of 40")
    window.key("enter")
    window.wait_for("● Groq")
    window.key("space")
    window.wait_for("● DeepSeek")
    window.key("enter")
    window.wait_for("? Model ids?")
    window.send("one\r")
    window.wait_for("• one")
    window.send("two, three\r")
    window.wait_for("• three")
    window.key("enter")
    window.wait_for("? Write it? (Y/n)")
    window.send("n")
    window.wait_for("No")
    window.key("enter")
    assert asked.answers() == {
        "text": "http://localhost:11434",
        "secret": CANARY,
        "choice": "groq",
        "long": "m17",
        "many": ["deepseek", "groq"],
        "texts": ["one", "two", "three"],
        "confirm": False,
    }
    assert window.cooked


@pytest.mark.parametrize("question", EVERY_KIND, ids=named)
@pytest.mark.parametrize("way", ["ctrl-c", "ctrl-d", signal.SIGINT, signal.SIGTERM], ids=str)
def test_every_way_to_cancel_ends_every_kind(
    ask: Callable[..., Asked], question: dict[str, Any], way: str | signal.Signals
) -> None:
    asked = ask(question)
    asked.terminal.wait_for("Ctrl-C cancel")
    if isinstance(way, signal.Signals):
        asked.terminal.kill(way)
    else:
        asked.terminal.key(way)
    asked.cancelled()


@pytest.mark.parametrize("question", [TEXT, SECRET, CHOICE, CONFIRM], ids=named)
@pytest.mark.parametrize("way", ["ctrl-c", "ctrl-d", signal.SIGTERM], ids=str)
def test_plain_lines_are_cancelled_as_well(
    ask: Callable[..., Asked], question: dict[str, Any], way: str | signal.Signals
) -> None:
    asked = ask(question, env={"TERM": "dumb"})
    asked.terminal.wait_for("> ")
    if isinstance(way, signal.Signals):
        asked.terminal.kill(way)
    else:
        asked.terminal.key(way)
    asked.cancelled()


@pytest.mark.parametrize("question", [SECRET, CHOICE, LONG, MANY, TEXTS, CONFIRM], ids=named)
def test_esc_goes_back_and_the_question_goes_from_the_screen(
    ask: Callable[..., Asked], question: dict[str, Any]
) -> None:
    window = ask(TEXT, question).terminal
    window.wait_for("Base URL?")
    window.wait_for("Ctrl-C cancel")
    assert "Esc back" not in window.screen
    window.key("enter")
    window.wait_for(question["text"])
    window.wait_for("Esc back")
    window.key("esc")
    window.wait_for("? Base URL?")
    window.wait_until_gone(question["text"])


@pytest.mark.parametrize("question", [CHOICE, LONG, MANY], ids=named)
def test_a_list_has_a_choice_that_goes_back(ask: Callable[..., Asked], question: dict[str, Any]) -> None:
    window = ask(TEXT, question).terminal
    window.wait_for("Base URL?")
    window.key("enter")
    window.wait_for("← Back")
    window.key("up")
    window.wait_for("❯ ← Back")
    window.key("enter")
    window.wait_for("? Base URL?")


def test_the_same_answers_after_going_back_leave_no_line_twice(ask: Callable[..., Asked]) -> None:
    first = {**CHOICE, "key": "first", "text": "Which first?"}
    asked = ask(first, CHOICE, LONG)
    window = asked.terminal
    window.answer("Which first?")
    window.answer("Which provider?", "groq")
    window.wait_for_question(LONG["text"])
    window.key("esc")
    window.wait_for_question("Which provider?")
    window.key("esc")
    window.answer("Which first?")
    window.answer("Which provider?", "groq")
    window.wait_for_question(LONG["text"])
    assert window.screen.count("✓ Which first? DeepSeek\n✓ Which provider? Groq\n") == 1
    assert window.screen.count("✓") == 2
    window.key("esc")
    window.answer("Which provider?", "ollama")
    window.wait_for_question(LONG["text"])
    assert "✓ Which provider? Groq\n✓ Which provider? Ollama\n" in window.screen, "another answer is said"
    window.key("enter")
    assert asked.answers()["choice"] == "ollama"


@pytest.mark.parametrize("question", EVERY_KIND, ids=named)
def test_esc_does_nothing_where_there_is_no_way_back(ask: Callable[..., Asked], question: dict[str, Any]) -> None:
    asked = ask(question)
    asked.terminal.wait_for("Ctrl-C cancel")
    asked.terminal.key("esc", times=2)
    with pytest.raises(pytest.fail.Exception):
        asked.terminal.wait_until_gone(question["text"], timeout=0.4)
    assert "← Back" not in asked.terminal.screen
    asked.terminal.key("ctrl-c")
    asked.cancelled()


@pytest.mark.parametrize("question", EVERY_KIND, ids=named)
def test_colours_pasted_into_a_question_do_nothing(ask: Callable[..., Asked], question: dict[str, Any]) -> None:
    """As from a terminal that does not mark what is pasted."""
    asked = ask(question)
    window = asked.terminal
    window.wait_for("Ctrl-C cancel")
    window.send("\x1b[1m\x1b[32;40m")
    window.key("ctrl-c")
    asked.cancelled()


def test_esc_takes_the_last_text_back_before_it_leaves(ask: Callable[..., Asked]) -> None:
    asked = ask(TEXTS)
    asked.terminal.wait_for("? Model ids?")
    asked.terminal.send("gpt-5\r")
    asked.terminal.wait_for("• gpt-5")
    asked.terminal.key("esc")
    asked.terminal.wait_for("? Model ids? gpt-5")
    asked.terminal.send("-mini\r")
    asked.terminal.wait_for("• gpt-5-mini")
    asked.terminal.key("enter")
    assert asked.answers() == {"texts": ["gpt-5-mini"]}


def test_typing_filters_a_long_list_and_an_empty_match_is_no_answer(ask: Callable[..., Asked]) -> None:
    asked = ask(LONG)
    asked.terminal.wait_for("type to filter")
    asked.terminal.send("3x")
    asked.terminal.wait_for("no match")
    asked.terminal.key("enter")
    asked.terminal.key("backspace")
    asked.terminal.wait_for("/ 3  13 of 40")
    assert "model-12" not in asked.terminal.screen
    asked.terminal.key("down")
    asked.terminal.wait_for("❯ model-13")
    asked.terminal.key("enter")
    assert asked.answers() == {"long": "m13"}


def test_a_list_scrolls_in_a_window_that_is_too_low_for_it(ask: Callable[..., Asked]) -> None:
    asked = ask({**LONG, "help": HELP, "default": "m20"}, columns=40, rows=8)
    asked.terminal.wait_for("❯ model-20")
    asked.terminal.key("end")
    asked.terminal.wait_for("❯ model-39")
    asked.terminal.key("down")
    asked.terminal.wait_for("❯ model-0")
    asked.terminal.key("pagedown")
    asked.terminal.wait_for("❯ model-15")
    asked.terminal.key("enter")
    assert asked.answers() == {"long": "m15"}


def test_what_is_picked_stays_picked_behind_a_filter(ask: Callable[..., Asked]) -> None:
    asked = ask({**LONG, "key": "picked", "kind": "many", "default": ["m39"]})
    asked.terminal.wait_for("type to filter")
    asked.terminal.send("-21")
    asked.terminal.wait_for("1 of 40")
    asked.terminal.key("space")
    asked.terminal.wait_for("2 picked")
    asked.terminal.key("ctrl-u")
    asked.terminal.wait_for("40 of 40")
    asked.terminal.key("enter")
    assert asked.answers() == {"picked": ["m21", "m39"]}


@pytest.mark.parametrize("pasted", [f"{CANARY}\n", f"\r\n{CANARY}\r\n"])
def test_a_pasted_secret_is_never_shown_and_loses_its_line_end(ask: Callable[..., Asked], pasted: str) -> None:
    asked = ask(SECRET)
    asked.terminal.wait_for("Ctrl-C cancel")
    asked.terminal.paste(pasted)
    asked.terminal.wait_for("***")
    asked.terminal.key("enter")
    assert asked.answers() == {"secret": CANARY}
    assert CANARY.encode() not in asked.terminal.everything


def test_a_needed_secret_can_not_be_empty(ask: Callable[..., Asked]) -> None:
    asked = ask(SECRET)
    asked.terminal.wait_for("Ctrl-C cancel")
    asked.terminal.key("enter")
    asked.terminal.wait_for("Type an answer.")
    asked.terminal.send(CANARY + "\r")
    assert asked.answers() == {"secret": CANARY}


def test_a_secret_with_a_default_may_be_empty(ask: Callable[..., Asked]) -> None:
    asked = ask({**SECRET, "default": ""})
    asked.terminal.wait_for("Ctrl-C cancel")
    asked.terminal.key("enter")
    assert asked.answers() == {"secret": ""}


def test_enter_alone_does_not_confirm_without_a_default(ask: Callable[..., Asked]) -> None:
    asked = ask({**CONFIRM, "default": None})
    asked.terminal.wait_for("(y/n)")
    asked.terminal.key("enter")
    asked.terminal.wait_for("(y/n)")
    asked.terminal.send("y\r")
    assert asked.answers() == {"confirm": True}


@pytest.mark.parametrize("kind", ["choice", "many"])
def test_long_and_wide_labels_are_cut_to_one_row_each(ask: Callable[..., Asked], kind: str) -> None:
    labels = ["模型" * 30, "narrow " * 12, "é" * 90]
    choices = [[str(number), label, "hint"] for number, label in enumerate(labels)]
    asked = ask({**CHOICE, "kind": kind, "choices": choices, "default": None}, columns=40, rows=20)
    asked.terminal.wait_for("Ctrl-C cancel" if kind == "choice" else "Enter take")
    rows = asked.terminal.screen.splitlines()
    assert [row.endswith("…") for row in rows if re.search(r"模|narrow|é", row)] == [True] * 3


@pytest.mark.parametrize("kind", ["choice", "many"])
def test_a_hint_without_room_is_shown_in_full_where_one_points(ask: Callable[..., Asked], kind: str) -> None:
    choices = [["a", "A label of thirty columns, or so", HELP], ["b", "Short", "brief"]]
    window = ask(
        {**CHOICE, "kind": kind, "choices": choices, "default": None, "help": ""}, columns=40, rows=20
    ).terminal
    window.wait_for(HELP)
    window.key("down")
    window.wait_for("❯ Short" if kind == "choice" else "❯ ○ Short")
    window.wait_until_gone("few words that explain")


@pytest.mark.parametrize("question", [CHOICE, LONG, MANY], ids=named)
def test_escapes_in_labels_are_shown_and_not_obeyed(ask: Callable[..., Asked], question: dict[str, Any]) -> None:
    evil = ["evil", "\x1b]0;owned\x07 \x1b[2Jmodel", "\u202ereversed"]
    asked = ask({**question, "choices": [evil, *question["choices"]]})
    asked.terminal.wait_for(r"\x1b]0;owned\x07 \x1b[2Jmodel")
    asked.terminal.wait_for(r"\u202ereversed")
    assert b"\x1b]0;owned" not in asked.terminal.everything
    assert "\u202e".encode() not in asked.terminal.everything


def test_no_color_keeps_colours_away(ask: Callable[..., Asked]) -> None:
    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        window = ask(*EVERY_KIND[:1], env=env).terminal
        window.wait_for("Ctrl-C cancel")
        window.key("enter")
        window.wait()
        codes = re.findall(rb"\x1b\[([\d;]*)m", window.everything)
        assert any(re.search(rb"\b[349]\d\b", code) for code in codes) is coloured


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"TERM": None}, {"WIZARD_PLAIN": "1"}], ids=str)
def test_plain_lines_ask_every_kind_without_a_single_escape(
    ask: Callable[..., Asked], env: dict[str, str | None]
) -> None:
    asked = ask(*EVERY_KIND, columns=40, rows=20, env={**env, "NO_COLOR": "1"})
    window = asked.terminal
    window.wait_for("[http://localhost]> ")
    window.send("\r")
    window.wait_for("API key?")
    window.wait_for("(< back) > ")
    window.send("<\r")
    window.wait_for(f"(< back) > Base URL? {HELP} [http://localhost]>")
    window.send("http://other\r")
    window.wait_for(f"[http://localhost]> http://other API key? {HELP} (< back) >")
    window.send(CANARY + "\r")
    window.wait_for("2) Groq - fast")
    window.send("rubbish\r")
    window.wait_for("no match for 'rubbish'")
    window.send("2\r")
    window.wait_for("and 10 more")
    window.send("el-3\r")
    window.wait_for("11 match")
    window.send("model-33\r")
    window.wait_for("[Groq]> ")
    window.send("1,3\r")
    window.wait_for("Model ids?")
    window.send("one, two\r")
    window.wait_for("another")
    window.send("\r")
    window.wait_for("[y]> ")
    window.send("\r")
    assert asked.answers() == {
        "text": "http://other",
        "secret": CANARY,
        "choice": "groq",
        "long": "m33",
        "many": ["deepseek", "ollama"],
        "texts": ["one", "two"],
        "confirm": True,
    }
    assert b"\x1b" not in window.everything
    assert CANARY.encode() not in window.everything

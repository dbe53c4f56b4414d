"""Lists to pick from in a real terminal: what Enter and the space bar do, what is counted, and what stays in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.terminal.conftest import SIZES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.terminal.conftest import Asked

NAMES = ["gpt 5 mini", "gpt 4", "claude", *(f"model-{number}" for number in range(40))]
MODELS: dict[str, Any] = {
    "key": "models",
    "text": "Which models?",
    "kind": "many",
    "choices": [*([name, name] for name in NAMES), ["other", "Other ids", "", False]],
}
PROVIDERS: dict[str, Any] = {
    "key": "provider",
    "text": "Which provider?",
    "kind": "choice",
    "choices": [
        ["gateway", "Gateway", "for OpenAI and DeepSeek behind it"],
        *([f"p{number}", f"Provider {number}", "one of many"] for number in range(40)),
        ["deepseek", "DeepSeek", "cheap"],
    ],
}
SAID = [f"what was said before, line {number}" for number in range(6)]


@pytest.mark.parametrize("needs_one", [True, False])
def test_enter_takes_the_highlighted_row_where_nothing_is_picked(ask: Callable[..., Asked], needs_one: bool) -> None:
    asked = ask({**MODELS, "needs_one": needs_one})
    asked.terminal.wait_for("Enter take")
    asked.terminal.send("model-17")
    asked.terminal.wait_for("1 of 43")
    asked.terminal.key("enter")
    assert asked.answers() == {"models": ["model-17"]}
    assert "✓ Which models? model-17" in asked.terminal.screen


def test_none_is_a_row_of_its_own_where_it_is_an_answer(ask: Callable[..., Asked]) -> None:
    asked = ask(MODELS)
    asked.terminal.wait_for("43 of 43")
    asked.terminal.key("end")
    asked.terminal.wait_for("❯ ○ None of these")
    asked.terminal.key("enter")
    assert asked.answers() == {"models": []}
    assert "✓ Which models? (none)" in asked.terminal.screen


def test_a_list_that_needs_an_answer_has_no_such_row(ask: Callable[..., Asked]) -> None:
    window = ask({**MODELS, "needs_one": True}).terminal
    window.wait_for("43 of 43")
    window.key("end")
    window.wait_for("❯ ○ Other ids")
    assert "None of these" not in window.screen


def test_whoever_takes_all_marks_off_wants_none(ask: Callable[..., Asked]) -> None:
    asked = ask({**MODELS, "default": ["gpt 4"]})
    asked.terminal.wait_for("1 picked")
    asked.terminal.key("down")
    asked.terminal.wait_for("❯ ● gpt 4")
    asked.terminal.key("space")
    asked.terminal.wait_for("0 picked")
    asked.terminal.key("enter")
    assert asked.answers() == {"models": []}


def test_the_space_bar_types_into_a_filter_until_something_is_picked(ask: Callable[..., Asked]) -> None:
    asked = ask(MODELS)
    asked.terminal.wait_for("Space pick")
    asked.terminal.send("gpt 5")
    asked.terminal.wait_for("/ gpt 5  1 of 43, 0 picked")
    asked.terminal.wait_for("Tab pick")
    asked.terminal.key("tab")
    asked.terminal.wait_for("❯ ● gpt 5 mini")
    asked.terminal.key("ctrl-u")
    asked.terminal.send("claude")
    asked.terminal.wait_for("❯ ○ claude")
    asked.terminal.key("space")
    asked.terminal.wait_for("2 picked")
    asked.terminal.key("enter")
    assert asked.answers() == {"models": ["gpt 5 mini", "claude"]}


def test_the_space_bar_picks_the_row_that_was_moved_to(ask: Callable[..., Asked]) -> None:
    asked = ask(MODELS)
    asked.terminal.wait_for("Space pick")
    asked.terminal.send("gpt")
    asked.terminal.wait_for("2 of 43")
    asked.terminal.key("down")
    asked.terminal.wait_for("❯ ○ gpt 4")
    asked.terminal.key("space")
    asked.terminal.wait_for("❯ ● gpt 4")
    asked.terminal.key("enter")
    assert asked.answers() == {"models": ["gpt 4"]}


def test_only_what_is_listed_is_counted(ask: Callable[..., Asked]) -> None:
    window = ask(MODELS).terminal
    window.wait_for("43 of 43, 0 picked")
    window.send("other ids")
    window.wait_for("0 of 43, 0 picked")
    window.key("tab")
    window.wait_for("❯ ● Other ids")
    assert "0 of 43, 0 picked" in window.screen


def test_what_is_called_so_comes_before_what_only_mentions_it(ask: Callable[..., Asked]) -> None:
    asked = ask(PROVIDERS)
    asked.terminal.wait_for("type to filter")
    asked.terminal.send("deep")
    asked.terminal.wait_for("❯ DeepSeek  cheap")
    asked.terminal.wait_for("Gateway")
    asked.terminal.key("enter")
    assert asked.answers() == {"provider": "deepseek"}


def test_a_short_list_is_filtered_as_well(ask: Callable[..., Asked]) -> None:
    asked = ask({**PROVIDERS, "choices": PROVIDERS["choices"][-3:]})
    asked.terminal.wait_for("❯ Provider 38")
    assert "type to filter" not in asked.terminal.screen
    asked.terminal.send("deep")
    asked.terminal.wait_for("/ deep  1 of 3")
    asked.terminal.key("enter")
    assert asked.answers() == {"provider": "deepseek"}


@pytest.mark.parametrize("question", [MODELS, PROVIDERS], ids=["many", "choice"])
@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_what_was_said_above_stays_on_the_screen(
    ask: Callable[..., Asked], question: dict[str, Any], columns: int, rows: int
) -> None:
    window = ask({**question, "said": SAID}, columns=columns, rows=rows).terminal
    window.wait_for("Ctrl-C cancel" if columns > 40 else "type to filter")
    assert all(line in window.screen for line in SAID)
    window.key("end")
    window.wait_for("❯")
    assert all(line in window.screen for line in SAID)


def test_that_nothing_matches_is_said_beside_the_way_back_too(ask: Callable[..., Asked]) -> None:
    window = ask({**PROVIDERS, "key": "first"}, MODELS).terminal
    window.answer("Which provider?")
    window.wait_for("← Back")
    window.send("gptx")
    window.wait_for("no match")
    assert "← Back" in window.screen


@pytest.mark.parametrize("kind", ["choice", "many"])
def test_enter_is_no_answer_while_nothing_matches(ask: Callable[..., Asked], kind: str) -> None:
    """It takes nothing away either: the filter stays as it was typed."""
    asked = ask({**MODELS, "kind": kind})
    asked.terminal.wait_for("43 of 43")
    asked.terminal.send("gptx")
    asked.terminal.wait_for("no match")
    asked.terminal.key("enter")
    asked.terminal.key("backspace")
    asked.terminal.wait_for("/ gpt  2 of 43")
    asked.terminal.key("enter")
    assert asked.answers() == {"models": ["gpt 5 mini"] if kind == "many" else "gpt 5 mini"}


TEXTS = ["Write it?", "Send the key to it, and all that Crush says?", "Shall it be written to the file, too, now?"]


@pytest.mark.parametrize("text", [*TEXTS, *(f"{'Is it this one, or x' + 'x' * length}?" for length in range(19))])
def test_yes_or_no_is_never_broken_across_lines(ask: Callable[..., Asked], text: str) -> None:
    window = ask({"key": "yes", "text": text, "kind": "confirm", "default": False}, columns=40, rows=20).terminal
    window.wait_for("Enter done")
    assert any("(y/N)" in line for line in window.screen.splitlines())
    window.send("y")
    window.wait_for("Yes")
    assert any("(y/N) Yes" in line for line in window.screen.splitlines())


def test_plain_lines_read_the_list_out_once(ask: Callable[..., Asked]) -> None:
    asked = ask({**MODELS, "needs_one": True}, env={"TERM": "dumb"})
    asked.terminal.wait_for("> ")
    asked.terminal.send("\r")
    asked.terminal.wait_for("pick at least one")
    asked.terminal.send("2\r")
    assert asked.answers() == {"models": ["gpt 4"]}
    assert asked.terminal.everything.count(b"Which models?") == 1

"""Whoever stops `add-provider`, at whichever question, leaves no trace.

Each flow is walked question by question, so a question that is new in it has to be added here as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from tests.terminal.stopping import Flow, Way, each_of, stop_there, up_to_each

if TYPE_CHECKING:
    from tests.conftest import SecretService
    from tests.terminal.conftest import User

PRESET = (
    ("Provider", "deepseek"),
    ("DeepSeek API key", CANARY),
    ("Save?", ""),
)
CUSTOM = (
    ("Base URL of the endpoint", "https://llm.example.com"),
    ("Example API key", CANARY),
    ("Model ids", "tiny\r"),
    ("Save?", ""),
)
EVERYTHING = (
    "Base URL of the endpoint",
    "Which API format does it use?",
    "Add /v1 to the URL?",
    "Short id for this provider",
    "Name to show in Crush",
    "Extra headers",
    "Variable for the key",
    "Where is the API key?",
    "Start Crush with",
    "Should Crush ask the endpoint for its models at each start?",
    "Name of tiny",
    "Context window of tiny",
    "Longest answer of tiny",
    "Price of input of tiny",
    "Price of output of tiny",
    "Reasoning of tiny",
    "Images of tiny",
    "Large model",
    "Small model",
    "Extra fields for every request",
    "Text before the system prompt",
    "Flat rate (no cost tracking)?",
)
"""What "Change something" leads to."""


@pytest.mark.parametrize(("steps", "question", "way"), up_to_each(PRESET))
def test_stopped_in_a_preset(
    keyring_user: User,
    secret_service: SecretService,
    hand_written: str,
    steps: Flow,
    question: str,
    way: Way,
) -> None:
    keyring_user.writes(hand_written.replace('"models":', '"x-models":', 1).replace('"deepseek"', '"other"'))
    before = keyring_user.snapshot()
    window = keyring_user.wizard("add-provider")
    stop_there(window, steps, question, way)
    assert keyring_user.snapshot() == before
    assert secret_service.get("DEEPSEEK_API_KEY") is None
    assert CANARY.encode() not in window.everything


@pytest.mark.parametrize(("steps", "question", "way"), up_to_each(CUSTOM))
def test_stopped_in_a_custom_flow(user: User, steps: Flow, question: str, way: Way) -> None:
    before = user.snapshot()
    window = user.wizard("add-provider", "openai-compatible")
    stop_there(window, steps, question, way)
    assert user.snapshot() == before
    assert CANARY.encode() not in window.everything


@pytest.mark.parametrize(("question", "way"), each_of(EVERYTHING))
def test_stopped_while_something_is_changed(user: User, question: str, way: Way) -> None:
    before = user.snapshot()
    window = user.wizard("add-provider", "openai-compatible")
    for asked, typed in CUSTOM[:-1]:
        window.answer(asked, typed)
    window.change(question.removesuffix("?"))
    stop_there(window, (), question, way)
    assert user.snapshot() == before
    assert CANARY.encode() not in window.everything


def test_stopped_at_the_list_of_what_can_be_changed(user: User) -> None:
    before = user.snapshot()
    window = user.wizard("add-provider", "deepseek")
    window.answer("DeepSeek API key", CANARY)
    window.choose("Save?", "Change something")
    stop_there(window, (), "What do you want to change?", "ctrl-c")
    assert user.snapshot() == before
    assert CANARY.encode() not in window.everything

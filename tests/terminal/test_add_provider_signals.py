"""Whoever stops `add-provider`, at whichever question, leaves no trace.

Each flow is walked question by question, so a question that is new in it has to be added here as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from tests.terminal.stopping import Flow, Way, stop_there, up_to_each

if TYPE_CHECKING:
    from tests.conftest import SecretService
    from tests.terminal.conftest import User

PRESET = (
    ("Which provider?", "deepseek"),
    ("Where is the API key?", ""),
    ("API key for DeepSeek", CANARY),
    ("How shall Crush get its keys?", ""),
    ("Which models?", ""),
    ("Large model", ""),
    ("Small model", ""),
    ("Write this to", ""),
)
CUSTOM = (
    ("Base URL of the endpoint", "https://llm.example.com"),
    ("Which format does it speak?", ""),
    ("Add /v1 to the URL?", ""),
    ("Short id for this provider", ""),
    ("Name to show in Crush", ""),
    ("Variable that stands for the key", ""),
    ("Where is the API key?", ""),
    ("Extra headers", ""),
    ("Model ids", "tiny\r"),
    ("Name of tiny", ""),
    ("Context window of tiny", ""),
    ("Longest answer of tiny", ""),
    ("Price of input of tiny", ""),
    ("Price of output of tiny", ""),
    ("Reasoning of tiny", ""),
    ("Images of tiny", ""),
    ("Large model", ""),
    ("Small model", ""),
    ("Write this to", ""),
)


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

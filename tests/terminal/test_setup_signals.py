"""Whoever stops the onboarding before it writes, at whichever question, leaves no trace.

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

FIRST: Flow = (
    ("Which providers?", "groq "),
    ("Groq API key", CANARY),
    ("Save?", ""),
)
READY: Flow = (
    ("What now?", ""),
    *FIRST,
)
AIR_GAPPED: Flow = (
    ("Which providers?", " "),
    ("Model ids", "tiny\r"),
    ("Also switch off Crush's built-in providers?", ""),
    ("Save?", ""),
)


@pytest.mark.parametrize(("steps", "question", "way"), up_to_each(FIRST))
def test_stopped_in_the_first_run(
    keyring_user: User, secret_service: SecretService, steps: Flow, question: str, way: Way
) -> None:
    before = keyring_user.snapshot()
    window = keyring_user.wizard()
    stop_there(window, steps, question, way)
    assert keyring_user.snapshot() == before
    assert secret_service.get("GROQ_API_KEY") is None
    assert CANARY.encode() not in window.everything


@pytest.mark.parametrize(("steps", "question", "way"), up_to_each(READY))
def test_stopped_on_a_ready_machine(
    keyring_user: User, secret_service: SecretService, hand_written: str, steps: Flow, question: str, way: Way
) -> None:
    keyring_user.writes(hand_written)
    before = keyring_user.snapshot()
    stop_there(keyring_user.wizard("setup"), steps, question, way)
    assert keyring_user.snapshot() == before
    assert secret_service.get("GROQ_API_KEY") is None


@pytest.mark.parametrize(("steps", "question", "way"), up_to_each(AIR_GAPPED))
def test_stopped_on_a_machine_without_internet(user: User, steps: Flow, question: str, way: Way) -> None:
    before = user.snapshot()
    stop_there(user.wizard("setup", "--air-gapped"), steps, question, way)
    assert user.snapshot() == before

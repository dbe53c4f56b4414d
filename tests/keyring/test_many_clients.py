"""Many clients at once, which GNOME Keyring only survives if each first asks for the right thing.

Without that, one connection in some 300 ended the daemon, when 20 asked at a time.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from wizard.secrets import backend
from wizard.secrets.secret_service import SecretService as SecretServiceConnection

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import SecretService

pytestmark = pytest.mark.any_python

CLIENTS = 20
QUESTIONS = 25
"""That each of them asks, one after the other."""
NAME = "GROQ_API_KEY"


def _ask_directly(address: str) -> str:
    with SecretServiceConnection(address) as connection:
        assert connection.is_open()
        return connection.get(NAME)


def _ask_the_library(_address: str) -> str | None:
    assert backend.default_collection_is_locked() is False
    return backend.usable_backend().get_password(f"crush-wizard:{NAME}", NAME)


@pytest.mark.parametrize("ask", [_ask_directly, _ask_the_library])
def test_each_gets_its_answer_and_the_daemon_lives(
    secret_service: SecretService, monkeypatch: pytest.MonkeyPatch, ask: Callable[[str], str | None]
) -> None:
    address = secret_service.env["DBUS_SESSION_BUS_ADDRESS"]
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    backend.usable_backend().set_password(f"crush-wizard:{NAME}", NAME, "value")

    def keep_asking(_client: int) -> list[str | None]:
        return [ask(address) for _ in range(QUESTIONS)]

    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = [answer for some in clients.map(keep_asking, range(CLIENTS)) for answer in some]
    assert answers == ["value"] * (CLIENTS * QUESTIONS)

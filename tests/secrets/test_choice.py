"""The store that was asked for is used, or its trouble is told: there is no other one behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wizard import folders
from wizard.errors import StoreLocked, StoreUnavailable
from wizard.secrets import settings
from wizard.secrets.age_store import AgeStore
from wizard.secrets.choice import in_use, open_store, require_usable

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import SecretService


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever runs the tests may have chosen a store."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def test_auto_is_the_keyring_and_lists_what_it_stores(
    secret_service: SecretService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    store = open_store("auto", secret_service.env)
    require_usable(store)
    store.set("GROQ_API_KEY", "value")
    assert secret_service.get("GROQ_API_KEY") == "value"
    files = (tmp_path / "state").rglob("secrets.json")
    assert ["GROQ_API_KEY" in file.read_text(encoding="utf-8") for file in files] == [True]


def test_without_a_keyring_auto_falls_back_to_nothing(no_bus: dict[str, str]) -> None:
    store = open_store("auto", no_bus | {"GROQ_API_KEY": "value"})
    with pytest.raises(StoreUnavailable, match="DBUS_SESSION_BUS_ADDRESS") as caught:
        require_usable(store)
    assert "export the variable yourself" in caught.value.hint
    with pytest.raises(StoreUnavailable):
        store.get("GROQ_API_KEY")


def test_the_remembered_store_is_the_one_in_use(
    secret_service: SecretService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert in_use() == "keyring"
    settings.remember_store(folders.settings(), "file")
    assert in_use() == "file"
    store = open_store("auto", secret_service.env)
    store.set("GROQ_API_KEY", "value")
    assert AgeStore(folders.secrets()).get("GROQ_API_KEY") == "value"
    assert secret_service.get("GROQ_API_KEY") is None


def test_a_chosen_keyring_that_is_away_is_not_replaced(
    no_bus: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    open_store("file", no_bus).set("GROQ_API_KEY", "value")
    settings.remember_store(folders.settings(), "keyring")
    with pytest.raises(StoreUnavailable):
        require_usable(open_store("auto", no_bus))


def test_a_locked_keyring_is_told_apart(secret_service: SecretService) -> None:
    secret_service.lock()
    with pytest.raises(StoreLocked, match="locked"):
        require_usable(open_store("keyring", secret_service.env))


def test_the_environment_is_always_usable(no_bus: dict[str, str]) -> None:
    store = open_store("environment", no_bus | {"GROQ_API_KEY": "value"})
    require_usable(store)
    assert store.get("GROQ_API_KEY") == "value"

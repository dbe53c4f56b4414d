"""What every store keeps to. A new store joins the fixtures and passes as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from wizard.errors import SecretNotFound, StoreUnavailable
from wizard.secrets.age_store import AgeStore
from wizard.secrets.environment_store import EnvironmentStore
from wizard.secrets.index import Index, IndexedStore
from wizard.secrets.keyring_store import KeyringStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.conftest import SecretService
    from wizard.secrets.store import SecretStore

VALUES = {"GROQ_API_KEY": "gsk_1", "OPENAI_API_KEY": "sk-ü\n2"}


@dataclass(frozen=True)
class Makers:
    """Each makes a store that holds the given values."""

    request: pytest.FixtureRequest
    folder: Path

    def keyring(self, values: Mapping[str, str]) -> SecretStore:
        service = cast("SecretService", self.request.getfixturevalue("secret_service"))
        return _filled(KeyringStore(service.env), values)

    def indexed(self, values: Mapping[str, str]) -> SecretStore:
        service = cast("SecretService", self.request.getfixturevalue("secret_service"))
        return _filled(IndexedStore(KeyringStore(service.env), Index(self.folder)), values)

    def file(self, values: Mapping[str, str]) -> SecretStore:
        return _filled(AgeStore(self.folder / "secrets"), values)

    def indexed_file(self, values: Mapping[str, str]) -> SecretStore:
        return _filled(IndexedStore(AgeStore(self.folder / "secrets"), Index(self.folder)), values)

    def environment(self, values: Mapping[str, str]) -> SecretStore:
        return EnvironmentStore(dict(values))


def _filled(store: SecretStore, values: Mapping[str, str]) -> SecretStore:
    for name, value in values.items():
        store.set(name, value)
    return store


@pytest.fixture(params=["keyring", "indexed", "file", "indexed_file", "environment"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Mapping[str, str]], SecretStore]:
    maker: Callable[[Mapping[str, str]], SecretStore] = getattr(Makers(request, tmp_path), request.param)
    return maker


@pytest.fixture(params=["keyring", "indexed", "file", "indexed_file"])
def writable(request: pytest.FixtureRequest, tmp_path: Path) -> SecretStore:
    store: SecretStore = getattr(Makers(request, tmp_path), request.param)(VALUES)
    return store


def test_gives_what_it_holds(make: Callable[[Mapping[str, str]], SecretStore]) -> None:
    store = make(VALUES)
    assert {name: store.get(name) for name in VALUES} == VALUES
    assert store.exists("GROQ_API_KEY")


def test_says_which_secret_is_not_there(make: Callable[[Mapping[str, str]], SecretStore]) -> None:
    store = make(VALUES)
    assert not store.exists("OTHER_API_KEY")
    for call in (store.get, store.delete):
        with pytest.raises(SecretNotFound, match="OTHER_API_KEY"):
            call("OTHER_API_KEY")


def test_gives_many_at_once_and_leaves_out_what_is_not_there(make: Callable[[Mapping[str, str]], SecretStore]) -> None:
    store = make(VALUES)
    wanted = ("OPENAI_API_KEY", "OTHER_API_KEY", "GROQ_API_KEY")
    assert store.get_many(wanted) == VALUES
    assert store.present(wanted) == VALUES.keys()
    assert store.get_many(()) == {}
    assert store.present(()) == set()


def test_an_empty_store_holds_nothing(make: Callable[[Mapping[str, str]], SecretStore]) -> None:
    store = make({})
    assert store.get_many(VALUES) == {}
    assert store.present(VALUES) == set()


def test_is_usable_and_names_what_is_behind_it(make: Callable[[Mapping[str, str]], SecretStore]) -> None:
    store = make({})
    status = store.status()
    assert status.store == store.name
    assert status.usable
    assert status.backend


def test_overwrites_one_value_and_no_other(writable: SecretStore) -> None:
    writable.set("GROQ_API_KEY", "gsk_2")
    assert writable.get("GROQ_API_KEY") == "gsk_2"
    assert writable.get("OPENAI_API_KEY") == VALUES["OPENAI_API_KEY"]


def test_deletes_one_value_and_no_other(writable: SecretStore) -> None:
    writable.delete("GROQ_API_KEY")
    assert not writable.exists("GROQ_API_KEY")
    assert writable.get("OPENAI_API_KEY") == VALUES["OPENAI_API_KEY"]
    with pytest.raises(SecretNotFound):
        writable.delete("GROQ_API_KEY")


def test_the_environment_is_read_only_and_shows_the_line_to_write() -> None:
    store = EnvironmentStore({"SHELL": "/usr/bin/fish", "GROQ_API_KEY": "gsk_1"})
    with pytest.raises(StoreUnavailable) as caught:
        store.set("GROQ_API_KEY", "gsk_2")
    assert "set -gx GROQ_API_KEY '<your key>'" in caught.value.hint
    assert "gsk_2" not in str(caught.value) + caught.value.hint
    with pytest.raises(StoreUnavailable):
        store.delete("GROQ_API_KEY")
    assert store.get("GROQ_API_KEY") == "gsk_1"


def test_a_variable_that_is_set_to_nothing_is_absent() -> None:
    store = EnvironmentStore({"GROQ_API_KEY": ""})
    assert not store.exists("GROQ_API_KEY")
    with pytest.raises(SecretNotFound) as caught:
        store.get("GROQ_API_KEY")
    assert "export GROQ_API_KEY=" in caught.value.hint

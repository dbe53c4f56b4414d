"""The list of names stays true, private and whole."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from wizard.errors import InvalidConfig, SecretNotFound, StoreUnavailable, Unwritable
from wizard.secrets.child import import_path
from wizard.secrets.environment_store import EnvironmentStore
from wizard.secrets.index import Index, IndexedStore
from wizard.secrets.keyring_store import KeyringStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import SecretService


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Index(tmp_path / "state" / "crush-wizard")


def test_names_are_kept_apart_by_store_sorted_and_once(index: Index) -> None:
    assert [index.add("keyring", name) for name in ("B", "A", "B")] == [True, True, False]
    index.add("file", "C")
    assert index.names("keyring") == ("A", "B")
    assert index.names("file") == ("C",)
    assert index.names("nowhere") == ()


def test_a_removed_name_is_gone_and_removing_it_again_is_fine(index: Index) -> None:
    index.add("keyring", "A")
    index.remove("keyring", "A")
    index.remove("keyring", "A")
    assert index.names("keyring") == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_can_read_the_names(index: Index) -> None:
    before = os.umask(0)
    try:
        index.add("keyring", "A")
    finally:
        os.umask(before)
    assert stat.S_IMODE(index.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in index.folder.rglob("*") if path.is_file()} == {0o600}


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[]", '{"version": 1}', '{"version": 1, "stores": {"keyring": "A"}}', '{"stores": {"k": [1]}}'],
)
def test_a_broken_list_is_an_error_and_stays_as_it_is(index: Index, broken: str) -> None:
    index.folder.mkdir(parents=True)
    index.path.write_text(broken, encoding="utf-8")
    for call in (lambda: index.names("keyring"), lambda: index.add("keyring", "A")):
        with pytest.raises(InvalidConfig) as caught:
            call()
        assert caught.value.path == str(index.path)
    assert index.path.read_text(encoding="utf-8") == broken


ADDER = """
import sys
from pathlib import Path
from wizard.secrets.index import Index
for number in range(20):
    Index(Path(sys.argv[1])).add("keyring", f"{sys.argv[2]}_{number}")
"""


def test_processes_that_add_names_at_once_lose_none(index: Index) -> None:
    env = os.environ | {"PYTHONPATH": os.pathsep.join(import_path())}
    command = [sys.executable, "-c", ADDER, str(index.folder)]
    adders = [subprocess.Popen([*command, start], env=env) for start in ("A", "B", "C")]
    assert [adder.wait(timeout=60) for adder in adders] == [0, 0, 0]
    assert len(index.names("keyring")) == 60


def test_a_folder_that_cannot_be_made_is_said(index: Index, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Unwritable):
        replace(index, folder=tmp_path / "file" / "state").add("keyring", "A")


def test_a_value_that_could_not_be_stored_is_not_listed(index: Index) -> None:
    store = IndexedStore(EnvironmentStore({}), index)
    with pytest.raises(StoreUnavailable):
        store.set("A", "value")
    assert index.names(store.name) == ()


def test_a_name_that_was_listed_before_stays_when_its_new_value_fails(index: Index) -> None:
    index.add("environment", "A")
    store = IndexedStore(EnvironmentStore({"A": "old"}), index)
    with pytest.raises(StoreUnavailable):
        store.set("A", "new")
    assert index.names("environment") == ("A",)


def test_the_list_follows_the_keyring(index: Index, secret_service: SecretService) -> None:
    store = IndexedStore(KeyringStore(secret_service.env), index)
    store.set("A", "1")
    store.set("B", "2")
    store.delete("A")
    assert index.names("keyring") == ("B",)


def test_a_name_whose_value_was_lost_elsewhere_is_unlisted_by_deleting_it(index: Index) -> None:
    index.add("environment", "A")
    with pytest.raises(SecretNotFound):
        IndexedStore(EnvironmentStore({}), index).delete("A")
    assert index.names("environment") == ()

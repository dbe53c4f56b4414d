"""Which keyring back ends are taken, which are refused, and what happens when one misbehaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wizard.errors import SecretTooLarge, StoreUnavailable
from wizard.secrets.backend import LIMITS, check_size
from wizard.secrets.keyring_store import KeyringStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import SecretService

pytestmark = pytest.mark.any_python

NAME = "GROQ_API_KEY"
WINDOWS = "keyring.backends.Windows.WinVaultKeyring"

PLAIN = """
import json, os
from pathlib import Path
from keyring.backend import KeyringBackend

FILE = Path(os.environ["HOME"]) / "plain.json"

class Keyring(KeyringBackend):
    priority = 9

    def _all(self):
        return json.loads(FILE.read_text()) if FILE.exists() else {}

    def get_password(self, service, username):
        print("a chatty back end")
        return self._all().get(service)

    def set_password(self, service, username, password):
        FILE.write_text(json.dumps(self._all() | {service: password}))

    def delete_password(self, service, username):
        FILE.write_text(json.dumps({key: value for key, value in self._all().items() if key != service}))
"""
CUTTING = """
import plain_file

class Keyring(plain_file.Keyring):
    priority = 0.1

    def set_password(self, service, username, password):
        super().set_password(service, username, password[:8])
"""
TALKING = """
import plain_file

class Keyring(plain_file.Keyring):
    priority = 0.1
    failed = False

    def set_password(self, service, username, password):
        if not self.failed:
            Keyring.failed = True
            self.delete_password(service, username)
            raise RuntimeError(f"could not write {password}")
        super().set_password(service, username, password)
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the import path with back ends that are no safe place."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "plain_file.py").write_text(PLAIN, encoding="utf-8")
    (folder / "cutting.py").write_text(CUTTING, encoding="utf-8")
    (folder / "talking.py").write_text(TALKING, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def installed_plain_file(plugins: Path) -> Path:
    """The plain-text back end as an installed package brings it: keyring finds and prefers it."""
    info = plugins / "plain_file-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plain-file\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[keyring.backends]\nplain = plain_file\n", encoding="utf-8")
    return plugins


def _refused(environ: dict[str, str]) -> str:
    """The reason, from both the status and a call; nothing may have been written."""
    store = KeyringStore(environ)
    status = store.status()
    assert not status.usable
    with pytest.raises(StoreUnavailable) as caught:
        store.set(NAME, "value")
    assert caught.value.message == status.reason
    return status.reason


def test_an_installed_plain_text_back_end_is_refused(
    installed_plain_file: Path, no_bus: dict[str, str], tmp_path: Path
) -> None:
    assert "plain_file.Keyring is not trusted" in _refused(no_bus)
    assert not (tmp_path / "home" / "plain.json").exists()


def test_a_plain_text_back_end_named_to_keyring_is_refused(plugins: Path, no_bus: dict[str, str]) -> None:
    assert "not trusted" in _refused(no_bus | {"PYTHON_KEYRING_BACKEND": "plain_file.Keyring"})


def test_a_plain_text_back_end_in_keyrings_own_settings_is_refused(
    plugins: Path, no_bus: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "home" / ".config" / "python_keyring"
    folder.mkdir(parents=True)
    (folder / "keyringrc.cfg").write_text("[backend]\ndefault-keyring=plain_file.Keyring\n", encoding="utf-8")
    assert "not trusted" in _refused(no_bus)


def test_beside_a_plain_text_back_end_the_secret_service_is_taken(
    installed_plain_file: Path, secret_service: SecretService, tmp_path: Path
) -> None:
    KeyringStore(secret_service.env).set(NAME, "value")
    assert secret_service.get(NAME) == "value"
    assert not (tmp_path / "home" / "plain.json").exists()


def test_a_back_end_that_the_user_chose_explicitly_is_used(plugins: Path, no_bus: dict[str, str]) -> None:
    store = KeyringStore(no_bus | {"WIZARD_KEYRING_BACKEND": "plain_file.Keyring"})
    store.set(NAME, "value")
    assert store.get(NAME) == "value"
    assert store.status().backend == "plain_file.Keyring"


@pytest.mark.parametrize("variable", ["PYTHON_KEYRING_BACKEND", "WIZARD_KEYRING_BACKEND"])
def test_the_null_back_end_is_never_a_store(no_bus: dict[str, str], variable: str) -> None:
    assert "stores nothing" in _refused(no_bus | {variable: "keyring.backends.null.Keyring"})


def test_a_back_end_that_does_not_exist(no_bus: dict[str, str]) -> None:
    reason = _refused(no_bus | {"WIZARD_KEYRING_BACKEND": "nowhere.Keyring"})
    assert "nowhere.Keyring can't be loaded" in reason


def test_a_keyring_package_that_cannot_be_imported(plugins: Path, session_bus: dict[str, str]) -> None:
    (plugins / "keyring.py").write_text("raise ImportError('half installed')\n", encoding="utf-8")
    assert "half installed" in _refused(session_bus)


def test_a_value_that_does_not_read_back_is_an_error_and_the_old_one_stays(
    plugins: Path, no_bus: dict[str, str]
) -> None:
    store = KeyringStore(no_bus | {"WIZARD_KEYRING_BACKEND": "cutting.Keyring"})
    store.set(NAME, "short")
    with pytest.raises(StoreUnavailable, match="did not store"):
        store.set(NAME, "longer than eight")
    assert store.get(NAME) == "short"


def test_a_new_value_that_does_not_read_back_leaves_nothing(plugins: Path, no_bus: dict[str, str]) -> None:
    store = KeyringStore(no_bus | {"WIZARD_KEYRING_BACKEND": "cutting.Keyring"})
    with pytest.raises(StoreUnavailable, match="did not store"):
        store.set(NAME, "longer than eight")
    assert not store.exists(NAME)


def test_a_failing_back_end_gives_the_old_value_back_and_no_value_away(plugins: Path, no_bus: dict[str, str]) -> None:
    KeyringStore(no_bus | {"WIZARD_KEYRING_BACKEND": "plain_file.Keyring"}).set(NAME, "old")
    store = KeyringStore(no_bus | {"WIZARD_KEYRING_BACKEND": "talking.Keyring"})
    with pytest.raises(StoreUnavailable, match="could not write <redacted>") as caught:
        store.set(NAME, "gsk_canary")
    assert "gsk_canary" not in caught.value.message
    assert store.get(NAME) == "old"


@pytest.mark.parametrize(("value", "size"), [("k" * 1281, 1281), ("🔑" * 641, 1282)])
def test_too_large_for_windows_is_said_with_the_numbers(value: str, size: int) -> None:
    with pytest.raises(SecretTooLarge, match=f"{size} characters, but Windows Credential Manager stores at most 1280"):
        check_size(WINDOWS, value)


def test_what_fits_is_not_refused() -> None:
    check_size(WINDOWS, "k" * LIMITS[WINDOWS])
    check_size("keyring.backends.SecretService.Keyring", "k" * 100_000)

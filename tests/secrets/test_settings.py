"""What was decided once is remembered, and the file stays the user's."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from wizard.errors import InvalidConfig
from wizard.files import writer
from wizard.secrets import settings


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The locks lie in our state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


def remember_keys(path: Path, keys: str) -> None:
    for edit in settings.choice_edits(path, {"keys": keys}):
        writer.write(edit)


def test_nothing_is_remembered_at_first(path: Path) -> None:
    assert settings.remembered_store(path) is None
    assert settings.remembered_keys(path) is None
    assert not path.parent.exists()


def test_two_decisions_are_remembered_side_by_side(path: Path) -> None:
    settings.remember_store(path, "file")
    remember_keys(path, "lookup")
    settings.remember_store(path, "keyring")
    assert path.read_text(encoding="utf-8") == 'secret_store = "keyring"\nkeys = "lookup"\n'
    assert settings.remembered_store(path) == "keyring"
    assert settings.remembered_keys(path) == "lookup"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_new_file_is_the_users_alone(path: Path) -> None:
    settings.remember_store(path, "file")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_comments_and_all_else_stay(path: Path) -> None:
    path.parent.mkdir()
    before = '# mine\r\nkeys   = "run"  # for now\r\n\r\n[other]\r\nsecret_store = "not this one"\r\n'
    path.write_bytes(before.encode())
    remember_keys(path, "shell")
    assert path.read_bytes().decode() == before.replace('"run"', '"shell"')
    settings.remember_store(path, "file")
    text = path.read_bytes().decode()
    assert settings.remembered_store(path) == "file"
    assert [line for line in before.splitlines()[3:] if line not in text.splitlines()] == []
    assert "# mine\r\n" in text


def test_what_is_remembered_already_leaves_the_file_alone(path: Path) -> None:
    settings.remember_store(path, "file")
    before = path.stat()
    settings.remember_store(path, "file")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize(
    ("text", "store"),
    [
        ('secret_store = "file"\n', "file"),
        ("secret_store = 'file'\n", "file"),
        ('  secret_store="file" # so\n', "file"),
        ('# secret_store = "file"\n', None),
        ('# secret_store = "file"\nsecret_store = "keyring"\n', "keyring"),
        ('[table]\nsecret_store = "file"\n', None),
        ('note = """\nsecret_store = "file"\n"""\n', None),
        ("note = '''\nsecret_store = \"file\"\n'''\n", None),
        ('my_secret_store = "file"\n', None),
        ("", None),
    ],
)
def test_the_quick_look_sees_what_toml_says(path: Path, text: str, store: str | None) -> None:
    assert settings.value_in(text, "secret_store", path) == store


@pytest.mark.parametrize(
    "broken", [b'secret_store = "file', b'secret_store = "files"\n', b"secret_store = 1\n", b"\xff", b"\xff\xfe"]
)
def test_settings_that_can_not_be_understood_are_an_error_and_stay(path: Path, broken: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(broken)
    with pytest.raises(InvalidConfig) as caught:
        settings.remembered_store(path)
    assert caught.value.path == str(path)
    with pytest.raises(InvalidConfig):
        settings.remember_store(path, "keyring")
    assert path.read_bytes() == broken

"""The age file: opens with the plain `age`, lets nobody else in, and never destroys what it can't read."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import textwrap
import threading
import time
from base64 import b64decode, b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from pyrage import DecryptError, passphrase  # type: ignore[import-untyped]

from tests import age_files
from tests.canary import CANARY
from wizard.errors import Conflict, StoreLocked, StoreTimedOut, StoreUnavailable
from wizard.secrets.age_store import AgeStore
from wizard.secrets.child import import_path
from wizard.secrets.passphrase_child import unlock

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "GROQ_API_KEY"
HOSTILE = ["gsk_123", "schlüssel-鍵-🔑", "two\nlines\r\n", " edges ", "k" * 1_000_000, "'\"\\$(x)`", "\u2028\x1b[31m"]
PASSPHRASE = "correct horse ü"

needs_modes = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The locks lie in our state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


@pytest.fixture
def store(folder: Path) -> AgeStore:
    return AgeStore(folder)


@pytest.fixture
def age(require_real: Callable[[str], NoReturn]) -> str:
    """The program `age` of the distribution."""
    return shutil.which("age") or require_real("age is not installed")


def _content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_comes_back_as_it_was(store: AgeStore, folder: Path, value: str) -> None:
    store.set(NAME, value)
    assert AgeStore(folder).get(NAME) == value


@pytest.mark.any_python
def test_the_plain_age_program_opens_it(store: AgeStore, folder: Path, age: str) -> None:
    store.set(NAME, "schlüssel")
    store.set("OTHER_API_KEY", "two\nlines")
    command = [age, "--decrypt", "--identity", "identity.txt", "secrets.age"]
    opened = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    assert json.loads(opened.stdout) == {NAME: "schlüssel", "OTHER_API_KEY": "two\nlines"}


@pytest.mark.any_python
def test_an_identity_and_a_file_made_with_age_are_taken(store: AgeStore, folder: Path, age: str) -> None:
    folder.mkdir(mode=0o700)
    subprocess.run(["age-keygen", "--output", "identity.txt"], cwd=folder, capture_output=True, check=True)
    encrypt = [age, "--encrypt", "--identity", "identity.txt", "--output", "secrets.age"]
    subprocess.run(encrypt, cwd=folder, input=b'{"GROQ_API_KEY": "gsk_1"}', check=True)
    (folder / "secrets.age").chmod(0o600)
    assert store.get(NAME) == "gsk_1"
    identity = (folder / "identity.txt").read_bytes()
    store.set("OTHER_API_KEY", "2")
    assert store.names() == (NAME, "OTHER_API_KEY")
    assert (folder / "identity.txt").read_bytes() == identity


@needs_modes
def test_nobody_else_can_read_the_files_at_any_moment(store: AgeStore, folder: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    seen: set[tuple[str, int]] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for path in (*tmp_path.glob("secrets*"), *tmp_path.glob("secrets/*"), *tmp_path.glob(".crush-wizard-*")):
                try:
                    seen.add((path.suffix, stat.S_IMODE(path.lstat().st_mode)))
                except FileNotFoundError:
                    continue  # it was a temporary one

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for number in range(20):
            store.set(f"NAME_{number}", "value")
    finally:
        over.set()
        watcher.join()
        os.umask(before)
    assert {mode for _, mode in seen} == {0o600, 0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_only_ciphertext_is_on_the_disk(store: AgeStore, tmp_path: Path) -> None:
    store.set(NAME, CANARY)
    store.set(NAME, CANARY + "2")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "secrets.age" for path in files)
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]
    assert not [path for path in files if NAME.encode() in path.read_bytes()]


def _widen(folder: Path) -> None:
    (folder / "secrets.age").chmod(0o640)


def _widen_identity(folder: Path) -> None:
    (folder / "identity.txt").chmod(0o604)


def _widen_folder(folder: Path) -> None:
    folder.chmod(0o755)


def _link(folder: Path) -> None:
    (folder / "secrets.age").rename(folder / "elsewhere")
    (folder / "secrets.age").symlink_to("elsewhere")


def _link_identity(folder: Path) -> None:
    (folder / "identity.txt").rename(folder / "elsewhere")
    (folder / "identity.txt").symlink_to("elsewhere")


def _link_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere")


def _pipe(folder: Path) -> None:
    (folder / "secrets.age").unlink()
    os.mkfifo(folder / "secrets.age", 0o600)


@needs_modes
@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (_widen, "other users have access (mode 0640)"),
        (_widen_identity, "other users have access (mode 0604)"),
        (_widen_folder, "other users have access (mode 0755)"),
        (_link, "it is a symbolic link"),
        (_link_identity, "it is a symbolic link"),
        (_link_folder, "it is a symbolic link"),
        (_pipe, "it is of the wrong kind"),
    ],
)
def test_a_file_that_is_not_ours_alone_is_not_used(
    store: AgeStore, folder: Path, harm: Callable[[Path], None], reason: str
) -> None:
    store.set(NAME, "value")
    harm(folder)
    for call in (lambda: store.get(NAME), lambda: store.set(NAME, "new"), lambda: store.delete(NAME)):
        with pytest.raises(StoreUnavailable) as caught:
            call()
        assert reason in caught.value.message
        assert str(folder) in str(caught.value.path)
    assert not store.status().usable
    assert reason in store.status().reason


@needs_modes
def test_the_file_of_another_user_is_not_used(store: AgeStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.set(NAME, "value")
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)  # only root could give a real file away
    with pytest.raises(StoreUnavailable, match=f"belongs to another user \\(id {owner}\\)"):
        store.get(NAME)


def test_a_file_that_is_cut_off_or_changed_is_an_error_and_stays_as_it_is(store: AgeStore, folder: Path) -> None:
    store.set(NAME, "value")
    whole = (folder / "secrets.age").read_bytes()
    flipped = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(0, len(whole), 7)]
    cut = [whole[:length] for length in range(0, len(whole), 5)]
    for broken in (*cut, *flipped, whole + b"x", b"{}"):
        (folder / "secrets.age").write_bytes(broken)
        for call in (lambda: store.get(NAME), lambda: store.set("NEW", "x"), lambda: store.delete(NAME)):
            with pytest.raises(StoreUnavailable, match="can't be decrypted"):
                call()
        assert (folder / "secrets.age").read_bytes() == broken
    (folder / "secrets.age").write_bytes(whole)
    assert store.get(NAME) == "value"


@pytest.mark.parametrize(
    ("identity", "reason"),
    [("", "has no age identity"), ("# only a comment\n", "has no age identity"), ("AGE-SECRET-KEY-1XX", "no")],
)
def test_a_damaged_identity_is_an_error(store: AgeStore, folder: Path, identity: str, reason: str) -> None:
    store.set(NAME, "value")
    (folder / "identity.txt").write_text(identity, encoding="ascii")
    before = _content(folder)
    for call in (lambda: store.get(NAME), lambda: store.set(NAME, "new")):
        with pytest.raises(StoreUnavailable, match=reason):
            call()
    assert _content(folder) == before


def test_a_lost_identity_is_not_replaced(store: AgeStore, folder: Path) -> None:
    store.set(NAME, "value")
    (folder / "identity.txt").unlink()
    for call in (lambda: store.get(NAME), lambda: store.set(NAME, "new")):
        with pytest.raises(StoreUnavailable, match="its identity is missing"):
            call()
    assert set(_content(folder)) == {"secrets.age"}
    assert "its identity is missing" in store.status().reason


@pytest.mark.any_python
@pytest.mark.parametrize("content", ["[]", '{"A": 1}', '"text"', f'{{"A": "{CANARY}"'])
def test_what_does_not_hold_secrets_is_an_error_that_quotes_nothing(
    store: AgeStore, folder: Path, age: str, content: str
) -> None:
    store.set(NAME, "value")
    encrypt = [age, "--encrypt", "--identity", "identity.txt", "--output", "new.age"]
    subprocess.run(encrypt, cwd=folder, input=content.encode(), check=True)
    (folder / "secrets.age").write_bytes((folder / "new.age").read_bytes())
    with pytest.raises(StoreUnavailable, match="crush-wizard did not write") as caught:
        store.get(NAME)
    error: BaseException | None = caught.value
    while error is not None:
        assert CANARY not in repr(vars(error))
        error = error.__cause__ or error.__context__


SETTER = """
import sys
from pathlib import Path
from wizard.secrets.age_store import AgeStore
for number in range(10):
    AgeStore(Path(sys.argv[1])).set(f"{sys.argv[2]}_{number}", "value")
"""


def test_processes_that_set_at_once_lose_nothing(store: AgeStore, folder: Path) -> None:
    env = os.environ | {"PYTHONPATH": os.pathsep.join(import_path())}
    setters = [subprocess.Popen([sys.executable, "-c", SETTER, str(folder), start], env=env) for start in "ABC"]
    assert [setter.wait(timeout=60) for setter in setters] == [0, 0, 0]
    assert store.names() == tuple(sorted(f"{start}_{number}" for start in "ABC" for number in range(10)))


def test_a_process_that_is_killed_while_it_sets_leaves_whole_files(store: AgeStore, folder: Path) -> None:
    env = os.environ | {"PYTHONPATH": os.pathsep.join(import_path())}
    store.set(NAME, "value")
    for delay in (0.15, 0.2, 0.25, 0.3, 0.4):
        with subprocess.Popen([sys.executable, "-c", SETTER, str(folder), "K"], env=env) as setter:
            time.sleep(delay)
            setter.kill()
        assert store.get(NAME) == "value"
    store.set("AFTER", "1")
    assert set(_content(folder)) == {"identity.txt", "secrets.age"}


def test_a_thousand_secrets(store: AgeStore) -> None:
    values = {f"NAME_{number}": f"value {number} " * 10 for number in range(1000)}
    for name in list(values)[:50]:
        store.set(name, "old")
    store._seal(values)
    store.set("NAME_500", "new")
    assert store.get_many(values) == values | {"NAME_500": "new"}
    assert len(store.names()) == 1000


# A passphrase on the identity


@pytest.fixture
def protected(folder: Path) -> AgeStore:
    store = AgeStore(folder, ask=lambda: PASSPHRASE)
    store.set(NAME, "value")
    age_files.protect(folder / "identity.txt", PASSPHRASE)
    return store


def test_a_protected_identity_wants_the_passphrase_once(protected: AgeStore, folder: Path) -> None:
    asked: list[None] = []

    def ask() -> str:
        asked.append(None)
        return PASSPHRASE

    store = AgeStore(folder, ask=ask)
    assert store.is_protected
    assert store.get(NAME) == "value"
    store.set(NAME, "new")
    assert store.get_many([NAME]) == {NAME: "new"}
    assert len(asked) == 1
    assert b"AGE-SECRET-KEY" not in _content(folder)["identity.txt"]
    with pytest.raises(Conflict):
        store.protect("another")


def test_without_somebody_to_ask_a_protected_file_is_locked(protected: AgeStore, folder: Path) -> None:
    store = AgeStore(folder)
    before = _content(folder)
    for call in (lambda: store.get(NAME), lambda: store.set(NAME, "new"), lambda: store.exists(NAME)):
        with pytest.raises(StoreLocked, match="not interactive"):
            call()
    assert _content(folder) == before
    status = store.status()
    assert (status.usable, status.locked, status.reason) == (False, True, "it has a passphrase")
    assert protected.status().usable


def test_a_wrong_passphrase_changes_nothing(protected: AgeStore, folder: Path) -> None:
    before = _content(folder)
    with pytest.raises(StoreLocked, match="the passphrase is wrong"):
        AgeStore(folder, ask=lambda: "wrong").set(NAME, "new")
    assert _content(folder) == before


def test_a_machine_that_was_busy_for_a_moment_still_opens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """age then refuses the right passphrase: it would take too long, as it measured a moment ago."""
    measured = [DecryptError("Excessive work parameter for passphrase.\nDecryption would take around 64 seconds.")] * 2

    def decrypt(*arguments: Any) -> Any:
        if measured:
            raise measured.pop()
        return decrypted(*arguments)

    decrypted = passphrase.decrypt
    monkeypatch.setattr(passphrase, "decrypt", decrypt)
    assert unlock(age_files.sealed("value", PASSPHRASE), PASSPHRASE) == "value"
    assert measured == []


def test_what_would_take_years_is_not_called_a_wrong_passphrase(protected: AgeStore, folder: Path) -> None:
    armored = (folder / "identity.txt").read_text(encoding="ascii")
    body = b64decode("".join(armored.splitlines()[1:-1]))
    costly = b64encode(re.sub(rb"(-> scrypt \S+) 10", rb"\1 40", body, count=1)).decode()
    lines = [armored.splitlines()[0], *textwrap.wrap(costly, 64), armored.splitlines()[-1], ""]
    (folder / "identity.txt").write_text("\n".join(lines), encoding="ascii")
    before = _content(folder)
    with pytest.raises(StoreTimedOut, match="too long") as refused:
        AgeStore(folder, ask=lambda: PASSPHRASE).get(NAME)
    assert refused.value.hint == "try again when the machine is less busy"
    assert _content(folder) == before


HARD = """\
-----BEGIN AGE ENCRYPTED FILE-----
YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwdCB5dXhRWXFLT2lwRkhCNTBt
eTdWR2J3IDE4CmV2S21WdnZrajBoQ0t6VnEvSTcrNXJpaWE2UE1yWnA2aElXNDI4
cTFQZTQKLS0tIDc0Ukh2VUFueHF5NUg1dEhsbkptMzc0MXgwdzJvZk9ycmZOK21B
L3UrMlUKE+pIS8nVBdXzyTzINtSI8FCr4M40ZxrNgvckDKT6MIimCX5Y8T/i+jgT
ZwMKo2db21bfbd9D2F7gwI0nPB0pcTFIxSG6QU4X5cCDfvjS59+gyVUDTw6tD0wr
PQlT/TVzuw3ZRACUlAji
-----END AGE ENCRYPTED FILE-----
"""
"""An identity as `age -p` protects it, at a cost of 256 MB. What pyrage takes depends on how busy the machine is."""

SHORT_OF_MEMORY = """
import os, resource, sys
from pathlib import Path
from wizard.errors import SecretError
from wizard.secrets.age_store import AgeStore

_, folder, passphrase, name = sys.argv
pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
limit = pages * os.sysconf("SC_PAGE_SIZE") + 64 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    AgeStore(Path(folder), ask=lambda: passphrase).get(name)
except SecretError:
    print("said so")
"""


def test_an_abort_of_the_library_is_an_error_and_not_our_end(protected: AgeStore, folder: Path) -> None:
    """age's scrypt aborts where memory is short: here in a small process whose children may have little more."""
    pytest.importorskip("resource")
    own = (folder / "identity.txt").read_text(encoding="ascii")
    (folder / "identity.txt").write_text(HARD, encoding="ascii")
    command = [sys.executable, "-c", SHORT_OF_MEMORY, str(folder), PASSPHRASE, NAME]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("said so\n", 0), done.stderr
    (folder / "identity.txt").write_text(own, encoding="ascii")
    assert protected.get(NAME) == "value"


@pytest.mark.any_python
def test_the_plain_age_program_opens_a_protected_identity(store: AgeStore, folder: Path, age: str) -> None:
    pexpect = pytest.importorskip("pexpect")
    store.set(NAME, "value")
    store.protect(PASSPHRASE)
    command = [age, "--decrypt", "--identity", "identity.txt", "--output", "plain.json", "secrets.age"]
    child = pexpect.spawn(command[0], command[1:], cwd=str(folder), timeout=60)
    child.expect("passphrase")
    child.sendline(PASSPHRASE)
    child.expect(pexpect.EOF)
    child.close()
    assert json.loads((folder / "plain.json").read_bytes()) == {NAME: "value"}


def test_a_machine_without_pyrage_says_what_is_missing(
    store: AgeStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.set(NAME, "value")
    monkeypatch.setitem(sys.modules, "pyrage", None)
    assert "needs the Python package pyrage" in store.status().reason
    with pytest.raises(StoreUnavailable, match="pyrage"):
        store.get(NAME)

"""Nobody else on the machine sees a value while it is on its way to the keyring."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from wizard.errors import StoreTimedOut
from wizard.secrets.child import import_path
from wizard.secrets.keyring_store import KeyringStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import SecretService

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")

NAME = "GROQ_API_KEY"

SETTER = """
import os
from wizard.secrets.keyring_store import KeyringStore
KeyringStore(os.environ, seconds=30).set("GROQ_API_KEY", "secret")
"""
SHIELDED = "import signal; signal.signal(signal.SIGINT, lambda *_: None)" + SETTER


def _children(parent: int) -> set[int]:
    found = set()
    for task in Path(f"/proc/{parent}/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""  # it ended meanwhile


class Watch:
    """Reads what other processes could read of our children, as fast as it can."""

    def __init__(self, known: set[int]) -> None:
        self.known = known
        self.seen: dict[int, bytes] = {}
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            for pid in _children(os.getpid()) - self.known:
                process = Path(f"/proc/{pid}")
                public = _read(process / "cmdline") + _read(process / "environ")
                self.seen[pid] = self.seen.get(pid, b"") + public
            time.sleep(0.005)


def test_a_value_is_in_no_arguments_and_no_environment(secret_service: SecretService) -> None:
    watch = Watch(_children(os.getpid()))
    thread = threading.Thread(target=watch.run)
    thread.start()
    store = KeyringStore(secret_service.env)
    store.set(NAME, CANARY)
    assert store.get(NAME) == CANARY
    store.delete(NAME)
    watch.over.set()
    thread.join()
    public = b"".join(watch.seen.values())
    assert len(watch.seen) == 2
    assert b"HOME=" in public
    assert CANARY.encode() not in public


@pytest.fixture
def cores_allowed() -> Iterator[None]:
    """As on a machine of a developer: crashed processes leave a core."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_CORE)
    if before[1] == 0:
        pytest.skip("core dumps are forbidden here")
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


def test_a_crash_would_leave_no_core(silent_secret_service: dict[str, str], cores_allowed: None) -> None:
    env = silent_secret_service | {"PYTHONPATH": ":".join(import_path())}
    with subprocess.Popen([sys.executable, "-c", SETTER], env=env) as setter:
        child = _asking_child(setter.pid)
        assert _core_limit(child) in {b"0", b"1"}
        setter.kill()


def test_a_value_is_in_no_file_below_home(secret_service: SecretService) -> None:
    KeyringStore(secret_service.env).set(NAME, CANARY)
    files = [path for path in Path(secret_service.env["HOME"]).rglob("*") if path.is_file()]
    assert files, "the keyring keeps its own file there"
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


def test_no_child_is_left_after_a_time_out(silent_secret_service: dict[str, str]) -> None:
    before = _children(os.getpid())
    with pytest.raises(StoreTimedOut):
        KeyringStore(silent_secret_service, seconds=1).set(NAME, CANARY)
    assert _children(os.getpid()) == before


def test_a_child_whose_parent_was_killed_ends_by_itself(silent_secret_service: dict[str, str]) -> None:
    env = silent_secret_service | {"PYTHONPATH": ":".join(import_path())}
    with subprocess.Popen([sys.executable, "-c", SETTER], env=env) as setter:
        child = _asking_child(setter.pid)
        setter.kill()
    _wait_until(lambda: not _read(Path(f"/proc/{child}/cmdline")), "the child is still there")


def test_ctrl_c_ends_the_child_at_once(silent_secret_service: dict[str, str]) -> None:
    env = silent_secret_service | {"PYTHONPATH": ":".join(import_path())}
    with subprocess.Popen([sys.executable, "-c", SETTER], env=env, stderr=subprocess.PIPE) as setter:
        child = _asking_child(setter.pid)
        setter.send_signal(signal.SIGINT)
        _, complaint = setter.communicate(timeout=10)
    assert complaint.strip().endswith(b"KeyboardInterrupt")
    assert not Path(f"/proc/{child}").exists()


def test_who_holds_ctrl_c_off_gets_the_answer(secret_service: SecretService) -> None:
    env = secret_service.env | {"PYTHONPATH": ":".join(import_path())}
    command = [sys.executable, "-c", SHIELDED]
    with subprocess.Popen(command, env=env, start_new_session=True) as setter:
        _started_child(setter.pid)
        os.killpg(setter.pid, signal.SIGINT)
        assert setter.wait(timeout=30) == 0
    assert secret_service.get(NAME) == "secret"


def _core_limit(pid: int) -> bytes:
    lines = _read(Path(f"/proc/{pid}/limits")).splitlines()
    return next((line.split()[4] for line in lines if line.startswith(b"Max core file size")), b"")


def _started_child(parent: int) -> int:
    _wait_until(lambda: _children(parent), "no child was started")
    child = _children(parent).pop()
    _wait_until(lambda: b"-I" in _read(Path(f"/proc/{child}/cmdline")), "it is no Python of its own")
    return child


def _asking_child(parent: int) -> int:
    """A child that has its request, and waits for a silent service: only then it has a socket."""
    child = _started_child(parent)
    _wait_until(lambda: _has_socket(child), "it never asked the keyring")
    return child


def _has_socket(pid: int) -> bool:
    return any(_target(file).startswith("socket:") for file in Path(f"/proc/{pid}/fd").iterdir())


def _target(file: Path) -> str:
    try:
        return str(file.readlink())
    except FileNotFoundError:
        return ""  # it was closed meanwhile


def _wait_until(true: Callable[[], object], complaint: str) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.002)

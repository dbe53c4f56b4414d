"""Real parts that tests of several rooms use."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import HealthCheck, settings
from pytest_httpserver.httpserver import HTTPServerBase

from tests import age_files
from tests.crush.real.internet import stand_in
from tests.crush.real.program import MISSING, VARIABLE, RealCrush, find_program, find_programs
from tests.model_server import serving
from tests.program import without_crush
from wizard.catalog.shipped import snapshot_date
from wizard.redaction import forget_secrets
from wizard.secrets.child import Child
from wizard.transfer import sealing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from jeepney.io.blocking import DBusConnection, Proxy  # type: ignore[import-untyped]
    from secretstorage import Collection

    from tests.crush.real.internet import Internet
    from tests.model_server import ModelServer

BUS_CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""
SERVICE = "org.freedesktop.secrets"
STARTED_SECONDS = 10
TODAY = {"WIZARD_TODAY": snapshot_date()}
"""Screens are compared, and say it where the facts are old."""
NO_SERVERS = {"WIZARD_MODEL_SERVERS": "", "WIZARD_MANAGERS": "", **TODAY}
"""Whoever runs Ollama or a password manager at home gets the same results: no test looks for them by itself."""


settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("search", settings.get_profile("any machine"), derandomize=False, max_examples=1_000)
settings.load_profile("any machine")
"""A property that fails fails everywhere, each time. `--hypothesis-profile search` looks for what is not known yet."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice the cores: terminals, servers and keyrings are waited for half of the time."""
    return 2 * (os.cpu_count() or 1)


def _serve_until_stopped(self: HTTPServerBase) -> None:
    """As the library does, which looks every half second whether it has been stopped."""
    assert self.server is not None
    self.server.serve_forever(poll_interval=0.01)


HTTPServerBase.thread_target = _serve_until_stopped  # type: ignore[method-assign]


def pytest_configure() -> None:
    """Let Ctrl-C mean something: tests that a shell starts in the background inherit SIGINT ignored, as do all
    the programs that they start.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Locks, records and names of secrets: whoever uses the program finds none of the tests' among their own.

    A Crush on PATH is for the tests that want one.
    """
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    os.environ.update(TODAY)
    if found := find_programs():
        os.environ[VARIABLE] = os.pathsep.join(map(str, found))
    os.environ["PATH"] = without_crush(os.environ.get("PATH", ""))


@pytest.fixture(autouse=True)
def own_secrets() -> None:
    """The secrets of a test are none for the next one in the same process."""
    forget_secrets()


@pytest.fixture
def require_real() -> Callable[[str], NoReturn]:
    """Skip for want of a real part, with the reason; with WIZARD_REQUIRE_REAL=1 that is a failure."""

    def missing(reason: str) -> NoReturn:
        if os.environ.get("WIZARD_REQUIRE_REAL") == "1":
            pytest.fail(f"a real part is missing: {reason}")
        pytest.skip(reason)

    return missing


@pytest.fixture
def quick_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Profiles are sealed with a passphrase in no time, for tests that look at something else than age's own work."""
    quick = Child(module=age_files.__name__, store=sealing._CHILD.store, slow=sealing._CHILD.slow)
    monkeypatch.setattr(sealing, "_CHILD", quick)


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    """A model server on loopback that speaks OpenAI's format."""
    with serving() as server:
        yield server


@pytest.fixture
def internet(tmp_path: Path) -> Iterator[Internet]:
    """What a real Crush meets when it goes out."""
    with stand_in(tmp_path) as online:
        yield online


@pytest.fixture
def crush(tmp_path: Path, internet: Internet) -> RealCrush:
    """A real Crush in an empty home, with an internet that records what it sends."""
    program = find_program()
    if program is None:
        pytest.skip(MISSING)
    home = tmp_path / "crush-home"
    home.mkdir()
    return RealCrush(program, home, internet=internet)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """For sockets: their paths may have 108 bytes, pytest's folders are longer."""
    with tempfile.TemporaryDirectory(prefix="wz") as folder:
        yield Path(folder)


@pytest.fixture
def no_bus(tmp_path: Path, short_folder: Path) -> dict[str, str]:
    """The environment of a machine without a desktop session and without a network: no D-Bus, an empty HOME."""
    home = tmp_path / "home"
    home.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_RUNTIME_DIR": str(short_folder),
        "WIZARD_OFFLINE": "1",
        **NO_SERVERS,
    }


@pytest.fixture
def session_bus(
    no_bus: dict[str, str], short_folder: Path, require_real: Callable[[str], NoReturn]
) -> Iterator[dict[str, str]]:
    """The environment of a session with a private D-Bus that starts no services by itself."""
    if shutil.which("dbus-daemon") is None:
        require_real("dbus-daemon is not installed")
    config = short_folder / "bus.conf"
    config.write_text(BUS_CONFIG.format(socket=short_folder / "bus"), encoding="utf-8")
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=no_bus, text=True) as daemon:
        assert daemon.stdout is not None
        address = daemon.stdout.readline().strip()
        yield no_bus | {"DBUS_SESSION_BUS_ADDRESS": address}
        daemon.kill()


@dataclass
class SecretService:
    """A real GNOME Keyring on a bus of its own. `env` is for the processes that shall meet it."""

    env: dict[str, str]
    _daemon: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, *, unlocked: bool) -> None:
        """Wait until the service is on the bus."""
        command = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
        self._daemon = subprocess.Popen(
            [*command, "--unlock"] if unlocked else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=self.env,
        )
        assert self._daemon.stdin is not None
        self._daemon.stdin.write(b"password")  # a newline would be a part of the password
        self._daemon.stdin.close()
        self._wait_until(there=True)

    def get(self, name: str) -> str | None:
        """What the keyring holds under `name`, read without the program under test."""
        attributes = {"service": f"crush-wizard:{name}", "username": name}
        with self._collection() as collection:
            values = [item.get_secret().decode() for item in collection.search_items(attributes)]
        assert len(values) < 2, f"{name} is there more than once"
        return values[0] if values else None

    def put(self, name: str, value: str) -> None:
        """Store it, without the program under test."""
        attributes = {"service": f"crush-wizard:{name}", "username": name}
        with self._collection() as collection:
            collection.create_item(name, attributes, value.encode(), replace=True)

    def lock(self) -> None:
        with self._collection() as collection:
            collection.lock()

    def stop(self) -> None:
        if self._daemon is not None:
            if (code := self._daemon.poll()) is not None:
                sys.stderr.write(f"gnome-keyring-daemon has ended by itself: exit code {code}\n")
            self._daemon.kill()
            self._daemon.wait()
            self._daemon = None
            # else the next one may be taken to be there before it is; a bus that has ended has forgotten it
            with suppress(OSError):
                self._wait_until(there=False)

    def restart_locked(self) -> None:
        self.stop()
        self.start(unlocked=False)

    @contextmanager
    def _collection(self) -> Iterator[Collection]:
        import secretstorage

        with closing(_connection(self.env)) as connection:
            _ping(connection)
            yield secretstorage.get_collection_by_alias(connection, "default")

    def _wait_until(self, *, there: bool) -> None:
        deadline = time.monotonic() + STARTED_SECONDS
        with closing(_connection(self.env)) as connection:
            while bool(_bus(connection).NameHasOwner(SERVICE)[0]) is not there:
                assert time.monotonic() < deadline, "gnome-keyring-daemon did not start or end"
                time.sleep(0.02)


@pytest.fixture
def fresh_secret_service(
    session_bus: dict[str, str], require_real: Callable[[str], NoReturn]
) -> Iterator[SecretService]:
    """A real Secret Service that has never been used: it has no default collection yet."""
    yield from _serving(session_bus, require_real, unlocked=False)


def _serving(
    env: dict[str, str], require_real: Callable[[str], NoReturn], *, unlocked: bool
) -> Iterator[SecretService]:
    if shutil.which("gnome-keyring-daemon") is None:
        require_real("gnome-keyring-daemon is not installed")
    service = SecretService(env)
    service.start(unlocked=unlocked)
    yield service
    service.stop()


@pytest.fixture
def secret_service(session_bus: dict[str, str], require_real: Callable[[str], NoReturn]) -> Iterator[SecretService]:
    """A real Secret Service, unlocked and empty."""
    yield from _serving(session_bus, require_real, unlocked=True)


@pytest.fixture
def silent_secret_service(session_bus: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment of a session where somebody owns the Secret Service's name and never answers."""
    with closing(_connection(session_bus)) as connection:
        _bus(connection).RequestName(SERVICE)
        yield session_bus


def _connection(env: dict[str, str]) -> DBusConnection:
    from jeepney.io.blocking import open_dbus_connection

    return open_dbus_connection(bus=env["DBUS_SESSION_BUS_ADDRESS"])


def _ping(connection: DBusConnection) -> None:
    """GNOME Keyring may abort when the first thing that it is asked for is a property."""
    from secretstorage.util import DBusAddressWrapper

    DBusAddressWrapper("/org/freedesktop/secrets", "org.freedesktop.DBus.Peer", connection).call("Ping", "")


def _bus(connection: DBusConnection) -> Proxy:
    from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]
    from jeepney.io.blocking import Proxy

    return Proxy(message_bus, connection)


EXCUSES = (
    *("needs a real Crush", "needs a real LiteLLM", "needs a real Ollama", "needs a real password manager"),
    *("needs macOS", "needs Windows", "needs another processor"),
)
"""How the reason of a skip begins that WIZARD_REQUIRE_REAL=1 lets pass: nothing could be installed for it, or it
is too much for a run of the tests (LiteLLM's proxy, Ollama).
"""


def _unexcused(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    """The reason of a skip that counts as a failure."""
    if os.environ.get("WIZARD_REQUIRE_REAL") != "1" or not report.skipped or hasattr(report, "wasxfail"):
        return None
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    return None if reason.startswith(EXCUSES) else reason


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if reason := _unexcused(report):
        report.outcome, report.longrepr = "failed", f"a real part is missing: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if reason := _unexcused(report):
        report.outcome, report.longrepr = "failed", f"a real part is missing: {reason}"
    return report

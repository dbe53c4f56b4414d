"""How long `run -- true` takes with 0, 1 and 20 secrets in a real Secret Service, as multiples of a bare interpreter.

python tests/benchmarks/bench_run.py

Needs dbus-daemon and gnome-keyring-daemon.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.conftest import BUS_CONFIG, SecretService
from wizard.secrets.index import Index, IndexedStore
from wizard.secrets.keyring_store import KeyringStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
RUN = [sys.executable, "-m", "wizard", "run", "--strict", "--", "true"]
NOTHING = [sys.executable, "-I", "-c", "pass"]
COUNTS = (0, 1, 20)


def main(runs: int = 15) -> None:
    if missing := [name for name in ("dbus-daemon", "gnome-keyring-daemon") if shutil.which(name) is None]:
        sys.exit(f"this measures a real keyring, and {' and '.join(missing)} can't be found")
    names = [f"BENCH_{number}_API_KEY" for number in range(max(COUNTS))]
    with tempfile.TemporaryDirectory(prefix="wz") as folder, secret_service(Path(folder)) as environ:
        store = IndexedStore(KeyringStore(environ), Index(Path(environ["XDG_STATE_HOME"]) / "crush-wizard"))
        for name in names:
            store.set(name, "sk-0123456789abcdef")
        projects = {count: project(Path(folder) / str(count), names[:count]) for count in COUNTS}
        bare: list[float] = []
        times: dict[int, list[float]] = {count: [] for count in COUNTS}
        for _ in range(runs):  # in turn, so that a slow moment of the machine hits all of them
            bare.append(timed(NOTHING, environ, ROOT))
            for count, place in projects.items():
                times[count].append(timed(RUN, environ, place))
    unit = statistics.median(bare)
    for count, values in times.items():
        median = statistics.median(values)
        print(f"{count:2} secrets {median * 1000:6.1f} ms  x{median / unit:.1f}")  # noqa: T201 the result


def timed(command: list[str], environ: Mapping[str, str], cwd: Path) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=environ, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return time.perf_counter() - started


def project(folder: Path, names: list[str]) -> Path:
    """A folder whose crush.json has a provider for each name."""
    folder.mkdir()
    providers = {name.lower(): {"api_key": f"${name}"} for name in names}
    (folder / "crush.json").write_text(json.dumps({"providers": providers}), encoding="utf-8")
    return folder


@contextmanager
def secret_service(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a session with an unlocked GNOME Keyring; `folder` has a short path, for sockets."""
    home = {name: str(folder / name) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    environ = {**home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": str(folder)}
    environ["PYTHONPATH"] = str(ROOT)
    (folder / "bus.conf").write_text(BUS_CONFIG.format(socket=folder / "bus"), encoding="utf-8")
    command = ["dbus-daemon", f"--config-file={folder / 'bus.conf'}", "--nofork", "--nopidfile", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ, text=True) as bus:
        assert bus.stdout is not None
        service = SecretService(environ | {"DBUS_SESSION_BUS_ADDRESS": bus.stdout.readline().strip()})
        service.start(unlocked=True)
        yield service.env
        service.stop()
        bus.kill()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

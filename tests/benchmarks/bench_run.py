"""What `run` adds to each start of Crush: `python tests/benchmarks/bench_run.py [RUNS [PYTHON]]`.

`run -- true` with 0, 1 and 20 secrets in a real Secret Service, less `true` alone, as multiples of a Python that does
nothing (`python -I -c pass`), each in turn, medians of fifteen: once by the clock, once by the time of the processor.
The wizard is installed for this into a virtual environment of its own; PYTHON is one that has it already.

Needs dbus-daemon and gnome-keyring-daemon.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.measuring import Spent, installed, median, spent, wizard
from tests.conftest import BUS_CONFIG, SecretService
from wizard.secrets.index import Index, IndexedStore
from wizard.secrets.keyring_store import KeyringStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 15
MOST = {0: 5.0, 1: 5.5, 20: 6.0}
"""How many times nothing's time `run` may add, by the number of secrets."""


def main() -> None:
    if missing := [name for name in ("dbus-daemon", "gnome-keyring-daemon") if shutil.which(name) is None]:
        sys.exit(f"this measures a real keyring, and {' and '.join(missing)} can't be found")
    names = [f"BENCH_{number}_API_KEY" for number in range(max(MOST))]
    with tempfile.TemporaryDirectory(prefix="wz") as folder, secret_service(Path(folder)) as environ:
        python = Path(sys.argv[2]) if len(sys.argv) > 2 else installed(Path(folder))
        store = IndexedStore(KeyringStore(environ), Index(Path(environ["XDG_STATE_HOME"]) / "crush-wizard"))
        for name in names:
            store.set(name, "sk-0123456789abcdef")
        projects = {count: project(Path(folder) / str(count), names[:count]) for count in MOST}
        _print(*_measured(python, environ, projects))


Times = dict[int, list[Spent]]


def _measured(
    python: Path, environ: Mapping[str, str], projects: Mapping[int, Path]
) -> tuple[list[Spent], list[Spent], Times]:
    """A Python that does nothing, `true`, and `run -- true`; in turn, so that a slow moment hits all of them."""
    nothing: list[Spent] = []
    alone: list[Spent] = []
    times: Times = {count: [] for count in projects}
    for folder in projects.values():  # ends with an error if one of them is not handed out
        subprocess.run([wizard(python), "run", "--strict", "--", "true"], env=environ, cwd=folder, check=True)
    for _ in range(RUNS):
        nothing.append(spent([python, "-I", "-c", "pass"], environ, projects[0]))
        alone.append(spent(["true"], environ, projects[0]))
        for count, folder in projects.items():
            times[count].append(spent([wizard(python), "run", "--", "true"], environ, folder))
    return nothing, alone, times


def _print(nothing: list[Spent], alone: list[Spent], times: Times) -> None:
    unit, command = median(nothing), median(alone)
    print(f"nothing: {unit.wall * 1000:.1f} ms by the clock, {unit.cpu * 1000:.1f} of the processor")  # noqa: T201
    for count, each in times.items():
        taken = median(each)
        clock, cpu = (taken.wall - command.wall) / unit.wall, (taken.cpu - command.cpu) / unit.cpu
        milliseconds = (taken.wall - command.wall) * 1000
        print(f"{count:2} secrets {milliseconds:6.1f} ms {clock:5.1f}x {cpu:5.1f}x (at most {MOST[count]}x)")  # noqa: T201


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
    main()

"""How long Crush waits for a secret: `python tests/benchmarks/bench_secret_get.py [RUNS]`.

Medians in milliseconds, and multiples of a Python that does nothing (`python -I -c pass`), which say the same
on every machine. The interpreter is that of an empty virtual environment, with the libraries on PYTHONPATH, so
that start-up hooks (editable installs) do not make the measure longer. Needs dbus-daemon and gnome-keyring-daemon.
Nothing is asserted: times depend on what else runs.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.conftest import BUS_CONFIG, SecretService  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "GROQ_API_KEY"
MANY = 1000
FILL = """
import sys
from wizard import folders
from wizard.secrets import age_file
folder = folders.secrets()
keys = age_file.identities((folder / age_file.IDENTITY).read_bytes(), "")
held = age_file.opened((folder / age_file.SECRETS).read_bytes(), keys, "")
held |= {f"NAME_{number}": "v" * 100 for number in range(int(sys.argv[1]) - 1)}
(folder / age_file.SECRETS).write_bytes(age_file.sealed(held, keys))
"""


def main(runs: int = 25) -> None:
    if missing := [name for name in ("dbus-daemon", "gnome-keyring-daemon") if shutil.which(name) is None]:
        sys.exit(f"this measures a real keyring, and {' and '.join(missing)} can't be found")
    with tempfile.TemporaryDirectory(prefix="wz") as folder, _keyring(Path(folder)) as keyring:
        venv.create(Path(folder) / "venv", symlinks=True)
        python = str(Path(folder) / "venv" / "bin" / "python")
        wizard = [python, "-m", "wizard", "secret"]
        _run([*wizard, "set", NAME, "--stdin"], keyring, "value")
        measured = {
            "nothing": ([python, "-I", "-c", "pass"], keyring),
            "secret get, Secret Service": ([*wizard, "get", NAME], keyring),
            "secret get, age file": ([*wizard, "get", NAME], _age_file(python, Path(folder) / "one", 1)),
            f"secret get, age file, {MANY} secrets": (
                [*wizard, "get", NAME],
                _age_file(python, Path(folder) / "many", MANY),
            ),
            "secret get, the long way": ([*wizard, "get", NAME, "--quiet"], keyring),
        }
        times: dict[str, list[float]] = {name: [] for name in measured}
        for _ in range(runs):  # in turn, so that a slow moment of the machine hits all of them
            for name, (command, environ) in measured.items():
                started = time.perf_counter()
                _run(command, environ)
                times[name].append(time.perf_counter() - started)
    unit = statistics.median(times["nothing"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:36} {median * 1000:6.1f} ms  x{median / unit:.1f}")  # noqa: T201 the result


def _run(command: list[str], environ: dict[str, str], stdin: str = "") -> None:
    subprocess.run(command, env=environ, input=stdin, text=True, capture_output=True, check=True)


def _age_file(python: str, home: Path, secrets: int) -> dict[str, str]:
    environ = _environment(home)
    home.mkdir()
    _run([python, "-m", "wizard", "secret", "set", NAME, "--stdin", "--store", "file"], environ, "value")
    _run([python, "-c", FILL, str(secrets)], environ)
    return environ


@contextmanager
def _keyring(folder: Path) -> Iterator[dict[str, str]]:
    (folder / "home").mkdir()
    config = folder / "bus.conf"
    config.write_text(BUS_CONFIG.format(socket=folder / "bus"), encoding="utf-8")
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", "--print-address=1"]
    environ = _environment(folder / "home") | {"XDG_RUNTIME_DIR": str(folder)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ, text=True) as bus:
        assert bus.stdout is not None
        environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        service = SecretService(environ)
        service.start(unlocked=True)
        yield environ
        service.stop()
        bus.kill()


def _environment(home: Path) -> dict[str, str]:
    """A machine where nothing is configured."""
    libraries = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": libraries}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

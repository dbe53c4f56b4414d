"""`run`: the command gets the secrets that Crush's providers use, and is else as if it had been started directly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from wizard.cli.run.start import start
from wizard.errors import WizardError
from wizard.secrets.index import Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the command replaces the wizard on Unix only")

HOSTILE = 'it\'s a "key"\n$(touch stolen) \\ `x` ключ 🔑\n'
SHOW = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]


def using(*names: str) -> str:
    """A crush.json with a provider for each variable."""
    entry = {"type": "openai-compat", "base_url": "https://llm.example/v1", "models": []}
    return json.dumps({"providers": {name.lower(): {**entry, "api_key": f"${name}"} for name in names}})


@dataclass
class Keeper:
    """Somebody whose keyring holds secrets."""

    machine: Machine
    service: Any

    def stores(self, **values: str) -> None:
        for name, value in values.items():
            self.service.put(name, value)
            self.index.add("keyring", name)

    @property
    def index(self) -> Index:
        return Index(self.machine.home / ".local" / "state" / "crush-wizard")

    def uses(self, *names: str) -> None:
        self.machine.write_config(using(*names))

    def run(self, *arguments: str, **environ: str) -> Any:
        return self.machine.run("run", *arguments, env=environ)

    def environment(self, *arguments: str, **environ: str) -> dict[str, str]:
        """What the command finds in its environment."""
        done = self.run(*arguments, "--", *SHOW, **environ)
        assert done.code == 0, done.err
        found: dict[str, str] = json.loads(done.out)
        return found


@pytest.fixture
def keeper(machine_with_keyring: Machine, secret_service: SecretService) -> Keeper:
    return Keeper(machine_with_keyring, secret_service)


# Which variables


def test_the_command_gets_what_providers_use_and_the_rest_of_the_environment(keeper: Keeper) -> None:
    keeper.stores(GROQ_API_KEY=HOSTILE, OTHER_API_KEY="sk-unused")
    keeper.uses("GROQ_API_KEY")
    environ = keeper.environment(MINE="kept")
    assert environ.items() >= {**keeper.machine.env, "GROQ_API_KEY": HOSTILE, "MINE": "kept"}.items()
    assert "OTHER_API_KEY" not in environ


def test_what_is_set_already_wins_and_is_said(keeper: Keeper) -> None:
    keeper.stores(GROQ_API_KEY=CANARY, XAI_API_KEY="xai-stored", ZAI_API_KEY="zai-stored")
    keeper.uses("GROQ_API_KEY", "XAI_API_KEY", "ZAI_API_KEY", "NO_API_KEY")
    done = keeper.run("--verbose", "--", *SHOW, GROQ_API_KEY="mine", ZAI_API_KEY="")
    environ = json.loads(done.out)
    assert (environ["GROQ_API_KEY"], environ["XAI_API_KEY"]) == ("mine", "xai-stored")
    assert environ["ZAI_API_KEY"] == "zai-stored", "a variable set to nothing is not set"
    assert "GROQ_API_KEY is already set" in done.err
    assert "XAI_API_KEY comes from the store" in done.err
    assert "NO_API_KEY has no value" in done.err


def test_without_verbose_it_says_only_what_is_missing(keeper: Keeper) -> None:
    keeper.stores(GROQ_API_KEY=CANARY)
    keeper.uses("GROQ_API_KEY", "NO_API_KEY")
    done = keeper.run("--", "true")
    assert (done.code, done.out) == (0, "")
    assert done.err == ("warning: NO_API_KEY has no value; store it: crush-wizard secret set NO_API_KEY\n")


def test_only_restricts_what_is_handed_out(keeper: Keeper) -> None:
    names = ("A_API_KEY", "B_API_KEY", "C_API_KEY")
    keeper.stores(**dict.fromkeys(names, CANARY))
    keeper.uses(*names)
    environ = keeper.environment("--only", "A_API_KEY,C_API_KEY")
    assert [name for name in names if name in environ] == ["A_API_KEY", "C_API_KEY"]


@pytest.mark.parametrize("name", ["B_API_KEY", "PATH", "A-B", "$(x)"])
def test_only_takes_no_name_that_no_provider_uses(machine: Machine, name: str) -> None:
    machine.write_config(using("A_API_KEY"))
    done = machine.run("run", "--only", name, "--", "echo", "started")
    assert (done.code, done.out) == (2, "")
    assert "--only" in done.err
    assert name in done.err


def test_the_project_s_providers_count_too(keeper: Keeper, tmp_path: Path) -> None:
    keeper.stores(GROQ_API_KEY=CANARY)
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "crush.json").write_text(using("GROQ_API_KEY"))
    assert "GROQ_API_KEY" not in keeper.environment()
    done = keeper.machine.run("run", "--", *SHOW, cwd=folder)
    assert json.loads(done.out)["GROQ_API_KEY"] == CANARY


def test_pristine_lets_little_through(keeper: Keeper) -> None:
    keeper.stores(GROQ_API_KEY=CANARY)
    keeper.uses("GROQ_API_KEY", "XAI_API_KEY")
    kept = {
        "HOME": str(keeper.machine.home),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm",
        "https_proxy": "http://proxy:3128",
        "XDG_CACHE_HOME": "/x",
        "CRUSH_GLOBAL_DATA": "/y",
        "XAI_API_KEY": "mine",
    }
    environ = keeper.environment("--pristine", **kept, AWS_SECRET_ACCESS_KEY="aws", LD_PRELOAD="", SSH_AUTH_SOCK="/s")
    assert environ.items() >= {**kept, "GROQ_API_KEY": CANARY}.items()
    assert environ.keys().isdisjoint({"AWS_SECRET_ACCESS_KEY", "LD_PRELOAD", "SSH_AUTH_SOCK", "PYTHONPATH"})


def test_nested_it_is_harmless(keeper: Keeper) -> None:
    keeper.stores(GROQ_API_KEY=CANARY)
    keeper.uses("GROQ_API_KEY")
    wizard = [sys.executable, "-m", "wizard", "run", "--strict", "--"]
    assert keeper.environment("--", *wizard, *wizard[:-1])["GROQ_API_KEY"] == CANARY


# What is missing


def test_strict_names_all_that_is_missing_and_starts_nothing(keeper: Keeper) -> None:
    keeper.stores(GROQ_API_KEY=CANARY)
    keeper.uses("GROQ_API_KEY", "A_API_KEY", "B_API_KEY", "C_API_KEY")
    done = keeper.run("--strict", "--", "echo", "started", B_API_KEY="set")
    assert (done.code, done.out) == (5, "")
    assert "A_API_KEY, C_API_KEY" in done.err
    assert "GROQ_API_KEY" not in done.err


def test_strict_asks_for_nothing_that_has_a_default(machine: Machine) -> None:
    machine.write_config('{"providers": {"a": {"api_key": "${A_API_KEY:-none}"}}}')
    done = machine.run("run", "--strict", "--", "echo", "started")
    assert (done.code, done.out) == (0, "started\n"), done.err


def test_a_value_that_has_gone_is_warned_of(keeper: Keeper) -> None:
    keeper.index.add("keyring", "GROQ_API_KEY")
    keeper.stores(XAI_API_KEY=CANARY)
    keeper.uses("GROQ_API_KEY", "XAI_API_KEY")
    done = keeper.run("--", *SHOW)
    assert "GROQ_API_KEY is missing from the store; store it:" in done.err
    assert done.err.count("secret set GROQ_API_KEY") == 1
    assert json.loads(done.out)["XAI_API_KEY"] == CANARY


def test_a_locked_keyring_refuses_only_where_it_is_needed(keeper: Keeper) -> None:
    keeper.stores(GROQ_API_KEY=CANARY)
    keeper.uses("GROQ_API_KEY")
    keeper.service.lock()
    done = keeper.run("--", "echo", "started")
    assert (done.code, done.out) == (5, "")
    assert "locked" in done.err
    assert "GROQ_API_KEY" in done.err
    assert keeper.run("--", "echo", "started", GROQ_API_KEY="mine").out == "started\n"


def test_where_there_is_no_keyring_and_none_is_needed_the_command_starts(machine: Machine) -> None:
    machine.write_config(using("GROQ_API_KEY"))
    done = machine.run("run", "--", "echo", "started")
    assert (done.code, done.out) == (0, "started\n")
    assert "GROQ_API_KEY has no value" in done.err


def test_a_file_that_crush_can_not_read_is_said(keeper: Keeper) -> None:
    keeper.machine.write_config("{")
    done = keeper.run("--", "echo", "started")
    assert done.out == "started\n"
    assert "crush.json" in done.err


def test_a_value_that_fits_no_variable_is_refused(keeper: Keeper) -> None:
    keeper.stores(GROQ_API_KEY="a\0b")
    keeper.uses("GROQ_API_KEY")
    done = keeper.run("--", "echo", "started")
    assert (done.code, done.out) == (5, "")
    assert "GROQ_API_KEY" in done.err


def test_inside_an_agent_s_shell_it_refuses(machine: Machine) -> None:
    done = machine.run("run", "--", "echo", "started", env={"CRUSH": "1"})
    assert (done.code, done.out) == (4, "")
    assert "--allow-agent" in done.err
    assert machine.run("run", "--allow-agent", "--", "echo", "started", env={"CRUSH": "1"}).out == "started\n"


# The command line


def test_crush_is_the_default(machine: Machine) -> None:
    crush = machine.home / "bin" / "crush"
    crush.parent.mkdir()
    crush.write_text("#!/bin/sh\necho crush $#\n")
    crush.chmod(0o755)
    path = f"{crush.parent}:{machine.env['PATH']}"
    for words in ((), ("--",)):
        assert machine.run("run", *words, env={"PATH": path}).out == "crush 0\n"


@pytest.mark.parametrize("dashes", [(), ("--",)])
def test_options_behind_the_command_are_its_own(machine: Machine, dashes: tuple[str, ...]) -> None:
    words = ["--json", "--quiet", "--only", "x", "--", "--help", "", "*"]
    done = machine.run("run", *dashes, sys.executable, "-c", "import sys; print(sys.argv[1:])", *words)
    assert done.out == f"{words}\n"


def test_an_error_is_no_json_because_the_command_would_take_json(machine: Machine) -> None:
    done = machine.run("run", "--", "no-such-program", "--json")
    assert (done.code, done.out) == (127, "")
    assert done.err.startswith("error: command not found: no-such-program\nhint: ")


@pytest.mark.parametrize(
    ("content", "mode", "code"),
    [
        (None, 0, 127),
        ("#!/no/such/interpreter\n", 0o755, 127),
        ("#!/bin/sh\n", 0o644, 126),
        ("no #! line\n", 0o755, 126),
        ("folder", 0, 126),
    ],
)
def test_what_can_not_be_started_has_the_shell_s_exit_codes(
    machine: Machine, content: str | None, mode: int, code: int
) -> None:
    program = machine.home / "program"
    if content == "folder":
        program.mkdir()
    elif content is not None:
        program.write_text(content)
        program.chmod(mode)
    done = machine.run("run", "./program")
    assert done.code == code
    assert done.err.startswith(("error: command not found: ./program", "error: can't start `./program`"))
    assert "\nhint: " in done.err


def test_a_value_that_is_too_long_for_the_system_is_said(keeper: Keeper) -> None:
    keeper.stores(GROQ_API_KEY="x" * 140_000)
    keeper.uses("GROQ_API_KEY")
    done = keeper.run("--", "true")
    assert done.code == 126
    assert "too long" in done.err


# As if it had been started directly


@pytest.mark.parametrize("ending", ["exit 0", "exit 3", "exit 255", "kill -TERM $$", "kill -KILL $$"])
def test_the_ending_is_the_command_s(machine: Machine, ending: str) -> None:
    directly = subprocess.run(["/bin/sh", "-c", ending], check=False).returncode
    assert machine.run("run", "--", "/bin/sh", "-c", ending).code == directly


LOOK = """
import json, os, resource, sys
status = dict(line.split(":\\t") for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
print(json.dumps({
    "pid": os.getpid(), "session": os.getsid(0) == os.getpid(), "umask": os.umask(0),
    "signals": [status[name] for name in ("SigBlk", "SigIgn", "SigCgt")],
    "files": sorted(int(name) for name in os.listdir("/proc/self/fd")),
    "core": resource.getrlimit(resource.RLIMIT_CORE), "cwd": os.getcwd(), "argv": sys.argv,
    "children": open(f"/proc/self/task/{os.getpid()}/children").read(),
}))
"""


def _odd_inheritance() -> None:
    import resource

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (min(4096, hard) if hard >= 0 else 4096, hard))
    os.umask(0o027)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
@pytest.mark.parametrize("odd", [False, True])
def test_the_process_is_the_one_that_was_started_with_nothing_changed_or_left_over(keeper: Keeper, odd: bool) -> None:
    keeper.stores(GROQ_API_KEY=CANARY)
    keeper.uses("GROQ_API_KEY")
    look = [sys.executable, "-c", LOOK, "argument"]
    directly = _look(look, keeper, odd=odd)
    through = _look([sys.executable, "-m", "wizard", "run", "--", *look], keeper, odd=odd)
    assert through == directly


def _look(command: list[str], keeper: Keeper, *, odd: bool) -> dict[str, Any]:
    env, cwd = keeper.machine.env, keeper.machine.home
    with open(os.devnull) as inherited:  # noqa: PTH123 for its descriptor
        descriptor = inherited.fileno()
        setup = _odd_inheritance if odd else None
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, env=env, cwd=cwd, pass_fds=(descriptor,), preexec_fn=setup
        )
        found: dict[str, Any] = json.loads(process.communicate()[0])
    assert found.pop("pid") == process.pid
    return found


def test_a_reader_that_goes_away_ends_the_command_quietly(machine: Machine) -> None:
    line = f"{sys.executable} -m wizard run -- yes | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], env=machine.env, capture_output=True, text=True, check=True, timeout=30)
    assert (done.stdout, done.stderr) == (f"y\n{128 + signal.SIGPIPE}\n", "")


def test_stdin_is_the_command_s(machine: Machine) -> None:
    assert machine.run("run", "--", "cat", stdin="one\ntwo").out == "one\ntwo"


# On Windows, where a process can't be replaced


def test_a_child_s_exit_code_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    environ = {"PATH": os.environ["PATH"], "KEY": CANARY}
    assert start(["sh", "-c", 'echo "$KEY"; exit 7'], environ, platform="win32") == 7
    assert capfd.readouterr().out == f"{CANARY}\n"
    with pytest.raises(WizardError) as caught:
        start(["no-such-program"], environ, platform="win32")
    assert caught.value.exit_code == 127


def test_ctrl_c_is_for_the_child_to_answer() -> None:
    script = (
        "import signal, sys; from wizard.cli.run.start import start;sys.exit(start(sys.argv[1:], {}, platform='win32'))"
    )
    answer = (
        "import signal, sys, time; signal.signal(2, lambda *_: sys.exit(9)); print('on', flush=True); time.sleep(30)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", script, sys.executable, "-c", answer]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"on\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=20) == 9


# Nowhere else


class Watch(threading.Thread):
    """Reads the arguments of all processes, and the environment of all but one, as fast as it can."""

    def __init__(self) -> None:
        super().__init__()
        self.over = threading.Event()
        self.seen: dict[tuple[str, str], bytes] = {}

    def run(self) -> None:
        while not self.over.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    self.seen[process.name, name] = self.seen.get((process.name, name), b"") + _read(process / name)
            time.sleep(0.001)

    def with_text(self, text: str) -> set[tuple[str, str]]:
        return {place for place, content in self.seen.items() if text.encode() in content}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # it ended meanwhile, or belongs to somebody else


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_a_secret_is_in_the_command_s_environment_and_nowhere_else(keeper: Keeper) -> None:
    canary = f"{CANARY}-{time.time_ns()}"  # tests that run beside this one hand CANARY out, too
    keeper.stores(GROQ_API_KEY=canary)
    keeper.uses("GROQ_API_KEY")
    watch = Watch()
    watch.start()
    with keeper.machine.start("run", "--verbose", "--", "sleep", "0.5", env={"WIZARD_DEBUG": "1"}) as process:
        out, err = process.communicate(timeout=30)
    watch.over.set()
    watch.join()
    assert process.returncode == 0, err
    assert watch.with_text(canary) == {(str(process.pid), "environ")}
    assert CANARY not in out + err
    _in_no_file(keeper.machine.home.rglob("*"))


@pytest.fixture
def cores_allowed() -> Iterator[None]:
    """As on a machine of a developer: crashed processes leave a core."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_CORE)
    if before[1] == 0:
        pytest.skip("core dumps are forbidden here")
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, before)


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="needs /proc")
def test_a_keyring_that_never_answers_is_given_up_and_no_core_would_be_left_meanwhile(
    machine: Machine, silent_secret_service: dict[str, str], cores_allowed: None
) -> None:
    bus = {name: silent_secret_service[name] for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")}
    Index(machine.home / ".local" / "state" / "crush-wizard").add("keyring", "GROQ_API_KEY")
    machine.write_config(using("GROQ_API_KEY"))
    limits: set[bytes] = set()
    with machine.start("run", "--", "echo", "started", env=bus) as process:
        while process.poll() is None:
            limits.add(_core_limit(process.pid))
            time.sleep(0.05)
        out, err = process.communicate()
    assert (process.returncode, out) == (5, "")
    assert "did not answer within 5 seconds" in err
    assert "GROQ_API_KEY" in err
    assert limits & {b"0", b"1"}


def _core_limit(pid: int) -> bytes:
    lines = _read(Path(f"/proc/{pid}/limits")).splitlines()
    return next((line.split()[4] for line in lines if line.startswith(b"Max core file size")), b"")


@pytest.mark.parametrize("words", [("no-such-program",), ("/",)])
def test_a_failure_shows_no_secret(keeper: Keeper, words: tuple[str, ...]) -> None:
    keeper.stores(GROQ_API_KEY=CANARY)
    keeper.uses("GROQ_API_KEY")
    done = keeper.run("--", *words, WIZARD_DEBUG="1")
    assert done.code in (126, 127)
    assert "Traceback" in done.err
    assert CANARY not in done.out + done.err


def _in_no_file(paths: Iterable[Path]) -> None:
    files = [path for path in paths if path.is_file()]
    assert files
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]

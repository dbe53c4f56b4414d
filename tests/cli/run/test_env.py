"""`env`: what a shell evaluates. How values are quoted is tested in tests/secrets/test_shell_lines.py."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from wizard.files.shell import shell_of
from wizard.secrets.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

HOSTILE = 'it\'s a "key"\n$(touch stolen) \\ `x` ключ\n'
WIZARD = shlex.join([sys.executable, "-m", "wizard"])
EVALUATED = {
    "bash": 'eval "$(WIZARD env OPTIONS)"; code=$?; CALL; exit $code',
    "dash": 'eval "$(WIZARD env OPTIONS)"; code=$?; CALL; exit $code',
    "zsh": 'eval "$(WIZARD env OPTIONS)"; code=$?; CALL; exit $code',
    "fish": "WIZARD env OPTIONS | source; set code $status; CALL; exit $code",
}


@pytest.fixture
def machine_with_keys(machine_with_keyring: Machine, secret_service: SecretService) -> Machine:
    """The keyring holds GROQ_API_KEY and OTHER_API_KEY; providers use GROQ_API_KEY and XAI_API_KEY."""
    machine = machine_with_keyring
    index = Index(machine.home / ".local" / "state" / "crush-wizard")
    for name, value in (("GROQ_API_KEY", HOSTILE), ("OTHER_API_KEY", CANARY)):
        secret_service.put(name, value)
        index.add("keyring", name)
    entry = {"type": "openai-compat", "base_url": "https://llm.example/v1", "models": []}
    providers = {"a": {**entry, "api_key": "$GROQ_API_KEY"}, "b": {**entry, "api_key": "$XAI_API_KEY"}}
    machine.write_config(json.dumps({"providers": providers}))
    return machine


@pytest.fixture
def in_shell(machine_with_keys: Machine, require_real: Callable[[str], NoReturn]) -> Callable[..., Any]:
    """`in_shell(program, options, **environ)`: the line of `env --help` in a real shell, then its environment."""

    def run(program: str, options: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        if shutil.which(program) is None:
            require_real(f"{program} is not installed")
        show = f"{shlex.quote(sys.executable)} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
        script = EVALUATED[program].replace("WIZARD", WIZARD).replace("OPTIONS", options).replace("CALL", show)
        return subprocess.run(
            [program, "-c", script],
            env={**machine_with_keys.env, **environ},
            cwd=machine_with_keys.home,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.mark.parametrize("program", list(EVALUATED))
def test_the_shell_has_what_providers_use(
    in_shell: Callable[..., Any], machine_with_keys: Machine, program: str
) -> None:
    done = in_shell(program)
    assert (done.returncode, done.stderr) == (0, "")
    environ = json.loads(done.stdout)
    assert environ["GROQ_API_KEY"] == HOSTILE
    assert environ.keys().isdisjoint({"OTHER_API_KEY", "XAI_API_KEY"})
    assert not (machine_with_keys.home / "stolen").exists()


@pytest.mark.parametrize("program", list(EVALUATED))
@pytest.mark.parametrize(
    ("options", "environ", "said"),
    [
        ("", {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}, "GROQ_API_KEY"),
        ("--only NOBODY_USES_IT", {}, "NOBODY_USES_IT"),
        ("--no-such-option", {}, "--no-such-option"),
        ("", {"CRUSH": "1"}, "--allow-agent"),
        ("--json", {}, "--names"),
    ],
)
def test_the_shell_notices_a_failure(
    in_shell: Callable[..., Any], program: str, options: str, environ: Mapping[str, str], said: str
) -> None:
    done = in_shell(program, options, **environ)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert "GROQ_API_KEY" not in json.loads(done.stdout)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--shell", "powershell"), "throw 'crush-wizard env failed'\n"),
        (("--shell=nu",), "error make {msg: 'crush-wizard env failed'}\n"),
        (("--bogus", "--shell", "fish"), "false\n"),
    ],
)
def test_a_failure_is_in_the_words_of_the_shell(machine: Machine, options: tuple[str, ...], line: str) -> None:
    done = machine.run("env", "--only", "X_API_KEY", *options)
    assert (done.code, done.out) == (2, line)


@pytest.mark.parametrize(
    ("shell", "start"),
    [
        ("bash", "export GROQ_API_KEY='it'"),
        ("zsh", "export GROQ_API_KEY='it'"),
        ("fish", "set -gx GROQ_API_KEY 'it"),
        ("powershell", "$env:GROQ_API_KEY = (-join ('it''s"),
        ("nu", '{"GROQ_API_KEY": "it\'s'),
    ],
)
def test_each_shell_gets_its_own_lines(machine_with_keys: Machine, shell: str, start: str) -> None:
    done = machine_with_keys.run("env", "--shell", shell)
    assert done.code == 0
    assert done.out.startswith(start)


def test_a_new_value_replaces_the_one_that_the_shell_has(in_shell: Callable[..., Any]) -> None:
    assert json.loads(in_shell("bash", GROQ_API_KEY="of yesterday").stdout)["GROQ_API_KEY"] == HOSTILE


def test_a_reader_that_goes_away_is_no_error(machine_with_keys: Machine) -> None:
    line = f"{WIZARD} env --shell bash | :; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], env=machine_with_keys.env, capture_output=True, text=True, check=True, timeout=30
    )
    assert (done.stdout, done.stderr) == (f"{128 + signal.SIGPIPE}\n", "")


def test_names_only(machine_with_keys: Machine) -> None:
    assert machine_with_keys.run("env", "--names").out == "GROQ_API_KEY\n"
    done = machine_with_keys.run("env", "--names", "--json")
    assert done.json["data"] == {"names": ["GROQ_API_KEY"]}
    assert machine_with_keys.run("env", "--names", "--only", "XAI_API_KEY").out == ""


def test_nothing_to_hand_out_is_no_failure(machine: Machine) -> None:
    done = machine.run("env", "--shell", "bash")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_help_is_for_people(machine: Machine) -> None:
    done = machine.run("env", "--help")
    assert done.code == 0
    assert 'eval "$(crush-wizard env)"' in done.out
    assert "false" not in done.out


@pytest.mark.parametrize(
    ("parent", "environ", "platform", "shell"),
    [
        ("fish\n", {"SHELL": "/bin/bash"}, "linux", "fish"),
        ("-zsh", {}, "darwin", "zsh"),
        ("pwsh", {"SHELL": "/bin/zsh"}, "linux", "powershell"),
        ("python3", {"SHELL": "/usr/bin/fish"}, "linux", "fish"),
        ("", {"SHELL": "/opt/bin/nu"}, "linux", "nu"),
        ("sh", {"SHELL": "/usr/bin/fish"}, "linux", "bash"),
        ("make", {"SHELL": "/bin/tcsh"}, "linux", "bash"),
        ("", {}, "linux", "bash"),
        ("", {}, "win32", "powershell"),
    ],
)
def test_the_shell_is_the_one_that_called(parent: str, environ: Mapping[str, str], platform: str, shell: str) -> None:
    assert shell_of(parent, environ, platform) == shell


def test_a_value_is_in_the_lines_and_nowhere_else(machine_with_keys: Machine) -> None:
    done = machine_with_keys.run("env", "--shell", "nu", env={"WIZARD_DEBUG": "1"})
    assert json.loads(done.out) == {"GROQ_API_KEY": HOSTILE}
    assert done.err == ""
    files = [path for path in machine_with_keys.home.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if HOSTILE.encode() in path.read_bytes()]

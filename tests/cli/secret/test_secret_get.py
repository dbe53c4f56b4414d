"""`secret get`, which Crush waits for: what it prints, what it never does, and how it ends."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from wizard.secrets.age_store import AgeStore

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

NAME = "GROQ_API_KEY"
VALUES = ["gsk_1", "schlüssel-鍵-🔑", "two\nlines\n", " edges ", "-n", "\u2028\x1b[31m", "k" * 300_000]
LONG_WAY = "--quiet"
"""A flag that the short way leaves to the long one."""

HEAVY = (
    "click",
    "msgspec",
    "keyring",
    "rich",
    "prompt_toolkit",
    "questionary",
    "tomlkit",
    "platformdirs",
    "secretstorage",
)
PROBE = """
import sys
sys.argv = ["crush-wizard", "secret", "get", "GROQ_API_KEY"]
from wizard.__main__ import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.fixture
def with_file(machine: Machine) -> Machine:
    """A machine without a keyring, where the age file was chosen."""
    done = machine.run("secret", "set", NAME, "--stdin", "--store", "file", stdin=CANARY)
    assert done.code == 0, done.err
    return machine


@pytest.fixture
def with_keyring(machine_with_keyring: Machine) -> Machine:
    done = machine_with_keyring.run("secret", "set", NAME, "--stdin", stdin=CANARY)
    assert done.code == 0, done.err
    return machine_with_keyring


@pytest.fixture(params=["with_file", "with_keyring"])
def stored(request: pytest.FixtureRequest) -> Machine:
    machine: Machine = request.getfixturevalue(request.param)
    return machine


@pytest.mark.parametrize("way", [(), (LONG_WAY,)])
def test_it_prints_the_value_and_a_newline_and_nothing_else(stored: Machine, way: tuple[str, ...]) -> None:
    done = stored.run("secret", "get", NAME, *way)
    assert (done.code, done.out, done.err) == (0, f"{CANARY}\n", "")


@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_printed_exactly(with_file: Machine, value: str) -> None:
    """Whoever stored it there: `secret set` takes only what a key may be."""
    AgeStore(with_file.home / ".local" / "state" / "crush-wizard" / "secrets", with_file.env).set(NAME, value)
    for way in ((), (LONG_WAY,)):
        command = [sys.executable, "-m", "wizard", "secret", "get", NAME, *way]
        done = subprocess.run(command, env=with_file.env, cwd=with_file.home, capture_output=True, check=True)
        assert done.stdout == f"{value}\n".encode()


@pytest.mark.parametrize("way", [(), (LONG_WAY,)])
def test_a_missing_secret_is_said_with_what_to_do(stored: Machine, way: tuple[str, ...]) -> None:
    done = stored.run("secret", "get", "OTHER_API_KEY", *way)
    assert (done.code, done.out) == (5, "")
    assert "error: OTHER_API_KEY is not in the " in done.err
    assert "hint: store it: crush-wizard secret set OTHER_API_KEY" in done.err
    assert done.err.count("\n") == 2


def test_the_short_way_imports_nothing_heavy(stored: Machine) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], env=stored.env, capture_output=True, text=True, check=True)
    printed, _, modules = done.stdout.strip().rpartition("\n")
    assert printed == CANARY
    assert not set(HEAVY) & set(modules.split())
    assert "wizard" in modules.split()


def test_a_keyring_that_was_never_used_holds_nothing(machine: Machine, fresh_secret_service: SecretService) -> None:
    machine.env.update(fresh_secret_service.env | {"HOME": str(machine.home)})
    done = machine.run("secret", "get", NAME)
    assert done.code == 5
    assert f"{NAME} is not in the keyring" in done.err


@pytest.mark.parametrize("way", [(), (LONG_WAY,)])
@pytest.mark.parametrize("desktop", [{}, {"DISPLAY": ":0"}])
def test_a_locked_keyring_is_said_at_once(
    with_keyring: Machine, secret_service: SecretService, way: tuple[str, ...], desktop: dict[str, str]
) -> None:
    secret_service.restart_locked()
    done = with_keyring.run("secret", "get", NAME, *way, env=desktop)
    assert (done.code, done.out) == (5, "")
    assert "locked" in done.err
    assert "did not answer" not in done.err


@pytest.mark.parametrize("way", [(), (LONG_WAY,)])
def test_a_silent_keyring_ends_within_five_seconds(
    machine: Machine, silent_secret_service: dict[str, str], way: tuple[str, ...]
) -> None:
    started = time.monotonic()
    assert machine.run("secret", "get", NAME, *way).code == 5
    without_any = time.monotonic() - started  # what the machine takes to start the program
    machine.env["DBUS_SESSION_BUS_ADDRESS"] = silent_secret_service["DBUS_SESSION_BUS_ADDRESS"]
    started = time.monotonic()
    done = machine.run("secret", "get", NAME, *way)
    taken = time.monotonic() - started
    assert (done.code, done.out) == (5, "")
    assert "did not answer within" in done.err
    assert taken < 5 + 2 + 3 * without_any


@pytest.mark.parametrize("way", [(), (LONG_WAY,)])
def test_no_session_bus(machine: Machine, way: tuple[str, ...]) -> None:
    done = machine.run("secret", "get", NAME, *way)
    assert (done.code, done.out) == (5, "")
    assert "DBUS_SESSION_BUS_ADDRESS is not set" in done.err
    assert "hint: " in done.err


def test_a_session_bus_that_is_gone(machine: Machine, tmp_path: Path) -> None:
    done = machine.run("secret", "get", NAME, env={"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/gone"})
    assert (done.code, done.out) == (5, "")
    assert "nothing answers at the D-Bus session address" in done.err


def test_a_bus_without_a_secret_service(with_keyring: Machine, secret_service: SecretService) -> None:
    secret_service.stop()
    done = with_keyring.run("secret", "get", NAME)
    assert (done.code, done.out) == (5, "")
    assert "no Secret Service is running" in done.err


@pytest.mark.parametrize("mark", [{"CRUSH": "1"}, {"AGENT": "crush"}, {"AI_AGENT": "crush"}])
@pytest.mark.parametrize("way", [(), (LONG_WAY,)])
def test_an_agent_gets_nothing_unless_it_is_allowed(
    with_file: Machine, mark: dict[str, str], way: tuple[str, ...]
) -> None:
    refused = with_file.run("secret", "get", NAME, *way, env=mark)
    assert (refused.code, refused.out) == (4, "")
    assert "--allow-agent" in refused.err
    allowed = with_file.run("secret", "get", "--allow-agent", NAME, *way, env=mark)
    assert (allowed.code, allowed.out) == (0, f"{CANARY}\n")


def test_other_folders_are_found_as_the_other_commands_find_them(machine: Machine, tmp_path: Path) -> None:
    moved = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    machine.env.update(moved)
    assert machine.run("secret", "set", NAME, "--stdin", "--store", "file", stdin=CANARY).code == 0
    assert machine.run("secret", "get", NAME).out == f"{CANARY}\n"
    assert machine.snapshot() == {}
    machine.env["XDG_STATE_HOME"] = "relative"
    assert machine.run("secret", "get", NAME).code in (0, 5)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("way", [(), (LONG_WAY,)])
def test_files_that_others_can_read_are_not_used(with_file: Machine, way: tuple[str, ...]) -> None:
    (sealed,) = with_file.home.rglob("secrets.age")
    sealed.chmod(0o644)
    done = with_file.run("secret", "get", NAME, *way)
    assert (done.code, done.out) == (5, "")
    assert "other users have access (mode 0644)" in done.err
    assert f"hint: chmod go= {sealed}" in done.err


def test_broken_settings_are_said(with_file: Machine) -> None:
    (settings,) = with_file.home.rglob("settings.toml")
    settings.write_text('secret_store = "cloud"\n', encoding="utf-8")
    for way in ((), (LONG_WAY,)):
        done = with_file.run("secret", "get", NAME, *way)
        assert (done.code, done.out) == (4, "")
        assert "'cloud', but must be one of: keyring, file, environment" in done.err


def test_the_chosen_environment_is_asked_when_it_was_chosen(machine: Machine) -> None:
    folder = machine.home / ".config" / "crush-wizard"
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text('secret_store = "environment"\n', encoding="utf-8")
    assert machine.run("secret", "get", NAME, env={NAME: CANARY}).out == f"{CANARY}\n"
    assert machine.run("secret", "get", NAME).code == 5


def test_another_back_end_that_the_user_chose_is_not_passed_by(with_keyring: Machine) -> None:
    for backend in ("keyring.backends.null.Keyring", "nowhere.Keyring"):
        done = with_keyring.run("secret", "get", NAME, env={"WIZARD_KEYRING_BACKEND": backend})
        assert (done.code, done.out) == (5, "")


def test_a_value_is_never_put_into_json(with_file: Machine) -> None:
    done = with_file.run("secret", "get", NAME, "--json")
    assert done.code == 2
    assert CANARY not in done.out + done.err


def test_a_reader_that_went_away_is_no_traceback(with_file: Machine) -> None:
    assert with_file.run("secret", "set", NAME, "--stdin", stdin="k" * 300_000).code == 0
    line = f"{sys.executable} -m wizard secret get {NAME} | head -c 3"
    done = subprocess.run(["sh", "-c", line], env=with_file.env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("kkk", "")


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="needs /proc")
def test_no_core_is_left_while_the_value_is_awaited(machine: Machine, silent_secret_service: dict[str, str]) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        machine.env["DBUS_SESSION_BUS_ADDRESS"] = silent_secret_service["DBUS_SESSION_BUS_ADDRESS"]
        process = machine.start("secret", "get", NAME)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    while _core_limit(process.pid) not in ("0", "1"):
        assert process.poll() is None, "core dumps were allowed to the end"
        time.sleep(0.01)
    process.kill()
    process.communicate()


def _core_limit(pid: int) -> str:
    lines = Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()
    return next(line.split()[4] for line in lines if line.startswith("Max core file size"))


def test_a_value_is_in_no_argument_and_no_environment(stored: Machine) -> None:
    process = stored.start("secret", "get", NAME)
    seen = b""
    while process.poll() is None:
        for file in ("cmdline", "environ"):
            try:
                seen += Path(f"/proc/{process.pid}/{file}").read_bytes()
            except OSError:
                continue  # it ended meanwhile
    out, _ = process.communicate()
    assert out == f"{CANARY}\n"
    assert NAME.encode() in seen
    assert CANARY.encode() not in seen


@pytest.mark.parametrize("way", [(), (LONG_WAY,)])
def test_where_the_store_has_none_the_variable_is_taken(stored: Machine, way: tuple[str, ...]) -> None:
    """Crush runs the lookup even if the variable is set, and drops the provider if that fails."""
    done = stored.run("secret", "get", "OTHER_API_KEY", *way, env={"OTHER_API_KEY": CANARY})
    assert (done.code, done.out, done.err) == (0, f"{CANARY}\n", "")


@pytest.mark.parametrize("way", [(), (LONG_WAY,)])
def test_without_any_store_the_variable_is_taken(machine: Machine, way: tuple[str, ...]) -> None:
    done = machine.run("secret", "get", NAME, *way, env={NAME: CANARY})
    assert (done.code, done.out) == (0, f"{CANARY}\n")


def test_the_store_comes_before_the_variable(stored: Machine) -> None:
    assert stored.run("secret", "get", NAME, env={NAME: "other"}).out == f"{CANARY}\n"

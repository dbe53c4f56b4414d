"""`secret set`, `list`, `remove` and `status` as scripts and people use them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

NAME = "GROQ_API_KEY"
FILE = ("--store", "file")


@pytest.fixture(params=["keyring", "file"])
def with_store(request: pytest.FixtureRequest) -> Machine:
    """A machine where this store is in use. `reads` takes a value from it without the program under test."""
    if request.param == "keyring":
        with_keyring: Machine = request.getfixturevalue("machine_with_keyring")
        return with_keyring
    machine: Machine = request.getfixturevalue("machine")
    folder = machine.home / ".config" / "crush-wizard"
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text('secret_store = "file"\n', encoding="utf-8")
    return machine


def _set(machine: Machine, value: str = CANARY, *flags: str, name: str = NAME) -> Any:
    done = machine.run("secret", "set", name, "--stdin", *flags, stdin=value)
    assert done.code == 0, done.err
    return done


def _get(machine: Machine, name: str = NAME) -> str | None:
    done = machine.run("secret", "get", name)
    assert done.code in (0, 5)
    return done.out.removesuffix("\n") if done.code == 0 else None


def _names(machine: Machine) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in machine.run("secret", "list", "--json").json["data"]["secrets"]}


def _nowhere(home: Path, *streams: str) -> None:
    assert not [stream for stream in streams if CANARY in stream]
    assert not [path for path in home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


# set


def test_a_value_is_stored_and_stands_nowhere_else(with_store: Machine) -> None:
    done = _set(with_store, CANARY + "\n", "--json")
    assert done.json["data"]["applied"] is True
    (secret,) = done.json["data"]["secrets"]
    assert secret == {"name": NAME, "store": secret["store"], "action": "store"}
    assert secret["store"] in ("keyring", "file")
    assert _get(with_store) == CANARY
    _nowhere(with_store.home, done.out, done.err)


@pytest.mark.parametrize(("content", "value"), [(b"v\n", "v"), (b"v\r\n", "v"), (b"v", "v"), (b"key\n\n", "key")])
def test_a_value_from_a_file(machine: Machine, tmp_path: Path, content: bytes, value: str) -> None:
    (tmp_path / "key").write_bytes(content)
    done = machine.run("secret", "set", NAME, "--file", str(tmp_path / "key"), *FILE)
    assert done.code == 0, done.err
    assert _get(machine) == value


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("PATH", "--stdin"), "v", "PATH can't hold a key"),
        (("GROQ@1", "--stdin"), "v", "is not a variable name"),
        ((NAME, "--stdin"), "", "the value is empty"),
        ((NAME, "--stdin"), "\n", "the value is empty"),
        ((NAME, "--stdin"), f"{CANARY}\0", "NUL character"),
        ((NAME, "--stdin", "--file", "x"), "v", "can't be used together"),
        ((NAME, "--file", "/nowhere/at/all"), "", "can't be read"),
        ((NAME, "--stdin", "--passphrase", "--store", "environment"), "v", "environment"),
    ],
)
def test_what_can_not_be_stored_is_wrong_usage(
    machine: Machine, arguments: tuple[str, ...], stdin: str, said: str
) -> None:
    store = () if "--store" in arguments else FILE
    done = machine.run("secret", "set", *arguments, *store, stdin=stdin)
    assert done.code == 2
    assert said in done.err
    assert CANARY not in done.err
    assert not list(machine.home.rglob("secrets.age"))


def test_bytes_that_are_no_text_are_refused_and_not_quoted(machine: Machine) -> None:
    command = [sys.executable, "-m", "wizard", "secret", "set", NAME, "--stdin", *FILE]
    env = {**machine.env, "WIZARD_DEBUG": "1"}
    done = subprocess.run(command, env=env, input=CANARY.encode() + b"\xff", capture_output=True, check=False)
    assert done.returncode == 2
    assert b"not text" in done.stderr
    assert CANARY.encode() not in done.stderr


def test_with_nobody_to_ask_the_flags_are_named(with_store: Machine) -> None:
    done = with_store.run("secret", "set", NAME)
    assert done.code == 3
    assert "--stdin or --file" in done.err


def test_a_dry_run_touches_nothing(machine: Machine) -> None:
    done = machine.run("secret", "set", NAME, "--stdin", *FILE, "--dry-run", stdin=CANARY)
    assert done.code == 0
    assert "would go into the encrypted file" in done.err
    assert machine.snapshot() == {}


def test_rotation_and_undo_bring_each_value_back(with_store: Machine) -> None:
    _set(with_store, "first")
    _set(with_store, "second")
    assert _get(with_store) == "second"
    assert with_store.run("undo", "--yes").code == 0
    assert _get(with_store) == "first"
    assert with_store.run("undo", "--yes").code == 0
    assert _get(with_store) is None


def test_the_same_value_again_is_nothing_to_do(with_store: Machine) -> None:
    _set(with_store)
    again = _set(with_store)
    assert "nothing to do" in again.err


def test_a_store_that_refuses_keeps_the_old_value(machine: Machine) -> None:
    _set(machine, "old", *FILE)
    (identity,) = machine.home.rglob("identity.txt")
    (sealed,) = machine.home.rglob("secrets.age")
    before = sealed.read_bytes()
    sealed.write_bytes(before[:-9])
    done = machine.run("secret", "set", NAME, "--stdin", stdin=CANARY)
    assert done.code == 5
    assert str(sealed) in done.err
    assert sealed.read_bytes() == before[:-9]
    sealed.write_bytes(before)
    assert _get(machine) == "old"
    assert identity.exists()


def test_the_first_explicit_choice_is_remembered(machine: Machine) -> None:
    _set(machine, "value", *FILE)
    (settings,) = machine.home.rglob("settings.toml")
    assert settings.read_text(encoding="utf-8") == 'secret_store = "file"\n'
    _set(machine, "other", *FILE)
    _set(machine, "third")
    assert _get(machine) == "third"


def test_another_store_than_the_remembered_one_is_warned_of(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    machine = machine_with_keyring
    _set(machine, "file's", *FILE)
    done = _set(machine, "keyring's", "--store", "keyring")
    assert "secrets are read from the encrypted file, not from the keyring" in done.err
    assert secret_service.get(NAME) == "keyring's"
    assert _get(machine) == "file's"


def test_without_a_keyring_nothing_is_chosen_for_the_user(machine: Machine) -> None:
    done = machine.run("secret", "set", NAME, "--stdin", stdin=CANARY)
    assert done.code == 5
    assert "crush-wizard secret set NAME --store file" in " ".join(done.err.split())
    assert "export the variable yourself" in " ".join(done.err.split())
    assert machine.snapshot() == {}


def test_a_locked_keyring_does_not_lead_to_another_store(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    machine = machine_with_keyring
    _set(machine, "value")
    secret_service.lock()
    done = machine.run("secret", "set", NAME, "--stdin", "--json", stdin=CANARY)
    assert done.code == 5
    assert done.json["error"]["code"] == "secret-store-locked"
    assert not list(machine.home.rglob("secrets.age"))
    _nowhere(machine.home, done.out, done.err)


def _give(process: subprocess.Popen[str], value: str) -> None:
    assert process.stdin is not None
    with process.stdin as stdin:
        stdin.write(value)


def _close(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stderr.close()


def test_two_that_set_at_once_both_succeed(with_store: Machine) -> None:
    started = [with_store.start("secret", "set", f"KEY_{number}", "--stdin") for number in range(4)]
    for number, process in enumerate(started):
        _give(process, f"value-{number}")
    assert [process.wait(timeout=60) for process in started] == [0] * 4
    assert [_get(with_store, f"KEY_{number}") for number in range(4)] == [f"value-{number}" for number in range(4)]
    for process in started:
        _close(process)


def test_the_value_is_in_no_argument_and_no_environment(with_store: Machine) -> None:
    process = with_store.start("secret", "set", NAME, "--stdin")
    canary = f"{CANARY}-{time.time_ns()}"  # tests that run beside this one hand CANARY out, too
    _give(process, canary)
    seen: set[int] = set()
    while process.poll() is None:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid() and _looked_at(entry, canary):
                seen.add(int(entry.name))
    assert process.returncode == 0
    assert process.pid in seen
    _close(process)


def _looked_at(process: Path, canary: str) -> bool:
    try:
        public = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    except OSError:
        return False
    assert canary.encode() not in public
    return True


# list


def test_names_with_store_and_use_and_never_a_value(with_store: Machine) -> None:
    entry = {"base_url": "https://x.example/v1", "api_key": f"${NAME}"}
    with_store.write_config(json.dumps({"providers": {"groq": entry, "b": {"api_key": "$MISSING_KEY"}}}, indent=2))
    _set(with_store)
    _set(with_store, "unused", name="UNUSED_KEY")
    done = with_store.run("secret", "list", "--json", env={"MISSING_KEY": ""})
    found = {one["name"]: one for one in done.json["data"]["secrets"]}
    assert set(found) == {NAME, "UNUSED_KEY", "MISSING_KEY"}
    assert found[NAME]["present"] is True
    assert found[NAME]["used_by"] == [{"provider": "groq", "path": str(with_store.config), "line": 5}]
    assert found["UNUSED_KEY"]["used_by"] == []
    assert (found["MISSING_KEY"]["store"], found["MISSING_KEY"]["present"]) == (None, False)
    human = with_store.run("secret", "list")
    assert "groq (~/.config/crush/crush.json:5)" in human.out
    _nowhere(with_store.home, done.out, done.err, human.out, human.err)


def test_a_variable_that_is_set_is_listed_as_such(machine: Machine) -> None:
    machine.write_config('{"providers": {"groq": {"api_key": "$GROQ_API_KEY"}}}')
    one = machine.run("secret", "list", "--json", env={NAME: CANARY}).json["data"]["secrets"]
    assert [(each["store"], each["present"]) for each in one] == [("environment", True)]


def test_values_kept_for_undo_are_not_listed(with_store: Machine) -> None:
    _set(with_store, "first")
    _set(with_store, "second")
    assert set(_names(with_store)) == {NAME}


def test_a_list_that_drifted_is_put_right_and_that_is_said(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    machine = machine_with_keyring
    _set(machine)
    with secret_service._collection() as collection:
        for item in collection.get_all_items():
            item.delete()
    first = machine.run("secret", "list")
    assert f"{NAME} is no longer in the keyring: removed from the list" in first.err
    assert machine.run("secret", "list", "--json").json["data"]["secrets"] == []


def test_names_in_the_age_file_that_no_list_has_are_found(machine: Machine) -> None:
    _set(machine, "value", *FILE)
    (index,) = machine.home.rglob("secrets.json")
    index.unlink()
    done = machine.run("secret", "list")
    assert f"{NAME} is in the encrypted file: added to the list" in done.err
    assert NAME in done.out


def test_a_locked_keyring_loses_no_names(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    machine = machine_with_keyring
    _set(machine)
    secret_service.restart_locked()
    assert _names(machine)[NAME]["present"] is None
    assert "can't check" in machine.run("secret", "list").err


# remove


def test_a_removed_secret_is_gone_and_undo_brings_it_back(with_store: Machine) -> None:
    _set(with_store, "value")
    unconfirmed = with_store.run("secret", "remove", NAME)
    assert (unconfirmed.code, _get(with_store)) == (3, "value")
    assert with_store.run("secret", "remove", NAME, "--yes").code == 0
    assert _get(with_store) is None
    assert _names(with_store) == {}
    assert with_store.run("undo", "--yes").code == 0
    assert _get(with_store) == "value"
    assert set(_names(with_store)) == {NAME}


def test_a_secret_that_a_provider_uses_stays_unless_forced(with_store: Machine) -> None:
    with_store.write_config('{"providers": {\n  "groq": {"api_key": "$GROQ_API_KEY"}\n}}')
    _set(with_store, "value")
    refused = with_store.run("secret", "remove", NAME, "--json")
    assert refused.code == 4
    error = refused.json["error"]
    assert error["code"] == "conflict"
    assert "used by groq (~/.config/crush/crush.json:2)" in error["message"]
    assert (error["path"], error["line"]) == (str(with_store.config), 2)
    assert "--force" in error["hint"]
    assert _get(with_store) == "value"
    assert with_store.run("secret", "remove", NAME, "--force").code == 0
    assert _get(with_store) is None


def test_removing_what_is_not_there(with_store: Machine) -> None:
    done = with_store.run("secret", "remove", NAME)
    assert done.code == 5
    assert f"{NAME} is not in the" in done.err


def test_a_dry_run_removes_nothing(with_store: Machine) -> None:
    _set(with_store, "value")
    before = with_store.snapshot()
    done = with_store.run("secret", "remove", NAME, "--dry-run", "--json")
    assert done.json["data"]["applied"] is False
    assert with_store.snapshot() == before
    assert _get(with_store) == "value"


# status


def test_a_store_that_does_not_work_is_not_called_in_use(machine: Machine) -> None:
    first = machine.run("secret", "status").out.splitlines()[1]
    assert first.split()[:4] == ["keyring", "chosen", "not", "usable"]


def test_the_status_of_each_store(with_store: Machine) -> None:
    done = with_store.run("secret", "status", "--json")
    data = done.json["data"]
    assert (done.code, done.json["ok"], data["usable"], data["locked"]) == (0, True, True, False)
    assert (data["store"], data["backend"]) in {("keyring", "Secret Service"), ("file", "age file")}
    human = with_store.run("secret", "status")
    assert human.code == 0
    lines = human.out.splitlines()
    assert "in use" in next(line for line in lines if line.startswith(data["store"]))
    assert {line.split()[0] for line in lines[1:]} == {"keyring", "file", "environment"}


def test_the_status_of_a_locked_keyring(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    secret_service.lock()
    done = machine_with_keyring.run("secret", "status", "--json")
    assert done.code == 1
    assert done.json["data"] == {
        "store": "keyring",
        "backend": "Secret Service",
        "usable": False,
        "locked": True,
        "reason": "the keyring is locked",
        "references": {"names": [], "problem": None},
    }


def test_the_status_of_a_silent_keyring(machine: Machine, silent_secret_service: dict[str, str]) -> None:
    machine.env["DBUS_SESSION_BUS_ADDRESS"] = silent_secret_service["DBUS_SESSION_BUS_ADDRESS"]
    done = machine.run("secret", "status", "--json")
    assert done.code == 1
    assert "did not answer within 5 seconds" in done.json["data"]["reason"]


def test_the_status_where_there_is_no_keyring(machine: Machine) -> None:
    done = machine.run("secret", "status")
    assert done.code == 1
    assert "DBUS_SESSION_BUS_ADDRESS is not set" in " ".join(done.out.split())
    assert "crush-wizard secret set NAME --store file" in " ".join(done.err.split())
    assert machine.snapshot() == {}


def test_the_status_of_files_that_others_can_read(machine: Machine) -> None:
    _set(machine, "value", *FILE)
    (identity,) = machine.home.rglob("identity.txt")
    identity.chmod(stat.S_IMODE(identity.stat().st_mode) | 0o044)
    done = machine.run("secret", "status", "--json")
    assert done.code == 1
    assert "other users have access" in done.json["data"]["reason"]


# help


def test_the_help_says_what_each_store_does_not_protect_against(machine: Machine) -> None:
    text = " ".join(machine.run("secret", "--help").out.split())
    assert "any program that you run can ask it for any secret" in text
    assert "whoever can read your home folder has both files, and so the secrets" in text
    assert "Every program that you start sees them" in text

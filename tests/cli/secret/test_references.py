"""Secrets that stay in a password manager: `secret set --command`, and every command that reads one."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Finished, Machine
    from tests.conftest import SecretService
    from tests.model_server import ModelServer

NAME = "GROQ_API_KEY"


class Vault:
    """A password manager of our own, which can be locked. Its file does not hold the key as it is."""

    def __init__(self, machine: Machine) -> None:
        self.folder = machine.home / "vault"
        self.folder.mkdir()
        self.program = self.folder / "vault"
        self.program.write_text(
            f"#!/bin/sh\ncd {self.folder} || exit\n"
            "[ ! -e locked ] || { echo 'vault: locked, run: vault unlock' >&2; exit 2; }\n"
            'echo "$1" >> asked\nbase64 -d < "$1" || { echo "vault: no such item" >&2; exit 1; }\n'
        )
        self.program.chmod(0o700)
        self.put("groq", CANARY)

    def put(self, item: str, value: str) -> None:
        (self.folder / item).write_bytes(base64.b64encode(value.encode()))

    def lock(self) -> None:
        (self.folder / "locked").touch()

    def command(self, item: str = "groq") -> str:
        return f"{self.program} {item}"

    @property
    def asked(self) -> list[str]:
        """The items that were asked for since the last look."""
        log = self.folder / "asked"
        asked = log.read_text().split() if log.exists() else []
        log.unlink(missing_ok=True)
        return asked


@pytest.fixture
def vault(machine: Machine) -> Vault:
    return Vault(machine)


@pytest.fixture
def referred(machine: Machine, vault: Vault) -> Machine:
    """A machine with a provider whose key is in the vault."""
    use(machine)
    done = machine.run("secret", "set", NAME, "--command", vault.command())
    assert done.code == 0, done.err
    assert vault.asked == ["groq"]
    return machine


def use(machine: Machine, base_url: str = "https://llm.example/v1", *names: str) -> None:
    entry = {"type": "openai-compat", "base_url": base_url, "models": [{"id": "m-large"}]}
    machine.write_config(
        json.dumps({"providers": {name.lower(): {**entry, "api_key": f"${name}"} for name in names or (NAME,)}})
    )


def kept(machine: Machine) -> Path:
    return machine.home / ".config" / "crush-wizard" / "references.toml"


def held_nowhere(machine: Machine, *finished: Finished) -> None:
    """No file and no stream has the key."""
    for path, (_, content) in machine.snapshot().items():
        assert CANARY.encode() not in (content or b""), path
    for done in finished:
        assert CANARY not in done.out + done.err


class TestSaving:
    def test_the_command_is_kept_and_the_key_is_not(self, machine: Machine, vault: Vault) -> None:
        done = machine.run("secret", "set", NAME, "--command", vault.command())
        assert done.code == 0, done.err
        assert "...cdef (26 characters)" in done.err
        assert f"Saved {NAME}: it comes from `{vault.command()}`" in done.err
        assert kept(machine).read_text() == f'{NAME} = "{vault.command()}"\n'
        assert stat.S_IMODE(kept(machine).stat().st_mode) == 0o600
        held_nowhere(machine, done)

    def test_one_that_fails_is_not_kept(self, machine: Machine, vault: Vault) -> None:
        vault.lock()
        done = machine.run("secret", "set", NAME, "--command", vault.command())
        assert done.code == 5
        assert "vault: locked, run: vault unlock" in done.err
        assert "--no-test" in done.err
        assert not kept(machine).exists()

    def test_it_can_be_kept_without_running_it(self, machine: Machine, vault: Vault) -> None:
        vault.lock()
        done = machine.run("secret", "set", NAME, "--command", vault.command(), "--no-test")
        assert done.code == 0, done.err
        assert vault.asked == []
        assert kept(machine).exists()

    def test_a_dry_run_runs_and_keeps_nothing(self, machine: Machine, vault: Vault) -> None:
        done = machine.run("secret", "set", NAME, "--command", vault.command(), "--dry-run")
        assert done.code == 0, done.err
        assert f'+{NAME} = "{vault.command()}"' in done.out
        assert vault.asked == []
        assert not kept(machine).exists()

    @pytest.mark.parametrize("more", [("--stdin",), ("--store", "file"), ("--file", "x"), ("--passphrase",)])
    def test_it_goes_with_no_other_source(self, machine: Machine, vault: Vault, more: tuple[str, ...]) -> None:
        done = machine.run("secret", "set", NAME, "--command", vault.command(), *more)
        assert done.code == 2
        assert not kept(machine).exists()

    def test_undo_takes_it_back(self, referred: Machine) -> None:
        assert referred.run("undo", "--yes").code == 0
        assert not kept(referred).exists()

    def test_a_key_is_in_one_place_only(self, machine_with_keyring: Machine, secret_service: SecretService) -> None:
        machine, vault = machine_with_keyring, Vault(machine_with_keyring)
        machine.run("secret", "set", NAME, "--stdin", stdin="sk-before-0123456789")
        machine.run("secret", "set", NAME, "--command", vault.command())
        assert secret_service.get(NAME) is None
        machine.run("secret", "set", NAME, "--stdin", stdin="sk-after-0123456789")
        assert secret_service.get(NAME) == "sk-after-0123456789"
        assert NAME not in kept(machine).read_text()
        assert machine.run("undo", "--yes").code == 0
        assert (secret_service.get(NAME), vault.command() in kept(machine).read_text()) == (None, True)
        assert machine.run("undo", "--yes").code == 0
        assert secret_service.get(NAME) == "sk-before-0123456789"
        assert not kept(machine).exists()

    def test_remove_takes_the_command_only(self, referred: Machine, vault: Vault) -> None:
        refused = referred.run("secret", "remove", NAME, "--yes")
        assert (refused.code, "is used by" in refused.err) == (4, True)
        done = referred.run("secret", "remove", NAME, "--force")
        assert done.code == 0, done.err
        assert f"Removed the command for {NAME}" in done.err
        assert NAME not in kept(referred).read_text()
        assert vault.asked == []


class TestReading:
    def test_get_prints_it(self, referred: Machine) -> None:
        assert referred.run("secret", "get", NAME).out == f"{CANARY}\n"

    def test_get_prints_it_the_short_way_too(self, referred: Machine) -> None:
        done = referred.run_alone("secret", "get", NAME)
        assert (done.out, done.err) == (f"{CANARY}\n", "")

    def test_run_puts_it_into_the_environment(self, referred: Machine) -> None:
        done = referred.run_alone("run", "--", "sh", "-c", f"echo ${NAME}")
        assert done.out == f"{CANARY}\n", done.err

    def test_run_asks_for_what_is_used_and_not_set(self, referred: Machine, vault: Vault) -> None:
        vault.put("other", "not-asked-for-0123456789")
        assert (
            referred.run("secret", "set", "OTHER_API_KEY", "--command", vault.command("other"), "--no-test").code == 0
        )
        done = referred.run_alone("run", "--", "sh", "-c", f"echo ${NAME}", env={NAME: "sk-set-by-hand-0123456789"})
        assert done.out == "sk-set-by-hand-0123456789\n"
        assert vault.asked == []

    def test_env_prints_lines_for_a_shell(self, referred: Machine) -> None:
        done = referred.run_alone("env", "--shell", "bash")
        assert subprocess.check_output(["bash", "-c", f'{done.out}\nprintf %s "${NAME}"'], text=True) == CANARY

    def test_a_locked_manager_ends_it_with_its_words(self, referred: Machine, vault: Vault) -> None:
        vault.lock()
        for arguments in (("run", "--", "true"), ("env",), ("secret", "get", NAME)):
            done = referred.run_alone(*arguments)
            assert done.code == 5, arguments
            assert f"{NAME}: `{vault.command()}` failed with exit code 2: vault: locked, run: vault unlock" in done.err

    def test_several_that_fail_have_a_line_each(self, referred: Machine, vault: Vault) -> None:
        use(referred, "https://llm.example/v1", NAME, "OTHER_API_KEY")
        set_ = referred.run("secret", "set", "OTHER_API_KEY", "--command", vault.command("other"), "--no-test")
        assert set_.code == 0, set_.err
        vault.lock()
        lines = referred.run_alone("run", "--", "true").err.splitlines()
        assert lines[0] == "error: 2 commands failed"
        assert [line.split(":")[0].strip() for line in lines[1:3]] == [NAME, "OTHER_API_KEY"]
        assert "needed" not in " ".join(lines)

    def test_test_sends_it(self, referred: Machine, model_server: ModelServer, vault: Vault) -> None:
        use(referred, model_server.url)
        model_server.key = CANARY
        done = referred.run("test", NAME.lower(), env={"WIZARD_OFFLINE": ""})
        assert done.code == 0, done.out + done.err
        assert vault.asked == ["groq"]
        held_nowhere(referred, done)

    def test_one_that_fails_costs_only_its_provider(
        self, referred: Machine, model_server: ModelServer, vault: Vault
    ) -> None:
        use(referred, model_server.url, NAME, "BAD_API_KEY")
        model_server.key = CANARY
        assert referred.run("secret", "set", "BAD_API_KEY", "--command", vault.command("gone"), "--no-test").code == 0
        done = referred.run("test", env={"WIZARD_OFFLINE": ""})
        assert "1 of 2 work" in done.out
        assert "vault: no such item" in done.out + done.err

    def test_a_reference_that_leads_to_itself_ends(self, machine: Machine, vault: Vault) -> None:
        use(machine)
        command = f"{vault.folder}/again"
        again = vault.folder / "again"
        again.write_text(f"#!/bin/sh\nexec {sys.executable} -m wizard secret get {NAME}\n")
        again.chmod(0o700)
        assert machine.run("secret", "set", NAME, "--command", command, "--no-test").code == 0
        done = machine.run_alone("secret", "get", NAME)
        assert done.code == 5
        assert f"the command for {NAME} asks crush-wizard for {NAME}" in done.err

    def test_a_project_has_no_references(self, machine: Machine, vault: Vault, tmp_path: Path) -> None:
        use(machine)
        project = tmp_path / "project"
        for folder in (project, project / ".crush", project / "crush-wizard"):
            folder.mkdir(exist_ok=True)
            (folder / "references.toml").write_text(f'{NAME} = "{vault.command()}"\n')
        done = machine.run_alone("run", "--", "sh", "-c", f"echo [${NAME}]", cwd=project)
        assert done.out == "[]\n"
        assert vault.asked == []


class TestLooking:
    """What commands tell of references, and none of them is run for it."""

    def test_list_and_show_name_who_has_the_key(self, referred: Machine, vault: Vault) -> None:
        assert f"{NAME} (vault)" in referred.run("list").out
        assert f"{NAME} (vault)" in referred.run("show", NAME.lower()).out
        providers = {entry["id"]: entry for entry in referred.run("list", "--json").json["data"]["providers"]}
        assert providers[NAME.lower()]["key"] == {"kind": "placeholder", "name": NAME, "found": "reference"}
        assert vault.asked == []

    @pytest.mark.parametrize("line", ["cd x && ./print", '"$HOME/x" y', "sh x"])
    def test_a_line_for_a_shell_is_a_command(self, referred: Machine, line: str) -> None:
        assert referred.run("secret", "set", NAME, "--command", line, "--no-test").code == 0
        assert f"{NAME} (command)" in referred.run("list").out

    def test_status_counts_them(self, referred: Machine, vault: Vault) -> None:
        assert "1 secret: vault" in referred.run("secret", "status").out
        told = referred.run("secret", "status", "--json").json["data"]["references"]
        assert told == {"names": [NAME], "problem": None}
        assert vault.asked == []

    def test_paths_has_their_file(self, referred: Machine) -> None:
        assert referred.run("paths", "--json").json["data"]["own"]["references"] == str(kept(referred))

    @pytest.mark.parametrize("damage", ["others", "no-toml", "no-utf-8"])
    def test_a_file_that_can_not_be_read_stops_no_look(self, referred: Machine, damage: str) -> None:
        if damage == "others":
            kept(referred).chmod(0o666)
        else:
            kept(referred).write_bytes({"no-toml": b"x = [", "no-utf-8": b'A = "\xff"'}[damage])
        for arguments in (("list",), ("show", NAME.lower()), ("secret", "list"), ("undo", "--list"), ("paths",)):
            done = referred.run(*arguments)
            assert done.code in (0, 1), (arguments, done.err)
            assert "error:" not in done.err, (arguments, done.err)
        assert "references.toml" in referred.run("list").err
        assert "references.toml" in referred.run("secret", "status").out
        findings = referred.run("doctor", "--json").json["data"]["findings"]
        assert [finding["path"] for finding in findings if finding["code"] == "P4"] == [str(kept(referred))]

    def test_of_a_profile_as_well(self, referred: Machine) -> None:
        assert referred.run("profile", "create", "work", "--copy", "--yes").code == 0
        own = kept(referred).parent / "profiles" / "work" / "references.toml"
        own.write_text("x = [")
        for arguments in (("list",), ("doctor",), ("profile", "show", "work"), ("profile", "list")):
            done = referred.run("--profile", "work", *arguments)
            assert "error:" not in done.err, (arguments, done.err)


class TestDoctor:
    def codes(self, machine: Machine, **options: object) -> list[str]:
        findings = machine.run("doctor", "--json", **options).json["data"]["findings"]  # type: ignore[arg-type]
        return [finding["code"] for finding in findings if finding["code"].startswith("S")]

    def test_all_is_well(self, referred: Machine, vault: Vault) -> None:
        assert self.codes(referred) == []
        assert vault.asked == []

    @pytest.mark.parametrize("line", ["no-such-manager read it", "X=1 no-such-manager", "~/no-such-manager x"])
    def test_a_program_that_is_not_there(self, referred: Machine, line: str) -> None:
        assert referred.run("secret", "set", NAME, "--command", line, "--no-test").code == 0
        assert self.codes(referred) == ["S6"]

    def test_a_value_and_a_command(self, machine_with_keyring: Machine) -> None:
        machine, vault = machine_with_keyring, Vault(machine_with_keyring)
        use(machine)
        assert machine.run("secret", "set", NAME, "--stdin", stdin="sk-stored-0123456789").code == 0
        kept(machine).parent.mkdir(exist_ok=True)
        kept(machine).write_text(f'{NAME} = "{vault.command()}"\n')
        kept(machine).chmod(0o600)
        assert self.codes(machine) == ["S7"]

    def test_one_that_no_provider_uses(self, referred: Machine, vault: Vault) -> None:
        assert referred.run("secret", "set", "B_API_KEY", "--command", vault.command(), "--no-test").code == 0
        findings = referred.run("doctor", "--json").json["data"]["findings"]
        (found,) = (finding for finding in findings if finding["code"] == "S8")
        assert (found["severity"], found["path"], found["line"]) == ("info", str(kept(referred)), 2)

    def test_endpoints_are_tested_with_it(self, referred: Machine, model_server: ModelServer, vault: Vault) -> None:
        use(referred, model_server.url)
        model_server.key = CANARY
        done = referred.run("doctor", "--json", env={"WIZARD_OFFLINE": ""})
        assert not {"E1", "S9"} & {finding["code"] for finding in done.json["data"]["findings"]}
        assert vault.asked == ["groq"]
        held_nowhere(referred, done)

    def test_a_locked_one_is_told(self, referred: Machine, model_server: ModelServer, vault: Vault) -> None:
        use(referred, model_server.url)
        vault.lock()
        done = referred.run("doctor", env={"WIZARD_OFFLINE": ""})
        assert f"error S9 {NAME}: `{vault.command()}` failed with exit code 2: vault: locked" in done.out


class TestShowing:
    def test_list_shows_the_command_and_runs_nothing(self, referred: Machine, vault: Vault) -> None:
        done = referred.run("secret", "list", "--json")
        (row,) = done.json["data"]["secrets"]
        assert (row["name"], row["store"], row["command"], row["present"]) == (NAME, "reference", vault.command(), None)
        assert vault.command() in referred.run("secret", "list").out
        assert vault.asked == []

    def test_a_provider_with_one_is_ready(self, referred: Machine, vault: Vault) -> None:
        providers = {entry["id"]: entry for entry in referred.run("list", "--json").json["data"]["providers"]}
        assert providers[NAME.lower()]["status"] == "ready"
        assert vault.asked == []

    def test_a_profile_has_its_own(self, referred: Machine, vault: Vault) -> None:
        vault.put("work", "sk-of-work-0123456789")
        assert referred.run("profile", "create", "work", "--copy", "--yes").code == 0
        done = referred.run("--profile", "work", "secret", "set", NAME, "--command", vault.command("work"))
        assert done.code == 0, done.err
        assert referred.run("--profile", "work", "secret", "get", NAME).out == "sk-of-work-0123456789\n"
        assert referred.run("secret", "get", NAME).out == f"{CANARY}\n"
        assert referred.run("--profile", "work", "secret", "remove", NAME, "--force").code == 0
        assert referred.run("--profile", "work", "secret", "get", NAME).out == f"{CANARY}\n"

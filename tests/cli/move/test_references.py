"""Profiles with commands that print secrets: told, agreed to, and never run on the way."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from tests.cli.secret.test_references import NAME, Vault, held_nowhere, kept, use

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

ENTRY = """
[providers.work]
type = "openai-compat"
base_url = "https://llm.example/v1"
api_key = "$GROQ_API_KEY"
models = [{ id = "m-large" }]
"""


@pytest.fixture
def vault(machine: Machine) -> Vault:
    return Vault(machine)


def profile(machine: Machine, line: str, entry: str = ENTRY) -> str:
    """The path of one whose key a command prints."""
    path = machine.home / "team.toml"
    path.write_text(f"profile = 1\nsecrets = ['{NAME}']\n[references]\n{NAME} = '{line}'\n{entry}")
    return str(path)


class TestExport:
    @pytest.fixture
    def referred(self, machine: Machine, vault: Vault) -> Machine:
        use(machine)
        assert machine.run("secret", "set", NAME, "--command", vault.command(), "--no-test").code == 0
        return machine

    def test_the_command_goes_along_and_is_not_run(self, referred: Machine, vault: Vault) -> None:
        done = referred.run("export")
        assert tomllib.loads(done.out)["references"] == {NAME: vault.command()}
        assert f"{NAME} is exported as a command" in done.err
        assert "secrets it needs there" not in done.err
        assert vault.asked == []
        data = referred.run("export", "--json").json["data"]
        assert data["references"] == {NAME: vault.command()}

    def test_without_it(self, referred: Machine) -> None:
        done = referred.run("export", "--skip-references")
        assert "references" not in tomllib.loads(done.out)
        assert f"secrets it needs there: {NAME}" in done.err

    def test_a_sealed_profile_has_the_command_as_well(self, referred: Machine, vault: Vault) -> None:
        words = referred.home / "words"
        words.write_text("a long passphrase\n")
        done = referred.run("export", "team.age", "--with-secrets", "--passphrase-file", str(words))
        assert done.code == 0, done.err
        assert vault.asked == []
        held_nowhere(referred, done)
        use(referred, "https://llm.example/v1")
        referred.run("secret", "remove", NAME, "--force")
        taken = referred.run("import", "team.age", "--passphrase-file", str(words), "--yes", "--allow-commands")
        assert taken.code == 0, taken.err
        assert vault.command() in kept(referred).read_text()

    def test_sealed_with_its_value_if_that_is_wanted(self, referred: Machine, vault: Vault) -> None:
        words = referred.home / "words"
        words.write_text("a long passphrase\n")
        flags = ("--with-secrets", "--skip-references", "--passphrase-file", str(words), "--json")
        done = referred.run("export", "team.age", *flags)
        assert done.json["data"]["secrets"] == [{"name": NAME, "included": True}]
        assert vault.asked == ["groq"]
        held_nowhere(referred, done)


class TestImport:
    def test_it_needs_consent(self, machine: Machine, vault: Vault) -> None:
        file = profile(machine, vault.command())
        before = machine.snapshot()
        done = machine.run("import", file, "--yes")
        assert done.code == 4
        assert f"{NAME}: crush-wizard would run this command for it: {vault.command()}" in done.err
        assert "--allow-commands" in done.err
        assert {path for path in machine.snapshot() if path not in before} == set()
        assert vault.asked == []

    def test_and_with_it_the_command_is_kept_and_not_run(self, machine: Machine, vault: Vault) -> None:
        file = profile(machine, vault.command())
        done = machine.run("import", file, "--yes", "--allow-commands")
        assert done.code == 0, done.err
        assert f"Saved {NAME}: it comes from `{vault.command()}`" in done.err
        assert "has no value yet" not in done.err
        assert kept(machine).read_text() == f'{NAME} = "{vault.command()}"\n'
        assert vault.asked == []
        assert f"{NAME} (vault)" in machine.run("list").out
        assert "nothing to do" in machine.run("import", file, "--yes").err
        assert machine.run("undo", "--yes").code == 0
        assert not kept(machine).exists()

    def test_check_tells_it(self, machine: Machine, vault: Vault) -> None:
        done = machine.run("import", profile(machine, vault.command()), "--check")
        assert (done.code, vault.command() in done.err) == (1, True)
        assert not kept(machine).exists()

    def test_without_secrets_it_stays_out(self, machine: Machine, vault: Vault) -> None:
        done = machine.run("import", profile(machine, vault.command()), "--yes", "--skip-secrets")
        assert done.code == 0, done.err
        assert not kept(machine).exists()

    def test_what_no_provider_needs_stays_out(self, machine: Machine, vault: Vault) -> None:
        file = profile(machine, vault.command(), ENTRY.replace("$GROQ_API_KEY", "$OTHER_API_KEY"))
        assert machine.run("import", file, "--yes").code == 0
        assert not kept(machine).exists()

    def test_another_command_here_is_a_conflict(self, machine: Machine, vault: Vault) -> None:
        assert machine.run("secret", "set", NAME, "--command", "pass show mine", "--no-test").code == 0
        file = profile(machine, vault.command())
        refused = machine.run("import", file, "--yes", "--allow-commands")
        assert (refused.code, f"{NAME} is different on this machine" in refused.err) == (4, True)
        assert machine.run("import", file, "--yes", "--allow-commands", "--on-conflict", "keep").code == 0
        assert "pass show mine" in kept(machine).read_text()
        assert machine.run("import", file, "--yes", "--allow-commands", "--on-conflict", "replace").code == 0
        assert vault.command() in kept(machine).read_text()

    def test_it_takes_the_place_of_a_value(self, machine_with_keyring: Machine, secret_service: SecretService) -> None:
        machine, vault = machine_with_keyring, Vault(machine_with_keyring)
        machine.run("secret", "set", NAME, "--stdin", stdin="sk-before-0123456789")
        flags = ("--yes", "--allow-commands", "--on-conflict", "replace")
        done = machine.run("import", profile(machine, vault.command()), *flags)
        assert done.code == 0, done.err
        assert secret_service.get(NAME) is None
        assert machine.run("undo", "--yes").code == 0
        assert secret_service.get(NAME) == "sk-before-0123456789"

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            (f"echo {CANARY}", "plain-text key"),
            ("op read x\\u001b[8m", "character"),
            (" ", "a command line"),
        ],
    )
    def test_what_is_none_is_refused_with_its_place(self, machine: Machine, line: str, said: str) -> None:
        path = machine.home / "team.toml"
        path.write_text(f'profile = 1\n[references]\n{NAME} = "{line}"\n{ENTRY}')
        done = machine.run("import", str(path), "--yes", "--allow-commands")
        assert (done.code, said in done.err, "team.toml:3" in done.err) == (4, True, True), done.err
        assert not kept(machine).exists()

    def test_a_named_profile_gets_its_own(self, machine: Machine, vault: Vault) -> None:
        file = profile(machine, vault.command())
        assert machine.run("profile", "create", "work", "--from", file, "--yes").code == 4
        done = machine.run("profile", "create", "work", "--from", file, "--yes", "--allow-commands")
        assert done.code == 0, done.err
        assert vault.asked == []
        own = kept(machine).parent / "profiles" / "work" / "references.toml"
        assert vault.command() in own.read_text()
        assert not kept(machine).exists()
        assert machine.run("--profile", "work", "secret", "get", NAME).code == 0


def test_the_folder_of_a_project_is_no_source(machine: Machine, vault: Vault, tmp_path: Path) -> None:
    """A profile that lies in a project runs nothing, and neither does what exports it."""
    (tmp_path / "team.toml").write_text(f"profile = 1\n[references]\n{NAME} = '{vault.command()}'\n{ENTRY}")
    for arguments in (("list",), ("doctor",), ("export",), ("import", "team.toml", "--check")):
        machine.run_alone(*arguments, cwd=tmp_path)
    assert vault.asked == []

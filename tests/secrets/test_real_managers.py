"""The table against the real programs: what they print, and how they say that they don't."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY
from wizard.flow.manager import command
from wizard.secrets.reference.items import items
from wizard.secrets.reference.known import managers
from wizard.secrets.reference.running import ReferenceFailed, run_all, values_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

    from tests.conftest import SecretService

PASSPHRASE = "a long master password"


def need(require_real: Callable[[str], NoReturn], *programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            require_real(f"{program} is not installed")


def need_manager(program: str) -> None:
    """One that nothing installs for the tests."""
    if shutil.which(program) is None:
        pytest.skip(f"needs a real password manager: {program}")


def read(name: str, item: str, env: dict[str, str], **fields: str) -> str:
    line = command(managers()[0][name], item, fields)
    return values_of(run_all({"A_KEY": line}, asks=False, say=print, environ=env))["A_KEY"]


def listed(name: str, env: dict[str, str], **fields: str) -> list[str]:
    return [item.value for item in items(managers()[0][name], fields, asks=False, say=print, environ=env)]


def refusal(name: str, item: str, env: dict[str, str], **fields: str) -> tuple[str, str]:
    with pytest.raises(ReferenceFailed) as failed:
        read(name, item, env, **fields)
    assert CANARY not in failed.value.message
    return failed.value.message, failed.value.hint


@pytest.fixture
def env(tmp_path: Path, short_folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for variable in ("XDG_CONFIG_HOME", "WIZARD_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}


@pytest.fixture
def gpg(env: dict[str, str], short_folder: Path, require_real: Callable[[str], NoReturn]) -> Iterator[dict[str, str]]:
    """A throw-away key without a passphrase; its agent ends with the test."""
    need(require_real, "gpg", "pass")
    around = {**env, "GNUPGHOME": str(short_folder)}
    make = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "me@example.com", "rsa2048", "encr"]
    subprocess.run([*make, "never"], env=around, check=True, capture_output=True)
    yield around
    subprocess.run(["gpgconf", "--kill", "all"], env=around, check=False)


class TestPass:
    @pytest.fixture
    def store(self, gpg: dict[str, str]) -> dict[str, str]:
        subprocess.run(["pass", "init", "me@example.com"], env=gpg, check=True, capture_output=True)
        text = f"{CANARY}\nuser: me\n"
        insert = ["pass", "insert", "--multiline", "ai/groq key"]
        subprocess.run(insert, env=gpg, input=text, text=True, check=True, capture_output=True)
        return gpg

    def test_the_first_line_is_the_key(self, store: dict[str, str]) -> None:
        assert read("pass", "ai/groq key", store) == CANARY

    def test_an_item_that_is_not_there(self, store: dict[str, str]) -> None:
        message, hint = refusal("pass", "gone", store)
        assert "gone is not in the password store" in message
        assert hint == "pass does not have this item; to see them: pass ls"

    def test_its_items_are_listed(self, store: dict[str, str]) -> None:
        assert listed("pass", store) == ["ai/groq key"]

    def test_a_key_that_gpg_does_not_have(self, store: dict[str, str], tmp_path: Path) -> None:
        elsewhere = tmp_path / "other"
        elsewhere.mkdir(mode=0o700)
        message, hint = refusal("pass", "ai/groq key", {**store, "GNUPGHOME": str(elsewhere)})
        assert "No secret key" in message
        assert hint.startswith("to unlock pass: export GPG_TTY=$(tty), then pass show NAME")


class TestGopass:
    @pytest.fixture
    def store(self, gpg: dict[str, str]) -> dict[str, str]:
        need_manager("gopass")
        around = {**gpg, **{f"GIT_{who}_{what}": "me@example.com" for who in WRITERS for what in ("NAME", "EMAIL")}}
        gopass(around, "init", "--crypto", "gpgcli", "--storage", "fs", "me@example.com")
        gopass(around, "insert", "--multiline", "--", "-ai/groq key", typed=f"{CANARY}\nuser: me\n")
        return around

    def test_what_is_kept(self, store: dict[str, str]) -> None:
        assert listed("gopass", store) == ["-ai/groq key"]
        assert read("gopass", "-ai/groq key", store) == CANARY

    def test_what_is_not(self, store: dict[str, str], tmp_path: Path) -> None:
        message, hint = refusal("gopass", "gone", store)
        assert "entry is not in the password store" in message
        assert hint == "gopass does not have this item; to see them: gopass list"
        message, hint = refusal("gopass", "gone", {**store, "HOME": str(tmp_path / "nobodys")})
        assert hint == "to sign in to gopass: gopass setup"


WRITERS = ("AUTHOR", "COMMITTER")


def gopass(around: dict[str, str], *arguments: str, typed: str = "") -> None:
    subprocess.run(["gopass", *arguments], env=around, input=typed, text=True, check=True, capture_output=True)


class TestOpenBao:
    @pytest.fixture
    def server(self, env: dict[str, str]) -> Iterator[dict[str, str]]:
        """A vault in memory that has one secret."""
        need_manager("bao")
        address = f"127.0.0.1:{_free_port()}"
        serve = ["bao", "server", "-dev", "-dev-root-token-id=root", "-dev-no-store-token"]
        around = {**env, "BAO_ADDR": f"http://{address}", "BAO_TOKEN": "root"}
        with subprocess.Popen(
            [*serve, f"-dev-listen-address={address}"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                while bao(around, "status", check=False):
                    assert process.poll() is None
                    time.sleep(0.1)
                yield around
            finally:
                process.kill()

    def test_it_is_read_listed_and_refused(self, server: dict[str, str]) -> None:
        assert listed("openbao", server) == []
        bao(server, "kv", "put", "-mount=secret", "ai/groq", f"key={CANARY}")
        bao(server, "kv", "put", "-mount=secret", "groq", f"key={CANARY}")
        assert listed("openbao", server) == ["groq"]
        assert read("openbao", "ai/groq", server) == CANARY
        for item, fields in (("gone", {}), ("groq", {"key": "gone"}), ("groq", {"mount": "gone"})):
            assert refusal("openbao", item, server, **fields)[1].startswith("OpenBao does not have this item")
        signed_out = {**server, "BAO_TOKEN": "gone"}
        assert refusal("openbao", "groq", signed_out)[1] == "to sign in to OpenBao: bao login"
        bao(server, "operator", "seal")
        message, hint = refusal("openbao", "groq", server)
        assert ("Vault is sealed" in message, hint) == (True, "to unlock OpenBao: bao operator unseal")


def bao(around: dict[str, str], *arguments: str, check: bool = True) -> int:
    return subprocess.run(["bao", *arguments], env=around, check=check, capture_output=True).returncode


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class TestKeePassXC:
    @pytest.fixture
    def database(self, env: dict[str, str], tmp_path: Path, require_real: Callable[[str], NoReturn]) -> Path:
        need(require_real, "keepassxc-cli")
        path = tmp_path / "My passwords.kdbx"

        def keepassxc(*arguments: str, typed: str = "") -> None:
            made = subprocess.run(
                ["keepassxc-cli", *arguments], env=env, input=typed, text=True, check=True, capture_output=True
            )
            assert CANARY not in made.stdout

        keepassxc("db-create", "-p", str(path), typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
        keepassxc("add", "-p", str(path), "Groq key", typed=f"{PASSPHRASE}\n{CANARY}\n")
        return path

    def test_it_wants_its_password(self, database: Path, env: dict[str, str]) -> None:
        message, hint = refusal("keepassxc", "Groq key", env, database=str(database))
        assert "Invalid credentials" in message
        assert hint == "to unlock KeePassXC: keepassxc-cli open DATABASE"

    def test_a_list_of_a_locked_one_is_told(self, database: Path, env: dict[str, str]) -> None:
        with pytest.raises(ReferenceFailed, match="Invalid credentials") as failed:
            listed("keepassxc", env, database=str(database))
        assert failed.value.hint == "to unlock KeePassXC: keepassxc-cli open DATABASE"

    def test_a_database_that_is_not_there(self, database: Path, env: dict[str, str]) -> None:
        message, hint = refusal("keepassxc", "Groq key", env, database="~/gone.kdbx")
        assert f"{env['HOME']}/gone.kdbx" in message
        assert hint.startswith("to see it: keepassxc-cli show ")

    def test_what_is_typed_unlocks_it(self, database: Path, env: dict[str, str]) -> None:
        fields = {"database": str(database)}
        line = command(managers()[0]["keepassxc"], "Groq key", fields)
        asked = subprocess.run(
            ["sh", "-c", line], env=env, input=f"{PASSPHRASE}\n", text=True, check=True, capture_output=True
        )
        assert asked.stdout == f"{CANARY}\n"


class TestSecretTool:
    @pytest.fixture
    def stored(self, secret_service: SecretService, require_real: Callable[[str], NoReturn]) -> SecretService:
        need(require_real, "secret-tool")
        store = ["secret-tool", "store", "--label=Groq", "service", "groq key"]
        subprocess.run(store, env=secret_service.env, input=CANARY, text=True, check=True)
        return secret_service

    def test_attributes_are_words(self, stored: SecretService) -> None:
        assert read("secret-tool", "service 'groq key'", stored.env) == CANARY

    def test_an_item_that_is_not_there(self, stored: SecretService) -> None:
        message, hint = refusal("secret-tool", "service gone", stored.env)
        assert "failed with exit code 1" in message
        assert hint.startswith("Secret Service does not have this item")

    def test_a_session_without_one(self, stored: SecretService) -> None:
        around = {**stored.env, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
        message, hint = refusal("secret-tool", "service groq", around)
        assert "Could not connect" in message
        assert hint.startswith("to sign in to Secret Service: ")


@pytest.mark.parametrize(
    ("name", "fields", "said", "told"),
    [
        ("aws-secrets-manager", {"region": "eu-west-1"}, "Unable to locate credentials", "to sign in to AWS Secrets"),
        ("aws-ssm", {"region": "eu-west-1"}, "Unable to locate credentials", "to sign in to AWS Systems"),
        ("google-secret-manager", {"project": "p"}, "active account", "to sign in to Google Secret Manager: gcloud"),
        ("bitwarden", {}, "You are not logged in.", "to sign in to Bitwarden: bw login"),
        ("rbw", {}, "failed to load config", "to sign in to Bitwarden: rbw config set email EMAIL, then rbw login"),
        ("azure-key-vault", {"vault": "v"}, "Please run 'az login'", "to sign in to Azure Key Vault: az login"),
        ("doppler", {"project": "p", "config": "dev"}, "you must provide a token", "to sign in to Doppler: doppler"),
    ],
)
def test_one_that_nobody_has_signed_in_to(
    env: dict[str, str], name: str, fields: dict[str, str], said: str, told: str
) -> None:
    need_manager(managers()[0][name].program)
    around = {**env, "AWS_EC2_METADATA_DISABLED": "true", "CLOUDSDK_CONFIG": f"{env['HOME']}/gcloud"}
    message, hint = refusal(name, "groq", {**around, "BITWARDENCLI_APPDATA_DIR": f"{env['HOME']}/bw"}, **fields)
    assert said in message
    assert hint.startswith(told)

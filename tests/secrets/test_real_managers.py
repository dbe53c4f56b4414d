"""The table against the real programs: what they print, and how they say that they don't."""

from __future__ import annotations

import os
import shutil
import subprocess
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
        assert hint.startswith("to sign in to pass: ")


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
        assert hint.startswith("KeePassXC does not have this item")

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
    ],
)
def test_one_that_nobody_has_signed_in_to(
    env: dict[str, str], name: str, fields: dict[str, str], said: str, told: str
) -> None:
    if shutil.which(managers()[0][name].program) is None:
        pytest.skip(f"needs a real password manager: {managers()[0][name].program}")
    around = {**env, "AWS_EC2_METADATA_DISABLED": "true", "CLOUDSDK_CONFIG": f"{env['HOME']}/gcloud"}
    message, hint = refusal(name, "groq", {**around, "BITWARDENCLI_APPDATA_DIR": f"{env['HOME']}/bw"}, **fields)
    assert said in message
    assert hint.startswith(told)

"""Encrypted profiles, with the real `age` at the other end."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from tests import age_files
from wizard.errors import UsageError
from wizard.transfer import sealing
from wizard.transfer.sealing import Unopened

TEXT = 'profile = 1\n[values]\nKEY = "ü-secret"\n'


@pytest.fixture
def age(require_real: Callable[[str], NoReturn]) -> str:
    return shutil.which("age") or require_real("age is not installed")


@pytest.fixture
def identity(age: str, tmp_path: Path) -> tuple[Path, str]:
    """An identity file of age-keygen, and its public key."""
    path = tmp_path / "id.txt"
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    key = subprocess.run(["age-keygen", "-y", path], check=True, capture_output=True, text=True).stdout.strip()
    return path, key


@pytest.mark.any_python
def test_age_opens_what_is_sealed_for_a_key(age: str, identity: tuple[Path, str]) -> None:
    path, key = identity
    sealed = sealing.seal_for(TEXT, [key])
    assert "secret" not in sealed
    opened = subprocess.run([age, "-d", "-i", path], input=sealed.encode(), capture_output=True, check=True)
    assert opened.stdout.decode() == TEXT


@pytest.mark.any_python
@pytest.mark.parametrize("armor", [("-a",), ()])
def test_what_age_seals_is_opened(age: str, identity: tuple[Path, str], armor: tuple[str, ...]) -> None:
    path, key = identity
    sealed = subprocess.run([age, "-r", key, *armor], input=TEXT.encode(), capture_output=True, check=True).stdout
    assert sealing.is_sealed(sealed)
    assert not sealing.wants_passphrase(sealed)
    assert sealing.open_with_identity(sealed, path.read_bytes()).decode() == TEXT


@pytest.mark.any_python
def test_ssh_keys_open_what_is_sealed_for_them(age: str, tmp_path: Path) -> None:
    key = tmp_path / "key"
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    sealed = sealing.seal_for(TEXT, [key.with_suffix(".pub").read_text()])
    opened = subprocess.run([age, "-d", "-i", key], input=sealed.encode(), capture_output=True, check=True)
    assert opened.stdout.decode() == TEXT
    assert sealing.open_with_identity(sealed.encode(), key.read_bytes()).decode() == TEXT


def test_a_passphrase_opens_what_it_sealed_and_nothing_else_does() -> None:
    sealed = sealing.seal_with_passphrase(TEXT, "correct horse").encode()
    assert sealing.is_sealed(sealed)
    assert sealing.wants_passphrase(sealed)
    assert sealing.open_with_passphrase(sealed, "correct horse").decode() == TEXT
    sealed = age_files.sealed(TEXT, "correct horse").encode()
    with pytest.raises(Unopened):
        sealing.open_with_passphrase(sealed, "wrong")
    with pytest.raises(Unopened):
        sealing.open_with_passphrase(sealed[: len(sealed) // 2], "correct horse")


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-60], lambda raw: raw[:200], lambda raw: raw[:-90] + b"AAAA" + raw[-86:]]
)
def test_damage_is_found(identity: tuple[Path, str], damage: Callable[[bytes], bytes]) -> None:
    path, key = identity
    damaged = damage(sealing.seal_for(TEXT * 20, [key]).encode())
    with pytest.raises(Unopened):
        sealing.open_with_identity(damaged, path.read_bytes())


@pytest.mark.parametrize("armored", [True, False])
@pytest.mark.parametrize(
    "header", [b"", b"age-encryption.org/v1\n", b"age-encryption.org/v1\n-> ", b"age-encryption.org/v9\n-> X25519 a\n"]
)
def test_a_damaged_header_is_none_for_a_key(header: bytes, armored: bool) -> None:
    sealed = header + b"\0" * 200
    if armored:
        sealed = b"-----BEGIN AGE ENCRYPTED FILE-----\n" + base64.encodebytes(sealed)
    with pytest.raises(Unopened, match="header of this encrypted file is damaged"):
        sealing.wants_passphrase(sealed)


def test_a_kind_of_key_that_is_not_known_is_named() -> None:
    with pytest.raises(Unopened, match=r"unknown kind of key \(piv-p256\)"):
        sealing.wants_passphrase(b"age-encryption.org/v1\n-> piv-p256 abc def\nghi\n--- mac\n")


def test_what_else_a_header_may_hold_is_passed_over() -> None:
    assert not sealing.wants_passphrase(b"age-encryption.org/v1\n-> x-grease\nabc\n-> X25519 def\nghi\n--- mac\n")


@pytest.mark.parametrize("key", ["", "age1nonsense", "ssh-ed25519 AAAA", "ssh-dss AAAA x", "ä" * 100])
def test_what_is_no_public_key_is_refused(key: str) -> None:
    with pytest.raises(UsageError, match="--recipient"):
        sealing.seal_for(TEXT, [key])
    with pytest.raises(UsageError, match="--recipient"):
        sealing.check_recipients([key])


@pytest.mark.parametrize("prefix", ["AGE-SECRET-KEY-1", " age-secret-key-1"])
def test_a_private_key_in_the_place_of_a_public_one_is_not_repeated(prefix: str) -> None:
    with pytest.raises(UsageError, match="private key") as refused:
        sealing.seal_for(TEXT, [f"{prefix}QQQQQQQQQQQQ"])
    assert "QQQ" not in str(refused.value)


@pytest.mark.parametrize("identity_file", [b"", b"# nothing", b"\xff\xfe", b"-----BEGIN OPENSSH PRIVATE KEY-----\nx"])
def test_what_is_no_identity_is_refused(identity: tuple[Path, str], identity_file: bytes) -> None:
    sealed = sealing.seal_for(TEXT, [identity[1]]).encode()
    with pytest.raises(UsageError, match="--identity"):
        sealing.open_with_identity(sealed, identity_file)

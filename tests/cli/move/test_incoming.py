"""What `import` reads: profiles from files and pipes, odd ones among them, and what it says about them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

OPEN = f"""profile = 1
[providers.work]
base_url = "https://llm.work.example/v1"
api_key = "$WORK_API_KEY"
models = [{{id = "w-1"}}]
[values]
WORK_API_KEY = "{CANARY}"
"""
STORE = ("--secret-store", "file")


def _given(machine: Machine, text: str, encoding: str = "utf-8") -> str:
    path: Path = machine.home / "given.toml"
    path.write_text(text, encoding=encoding)
    return str(path)


def test_a_file_with_open_keys_is_said(machine: Machine) -> None:
    done = machine.run("import", _given(machine, OPEN), "--yes", *STORE)
    assert done.code == 0, done.err
    assert "given.toml contains plain-text keys" in done.err
    assert "--with-secrets" in done.err
    assert CANARY not in done.out + done.err


def test_open_keys_in_a_pipe_are_nobodys_file(machine: Machine) -> None:
    done = machine.run("import", "-", "--yes", *STORE, stdin=OPEN)
    assert done.code == 0, done.err
    assert "plain text" not in done.err


def test_a_sealed_file_holds_no_open_keys(machine: Machine, quick_seal: None) -> None:
    assert machine.run("import", _given(machine, OPEN), "--yes", *STORE).code == 0
    (machine.home / "pw").write_text("correct horse", encoding="utf-8")
    sealed = ("all.age", "--passphrase-file", "pw")
    assert machine.run("export", *sealed, "--with-secrets").code == 0
    done = machine.run("import", *sealed, "--check")
    assert done.code == 0, done.err
    assert "plain text" not in done.err


def test_a_profile_may_begin_with_a_mark(machine: Machine) -> None:
    done = machine.run("import", _given(machine, OPEN, "utf-8-sig"), "--yes", *STORE)
    assert done.code == 0, done.err
    assert list(machine.entries) == ["work"]


@pytest.mark.parametrize("provider", ["a.b", "*", "Work", "ü"])
def test_an_odd_id_is_said(machine: Machine, provider: str) -> None:
    done = machine.run("import", _given(machine, OPEN.replace("providers.work", f"providers.'{provider}'")), "--check")
    assert done.code == 1, done.err
    assert f"`{provider}`: an id has lower-case letters, digits, - and _" in " ".join(done.err.split())


def test_an_id_that_damages_crushs_file_is_refused(machine: Machine) -> None:
    done = machine.run("import", _given(machine, OPEN.replace("providers.work", "providers.5")), "--yes", *STORE)
    assert done.code == 4
    assert not machine.config.exists()


def test_without_a_store_the_secrets_can_be_left_out(machine: Machine) -> None:
    given = _given(machine, OPEN)
    refused = machine.run("import", given, "--yes", "--json")
    assert refused.code == 5
    hint = refused.json["error"]["hint"]
    assert "--skip-secrets" in hint
    assert "in an encrypted file (--store file)" in hint
    assert "--secret-store" not in refused.json["error"]["hint"]
    assert machine.run("import", given, "--yes", "--skip-secrets").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no process substitution")
def test_a_pipe_by_its_name_is_pointed_to_the_dash(machine: Machine) -> None:
    given = _given(machine, OPEN)
    command = f"exec '{sys.executable}' -m wizard import /dev/fd/3 --yes 3< <(cat '{given}')"
    done = subprocess.run(
        ["bash", "-c", command], cwd=machine.home, env=machine.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert "crush-wizard import -" in " ".join(done.stderr.split())
    assert "--file" not in done.stderr


@pytest.mark.parametrize("key", [(), ("--identity", "id.txt"), ("--passphrase-file", "pw")])
def test_a_damaged_header_asks_for_no_key(machine: Machine, key: tuple[str, ...]) -> None:
    (machine.home / "all.age").write_bytes(b"age-encryption.org/v1\n>> scrypt abc 18\nghi\n--- mac\n")
    done = machine.run("import", "all.age", "--yes", "--json", *key)
    assert (done.code, done.json["error"]["code"]) == (4, "not-decrypted")
    assert "header of this encrypted file is damaged" in done.json["error"]["message"]


def test_the_help_shows_that_no_file_is_needed(machine: Machine) -> None:
    assert "import [OPTIONS] [FILE|-]" in machine.run("import", "--help").out

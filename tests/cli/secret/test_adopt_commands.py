"""`secret adopt --commands`: a command in one's own config becomes the command of a secret, and is not run for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.secret.test_references import Vault, kept

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine

ADOPT = ("secret", "adopt", "--commands", "--yes")


@pytest.fixture
def vault(machine: Machine) -> Vault:
    return Vault(machine)


def config(key: str, *, header: str = "search") -> str:
    """A file that nobody has formatted."""
    return (
        '{"providers": {  "groq": {"name":"Groq",\n\t"api_key": ' + json.dumps(key) + " },\n"
        '  "mine":{"type":"openai-compat","base_url":"https://llm.example/v1",\n'
        '   "extra_headers": {"X-Team": ' + json.dumps(header) + '}, "models":[{"id":"m"}]}}}\n'
    )


def has(machine: Machine, text: str) -> Path:
    machine.write_config(text)
    return machine.home / ".config" / "crush" / "crush.json"


@pytest.mark.parametrize(
    ("written", "after", "name"),
    [
        ("$({it})", "$GROQ_API_KEY", "GROQ_API_KEY"),
        ("${{MY_KEY:-$({it})}}", "$MY_KEY", "MY_KEY"),
        ("Bearer $({it})", "Bearer $GROQ_API_KEY", "GROQ_API_KEY"),
    ],
)
def test_of_a_json_file(machine: Machine, vault: Vault, written: str, after: str, name: str) -> None:
    before = config(written.format(it=vault.command()))
    path = has(machine, before)
    done = machine.run(*ADOPT)
    assert done.code == 0, done.err
    assert path.read_text() == config(after)
    assert kept(machine).read_text() == f'{name} = "{vault.command()}"\n'
    assert vault.asked == []
    assert f"{name} (vault)" in machine.run("list").out
    assert machine.run("undo", "--yes").code == 0
    assert (path.read_text(), kept(machine).exists()) == (before, False)


def test_of_a_header(machine: Machine, vault: Vault) -> None:
    path = has(machine, config("$GROQ_API_KEY", header=f"$({vault.command()})"))
    assert machine.run(*ADOPT).code == 0
    assert path.read_text() == config("$GROQ_API_KEY", header="$MINE_X_TEAM")


def test_of_a_crushrc(machine: Machine, vault: Vault) -> None:
    script = machine.home / ".config" / "crush" / "crushrc"
    script.parent.mkdir(parents=True)
    line = "# mine\nprovider add groq   --name Groq --api-key {} # the key\n"
    script.write_text(line.format(f"'$({vault.command()})'"))
    done = machine.run(*ADOPT)
    assert done.code == 0, done.err
    assert script.read_text() in {line.format(word) for word in ("'$GROQ_API_KEY'", '"$GROQ_API_KEY"')}
    assert vault.command() in kept(machine).read_text()
    assert vault.asked == []


def test_a_name_that_is_taken_gets_a_number(machine: Machine, vault: Vault) -> None:
    machine.write_config(config(f"$({vault.command()})"))
    assert machine.run("secret", "set", "GROQ_API_KEY", "--command", "pass show x", "--no-test").code == 0
    assert machine.run(*ADOPT).code == 0
    assert f'GROQ_API_KEY_2 = "{vault.command()}"' in kept(machine).read_text()
    assert 'GROQ_API_KEY = "pass show x"' in kept(machine).read_text()


def test_our_own_lookups_are_none(machine: Machine) -> None:
    machine.write_config(config("${GROQ_API_KEY:-$(crush-wizard secret get GROQ_API_KEY)}"))
    assert "nothing to adopt" in machine.run(*ADOPT).err


def test_a_project_has_its_own(machine: Machine, vault: Vault, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    theirs = project / "crush.json"
    theirs.write_text(config(f"$({vault.command()})"))
    done = machine.run(*ADOPT, cwd=project)
    assert "is not your own config" in done.err
    assert theirs.read_text() == config(f"$({vault.command()})")
    assert not kept(machine).exists()


def test_without_anybody_it_asks_for_a_yes(machine: Machine, vault: Vault) -> None:
    path = has(machine, config(f"$({vault.command()})"))
    assert machine.run(*ADOPT[:-1]).code != 0
    shown = machine.run(*ADOPT[:-1], "--dry-run")
    assert "$GROQ_API_KEY" in shown.out
    assert path.read_text() == config(f"$({vault.command()})")

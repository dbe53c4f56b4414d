"""remove-provider: the entry, the slots that point to it, its secret, and what stays elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

ACME_KEY = "acme-literal-canary-4711"
CONFIG = """{
  "models": {
    "large": {"provider": "acme", "model": "acme-1", "max_tokens": 9},
    "small": {"provider": "other", "model": "o-1"}
  },
  "providers": {
    "acme": {
      "type": "openai-compat", "base_url": "https://llm.acme.example/v1", "api_key": "$ACME_API_KEY",
      "models": [{"id": "acme-1", "name": "Acme One"}]
    },
    "other": {
      "type": "openai-compat", "base_url": "https://llm.other.example/v1", "api_key": "$OTHER_API_KEY",
      "models": [{"id": "o-1", "name": "Other One"}]
    }
  }
}
"""
KEYS = {"ACME_API_KEY": "a-key", "OTHER_API_KEY": "o-key"}


@pytest.fixture
def configured(machine: Machine) -> Machine:
    """Two providers with keys in the environment; the large slot has a model of the first."""
    machine.write_config(CONFIG)
    machine.env.update(KEYS)
    return machine


def config_of(machine: Machine) -> dict[str, Any]:
    config: dict[str, Any] = json.loads(machine.config.read_text(encoding="utf-8"))
    return config


def crush_file(machine: Machine, text: str) -> Path:
    path: Path = machine.home / ".local" / "share" / "crush" / "crush.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# The entry and the slots


def test_the_entry_goes_and_its_slot_is_left_to_crush(configured: Machine) -> None:
    done = configured.run("remove-provider", "acme", "--yes")
    assert done.code == 0, done.err
    assert done.out == ""
    assert config_of(configured) == {
        "models": {"small": {"provider": "other", "model": "o-1"}},
        "providers": {"other": json.loads(CONFIG)["providers"]["other"]},
    }
    assert "the large model is now other/o-1" in done.err
    assert "the small model" not in done.err


def test_undo_brings_all_of_it_back(configured: Machine) -> None:
    assert configured.run("remove-provider", "acme", "--yes").code == 0
    assert configured.run("undo", "--yes").code == 0
    assert configured.config.read_text(encoding="utf-8") == CONFIG


def test_nothing_else_changes_in_a_rich_file(machine: Machine, rich_config: str) -> None:
    machine.write_config(rich_config)
    assert machine.run("remove-provider", "work", "--yes").code == 0
    after = machine.config.read_text(encoding="utf-8")
    start = rich_config.index('\t"permissions"')
    assert after.startswith(rich_config[: rich_config.index('"work"')].rstrip())
    assert after.endswith(rich_config[start:])


def test_a_choice_in_crushs_own_file_goes_as_well(configured: Machine) -> None:
    own = crush_file(
        configured,
        '{"models":{"large":{"provider":"acme","model":"acme-1"},"small":{"provider":"other","model":"o-1"}},"recent":1}',
    )
    done = configured.run("remove-provider", "acme", "--yes", "--json")
    assert done.code == 0, done.err
    assert json.loads(own.read_text()) == {"models": {"small": {"provider": "other", "model": "o-1"}}, "recent": 1}
    assert {change["path"] for change in done.json["data"]["changes"]} == {str(configured.config), str(own)}
    assert (own.stat().st_mode & 0o777, own.with_name("crush.json.lock").exists()) == (0o600, True)


def test_a_choice_that_still_works_stays(configured: Machine) -> None:
    """The built-in groq has an entry and a key of its own: without the entry its catalogue models are still there."""
    configured.env["GROQ_API_KEY"] = "g-key"
    groq = {"large": {"provider": "groq", "model": "qwen/qwen3-32b"}}
    configured.write_config(json.dumps({"models": groq, "providers": {"groq": {"flat_rate": True}}}))
    done = configured.run("remove-provider", "groq", "--yes")
    assert done.code == 0, done.err
    assert config_of(configured) == {"models": groq, "providers": {}}
    assert "groq is built into Crush and stays, as GROQ_API_KEY is set" in done.err


def test_the_last_provider_leaves_no_model(machine: Machine) -> None:
    machine.run("add-provider", "together", "--yes")
    done = machine.run("remove-provider", "together", "--yes")
    assert done.code == 0
    assert "no model is left" in done.err
    assert not machine.config.exists()


# Without anybody to ask


def test_without_yes_nothing_happens(configured: Machine) -> None:
    before = configured.snapshot()
    done = configured.run("remove-provider", "acme", stdin="y\n")
    assert done.code == 3
    assert "--yes" in done.err
    assert configured.snapshot() == before


def test_dry_run_prints_the_diff_and_touches_nothing(configured: Machine) -> None:
    before = configured.snapshot()
    done = configured.run("remove-provider", "acme", "--dry-run")
    assert done.code == 0
    assert done.out.startswith("--- ~/.config/crush/crush.json\n+++ ~/.config/crush/crush.json\n@@")
    assert '-    "acme": {' in done.out
    assert configured.snapshot() == before


def test_json_result(configured: Machine) -> None:
    done = configured.run("remove-provider", "acme", "--yes", "--json")
    assert (done.json["version"], done.json["command"], done.json["ok"]) == (1, "remove-provider", True)
    data = done.json["data"]
    assert set(data) == {"applied", "provider", "changes", "secrets", "tests"}
    assert (data["applied"], data["provider"], data["secrets"]) == (True, {"id": "acme"}, [])
    assert [change["action"] for change in data["changes"]] == ["update"]


# Which file


@pytest.mark.parametrize(
    ("provider", "code", "says", "hint"),
    [
        ("acmee", 2, "there is no provider `acmee`", "did you mean `acme`?"),
        ("zzz", 2, "there is no provider `zzz`", "list them: crush-wizard list"),
        ("groq", 4, "groq is built into Crush and has no entry", "crush-wizard add-provider groq"),
    ],
)
def test_a_provider_that_is_not_there(configured: Machine, provider: str, code: int, says: str, hint: str) -> None:
    before = configured.snapshot()
    done = configured.run("remove-provider", provider, "--yes")
    assert done.code == code
    assert says in done.err
    assert hint in done.err
    assert configured.snapshot() == before


@pytest.mark.parametrize("command", ["remove-provider", "edit-provider"])
def test_an_entry_in_the_project_only_names_the_flag(configured: Machine, command: str) -> None:
    project = configured.home / "project"
    project.mkdir()
    entry = {"mine": {"base_url": "http://localhost:1/v1", "models": [{"id": "m"}]}}
    (project / "crush.json").write_text(json.dumps({"providers": entry}))
    done = configured.run(command, "mine", "--yes", cwd=project)
    assert done.code == 4
    assert "mine is not in ~/.config/crush/crush.json, but in ~/project/crush.json:1" in done.err
    assert "hint: add --scope project" in done.err
    again = configured.run(command, "mine", "--yes", "--scope", "project", "--dry-run", cwd=project)
    assert again.code == (0 if command == "remove-provider" else 3), again.err


def test_a_file_that_only_its_path_leads_to(configured: Machine) -> None:
    own = crush_file(
        configured, json.dumps({"providers": {"typed": {"api_key": "x", "base_url": "http://localhost/v1"}}})
    )
    done = configured.run("remove-provider", "typed", "--yes")
    assert done.code == 4
    assert "hint: add --file .local/share/crush/crush.json" in done.err
    assert configured.run("remove-provider", "typed", "--yes", "--file", str(own)).code == 0
    assert json.loads(own.read_text())["providers"] == {}
    assert own.with_name("crush.json.lock").exists()


def test_an_entry_in_both_files_of_the_scope_goes_from_both(configured: Machine) -> None:
    crushrc = configured.config.with_name("crushrc")
    crushrc.write_text(
        '# mine\nprovider add acme --name "From the script"\nmodel large acme/acme-1\noption debug true\n'
    )
    done = configured.run("remove-provider", "acme", "--yes")
    assert done.code == 0, done.err
    assert "acme" not in config_of(configured)["providers"]
    assert crushrc.read_text() == "# mine\noption debug true\n"
    assert "Removed acme from ~/.config/crush/crush.json and ~/.config/crush/crushrc" in done.err
    assert configured.run("undo", "--yes").code == 0
    assert configured.config.read_text(encoding="utf-8") == CONFIG


def test_with_a_chosen_format_the_other_file_keeps_its_entry_and_is_named(configured: Machine) -> None:
    crushrc = configured.config.with_name("crushrc")
    crushrc.write_text(
        "provider add acme --type openai-compat --base-url http://localhost:1/v1\nmodel add acme/acme-1\n"
    )
    done = configured.run("remove-provider", "acme", "--yes", "--format", "json")
    assert done.code == 0, done.err
    assert "acme is also in ~/.config/crush/crushrc:1, and stays there" in done.err
    assert "crush-wizard remove-provider acme --scope user --format crushrc" in done.err
    assert config_of(configured)["models"]["large"]["model"] == "acme-1"  # Crush still has that one
    assert "provider add acme" in crushrc.read_text()


def test_a_slot_of_the_project_is_only_told(configured: Machine) -> None:
    project = configured.home / "project"
    project.mkdir()
    slot = {"models": {"small": {"provider": "acme", "model": "acme-1"}}}
    (project / "crush.json").write_text(json.dumps(slot))
    done = configured.run("remove-provider", "acme", "--yes", cwd=project)
    assert done.code == 0, done.err
    assert "~/project/crush.json:1 still has acme/acme-1 as the small model" in done.err
    assert json.loads((project / "crush.json").read_text()) == slot


def test_a_broken_file_is_refused_with_its_place(machine: Machine) -> None:
    machine.write_config('{"providers": {"acme": {},}}')
    done = machine.run("remove-provider", "acme", "--yes")
    assert done.code == 4
    assert "crush.json:1:26" in done.err


# Secrets


def test_a_literal_key_is_nowhere_afterwards_and_undo_says_so(machine: Machine) -> None:
    machine.write_config(CONFIG.replace("$ACME_API_KEY", ACME_KEY))
    done = machine.run("remove-provider", "acme", "--yes", "--json")
    assert done.code == 0
    assert ACME_KEY not in done.out + done.err
    assert not [path for path in machine.home.rglob("*") if path.is_file() and ACME_KEY.encode() in path.read_bytes()]
    assert "is lost, even for undo" in done.err
    undone = machine.run("undo", "--yes")
    assert machine.config.read_text(encoding="utf-8") == CONFIG
    assert "only its placeholder" in undone.err


def test_a_key_as_a_default_is_nowhere_afterwards(machine: Machine) -> None:
    machine.write_config(CONFIG.replace("$ACME_API_KEY", f"${{ACME_API_KEY:-{ACME_KEY}}}"))
    done = machine.run("remove-provider", "acme", "--yes", "--json")
    assert done.code == 0
    assert "is lost, even for undo" in done.err
    assert ACME_KEY not in done.out + done.err
    assert not [path for path in machine.home.rglob("*") if path.is_file() and ACME_KEY.encode() in path.read_bytes()]
    assert machine.run("undo", "--yes").code == 0
    assert machine.config.read_text(encoding="utf-8") == CONFIG.replace("$ACME_API_KEY", "${ACME_API_KEY}")


def store(machine: Machine, name: str, value: str) -> None:
    assert machine.run("secret", "set", name, "--stdin", stdin=value).code == 0


def test_the_secret_stays_and_is_named(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    machine_with_keyring.write_config(CONFIG)
    store(machine_with_keyring, "ACME_API_KEY", "stored-canary")
    done = machine_with_keyring.run("remove-provider", "acme", "--yes")
    assert done.code == 0, done.err
    assert "ACME_API_KEY stays in the keyring; to delete it: crush-wizard secret remove ACME_API_KEY" in done.err
    assert secret_service.get("ACME_API_KEY") == "stored-canary"


def test_forget_secret_deletes_it_and_undo_brings_it_back(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    machine_with_keyring.write_config(CONFIG)
    store(machine_with_keyring, "ACME_API_KEY", "stored-canary")
    dry = machine_with_keyring.run("remove-provider", "acme", "--forget-secret", "--dry-run")
    assert "ACME_API_KEY would be deleted from the keyring" in dry.err
    assert secret_service.get("ACME_API_KEY") == "stored-canary"
    done = machine_with_keyring.run("remove-provider", "acme", "--yes", "--forget-secret", "--json")
    assert done.code == 0, done.err
    assert done.json["data"]["secrets"] == [{"name": "ACME_API_KEY", "store": "keyring", "action": "delete"}]
    assert secret_service.get("ACME_API_KEY") is None
    assert machine_with_keyring.run("undo", "--yes").code == 0
    assert secret_service.get("ACME_API_KEY") == "stored-canary"
    assert machine_with_keyring.config.read_text(encoding="utf-8") == CONFIG


@pytest.mark.parametrize("key", ["$ACME_API_KEY", "$(crush-wizard secret get ACME_API_KEY)"])
def test_a_secret_that_another_provider_uses_is_kept(
    machine_with_keyring: Machine, secret_service: SecretService, key: str
) -> None:
    machine_with_keyring.write_config(CONFIG.replace("$OTHER_API_KEY", key))
    store(machine_with_keyring, "ACME_API_KEY", "stored-canary")
    done = machine_with_keyring.run("remove-provider", "acme", "--yes", "--forget-secret")
    assert done.code == 0, done.err
    assert "ACME_API_KEY stays in the keyring: other" in done.err
    assert secret_service.get("ACME_API_KEY") == "stored-canary"


def test_a_file_that_can_not_be_read_may_use_the_secret(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    machine_with_keyring.write_config(CONFIG)
    crush_file(machine_with_keyring, '{"providers":')
    store(machine_with_keyring, "ACME_API_KEY", "stored-canary")
    done = machine_with_keyring.run("remove-provider", "acme", "--yes", "--forget-secret")
    assert done.code == 0, done.err
    assert "Crush will not start with this file beside it" in done.err
    assert "ACME_API_KEY stays in the keyring: perhaps" in done.err
    assert secret_service.get("ACME_API_KEY") == "stored-canary"


def test_a_builtin_without_its_forgotten_key_is_gone(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    """`run` hands out only what the files name: a stored key keeps the built-in where another entry has it, too."""
    machine_with_keyring.write_config(CONFIG)
    assert machine_with_keyring.run("add-provider", "groq", "--yes", "--api-key-stdin", stdin="gsk_canary").code == 0
    gone = machine_with_keyring.run("remove-provider", "groq", "--dry-run")
    assert "built into Crush" not in gone.err
    alone = machine_with_keyring.config.read_text(encoding="utf-8")
    machine_with_keyring.write_config(alone.replace('"$ACME_API_KEY"', '"$GROQ_API_KEY"'))
    kept = machine_with_keyring.run("remove-provider", "groq", "--dry-run")
    assert "groq is built into Crush and stays, as GROQ_API_KEY is in the keyring" in kept.err
    machine_with_keyring.write_config(alone)
    done = machine_with_keyring.run("remove-provider", "groq", "--yes", "--forget-secret")
    assert done.code == 0, done.err
    assert "built into Crush" not in done.err
    assert secret_service.get("GROQ_API_KEY") is None


def test_a_store_that_can_not_be_used_changes_nothing(machine_with_keyring: Machine) -> None:
    machine_with_keyring.write_config(CONFIG)
    store(machine_with_keyring, "ACME_API_KEY", "stored-canary")
    machine_with_keyring.env.pop("DBUS_SESSION_BUS_ADDRESS")
    done = machine_with_keyring.run("remove-provider", "acme", "--yes", "--forget-secret")
    assert done.code == 5
    assert machine_with_keyring.config.read_text(encoding="utf-8") == CONFIG


@pytest.mark.parametrize("format_", ["json", "crushrc"])
def test_a_stored_key_that_nothing_names_any_more_keeps_no_slot(machine_with_keyring: Machine, format_: str) -> None:
    done = machine_with_keyring.run(
        "add-provider", "groq", "--yes", "--api-key-stdin", "--format", format_, stdin="gsk_canary"
    )
    assert done.code == 0, done.err
    removed = machine_with_keyring.run("remove-provider", "groq", "--yes")
    assert "no model is left" in removed.err
    left = [path.read_text(encoding="utf-8") for path in machine_with_keyring.config.parent.iterdir()]
    assert not any("groq" in text for text in left)


@pytest.mark.parametrize("format_", ["json", "crushrc"])
def test_a_file_that_only_the_wizard_made_goes_with_the_last_of_it(machine: Machine, format_: str) -> None:
    file = machine.config if format_ == "json" else machine.config.with_name("crushrc")
    assert machine.run("add-provider", "groq", "--yes", "--format", format_).code == 0
    text = file.read_text(encoding="utf-8").replace("$GROQ_API_KEY", CANARY)  # a key by hand, which no record may keep
    file.write_text(text, encoding="utf-8")
    done = machine.run("remove-provider", "groq", "--yes")
    assert "nothing was left in it" in done.err
    assert not file.exists()
    assert not any(CANARY in path.read_text(errors="replace") for path in machine.home.rglob("*") if path.is_file())
    assert machine.run("undo", "--yes").code == 0
    assert file.read_text(encoding="utf-8") == text.replace(CANARY, "$GROQ_API_KEY")


def test_what_somebody_else_put_into_it_stays(machine: Machine) -> None:
    assert machine.run("add-provider", "groq", "--yes", "--format", "json").code == 0
    text = machine.config.read_text(encoding="utf-8")
    machine.write_config(text.replace("{", '{\n  "options": {"debug": true},', 1))
    assert machine.run("remove-provider", "groq", "--yes").code == 0
    assert "debug" in machine.config.read_text(encoding="utf-8")
    machine.config.unlink()
    machine.write_config('{"providers": {"groq": {"api_key": "$GROQ_API_KEY"}}}')
    for record in (machine.home / ".local" / "state" / "crush-wizard" / "backups").iterdir():
        record.unlink()
    assert machine.run("remove-provider", "groq", "--yes").code == 0
    assert machine.config.exists()

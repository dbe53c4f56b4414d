"""secret adopt: keys in plain text go into a real keyring, and nothing else keeps them."""

from __future__ import annotations

import fcntl
import json
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

CANARY = "gsk_canary-0123456789abcdef"
OTHER = "other-canary-4711-xyz"

CONFIG = {
    "$schema": "https://charm.land/crush.json",
    "providers": {
        "groq": {"name": "Groq", "api_key": CANARY},
        "proxy": {
            "base_url": f"https://me:{OTHER}@llm.example/v1",
            "extra_headers": {"Authorization": f"Bearer {CANARY}", "X-Title": "mine"},
            "models": [{"id": "m"}],
        },
        "local": {"api_key": "ollama"},
    },
}


def data_file(machine: Machine) -> Path:
    path: Path = machine.home / ".local" / "share" / "crush" / "crush.json"
    return path


def writes(path: Path, content: Any, mode: int = 0o600) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content, indent=2)
    path.write_text(text)
    path.chmod(mode)
    return text


def files_with(machine: Machine, text: str) -> list[Path]:
    return [path for path in machine.home.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


@pytest.fixture
def owner(machine_with_keyring: Machine) -> Machine:
    """Somebody with two literal keys in their config, one of them in two places, and a keyring."""
    writes(machine_with_keyring.config, CONFIG)
    return machine_with_keyring


def test_keys_go_into_the_keyring_and_nothing_else_keeps_them(owner: Machine, secret_service: SecretService) -> None:
    done = owner.run("secret", "adopt", "--yes", env={"WIZARD_DEBUG": "1"})
    assert done.code == 0, done.err
    assert owner.entries["groq"]["api_key"] == "$GROQ_API_KEY"
    assert owner.entries["proxy"]["base_url"] == "https://me:$PROXY_URL_PASSWORD@llm.example/v1"
    assert owner.entries["proxy"]["extra_headers"] == {"Authorization": "Bearer $PROXY_API_KEY", "X-Title": "mine"}
    assert owner.entries["local"]["api_key"] == "ollama"
    assert secret_service.get("GROQ_API_KEY") == CANARY
    assert secret_service.get("PROXY_API_KEY") == CANARY  # another host, which may get another key tomorrow
    assert secret_service.get("PROXY_URL_PASSWORD") == OTHER
    for canary in (CANARY, OTHER):
        assert canary not in done.out + done.err
        assert files_with(owner, canary) == []


def test_as_json(owner: Machine) -> None:
    done = owner.run("secret", "adopt", "--yes", "--json")
    data = done.json["data"]
    assert data["applied"] is True
    assert [(one["name"], one["store"], one["action"]) for one in data["secrets"]] == [
        ("GROQ_API_KEY", "keyring", "store"),
        ("PROXY_URL_PASSWORD", "keyring", "store"),
        ("PROXY_API_KEY", "keyring", "store"),
    ]
    found = {(one["provider"], one["kind"], one["name"], one["redacted"]) for one in data["found"]}
    assert found == {
        ("groq", "api-key", "GROQ_API_KEY", "gsk_… (27 characters)"),
        ("proxy", "header", "PROXY_API_KEY", "gsk_… (27 characters)"),
        ("proxy", "url", "PROXY_URL_PASSWORD", "… (21 characters)"),
    }
    assert {one["line"] for one in data["found"] if one["provider"] == "groq"} == {6}
    assert '"api_key": "<redacted>"' in data["changes"][0]["diff"]
    assert '"api_key": "$GROQ_API_KEY"' in data["changes"][0]["diff"]
    assert CANARY not in done.out


def test_a_dry_run_touches_nothing_and_asks_no_keyring(machine: Machine) -> None:
    writes(machine.config, CONFIG)
    before = machine.snapshot()
    done = machine.run("secret", "adopt", "--dry-run")
    assert done.code == 0, done.err
    assert '+      "api_key": "$GROQ_API_KEY"' in done.out
    assert CANARY not in done.out + done.err
    assert machine.snapshot() == before


def test_without_a_terminal_it_wants_yes(machine: Machine) -> None:
    writes(machine.config, CONFIG)
    before = machine.snapshot()
    done = machine.run("secret", "adopt")
    assert done.code == 3
    assert "GROQ_API_KEY" in done.err
    assert "--yes" in done.err
    assert CANARY not in done.err
    assert machine.snapshot() == before


def test_without_a_store_nothing_changes(machine: Machine) -> None:
    writes(machine.config, CONFIG)
    before = machine.snapshot()
    done = machine.run("secret", "adopt", "--yes")
    assert done.code == 5
    assert machine.snapshot() == before


def test_nothing_found(machine: Machine) -> None:
    writes(machine.config, {"providers": {"groq": {"api_key": "$GROQ_API_KEY"}}})
    done = machine.run("secret", "adopt", "--json")
    assert done.code == 0
    assert done.json["data"] == {"applied": False, "changes": [], "secrets": [], "tests": [], "found": []}
    assert "nothing to adopt" in done.json["messages"][-1]["text"]


def test_twice_is_once(owner: Machine) -> None:
    owner.run("secret", "adopt", "--yes")
    before = owner.config.read_bytes()
    done = owner.run("secret", "adopt", "--yes", "--json")
    assert done.json["data"]["found"] == []
    assert owner.config.read_bytes() == before


def test_undo_puts_the_placeholder_back_says_so_and_the_key_is_not_lost(
    owner: Machine, secret_service: SecretService
) -> None:
    owner.run("secret", "adopt", "--yes")
    after = owner.config.read_bytes()
    done = owner.run("undo", "--yes")
    assert done.code == 0, done.err
    assert "only its placeholder" in done.err
    assert owner.config.read_bytes() == after
    assert secret_service.get("GROQ_API_KEY") == CANARY
    assert files_with(owner, CANARY) == []


def test_an_escaped_literal_is_stored_as_crush_reads_it(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    writes(machine_with_keyring.config, {"providers": {"acme": {"api_key": r"pa\$\$w\\ord-canary"}}})
    done = machine_with_keyring.run("secret", "adopt", "--yes")
    assert done.code == 0, done.err
    assert secret_service.get("ACME_API_KEY") == r"pa$$w\ord-canary"
    assert files_with(machine_with_keyring, "ord-canary") == []


def test_a_name_that_holds_another_value_in_the_keyring_keeps_it(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    machine = machine_with_keyring
    writes(machine.config, {"providers": {"groq": {"api_key": OTHER}}})
    machine.run("secret", "adopt", "--yes")
    writes(machine.config, {"providers": {"groq": {"api_key": CANARY}}})
    assert machine.run("secret", "adopt", "--yes").code == 0
    assert machine.entries["groq"]["api_key"] == "$GROQ_API_KEY_2"
    assert (secret_service.get("GROQ_API_KEY"), secret_service.get("GROQ_API_KEY_2")) == (OTHER, CANARY)


def test_a_key_in_a_crushrc_is_moved(owner: Machine, secret_service: SecretService) -> None:
    script = owner.config.parent / "crushrc"
    writes(script, f"# mine\nprovider add groq --api-key {CANARY} # the old one\noption debug\n")
    done = owner.run("secret", "adopt", "--yes")
    assert done.code == 0, done.err
    assert script.read_text() == "# mine\nprovider add groq --api-key '$GROQ_API_KEY' # the old one\noption debug\n"
    assert secret_service.get("GROQ_API_KEY") == CANARY
    assert owner.run("undo", "--yes").code == 0
    for path in owner.home.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path


def test_undo_leaves_placeholders_in_a_crushrc_that_its_shell_does_not_expand(machine: Machine) -> None:
    """Each as it was adopted, however the key was quoted, and in the middle of a word."""
    script = machine.config.parent / "crushrc"
    url = "https://u:hunter2secret99@{}.example/v1"
    writes(
        script,
        f'provider add a --base-url "{url.format("a")}" --api-key "{CANARY}"\nmodel add a/m --name M\n'
        f"provider add b --base-url {url.format('b')} --extra-header X-Key {CANARY} --api-key {CANARY}\n"
        "model add b/m --name M\n"
        "mcp add t --type http --url https://t.example --header Authorization 'Bearer tok-abcdefghij0123456789'\n",
    )
    shown = machine.run("secret", "adopt", "--store", "file", "--dry-run")
    assert "-provider add a --base-url 'https://u:<redacted>@a.example/v1' --api-key '<redacted>'\n" in shown.out
    done = machine.run("secret", "adopt", "--store", "file", "--yes")
    assert done.code == 0, done.err
    assert "skipped: ~/.config/crush/crushrc contains secrets that belong to no provider" in done.err
    adopted = script.read_text()
    assert "'https://u:$A_URL_PASSWORD@a.example/v1' --api-key '$A_API_KEY'\n" in adopted
    assert "--extra-header X-Key '$B_API_KEY' --api-key '$B_API_KEY'\n" in adopted
    assert machine.run("undo", "--yes").code == 0
    assert script.read_text() == adopted


def test_what_a_crushrc_works_out_is_reported_and_left(machine: Machine) -> None:
    script = machine.config.parent / "crushrc"
    writes(script, f"if true; then\n  provider add groq --api-key {CANARY}\nfi\n")
    before = script.read_bytes()
    done = machine.run("secret", "adopt", "--yes")
    assert done.code == 0
    assert "~/.config/crush/crushrc:2" in " ".join(done.err.split())
    assert "--api-key '$GROQ_API_KEY'" in done.err
    assert CANARY not in done.err
    assert script.read_bytes() == before


def test_only_the_named_file_is_looked_at(owner: Machine) -> None:
    project = owner.home / "work" / "crush.json"
    writes(project, {"providers": {"groq": {"api_key": OTHER}}})
    done = owner.run("secret", "adopt", "--yes", "--json", "--file", str(project), env={"XAI_API_KEY": "xai-" + CANARY})
    assert [one["path"] for one in done.json["data"]["found"]] == [str(project)]
    assert owner.entries["groq"]["api_key"] == CANARY


def test_a_named_file_that_is_broken_is_refused(machine: Machine) -> None:
    writes(machine.config, "{")
    done = machine.run("secret", "adopt", "--yes", "--file", str(machine.config), "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "invalid-config")


def test_a_write_that_fails_leaves_the_store_as_it_was(owner: Machine, secret_service: SecretService) -> None:
    writes(owner.config, {**CONFIG, "options": {"padding": "x" * 100_000}})
    before = owner.config.read_bytes()
    command = 'export PYTHONDONTWRITEBYTECODE=1; ulimit -f 64; exec "$0" -m wizard secret adopt --yes --json'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable], env=owner.env, cwd=owner.home, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 4, done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "unwritable"
    assert owner.config.read_bytes() == before
    assert secret_service.get("GROQ_API_KEY") is None
    assert owner.run("undo", "--list", "--json").json["data"]["history"] == []


# The default of a variable


def test_a_default_goes_into_the_keyring_in_every_file(owner: Machine, secret_service: SecretService) -> None:
    before = f'{{"providers":{{"f":{{"api_key":"${{F_KEY:-{OTHER}}}" , "name":"F"}}}}}}'
    writes(owner.config, before)
    script, data = owner.config.with_name("crushrc"), data_file(owner)
    writes(script, f'# mine\nprovider add groq --api-key "${{GROQ_API_KEY:-{CANARY}}}" # the old one\n')
    writes(data, {"providers": {"own": {"extra_headers": {"Authorization": f"Bearer ${{F_KEY:-{OTHER}}}"}}}})
    shown = owner.run("secret", "adopt", "--dry-run")
    assert OTHER not in shown.out + shown.err
    done = owner.run("secret", "adopt", "--yes", "--json")
    assert done.code == 0, done.err
    assert owner.config.read_text() == before.replace(f"${{F_KEY:-{OTHER}}}", "$F_KEY")
    assert script.read_text() == "# mine\nprovider add groq --api-key '$GROQ_API_KEY' # the old one\n"
    assert json.loads(data.read_text())["providers"]["own"]["extra_headers"] == {"Authorization": "Bearer $F_KEY"}
    assert (secret_service.get("F_KEY"), secret_service.get("GROQ_API_KEY")) == (OTHER, CANARY)
    after = [path.read_bytes() for path in (owner.config, data)]
    for canary in (CANARY, OTHER):
        assert canary not in done.out + done.err
        assert files_with(owner, canary) == []
    assert owner.run("undo", "--yes").code == 0
    assert [path.read_bytes() for path in (owner.config, data)] == after
    assert script.read_text() == '# mine\nprovider add groq --api-key "$GROQ_API_KEY" # the old one\n'
    assert (secret_service.get("F_KEY"), secret_service.get("GROQ_API_KEY")) == (OTHER, CANARY)


def test_a_default_of_a_variable_that_is_set_otherwise(owner: Machine, secret_service: SecretService) -> None:
    """What the shell says goes on to win."""
    writes(owner.config, {"providers": {"f": {"api_key": f"${{F_KEY:-{OTHER}}}"}}})
    done = owner.run("secret", "adopt", "--yes", "--no-from-environment", env={"F_KEY": "from-the-shell-1"})
    assert done.code == 0, done.err
    assert owner.entries["f"]["api_key"] == "${F_KEY:-$F_KEY_2}"
    assert (secret_service.get("F_KEY"), secret_service.get("F_KEY_2")) == (None, OTHER)
    assert owner.run("undo", "--yes").code == 0
    assert owner.entries["f"]["api_key"] == "${F_KEY:-$F_KEY_2}"


def test_a_default_gives_way_to_a_lookup_where_that_is_the_custom(
    owner: Machine, secret_service: SecretService
) -> None:
    flags = ("--placeholder", "lookup", "--api-key-stdin", "--no-test", "--yes")
    added = owner.run("add-provider", "deepseek", *flags, stdin="sk-made-up-0123456789")
    assert added.code == 0, added.err
    entries = {**owner.entries, "f": {"api_key": f"${{F_KEY:-{OTHER}}}"}}
    writes(owner.config, {"providers": entries})
    assert owner.run("secret", "adopt", "--yes").code == 0
    assert owner.entries["f"]["api_key"] == "${F_KEY:-$(crush-wizard secret get F_KEY)}"
    assert secret_service.get("F_KEY") == OTHER


def test_a_default_that_is_a_part_of_more_is_named_with_its_place(machine: Machine) -> None:
    text = writes(machine.config, {"providers": {"f": {"api_key": f"$A${{F_KEY:-{OTHER}}}"}}})
    done = machine.run("secret", "adopt", "--yes")
    assert done.code == 0, done.err
    said = " ".join(done.err.split())
    assert "~/.config/crush/crush.json:4: it is a part of the default of a variable" in said
    assert machine.config.read_text() == text
    assert OTHER not in done.err


# Crush's own data file


def test_a_key_that_was_typed_into_crush(owner: Machine, secret_service: SecretService) -> None:
    writes(owner.config, {"providers": {"groq": {"api_key": "$GROQ_API_KEY"}}})
    data = data_file(owner)
    text = '{"providers": {"groq": {"api_key": "%s"}, "xai": {"api_key": "%s"}},"recent_models":{}}'
    writes(data, text % (CANARY, OTHER), 0o644)
    done = owner.run("secret", "adopt", "--yes")
    assert done.code == 0, done.err
    assert data.read_text() == '{"providers": {"groq": {}, "xai": {"api_key": "$XAI_API_KEY"}},"recent_models":{}}'
    assert (secret_service.get("GROQ_API_KEY"), secret_service.get("XAI_API_KEY")) == (CANARY, OTHER)
    lock = data.with_name("crush.json.lock")
    assert stat.S_IMODE(data.stat().st_mode) == 0o600
    assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    assert not owner.config.with_name("crush.json.lock").exists()


def test_a_symlinked_data_file_stays_one(owner: Machine) -> None:
    real = owner.home / "dotfiles" / "data.json"
    writes(real, {"providers": {"xai": {"api_key": OTHER}}})
    data_file(owner).parent.mkdir(parents=True)
    data_file(owner).symlink_to(real)
    assert owner.run("secret", "adopt", "--yes").code == 0
    assert data_file(owner).is_symlink()
    assert json.loads(real.read_text())["providers"]["xai"]["api_key"].startswith("$")


def test_tokens_that_crush_got_by_logging_in_are_left(owner: Machine) -> None:
    text = writes(data_file(owner), {"providers": {"hyper": {"api_key": OTHER, "oauth": {"access_token": OTHER}}}})
    done = owner.run("secret", "adopt", "--yes")
    assert done.code == 0
    assert data_file(owner).read_text() == text
    assert "renews by itself" in done.err


@contextmanager
def held_by_crush(path: Path) -> Iterator[None]:
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_while_crush_holds_its_file_nothing_is_changed(owner: Machine, secret_service: SecretService) -> None:
    text = writes(data_file(owner), {"providers": {"xai": {"api_key": OTHER}}})
    before = owner.config.read_bytes()
    with held_by_crush(data_file(owner)):
        started = time.monotonic()
        done = owner.run("secret", "adopt", "--yes", "--json")
    assert time.monotonic() - started > 5
    assert (done.code, done.json["error"]["code"]) == (4, "locked")
    assert done.json["error"]["path"] == str(data_file(owner))
    assert (data_file(owner).read_text(), owner.config.read_bytes()) == (text, before)
    assert secret_service.get("GROQ_API_KEY") is None


def test_crush_is_waited_for(owner: Machine) -> None:
    writes(data_file(owner), {"providers": {"xai": {"api_key": OTHER}}})
    with held_by_crush(data_file(owner)):
        process = owner.start("secret", "adopt", "--yes")
        time.sleep(2.5)
        assert process.poll() is None
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(data_file(owner).read_text())["providers"]["xai"] == {"api_key": "$XAI_API_KEY"}


def test_undo_takes_crushs_lock_as_well(owner: Machine) -> None:
    writes(data_file(owner), {"providers": {"xai": {"api_key": OTHER}}})
    owner.run("secret", "adopt", "--yes")
    with held_by_crush(data_file(owner)):
        done = owner.run("undo", "--yes", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "locked")


# Variables


def test_a_variable_of_the_environment_is_taken_over(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    machine = machine_with_keyring
    done = machine.run("secret", "adopt", "--yes", env={"GROQ_API_KEY": CANARY, "EDITOR": "vi"})
    assert done.code == 0, done.err
    assert secret_service.get("GROQ_API_KEY") == CANARY
    assert files_with(machine, CANARY) == []
    undone = machine.run("undo", "--yes")
    assert undone.code == 0
    assert secret_service.get("GROQ_API_KEY") is None


def test_the_environment_can_be_left_out(owner: Machine, secret_service: SecretService) -> None:
    env = {"XAI_API_KEY": OTHER}
    assert owner.run("secret", "adopt", "--yes", "--no-from-environment", env=env).code == 0
    assert secret_service.get("XAI_API_KEY") is None
    assert secret_service.get("GROQ_API_KEY") == CANARY


def test_a_start_file_is_read_and_not_changed(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    machine = machine_with_keyring
    text = writes(machine.home / ".bashrc", f"touch {machine.home}/run\nexport XAI_API_KEY='{CANARY}'\n")
    done = machine.run("secret", "adopt", "--yes")
    assert done.code == 0, done.err
    assert secret_service.get("XAI_API_KEY") == CANARY
    assert (machine.home / ".bashrc").read_text() == text
    assert "~/.bashrc:2" in done.err
    assert not (machine.home / "run").exists()


def test_a_start_file_is_cleaned_on_request_and_undo_keeps_the_key(
    machine_with_keyring: Machine, secret_service: SecretService
) -> None:
    machine = machine_with_keyring
    start = machine.home / ".bashrc"
    writes(start, f"alias ll='ls -l'\nexport XAI_API_KEY='{CANARY}'\nexport MY_TOKEN={OTHER}\n", 0o644)
    done = machine.run("secret", "adopt", "--yes", "--clean-start-files", "--json")
    assert done.code == 0, done.err
    assert "XAI_API_KEY=" not in start.read_text()
    assert start.read_text().startswith("alias ll='ls -l'\n: # XAI_API_KEY")
    assert stat.S_IMODE(start.stat().st_mode) == 0o644
    assert files_with(machine, CANARY) == []
    assert CANARY not in done.out
    assert OTHER not in done.out
    assert machine.run("undo", "--yes").code == 0
    assert 'export XAI_API_KEY="$XAI_API_KEY"\n' in start.read_text()
    assert secret_service.get("XAI_API_KEY") == CANARY


def test_the_env_file_of_the_folder_counts(machine_with_keyring: Machine, secret_service: SecretService) -> None:
    machine = machine_with_keyring
    folder = machine.home / "work"
    writes(folder / ".env", f"XAI_API_KEY={CANARY}\n")
    done = machine.run("secret", "adopt", "--yes", cwd=folder)
    assert done.code == 0, done.err
    assert secret_service.get("XAI_API_KEY") == CANARY


def test_a_computed_variable_is_told_apart(machine: Machine) -> None:
    writes(machine.home / ".bashrc", "export XAI_API_KEY=$(pass show xai)\n")
    done = machine.run("secret", "adopt", "--json")
    assert done.code == 0
    (found,) = done.json["data"]["found"]
    assert (found["kind"], found["name"], found["line"]) == ("start-file", "XAI_API_KEY", 1)
    assert "computed" in found["reason"]


def test_a_key_gets_no_variable_that_another_builtin_sends_elsewhere(machine: Machine) -> None:
    """OpenCode's two providers read the same one: the key of one host would be the other's, and its models be there."""
    writes(machine.config, {"providers": {"opencode-go": {"api_key": CANARY, "base_url": "https://llm.example/v1"}}})
    done = machine.run("secret", "adopt", "--yes", "--secret-store", "file")
    assert done.code == 0, done.err
    assert machine.entries["opencode-go"]["api_key"] == "$OPENCODE_GO_API_KEY"
    active = {one["id"] for one in machine.run("list", "--json").json["data"]["providers"]}
    assert active == {"opencode-go"}


def test_both_of_them_share_the_variable(machine: Machine) -> None:
    both = {"opencode-go": {"api_key": CANARY}, "opencode-zen": {"api_key": CANARY}}
    writes(machine.config, {"providers": both})
    assert machine.run("secret", "adopt", "--yes", "--secret-store", "file").code == 0
    assert {entry["api_key"] for entry in machine.entries.values()} == {"$OPENCODE_API_KEY"}

"""Commands that are killed while they change something: the next one, whichever it is, finds all of it or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from wizard.files.plan import sha256

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine

KEY, NEW_KEY = "sk-canary-of-mine-0123456789", "sk-canary-of-mine-9876543210"
ENTRY = {"type": "openai-compat", "base_url": "https://llm.mine.example/v1", "models": [{"id": "m-1"}]}
KILLED = """\
import os, signal, sys
from wizard.files import writer
from wizard.__main__ import main

usual, left = writer.{step}, [{number}]

def step(*arguments, **options):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return usual(*arguments, **options)

writer.{step} = step
sys.argv[0] = "crush-wizard"
main()
"""
"""Ends without a word before its `number`th further step of that name."""


def kill(machine: Machine, *arguments: str, step: str = "commit", number: int = 0, stdin: str = "") -> None:
    command = [sys.executable, "-c", KILLED.format(step=step, number=number), *arguments]
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, env=machine.env, cwd=machine.home, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.fixture
def owner(machine: Machine) -> Machine:
    """Somebody with a provider whose key is stored, after an older change of something else."""
    machine.write_config(json.dumps({"providers": {"mine": {**ENTRY, "api_key": "$MINE_KEY"}}}))
    assert machine.run("secret", "set", "MINE_KEY", "--stdin", "--store", "file", stdin=KEY).code == 0
    assert machine.run("use", "large", "mine/m-1", "--yes").code == 0
    return machine


def files(machine: Machine) -> list[str]:
    folder = machine.home / ".local" / "state" / "crush-wizard" / "backups"
    return sorted(path.suffix for path in folder.iterdir())


def test_a_removal_with_its_secret(owner: Machine) -> None:
    before = owner.config.read_bytes()
    kill(owner, "remove-provider", "mine", "--forget-secret", "--yes", "--allow-no-provider")
    assert owner.config.read_bytes() == before
    seen = owner.run("list")
    assert "`remove-provider mine` was interrupted: it was undone completely" in seen.err
    assert owner.run("secret", "get", "MINE_KEY").out == f"{KEY}\n"
    assert files(owner) == [".json", ".json"]
    undone = owner.run("undo", "--yes")
    assert "Undid use large mine/m-1" in undone.err + undone.out
    assert owner.run("secret", "get", "MINE_KEY").out == f"{KEY}\n"


def test_a_new_key(owner: Machine) -> None:
    before = owner.config.read_bytes()
    kill(owner, "edit-provider", "mine", "--api-key-stdin", "--name", "Mine", "--no-test", "--yes", stdin=NEW_KEY)
    undone = owner.run("undo", "--yes")
    assert "was interrupted: it was undone completely" in undone.err
    assert owner.run("secret", "get", "MINE_KEY").out == f"{KEY}\n"
    assert json.loads(owner.config.read_bytes())["providers"] == json.loads(before)["providers"]


@pytest.mark.parametrize("number", [0, 1])
def test_a_conversion_between_its_files(owner: Machine, number: int) -> None:
    before = owner.config.read_bytes()
    kill(owner, "convert", "--to", "crushrc", "--yes", number=number)
    seen = owner.run("list")
    assert "`convert --to crushrc` was interrupted: it was undone completely" in seen.err
    assert owner.config.read_bytes() == before
    assert not owner.config.with_name("crushrc").exists()
    assert owner.run("convert", "--to", "crushrc", "--yes").code == 0
    assert not owner.config.exists(), "nothing was left in it"


def test_what_had_come_to_its_end_stays(owner: Machine) -> None:
    kill(owner, "edit-provider", "mine", "--name", "Mine", "--no-test", "--yes", step="rename_private")
    assert ".begun" in files(owner)
    seen = owner.run("show", "mine")
    assert "had finished its change; to undo: crush-wizard undo" in seen.err
    assert owner.entries["mine"]["name"] == "Mine"
    assert owner.run("undo", "--yes").code == 0
    assert "name" not in owner.entries["mine"]


def test_an_undo(owner: Machine) -> None:
    before = owner.config.read_bytes()
    changed = owner.run(
        "edit-provider", "mine", "--api-key-stdin", "--name", "Mine", "--no-test", "--yes", stdin=NEW_KEY
    )
    assert changed.code == 0, changed.err
    kill(owner, "undo", "--yes")
    seen = owner.run("secret", "list", "--json")
    assert "was undone completely" in json.dumps(seen.json["messages"])
    assert seen.json["data"]["kept_for_undo"] == []
    assert owner.config.read_bytes() == before
    assert owner.run("secret", "get", "MINE_KEY").out == f"{KEY}\n"


def test_with_dry_run_nothing_is_put_right(owner: Machine) -> None:
    kill(owner, "remove-provider", "mine", "--forget-secret", "--yes", "--allow-no-provider")
    before = owner.snapshot()
    owner.run("use", "small", "mine/m-1", "--dry-run", "--yes")
    assert owner.snapshot() == before


def test_a_copy_that_was_being_written_is_swept(owner: Machine) -> None:
    kill(owner, "edit-provider", "mine", "--name", "Mine", "--no-test", "--yes")
    assert list(owner.config.parent.glob(".crush-wizard-*"))
    owner.run("paths")
    assert not list(owner.config.parent.glob(".crush-wizard-*"))


OWN = (
    ".local/state/crush-wizard/secrets.json",
    ".local/state/crush-wizard/secrets",
    ".local/state/crush-wizard/backups",
    ".local/state/crush-wizard/allowed",
    ".config/crush-wizard/settings.toml",
    ".cache/crush-wizard/catalog/catwalk.json",
    ".cache/crush-wizard/catalog/models.dev.json",
)
"""What of our own is written beside itself."""


@pytest.mark.parametrize("own", OWN)
def test_what_was_being_written_of_our_own_is_swept_once_nobody_writes_it(machine: Machine, own: str) -> None:
    target = machine.home / own
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = sha256(os.fsencode(target))
    litter = target.with_name(f".crush-wizard-{digest[:16]}-0123456789abcdef.tmp")
    litter.write_text("half of it", encoding="utf-8")
    locks = machine.home / ".local" / "state" / "crush-wizard" / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{digest}.lock"):
        machine.run("paths")
        assert litter.exists()
    machine.run("paths")
    assert not litter.exists()


# Records that can't be read


def spoil(record: Path) -> None:
    record.write_text(record.read_text(encoding="utf-8")[:40], encoding="utf-8")


def test_the_change_before_one_that_cannot_be_read_is_not_the_last(owner: Machine) -> None:
    assert owner.run("use", "small", "mine/m-1", "--yes").code == 0
    folder = owner.home / ".local" / "state" / "crush-wizard" / "backups"
    first, second, third = sorted(folder.iterdir())
    spoil(third)
    before = owner.config.read_bytes()
    refused = owner.run("undo", "--yes", "--json")
    assert (refused.code, refused.json["error"]["path"]) == (4, str(third))
    assert refused.json["error"]["hint"].endswith(f": crush-wizard undo {second.stem}")
    assert owner.config.read_bytes() == before
    assert owner.run("undo", first.stem, "--yes").code == 0
    assert owner.run("secret", "get", "MINE_KEY").code == 5
    assert owner.run("undo", "nothing", "--yes").code == 2


def test_values_kept_for_undo_are_named_and_end_with_it(owner: Machine) -> None:
    assert owner.run("secret", "set", "MINE_KEY", "--stdin", stdin=NEW_KEY).code == 0
    listed = owner.run("secret", "list", "--json").json["data"]["kept_for_undo"]
    assert [(kept["name"], kept["store"], kept["command"]) for kept in listed] == [
        ("MINE_KEY", "file", "secret set MINE_KEY")
    ]
    assert (
        f"an older MINE_KEY stays in the encrypted file for `crush-wizard undo {listed[0]['change']}`"
        in owner.run("secret", "list").err
    )
    assert owner.run("undo", "--yes").code == 0
    assert owner.run("secret", "list", "--json").json["data"]["kept_for_undo"] == []


def test_several_undo_at_once_take_one_change_back_each_or_say_so(owner: Machine) -> None:
    running = [owner.start("undo", "--yes") for _ in range(4)]
    ends = [(process.communicate(timeout=60), process.returncode) for process in running]
    took = [out + err for (out, err), code in ends if code == 0 and "Undid" in out + err]
    assert len(took) == len(set(took)), took
    assert all(code in {0, 4} for _, code in ends), ends

"""Every call that changes the disk, in each of a dozen commands, as the last one before a kill, and failing in four
ways. After it, whatever the next command is, everything is as it was or as it was to be; then the command can be run
again, and taken back.

A run of the suite tries one call in STRIDE; WIZARD_FAULTS=all tries each (FAULTS.md has the figures).
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from pyrage import x25519  # type: ignore[import-untyped]

from tests.cli.conftest import Machine, machine_in
from tests.fault_injection import FAULTS, KILL, run_with_fault
from wizard.secrets.age_store import AgeStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.any_python  # the calls are ours

STRIDE = 1 if os.environ.get("WIZARD_FAULTS") == "all" else 23
KEY, NEW_KEY, PLAIN = "sk-canary-of-mine-0123456789", "sk-canary-of-mine-9876543210", "sk-canary-of-other-0123456789"
ENTRY = {"type": "openai-compat", "base_url": "https://llm.mine.example/v1", "models": [{"id": "m-1"}, {"id": "m-2"}]}
CONFIG = {
    "providers": {"mine": {**ENTRY, "api_key": "$MINE_KEY"}, "other": {**ENTRY, "api_key": PLAIN}},
    "models": {"large": {"provider": "mine", "model": "m-1"}},
}
PROFILE = f"""\
profile = 1
[providers.team]
type = "openai-compat"
base_url = "https://llm.team.example/v1"
api_key = "$TEAM_KEY"
[[providers.team.models]]
id = "t-1"
[values]
TEAM_KEY = "{NEW_KEY}"
"""
COMMANDS = {
    "add": (("add-provider", "groq", "--yes", "--no-test", "--api-key-stdin"), NEW_KEY),
    "edit": (("edit-provider", "mine", "--api-key-stdin", "--name", "Mine", "--no-test", "--yes"), NEW_KEY),
    "remove": (("remove-provider", "mine", "--forget-secret", "--yes"), ""),
    "use": (("use", "small", "mine/m-2", "--yes"), ""),
    "add a model": (("models", "mine", "--add", "m-3", "--yes"), ""),
    "set a secret": (("secret", "set", "MINE_KEY", "--stdin"), NEW_KEY),
    "remove a secret": (("secret", "remove", "MINE_KEY", "--force", "--yes"), ""),
    "adopt": (("secret", "adopt", "--yes"), ""),
    "convert": (("convert", "--to", "crushrc", "--yes"), ""),
    "import": (("import", "-", "--yes"), PROFILE),
    "make a profile": (("profile", "create", "new", "--copy"), ""),
    "rename a profile": (("profile", "rename", "client", "acme"), ""),
    "remove a profile": (("profile", "remove", "client", "--yes"), ""),
    "undo": (("undo", "--yes"), ""),
}
State = tuple[dict[str, bytes], dict[str, str]]
"""The files of Crush, those of profiles, and the secrets, without the values that are kept for undo."""


def state_of(machine: Machine) -> State:
    above = machine.home / ".config"
    places = (*(above / "crush").iterdir(), *(above / "crush-wizard" / "profiles").glob("[a-z]*/*"))
    files = {str(path.relative_to(above)): path.read_bytes() for path in sorted(places)}
    store = AgeStore(machine.home / ".local" / "state" / "crush-wizard" / "secrets")
    names = [name for name in store.names() if "@" not in name]
    return files, store.get_many(names)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Machine, Path]:
    """Somebody with two providers, a stored key and one in plain text, a profile, and an older change; and a copy of
    that home.
    """
    above = tmp_path_factory.mktemp("owner")
    machine = machine_in(above)
    machine.write_config(json.dumps(CONFIG))
    assert machine.run("secret", "set", "MINE_KEY", "--stdin", "--store", "file", stdin=KEY).code == 0
    assert machine.run("profile", "create", "client").code == 0
    assert machine.run("secret", "set", "MINE_KEY", "--stdin", "--profile", "client", stdin=NEW_KEY).code == 0
    assert machine.run("use", "small", "mine/m-1", "--yes").code == 0
    shutil.copytree(machine.home, above / "saved", symlinks=True)
    return machine, above / "saved"


@pytest.fixture
def owner(places: tuple[Machine, Path]) -> Machine:
    restore(*places)
    return places[0]


def restore(machine: Machine, saved: Path) -> None:
    shutil.rmtree(machine.home)
    shutil.copytree(saved, machine.home, symlinks=True)


def litter(machine: Machine) -> list[str]:
    found = [path.name for path in machine.home.rglob("*")]
    return [name for name in found if name.startswith(".crush-wizard-") or name.endswith((".begun", ".undoing"))]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", FAULTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_all_or_nothing(
    owner: Machine,
    places: tuple[Machine, Path],
    tmp_path: Path,
    command: str,
    what: str | int,
    record_property: Callable[[str, object], None],
) -> None:
    arguments, stdin = COMMANDS[command]
    before = state_of(owner)
    done = owner.run(*arguments, stdin=stdin)
    assert done.code == 0, done.err
    wanted = state_of(owner)
    assert wanted != before
    number, is_over, came_to = (len(command) + len(str(what))) % STRIDE, False, Counter[str]()
    while not is_over:
        restore(*places)
        ended = run_with_fault(owner, arguments, stdin, what, number, tmp_path / "notes.json")
        where = f"call {number}, {what}: {ended}"
        seen = owner.run("list")
        assert seen.code == 0, f"{where}: {seen.err}"
        now = state_of(owner)
        assert now in (before, wanted), where
        assert litter(owner) == [], where
        came_to["nothing was done" if now == before else "all was done"] += ended.struck
        if ended.code is not None:
            assert now == (wanted if ended.code == 0 else before), where
        if command != "undo":
            if now == before:
                again = owner.run(*arguments, stdin=stdin)
                assert (again.code, state_of(owner)) == (0, wanted), f"{where}: {again.err}"
            if command != "adopt":  # which never brings a key back into a file
                back = owner.run("undo", "--yes")
                assert (back.code, state_of(owner)) == (0, before), f"{where}: {back.err}"
        number += STRIDE
        is_over = not ended.struck
    for outcome, count in came_to.items():
        record_property(outcome, count)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", FAULTS)
def test_an_export_is_whole_or_not_there_and_nothing_lies_beside_it(
    owner: Machine, tmp_path: Path, what: str | int, record_property: Callable[[str, object], None]
) -> None:
    """In a folder that no other command looks into. What is being written is sealed, and for its owner alone. Each
    call is tried: there are few.
    """
    folder = owner.home / "elsewhere"
    folder.mkdir()
    profile, recipient = folder / "all.age", str(x25519.Identity.generate().to_public())
    command = ("export", str(profile), "--skip-literals", "--with-secrets", "--recipient", recipient)
    number, is_over, left_behind, came_to = 0, False, 0, Counter[str]()
    while not is_over:
        ended = run_with_fault(owner, command, "", what, number, tmp_path / "notes.json")
        where = f"call {number}, {what}: {ended}"
        for path in folder.iterdir():
            assert path.stat().st_mode & 0o777 == 0o600, where
            assert KEY.encode() not in path.read_bytes(), where
            left_behind += path != profile
        assert owner.run("paths").code == 0, where
        assert [path.name for path in folder.iterdir()] in ([], [profile.name]), where
        assert not list((owner.home / ".local" / "state" / "crush-wizard" / "writing").glob("*")), where
        if ended.code is not None:
            assert profile.exists() == (ended.code == 0), where
        came_to["all was done" if profile.exists() else "nothing was done"] += ended.struck
        if profile.exists():
            assert profile.read_text().rstrip().endswith("END AGE ENCRYPTED FILE-----"), where
            profile.unlink()
        number += 1
        is_over = not ended.struck
    assert bool(left_behind) == (what == KILL)
    for outcome, count in came_to.items():
        record_property(outcome, count)

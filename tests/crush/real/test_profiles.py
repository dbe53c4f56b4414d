"""A real Crush in each of two profiles: what it sends, and where it writes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests import program
from tests.canary import CANARY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.crush.real.internet import Internet
    from tests.crush.real.program import RealCrush

NAME = "CORP_API_KEY"
PLAIN = f"${NAME}"
LOOKUP = f"${{{NAME}:-$(crush-wizard secret get {NAME})}}"
KEYS = {"none": f"{CANARY}-shared", "work": f"{CANARY}-work", "home": f"{CANARY}-home"}


def config(host: str, key: str) -> str:
    models = [{"id": "m", "name": "M"}]
    entry = {"type": "openai-compat", "base_url": f"https://{host}/v1", "api_key": key, "models": models}
    chosen = {"provider": "corp", "model": "m"}
    return json.dumps({"providers": {"corp": entry}, "models": {"large": chosen, "small": chosen}})


def wizard(crush: RealCrush, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> str:
    environ = {**crush.environ, **program.IMPORTS, "WIZARD_MODEL_SERVERS": "", **(env or {})}
    done = program.run_alone(arguments, stdin, crush.home, environ)
    assert done.code == 0, done.err
    return done.out + done.err


def set_up(crush: RealCrush, key: str) -> None:
    """A configuration and a key of no profile, and of two."""
    crush.config_file.parent.mkdir(parents=True)
    crush.config_file.write_text(config("none.example", key))
    wizard(crush, "secret", "set", NAME, "--stdin", "--store", "file", stdin=KEYS["none"])
    for name in ("work", "home"):
        wizard(crush, "profile", "create", name)
        folder = crush.home / ".config" / "crush-wizard" / "profiles" / name
        (folder / "crush.json").write_text(config(f"{name}.example", key))
        wizard(crush, "secret", "set", NAME, "--stdin", "--profile", name, stdin=KEYS[name])


def path_with_wizard(crush: RealCrush, folder: Path) -> str:
    folder.mkdir()
    script = folder / "crush-wizard"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m wizard "$@"\n')
    script.chmod(0o755)
    return f"{folder}:{crush.environ['PATH']}"


def sent(internet: Internet) -> set[tuple[str, Any]]:
    """Host and key of each request for an answer."""
    chats = (request for request in internet.seen if request.is_chat)
    return {(request.url.split("/")[2].partition(":")[0], request.headers.get("authorization")) for request in chats}


@pytest.mark.parametrize("key", [PLAIN, LOOKUP])
def test_each_sends_its_own_key_to_its_own_host(key: str, crush: RealCrush, internet: Internet, tmp_path: Path) -> None:
    set_up(crush, key)
    path = {"PATH": path_with_wizard(crush, tmp_path / "bin")}
    for name, value in KEYS.items():
        internet.forget()
        wizard(crush, "run", "--profile", name, "--", str(crush.program), "run", "--quiet", "hello", env=path)
        assert sent(internet) == {(f"{name}.example", f"Bearer {value}")}


def test_a_crush_that_was_not_started_in_the_profile_gets_none_of_its_keys(
    crush: RealCrush, internet: Internet, tmp_path: Path
) -> None:
    set_up(crush, LOOKUP)
    wizard(crush, "profile", "use", "work")
    path = {"PATH": path_with_wizard(crush, tmp_path / "bin"), **program.IMPORTS}
    outside = type(crush)(crush.program, crush.home, {**crush.env, **path}, internet)
    outside.ask()
    assert sent(internet) == {("none.example", f"Bearer {KEYS['none']}")}


def test_what_crush_writes_stays_in_the_profile(crush: RealCrush) -> None:
    set_up(crush, PLAIN)
    data = crush.home / ".local" / "state" / "crush-wizard" / "profile-data" / "work"
    assert "work.example" not in wizard(crush, "run", "--", str(crush.program), "dirs")
    dirs = wizard(crush, "run", "--profile", "work", "--", str(crush.program), "dirs")
    assert str(data) in dirs
    assert str(crush.home / ".config" / "crush-wizard" / "profiles" / "work") in dirs
    assert str(crush.config_file.parent) not in dirs.splitlines()

"""A new machine with no Crush, with an old one, with one that reads a crushrc, with the newest: what it gets, and that
Crush loads it.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests import program
from tests.conftest import NO_SERVERS
from tests.crush.real.program import PLAIN_PATH, VARIABLE, find_programs
from wizard.crush.program import parse_version
from wizard.provider.milestones import missing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crush.real.internet import Internet
    from tests.crush.real.program import RealCrush
    from tests.program import Finished

KEY = "key-of-nobody-0123456789"
GATEWAY = (
    *("add-provider", "openai-compatible", "--id", "gw", "--base-url", "https://gw.example/v1"),
    *("--api-key-env", "GW_KEY", "--model", "g-1", "--model", "g-2", "--small", "g-2", "--no-test", "--yes"),
)
WITHOUT = {"PATH": program.SYSTEM_PATH, "WIZARD_OFFLINE": "1", **NO_SERVERS, **program.LOCALE, **program.IMPORTS}
KINDS = ("no Crush", "from before 0.88", "from 0.88 on, but not the newest", "the newest")


@cache
def programs() -> dict[str, Path]:
    """By kind, as far as they are here: the newest comes first."""
    newest, others = find_programs()[:1], find_programs()[1:]
    old = tuple(path for path in others if missing(_version(path), "crushrc"))
    later = tuple(path for path in others if path not in old)
    return {kind: found[0] for kind, found in zip(KINDS, (newest, old, later, newest), strict=True) if found}


def _version(path: Path) -> tuple[int, int, int] | str | None:
    told = subprocess.run([path, "--version"], env={"PATH": PLAIN_PATH}, capture_output=True, text=True, check=True)
    return parse_version(told.stdout)


@pytest.mark.parametrize("format_", ["auto", "json", "crushrc"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_setup_and_add_provider_write_is_loaded(
    kind: str, format_: str, crush: RealCrush, internet: Internet, tmp_path: Path
) -> None:
    if kind not in programs():
        pytest.skip(f"needs a real Crush {kind}, named by {VARIABLE} after the newest")
    crush = replace(crush, program=programs()[kind], env={"DEEPSEEK_API_KEY": KEY, "GW_KEY": KEY})
    folder = crush.config_file.parent

    def wizard(*arguments: str) -> Finished:
        path = program.SYSTEM_PATH if kind == "no Crush" else f"{tmp_path / 'programs'}:{program.SYSTEM_PATH}"
        return program.run(arguments, "", crush.home, {**WITHOUT, "HOME": str(crush.home), **crush.env, "PATH": path})

    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "crush").symlink_to(crush.program)
    done = wizard("setup", "--yes", "--format", format_)
    if (kind, format_) == ("from before 0.88", "crushrc"):
        assert done.code == 4
        assert "does not read a crushrc: that needs 0.88.0 or later" in done.err
        assert not folder.exists()
        return
    assert done.code == 0, done.err
    assert crush.models().of("deepseek") == ("deepseek-v4-flash", "deepseek-v4-pro")
    assert _asked(crush, internet) == ["api.deepseek.com deepseek-v4-pro", "api.deepseek.com deepseek-v4-flash"]
    done = wizard(*GATEWAY)
    assert done.code == 0, done.err
    assert crush.models().of("gw") == ("g-1", "g-2")
    assert _asked(crush, internet) == ["api.deepseek.com deepseek-v4-pro", "gw.example g-2"]
    assert "models" not in crush.remembered(), "Crush has taken another model, and keeps it"
    is_json = {"json": True, "crushrc": False, "auto": kind in ("no Crush", "from before 0.88")}[format_]
    assert [path.name for path in folder.iterdir()] == ["crush.json" if is_json else "crushrc"]


def _asked(crush: RealCrush, internet: Internet) -> list[str]:
    """Where the large and the small model are asked."""
    assert crush.ask() == ""
    return [f"{sent.url.split('/')[2]} {sent.body['model']}" for sent in (*internet.chats(), *internet.titles())]

"""A crush.json that could be a crushrc: an info, where `convert` would move all of it and it is the user's to move."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wizard.documents.crushrc import syntax

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

MODEL = {"id": "m1", "name": "One", "context_window": 9000, "default_max_tokens": 900}
CONFIG: dict[str, Any] = {
    "$schema": "https://charm.land/crush.json",
    "models": {slot: {"provider": "a", "model": "m1"} for slot in ("large", "small")},
    "providers": {"a": {"base_url": "https://llm.example/v1", "api_key": "$A_KEY", "models": [MODEL]}},
    "options": {"debug": False},
}


def codes(machine: Machine, **given: Any) -> list[str]:
    done = machine.run("doctor", "--json", **given)
    assert done.code == 0, done.out
    return [one["code"] for one in done.json["data"]["findings"]]


def write(machine: Machine, **more: Any) -> None:
    machine.write_config(json.dumps(CONFIG | more, indent=2))
    machine.config.chmod(0o600)


@pytest.mark.parametrize(("version", "is_told"), [("0.87.0", False), ("0.88.0", True), ("devel", True)])
def test_it_is_told_to_whoever_has_a_crush_for_it_until_it_is_converted(
    doctor: Machine, version: str, is_told: bool
) -> None:
    write(doctor)
    doctor.install_crush(version)
    doctor.env["PATH"] += f":{doctor.home / 'bin'}"
    done = doctor.run("doctor")
    told = """\
info V3 all of it could be in a crushrc, the format that gets Crush's new options
  ~/.config/crush/crush.json
  hint: convert it (the change is shown first): crush-wizard convert --to crushrc
"""
    assert (done.code, done.out) == (0, told if is_told else "")
    assert "--fix" not in done.err
    if is_told:
        assert doctor.run("doctor", "--fix", "--yes").code == 0
        assert doctor.run("convert", "--to", "crushrc", "--yes").code == 0
        assert codes(doctor) == []


def test_it_is_not_told_where_something_speaks_against_it(
    doctor: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctor.install_crush("0.88.0")
    doctor.env["PATH"] += f":{doctor.home / 'bin'}"
    write(doctor, env={"A": "b"})
    assert codes(doctor) == [], "a crushrc has no word for it"
    write(doctor)
    with monkeypatch.context() as patch:
        patch.setattr(syntax, "find_parser", lambda: None)
        assert codes(doctor) == [], "nothing here can write a crushrc"
    settings = doctor.home / ".config" / "crush-wizard" / "settings.toml"
    settings.parent.mkdir()
    settings.write_text('format = "json"\n')
    assert codes(doctor) == [], "who wants a crush.json has one"
    settings.unlink()
    source = doctor.home / ".local" / "share" / "chezmoi" / "dot_config" / "crush" / "crush.json"
    source.parent.mkdir(parents=True)
    source.write_text("{}")
    assert codes(doctor) == [], "chezmoi makes it"
    source.unlink()
    assert codes(doctor) == ["V3"]
    twice = doctor.config.read_text()
    doctor.config.write_text(twice.replace("{", '{"providers": {}, ', 1))
    found = doctor.run("doctor", "--json").json["data"]["findings"]
    assert {"D27"} <= {one["code"] for one in found} - {"V3"}, "what convert refuses, other checks tell"
    doctor.config.write_text(twice)
    doctor.config.rename(tmp_path / "mine.json")
    doctor.config.symlink_to(tmp_path / "mine.json")
    assert codes(doctor) == [], "it is in a folder of dotfiles"
    doctor.config.unlink()
    project = doctor.home / "project"
    project.mkdir()
    (project / "crush.json").write_text(json.dumps(CONFIG))
    told = doctor.run("doctor", "--json", cwd=project).json["data"]["findings"]
    assert {one["code"] for one in told} == {"T1"}, "the team may have an older Crush"

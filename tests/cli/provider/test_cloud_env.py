"""The variables of a cloud in the config's own `env`: set, changed and taken away, whichever file has the provider."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.conftest import machine_in

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine

VERTEX = ("add-provider", "vertexai", "--yes", "--set", "project=p1", "--set", "location=global")
PLACED = {"VERTEXAI_PROJECT": "p1", "VERTEXAI_LOCATION": "global"}
BEDROCK = ("add-provider", "bedrock", "--yes", "--set", "profile=work")


def env_of(machine: Machine) -> Any:
    return json.loads(machine.config.read_text(encoding="utf-8")).get("env")


def write_crushrc(machine: Machine, text: str) -> None:
    machine.config.parent.mkdir(parents=True)
    machine.config.with_name("crushrc").write_text(text, encoding="utf-8")


def test_what_a_crushrc_can_not_set_is_set_beside_it_and_goes_with_the_provider(machine: Machine) -> None:
    write_crushrc(machine, "option debug true\n")
    done = machine.run(*VERTEX)
    assert done.code == 0, done.err
    assert "VERTEXAI_PROJECT and VERTEXAI_LOCATION: set in ~/.config/crush/crush.json, because a crushrc" in done.err
    assert env_of(machine) == PLACED
    assert [one["status"] for one in machine.run("list", "--json").json["data"]["providers"]] == ["ready"]
    assert machine.run("edit-provider", "vertexai", "--yes", "--set", "project=p2").code == 0
    assert env_of(machine) == {**PLACED, "VERTEXAI_PROJECT": "p2"}
    before = machine.snapshot()
    removed = machine.run("remove-provider", "vertexai", "--yes")
    assert "VERTEXAI_PROJECT and VERTEXAI_LOCATION in `env`: also removed" in removed.err
    assert not machine.config.exists()
    assert machine.run("undo", "--yes").code == 0
    after = machine.snapshot()
    assert {name: it for name, it in after.items() if "/crush/" in name} == {
        name: it for name, it in before.items() if "/crush/" in name
    }


def test_a_crushrc_that_was_asked_for_says_what_the_slots_wait_for(machine: Machine) -> None:
    done = machine.run(*VERTEX, "--format", "crushrc")
    assert done.code == 0, done.err
    assert (
        "a crushrc can't set VERTEXAI_PROJECT and VERTEXAI_LOCATION for Crush: export VERTEXAI_PROJECT=p1 " in done.err
    )
    waits = "once you export VERTEXAI_PROJECT and VERTEXAI_LOCATION"
    assert f"large model: vertexai/gemini-3.1-pro-preview, {waits}; small model: vertexai/" in done.err
    assert not machine.config.exists()
    edited = machine.run("edit-provider", "vertexai", "--yes", "--format", "crushrc", "--set", "project=p2")
    assert edited.code == 4
    assert "export VERTEXAI_PROJECT=p2 in your shell" in edited.err
    exported = machine.run(*VERTEX, "--format", "crushrc", "--replace", env=PLACED)
    assert "export" not in exported.err


@pytest.mark.parametrize(
    "other",
    [
        {"mcp": {"aws": {"type": "stdio", "command": "aws-mcp"}}},
        {"options": {"context_paths": ["/srv/$AWS_PROFILE"]}},
        {"providers": {"bedrock-europe": {"disable_models": []}}},
    ],
)
def test_a_variable_that_something_else_may_need_stays(machine: Machine, other: dict[str, Any]) -> None:
    machine.write_config(json.dumps(other))
    assert machine.run(*BEDROCK).code == 0
    assert env_of(machine) == {"AWS_PROFILE": "work"}
    assert machine.run("remove-provider", "bedrock", "--yes").code == 0
    assert env_of(machine) == {"AWS_PROFILE": "work"}


def test_only_its_own_variables_go_and_undo_brings_them_back(machine: Machine) -> None:
    machine.write_config('{"env": {"EDITOR": "vi"}}')
    assert machine.run(*BEDROCK).code == 0
    before = machine.config.read_bytes()
    removed = machine.run("remove-provider", "bedrock", "--yes")
    assert "no model is left" in removed.err
    assert env_of(machine) == {"EDITOR": "vi"}
    assert machine.run("undo", "--yes").code == 0
    assert machine.config.read_bytes() == before


# On another machine


@pytest.fixture
def other(tmp_path: Path) -> Machine:
    (tmp_path / "other").mkdir()
    return machine_in(tmp_path / "other")


def exported(machine: Machine, tmp_path: Path) -> str:
    """A profile with Bedrock and Vertex AI."""
    assert machine.run(*BEDROCK).code == 0
    assert machine.run(*VERTEX).code == 0
    file = tmp_path / "clouds.toml"
    done = machine.run("export", str(file))
    assert done.code == 0, done.err
    return str(file)


def test_a_profile_brings_the_settings_of_its_clouds(machine: Machine, other: Machine, tmp_path: Path) -> None:
    file = exported(machine, tmp_path)
    assert other.run("import", file, "--yes").code == 0
    assert env_of(other) == {"AWS_PROFILE": "work", **PLACED}
    statuses = {one["id"]: one["status"] for one in other.run("list", "--json").json["data"]["providers"]}
    assert statuses["vertexai"] == "ready"
    assert other.run("import", file, "--check").code == 0
    only = machine.run("export", "-", "--provider", "vertexai").out
    assert "VERTEXAI_PROJECT" in only
    assert "AWS_PROFILE" not in only


def test_what_is_set_here_stays_unless_it_is_replaced(machine: Machine, other: Machine, tmp_path: Path) -> None:
    file = exported(machine, tmp_path)
    other.write_config('{"env": {"AWS_PROFILE": "mine"}}')
    done = other.run("import", file, "--yes")
    assert "AWS_PROFILE stays mine, as it is set here; the profile has work" in done.err
    assert env_of(other) == {"AWS_PROFILE": "mine", **PLACED}
    assert other.run("import", file, "--yes", "--on-conflict", "replace").code == 0
    assert env_of(other)["AWS_PROFILE"] == "work"


def test_beside_a_crushrc_they_are_in_a_crush_json(machine: Machine, other: Machine, tmp_path: Path) -> None:
    file = exported(machine, tmp_path)
    write_crushrc(other, "option debug true\n")
    assert other.run("import", file, "--yes").code == 0
    assert json.loads(other.config.read_text(encoding="utf-8")).keys() == {"$schema", "env"}
    told = other.run("import", file, "--yes", "--format", "crushrc").err
    assert "export" not in told
    third = other.run("import", file, "--yes", "--file", str(other.home / "crushrc")).err
    assert "export VERTEXAI_PROJECT=p1 VERTEXAI_LOCATION=global" in third


def test_what_only_this_machine_can_tell_is_left_out(machine: Machine) -> None:
    machine.write_config('{"providers": {"bedrock": {}}, "env": {"AWS_PROFILE": "$TEAM-aws", "LD_PRELOAD": "/x"}}')
    done = machine.run("export", "-")
    assert "left out: env: AWS_PROFILE: it depends on this machine" in done.err
    assert "env" not in done.out

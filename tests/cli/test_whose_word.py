"""Whose word counts about a model: what one command writes, no other one calls wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wizard.flow.preset_library import SHIPPED, load_shipped

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from wizard.flow.preset import Preset

LIVE = {"WIZARD_OFFLINE": ""}
WANTED = {"azure": ("--set", "resource=my-res", "--set", "deployment=gpt-5.4,team:gpt-5.6-sol")}
"""What a preset can't do without."""
CLOUD = [preset for preset in map(load_shipped, SHIPPED) if not preset.custom and not preset.local]


def ways(preset: Preset) -> list[tuple[str, ...]]:
    """The default, and each of its regions and plans."""
    wanted = WANTED.get(preset.id, ())
    chosen = [f"{one.key}={choice.value}" for one in preset.questions for choice in one.choices]
    return [wanted, *((*wanted, "--set", one) for one in chosen)]


WAYS = [(preset.id, way) for preset in CLOUD for way in ways(preset)]
every_preset = pytest.mark.parametrize(("preset_id", "way"), WAYS, ids=[" ".join((one, *way)) for one, way in WAYS])


def check(machine: Machine, **env: str) -> None:
    """Nobody finds fault with the models of the one provider that is there."""
    (provider,) = machine.entries
    shown = machine.run("models", provider, "--json", env=env)
    assert [one["differences"] for one in shown.json["data"]["models"] if one["differences"]] == []
    before = machine.config.read_bytes()
    refreshed = machine.run("models", provider, "--refresh", "--yes", "--json", env=env)
    assert (refreshed.code, refreshed.json["data"]["applied"]) == (0, False)
    assert machine.config.read_bytes() == before
    examined = machine.run("doctor", "--offline", "--json", env=env)
    codes = {one["code"] for one in examined.json["data"]["findings"]}
    assert not codes & {"C1", "C2", "C3", "C4", "C5", "C6", "D3"}


def set_keys(machine: Machine) -> None:
    for preset in CLOUD:
        names = (preset.key.env, *(choice.env for one in preset.questions for choice in one.choices))
        machine.env.update({name: "sk-made-up-1234567890" for name in names if name})


@every_preset
def test_what_was_just_written_is_right(machine: Machine, preset_id: str, way: tuple[str, ...]) -> None:
    set_keys(machine)
    assert machine.run("add-provider", preset_id, *way, "--yes").code == 0
    check(machine)

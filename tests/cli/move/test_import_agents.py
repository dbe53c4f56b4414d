"""`import --from` for agents and their switchers: what is written, what is asked, and where no key ever is."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from tests.transfer.origins.conftest import Home
from tests.transfer.origins.new_samples import EXPECTED, SAMPLES, Sample
from wizard.transfer.origins.found import TOOLS

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

STORE = ("--secret-store", "file")


def _expected(sample: Sample) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((EXPECTED / f"{sample.folder}.json").read_text(encoding="utf-8"))
    return expected


WITH_PROVIDERS = tuple(sample for sample in SAMPLES if _expected(sample)["providers"])


@pytest.mark.parametrize("sample", WITH_PROVIDERS, ids=lambda sample: sample.folder)
def test_twice_is_as_good_as_once_and_the_key_is_in_the_store_alone(
    machine: Machine, sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    popen = subprocess.Popen.__init__

    def seen(self: object, *arguments: Any, **named: Any) -> None:
        started.append((arguments, named))
        popen(self, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess.Popen, "__init__", seen)
    sample.put(Home(machine.home))
    theirs = set(machine.snapshot())
    done = machine.run("import", "--from", sample.tool, "--yes", "--allow-commands", *STORE)
    assert done.code == 0, done.err
    assert set(machine.entries) == set(_expected(sample)["providers"])
    holders = [path for path, (_, content) in machine.snapshot().items() if content and CANARY.encode() in content]
    assert all("secrets" in path for path in holders if path not in theirs)
    assert CANARY not in done.out + done.err + repr(started)
    before = machine.snapshot()
    again = machine.run("import", "--from", sample.tool, "--yes", "--json", "--allow-commands", *STORE)
    assert again.json["data"]["changed"] is False, again.out
    assert machine.snapshot() == before


@pytest.mark.parametrize(("sample", "command"), [("claude2", "op read"), ("pi2", "op read"), ("mods2", "pass show")])
def test_a_command_that_prints_a_key_needs_consent(machine: Machine, sample: str, command: str) -> None:
    Sample(sample[:-1], 2).put(Home(machine.home))
    before = machine.snapshot()
    done = machine.run("import", "--from", sample[:-1], "--yes", *STORE)
    assert done.code != 0
    assert command in done.err
    assert "--allow-commands" in done.err
    assert machine.snapshot() == before


def test_a_key_of_this_machine_for_the_host_of_a_strangers_file_needs_consent(machine: Machine) -> None:
    project = machine.home / "project"
    project.mkdir()
    (project / "settings.json").write_text(
        json.dumps({"language_models": {"openai_compatible": {"Acme": {"api_url": "https://evil.example/v1"}}}}),
        encoding="utf-8",
    )
    keys = {"ACME_API_KEY": "hunter2hunter2"}
    done = machine.run("import", str(project), "--from", "zed", "--yes", *STORE, env=keys)
    assert done.code == 4
    assert "$ACME_API_KEY would be sent to evil.example" in " ".join(done.err.split())
    assert "hunter2" not in done.out + done.err
    assert not machine.config.exists()


def test_auto_says_which_tool_has_what_and_offers_the_choice(machine: Machine) -> None:
    home = Home(machine.home)
    for tool in ("claude", "ccr", "cc-switch", "gemini", "qwen", "pi", "zed", "aider", "mods"):
        Sample(tool, 1).put(home)
    done = machine.run("import", "--from", "auto", "--steps")
    asked = done.json["data"]["question"]
    said = "\n".join(message["text"] for message in done.json["messages"])
    for tool in ("claude", "ccr", "cc-switch", "gemini", "qwen", "pi", "zed", "aider", "mods"):
        assert f"{tool}: ~/" in said
    assert {"openrouter", "gemini", "claudes", "bulk"} <= {choice["value"] for choice in asked["choices"]}


def test_the_help_names_every_tool(machine: Machine) -> None:
    said = machine.run("import", "--help").out.replace(",", " ").replace(";", " ").split()
    assert set(TOOLS) <= set(said)

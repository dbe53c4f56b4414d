"""A crushrc that takes its values from the environment, as Crush's own documents have it: all commands know them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

FORMS = ("{}", '"{}"')
"""Unquoted and quoted."""


def written(machine: Machine, form: str) -> Path:
    key, url = form.format("$WORK_KEY"), form.format("${WORK_URL:-https://llm.example}/v1")
    script = machine.config.with_name("crushrc")
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(
        f"# mine\nprovider add work --api-key {key} --base-url {url} --extra-header X-Team {form.format('$TEAM')}\n"
        "model add work/m --context-window 128000 --default-max-tokens 4096\nmodel large work/m\nmodel small work/m\n",
        encoding="utf-8",
    )
    return script


ENV = {"WORK_KEY": CANARY, "TEAM": "platform"}


@pytest.mark.parametrize("form", FORMS)
def test_list_and_show(machine: Machine, form: str) -> None:
    written(machine, form)
    listed = machine.run("list", "--json", env=ENV).json["data"]
    (provider,) = listed["providers"]
    assert (provider["status"], provider["host"], provider["models"][0]["id"]) == ("ready", "llm.example", "m")
    assert provider["key"] == {"kind": "placeholder", "name": "WORK_KEY", "found": "environment"}
    assert (listed["fatal"], listed["problems"], listed["uncertain"]) == ([], [], [])
    shown = machine.run("show", "work", env=ENV).out
    assert "$WORK_KEY" in shown
    assert "${WORK_URL:-https://llm.example}/v1" in shown
    assert CANARY not in shown


@pytest.mark.parametrize("form", FORMS)
def test_doctor(machine: Machine, form: str) -> None:
    written(machine, form)
    findings = machine.run("doctor", "--json", env=ENV).json["data"]["findings"]
    assert not [finding["code"] for finding in findings if finding["code"][0] in "FW"]
    assert "D10" not in {finding["code"] for finding in findings}, "a key that is in the environment is not in the file"


def test_doctor_and_list_say_what_ends_crush(machine: Machine) -> None:
    script = written(machine, "{}")
    (fatal,) = machine.run("list", "--json").json["data"]["fatal"]
    findings = machine.run("doctor", "--json").json["data"]["findings"]
    (finding,) = [found for found in findings if found["code"][0] == "F"]
    assert fatal["code"] == finding["code"] == "F6"
    assert (fatal["path"], fatal["line"]) == (finding["path"], finding["line"]) == (str(script), 2)
    assert fatal["message"] == finding["message"]
    assert finding["cure"] == "$WORK_KEY is not a single word here: put it in double quotes, or set it"


def test_doctor_tells_a_variable_that_is_not_set(machine: Machine) -> None:
    written(machine, '"{}"')
    findings = machine.run("doctor", "--json", env={"WORK_KEY": CANARY + "\n"}).json["data"]["findings"]
    found = {finding["message"] for finding in findings if finding["code"] == "D13"}
    assert "its header `X-Team` needs TEAM, which is not set: the header is left out" in found
    assert "the variable WORK_KEY begins or ends with a line end, which Crush also sends" in found


@pytest.mark.parametrize("form", FORMS)
def test_test_sends_what_crush_would(machine: Machine, form: str) -> None:
    written(machine, form)
    done = machine.run("test", "work", "--curl", env=ENV)
    assert "https://llm.example/v1/models" in done.out, done.err
    assert "$WORK_KEY" in done.out
    assert CANARY not in done.out + done.err


@pytest.mark.parametrize("form", FORMS)
def test_export(machine: Machine, form: str) -> None:
    written(machine, form)
    done = machine.run("export", env=ENV)
    entry = tomllib.loads(done.out)["providers"]["work"]
    assert entry["api_key"] == "$WORK_KEY"
    assert entry["base_url"] == "${WORK_URL:-https://llm.example}/v1"
    assert entry["extra_headers"] == {"X-Team": "$TEAM"}
    assert CANARY not in done.out + done.err


@pytest.mark.parametrize("form", FORMS)
def test_edit_leaves_the_words_as_they_are(machine: Machine, form: str) -> None:
    script = written(machine, form)
    before = script.read_text(encoding="utf-8")
    done = machine.run("edit-provider", "work", "--name", "Work", "--no-test", "--yes", env=ENV)
    assert done.code == 0, done.err
    after = script.read_text(encoding="utf-8")
    gone = [line for line in before.splitlines() if line not in after.splitlines()]
    assert gone in ([], [before.splitlines()[1]])
    assert f"--api-key {form.format('$WORK_KEY')} " in after
    assert CANARY not in after
    (provider,) = machine.run("list", "--json", env=ENV).json["data"]["providers"]
    assert (provider["name"], provider["status"]) == ("Work", "ready")


@pytest.mark.parametrize("form", FORMS)
def test_models(machine: Machine, form: str) -> None:
    script = written(machine, form)
    assert "m" in machine.run("models", "work", env=ENV).out.split()
    done = machine.run("models", "work", "--add", "n", "--yes", env=ENV)
    assert done.code == 0, done.err
    assert script.read_text(encoding="utf-8").splitlines()[1].endswith(f"X-Team {form.format('$TEAM')}")
    (provider,) = machine.run("list", "--json", env=ENV).json["data"]["providers"]
    assert [model["id"] for model in provider["models"]] == ["m", "n"]


@pytest.mark.parametrize("form", FORMS)
def test_run_hands_the_keys_out(machine: Machine, form: str) -> None:
    written(machine, form)
    stored = machine.run("secret", "set", "WORK_KEY", "--stdin", "--store", "file", stdin=CANARY)
    assert stored.code == 0, stored.err
    done = machine.run_alone("run", "--", "printenv", "WORK_KEY", env={"TEAM": "t"})
    assert done.out.strip() == CANARY, done.err
    (provider,) = machine.run("list", "--json", env={"TEAM": "t"}).json["data"]["providers"]
    assert provider["status"] == "ready"
    assert provider["key"] == {"kind": "placeholder", "name": "WORK_KEY", "found": "file"}

"""What only running a crushrc would tell: refused with the place, not taken for a slip of the keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Machine

SOLID = "provider add solid --base-url https://s.example/v1 --api-key none\nmodel add solid/s1\n"
SOMETIMES = {
    "if": "if hostname | grep -q laptop; then\n  provider add acme --base-url https://a.example/v1\nfi\n",
    "function": "work() {\n  provider add acme --base-url https://a.example/v1\n}\nwork\n",
    "sourced": "true\nsource ~/acme.sh\n",
    "computed": 'true\nprovider add "$(id -un)" --base-url https://a.example/v1\n',
}
PROVIDER_COMMANDS = {
    "remove": ("remove-provider", "acme", "--yes"),
    "hide": ("hide", "acme", "--yes"),
    "unhide": ("unhide", "acme", "--yes"),
    "edit": ("edit-provider", "acme", "--name", "A", "--no-test", "--yes"),
    "models": ("models", "acme"),
    "add model": ("models", "acme", "--add", "m", "--yes"),
    "remove model": ("models", "acme", "--remove", "m", "--yes"),
    "show": ("show", "acme"),
    "test": ("test", "acme", "--curl"),
}


def placed(machine: Machine, text: str) -> Path:
    script: Path = machine.config.with_name("crushrc")
    script.parent.mkdir(parents=True)
    script.write_text(SOLID + text)
    (machine.home / "acme.sh").write_text("# whatever\n")
    return script


@pytest.mark.parametrize("form", SOMETIMES)
@pytest.mark.parametrize("command", PROVIDER_COMMANDS)
def test_a_provider_that_only_running_the_script_would_tell(machine: Machine, form: str, command: str) -> None:
    script = placed(machine, SOMETIMES[form])
    before = machine.snapshot()
    done = machine.run(*PROVIDER_COMMANDS[command], "--json")
    assert done.code == 4, done.err
    error = done.json["error"]
    assert (error["code"], error["path"], error["line"]) == ("conflict", str(script), 4)
    assert "can't tell whether there is a provider `acme`" in error["message"]
    assert "by hand" in error["hint"]
    assert machine.snapshot() == before


@pytest.mark.parametrize("command", ["remove", "edit", "add model"])
def test_a_built_in_provider_that_a_script_sometimes_changes(machine: Machine, command: str) -> None:
    script = placed(machine, SOMETIMES["if"].replace("acme", "groq"))
    words = [word.replace("acme", "groq") for word in PROVIDER_COMMANDS[command]]
    error = machine.run(*words, "--json").json["error"]
    assert (error["code"], error["path"], error["line"]) == ("conflict", str(script), 4)
    assert "by hand" in error["hint"]


@pytest.mark.parametrize("command", ["remove", "edit", "show"])
def test_a_provider_that_the_script_does_not_come_to_here(machine: Machine, command: str) -> None:
    script = placed(machine, SOMETIMES["if"].replace("hostname | grep -q laptop", "[[ $HOSTNAME == laptop ]]"))
    error = machine.run(*PROVIDER_COMMANDS[command], "--json").json["error"]
    assert (error["code"], error["path"], error["line"]) == ("conflict", str(script), 4)
    assert error["message"] == "the script does not reach the line that sets `acme` (inside `if`)"
    assert "by hand" in error["hint"]


def test_what_no_script_may_define_is_wrong_usage(machine: Machine) -> None:
    placed(machine, "if true; then model add solid/s2; exit 0; fi\n")
    for words in PROVIDER_COMMANDS.values():
        done = machine.run(*words)
        assert done.code == 2
        assert "there is no provider `acme`" in done.err


def test_what_was_perhaps_meant_is_said_all_the_same(machine: Machine) -> None:
    placed(machine, SOMETIMES["sourced"])
    error = machine.run("remove-provider", "solit", "--yes", "--json").json["error"]
    assert error["code"] == "conflict"
    assert "did you mean `solid`?" in error["hint"]


# Models


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("if grep -q x /etc/hosts; then\n  model add solid/s2\nfi\n", 4),
        ('model add "solid/$(id -un)"\n', 3),
        (SOMETIMES["sourced"], 4),
    ],
)
def test_a_model_that_only_running_the_script_would_tell_is_not_removed(machine: Machine, text: str, line: int) -> None:
    script = placed(machine, text)
    before = script.read_bytes()
    done = machine.run("models", "solid", "--remove", "s2", "--yes", "--json")
    assert done.code == 4, done.err
    error = done.json["error"]
    assert (error["code"], error["path"], error["line"]) == ("conflict", str(script), line)
    assert "whether solid has a model `s2`" in error["message"]
    assert "by hand" in error["hint"]
    assert script.read_bytes() == before


@pytest.mark.parametrize(
    "words", [("models", "solid", "--remove", "s9", "--yes"), ("use", "large", "solid/s9", "--yes")]
)
def test_a_model_that_no_script_may_add_is_wrong_usage(machine: Machine, words: tuple[str, ...]) -> None:
    placed(machine, "if true; then model add solid/s2; fi\n")
    assert machine.run(*words).code == 2


@pytest.mark.parametrize("chosen", ["solid/s2", "acme/m"])
def test_a_model_that_a_script_sometimes_adds_can_be_chosen_and_its_place_is_said(
    machine: Machine, chosen: str
) -> None:
    script = placed(machine, SOMETIMES["if"].replace("fi\n", "  model add solid/s2\n  model add acme/m\nfi\n"))
    done = machine.run("use", "large", chosen, "--yes")
    assert done.code == 0, done.err
    line = {"solid/s2": 5, "acme/m": 4}[chosen]
    said = f"can't tell whether there is {chosen} without running ~/.config/crush/crushrc:{line} (inside `if`)"
    assert said in " ".join(done.err.split())
    assert f"model large {chosen}" in script.read_text()


def test_a_model_that_perhaps_a_sourced_file_adds_is_not_chosen_blindly(machine: Machine) -> None:
    script = placed(machine, SOMETIMES["sourced"])
    done = machine.run("use", "large", "solid/s2", "--yes", "--json")
    error = done.json["error"]
    assert (done.code, error["path"], error["line"]) == (4, str(script), 4)
    assert "by hand" in error["hint"]


def test_convert_names_the_place_of_what_stays(machine: Machine) -> None:
    script = placed(machine, SOMETIMES["if"])
    done = machine.run("convert", "--to", "json", "--yes")
    assert done.code == 0, done.err
    assert "acme stays in ~/.config/crush/crushrc:4: inside `if`" in " ".join(done.err.split())
    assert SOMETIMES["if"] in script.read_text()

"""hide and unhide: which providers, what becomes of the slots, and a file that comes back as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wizard.documents.json.document import NEW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Machine

HIDDEN = {"disable": True, "api_key": "unused"}
WORK = {"base_url": "https://llm.work.example/v1", "api_key": "$WORK_KEY", "models": [{"id": "w-1", "name": "W"}]}
OFF = {"options": {"disable_default_providers": True}}


@pytest.fixture
def owner(machine: Machine) -> Machine:
    machine.env |= {"WORK_KEY": "w-key-0123", "GROQ_API_KEY": "g-key-0123"}
    machine.write_config(json.dumps({"providers": {"work": WORK}}, indent=2))
    return machine


def states(machine: Machine) -> dict[str, str]:
    return {provider["id"]: provider["status"] for provider in machine.run("list", "--json").json["data"]["providers"]}


def script_of(machine: Machine) -> Path:
    script = machine.config.with_name("crushrc")
    script.parent.mkdir(parents=True, exist_ok=True)
    return script


# Hiding


def test_a_provider_that_is_not_set_up_gets_a_dummy_key(owner: Machine) -> None:
    """Without one Crush forgets that it is hidden."""
    done = owner.run("hide", "bedrock", "azure", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.json["data"]["hidden"] == ["bedrock", "azure"]
    assert owner.entries == {
        "work": WORK,
        "bedrock": HIDDEN,
        "azure": {"disable": True, "base_url": "https://unused.invalid"},
    }
    assert states(owner)["bedrock"] == "disabled"


def test_an_own_key_stays(machine: Machine) -> None:
    machine.write_config('{"providers": {"groq": {"api_key": "$GROQ_API_KEY", "flat_rate": true}}}')
    machine.env["GROQ_API_KEY"] = "g-key-0123"
    assert machine.run("hide", "groq", "--yes").code == 0
    assert machine.entries["groq"] == {"api_key": "$GROQ_API_KEY", "flat_rate": True, "disable": True}


def test_all_but_ones_own(owner: Machine) -> None:
    """A region is of many programs; a key, an entry and a choice are the user's."""
    owner.env |= {"AWS_REGION": "eu-central-1"}
    done = owner.run("hide", "--others", "--yes")
    assert done.code == 0, done.err
    assert "still lists vertexai: what is not set up can't be hidden" in done.err
    hidden = {id_ for id_, entry in owner.entries.items() if entry.get("disable")}
    assert {"bedrock", "bedrock-europe", "openai", "hyper", "copilot"} <= hidden
    assert not hidden & {"work", "groq"}
    assert "vertexai" not in hidden  # Crush would not heed it
    before = owner.config.read_text(encoding="utf-8")
    again = owner.run("hide", "--others", "--yes")
    assert (again.code, owner.config.read_text(encoding="utf-8")) == (0, before)
    assert "nothing to do" in again.err


@pytest.mark.parametrize(
    ("about", "own"),
    [
        ({"providers": {"deepseek": {"flat_rate": True}}}, "deepseek"),
        ({"models": {"large": {"provider": "xai", "model": "grok-4.5"}}}, "xai"),
    ],
)
def test_what_the_config_names_is_ones_own(machine: Machine, about: dict[str, Any], own: str) -> None:
    machine.write_config(json.dumps({"providers": {"work": WORK}, **about}))
    machine.env |= {"WORK_KEY": "w-key-0123", "XAI_API_KEY": "x-key-0123"}
    assert own not in machine.run("hide", "--others", "--dry-run", "--json").json["data"]["hidden"]


def test_credentials_make_bedrock_ones_own(owner: Machine) -> None:
    owner.env |= {"AWS_REGION": "eu-central-1", "AWS_PROFILE": "work"}
    assert "bedrock" not in owner.run("hide", "--others", "--dry-run", "--json").json["data"]["hidden"]


def test_nothing_of_ones_own_hides_nothing(machine: Machine) -> None:
    done = machine.run("hide", "--others", "--yes")
    assert done.code == 4
    assert "no provider of your own" in done.err
    assert not machine.config.exists()


def test_one_that_no_entry_can_hide_is_said(owner: Machine) -> None:
    done = owner.run("hide", "vertexai", "--yes")
    assert "Crush's picker still lists vertexai, as one to set up: VERTEXAI_PROJECT" in done.err
    owner.env |= {"VERTEXAI_PROJECT": "p", "VERTEXAI_LOCATION": "l"}
    assert "already hidden" in owner.run("hide", "vertexai", "--yes").err


def test_a_provider_that_is_off_anyway_is_left(machine: Machine) -> None:
    machine.write_config(json.dumps({"providers": {"work": WORK}, **OFF}))
    before = machine.config.read_bytes()
    for words in (("groq",), ("--others",)):
        done = machine.run("hide", *words, "--yes")
        assert (done.code, machine.config.read_bytes()) == (0, before)
        assert "the built-in providers are off (~/.config/crush/crush.json:1)" in done.err


def test_the_last_one_is_not_hidden_without_a_word(machine: Machine) -> None:
    """Where the built-in ones are off Crush would not start."""
    machine.write_config(json.dumps({"providers": {"work": WORK}, **OFF}))
    machine.env["WORK_KEY"] = "w-key-0123"
    refused = machine.run("hide", "work", "--yes")
    assert refused.code == 4
    assert "--allow-no-provider" in refused.err
    assert machine.run("hide", "work", "--yes", "--allow-builtins").code == 0
    assert states(machine)["work"] == "disabled"


def test_a_stronger_file_may_show_it(owner: Machine, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "crush.json").write_text('{"providers": {"groq": {"disable": false}}}')
    done = owner.run("hide", "groq", "--yes", cwd=project)
    assert "groq is not hidden here: " in done.err
    assert "project/crush.json:1 overrides it" in done.err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("groqq",), 2, "did you mean `groq`?"),
        ((), 3, "crush-wizard hide ID, or --others"),
        (("groq", "--others"), 2, "--others can't be used with an ID"),
    ],
)
def test_what_can_not_be_hidden(owner: Machine, words: tuple[str, ...], code: int, says: str) -> None:
    before = owner.snapshot()
    done = owner.run("hide", *words, "--yes")
    assert (done.code, owner.snapshot()) == (code, before)
    assert says in done.err


# The slots


def test_a_hidden_model_gives_way(owner: Machine) -> None:
    """Crush would go on using it, though its picker does not show it."""
    chosen = {"large": {"provider": "groq", "model": "qwen/qwen3-32b"}, "small": {"provider": "work", "model": "w-1"}}
    owner.write_config(json.dumps({"providers": {"work": WORK}, "models": chosen}))
    done = owner.run("hide", "groq", "--yes")
    assert "the large model is now work/w-1" in done.err
    assert json.loads(owner.config.read_text(encoding="utf-8"))["models"] == {"small": chosen["small"]}
    assert owner.run("undo", "--yes").code == 0
    assert json.loads(owner.config.read_text(encoding="utf-8"))["models"] == chosen


def test_a_choice_that_another_file_makes_is_said(owner: Machine, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "crush.json").write_text('{"models": {"large": {"provider": "groq", "model": "qwen/qwen3-32b"}}}')
    done = owner.run("hide", "groq", "--yes", cwd=project)
    assert "Crush still uses groq/qwen/qwen3-32b as the large model, though it is hidden" in done.err
    assert "crush-wizard use large PROVIDER/MODEL" in done.err


def test_what_crush_itself_has_saved_gives_way_too(owner: Machine) -> None:
    own = owner.home / ".local" / "share" / "crush" / "crush.json"
    own.parent.mkdir(parents=True)
    own.write_text('{"models": {"large": {"provider": "groq", "model": "qwen/qwen3-32b"}}}')
    assert owner.run("hide", "groq", "--yes").code == 0
    assert json.loads(own.read_text())["models"] == {}


# Showing again


@pytest.mark.parametrize(
    "text",
    [
        '{\n\t"providers" : {\n\t\t"work": {"base_url": "https://w.example/v1", "models": [ {"id": "w"} ]}\n\t}\n}',
        '{"providers":{"groq":{"flat_rate":true}},"options":{}}',
        '{\r\n  "options": {"debug": false}\r\n}\r\n',
        "{}",
        NEW,
    ],
)
@pytest.mark.parametrize("ids", [("groq",), ("groq", "azure", "bedrock")])
def test_the_file_is_as_it_was(machine: Machine, text: str, ids: tuple[str, ...]) -> None:
    machine.write_config(text)
    assert machine.run("hide", *ids, "--yes").code == 0
    assert machine.config.read_bytes() != text.encode()
    assert machine.run("unhide", *ids, "--yes").code == 0
    assert machine.config.read_bytes() == text.encode()


@pytest.mark.parametrize("text", ["# mine\noption debug false\n", "provider add groq --flat-rate true\n", "\n"])
def test_a_script_is_as_it_was(machine: Machine, text: str) -> None:
    script = script_of(machine)
    script.write_text(text)
    assert machine.run("hide", "groq", "bedrock", "--yes").code == 0
    assert "--disable true" in script.read_text()
    assert states(machine)["bedrock"] == "disabled"
    assert not machine.config.exists()
    assert machine.run("unhide", "--all", "--yes").code == 0
    assert script.read_text() == text


@pytest.mark.parametrize("format_", ["json", "crushrc"])
def test_a_file_that_only_hid_is_gone(machine: Machine, format_: str) -> None:
    assert machine.run("hide", "bedrock", "azure", "--format", format_, "--yes").code == 0
    file = script_of(machine) if format_ == "crushrc" else machine.config
    hiding = file.read_bytes()
    assert machine.run("unhide", "bedrock", "--yes").code == 0
    assert file.exists()
    assert machine.run("undo", "--yes").code == machine.run("unhide", "--all", "--yes").code == 0
    assert not file.exists()
    assert machine.run("undo", "--yes").code == 0
    assert file.read_bytes() == hiding


def test_a_file_with_a_link_to_it_stays(machine: Machine, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.json"
    machine.config.parent.mkdir(parents=True, exist_ok=True)
    machine.config.symlink_to(kept)
    assert machine.run("hide", "bedrock", "--yes").code == machine.run("unhide", "bedrock", "--yes").code == 0
    assert machine.config.is_symlink()


def test_a_dummy_of_somebody_elses_goes_too(machine: Machine) -> None:
    """That is the way that was known so far."""
    machine.write_config('{"providers": {"groq": {"disable": true, "api_key": "x"}}}')
    assert machine.run("unhide", "groq", "--yes").code == 0
    assert json.loads(machine.config.read_text(encoding="utf-8")) == {}


def test_a_server_of_ones_own_keeps_its_dummy(machine: Machine) -> None:
    entry = {"base_url": "http://localhost:11434/v1", "api_key": "ollama", "models": [{"id": "m"}]}
    machine.write_config(json.dumps({"providers": {"mine": entry, "a": WORK}}))
    assert machine.run("hide", "mine", "--yes").code == 0
    assert machine.run("unhide", "mine", "--yes").code == 0
    assert machine.entries["mine"] == entry


def test_what_another_file_hides_is_said_with_its_flag(owner: Machine, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    assert owner.run("hide", "groq", "--yes", "--scope", "project", cwd=project).code == 0
    refused = owner.run("unhide", "groq", "--yes", cwd=project)
    assert refused.code == 4
    assert "groq is hidden by " in refused.err
    assert "add --scope project" in refused.err
    assert owner.run("unhide", "groq", "--yes", "--scope", "project", cwd=project).code == 0


def test_what_is_not_hidden(owner: Machine) -> None:
    done = owner.run("unhide", "groq", "--yes")
    assert (done.code, done.err) == (0, "nothing to do: groq is not hidden\n")
    assert owner.run("unhide", "--all").err == "no provider is hidden\n"
    assert owner.run("unhide").err == "no provider is hidden\n"
    assert owner.run("unhide", "groqq").code == 2


def test_dry_runs_write_nothing(owner: Machine) -> None:
    before = owner.snapshot()
    done = owner.run("hide", "groq", "--dry-run")
    assert (done.code, owner.snapshot()) == (0, before)
    assert '+    "groq": {' in done.out
    assert owner.run("hide", "groq").code == 3


# What others say of it


def test_list_and_doctor_miss_no_key(owner: Machine) -> None:
    assert owner.run("hide", "anthropic", "bedrock", "azure", "--yes").code == 0
    listed = owner.run("list")
    assert "hidden: anthropic, azure, bedrock" in listed.out
    assert (listed.code, listed.err) == (0, "")
    examined = owner.run("doctor", "--json")
    about = [found["provider"] for found in examined.json["data"]["findings"]]
    assert not {"anthropic", "azure", "bedrock"} & set(about)


def test_in_a_profile_it_is_hidden_and_nothing_else(owner: Machine) -> None:
    """Also for a machine on which no Crush is known to have it: what is hidden needs no models."""
    assert owner.run("hide", "openai", "--yes").code == 0
    before = owner.config.read_bytes()
    assert owner.run("export", "p.toml").code == 0
    done = owner.run("import", "p.toml", "--on-conflict", "replace", "--yes")
    assert (done.code, owner.config.read_bytes()) == (0, before), done.err
    assert "written whole" not in done.err


def test_one_with_values_of_its_own_is_a_row(owner: Machine) -> None:
    assert owner.run("hide", "work", "--yes").code == 0
    (row,) = (line for line in owner.run("list").out.splitlines() if line.startswith("work"))
    assert " hidden " in row


def test_adding_shows_it_again(owner: Machine) -> None:
    assert owner.run("hide", "deepseek", "--yes").code == 0
    added = owner.run("add-provider", "deepseek", "--yes")
    assert added.code == 0, added.err
    assert "deepseek is hidden in Crush: this shows it again" in added.err
    assert owner.entries["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"
    assert "disable" not in owner.entries["deepseek"]


def test_adding_to_a_hidden_entry_of_ones_own(owner: Machine) -> None:
    owner.write_config(json.dumps({"providers": {"deepseek": {"disable": True, "api_key": "unused", "x-mine": 1}}}))
    assert owner.run("add-provider", "deepseek", "--yes").code == 4
    assert owner.run("add-provider", "deepseek", "--yes", "--merge").code == 0
    assert owner.entries["deepseek"]["x-mine"] == 1
    assert owner.entries["deepseek"]["api_key"] == "$DEEPSEEK_API_KEY"
    assert "disable" not in owner.entries["deepseek"]


def test_choosing_a_hidden_model_is_said(owner: Machine) -> None:
    assert owner.run("hide", "groq", "--yes").code == 0
    done = owner.run("use", "large", "groq/qwen/qwen3-32b", "--yes")
    assert "groq is hidden, but Crush uses it if you choose it" in done.err
    assert "crush-wizard unhide groq" in done.err

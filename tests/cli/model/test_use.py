"""`use`: the choice, the file that it goes into, and the file that wins in the end."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.cli.conftest import Finished, Machine

ENTRY = {"type": "openai-compat", "base_url": "https://llm.example/v1", "api_key": CANARY}
WORK = {**ENTRY, "models": [{"id": "m1"}, {"id": "org/m2"}]}
HOME = {**ENTRY, "models": [{"id": "h1"}]}
CONFIG: dict[str, Any] = {
    "models": {"large": {"provider": "work", "model": "m1"}},
    "providers": {"work": WORK, "home": HOME},
}


@pytest.fixture
def set_up(machine: Machine) -> Machine:
    """Two providers, and the large slot chosen."""
    machine.write_config(json.dumps(CONFIG, indent=2))
    return machine


def data_file(machine: Machine) -> Path:
    return machine.home / ".local" / "share" / "crush" / "crush.json"


def crush_keeps(machine: Machine, models: dict[str, Any]) -> str:
    """What Crush wrote into its own file."""
    path = data_file(machine)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text := json.dumps({"models": models, "recent_models": {}}))
    return text


def chosen(machine: Machine, cwd: Path | None = None) -> dict[str, str]:
    """The slots in force, as the program itself reports them."""
    selected = machine.run("use", "--json", cwd=cwd).json["data"]["selected"]
    return {slot: f"{one['provider']}/{one['model']}" for slot, one in selected.items() if one}


def written(machine: Machine) -> Any:
    return json.loads(machine.config.read_text())["models"]


def test_a_slot_is_set_and_undone(set_up: Machine) -> None:
    before = set_up.config.read_bytes()
    done = set_up.run("use", "small", "home/h1", "--yes")
    assert done.code == 0
    assert done.out == ""
    assert "Set the small model to home/h1 in ~/.config/crush/crush.json" in done.err
    assert written(set_up) == {**CONFIG["models"], "small": {"provider": "home", "model": "h1"}}
    assert chosen(set_up) == {"large": "work/m1", "small": "home/h1"}
    assert set_up.run("undo", "--yes").code == 0
    assert set_up.config.read_bytes() == before


def test_an_id_with_slashes_splits_at_the_first(set_up: Machine) -> None:
    assert set_up.run("use", "large", "work/org/m2", "--yes").code == 0
    assert written(set_up)["large"] == {"provider": "work", "model": "org/m2"}


def test_json(set_up: Machine) -> None:
    done = set_up.run("use", "large", "home/h1", "--yes", "--json")
    data = done.json["data"]
    assert data["applied"] is True
    assert [(change["path"], change["action"]) for change in data["changes"]] == [(str(set_up.config), "update")]
    assert (data["secrets"], data["tests"]) == ([], [])
    assert data["selected"]["large"]["provider"] == "home"
    assert CANARY not in done.out + done.err


def test_dry_run_touches_nothing(set_up: Machine) -> None:
    before = set_up.snapshot()
    done = set_up.run("use", "large", "home/h1", "--dry-run")
    assert done.code == 0
    assert '+      "provider": "home"' in done.out
    assert CANARY not in done.out
    assert set_up.snapshot() == before


def test_nothing_to_do(set_up: Machine) -> None:
    before = set_up.config.read_bytes()
    done = set_up.run("use", "large", "work/m1", "--json")
    assert (done.code, done.json["data"]["applied"]) == (0, False)
    assert "already" in done.err
    assert set_up.config.read_bytes() == before


def test_without_a_terminal_it_wants_yes(set_up: Machine) -> None:
    before = set_up.snapshot()
    done = set_up.run("use", "large", "home/h1")
    assert done.code == 3
    assert "--yes" in done.err
    assert set_up.snapshot() == before


@pytest.mark.parametrize(
    ("model", "message", "hint"),
    [
        ("m1", "'m1' is not in the form PROVIDER/MODEL", "groq/openai/gpt-oss-120b"),
        ("wrk/m1", "there is no provider `wrk`", "did you mean `work/m1`?"),
        ("wrk/x", "there is no provider `wrk`", "did you mean `work`?"),
        ("openrouter/h1", "`openrouter` is built into Crush", "did you mean `home/h1`?"),
        ("org/m2", "there is no provider `org`", "did you mean `work/org/m2`?"),
        ("elsewhere/x", "there is no provider `elsewhere`", "crush-wizard list"),
        ("work/M1", "work has no model 'M1'", "did you mean `work/m1`?"),
        ("work/entirely-different", "work has no model", "it has: m1, org/m2"),
    ],
)
def test_what_does_not_exist(set_up: Machine, model: str, message: str, hint: str) -> None:
    before = set_up.snapshot()
    done = set_up.run("use", "large", model, "--yes")
    assert done.code == 2
    assert message in done.err
    assert hint in done.err
    assert set_up.snapshot() == before


def test_a_dropped_provider_is_explained(set_up: Machine) -> None:
    set_up.write_config(json.dumps({"providers": {"work": WORK, "bad": {**WORK, "type": "nonsense"}}}))
    done = set_up.run("use", "large", "bad/m1", "--yes")
    assert done.code == 2
    assert "Crush does not use bad: unknown provider type `nonsense`" in done.err


def test_a_provider_that_discovers_may_have_any_model(set_up: Machine) -> None:
    set_up.write_config(json.dumps({"providers": {"finds": {**ENTRY, "discover_models": True}}}))
    done = set_up.run("use", "large", "finds/anything", "--yes")
    assert done.code == 0
    assert "anything is not a configured model of finds" in done.err
    assert chosen(set_up)["large"] == "finds/anything"


def test_a_key_that_is_missing_is_told(set_up: Machine) -> None:
    set_up.write_config(json.dumps({"providers": {"work": WORK, "bare": {**WORK, "api_key": "$BARE_KEY"}}}))
    done = set_up.run("use", "large", "bare/m1", "--yes")
    assert done.code == 0
    assert "bare does not work yet" in done.err
    assert "crush-wizard secret set BARE_KEY" in done.err


@pytest.mark.parametrize("providers", [{"work": WORK}, {"work": WORK, "groq": {"api_key": "$GROQ_API_KEY"}}])
def test_a_built_in_provider_without_its_key_may_be_chosen(set_up: Machine, providers: dict[str, object]) -> None:
    set_up.write_config(json.dumps({"providers": providers}))
    done = set_up.run("use", "large", "groq/openai/gpt-oss-120b", "--yes")
    assert done.code == 0, done.err
    assert "warning: " in done.err
    assert "$GROQ_API_KEY is not set" in done.err
    assert "until it has its key, Crush uses another model, and saves that choice" in " ".join(done.err.split())
    large = json.loads(set_up.config.read_text())["models"]["large"]
    assert large == {"provider": "groq", "model": "openai/gpt-oss-120b"}


def test_a_provider_that_wants_more_than_a_key_is_not_chosen(set_up: Machine) -> None:
    set_up.write_config(json.dumps({"providers": {"work": WORK}}))
    assert set_up.run("use", "large", "vertexai/gemini-3-flash-preview", "--yes").code == 2


def test_a_broken_file(set_up: Machine) -> None:
    set_up.write_config('{"models": }')
    for arguments in ([], ["large", "work/m1", "--yes"]):
        done = set_up.run("use", *arguments, "--json")
        assert done.code == 4
        assert (done.json["error"]["code"], done.json["error"]["line"]) == ("invalid-config", 1)


# Who wins


def test_crushs_own_file_wins_and_is_named(set_up: Machine) -> None:
    kept = crush_keeps(set_up, {"large": {"provider": "home", "model": "h1"}})
    done = set_up.run("use", "large", "work/org/m2", "--yes")
    assert done.code == 0
    assert "Crush still uses home/h1 here: ~/.local/share/crush/crush.json:1 wins" in done.err
    assert "--clear" in done.err
    assert data_file(set_up).read_text() == kept
    assert chosen(set_up)["large"] == "home/h1"


def test_the_older_choice_is_taken_out_with_clear(set_up: Machine) -> None:
    kept = crush_keeps(set_up, {"large": {"provider": "home", "model": "h1"}, "small": {"provider": "home"}})
    before = set_up.config.read_bytes()
    done = set_up.run("use", "large", "work/org/m2", "--yes", "--clear", "--json")
    assert done.code == 0
    assert len(done.json["data"]["changes"]) == 2
    assert json.loads(data_file(set_up).read_text()) == {"models": {"small": {"provider": "home"}}, "recent_models": {}}
    assert chosen(set_up)["large"] == "work/org/m2"
    assert stat.S_IMODE(data_file(set_up).stat().st_mode) == 0o600  # as Crush leaves it
    assert data_file(set_up).with_name("crush.json.lock").exists()  # Crush's own lock was taken
    assert set_up.run("undo", "--yes").code == 0
    assert (data_file(set_up).read_text(), set_up.config.read_bytes()) == (kept, before)


def test_clear_helps_where_the_file_is_already_right(set_up: Machine) -> None:
    crush_keeps(set_up, {"large": {"provider": "home", "model": "h1"}})
    before = set_up.config.read_bytes()
    assert set_up.run("use", "large", "work/m1", "--yes", "--clear").code == 0
    assert set_up.config.read_bytes() == before
    assert chosen(set_up)["large"] == "work/m1"


@pytest.mark.parametrize("name", ["crush.json", ".crush/crush.json"])
def test_a_stronger_file_of_the_folder_is_named_and_left_alone(set_up: Machine, tmp_path: Path, name: str) -> None:
    project = tmp_path / "project"
    strong = project / name
    strong.parent.mkdir(parents=True)
    strong.write_text(text := '{\n  "models": {"large": {"provider": "home", "model": "h1"}}\n}')
    crush_keeps(set_up, {"large": {"provider": "work", "model": "m1"}})
    done = set_up.run("use", "large", "work/org/m2", "--yes", "--clear", cwd=project)
    assert done.code == 0
    assert f"Crush still uses home/h1 here: {strong}:2 wins" in done.err
    assert strong.read_text() == text
    assert chosen(set_up, project)["large"] == "home/h1"
    assert chosen(set_up)["large"] == "work/org/m2"


def test_project_scope(set_up: Machine, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    subprocess.run(["git", "init", "-q", project], check=True)
    crush_keeps(set_up, {"large": {"provider": "work", "model": "m1"}})
    done = set_up.run("use", "large", "home/h1", "--scope", "project", "--yes", cwd=project)
    assert done.code == 0
    assert "still uses" not in done.err
    assert chosen(set_up, project)["large"] == "home/h1"


def test_a_file_that_crush_does_not_read_here(set_up: Machine) -> None:
    done = set_up.run("use", "large", "home/h1", "--yes", "--file", str(set_up.home / "other.json"))
    assert done.code == 0
    assert "Crush does not read ~/other.json in this folder" in done.err


def test_a_crushrc_that_chooses_is_edited(set_up: Machine) -> None:
    crushrc = set_up.config.with_name("crushrc")
    crushrc.write_text("model large home/h1\n")
    assert chosen(set_up)["large"] == "home/h1"
    before = set_up.config.read_bytes()
    assert set_up.run("use", "large", "work/org/m2", "--yes").code == 0
    assert chosen(set_up)["large"] == "work/org/m2"
    assert set_up.config.read_bytes() == before


# What stays


def test_settings_of_the_model_before_are_pointed_out(set_up: Machine) -> None:
    slot = {"provider": "work", "model": "m1", "max_tokens": 99, "think": True}
    set_up.write_config(json.dumps({**CONFIG, "models": {"large": slot}}, indent=2))
    done = set_up.run("use", "large", "home/h1", "--yes")
    assert "max_tokens, think in ~/.config/crush/crush.json:6 stay, and now count for home/h1" in done.err
    again = set_up.run("use", "large", "home/h1", "--yes")
    assert "max_tokens" not in again.err


# Looking


def test_without_arguments_both_slots_are_shown(set_up: Machine) -> None:
    done = set_up.run("use")
    assert done.code == 0
    assert done.out.splitlines()[1].split() == ["large", "work/m1", "~/.config/crush/crush.json:5"]
    assert "small  work/m1  no choice: Crush's default" in done.out


def test_a_choice_that_crush_falls_back_from(set_up: Machine) -> None:
    set_up.write_config(json.dumps({**CONFIG, "models": {"large": {"provider": "work", "model": "gone"}}}))
    done = set_up.run("use")
    assert "home/h1  instead of work/gone in ~/.config/crush/crush.json:1" in done.out
    assert "the large model work/gone does not exist: Crush uses home/h1" in done.err
    large = set_up.run("use", "--json").json["data"]["selected"]["large"]
    assert large["falls_back"] is True
    assert large["configured"] == {"provider": "work", "model": "gone"}


def test_an_empty_machine(machine: Machine) -> None:
    done: Finished = machine.run("use", "--json")
    assert (done.code, done.json["data"]) == (0, {"selected": {"large": None, "small": None}})
    assert machine.run("use", "large").code == 3


def test_a_slot_alone_wants_a_model(set_up: Machine) -> None:
    done = set_up.run("use", "large")
    assert done.code == 3
    assert "crush-wizard use large PROVIDER/MODEL" in done.err

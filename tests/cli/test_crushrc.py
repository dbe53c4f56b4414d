"""add-provider and undo where the configuration is, or becomes, a crushrc."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.canary import CANARY

if TYPE_CHECKING:
    from tests.cli.conftest import Machine
    from tests.conftest import SecretService

DOTFILE = """\
# managed with chezmoi
[[ -f ~/.secrets ]] && source ~/.secrets
provider add work \\
  --type openai-compat --base-url 'https://llm.work.example/v1' \\
  --api-key sk-literal-of-another-provider-1
model add work/w-1 --name 'Work 1' --context-window 32000
if [[ $HOSTNAME == laptop ]]; then
  provider add groq --api-key '$GROQ_API_KEY'
fi
model large work/w-1 --think
"""


@pytest.fixture
def script(machine: Machine) -> Path:
    path: Path = machine.config.with_name("crushrc")
    path.parent.mkdir(parents=True)
    path.write_text(DOTFILE)
    return path


def stored_by_bash(script: Path) -> list[str]:
    """What `provider` and `model` are called with when the script runs."""
    bash = shutil.which("bash") or pytest.skip("bash is not installed")
    functions = """for name in provider model; do eval "$name() { printf '%s|' $name \\"\\$@\\"; echo; }"; done"""
    text = f"{functions}\n{script.read_text()}"
    done = subprocess.run([bash, "-c", text], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin"})
    return done.stdout.splitlines()


def test_a_crushrc_alone_is_the_file_that_is_edited(machine: Machine, script: Path) -> None:
    done = machine.run("add-provider", "deepseek", "--yes", "--json", "--large", "deepseek-v4-pro")
    assert done.code == 0, done.err
    (change,) = done.json["data"]["changes"]
    assert (change["path"], change["format"], change["action"]) == (str(script), "crushrc", "update")
    assert CANARY not in done.out
    assert "sk-literal-of-another-provider-1" not in done.out + done.err
    assert not machine.config.exists()
    text = script.read_text()
    assert text.startswith(
        DOTFILE.replace("model large work/w-1 --think", "model large deepseek/deepseek-v4-pro --think")
    )
    (call,) = [call for call in stored_by_bash(script) if call.startswith("provider|add|deepseek|")]
    assert "|--api-key|$DEEPSEEK_API_KEY|" in call
    assert machine.run("undo", "--yes").code == 0
    assert script.read_text() == DOTFILE


def test_what_it_can_not_say_is_warned_of_before(machine: Machine, script: Path) -> None:
    done = machine.run("add-provider", "deepseek", "--yes", "--dry-run")
    assert done.code == 0
    assert (
        "warning: a crushrc does not support models.reasoning_levels, models.default_reasoning_effort of deepseek: "
        "left out" in done.err
    )
    assert "line 2 of the crushrc (`source`)" in done.err
    assert "+provider add deepseek" in done.out
    assert script.read_text() == DOTFILE


def test_an_existing_id_needs_a_decision_and_a_merge_edits_in_place(machine: Machine, script: Path) -> None:
    flags = ("add-provider", "openai-compatible", "--id", "work", "--yes", "--base-url", "https://new.work.example/v1")
    refused = machine.run(*flags, "--model", "w-1")
    assert (refused.code, script.read_text()) == (4, DOTFILE)
    assert "--merge or --replace" in refused.err
    done = machine.run(
        *flags,
        "--merge",
        "--model",
        "w-1",
        "--set",
        "w-1.context_window=64k",
        "--api-key-env",
        "WORK_KEY",
        *("--secret-store", "environment"),
    )
    assert done.code == 0, done.err
    text = script.read_text()
    assert "--base-url https://new.work.example/v1 \\\n" in text.replace("'", "")
    assert "--api-key '$WORK_KEY'" in text
    assert "--context-window 64000" in text
    assert text.count("provider add work") == 1
    undone = machine.run("undo", "--yes")
    assert undone.code == 0, undone.err
    assert script.read_text() == DOTFILE.replace("sk-literal-of-another-provider-1", "'$WORK_KEY'")


def test_both_files_side_by_side(machine: Machine, script: Path) -> None:
    other = {"type": "openai-compat", "base_url": "https://x.example/v1", "models": []}
    machine.write_config(json.dumps({"providers": {"mine": other, "work": other}}))
    new = machine.run("add-provider", "deepseek", "--yes", "--json", "--large", "deepseek-v4-pro")
    assert new.code == 0, new.err
    assert {change["format"] for change in new.json["data"]["changes"]} == {"json", "crushrc"}
    assert "deepseek" in machine.entries
    assert "model large deepseek/deepseek-v4-pro --think" in script.read_text()
    assert json.loads(machine.config.read_text()).get("models", {}).get("large") is None
    merge = (
        "add-provider",
        "openai-compatible",
        "--merge",
        "--yes",
        "--base-url",
        "https://y.example/v1",
        "--model",
        "m",
    )
    work = machine.run(*merge, "--id", "work")
    assert work.code == 0, work.err
    assert "work is also in ~/.config/crush/crush.json: ~/.config/crush/crushrc is edited, whose values win" in work.err
    assert "--base-url 'https://y.example/v1'" in script.read_text()
    assert machine.entries["work"] == other
    mine = machine.run(*merge, "--id", "mine")
    assert mine.code == 0, mine.err
    assert machine.entries["mine"]["base_url"] == "https://y.example/v1"
    assert "mine" not in script.read_text()


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        (["--format", "crushrc"], ".config/crush/crushrc"),
        (["--format", "json"], ".config/crush/crush.json"),
        ([], ".config/crush/crush.json"),
        (["--file", "dotfiles/.crushrc"], "dotfiles/.crushrc"),
        (["--file", "dotfiles/crush", "--format", "crushrc"], "dotfiles/crush"),
        (["--scope", "project", "--format", "crushrc"], "crushrc"),
        (["--scope", "project"], "crush.json"),
    ],
)
def test_the_format_that_is_asked_for(machine: Machine, flags: list[str], name: str) -> None:
    (machine.home / "dotfiles").mkdir()
    done = machine.run("add-provider", "groq", "--yes", *flags)
    assert done.code == 0, done.err
    text = (machine.home / name).read_text()
    assert ("provider add groq" in text) == ("crushrc" in flags or name.endswith("crushrc"))
    assert ((machine.home / name).stat().st_mode & 0o777) == 0o600
    assert machine.run("undo", "--yes").code == 0
    assert not (machine.home / name).exists()


def test_a_second_time_changes_nothing(machine: Machine) -> None:
    machine.run("add-provider", "deepseek", "--yes", "--format", "crushrc")
    before = machine.snapshot()
    for mode in ("--merge", "--replace"):
        done = machine.run("add-provider", "deepseek", "--yes", mode, "--json")
        assert done.code == 0, done.err
        assert done.json["data"]["applied"] is False
        assert machine.snapshot() == before


@pytest.mark.parametrize(("version", "code"), [("0.87.0", 4), ("0.88.0", 0), ("devel", 0)])
def test_an_old_crush_gets_no_crushrc(machine: Machine, tmp_path: Path, version: str, code: int) -> None:
    program = tmp_path / "bin" / "crush"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho crush version {version}\n")
    program.chmod(0o755)
    machine.env["PATH"] = f"{program.parent}:{machine.env['PATH']}"
    done = machine.run("add-provider", "groq", "--yes", "--format", "crushrc")
    assert done.code == code, done.err
    assert ("does not read a crushrc: that needs 0.88.0 or later" in done.err) == bool(code)
    before_any_question = machine.run("setup", "--format", "crushrc")
    assert before_any_question.code == (code or 3)
    assert machine.config.with_name("crushrc").exists() == (not code)


def test_a_script_that_bash_can_not_read_is_refused_with_its_place(machine: Machine, script: Path) -> None:
    script.write_text("provider add a\nif true\n")
    done = machine.run("add-provider", "groq", "--yes")
    assert done.code == 4
    assert f"{script}:2:1" in done.err
    assert script.read_text() == "provider add a\nif true\n"


def test_a_lookup_in_a_crushrc_lets_plain_crush_find_the_key(
    machine_with_keyring: Machine, secret_service: SecretService, tmp_path: Path
) -> None:
    machine = machine_with_keyring
    key = tmp_path / "key.txt"
    key.write_text(CANARY)
    flags = ("--placeholder", "lookup", "--format", "crushrc", "--api-key-file", str(key))
    done = machine.run("add-provider", "deepseek", "--yes", *flags)
    assert done.code == 0, done.err
    script = machine.config.with_name("crushrc")
    assert CANARY not in script.read_text()
    (call,) = [call for call in stored_by_bash(script) if call.startswith("provider|add|deepseek|")]
    template = call.split("|--api-key|")[1].split("|")[0]
    assert template == "${DEEPSEEK_API_KEY:-$(crush-wizard secret get DEEPSEEK_API_KEY)}"
    wizard = tmp_path / "bin" / "crush-wizard"
    wizard.parent.mkdir()
    wizard.write_text(f'#!/bin/sh\nexec {sys.executable} -m wizard "$@"\n')
    wizard.chmod(0o755)
    env = {**machine.env, "PATH": f"{wizard.parent}:{machine.env['PATH']}"}
    here_document = f"cat <<END\n{template}\nEND\n"  # which is how Crush expands it (crush-behaviour 4.2)
    expanded = subprocess.run(["bash", "-c", here_document], capture_output=True, text=True, check=True, env=env)
    assert expanded.stdout == f"{CANARY}\n"


@pytest.mark.parametrize(
    "words",
    [
        ("add-provider", "deepseek", "--no-test"),
        ("edit-provider", "work", "--name", "W", "--no-test"),
        ("remove-provider", "work"),
        ("models", "work", "--remove", "w-1"),
        ("use", "large", "work/w-1"),
    ],
)
@pytest.mark.parametrize(("version", "warns"), [("0.87.0", True), ("0.88.0", False), ("devel", False)])
def test_a_crush_that_does_not_read_the_script_is_warned_of(
    machine: Machine, tmp_path: Path, words: tuple[str, ...], version: str, warns: bool
) -> None:
    program = tmp_path / "bin" / "crush"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho crush version {version}\n")
    program.chmod(0o755)
    machine.env["PATH"] = f"{program.parent}:{machine.env['PATH']}"
    script = machine.config.with_name("crushrc")
    script.parent.mkdir(parents=True)
    script.write_text(
        "provider add work --type openai-compat --base-url https://w.example/v1 --api-key none\nmodel add work/w-1\n"
    )
    done = machine.run(*words, "--yes", "--dry-run")
    assert done.code == 0, done.err
    assert ("warning: the Crush on this machine (0.87.0) does not read a crushrc" in done.err) == warns


# What a crushrc can't say, on request


PLAIN = """\
provider add work --type openai-compat --base-url 'https://llm.work.example/v1' --api-key '$WORK_KEY'
model add work/w-1 --name 'Work 1'
"""
LEVELS = ("--set", "w-1.reasoning_levels=low,high")


@pytest.fixture
def plain(machine: Machine) -> Path:
    path: Path = machine.config.with_name("crushrc")
    path.parent.mkdir(parents=True)
    path.write_text(PLAIN)
    return path


def test_an_edit_that_can_not_be_said_is_refused_and_its_advice_works(machine: Machine, plain: Path) -> None:
    edit = ("edit-provider", "work", *LEVELS, "--yes", "--no-test")
    refused = machine.run(*edit)
    assert refused.code == 4
    assert "a crushrc does not support models.reasoning_levels of work" in refused.err
    assert "move it there (crush-wizard convert --to json)" in refused.err
    assert plain.read_text() == PLAIN
    assert machine.run("convert", "--to", "json", "--yes").code == 0
    done = machine.run(*edit)
    assert done.code == 0, done.err
    assert machine.entries["work"]["models"][0]["reasoning_levels"] == ["low", "high"]


def test_an_edit_of_which_a_part_can_be_said_says_what_is_left_out(machine: Machine, plain: Path) -> None:
    done = machine.run("edit-provider", "work", "--name", "W", *LEVELS, "--yes", "--no-test", "--json")
    assert done.code == 0, done.err
    assert done.json["data"]["left_out"] == [{"provider": "work", "field": "models.reasoning_levels"}]
    assert "--name W" in plain.read_text()


def test_a_new_provider_goes_to_crush_json_on_request(machine: Machine, plain: Path) -> None:
    shown = machine.run("add-provider", "deepseek", "--yes", "--no-test", "--dry-run")
    assert "crush.json does, for the whole provider: --format json" in shown.err
    done = machine.run("add-provider", "deepseek", "--yes", "--no-test", "--format", "json", "--json")
    assert done.code == 0, done.err
    assert done.json["data"]["left_out"] == []
    assert "reasoning_levels" in machine.entries["deepseek"]["models"][0]
    assert plain.read_text() == PLAIN


def test_models_that_the_crushrc_lists_are_not_listed_again_in_the_json_file(machine: Machine, plain: Path) -> None:
    """Crush puts the lists of both files end to end (crush-behaviour 1.4)."""
    add = ("add-provider", "deepseek", "--yes", "--no-test")
    assert machine.run(*add).code == 0
    before = machine.snapshot()
    refused = machine.run(*add, "--format", "json")
    assert refused.code == 4
    assert "Crush would have duplicates" in refused.err
    assert "crush-wizard convert --to json" in refused.err
    assert machine.snapshot() == before
    assert machine.run("convert", "--to", "json", "--yes").code == 0
    done = machine.run(*add, "--merge")
    assert done.code == 0, done.err
    assert "reasoning_levels" in machine.entries["deepseek"]["models"][0]


def test_the_same_again_is_no_error(machine: Machine, plain: Path) -> None:
    add = ("add-provider", "deepseek", "--yes", "--no-test", "--merge")
    first, second = machine.run(*add), machine.run(*add)
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert "left out" in second.err
    assert "nothing to do" in second.err


def test_a_model_that_the_script_chooses_by_host_is_not_overruled_unasked(machine: Machine, script: Path) -> None:
    text = "case $HOSTNAME in\n  desktop) model large work/big ;;\n  *) model large work/small ;;\nesac\n"
    script.write_text("provider add work\nmodel add work/big\nmodel add work/small\nmodel small work/small\n" + text)
    done = machine.run("add-provider", "deepseek", "--yes", "--no-test")
    assert done.code == 0, done.err
    assert "model large deepseek" not in script.read_text()
    chosen = machine.run("add-provider", "groq", "--yes", "--no-test", "--large", "openai/gpt-oss-120b")
    assert chosen.code == 0, chosen.err
    assert "model large groq/openai/gpt-oss-120b" in script.read_text()

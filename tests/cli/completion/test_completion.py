"""`completion`: the scripts, installing them, and what TAB offers. Real shells: tests/terminal."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.canary import CANARY
from wizard.files.completion_file import MARKS, completion_edits, completion_file
from wizard.files.locations import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.cli.conftest import Machine

    Offered = Callable[..., list[str]]

SHELLS = ["bash", "zsh", "fish", "powershell"]
FILES = {
    "bash": [".local/share/bash-completion/completions/crush-wizard"],
    "zsh": [".local/share/zsh/site-functions/_crush-wizard", ".zshrc"],
    "fish": [".config/fish/completions/crush-wizard.fish"],
    "powershell": [".config/powershell/crush-wizard-completion.ps1", ".config/powershell/profile.ps1"],
}
CONFIG = {
    "work": {"api_key": CANARY, "models": [{"id": "w-1"}, {"id": "openai/gpt:8b"}]},
    "deepseek": {"models": [{"id": "deepseek-mine"}]},
}


@pytest.fixture
def offered(machine: Machine) -> Offered:
    """`offered("use large wo")`: the words that bash would offer at the end of the line."""

    def ask(line: str, **environ: str) -> list[str]:
        words = ("crush-wizard " + line).split(" ")
        line_so_far = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        done = machine.run(env={"_CRUSH_WIZARD_COMPLETE": "bash_complete", **line_so_far, **environ})
        assert done.err == ""
        return [word.partition(",")[2] for word in done.out.splitlines() if word]

    return ask


# The scripts


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_on_stdout_and_all_ascii(machine: Machine, shell: str) -> None:
    done = machine.run("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "crush-wizard" in done.out
    assert f"{shell}_complete" in done.out
    assert done.out.isascii()
    assert machine.run("completion", shell, "--json").json["data"]["script"] == done.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_itself_finds_no_fault(machine: Machine, shell: str, require_real: Callable[[str], Any]) -> None:
    import shutil

    if shutil.which(shell) is None:
        require_real(f"{shell} is not installed")
    script = machine.run("completion", shell).out
    checked = subprocess.run([shell, "-n"], input=script, text=True, capture_output=True, check=True)
    assert checked.stderr == ""


def test_the_powershell_script_is_balanced_and_registers_the_command(machine: Machine) -> None:
    script = machine.run("completion", "powershell").out
    assert script.startswith("Register-ArgumentCompleter -Native -CommandName crush-wizard ")
    assert all(script.count(one) == script.count(other) for one, other in ("()", "[]", "{}"))


def test_the_shell_is_found_and_said(machine: Machine) -> None:
    done = machine.run("completion", env={"SHELL": "/usr/bin/fish"})
    assert done.code == 0
    assert "complete --no-files --command crush-wizard" in done.out
    assert "fish" in done.err


def test_a_shell_without_completion(machine: Machine) -> None:
    assert machine.run("completion", "nu").code == 2
    done = machine.run("completion", env={"SHELL": "/usr/bin/nu"})
    assert (done.code, done.out) == (2, "")
    assert "no completion for nu" in done.err


# Installing


@pytest.mark.parametrize("shell", SHELLS)
def test_install_twice_and_undo(machine: Machine, shell: str) -> None:
    (machine.home / ".zshrc").write_text("alias ll='ls -l'")
    before = {path for path in machine.home.rglob("*") if path.is_file()}
    done = machine.run("completion", shell, "--install", "--yes", "--json")
    assert done.code == 0, done.err
    places = [str(machine.home / name) for name in FILES[shell]]
    assert [change["path"] for change in done.json["data"]["changes"]] == places
    script = machine.run("completion", shell).out
    assert (machine.home / FILES[shell][0]).read_text() == script
    again = machine.run("completion", shell, "--install", "--yes", "--json")
    assert (again.code, again.json["data"]["applied"], again.json["data"]["changes"]) == (0, False, [])
    assert machine.run("undo", "--yes").code == 0
    after = {path for path in machine.home.rglob("*") if path.is_file() and ".local/state" not in str(path)}
    assert after == before
    assert (machine.home / ".zshrc").read_text() == "alias ll='ls -l'"


def test_an_older_script_is_replaced(machine: Machine) -> None:
    file = machine.home / FILES["fish"][0]
    file.parent.mkdir(parents=True)
    file.write_text("# of an older version\n")
    assert machine.run("completion", "fish", "--install", "--yes").code == 0
    assert file.read_text() == machine.run("completion", "fish").out
    assert machine.run("undo", "--yes").code == 0
    assert file.read_text() == "# of an older version\n"


def test_the_rest_of_the_start_file_stays(machine: Machine) -> None:
    zshrc = machine.home / ".zshrc"
    zshrc.write_bytes(b"setopt autocd\r\nPS1='$ '\r\n")
    assert machine.run("completion", "zsh", "--install", "--yes").code == 0
    text = zshrc.read_bytes()
    assert text.startswith(b"setopt autocd\r\nPS1='$ '\r\n" + MARKS.begin.encode() + b"\r\n")
    assert text.endswith(MARKS.end.encode() + b"\r\n")


def test_beside_the_block_that_starts_crush() -> None:
    """Both may stand in one file, and neither is taken for the other."""
    from wizard.files.start_file import block

    around = _around({})
    text = "a\n" + block("zsh") + "b"
    _, edit = completion_edits("zsh", "script", around, lambda path: text if path.name == ".zshrc" else None)
    assert (edit.after or "").startswith(f"{text}\n{MARKS.begin}\n")


def test_a_block_that_is_not_closed_is_left_to_its_owner(machine: Machine) -> None:
    zshrc = machine.home / ".zshrc"
    zshrc.write_text(f"a\n{MARKS.begin}\nb\n")
    before = machine.snapshot()
    done = machine.run("completion", "zsh", "--install", "--yes", "--json")
    assert done.code == 4
    assert (done.json["error"]["path"], done.json["error"]["line"]) == (str(zshrc), 2)
    assert machine.snapshot() == before


def test_a_program_that_is_not_on_path_is_told_of(machine: Machine) -> None:
    assert "not on your PATH" in machine.run("completion", "fish", "--install", "--yes").err


def test_without_a_terminal_it_wants_yes(machine: Machine) -> None:
    before = machine.snapshot()
    done = machine.run("completion", "bash", "--install")
    assert done.code == 3
    assert "--yes" in done.err
    assert machine.snapshot() == before


def test_dry_run_shows_and_touches_nothing(machine: Machine) -> None:
    before = machine.snapshot()
    done = machine.run("completion", "zsh", "--install", "--dry-run")
    assert done.code == 0
    assert "+#compdef crush-wizard" in done.out
    assert f"+{MARKS.begin}" in done.out
    assert machine.snapshot() == before


def test_where_nothing_can_be_written(machine: Machine) -> None:
    (machine.home / ".config").write_text("no folder")
    done = machine.run("completion", "fish", "--install", "--yes")
    assert done.code == 4
    assert ".config" in done.err


@pytest.mark.parametrize(
    ("shell", "environ", "path"),
    [
        ("bash", {"XDG_DATA_HOME": "/data"}, "/data/bash-completion/completions/crush-wizard"),
        ("bash", {"BASH_COMPLETION_USER_DIR": "/mine:/more"}, "/mine/completions/crush-wizard"),
        ("zsh", {"XDG_DATA_HOME": "/data"}, "/data/zsh/site-functions/_crush-wizard"),
        ("fish", {"XDG_CONFIG_HOME": "/conf"}, "/conf/fish/completions/crush-wizard.fish"),
        ("powershell", {}, "/home/ada/.config/powershell/crush-wizard-completion.ps1"),
    ],
)
def test_where_each_shell_looks(shell: Any, environ: Mapping[str, str], path: str) -> None:
    assert str(completion_file(shell, _around(environ))) == path


def test_a_path_with_spaces_and_quotes_in_the_block() -> None:
    edits = completion_edits("zsh", "script", _around({"XDG_DATA_HOME": "/it's here"}), lambda _: None)
    assert "source '/it'\\''s here/zsh/site-functions/_crush-wizard'\n" in (edits[1].after or "")


def _around(environ: Mapping[str, str]) -> Surroundings:
    from pathlib import Path

    home = Path("/home/ada")
    return Surroundings(environ, "linux", home, home / "c", home / "d", home, home)


# What TAB offers


def test_commands_flags_and_values(offered: Offered) -> None:
    assert offered("add") == ["add-provider"]
    assert {"add-provider", "secret", "undo", "paths", "completion"} <= set(offered(""))
    assert offered("add-provider --secret-s") == ["--secret-store"]
    assert offered("add-provider --secret-store k") == ["keyring"]
    assert offered("completion ") == SHELLS
    assert "--api-key" not in offered("add-provider --api")


def test_presets_shipped_and_own(machine: Machine, offered: Offered) -> None:
    folder = machine.home / ".config" / "crush-wizard" / "presets"
    folder.mkdir(parents=True)
    (folder / "grotto.toml").write_text("broken")
    assert offered("add-provider gro") == ["groq", "grotto"]
    assert offered("presets show gro") == ["groq", "grotto"]


def test_models_of_the_entry_and_of_the_preset(machine: Machine, offered: Offered) -> None:
    machine.write_config(json.dumps({"providers": CONFIG}))
    for flag in ("--model", "--large", "--small"):
        assert offered(f"add-provider deepseek {flag} ") == ["deepseek-mine", "deepseek-v4-pro", "deepseek-v4-flash"]
    assert offered("add-provider work --model openai/gpt:") == ["openai/gpt:8b"]
    assert offered("add-provider --id work --model w") == ["w-1"]
    assert offered("add-provider --model ") == []


@pytest.mark.parametrize("line", ["show", "edit-provider", "remove-provider", "models", "test", "export --provider"])
def test_ids_wherever_a_provider_is_named(machine: Machine, offered: Offered, line: str) -> None:
    machine.write_config(json.dumps({"providers": CONFIG}))
    assert offered(f"{line} ") == ["work", "deepseek"]
    assert offered(f"{line} wo") == ["work"]


def test_what_can_be_hidden_and_shown(machine: Machine, offered: Offered) -> None:
    machine.write_config(json.dumps({"providers": {**CONFIG, "groq": {"disable": True}}}))
    assert offered("hide wo") == ["work"]
    assert offered("hide gro") == []
    assert "bedrock" in offered("hide bed")
    assert offered("unhide ") == ["groq"]


@pytest.mark.parametrize("line", ["edit-provider work --large", "models work --remove", "edit-provider work --model"])
def test_models_of_the_provider_that_is_named(machine: Machine, offered: Offered, line: str) -> None:
    machine.write_config(json.dumps({"providers": CONFIG}))
    assert offered(f"{line} w") == ["w-1"]


def test_models_for_a_slot(machine: Machine, offered: Offered) -> None:
    machine.write_config(json.dumps({"providers": CONFIG}))
    assert offered("use small wo") == ["work/w-1", "work/openai/gpt:8b"]


def test_names_of_secrets_and_never_a_value(machine: Machine, offered: Offered) -> None:
    set_ = ("secret", "set", "GROQ_API_KEY", "--stdin", "--store", "file")
    for value in (CANARY, CANARY + "2"):  # the second one keeps the first for undo
        assert machine.run(*set_, stdin=value).code == 0
    for verb in ("get", "set", "remove"):
        assert offered(f"secret {verb} ") == ["GROQ_API_KEY"]


def test_words_that_need_quotes_are_not_offered(machine: Machine, offered: Offered) -> None:
    ids = ["$(touch hit)", "`touch hit`", "a b", "x\x1b[31m", "é", "-rf", "a;b", "a'b", "a\nb", "*", "fine-1"]
    machine.write_config(json.dumps({"providers": {"work": {"models": [{"id": id_} for id_ in ids]}}}))
    assert offered("add-provider work --model ") == ["fine-1"]


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"providers": []}', '{"providers": {"work": {"models": 1}}}', "\xff\xfe", '{"providers": 1e999}'],
)
def test_a_broken_config_offers_nothing_and_says_nothing(machine: Machine, offered: Offered, text: str) -> None:
    machine.write_config(text)
    assert offered("add-provider work --model ") == []
    assert offered("add-provider gr") == ["groq"]


def test_no_command_of_a_config_is_run(machine: Machine, offered: Offered) -> None:
    hit = machine.home / "hit"
    command = f"$(touch {hit})"
    machine.write_config(json.dumps({"providers": {"work": {"api_key": command, "models": [{"id": "w-1"}]}}}))
    machine.config.with_name("crushrc").write_text(f'touch {hit}\nprovider add more --type openai --name "{command}"\n')
    assert offered("add-provider work --model ") == ["w-1"]
    assert not hit.exists()


@pytest.mark.parametrize("line", ["foo ", "foo --bar", "add-provider --foo", "undo --list x y "])
def test_a_senseless_line_gets_silence(offered: Offered, line: str) -> None:
    assert offered(line) == []


@pytest.mark.parametrize(
    ("line", "breaks", "word"),
    [
        ("--model openai/gpt:", " :=", "8b"),
        ("--model openai/gpt:", "", "openai/gpt:8b"),
        ("--model=openai/gpt:", " :=", "8b"),
        ("--model=openai/gpt:", " =", "openai/gpt:8b"),
        ("--model=openai/gpt:", "", "--model=openai/gpt:8b"),
        ('--model "openai/gpt:', " :=", "openai/gpt:8b"),
    ],
)
def test_bash_gets_the_part_of_a_word_that_it_replaces(
    machine: Machine, offered: Offered, line: str, breaks: str, word: str
) -> None:
    machine.write_config(json.dumps({"providers": CONFIG}))
    assert offered(f"add-provider work {line}", COMP_BREAKS=breaks) == [word]


def test_an_unknown_shell_gets_silence(machine: Machine) -> None:
    done = machine.run(env={"_CRUSH_WIZARD_COMPLETE": "tcsh_complete"})
    assert (done.code, done.out, done.err) == (1, "", "")

"""The table of password managers: its files, its commands, and what people paste."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from wizard import folders
from wizard.flow.manager import command
from wizard.secrets.reference import known
from wizard.secrets.reference.known import SHIPPED, advice, found, managers, reference_in, stands_in
from wizard.secrets.reference.manager_file import InvalidManager, read_manager

FOLDER = Path(known.__file__).parent / "managers"
OWN = """
id = "safe"
name = "My safe"
program = "safe"
item = "drawer"
example = "groq"
command = "safe open {options} {item}"
page = "https://safe.example/manual"

[[fields]]
key = "box"
text = "Box"
flag = "--box"

[[troubles]]
what = "locked"
words = ["safe: closed"]
then = "safe unlock"
source = "https://safe.example/manual"
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def describe(text: str, name: str = "safe") -> Path:
    folder = folders.managers()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def filled(name: str, item: str = "", **fields: str) -> str:
    manager = managers()[0][name]
    return command(manager, item or manager.example, fields)


class TestShipped:
    def test_every_file_is_shown(self) -> None:
        assert sorted(path.stem for path in FOLDER.glob("*.toml")) == sorted(SHIPPED)
        assert {name: manager.program for name, manager in managers()[0].items()} == SHIPPED

    @pytest.mark.parametrize("name", SHIPPED)
    def test_each_passes_the_check(self, name: str) -> None:
        path = FOLDER / f"{name}.toml"
        assert read_manager(path.read_text(encoding="utf-8"), path) == managers()[0][name]

    @pytest.mark.parametrize("name", SHIPPED)
    def test_each_says_how_it_fails_and_where_that_is_from(self, name: str) -> None:
        manager = managers()[0][name]
        assert {"missing"} < {trouble.what for trouble in manager.troubles}
        for trouble in manager.troubles:
            assert trouble.words or trouble.codes
            assert trouble.source.startswith("https://")
            assert trouble.then or trouble.what == "missing"

    @pytest.mark.parametrize("name", SHIPPED)
    def test_an_item_is_one_word_for_the_shell_whatever_is_in_it(self, name: str) -> None:
        manager = managers()[0][name]
        odd = """a'b "c" $(touch x) `y` ; & \\ é"""
        if manager.splits_item:
            odd = shlex.join([odd, "z"])
        words = shlex.split(filled(name, odd))
        asked = shlex.split(odd) if manager.splits_item else [odd]
        assert all(any(word.endswith(part) for word in words) for part in asked)

    def test_a_place_in_an_answer_is_no_place(self) -> None:
        assert filled("doppler", "{config}", project="{item}", config="{options}") == (
            "doppler secrets get '{config}' --plain --project '{item}' --config '{options}'"
        )

    def test_vaults_and_projects_are_named(self) -> None:
        assert filled("google-secret-manager", "groq", project="p 1").endswith("--secret=groq --project='p 1'")
        assert filled("doppler", "KEY", project="p", config="dev").endswith("--project p --config dev")
        assert filled("vault", "ai/groq") == "vault kv get -mount=secret -field=key ai/groq"

    def test_a_file_in_the_home_folder_is_found_on_every_machine(self) -> None:
        line = filled("keepassxc", "AI/Groq", database="~/My passwords.kdbx")
        assert line == """keepassxc-cli show -s -a Password -- "$HOME"/'My passwords.kdbx' AI/Groq"""


class TestOnes:
    def test_a_manager_of_the_users_is_known(self) -> None:
        describe(OWN)
        assert filled("safe", "a b", box="1") == "safe open --box 1 'a b'"
        assert advice("safe open x", 3, "safe: closed") == "to unlock My safe: safe unlock"

    def test_it_replaces_the_one_of_its_id(self) -> None:
        describe(OWN.replace('"safe"', '"pass"', 1), "pass")
        assert managers()[0]["pass"].name == "My safe"

    @pytest.mark.parametrize(
        ("wrong", "right", "place"),
        [
            ('command = "safe open {options} {item}"', 'command = "safe open"', "command: needs {item}"),
            ("{options}", "{bax}", "command: no field fills {bax}"),
            ('what = "locked"', 'what = "shut"', "troubles.what: must be one of locked, signed-out, missing"),
            ('flag = "--box"', "flag = 1", "fields.flag: must be a text that is not empty"),
            ('program = "safe"', "", "program: this key is missing"),
            ('item = "drawer"', 'item = "drawer"\nlisting = 1', "listing: must be a table"),
            ('id = "safe"', 'id = "saf"', "id: `saf` is not the name of the file"),
            ('id = "safe"', "id = ", "this is not TOML"),
        ],
    )
    def test_what_does_not_fit_is_told_with_its_place(self, wrong: str, right: str, place: str) -> None:
        path = describe(OWN.replace(wrong, right))
        with pytest.raises(InvalidManager, match=re.escape(place)) as refused:
            read_manager(path.read_text(), path)
        assert (refused.value.path, refused.value.line is None) == (str(path), not right and "key is" in place)
        known_ones, problems = managers()
        assert (len(known_ones), [type(problem) for problem in problems]) == (len(SHIPPED), [InvalidManager])

    def test_what_is_misspelled_is_told_with_its_line_and_what_is_near(self) -> None:
        path = describe(OWN.replace("flag =", "flg ="))
        with pytest.raises(InvalidManager) as refused:
            read_manager(path.read_text(), path)
        assert (refused.value.line, refused.value.hint) == (13, "did you mean `flag`?")

    def test_a_file_that_others_can_write_is_none(self) -> None:
        describe(OWN).chmod(0o666)
        known_ones, (problem,) = managers()
        assert "safe" not in known_ones
        assert "other users can write" in problem.message


def test_the_page_has_the_table() -> None:
    rows = [line for line in (FOLDER.parent / "MANAGERS.md").read_text().splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{it.id}` | {it.title} | {it.item}: `{it.example}` | `{_in_a_row(it.command)}` "
        f"| {'yes' * bool(it.listing)} |"
        for it in managers()[0].values()
    ]


def _in_a_row(line: str) -> str:
    return line.replace("|", "\\|")


class TestFound:
    def test_it_is_what_is_on_the_path(self, tmp_path: Path) -> None:
        for name in ("op", "aws", "security"):
            (tmp_path / name).write_text("#!/bin/sh\n")
            (tmp_path / name).chmod(0o700)
        here = [manager.id for manager in found(str(tmp_path))]
        assert [name for name in here if name != "macos-keychain"] == ["onepassword", "aws-secrets-manager", "aws-ssm"]
        assert found("") == ()


class TestPasted:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("op://Private/Groq/key", "op read --no-newline op://Private/Groq/key"),
            ('  "op://My vault/Groq/key" ', "op read --no-newline 'op://My vault/Groq/key'"),
            ("$(pass show groq)", "pass show groq"),
            ("$(pass show $(cat name))", "pass show $(cat name)"),
            ("`pass show groq`", "pass show groq"),
            ("pass show groq", "pass show groq"),
            ("/usr/bin/pass show groq | head -n 1", "/usr/bin/pass show groq | head -n 1"),
        ],
    )
    def test_a_reference_is_a_command(self, text: str, line: str) -> None:
        assert reference_in(text) == line

    @pytest.mark.parametrize(
        "text",
        [
            *("", "gsk_0123456789abcdef", "op", "op://", "bw://x/y", "hello world", "$GROQ_API_KEY", "${GROQ_API_KEY}"),
            *("$(a) $(b)", "`a` `b`", "$()", "``", "pass show a\nb", "pass", "$(pass show groq"),
        ],
    )
    def test_nothing_is_guessed(self, text: str) -> None:
        assert reference_in(text) is None


class TestAdvice:
    @pytest.mark.parametrize(
        ("line", "code", "words", "told"),
        [
            ("op read x", 1, "[ERROR] You are not currently signed in.", "to sign in to 1Password: eval $(op signin)"),
            ("bw get password x", 1, "Vault is locked.", 'to unlock Bitwarden: export BW_SESSION="$(bw unlock --raw)"'),
            ("bw get password x", 1, "Not found.", "Bitwarden does not have this item"),
            ("aws ssm get-parameter", 254, "(ParameterNotFound)", "AWS Systems Manager does not have this item"),
            ("aws secretsmanager x", 254, "ResourceNotFoundException", "AWS Secrets Manager does not have this item"),
            ("secret-tool lookup a b", 1, "", "Secret Service does not have this item"),
            ("A=b B=c pass show x", 2, "gpg: decryption failed: No secret key", "to unlock pass: export GPG_TTY"),
            ("pass show x", 1, "something else", ""),
            ("cat key", 1, "Not found.", ""),
            ("", 1, "", ""),
        ],
    )
    def test_it_is_the_managers_own(self, line: str, code: int, words: str, told: str) -> None:
        assert advice(line, code, words).startswith(told)
        assert bool(told) == bool(advice(line, code, words))

    @pytest.mark.parametrize(
        ("line", "printed"),
        [
            ("infisical secrets get X --plain", ""),
            ("infisical secrets get X --plain", "*not found*"),
            ("aws secretsmanager get-secret-value --secret-id x --query SecretString --output text", "None"),
        ],
    )
    def test_one_may_print_something_else_than_a_secret(self, line: str, printed: str) -> None:
        assert "does not have this item" in advice(line, 0, "", printed)
        assert advice(line, 3, "", printed) == ""
        assert stands_in(line, printed)
        assert not stands_in(f"cat {line}", printed)

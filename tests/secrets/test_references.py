"""References: the file that names a command for each secret, and the commands, run side by side."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.canary import CANARY
from wizard import folders
from wizard.errors import InvalidConfig, UsageError
from wizard.files import writer
from wizard.redaction import redact
from wizard.secrets.reference.file import check_command, reference_edits, references
from wizard.secrets.reference.running import RESOLVING, ReferenceFailed, refuse_circle, run_all, values_of


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "WIZARD_PROFILE", RESOLVING):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def save(name: str, command: str | None, profile: str = "") -> None:
    for edit in reference_edits({name: command}, profile):
        writer.make_folders(edit.path.parent)
        writer.write(edit)


def printed(command: str, **more: str) -> dict[str, str]:
    return values_of(run_all({"A_KEY": command, **more}, asks=False, say=print, seconds=5))


def problem(command: str, seconds: float = 5) -> str:
    with pytest.raises(ReferenceFailed) as failed:
        values_of(run_all({"A_KEY": command}, asks=False, say=lambda _: None, seconds=seconds))
    assert failed.value.exit_code == 5
    return failed.value.message


class TestTheFile:
    def test_what_was_saved_is_there(self) -> None:
        save("A_KEY", "op read 'op://Private/A b/key'")
        assert {name: it.command for name, it in references().items()} == {"A_KEY": "op read 'op://Private/A b/key'"}

    def test_comments_and_other_lines_stay(self) -> None:
        save("A_KEY", "one")
        path = folders.references()
        path.write_text(f'# mine\n{path.read_text()}B_KEY = "two" # and this\n')
        path.chmod(0o600)
        save("A_KEY", "three")
        assert path.read_text() == '# mine\nA_KEY = "three"\nB_KEY = "two" # and this\n'
        save("A_KEY", None)
        assert path.read_text() == '# mine\nB_KEY = "two" # and this\n'

    def test_nothing_changes_where_nothing_is_to_change(self) -> None:
        save("A_KEY", "one")
        assert reference_edits({"A_KEY": "one"}) == ()
        assert reference_edits({"B_KEY": None}) == ()

    def test_a_profile_has_its_own_before_those_that_all_share(self) -> None:
        save("A_KEY", "of all")
        save("B_KEY", "of all")
        save("A_KEY", "its own", "work")
        found = references("work")
        assert (found["A_KEY"].command, found["A_KEY"].shared) == ("its own", False)
        assert (found["B_KEY"].command, found["B_KEY"].shared) == ("of all", True)
        assert references()["A_KEY"].command == "of all"

    @pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
    def test_a_file_that_others_can_write_is_not_run(self, mode: int) -> None:
        save("A_KEY", "one")
        folders.references().chmod(mode)
        with pytest.raises(InvalidConfig, match="other users can write"):
            references()

    @pytest.mark.parametrize(
        "text", ["A_KEY = 1", "A_KEY = ''", '"a b" = "x"', "[A_KEY]", "A_KEY", 'PATH = "x"', "\xff"]
    )
    def test_what_does_not_fit_is_told_and_stays(self, text: str) -> None:
        save("A_KEY", "one")
        folders.references().write_bytes(text.encode("latin-1"))
        with pytest.raises(InvalidConfig):
            references()
        assert folders.references().read_bytes() == text.encode("latin-1")

    @pytest.mark.parametrize("command", ["", "  ", "a\nb", "a\0b", f"echo {CANARY}"])
    def test_what_is_no_command_is_not_saved(self, command: str) -> None:
        with pytest.raises(UsageError) as refused:
            check_command(command)
        assert CANARY not in refused.value.message


class TestRunning:
    def test_the_value_is_what_is_printed_without_the_newline(self) -> None:
        assert printed("printf ' a b \\r\\n\\n'") == {"A_KEY": " a b "}

    def test_it_is_masked_from_then_on(self) -> None:
        printed("echo not-a-vendors-key-9876543210")
        assert "9876543210" not in redact("x not-a-vendors-key-9876543210 y")

    def test_pipes_and_quotes_are_those_of_the_shell(self) -> None:
        assert printed("printf '%s\\n' \"a key\" notes | head -n 1") == {"A_KEY": "a key"}

    def test_it_runs_in_the_home_folder(
        self, home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = tmp_path_factory.mktemp("project")
        (project / "key").write_text("of a stranger")
        (home / "key").write_text("mine")
        monkeypatch.chdir(project)
        assert printed("cat key") == {"A_KEY": "mine"}

    def test_all_run_at_the_same_time(self) -> None:
        """Each waits for what the other one makes: one after the other they would never end."""
        meet = "touch {0}; while [ ! -e {1} ]; do sleep 0.01; done; echo key-{0}"
        found = printed(meet.format("a", "b"), B_KEY=meet.format("b", "a"))
        assert found == {"A_KEY": "key-a", "B_KEY": "key-b"}

    def test_equal_commands_run_once(self, tmp_path: Path) -> None:
        command = f"echo . >> {tmp_path}/runs; echo the-key"
        assert printed(command, B_KEY=command) == {"A_KEY": "the-key", "B_KEY": "the-key"}
        assert (tmp_path / "runs").read_text() == ".\n"

    def test_a_failure_is_told_in_its_own_words(self) -> None:
        said = problem("echo 'vault is locked' >&2; exit 6")
        assert said == "A_KEY: `echo 'vault is locked' >&2; exit 6` failed with exit code 6: vault is locked"

    def test_a_key_in_its_words_is_masked(self) -> None:
        said = problem("k=a1b2; echo refused gsk_$k$k$k$k$k$k >&2; exit 1")
        assert "gsk_a1b2" not in said
        assert "refused" in said

    @pytest.mark.parametrize(
        ("command", "what"),
        [
            ("true", "printed nothing"),
            ("echo '   '", "printed nothing"),
            ("printf 'a\\nb\\n'", "printed 2 lines, and a key is one: add `| head -n 1`"),
            ("printf '\\377\\376'", "printed something that is not text"),
            ("yes", "printed far more than a key"),
            ("no-such-program-here", "was not found"),
            ("kill -9 $$", "was ended by signal 9"),
        ],
    )
    def test_what_is_no_key_is_told(self, command: str, what: str) -> None:
        assert what in problem(command)

    def test_what_a_manager_prints_for_an_item_that_is_missing_is_no_key(self, tmp_path: Path) -> None:
        infisical = tmp_path / "infisical"
        infisical.write_text("#!/bin/sh\necho '*not found*'\n")
        infisical.chmod(0o700)
        assert problem(f"{infisical} secrets get A_KEY").endswith("printed `*not found*`, not a key")

    def test_colours_in_its_words_are_left_out(self) -> None:
        assert problem("printf '\\033[31mDoppler Error:\\033[0m no' >&2; exit 1").endswith("code 1: Doppler Error: no")

    def test_what_does_not_end_is_ended_with_all_that_it_started(self, tmp_path: Path) -> None:
        assert "did not end within 1 seconds" in problem(f"sleep 600 & echo $! > {tmp_path}/pid; wait", seconds=1)
        started = int((tmp_path / "pid").read_text())
        assert _is_gone(started)

    def test_what_ignores_the_wish_to_end_is_ended_as_well(self) -> None:
        assert "did not end" in problem("trap '' TERM; while :; do sleep 0.05; done", seconds=0.2)

    def test_what_it_leaves_running_is_not_waited_for(self) -> None:
        assert printed("sleep 2 & echo the-key") == {"A_KEY": "the-key"}

    def test_what_is_piped_into_us_is_not_read(self) -> None:
        read, write = os.pipe()
        before = os.dup(0)
        try:
            os.dup2(read, 0)
            assert printed("cat; echo nothing-read") == {"A_KEY": "nothing-read"}
        finally:
            os.dup2(before, 0)
            for handle in (read, write, before):
                os.close(handle)

    def test_one_that_fails_does_not_cost_the_others(self) -> None:
        found = run_all({"A": "echo the-key", "B": "exit 2"}, asks=False, say=print)
        assert (found["A"].value, found["B"].value) == ("the-key", None)

    def test_what_to_do_is_told_for_each_manager_once(self, tmp_path: Path) -> None:
        for name, words in (("pass", "gpg: decryption failed: Timeout"), ("bw", "Vault is locked.")):
            (tmp_path / name).write_text(f"#!/bin/sh\necho '{words}' >&2; exit 1\n")
            (tmp_path / name).chmod(0o700)
        commands = {"A": f"{tmp_path}/pass a", "B": f"{tmp_path}/pass b", "C": f"{tmp_path}/bw c", "D": "false"}
        with pytest.raises(ReferenceFailed) as failed:
            values_of(run_all(commands, asks=False, say=print))
        assert (failed.value.hint.count("to unlock pass:"), failed.value.hint.count("to unlock Bitwarden:")) == (1, 1)

    def test_without_a_home_folder_it_runs_at_the_top(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(home / "gone"))
        assert printed("pwd") == {"A_KEY": home.anchor}

    def test_none_leads_back_to_itself(self) -> None:
        assert printed(f"echo ${RESOLVING}") == {"A_KEY": "A_KEY"}
        with pytest.raises(ReferenceFailed, match="asks crush-wizard for A_KEY"):
            refuse_circle(["A_KEY", "B_KEY"], {RESOLVING: "A_KEY"})


def _is_gone(process: int) -> bool:
    for _ in range(500):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if "Z" in Path(f"/proc/{process}/stat").read_text().split()[2]:
            return True
        time.sleep(0.01)
    os.kill(process, signal.SIGKILL)
    return False

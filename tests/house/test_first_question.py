"""What there is when the first question is asked: whatever only answers need comes later, while it is read."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

UNTIL_ASKED = """
import sys, threading
from wizard.ui import prompter, terminal_prompter
from wizard.__main__ import main

def ask(self, question, **_):
    print(question.key, threading.active_count(), *sys.modules)
    raise SystemExit

prompter.is_terminal = lambda _: True
terminal_prompter.TerminalPrompter.ask = ask
main()
"""
LATER = {"wizard.change", "wizard.doctor", "wizard.endpoints", "wizard.transfer", "wizard.cli.provider.change"}
LATER |= {"wizard.cli.setup.change", "wizard.trial.discovered"}
LATER |= {"wizard.machine.consent", "wizard.machine.in_force", "wizard.machine.looking_around", "wizard.trial.trial"}
LATER |= {"wizard.network.client", "wizard.network.connecting", "wizard.secrets.choice"}
LATER |= {"wizard.crush.effective", "wizard.crush.loading", "wizard.crush.usage", "wizard.secrets.age_store"}
LATER |= {"wizard.secrets.reference.running", "wizard.secrets.secret_service", "wizard.documents.crushrc"}
LATER |= {"wizard.trial.offers", "wizard.catalog.matching"}
BY_SETUP = {"wizard.flow.model_choice", "wizard.flow.model_questions", "wizard.flow.slot_questions"}
BY_SETUP |= {"wizard.machine.looking_around", "wizard.catalog.catwalk", "wizard.expansion.expand"}
LATER |= BY_SETUP
LATER |= {"click", "questionary", "keyring", "secretstorage", "jeepney", "httpcore", "pyrage", "tomlkit", "yaml"}


OFFLINE = {"WIZARD_OFFLINE": "1"}
NO_WAY_OUT = {"CATWALK_URL": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("arguments", "question", "variables", "needed"),
    [
        (("add-provider",), "preset", {}, set()),
        (("add-provider", "deepseek"), "key", {}, set()),
        (("setup",), "providers", OFFLINE, BY_SETUP),
        (("setup",), "air_gapped", NO_WAY_OUT, BY_SETUP),
    ],
)
def test_nothing_is_there_yet_that_the_first_question_does_not_need(
    tmp_path: Path, arguments: tuple[str, ...], question: str, variables: dict[str, str], needed: set[str]
) -> None:
    command = [sys.executable, "-c", UNTIL_ASKED, *arguments]
    environment = {"HOME": str(tmp_path), "PATH": "", "TERM": "xterm", "LANG": "C.UTF-8", **variables}
    asked = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert asked.returncode == 0, asked.stderr
    key, threads, *modules = asked.stdout.split()
    assert (key, threads) == (question, "1")
    there = {
        module for module in modules for later in LATER - needed if module == later or module.startswith(f"{later}.")
    }
    assert there == set()


TYPED = """
import sys
from wizard.__main__ import main
try:
    main()
finally:
    print(*(name for name in ("msgspec", "typing_extensions", "shutil") if name in sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [("presets", "list"), ("--help",)])
def test_what_takes_long_to_import_is_not_needed_for_msgspec_or_the_help(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """typing_extensions took an eighth of the time of `run -- true`, shutil a twentieth of that of `--help`."""
    command = [sys.executable, "-c", TYPED, *arguments]
    environment = {"HOME": str(tmp_path), "PATH": "", "LANG": "C.UTF-8"}
    listed = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert listed.stderr.split() == ["msgspec"]

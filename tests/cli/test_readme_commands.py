"""Every command that README.md tells a reader to type is run here, as it stands, and does what it is told for.

There is no terminal: who changes something adds `--yes`. Fenced lines (installing, the tests) are for
tests/house/test_readme.py.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from tests.catalog.listings import charm_model, charm_provider
from tests.program import ROOT
from wizard.cli.command_line import commands
from wizard.flow.preset_library import load_shipped

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Finished, Machine
    from tests.crush.real.internet import Internet
    from tests.model_server import ModelServer

pytestmark = pytest.mark.any_python

KEY = "gsk_0123456789abcdef0123456789abcdef"
CALL = re.compile(r"`((?:crush-wizard |eval )[^`]+)`")
ENDS = {
    "crush-wizard add-provider": 3,  # which one is for a person to say
    "crush-wizard add-provider copilot": 3,  # signing in is as well
    "crush-wizard edit-provider groq": 3,  # and what to change
}
"""Exit codes other than 0."""
GIVEN = {"crush-wizard secret set GROQ_API_KEY": (("--stdin",), KEY)}
"""What somebody without a terminal adds, and pipes in."""
CRUSH = """\
#!/bin/sh
case $1 in
--version) echo crush version 0.90.0 ;;
login) echo "Available platforms are: hyper, copilot." ;;
*) echo "$GROQ_API_KEY" ;;
esac
"""
PROGRAMS = {
    "crush": CRUSH,
    "crush-wizard": f'#!/bin/sh\nexec "{sys.executable}" -m wizard "$@"\n',
    "op": f"#!/bin/sh\necho {KEY}\n",
}
OPENCODE = {
    "provider": {"acme": {"npm": "@ai-sdk/openai-compatible", "options": {"baseURL": "https://acme.example/v1"}}}
}


def rows() -> list[list[str]]:
    """The commands of README.md, those of one line of it together."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    return [found for line in lines if (found := CALL.findall(line))]


@pytest.fixture
def used(machine: Machine, internet: Internet, model_server: ModelServer) -> Machine:
    """A machine with a provider and its key, and a vendor's answer behind every address."""
    model_server.key = None
    model_server.models = tuple({"id": model, "object": "model"} for model in load_shipped("groq").models)
    catalogue = [charm_provider("groq", charm_model("openai/gpt-oss-120b"))]
    internet.answers["catwalk.charm.land"] = (200, catalogue)
    answer = internet.answer
    internet.answer = lambda sent: answer(sent) if "catwalk" in sent.url else model_server.answer_sent(sent)  # type: ignore[method-assign]
    programs = machine.home / "bin"
    programs.mkdir()
    for name, text in PROGRAMS.items():
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)
    machine.env |= {"PATH": f"{programs}:/usr/bin:/bin", **internet.environ}
    del machine.env["WIZARD_OFFLINE"]
    opencode = machine.home / ".config" / "opencode" / "opencode.json"
    opencode.parent.mkdir(parents=True)
    opencode.write_text(json.dumps(OPENCODE), encoding="utf-8")
    for arguments in (
        ("add-provider", "groq", "--yes", "--api-key-stdin", "--secret-store", "file"),
        ("export", "team.toml"),
    ):
        done = machine.run(*arguments, stdin=KEY)
        assert done.code == 0, done.err
    return machine


def test_each_command_does_what_it_is_told_for(used: Machine, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    shutil.copytree(used.home, kept, symlinks=True)
    wrong = []
    for row in rows():
        for call in row:
            done = _run(call, used)
            if done.code != ENDS.get(call, 0) or "unexpected error" in done.err:
                wrong.append(f"{call}\n  ended with {done.code}\n{done.err}")
        shutil.rmtree(used.home)
        shutil.copytree(kept, used.home, symlinks=True)
    assert not wrong, "\n".join(wrong)


def test_the_list_is_long() -> None:
    calls = [call for row in rows() for call in row]
    assert len(calls) > 40
    assert set(ENDS) | set(GIVEN) <= set(calls)


def _run(call: str, machine: Machine) -> Finished:
    if not call.startswith("crush-wizard "):
        shell = subprocess.run(
            ["bash", "-c", f'{call} && test -n "$GROQ_API_KEY"'],
            cwd=machine.home,
            env=machine.env,
            capture_output=True,
            text=True,
            check=False,
        )
        return type(machine.run("--version"))(shell.returncode, shell.stdout, shell.stderr)
    added, stdin = GIVEN.get(call, ((), ""))
    words = [*shlex.split(call)[1:], *added]
    return machine.run(*words, *_unasked(words), stdin=stdin)


def _unasked(words: list[str]) -> list[str]:
    """What else a command needs that can't ask: --merge is harmless where the provider is new."""
    merge = ["--merge"] if "add-provider" in words else []
    return [*merge, "--yes"] if _changes(words) else merge


def _changes(words: list[str]) -> bool:
    """Whether the command asks before it changes something."""
    if "doctor" in words and "--fix" not in words:
        return False
    found: click.Command = commands
    for word in words:
        if isinstance(found, click.Group):
            found = found.get_command(click.Context(found), word) or found
    flags = {name for option in found.params for name in option.opts}
    return "--yes" in flags and not {"--yes", "--dry-run"} & set(words)

"""The screen in README.md is what a real terminal shows of the first run.

`.screen/make_screen.py` has this test keep what it sees, in place of comparing it.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

import pytest

from tests.cli.provider.test_own_catalogue import OWN
from tests.dotted import script
from tests.model_server import KEY, ModelServer
from tests.terminal.test_setup import has_crush

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crush.real.internet import Internet
    from tests.terminal.conftest import User

pytestmark = pytest.mark.any_python

COMMAND = "crush-wizard"
REMAKE = "run: .venv/bin/python .screen/make_screen.py"
CRUSH = """\
#!/bin/sh
case "$*" in
--version) echo "crush version 0.90.0" ;;
models) printf 'deepseek/deepseek-v4-pro\\ndeepseek/deepseek-v4-flash\\n' ;;
"update-providers embedded") mkdir -p "$XDG_DATA_HOME/crush" && cp "@" "$XDG_DATA_HOME/crush/providers.json" ;;
esac
"""


@pytest.fixture
def deepseek(internet: Internet, model_server: ModelServer) -> Internet:
    """An internet in which DeepSeek answers as it does: every host is the model server, with two models of theirs."""
    model_server.models = tuple({"id": model, "object": "model"} for model in ("deepseek-v4-flash", "deepseek-v4-pro"))
    internet.answer = model_server.answer_sent  # type: ignore[method-assign]
    return internet


def test_the_screen_is_real(keyring_user: User, deepseek: Internet, tmp_path: Path) -> None:
    programs, embedded = has_crush(keyring_user), tmp_path / "embedded.json"
    embedded.write_text(json.dumps([OWN]), encoding="utf-8")
    (keyring_user.home / "bin" / "crush").write_text(CRUSH.replace("@", str(embedded)), encoding="utf-8")
    (keyring_user.home / "bin" / COMMAND).touch(mode=0o755)
    env = {"PATH": programs, "WIZARD_OFFLINE": None, **deepseek.environ}
    window = keyring_user.wizard(env=env, columns=80, rows=60)
    window.wait_for("keyring:")
    window.answer("Which providers?", "deepseek ")
    window.answer("DeepSeek API key", KEY)
    window.answer("Save?")
    assert window.exit_code() == 0, window.screen
    make_screen = script(".screen/make_screen.py")
    picture = make_screen.drawn(COMMAND, window.cells)
    seen = f"$ {COMMAND}\n{window.screen}"
    assert make_screen.text_of(picture) == seen
    assert len(fromstring(picture).findall("{*}text")) > len(seen.splitlines()), "it is XML, with its text as text"
    if os.environ.get("WIZARD_RECORD"):
        make_screen.SCREEN.write_text(picture, encoding="utf-8")
    kept = make_screen.SCREEN.read_text(encoding="utf-8")
    assert make_screen.text_of(kept) == settled(seen), REMAKE
    if settled(seen) == seen:
        assert kept == picture, REMAKE


def settled(screen: str) -> str:
    """On a busy machine the greeting does not wait until Crush and the keyring have answered."""
    patient = screen.replace("– keyring: no answer yet", "✓ keyring: Secret Service")
    return patient.replace("✓ Crush: no version yet", "✓ Crush 0.90.0")

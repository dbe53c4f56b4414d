"""Signing in, in a real terminal: the terminal goes to Crush's own login, and what came of it is seen.

The Crush here is a stand-in: GitHub's own login can't be redirected. It behaves as `crush login copilot` is documented:
a code, Enter, a wait, and the login in Crush's data folder.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.terminal.conftest import Terminal, User

TOKEN = "tid-login-canary-4711"
CRUSH = f"""#!/bin/sh
case "$*" in
  --version) echo crush version v0.90.0 ;;
  "login --help") echo "Available platforms are: hyper, copilot." ;;
  "login copilot")
    echo "The following code should be on clipboard already: ABCD-1234"
    echo "Press enter to open this URL"
    read -r _ || exit 1
    test "$REFUSED" && {{ echo "unable to sign in" >&2; exit 1; }}
    mkdir -p "$XDG_DATA_HOME/crush"
    cat > "$XDG_DATA_HOME/crush/crush.json" <<END
{{"providers": {{"copilot": {{"api_key": "{TOKEN}",
"oauth": {{"access_token": "{TOKEN}", "refresh_token": "r", "expires_in": 1500, "expires_at": 99999999999}}}}}}}}
END
    echo "You're now authenticated with GitHub Copilot!" ;;
  models) echo copilot/gpt-5 ;;
  *) echo "unexpected: $*" >&2; exit 2 ;;
esac
"""


@pytest.fixture
def owner(user: User) -> User:
    program = user.home / "bin" / "crush"
    program.parent.mkdir(parents=True)
    program.write_text(CRUSH)
    program.chmod(0o755)
    user.env["PATH"] = f"{program.parent}:/usr/bin:/bin"
    user.env["WIZARD_OFFLINE"] = ""  # nothing here has an address
    return user


def data_file(owner: User) -> Path:
    return Path(owner.env["XDG_DATA_HOME"]) / "crush" / "crush.json"


def test_the_terminal_is_handed_over(owner: User) -> None:
    window = owner.wizard("add-provider", "copilot")
    asked = window.wait_for("waits until you have entered the code")
    assert "opens a page in your browser" in " ".join(asked.split())
    window.answer("Run `crush login copilot` now?")
    window.wait_for("Press enter to open this URL")
    window.key("enter")
    window.wait_for("Signed in to GitHub Copilot")
    assert window.exit_code() == 0
    assert TOKEN.encode() not in window.everything
    assert data_file(owner).exists()
    assert not owner.config.exists()


def test_a_no_starts_nothing(owner: User) -> None:
    window = owner.wizard("add-provider", "copilot")
    window.answer("Run `crush login copilot` now?", "n")
    assert window.exit_code() == 130
    assert "ABCD-1234" not in window.screen


def test_a_login_that_fails_is_said(owner: User) -> None:
    window = owner.wizard("add-provider", "copilot", env={"REFUSED": "1"})
    window.answer("Run `crush login copilot` now?")
    window.wait_for("Press enter to open this URL")
    window.key("enter")
    window.wait_for("error: Crush has not signed in to GitHub Copilot")
    assert window.exit_code() == 1
    assert not data_file(owner).exists()


def test_ctrl_c_is_crushs(owner: User) -> None:
    window = owner.wizard("add-provider", "copilot")
    window.answer("Run `crush login copilot` now?")
    window.wait_for("Press enter to open this URL")
    window.key("ctrl-c")
    window.wait_for("error: Crush has not signed in to GitHub Copilot")
    assert window.exit_code() == 1
    assert window.cooked


def find(window: Terminal) -> None:
    """Filter the list for the row. It comes once Crush has told what it can; a filtered list waits for a letter."""
    window.send("GitHub Copilot")
    while "GitHub Copilot (sign in)" not in window.screen:
        window.key("backspace")
        window.send("t")
        with contextlib.suppress(pytest.fail.Exception):
            window.wait_for("GitHub Copilot (sign in)", timeout=1)


def test_it_is_a_row_of_the_list(owner: User) -> None:
    window = owner.wizard("add-provider")
    window.wait_for_question("Provider")
    find(window)
    window.key("enter")
    window.answer("Run `crush login copilot` now?")
    window.wait_for("Press enter to open this URL")
    window.key("enter")
    window.wait_for("Signed in to GitHub Copilot")
    assert window.exit_code() == 0


def test_setup_signs_in_at_its_end(owner: User) -> None:
    window = owner.wizard("setup", env={"CATWALK_URL": "http://127.0.0.1:9"})
    window.answer("No internet here.", "n")
    window.wait_for_question("Which providers?")
    find(window)
    window.key("tab")
    window.key("enter")
    window.answer("Run `crush login copilot` now?")
    window.wait_for("Press enter to open this URL")
    window.key("enter")
    window.wait_for("Signed in to GitHub Copilot")
    assert window.exit_code() == 0


def test_a_hidden_one_is_said_to_be_hidden(owner: User) -> None:
    owner.writes(json.dumps({"providers": {"copilot": {"disable": True, "api_key": "unused"}}}))
    window = owner.wizard("add-provider", "copilot")
    window.answer("Run `crush login copilot` now?")
    window.wait_for("Press enter to open this URL")
    window.key("enter")
    window.wait_for("to show it again: crush-wizard unhide copilot")
    assert window.exit_code() == 0

"""Signing in instead of a key: Crush does it, with `crush login`, and keeps the login in a file of its own."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from wizard.cli.result import Result
from wizard.crush.program import find_crush, login_platforms
from wizard.errors import AnswersMissing, Cancelled, Refused, WizardError
from wizard.files.locations import JSON_NAME, data_folder
from wizard.files.programs import which
from wizard.flow.question import Kind, Question
from wizard.machine.consent import FLAG, Consent
from wizard.machine.getting_crush import PAGE, install_command
from wizard.network.offline import is_offline
from wizard.provider.login import login_of, login_state
from wizard.shown import command_line
from wizard.ui.place import shown_path
from wizard.ui.prompter import after_writing
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wizard.machine.in_force import InForce
    from wizard.provider.login import Login, LoginState
    from wizard.ui.output import Output
    from wizard.ui.prompting import Prompter


class NotSignedIn(WizardError):
    code = "not-signed-in"


def sign_in(
    platform: str, output: Output, asker: Prompter | None, *, dry_run: bool, yes: bool, allow_hosts: bool
) -> Result:
    """Hand the terminal over to `crush login`, and see whether it worked.

    Raises Refused where there is no Crush, or it can't, AnswersMissing where nobody is there to sign in, Cancelled,
    and NotSignedIn.
    """
    from wizard.machine.in_force import in_force

    login, program = login_of(platform), _program(platform)
    found = in_force()
    state = state_of(login, found)
    if state in ("valid", "renewed"):
        output.note(f"nothing to do: you are already signed in to {login.name}")
        output.note(f"to sign in again: crush login --force {platform}")
        return Result(partial(_data, login, found, applied=False))
    if is_offline():
        raise Refused(
            f"signing in to {login.name} needs the network", hint="leave out --offline, and unset WIZARD_OFFLINE"
        )
    words = ("crush", "login", *(("--force",) if state else ()), platform)
    if dry_run:
        output.note(f"this would run: {command_line_of(words)}")
        return Result(partial(_data, login, found, applied=False))
    asker = None if yes or output.in_dialogue else asker
    if asker is None:
        raise AnswersMissing(f"signing in to {login.name} needs a person", hint=command_line_of(words))
    if not Consent(output, asker, allow_hosts).lets_crush_start(found):
        raise Refused(
            "Crush is not started in this folder without your consent", hint=f"if all of this is right, add {FLAG}"
        )
    if asker.ask(_question(login, words, found), can_go_back=False) is not True:
        raise Cancelled
    after_writing(asker, output)
    _hand_over([program, *words[1:]])
    return _seen(login, output)


def state_of(login: Login, found: InForce) -> LoginState | None:
    """How the login is that Crush has; None where there is none."""
    return login_state(found.effective.said(login.id), time.time())


def command_line_of(words: Sequence[str]) -> str:
    """A command that is no one of ours."""
    return " ".join(words)


def _program(platform: str) -> Path:
    """The Crush that signs in. Raises Refused."""
    crush = find_crush(os.environ)
    if crush.path is None:
        get = install_command(sys.platform, which) or PAGE
        raise Refused(f"Crush itself signs in to {login_of(platform).name}, but {crush.problem}", hint=f"get it: {get}")
    known = login_platforms(crush.path, os.environ)
    if platform not in known:
        can = f"it can sign in to {joined(known)}" if known else "update Crush"
        raise Refused(f"the Crush on this machine can't sign in to {login_of(platform).name}", hint=can)
    return crush.path


def _question(login: Login, words: Sequence[str], found: InForce) -> Question:
    file = shown_path(data_folder(found.around) / JSON_NAME)
    return Question(
        key="sign_in",
        text=f"Run `{command_line_of(words)}` now?",
        kind=Kind.CONFIRM,
        flag=command_line_of(words),
        help=(
            f"Crush signs in to {login.name}: it shows a code, opens a page in your browser, and waits until you have "
            f"entered the code there. It keeps the login in {file}; crush-wizard does not."
        ),
        default=True,
    )


def _hand_over(words: Sequence[Path | str]) -> None:
    """Let the program have the terminal until it ends. Ctrl-C is the program's; what it prints is no data of ours."""
    import signal
    import subprocess

    sys.stdout.flush()
    sys.stderr.flush()
    before = signal.signal(signal.SIGINT, lambda *_: None)  # unlike SIG_IGN, a handler is not inherited
    try:
        subprocess.run(list(words), stdout=sys.stderr, check=False)
    except OSError as error:
        raise NotSignedIn(f"can't start {words[0]}: {error.strerror or error}") from error
    finally:
        signal.signal(signal.SIGINT, before)


def _seen(login: Login, output: Output) -> Result:
    """What there is afterwards: the login, or none."""
    from wizard.machine.in_force import in_force

    found = in_force()
    if state_of(login, found) not in ("valid", "renewed"):
        raise NotSignedIn(f"Crush has not signed in to {login.name}", hint=f"try again: crush login {login.id}")
    output.done(f"Signed in to {login.name}")
    provider = found.effective.provider(login.id)
    if provider is not None and provider.is_hidden:
        output.note(f"{login.id} is hidden in Crush; to show it again: {command_line('unhide', login.id)}")
    output.note(f"to sign out: crush logout {login.id}")
    return Result(partial(_data, login, found, applied=True))


def _data(login: Login, found: InForce, *, applied: bool) -> dict[str, Any]:
    from wizard.change.run import as_data

    return {**as_data(None, {"id": login.id}), "applied": applied, "login": state_of(login, found)}

"""--verify: after a change, let the real Crush load the configuration, and offer to take the change back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wizard import folders
from wizard.change.take_back import take_back
from wizard.crush.demands import runs_commands
from wizard.crush.program import StartVerdict, ask_crush, find_crush
from wizard.errors import Cancelled
from wizard.files.history import History
from wizard.flow.question import Kind, Question
from wizard.machine.consent import FLAG, Consent
from wizard.provider.milestones import missing, spelled
from wizard.ui.progress import waiting
from wizard.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wizard.flow.driver import Asker
    from wizard.ui.output import Output


def verify(
    output: Output,
    asker: Asker | None,
    secrets: Mapping[str, str],
    providers: Sequence[str],
    *,
    allow_hosts: bool = False,
) -> bool:
    """Ask Crush whether it starts with what has just been written, and whether it lists models of each provider.

    Called after the write, where --verify was given: that is the consent, for Crush runs the commands in its
    configuration; where only the folder's files want something, that is asked for. `secrets` are
    variables that Crush gets besides the environment, as through `run`. False: not so, or Crush gave no answer, and
    the command ends with exit code 1.
    """
    from wizard.machine.in_force import in_force

    if not Consent(output, asker, allow_hosts).lets_crush_start(in_force()):
        output.warning("not verified: Crush is not started in this folder without your consent")
        output.hint(f"if all of this is right, add {FLAG}")
        return False
    runs = ", which runs the commands in its config" if runs_commands(in_force().effective) else ""
    with waiting(output, f"starting Crush to check this{runs}"):
        verdict = _ask(secrets)
    if verdict.ok is None:
        output.warning(f"not verified: {verdict.message}")
    elif verdict.ok:
        return _lists_models(verdict, providers, output)
    else:
        output.warning(f"Crush does not start with this config: {verdict.message}")
        _offer_undo(output, asker)
    return False


def _ask(secrets: Mapping[str, str]) -> StartVerdict:
    crush = find_crush(os.environ)
    if crush.path is None:
        return StartVerdict(None, message=crush.problem)
    if since := missing(crush.version, "models"):
        return StartVerdict(None, message=f"this needs Crush {spelled(since)} or later")
    return ask_crush(crush.path, {**os.environ, **secrets}, Path.cwd())


def _lists_models(verdict: StartVerdict, providers: Sequence[str], output: Output) -> bool:
    """For a built-in provider Crush lists the catalogue's models even if it has no key for them."""
    counts = {provider: sum(model.startswith(f"{provider}/") for model in verdict.models) for provider in providers}
    listed = ", ".join(f"{counted(count, 'model')} of {provider}" for provider, count in counts.items() if count)
    left_out = [provider for provider, count in counts.items() if not count]
    if listed:
        output.done(f"Crush starts, and lists {listed}")
    for provider in left_out:
        output.warning(f"Crush starts, but lists no model of {provider}: it drops the provider")
    return not left_out


def _offer_undo(output: Output, asker: Asker | None) -> None:
    history = History(folders.backups())
    record = history.last()
    if record is None:
        return
    if asker is None or not _wants_undo(asker, record.command):
        output.note("the change stays; to undo: crush-wizard undo")
    else:
        take_back(record, history, output)


def _wants_undo(asker: Asker, command: str) -> bool:
    """Who presses Ctrl-C here has the change already: it stays."""
    question = Question(
        key="undo", text=f"Undo `{command}`?", kind=Kind.CONFIRM, flag="crush-wizard undo", default=True
    )
    try:
        return asker.ask(question, can_go_back=False) is True
    except Cancelled:
        return False

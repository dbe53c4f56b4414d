"""After the onboarding has written: what Crush says, and what to type next.

What was written stays, however the person leaves from here on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.change.verify import verify
from wizard.crush.demands import runs_commands
from wizard.errors import Cancelled
from wizard.flow.key_questions import RUN, SHELL
from wizard.flow.question import Kind, Question
from wizard.machine.getting_crush import PAGE, install_command
from wizard.machine.in_force import in_force
from wizard.machine.provision import in_use, stored
from wizard.namespace import profile_in_force
from wizard.network.offline import is_offline
from wizard.provider.milestones import missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wizard.flow.build import Draft
    from wizard.machine.consent import Consent
    from wizard.machine.looking_around import MachineState
    from wizard.ui.output import Output


def end(drafts: Sequence[Draft], seen: MachineState, consent: Consent) -> bool:
    """Whether Crush has nothing against what was written, as far as it was asked."""
    try:
        verified = _verify(drafts, seen, consent)
    except (KeyboardInterrupt, Cancelled):
        consent.output.note("stopped here: what was written stays; to undo it: crush-wizard undo")
        return True
    say_next(drafts, seen, consent.output)
    return verified


def _verify(drafts: Sequence[Draft], seen: MachineState, consent: Consent) -> bool:
    """The real Crush. Where it would run the commands of the configuration, only if the person agrees."""
    if consent.asker is None or is_offline() or not _can_list_models(seen):
        return True
    if runs_commands(in_force().effective) and consent.asker.ask(VERIFICATION, can_go_back=False) is not True:
        return True
    secrets = stored(in_use((), consent.output).names, consent.output)
    providers = [draft.provider.id for draft in drafts]
    return verify(consent.output, consent.asker, secrets, providers, allow_hosts=consent.allowed)


VERIFICATION = Question(
    key="verify",
    text="Start Crush to check this?",
    kind=Kind.CONFIRM,
    flag="add-provider --verify",
    help="It runs the commands in its config.",
    default=True,
)


def _can_list_models(seen: MachineState) -> bool:
    crush = seen.crush
    return crush is not None and crush.path is not None and missing(crush.version, "models") is None


# What to type next


def say_next(drafts: Sequence[Draft], seen: MachineState, output: Output) -> None:
    from wizard.change.delivery import run_line, way_to_start_with

    if not seen.which("crush"):
        output.note("get Crush:")
        output.line(f"  {install_command(seen.platform, seen.which) or PAGE}")
    way = way_to_start_with(drafts)
    there = " in a new terminal" if way == SHELL else ""
    output.note(f"start Crush{there}:" if seen.which("crush") else f"then start it{there}:")
    output.line(f"  {run_line() if way == RUN or profile_in_force() else 'crush'}")

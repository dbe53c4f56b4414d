"""What a cloud's own tool makes of a sign-in that only the cloud's library can use: keys or a token to send.

The tool runs with the user's own environment, and only where no file of a folder has a word in what it reads.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.files.programs import which
from wizard.network.offline import is_offline
from wizard.private import Private
from wizard.regexp import regexp
from wizard.secrets.agent import is_inside_agent
from wizard.secrets.reference.running import run_all
from wizard.trial.signed_out import OnlyTheirs, SignedOut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.endpoints.wire import Live
    from wizard.machine.consent import Consent
    from wizard.machine.in_force import InForce
    from wizard.secrets.reference.running import Printed
    from wizard.trial.signed_out import ToolCommand

_READ = ("AWS_", "GOOGLE_", "CLOUDSDK_")
"""How the variables begin that the tools read."""
_PASSED_ON = frozenset(("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"))
"""What they get by an option, or don't need."""
_NOT_SIGNED_IN = regexp(
    r"(?i)expired|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|AccessDenied|credentials|\bSSO\b"
    r"|could not be found|invalid_grant|reauth"
)
"""In what the tools say of a sign-in that is missing or refused (botocore's exceptions, google-auth's); the rest is of
the network.
"""
_TOO_OLD = regexp(r"(?i)invalid choice")
"""In what a tool says that does not know the command: the AWS CLI 1, and 2 before 2.9."""


class Handed(Private, Struct, frozen=True):
    """Providers with what the tools handed out, and why others have nothing of it; by id."""

    lives: Mapping[str, Live]
    reasons: Mapping[str, SignedOut | OnlyTheirs]


def handed_by_tools(reasons: Mapping[str, Exception], found: InForce, consent: Consent) -> Handed:
    """What the tools hand out, all asked at once. Those that are not here are asked nothing."""
    wanted = {
        id_: _Wanted(reason, reason.tool)
        for id_, reason in reasons.items()
        if isinstance(reason, OnlyTheirs) and reason.tool and which(reason.tool.line.split()[0])
    }
    if not wanted or not consent.runs_commands or is_offline() or is_inside_agent(os.environ) or _has_a_word(found):
        return Handed({}, {})
    printed = _run({id_: it.tool.line for id_, it in wanted.items()}, consent)
    old = {id_: it.tool.older for id_, it in wanted.items() if it.tool.older and _TOO_OLD.search(printed[id_].words)}
    taken = _run(old, consent)
    told = {id_: _taken(it, taken[id_]) if id_ in old else _handed(it, printed[id_]) for id_, it in wanted.items()}
    lives = {id_: it for id_, it in told.items() if not isinstance(it, Exception)}
    return Handed(lives, {id_: it for id_, it in told.items() if isinstance(it, Exception)})


class _Wanted(Private, Struct, frozen=True):
    """`reason`: what is known without the tool."""

    reason: OnlyTheirs
    tool: ToolCommand


def _run(commands: Mapping[str, str], consent: Consent) -> dict[str, Printed]:
    for line in dict.fromkeys(commands.values()):
        consent.output.note(f"runs {line}")
    if not commands:
        return {}
    return run_all(commands, asks=consent.asker is not None, say=consent.output.note, lines=True)


def _has_a_word(found: InForce) -> bool:
    """Whether Crush would have another environment than a tool that is started here."""
    names = (name for name in {**found.effective.env, **os.environ} if name.startswith(_READ))
    return any(found.effective.env.get(name) != os.environ.get(name) for name in names if name not in _PASSED_ON)


def _handed(wanted: _Wanted, printed: Printed) -> Live | SignedOut | OnlyTheirs:
    if printed.value is None:
        return _refused(wanted, printed)
    return wanted.tool.read(printed.value) or OnlyTheirs(f"{wanted.tool.line} printed nothing useful")


def _taken(wanted: _Wanted, printed: Printed) -> SignedOut | OnlyTheirs:
    if printed.value is None:
        return _refused(wanted, printed)
    return OnlyTheirs(f"{wanted.tool.taken}; a chat is not tested, because this aws is too old to print its keys")


def _refused(wanted: _Wanted, printed: Printed) -> SignedOut | OnlyTheirs:
    said = printed.words or f"{printed.command} {printed.problem}"
    if _NOT_SIGNED_IN.search(said):
        return SignedOut(said, wanted.tool.cure or f"sign in, then check it: {printed.command}")
    return OnlyTheirs(f"{wanted.reason} ({said})", wanted.reason.hint)

"""What a cloud's own tool says of a sign-in that only the cloud's library can use: whether the cloud takes it.

The tool runs with the user's own environment, and only where no file of a folder has a word in what it reads.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wizard.files.programs import which
from wizard.network.offline import is_offline
from wizard.regexp import regexp
from wizard.secrets.agent import is_inside_agent
from wizard.secrets.reference.running import run_all
from wizard.trial.signed_out import OnlyTheirs, SignedOut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.machine.consent import Consent
    from wizard.machine.in_force import InForce
    from wizard.secrets.reference.running import Printed

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


def asked_of_tools(
    reasons: Mapping[str, Exception], found: InForce, consent: Consent
) -> dict[str, SignedOut | OnlyTheirs]:
    """Why a chat is not tested, once the tools have been asked; by id. Those that are not here are asked nothing."""
    wanted = {id_: reason for id_, reason in reasons.items() if isinstance(reason, OnlyTheirs) and _is_here(reason)}
    if not wanted or not consent.runs_commands or is_offline() or is_inside_agent(os.environ) or _has_a_word(found):
        return {}
    for line in dict.fromkeys(reason.tool for reason in wanted.values()):
        consent.output.note(f"runs {line}")
    commands = {id_: reason.tool for id_, reason in wanted.items()}
    printed = run_all(commands, asks=consent.asker is not None, say=consent.output.note)
    return {id_: _told(reason, printed[id_]) for id_, reason in wanted.items()}


def _is_here(reason: OnlyTheirs) -> bool:
    return bool(reason.tool) and which(reason.tool.split()[0]) is not None


def _has_a_word(found: InForce) -> bool:
    """Whether Crush would have another environment than a tool that is started here."""
    names = (name for name in {**found.effective.env, **os.environ} if name.startswith(_READ))
    return any(found.effective.env.get(name) != os.environ.get(name) for name in names if name not in _PASSED_ON)


def _told(reason: OnlyTheirs, printed: Printed) -> SignedOut | OnlyTheirs:
    if printed.value is not None:
        return OnlyTheirs(f"{reason.taken}; a chat is not tested, because only the cloud's library signs requests")
    said = printed.words or f"{reason.tool} {printed.problem}"
    if _NOT_SIGNED_IN.search(said):
        return SignedOut(said, reason.cure or f"sign in, then check it: {reason.tool}")
    return OnlyTheirs(f"{reason} ({said})", hint=reason.hint)

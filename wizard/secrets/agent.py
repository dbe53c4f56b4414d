"""A guard rail: secrets are not handed out inside an agent's shell unless that is asked for.

Crush marks the shell of its agent with three variables; values that it expands while it loads its config do not
see them, so the `lookup` placeholder works. It is no wall: whoever runs as the user can unset a variable, and can
ask the keyring directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKS = {"CRUSH": "1", "AGENT": "crush", "AI_AGENT": "crush"}


class InsideAgent(Refused):
    code = "inside-agent"


def is_inside_agent(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) == value for name, value in MARKS.items())


def refuse_inside_agent(environ: Mapping[str, str], command: str, *, allowed: bool) -> None:
    """Raise InsideAgent when Crush's agent is asking, unless `allowed` (--allow-agent)."""
    if not allowed and is_inside_agent(environ):
        raise InsideAgent(
            f"`crush-wizard {command}` prints secrets, and this is the shell of an agent",
            hint="run it in your own shell, or add --allow-agent to let the agent see them",
        )

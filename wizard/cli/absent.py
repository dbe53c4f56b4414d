"""Why there is no provider of an id, and what to type instead."""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING

from wizard.ui.place import shown_path

if TYPE_CHECKING:
    from wizard.cli.in_force import InForce
    from wizard.provider.builtins import Builtin


def why_absent(id_: str, found: InForce) -> tuple[str, str]:
    """A message and a hint for an id that is no provider in force."""
    for one in found.effective.uncertain:
        if one.provider == id_:
            message = f"whether there is a provider `{id_}`, only running {shown_path(one.path)} would tell"
            return message, f"look at line {one.line} there ({one.why})"
    if id_ in found.builtins:
        return _inactive(found.builtins[id_], found)
    if any(file.problem for file in found.effective.files):
        return f"no file that can be read defines a provider `{id_}`", "correct the broken file first"
    ids = [one.id for one in found.effective.providers]
    close = get_close_matches(id_, dict.fromkeys((*ids, *found.builtins)), n=3, cutoff=0.7)
    in_force = f"`crush-wizard list` shows the {len(ids)} there are" if ids else "add one: crush-wizard add-provider"
    return f"there is no provider `{id_}`", f"did you mean {' or '.join(close)}?" if close else in_force


def _inactive(builtin: Builtin, found: InForce) -> tuple[str, str]:
    """Crush brings it along, and it has neither an entry nor what makes it active."""
    from wizard.config.builtin_rules import active
    from wizard.config.dotenv import prefixed

    environ = prefixed(found.effective.env)
    activity = active(builtin, None, environ, os.path.exists, found.around.home)
    reason = activity.reason if activity.active is False else "Crush's own providers are switched off"
    names = [name for name in (*activity.key.unset, *activity.endpoint.unset) if name in reason]
    hint = f"set {names[0]}, or " if names else ""
    return (
        f"`{builtin.id}` is built into Crush, and not active here: {reason}",
        f"{hint}add it: crush-wizard add-provider {builtin.id}",
    )

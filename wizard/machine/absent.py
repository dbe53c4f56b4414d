"""Why there is no provider of an id, or no model, and what to do instead."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wizard.crush.builtin_rules import active
from wizard.errors import Conflict, UsageError, WizardError
from wizard.expansion.environment import prefixed
from wizard.near import asked, did_you_mean

if TYPE_CHECKING:
    from wizard.crush.loading import Uncertain
    from wizard.machine.in_force import InForce
    from wizard.provider.builtins import Builtin

BY_HAND = "check it there, and change it by hand: crush-wizard only reads a script's plain commands"


def absence(id_: str, found: InForce) -> WizardError:
    """Why an id is no provider in force: a Conflict where a script may define it, else a UsageError."""
    what = f"whether there is a provider `{id_}`"
    if named := placed_provider(id_, found):
        return only_running(what, named)
    if passed_over := _passed_over(id_, found):
        message = f"the script does not reach the line that sets `{id_}` ({passed_over.why})"
        return Conflict(message, hint=BY_HAND, path=passed_over.path, line=passed_over.line)
    if id_ in found.builtins:
        return _inactive(found.builtins[id_], found)
    if any(file.problem for file in found.effective.files):
        return UsageError(f"no readable file has a provider `{id_}`", hint="fix the broken file first")
    ids = [provider.id for provider in found.effective.providers]
    close = did_you_mean(id_, (*ids, *found.builtins))
    if anywhere := unseen(found):
        return only_running(what, anywhere, close)
    in_force = "list them: crush-wizard list" if ids else "add one: crush-wizard add-provider"
    return UsageError(f"there is no provider `{id_}`", hint=close or in_force)


def placed_provider(id_: str, found: InForce) -> Uncertain | None:
    """Where a script says something about this provider, which only running it would tell."""
    return next((place for place in found.effective.uncertain if place.provider == id_), None)


def _passed_over(id_: str, found: InForce) -> Uncertain | None:
    places = (place for file in found.effective.files for place in file.passed_over)
    return next((place for place in places if place.provider == id_ and not place.model), None)


def unseen(found: InForce) -> Uncertain | None:
    """Where a script may add any provider, or any model: it runs what is not seen, or works an id out."""
    return next((place for place in found.effective.uncertain if place.any_provider), None)


def placed_model(provider: str, model: str, found: InForce) -> Uncertain | None:
    """Where a script adds this model, or one whose id only running it would tell."""
    own = [place for place in found.effective.uncertain if place.provider == provider]
    return next((place for place in own if place.model == model or place.any_model), None)


def only_running(what: str, place: Uncertain, close: str = "") -> Conflict:
    """What can't be told without running a script, with the place; `close` is what was perhaps meant."""
    otherwise = f"{close} Else " if close else ""
    return Conflict(
        f"can't tell {what} without running the script ({place.why})",
        hint=otherwise + BY_HAND,
        path=place.path,
        line=place.line,
    )


def variants(id_: str, found: InForce) -> str:
    """Where somebody names a preset or a region, and has the entry of another id for it: that one, as a question."""
    return asked(it.id for it in found.effective.providers if it.source and it.id.startswith(f"{id_}-"))


def _inactive(builtin: Builtin, found: InForce) -> UsageError:
    """Crush brings it along, and it has neither an entry nor what makes it active."""
    environ = prefixed(found.effective.env)
    activity = active(builtin, None, environ, os.path.exists, found.around.home)
    reason = activity.reason if activity.active is False else "Crush's own providers are switched off"
    names = [name for name in (*activity.key.unset, *activity.endpoint.unset) if name in reason]
    hint = f"set {names[0]}, or " if names else ""
    return UsageError(
        f"`{builtin.id}` is built into Crush, but not set up here: {reason}",
        hint=variants(builtin.id, found) or f"{hint}add it: crush-wizard add-provider {builtin.id}",
    )

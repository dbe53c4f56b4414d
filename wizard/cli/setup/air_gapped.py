"""Machines without internet: Crush's own calls to the outside are switched off in the user's options.

Its catalogue updates and its metrics; on request its built-in providers too (crush-behaviour 3.2, 5.3). Without these
Crush starts only with a provider of the user's own that works at once, so that is never offered without one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.crush.builtin_rules import DISABLE_DEFAULTS, DISABLE_UPDATES, flag
from wizard.crush.problem import DOES_NOT_FIT
from wizard.documents.document import PutValue
from wizard.errors import InvalidConfig
from wizard.flow.question import Kind, Question
from wizard.provider.milestones import missing
from wizard.ui.place import place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wizard.crush.effective import Effective, EffectiveProvider
    from wizard.documents.document import Document
    from wizard.flow.build import Draft
    from wizard.machine.target import Target
    from wizard.provider.milestones import Version

UPDATES, METRICS = "disable_provider_auto_update", "disable_metrics"
BUILTINS = "disable_default_providers"

OFFER = Question(
    key="air_gapped",
    text="No internet here. Set up offline only?",
    kind=Kind.CONFIRM,
    flag="--air-gapped",
    help="Crush then does not update its catalogue or send metrics, and only your own servers are offered.",
    default=False,
)
WITHOUT_BUILTINS = Question(
    key="without_builtins",
    text="Also switch off Crush's built-in providers?",
    kind=Kind.CONFIRM,
    flag="crush.json: options.disable_default_providers",
    help="Then nothing goes to them by mistake, whatever variables are set.",
    default=False,
)


_VARIABLES = {UPDATES: DISABLE_UPDATES, BUILTINS: DISABLE_DEFAULTS}
"""What overrules an option as soon as it is set (crush-behaviour 3.2)."""
_EVERYWHERE = ("system", "user-json", "user-crushrc")
"""The roles of files that count in every folder."""


class AirGap(Struct, frozen=True):
    """The options that shall be on, those of them that are to be switched, and the file that gets them."""

    document: Document
    asked: tuple[str, ...]
    wanted: tuple[str, ...]

    @property
    def changes(self) -> list[PutValue]:
        return [PutValue(("options", name), True) for name in self.wanted]


def air_gap(target: Target, effective: Effective, *, without_builtins: bool = False) -> AirGap:
    """What is still to be switched.

    Raises InvalidConfig.
    """
    asked = (UPDATES, METRICS, *((BUILTINS,) if without_builtins else ()))
    wanted = tuple(name for name in asked if not _is_on(name, target, effective))
    _refuse_wrong_types(target.path, effective)
    return AirGap(target.document, asked, wanted)


def overruled(gap: AirGap, after: Effective) -> tuple[str, ...]:
    """Of each option that stays off, with what will be in force, what the reason is."""
    return tuple(filter(None, (_overruled(name, Path(gap.document.path), after) for name in gap.asked)))


def _option(name: str, effective: Effective) -> Any:
    options = effective.config.get("options")
    return options.get(name) if isinstance(options, dict) else None


def _is_on(name: str, target: Target, effective: Effective) -> bool:
    """Whether it is on in every folder, not just in the one that we are in."""
    source = effective.source("options", name) if _option(name, effective) is True else None
    edited = [Path(document.path) for document in target.documents]
    return source is not None and (source.role in _EVERYWHERE or source.path in edited)


def _overruled(name: str, edited: Path, after: Effective) -> str:
    variable = _VARIABLES.get(name, "")
    if variable and not flag(after.env, variable, option=True):
        return f"${variable} is set to false and overrides {name}: unset it"
    source = after.source("options", name)
    if source is None or _option(name, after) is not False or edited not in [file.path for file in after.files]:
        return ""
    return f"{place(source)} switches {name} off again, and wins in this folder"


def _refuse_wrong_types(path: Path, effective: Effective) -> None:
    """A value that Crush stops at is the user's to correct, not ours to replace."""
    for problem in effective.fatal:
        if problem.path == path and problem.code in DOES_NOT_FIT:
            raise InvalidConfig(problem.message, hint=problem.hint, path=path, line=problem.line, column=problem.column)


def may_drop_builtins(
    drafts: Sequence[Draft], existing: Mapping[str, Mapping[str, Any]], effective: Effective, crush: Version | None
) -> bool:
    """Whether Crush would start without its built-in providers (crush-behaviour 10.1, F8)."""
    if missing(crush, BUILTINS) is not None:
        return False
    drafted = {draft.provider.id for draft in drafts}
    untouched = (provider for provider in effective.providers if provider.id not in drafted)
    return any(_works(draft, existing) for draft in drafts) or any(map(_stays, untouched))


def lost_slots(drafts: Sequence[Draft], effective: Effective) -> tuple[str, ...]:
    """The slots that files give to a model of a built-in provider, and that no draft gives to another."""
    chosen = {slot for draft in drafts for slot in draft.selected}
    builtins = {provider.id for provider in effective.providers if provider.builtin}
    return tuple(
        slot
        for slot, selected in effective.selected.items()
        if slot not in chosen and selected.configured is not None and selected.provider in builtins
    )


def _works(draft: Draft, existing: Mapping[str, Mapping[str, Any]]) -> bool:
    """Models that Crush has to ask the endpoint for do not count: it may be down when Crush starts."""
    before = existing.get(draft.provider.id, {}) if draft.merging and ("disable",) not in draft.emptied else {}
    fixed_url = bool(draft.provider.base_url) and "$" not in draft.provider.base_url
    return fixed_url and bool(draft.provider.models) and not before.get("disable")


def _stays(provider: EffectiveProvider) -> bool:
    """Whether it works in every folder, not just in the one that we are in, and whatever variables are set."""
    everywhere = any(source.role in ("system", "user-json", "user-crushrc") for source in provider.sources)
    listed = bool(provider.entry.get("models")) and not provider.base_url.variables
    return everywhere and listed and provider.status == "ready" and not provider.builtin

"""Models that two files would list: Crush puts the lists end to end, and has such a model twice."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.errors import Conflict
from wizard.provider.model import listed_ids
from wizard.ui.place import shown_path
from wizard.words import by_number, joined

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wizard.flow.build import Draft
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.ui.output import Output


def refuse_duplicate_models(draft: Draft, target: Target) -> None:
    """Raises Conflict where the file beside the edited one lists a model that is added now (crush-behaviour 1.4)."""
    provider = draft.provider.id
    own, other = target.document_of(provider), target.also_in(provider)
    there = listed_ids(other.provider(provider)) if other is not None else set()
    duplicates = (listed_ids(draft.entry) & there) - listed_ids(own.provider(provider))
    if other is not None and duplicates:
        raise Conflict(
            f"{shown_path(Path(other.path))} already lists {', '.join(sorted(duplicates))} of {provider}: Crush "
            "would have duplicates",
            hint=f"leave out --format to edit it there, or move it first: crush-wizard convert --to {own.format}",
            path=own.path,
        )


def say_duplicate_models(providers: Iterable[str], before: InForce, after: InForce, output: Output) -> None:
    """Warn of models of these providers that a second file lists with what is planned, and did not before."""
    for provider in providers:
        earlier = _duplicates(provider, before)
        new = {model: paths for model, paths in _duplicates(provider, after).items() if model not in earlier}
        if new:
            files = sorted({shown_path(path) for paths in new.values() for path in paths})
            output.warning(
                f"{', '.join(new)} of {provider} {by_number(len(new), 'is', 'are')} in {joined(files)}: Crush will "
                f"have {by_number(len(new), 'it', 'them')} twice"
            )
            output.hint("remove the models from one of them, or from the profile")


def _duplicates(provider: str, found: InForce) -> dict[str, frozenset[Path]]:
    """The models that more than one file lists, each with these files. Of a built-in only the first one counts."""
    known = found.effective.provider(provider)
    listed: dict[str, set[Path]] = defaultdict(set)
    for place, model in enumerate(known.models if known and not known.builtin else ()):
        if known and (source := known.value_source("models", place)):
            listed[str(model.get("id", ""))].add(source.path)
    return {model: frozenset(paths) for model, paths in listed.items() if len(paths) > 1}

"""Models that both files of a folder would list: Crush puts the lists end to end, and has such a model twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.errors import Conflict
from wizard.ui.place import shown_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.cli.files import Target
    from wizard.flow.build import Draft


def refuse_doubles(draft: Draft, target: Target) -> None:
    """Raises Conflict where the file beside the edited one lists a model that is added now (crush-behaviour 1.4)."""
    provider = draft.provider.id
    own, other = target.document_of(provider), target.also_in(provider)
    there = _model_ids(other.provider(provider)) if other is not None else set()
    doubles = (_model_ids(draft.entry) & there) - _model_ids(own.provider(provider))
    if other is not None and doubles:
        raise Conflict(
            f"{shown_path(Path(other.path))} lists {', '.join(sorted(doubles))} of {provider} already, "
            "and Crush would have that twice",
            hint=f"edit it there, without --format; or move it first: crush-wizard convert --to {own.format}",
            path=own.path,
        )


def _model_ids(entry: Mapping[str, Any] | None) -> set[str]:
    return {str(model.get("id", "")) for model in (entry or {}).get("models") or ()}

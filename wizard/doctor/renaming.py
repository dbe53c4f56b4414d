"""Another id for a provider, as one change of the file that defines it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.doctor.finding import Fix
from wizard.documents.document import DropValue, PutValue
from wizard.provider.model import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.crush.effective import EffectiveProvider
    from wizard.doctor.examined import Examined
    from wizard.documents.document import Change


def renamed(
    provider: EffectiveProvider, new_id: str, examined: Examined, *, without: tuple[str, ...] = ()
) -> Fix | None:
    """The entry under another id, without some fields, and chosen by it; None where one of that id is there already.

    Other files may choose it by its old id, so this is for a person to say.
    """
    source = provider.source
    if source is None or source.format != "json" or new_id in examined.entries:
        return None
    entry = examined.value_at(source, source.key_path)
    kept = {key: value for key, value in entry.items() if key.casefold() not in without}
    put = PutValue((source.key_path[0], new_id), kept)
    changes = (*_chosen(provider, new_id, examined), put, DropValue(source.key_path))
    return Fix(f"rename the provider `{provider.id}` to `{new_id}`", False, source.path, changes)


def _chosen(provider: EffectiveProvider, new_id: str, examined: Examined) -> Iterator[Change]:
    """The slots of the same file that name it."""
    for slot in SLOTS:
        source = examined.effective.source("models", slot, "provider")
        is_here = source is not None and provider.source is not None and source.path == provider.source.path
        if source and is_here and examined.value_at(source, source.key_path) == provider.id:
            yield PutValue(source.key_path, new_id)

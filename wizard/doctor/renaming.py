"""Another id for a provider, as one change of the file that defines it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.doctor.finding import Fix
from wizard.documents.document import DropValue, PutValue
from wizard.provider.model import SLOTS
from wizard.ui.place import place
from wizard.words import by_number, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.sources import Source
    from wizard.doctor.examined import Examined
    from wizard.documents.document import Change


def renamed(
    provider: EffectiveProvider, new_id: str, examined: Examined, *, without: tuple[str, ...] = ()
) -> Fix | None:
    """The entry under another id, without some fields, and chosen by it; None where one of that id is there already.

    Other files that name it are told: this is for a person to say.
    """
    source = provider.source
    if source is None or source.format != "json" or new_id in examined.entries:
        return None
    entry = examined.value_at(source, source.key_path)
    kept = {key: value for key, value in entry.items() if key.casefold() not in without}
    put = PutValue((source.key_path[0], new_id), kept)
    choices = tuple(_choices(provider, examined))
    chosen = (PutValue(choice.key_path, new_id) for choice in choices if choice.path == source.path)
    changes: tuple[Change, ...] = (*chosen, put, DropValue(source.key_path))
    elsewhere = [place(other) for other in (*provider.sources, *choices) if other.path != source.path]
    named = f"; {joined(elsewhere)} {by_number(len(elsewhere), 'also names', 'also name')} it" if elsewhere else ""
    return Fix(f"rename the provider `{provider.id}` to `{new_id}`{named}", False, source.path, changes)


def _choices(provider: EffectiveProvider, examined: Examined) -> Iterator[Source]:
    """Where a file chooses it for a slot."""
    for slot in SLOTS:
        deciding = examined.effective.source("models", slot, "provider")
        for source in (*deciding.shadowed, deciding) if deciding else ():
            if examined.value_at(source, source.key_path) == provider.id:
                yield source

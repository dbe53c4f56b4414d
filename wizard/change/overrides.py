"""What is written and a stronger file of Crush overrides: it would have no effect, so the user is warned."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wizard.change.slot_choice import SlotChoice, WantedModel
from wizard.change.slot_effect import counts, say_winner
from wizard.documents.json.syntax import same
from wizard.machine.provider_files import flag_for
from wizard.shown import command_line
from wizard.ui.place import place, shown_path
from wizard.words import by_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wizard.change.kept_slots import SlotOutlook
    from wizard.crush.selection import SlotModel
    from wizard.crush.sources import Source
    from wizard.flow.build import Draft
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.provider.model import Slot
    from wizard.ui.output import Output


def say_overrides(drafts: Sequence[Draft], target: Target, slots: SlotOutlook, output: Output) -> None:
    """Warn of what stronger files have otherwise than these drafts of providers."""
    say_overridden_choices(slots.chosen, target, slots.before, slots.after, output)
    say_overridden_fields({draft.provider.id: draft.entry for draft in drafts}, target, slots.after, output)


def say_overridden_choices(
    chosen: Mapping[Slot, SlotModel], target: Target, before: InForce, after: InForce, output: Output
) -> None:
    """Warn of each choice that another file wins over, with the way to make it count."""
    unread: set[Path] = set()
    for slot, named in chosen.items():
        wanted = WantedModel(named.provider, named.model)
        choice = SlotChoice(slot, wanted, target, before, output)
        own = Path(choice.document.path)
        if not (counts(choice, after) or own in unread):
            unread |= set() if after.loaded.counts(own) else {own}
            say_winner(
                choice, after, clearing=f"remove that choice: {command_line('use', slot, str(wanted), '--clear')}"
            )


def say_overridden_fields(
    entries: Mapping[str, Mapping[str, Any]], target: Target, after: InForce, output: Output
) -> None:
    """Warn of fields of the providers that stronger files have with other values: a key would go to the URL there."""
    for provider, entry in entries.items():
        if why := _why_unread(provider, target, after):
            output.warning(f"{provider}: {why}")
        if _is_lost(provider, target, after):
            output.warning(f"{provider}: another file hides it from Crush in this folder")
            output.hint("see what hides it: crush-wizard doctor")
        by_file: dict[Path, list[tuple[str, Source]]] = defaultdict(list)
        for name, source in _overridden(provider, entry, target, after):
            by_file[source.path].append((name, source))
        for fields in by_file.values():
            names, (source, *_) = zip(*fields, strict=True)
            win = by_number(len(names), "wins", "win")
            output.warning(f"{provider}: {', '.join(names)} in {place(source)} {win} here")
            output.hint(
                f"see the values: {command_line('show', provider)}; change them there with {flag_for(source, target)}"
            )


def _why_unread(provider: str, target: Target, after: InForce) -> str:
    """Why Crush will not read the file in this folder; empty where it does."""
    own = Path(target.document_of(provider).path)
    if after.loaded.counts(own):
        return ""
    if any(file.path == own for file in after.loaded.files):
        return f"Crush ignores {shown_path(own)}: its owner is not the owner of this folder"
    return f"Crush does not read {shown_path(own)} in this folder"


def _is_lost(provider: str, target: Target, after: InForce) -> bool:
    """Whether the provider is not there at all, though Crush reads the file that has it."""
    found = after.effective
    is_read = after.loaded.counts(Path(target.document_of(provider).path))
    return is_read and not (found.provider(provider) or found.uncertain or found.fatal)


def _overridden(
    provider: str, entry: Mapping[str, Any], target: Target, after: InForce
) -> Iterator[tuple[str, Source]]:
    """The fields that do not come to what the entry says, and where another file sets them. Lists of models add up."""
    known, own = after.effective.provider(provider), Path(target.document_of(provider).path)
    if known is None:
        return
    for way, value in _fields(entry):
        source = known.value_source(*way)
        if source and source.path != own and not same(_at(known.entry, way), value):
            yield way[-1], source


def _fields(entry: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The single values of an entry, and its headers, each with the keys that lead to it."""
    for name, value in entry.items():
        if name == "extra_headers":
            yield from (((name, header), text) for header, text in value.items())
        elif not isinstance(value, dict | list):
            yield (name,), value


def _at(entry: Mapping[str, Any], way: tuple[str, ...]) -> Any:
    found: Any = entry
    for key in way:
        found = (found or {}).get(key)
    return found

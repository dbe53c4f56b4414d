"""Whether an edited crushrc says what was planned, and everything else as it did: each edit is read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wizard.documents.crushrc.block import LAST
from wizard.documents.crushrc.setting_commands import SETTINGS, is_empty
from wizard.documents.crushrc.spelling import expressible, expressible_selection
from wizard.documents.document import (
    Deselect,
    DropValue,
    PutProvider,
    PutValue,
    RemoveModel,
    RemoveProvider,
    SelectModel,
)
from wizard.documents.json.syntax import same
from wizard.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wizard.documents.crushrc.reading import Reading
    from wizard.documents.document import Change


def subject(change: Change) -> tuple[str, str]:
    """The provider or the slot that a change is about."""
    match change:
        case PutProvider(provider) | RemoveProvider(provider) | RemoveModel(provider):
            return provider, ""
        case SelectModel(slot) | Deselect(slot):
            return "", slot
        case PutValue(("models", str(slot))):
            return "", slot
        case PutValue(("providers", str(provider), *_)) | DropValue(("providers", str(provider), *_)):
            return provider, ""
    return "", ""


def merged(old: Any, new: Any) -> Any:
    """Objects merge key by key, as they do in crush.json."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}
    return new


def verify(before: Reading, after: Reading, changes: Sequence[Change], path: Path | str) -> None:
    """Raises Refused unless the new text says what was planned, and everything else as it did."""
    rest = [_rest(reading, changes) for reading in (before, after)]
    if not (all(_says(before, after, change) for change in changes) and rest[0] == rest[1]):
        raise Refused(
            "this change would also change other things in this script",
            hint="edit the file by hand, or use --format json",
            path=path,
        )


def _says(before: Reading, after: Reading, change: Change) -> bool:
    match change:
        case PutProvider(provider, entry, mode):
            old = before.entry(provider) if mode == "merge" else None
            return same(_by_id(after.entry(provider)), _planned(old, expressible(entry)))
        case RemoveProvider(provider):
            return after.entry(provider) is None
        case RemoveModel(provider, model):
            return same(after.entry(provider), _without(before.entry(provider), model))
        case PutValue((str(section), str(name)), value) if section in SETTINGS:
            return same(_without_empty(after.setting((section, name))), _without_empty(value))
        case DropValue((str(section), str(name))) if section in SETTINGS:
            return (section, name) not in after.settings
        case DropValue(("providers", str(provider), *rest)):
            known = after.providers[provider]
            return not any(setting.path[: len(rest)] == tuple(rest) for setting in known.settings)
    return _selects(before, after, change)


def _selects(before: Reading, after: Reading, change: Change) -> bool:
    match change:
        case SelectModel(slot, provider, model):
            planned = {**(before.selection(slot) or {}), "provider": provider, "model": model}
            return same(after.selection(slot), planned)
        case PutValue(("models", "large" | "small" as slot), selection):
            return same(after.selection(slot), expressible_selection(selection))
        case Deselect(slot):
            return after.selection(slot) is None
    return False


def _by_id(entry: Mapping[str, Any] | None) -> dict[str, Any]:
    models = {model["id"]: model for model in (entry or {}).get("models", ())}
    return {**(entry or {}), "models": models}


def _planned(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    planned: dict[str, Any] = merged(_by_id(old), _by_id(new))
    return planned


def _without(entry: Mapping[str, Any] | None, model: str) -> dict[str, Any] | None:
    """The entry without one of its models, the others in their order."""
    if entry is None:
        return None
    models = [listed for listed in entry.get("models", ()) if listed["id"] != model]
    rest = {key: value for key, value in entry.items() if key != "models"}
    return {**rest, "models": models} if models else rest


def _without_empty(value: Any) -> Any:
    """Without the fields that say nothing, which no command can set."""
    if not isinstance(value, Mapping):
        return value
    return {key: each for key, each in value.items() if not is_empty(each)}


def _rest(reading: Reading, changes: Sequence[Change]) -> list[str]:
    """The source of every statement that is not about the changes, but for `true`."""
    own = {start for change in changes for start in _about(reading, change)}
    statements = reading.script.statements if reading.script else ()
    texts = (reading.text[statement.start : statement.end] for statement in statements if statement.start not in own)
    return [text for text in texts if text != LAST]


def _about(reading: Reading, change: Change) -> Iterator[int]:
    """Where the statements begin that are about what a change is about."""
    provider, slot = subject(change)
    yield from (command.statement.start for command in (reading.about(provider) if provider else ()))
    yield from (command.statement.start for command in reading.commands if command.verb == slot)
    if isinstance(change, PutValue | DropValue) and change.key_path[0] in SETTINGS:
        path = (str(change.key_path[0]), str(change.key_path[1]))
        yield from (command.statement.start for command in reading.settings.get(path, ()))

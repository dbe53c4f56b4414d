"""A configuration on its way from one of Crush's formats to the other. All of it is pure.

What moves is taken out of the source and put into the target, so that both files together say what they said before
(crush-behaviour 1.4, 5.3, 5.4). What the target can't say, or only running a crushrc would tell, stays where it is:
single fields where objects of both files add up, the whole provider where they would not. `differences` tells
whether the outcome is the same for Crush.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.crush.merging import Layer, merge
from wizard.documents.crushrc.commands import Computed
from wizard.documents.crushrc.setting_commands import SETTINGS, is_empty, setting_commands
from wizard.documents.crushrc.spelling import (
    inexpressible,
    inexpressible_selection,
    model_command,
    model_reference,
    provider_command,
)
from wizard.documents.document import Deselect, DropValue, PutProvider, PutValue, RemoveModel, RemoveProvider
from wizard.errors import Refused
from wizard.expansion.plain_secrets import can_be_adopted, holds_secret
from wizard.provider.model import SLOTS, listed_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wizard.documents.crushrc.document import CrushrcDocument
    from wizard.documents.crushrc.reading import UncertainPlace
    from wizard.documents.crushrc.setting_commands import SettingPath
    from wizard.documents.document import Change
    from wizard.documents.json.document import JsonDocument
    from wizard.provider.model import Slot

LOST = "its plain-text key could not be restored by undo"
ADOPT = f"{LOST}; first: crush-wizard secret adopt"
_REPLACE = "crush-wizard edit-provider {} --api-key-env NAME"
IN_BOTH = "both files list models of it, and Crush merges those"
UNCLEAR = "parts of it can't be known without running the script"
COMPUTED = "it can't be known without running the script"


class Stay(Struct, frozen=True):
    """What is not converted: a provider or a field of one, a slot, a setting. `line`, from 1, is in the crushrc or the
    source.
    """

    what: str
    why: str
    path: Path | str
    line: int | None = None


class Conversion(Struct, frozen=True):
    """The changes of both files, the names of what moves, and what does not."""

    of_source: tuple[Change, ...] = ()
    of_target: tuple[Change, ...] = ()
    moved: tuple[str, ...] = ()
    stays: tuple[Stay, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether something moves, and nothing stays."""
        return bool(self.moved) and not self.stays


class Pair(Struct, frozen=True):
    """The two files of one folder."""

    json: JsonDocument
    crushrc: CrushrcDocument
    to_crushrc: bool

    @property
    def source(self) -> JsonDocument | CrushrcDocument:
        return self.json if self.to_crushrc else self.crushrc

    @property
    def target(self) -> JsonDocument | CrushrcDocument:
        return self.crushrc if self.to_crushrc else self.json

    def together(self, of_json: Mapping[str, Any] | None, of_crushrc: Mapping[str, Any] | None) -> dict[str, Any]:
        """What Crush makes of what both files say about one thing."""
        return merge([Layer(Path("json"), of_json or {}), Layer(Path("crushrc"), of_crushrc or {})]).value

    def stay(self, what: str, why: str, *key_path: str) -> Stay:
        place = self.source.position(key_path)
        return Stay(what, why, self.source.path, place[0] if place else None)

    def stay_for(self, what: str, place: UncertainPlace) -> Stay:
        why = f"{place.why}, which is not run here"
        return Stay(what, why, self.crushrc.path, self.crushrc.line_of(place))


def convert(pair: Pair) -> Conversion:
    """What to change in the two files. Their texts are not looked at again: an edit may still be refused."""
    providers = (_provider(pair, provider) for provider in pair.source.provider_ids())
    settings = (_setting(pair, path) for path in _setting_paths(pair))
    parts = [*providers, *(_slot(pair, slot) for slot in SLOTS), *settings]
    return Conversion(
        tuple(_without_emptied(pair, [change for part in parts for change in part.of_source])),
        tuple(change for part in parts for change in part.of_target),
        tuple(name for part in parts for name in part.moved),
        (*(stay for part in parts for stay in part.stays), *_dynamic(pair), *_foreign(pair)),
    )


def _dynamic(pair: Pair) -> Iterator[Stay]:
    """What a crushrc sets only in places that are not looked at."""
    if pair.to_crushrc:
        return
    named: dict[str, UncertainPlace] = {}
    for place in pair.crushrc.places:
        if place.slot and pair.crushrc.selection("large" if place.slot == "large" else "small") is None:
            named.setdefault(f"the {place.slot} model", place)
        elif place.provider and pair.crushrc.provider(place.provider) is None:
            named.setdefault(place.provider, place)
    yield from (pair.stay_for(what, place) for what, place in named.items())


def _without_emptied(pair: Pair, changes: list[Change]) -> Iterator[Change]:
    """A JSON object out of which everything goes, goes as a whole."""
    dropped = {change.key_path for change in changes if isinstance(change, DropValue)}
    whole = {key for key in SETTINGS if pair.to_crushrc and _all_go(pair.json.value.get(key), key, dropped)}
    changes = [change for change in changes if not (isinstance(change, DropValue) and change.key_path[0] in whole)]
    yield from (DropValue((key,)) for key in sorted(whole))
    removed = {change.id for change in changes if isinstance(change, RemoveProvider)}
    deselected = {change.slot for change in changes if isinstance(change, Deselect)}
    no_provider = pair.to_crushrc and removed and removed == set(pair.json.provider_ids())
    no_slot = pair.to_crushrc and deselected and deselected == set(_slot_names(pair.json))
    covered = (*((RemoveProvider,) if no_provider else ()), *((Deselect,) if no_slot else ()))
    yield from (change for change in changes if not isinstance(change, covered))
    if no_provider:
        yield DropValue(("providers",))
    if no_slot:
        yield DropValue(("models",))


def _all_go(value: Any, key: str, dropped: Collection[tuple[str | int, ...]]) -> bool:
    return isinstance(value, Mapping) and bool(value) and all((key, name) in dropped for name in value)


def _slot_names(document: JsonDocument) -> tuple[str, ...]:
    found = next((value for key, value in document.value.items() if key.casefold() == "models"), None)
    return tuple(found) if isinstance(found, Mapping) else ()


# Providers


def _provider(pair: Pair, provider: str) -> Conversion:
    entry = pair.source.provider(provider)
    if entry is None:
        return Conversion()
    place = _place_about(pair.crushrc, provider)
    if place is not None:
        return Conversion(stays=(pair.stay_for(provider, place),))
    why = _why_not(pair, provider, entry)
    if why:
        return Conversion(stays=(pair.stay(provider or '""', why, "providers", provider),))
    left = _left(pair, provider, entry)
    declaration = () if left else tuple(_declaration(pair, provider))
    moving = _without(entry, left)
    stays = tuple(
        pair.stay(f"{provider}: {'.'.join(path)}", reason, "providers", provider, *path)
        for path, reason in left.items()
    )
    if (left or declaration) and not moving:
        return Conversion(stays=stays)
    put = PutProvider(provider, _put(pair, provider, moving))
    removal = _emptying(pair, provider, moving) if left or declaration else (RemoveProvider(provider),)
    return Conversion(tuple(removal), (put,), (provider,), (*stays, *declaration))


def _declaration(pair: Pair, provider: str) -> Iterator[Stay]:
    """A `provider add` that sets nothing stays where a sourced file may add models behind it (crush-behaviour 5.4)."""
    followers = () if pair.to_crushrc else pair.crushrc.followers(provider)
    if followers:
        line = pair.crushrc.line_of(followers[0])
        why = f"line {line} ({followers[0].why}) may add models to it"
        yield pair.stay(f"{provider}: its bare `provider add`", why, "providers", provider)


def _place_about(crushrc: CrushrcDocument, provider: str) -> UncertainPlace | None:
    """Where the script may say something about a provider that can't be told."""
    return next((place for place in crushrc.places if place.provider == provider or place.any_provider), None)


def _why_not(pair: Pair, provider: str, entry: Mapping[str, Any]) -> str:
    """Why the whole provider stays; empty if it need not."""
    other = pair.target.provider(provider)
    if not pair.crushrc.is_clear(provider):
        return UNCLEAR
    if holds_secret(entry) or (not pair.to_crushrc and holds_secret(other or {})):
        return ADOPT if can_be_adopted(entry) else f"{LOST}; first: {_REPLACE.format(provider)}"
    if pair.to_crushrc:
        return _why_not_in_crushrc(provider, entry, other)
    if any(isinstance(value, Computed) for model in entry.get("models", ()) for value in model.values()):
        return "its models can't be known without running the script"
    both = listed_ids(entry) & listed_ids(other)
    return f"both files list {', '.join(sorted(both))}" if both else ""


def _why_not_in_crushrc(provider: str, entry: Mapping[str, Any], other: Mapping[str, Any] | None) -> str:
    models = entry.get("models") or []
    ids = [model.get("id") for model in models]
    fields = [name for name in inexpressible(entry) if name.startswith("models.")]
    if fields:
        return f"a crushrc does not support {', '.join(fields)}"
    if not provider or not all(isinstance(model_id, str) and model_id for model_id in ids):
        return "a crushrc needs an id for every provider and model, and one is missing"
    if len(set(ids)) < len(ids):
        return "it lists a model twice, and a crushrc keeps only one"
    if models and (other or {}).get("models"):
        return IN_BOTH
    return _unspellable(provider, entry)


def _unspellable(provider: str, entry: Mapping[str, Any]) -> str:
    """Why a crushrc can't hold the texts in an entry; empty if it can."""
    fields = {key: value for key, value in entry.items() if key not in inexpressible(entry)}
    try:
        provider_command(provider, fields, "\n")
        for model in entry.get("models") or ():
            model_command(provider, model, "\n")
    except Refused as error:
        return error.message
    return ""


def _left(pair: Pair, provider: str, entry: Mapping[str, Any]) -> dict[tuple[str, ...], str]:
    """The fields that stay in the source, and why."""
    if not pair.to_crushrc:
        return dict.fromkeys(_computed(entry), COMPUTED)
    left: dict[tuple[str, ...], str] = {(key,): "a crushrc does not support it" for key in inexpressible(entry)}
    there = pair.crushrc.provider(provider) or {}
    objects = [
        key for key, value in there.items() if isinstance(value, Computed) and isinstance(entry.get(key), Mapping)
    ]
    return left | {(key,): "what the script adds to this can't be known without running it" for key in objects}


def _computed(entry: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The fields whose values only running the script would tell."""
    for key, value in entry.items():
        if isinstance(value, Computed):
            yield (key,)
        elif key == "extra_headers":
            yield from ((key, name) for name, text in value.items() if isinstance(text, Computed))


def _without(entry: Mapping[str, Any], left: Mapping[tuple[str, ...], str]) -> dict[str, Any]:
    """The entry without some of its fields and headers."""
    moving: dict[str, Any] = {}
    for key, value in entry.items():
        within = [path[1] for path in left if len(path) > 1 and path[0] == key]
        rest = {name: text for name, text in value.items() if name not in within} if within else value
        if (key,) not in left and not (within and not rest):
            moving[key] = rest
    return moving


def _put(pair: Pair, provider: str, moving: Mapping[str, Any]) -> dict[str, Any]:
    """What the target's entry has to say, so that it says for these fields what both files do together.

    A crushrc has the last word: there only what it does not say itself is added, and objects are filled up.
    """
    there = pair.target.provider(provider) or {}
    if not pair.to_crushrc:
        together = pair.together(there, moving)
        return {key: value if key == "models" else together[key] for key, value in moving.items()}
    filled = {key: _filled(pair, moving[key], there[key]) for key in moving if isinstance(there.get(key), Mapping)}
    return {key: filled.get(key, value) for key, value in moving.items() if key not in there or key in filled}


def _filled(pair: Pair, new: Any, there: Mapping[str, Any]) -> dict[str, Any]:
    together = pair.together(new, there)
    return {key: value for key, value in together.items() if not isinstance(value, Computed)}


def _emptying(pair: Pair, provider: str, moving: Mapping[str, Any]) -> Iterator[Change]:
    """Take out of the source what moves, and leave the provider there."""
    for key, value in moving.items():
        if key == "models" and not pair.to_crushrc:
            yield from (RemoveModel(provider, str(model["id"])) for model in value)
        elif key == "extra_headers" and not pair.to_crushrc:
            yield from (DropValue(("providers", provider, key, name)) for name in value)
        else:
            yield DropValue(("providers", provider, key))


# Slots


def _slot(pair: Pair, slot: Slot) -> Conversion:
    selection, name = pair.source.selection(slot), f"the {slot} model"
    if selection is None:
        return Conversion()
    place = next((place for place in pair.crushrc.places if place.slot == slot), None)
    if place is not None:
        return Conversion(stays=(pair.stay_for(name, place),))
    there = pair.target.selection(slot) or {}
    together = pair.together(selection, there) if pair.to_crushrc else pair.together(there, selection)
    why = _why_slot_stays(pair, slot, together)
    if why:
        return Conversion(stays=(pair.stay(name, why, "models", slot),))
    left = inexpressible_selection(together) if pair.to_crushrc else ()
    selection = {key: value for key, value in together.items() if key not in left}
    stays = tuple(pair.stay(f"{name}: {key}", "a crushrc does not support it", "models", slot, key) for key in left)
    gone: list[Change] = [DropValue(("models", slot, key)) for key in selection if key not in left]
    dropped = tuple(gone) if left else (Deselect(slot),)
    return Conversion(dropped, tuple(_selected(pair, slot, selection)), (name,), stays)


def _why_slot_stays(pair: Pair, slot: Slot, together: Mapping[str, Any]) -> str:
    if not pair.crushrc.is_slot_clear(slot) or any(isinstance(value, Computed) for value in together.values()):
        return UNCLEAR
    if not pair.to_crushrc:
        return ""
    if {"provider", "model"} & set(inexpressible_selection(together)):
        return "a crushrc needs provider and model, and one is missing"
    try:
        model_reference(together["provider"], together["model"])
    except Refused as error:
        return error.message
    return ""


def _selected(pair: Pair, slot: Slot, selection: Mapping[str, Any]) -> Iterator[Change]:
    if pair.to_crushrc or pair.json.selection(slot) is None:
        yield PutValue(("models", slot), selection)
    else:
        yield from (PutValue(("models", slot, key), value) for key, value in selection.items())


# Settings: all but providers and models


def _setting_paths(pair: Pair) -> Iterator[SettingPath]:
    if not pair.to_crushrc:
        yield from pair.crushrc.setting_paths()
        return
    for section, settings in pair.json.value.items():
        if section in SETTINGS and isinstance(settings, Mapping):
            yield from ((section, name) for name in settings)


def _foreign(pair: Pair) -> Iterator[Stay]:
    """What a crush.json has at its top level and a crushrc can't say."""
    for key, value in pair.json.value.items() if pair.to_crushrc else ():
        known = key.casefold() in ("providers", "models") or (key in SETTINGS and isinstance(value, Mapping))
        if not known and key != "$schema" and not is_empty(value):
            yield pair.stay(key, "a crushrc does not support it", key)


def _setting(pair: Pair, path: SettingPath) -> Conversion:
    value = _in_json(pair, path) if pair.to_crushrc else pair.crushrc.setting(path)
    name = ".".join(path)
    if pair.to_crushrc and is_empty(value):
        return Conversion((DropValue(path),))
    if unsettled := pair.crushrc.why_unsettled(path):
        why, line = unsettled
        return Conversion(stays=(Stay(name, f"{why}, which is not run here", pair.crushrc.path, line),))
    if value is None:
        return Conversion()
    if why := _why_setting_stays(pair, path, value):
        return Conversion(stays=(pair.stay(name, why, *path),))
    return Conversion((DropValue(path),), (PutValue(path, value),), (name,))


def _in_json(pair: Pair, path: SettingPath) -> Any:
    section = pair.json.value.get(path[0])
    return section.get(path[1]) if isinstance(section, Mapping) else None


def _why_setting_stays(pair: Pair, path: SettingPath, value: Any) -> str:
    there = pair.crushrc.setting(path) if pair.to_crushrc else _in_json(pair, path)
    if not is_empty(there):
        return "both files have it, and Crush merges them"
    if holds_secret({path[1]: value}):
        return "its plain-text secret could not be restored by undo; first write $NAME in its place by hand"
    try:
        sayable = not pair.to_crushrc or setting_commands(path, value, "\n") is not None
    except Refused as error:
        return error.message
    return "" if sayable else "a crushrc does not support it"

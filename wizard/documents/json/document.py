"""A crush.json: read with the place of everything in it, changed without touching what was not asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from itertools import groupby
from operator import is_not
from typing import TYPE_CHECKING, Any

from wizard.documents.document import (
    Deselect,
    DropValue,
    PutProvider,
    PutValue,
    RemoveModel,
    RemoveProvider,
    SelectModel,
)
from wizard.documents.json.draft import JsonDraft, KeyPath
from wizard.documents.json.faults import refuse
from wizard.documents.json.layout import scalar
from wizard.documents.json.syntax import kind, same
from wizard.files.edit import TextEdit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from wizard.documents.document import Change
    from wizard.documents.json.syntax import Item, Key
    from wizard.provider.model import Slot

SCHEMA = "https://charm.land/crush.json"

NEW = f'{{\n  "$schema": "{SCHEMA}"\n}}\n'
"""A new file before its first change."""
_WRONG_TYPE = "Crush does not start with this file: fix it first"


class JsonDocument:
    """`text` None or empty: the file is new, and its first change brings `$schema` along.

    Raises InvalidConfig, when made and when asked for edits, for what Crush would not accept on the way to
    providers and selected models (crush-behaviour 1.4, 1.5). Keys are found in any letter case where Crush
    finds them so. Never changes itself: `edits` tells how the text would.
    """

    format = "json"

    def __init__(self, text: str | None, path: Path | str) -> None:
        self.text = text
        self.path = path
        self._draft = JsonDraft(text or "{}", path)
        self._planned: tuple[tuple[Change, ...], tuple[TextEdit, ...]] = ((), ())
        self._check()

    @property
    def value(self) -> dict[str, Any]:
        """The whole file as plain values, keys spelled as they are there."""
        value: dict[str, Any] = self._draft.root.value
        return value

    def provider_ids(self) -> tuple[str, ...]:
        return tuple(self._map(("providers",)))

    def provider(self, provider_id: str) -> dict[str, Any] | None:
        found = self._value(("providers", provider_id))
        return found if isinstance(found, dict) else None

    def selection(self, slot: Slot) -> dict[str, Any] | None:
        found = self._value(("models", slot))
        return found if isinstance(found, dict) else None

    def may_select(self, slot: Slot) -> bool:
        return bool(self.selection(slot))

    def position(self, key_path: KeyPath) -> tuple[int, int] | None:
        return self._draft.position(key_path)

    def edits(self, changes: Sequence[Change]) -> tuple[TextEdit, ...]:
        """The edits, each on the text that the one before left; none if the file says all of it already.

        Asked for the last ones again, as by a plan whose outcome was looked at before, it has them at hand.
        """
        asked, edits = self._planned
        if len(asked) != len(changes) or any(map(is_not, asked, changes)):
            edits = self._edits(changes)
            self._planned = (tuple(changes), edits)
        return edits

    def _edits(self, changes: Sequence[Change]) -> tuple[TextEdit, ...]:
        draft = JsonDraft(self.text or NEW, self.path)
        for is_inside, some in groupby(changes, lambda change: _is_inside(draft, change)):  # as it is by then
            if is_inside:
                _make_inside(draft, some)
            else:
                for change in some:
                    _make(draft, change)
        birth = () if self.text or not draft.edits else (TextEdit(0, 0, NEW),)
        return (*birth, *draft.edits)

    def inexpressible(self, entry: Mapping[str, Any]) -> tuple[str, ...]:
        """None: JSON can say all of it."""
        return ()

    def left_out(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """Nothing, for the same reason."""
        return ()

    def remarks(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """None: all that a JSON file says is there to be read."""
        return ()

    def masks(self, shown: Callable[[str], str]) -> dict[str, str]:
        """Of a default the whole `${NAME:-...}` gives way to the variable alone, so that undo can write it."""
        return {secret: shown(secret) for secret in self._secrets} | self._without_defaults

    @cached_property
    def _secrets(self) -> frozenset[str]:
        from wizard.expansion.plain_secrets import plain_secrets

        return plain_secrets(self.value)

    @cached_property
    def _without_defaults(self) -> dict[str, str]:
        from wizard.expansion.plain_secrets import without_defaults

        return without_defaults(self.value)

    def _value(self, path: KeyPath) -> Any:
        item = self._draft.find(path)
        return item.value if item else None

    def _map(self, path: KeyPath) -> dict[str, Any]:
        found = self._value(path)
        return found if isinstance(found, dict) else {}

    def _check(self) -> None:
        """Refuse the wrong types and the double keys that would make an edit a guess."""
        for top in ("providers", "models"):
            found = self._draft.find((top,))
            self._expect(dict, (top,), found)
            self._draft.refuse_duplicates((top,), deep=False)
            for item in self._draft.items(found) if found else ():
                self._expect(dict, (top, item.key), item)
        for provider_id, entry in self._map(("providers",)).items():
            if not _has_proper_models(entry or {}):
                self._refuse_models(("providers", provider_id, "models"))

    def _refuse_models(self, path: KeyPath) -> None:
        found = self._draft.find(path)
        self._expect(list, path, found)
        for item in self._draft.items(found) if found else ():
            self._expect(dict, (*path, item.key), item)

    def _expect(self, wanted: type[dict[Any, Any] | list[Any]], path: KeyPath, found: Item | None) -> None:
        """Refuse what is neither of the wanted type nor null, which is Crush's "not said"."""
        if found is not None and not isinstance(found.value, wanted | None):
            name = scalar(".".join(map(str, path)))[1:-1]
            message = f"`{name}` is {kind(found.value)}, not {kind(wanted())}"
            refuse(self._draft.text, found.value_start, self.path, message, _WRONG_TYPE)


def _has_proper_models(entry: dict[str, Any]) -> bool:
    models = [value for key, value in entry.items() if key.casefold() == "models" and value is not None]
    return all(isinstance(value, list) and all(isinstance(model, dict) for model in value) for value in models)


def _provider_of(change: Change) -> str | None:
    """The provider whose entry alone the change is about; None for one that takes an entry out, or chooses."""
    match change:
        case PutProvider(provider_id) | RemoveModel(provider_id):
            return provider_id
        case PutValue(("providers", str(provider_id), *_)) | DropValue(("providers", str(provider_id), _, *_)):
            return provider_id
    return None


def _is_inside(draft: JsonDraft, change: Change) -> bool:
    """Whether it is about an entry that is there."""
    provider_id = _provider_of(change)
    return provider_id is not None and draft.find(("providers", provider_id)) is not None


def _make_inside(draft: JsonDraft, changes: Iterable[Change]) -> None:
    """Changes inside of entries that are there, the last entry first."""
    wanted: dict[Key | None, list[Change]] = defaultdict(list)
    for change in changes:
        wanted[_provider_of(change)].append(change)
    for provider_id in draft.backwards(("providers",)):
        for change in wanted.get(provider_id, ()):
            _make(draft, change)


def _make(draft: JsonDraft, change: Change) -> None:
    match change:
        case PutProvider(provider_id, entry, "merge"):
            draft.refuse_duplicates(("providers", provider_id))
            _merge(draft, ("providers", provider_id), entry)
        case PutProvider(provider_id, entry, _):
            _put(draft, ("providers", provider_id), entry)
        case SelectModel(slot, provider, model):
            draft.refuse_duplicates(("models", slot))
            _merge(draft, ("models", slot), {"provider": provider, "model": model})
        case RemoveProvider(provider_id):
            draft.drop(("providers", provider_id))
        case RemoveModel(provider_id, model):
            _remove_model(draft, ("providers", provider_id, "models"), model)
        case Deselect(slot):
            draft.drop(("models", slot))
        case PutValue(key_path, value):
            _put(draft, key_path, value)
        case DropValue(key_path):
            draft.drop(key_path)


def _put(draft: JsonDraft, path: KeyPath, value: Any) -> None:
    found = draft.find(path)
    if found is None or not same(found.value, value):
        draft.put(path, value)


def _merge(draft: JsonDraft, path: KeyPath, new: Any) -> None:
    """Objects merge key by key, a provider's models by id; everything else is set where it differs."""
    found = draft.find(path)
    old = found.value if found else None
    if isinstance(new, Mapping) and isinstance(old, dict):
        for key, value in new.items() if not _holds(old, new) else ():
            _merge(draft, (*path, key), value)
    elif (len(path) == 3 and (path[0], path[2]) == ("providers", "models")) and isinstance(old, list):
        _merge_models(draft, path, old, new)
    else:
        _put(draft, path, new)


def _holds(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether nothing of it is new; told from the values, without a look at the text."""
    return all(key in old and same(old[key], value) for key, value in new.items())


def _merge_models(draft: JsonDraft, path: KeyPath, old: list[Any], new: Sequence[Mapping[str, Any]]) -> None:
    """Change the models that are there, add the rest at the end.

    Of two models with one id Crush takes some facts from the first and some from the last: both are changed.
    """
    known = [model_id if isinstance(model_id := _id_of(model), str) else None for model in old]
    wanted: dict[str | None, list[Mapping[str, Any]]] = {}
    for model in new:
        wanted.setdefault(model["id"], []).append(model)
    for index in draft.backwards(path):
        for model in wanted.get(known[int(index)], ()):
            _merge(draft, (*path, index), model)
    there = frozenset(known)
    draft.append(path, [model for model in new if model["id"] not in there])


def _remove_model(draft: JsonDraft, path: KeyPath, model_id: str) -> None:
    found = draft.find(path)
    models = found.value if found and isinstance(found.value, list) else []
    for index in reversed(range(len(models))):
        if _id_of(models[index]) == model_id:
            draft.drop((*path, index))


def _id_of(model: Any) -> Any:
    return next((value for key, value in (model or {}).items() if key.casefold() == "id"), None)

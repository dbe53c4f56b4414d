"""How Crush makes one configuration of several files (crush-behaviour 1.4), and which file each value is from.

Files are merged as plain trees before anything is known about their fields: objects key by key, lists end to
end, of two plain values the later one; null says nothing. Where a value is from is found by walking the layers
again, so a merge costs no more than the values themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.documents.crushrc.commands import Computed
from wizard.documents.json.draft import folded, named_fields
from wizard.documents.json.syntax import kind
from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from wizard.documents.json.draft import KeyPath


class Layer(Private, Struct, frozen=True):
    """What one file says. Its lists and objects are never changed."""

    path: Path
    tree: Mapping[str, Any]


class KeyInFile(Struct, frozen=True):
    """A place in a file: the keys that lead there, as that file spells them and counts its lists."""

    path: Path
    key_path: KeyPath


class TypeClash(Struct, frozen=True):
    """Two files that say things of different JSON types in one place: Crush does not start (F4)."""

    key_path: KeyPath
    earlier: KeyInFile
    later: KeyInFile
    kinds: tuple[str, str]


class Merged(Private, Struct, frozen=True):
    """All layers as one tree, the weakest first. Where they clash the earlier value stays."""

    layers: tuple[Layer, ...]
    value: dict[str, Any]
    clashes: tuple[TypeClash, ...] = ()

    def origins(self, key_path: KeyPath) -> tuple[KeyInFile, ...]:
        """Where the value at a path of the merged tree is from, the weakest first: the last one counts.

        A plain value has been overruled in all places but the last; an object or a list is from all of them.
        """
        return tuple(KeyInFile(place.layer.path, place.key_path) for place in self._found(key_path))

    def spelled_so(self, key_path: KeyPath) -> tuple[KeyInFile, ...]:
        """Where something stands at just this path, whatever else Crush takes for the same."""
        found = [_Found(layer, (), layer.tree) for layer in self.layers]
        for key in key_path:
            found = [
                _Found(place.layer, (*place.key_path, key), place.value[key])
                for place in found
                if isinstance(place.value, Mapping) and place.value.get(key) is not None
            ]
        return tuple(KeyInFile(place.layer.path, place.key_path) for place in found)

    def _found(self, key_path: KeyPath) -> list[_Found]:
        found = [_Found(layer, (), layer.tree) for layer in self.layers]
        for key in key_path:
            found = _step(found, key)
        return found


class _Found(Private, Struct, frozen=True):
    """A value of one layer."""

    layer: Layer
    key_path: KeyPath
    value: Any


def merge(layers: Iterable[Layer]) -> Merged:
    """Merge files, the weakest first."""
    known = tuple(layers)
    value: dict[str, Any] = {}
    clashes: list[TypeClash] = []
    for number, layer in enumerate(known):
        clashing: dict[KeyPath, tuple[str, str]] = {}
        value = _merged(value, layer.tree, (), clashing)
        before = Merged(known[:number], value)
        clashes += [_type_clash(before, layer, key_path, kinds) for key_path, kinds in clashing.items()]
    return Merged(known, value, tuple(clashes))


def merge_decoded(merged: Merged, decoded: Mapping[str, Any], layer: Layer) -> Merged:
    """Merge one file with what others came to when they were read: only the clashes of that file are told."""
    clashing: dict[KeyPath, tuple[str, str]] = {}
    value = _merged(decoded, layer.tree, (), clashing)
    known = Merged(merged.layers, merged.value)
    clashes = [_type_clash(known, layer, key_path, kinds) for key_path, kinds in clashing.items()]
    return Merged((*merged.layers, layer), value, tuple(clashes))


def _type_clash(before: Merged, layer: Layer, key_path: KeyPath, kinds: tuple[str, str]) -> TypeClash:
    earlier = before.origins(key_path) or before.spelled_so(key_path)
    return TypeClash(key_path, earlier[-1], KeyInFile(layer.path, key_path), kinds)


def _merged(
    old: Mapping[str, Any], new: Mapping[str, Any], path: KeyPath, clashing: dict[KeyPath, tuple[str, str]]
) -> dict[str, Any]:
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if before is None:
            merged[key] = value
        elif value is None:
            continue
        elif not _alike(before, value):
            clashing[(*path, key)] = (kind(before), kind(value))
        elif isinstance(value, Mapping):
            merged[key] = _merged(before, value, (*path, key), clashing)
        else:
            merged[key] = before + value if isinstance(value, list) else value
    return merged


def _alike(one: Any, other: Any) -> bool:
    """Whether two values have one JSON type. What only running a crushrc would tell may be any plain value."""
    if isinstance(one, Computed) or isinstance(other, Computed):
        return not isinstance(one, Mapping | list) and not isinstance(other, Mapping | list)
    return kind(one) == kind(other)


def _step(found: Sequence[_Found], key: str | int) -> list[_Found]:
    """What the layers say one key further: all of one type, and null only where none says more.

    A file that has been read already was merged in Crush's own spelling, whatever its own is.
    """
    inner = list(_elements(found, key) if isinstance(key, int) else _members(found, key))
    stated = [place for place in inner if place.value is not None]
    return [place for place in stated if _alike(stated[0].value, place.value)] or inner


def _members(found: Iterable[_Found], key: str) -> Iterator[_Found]:
    for place in found:
        if isinstance(place.value, Mapping):
            for name in _spellings(place, key):
                yield _Found(place.layer, (*place.key_path, name), place.value[name])


def _spellings(found: _Found, key: str) -> list[str]:
    """What Crush takes for the key there; the key as it is comes last."""
    way = _folded_way(found.key_path)
    if not named_fields(way):
        return [key] if key in found.value else []
    alike = [name for name in found.value if folded(way, name) == folded(way, key)]
    return sorted(alike, key=lambda name: name == key)


def _folded_way(key_path: KeyPath) -> KeyPath:
    way: KeyPath = ()
    for key in key_path:
        way = (*way, folded(way, key))
    return way


def _elements(found: Iterable[_Found], index: int) -> Iterator[_Found]:
    """The one layer whose list holds the element: lists are put end to end."""
    for place in found:
        if not isinstance(place.value, list):
            continue
        if index < len(place.value):
            yield _Found(place.layer, (*place.key_path, index), place.value[index])
            return
        index -= len(place.value)

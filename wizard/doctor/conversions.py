"""A value of the wrong type as the one that is meant, where it can be read in one way only: "4096" for 4096."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wizard.crush.strictness import MODEL, PROVIDER, Fields, List, Map, decode, dotted, shape_at
from wizard.doctor.finding import Fix
from wizard.documents.document import PutValue
from wizard.documents.json.document import JsonDocument
from wizard.documents.json.draft import JsonDraft
from wizard.documents.json.reading import JsonReading
from wizard.errors import InvalidConfig
from wizard.regexp import regexp

if TYPE_CHECKING:
    from wizard.crush.problem import Placed
    from wizard.crush.strictness import Plain, Shape
    from wizard.doctor.examined import Examined
    from wizard.documents.json.draft import KeyPath
    from wizard.files.edit import TextEdit

_INTEGER = regexp(r"[+-]?\d{1,3}(?:[,_]\d{3})+|[+-]?\d{1,15}")
_NUMBER = regexp(r"[+-]?\d{1,15}(?:\.\d{1,15})?|[+-]?\.\d{1,15}")
_TRUE, _FALSE = frozenset(("true", "yes", "on", "1")), frozenset(("false", "no", "off", "0"))
_SEVERAL = regexp(r"[\s,;]")


def conversion_at(place: Placed, examined: Examined) -> Fix | None:
    """What would give the value at a place the type that Crush takes; None where it takes a person."""
    content = next((file.content for file in examined.loaded.read if file.path == place.path), None)
    if not isinstance(content, JsonReading):
        return None
    for fault in decode(content.tree).faults:
        if content.position(fault.key_path) == (place.line, place.column):
            return _conversion(content, fault.key_path)
    return None


def _conversion(content: JsonReading, key_path: KeyPath) -> Fix | None:
    value: Any = content.tree
    for key in key_path:
        value = value[key]
    right = converted(value, shape_at(key_path))
    if right is None:
        return None
    description = f"write `{dotted(key_path)}` with the type that Crush needs"
    if _can_be_edited(content):
        return Fix(description, True, content.path, (PutValue(key_path, right),))
    edits = _edits(content, key_path, right)
    return Fix(description, True, content.path, edits=edits) if edits else None


def _edits(content: JsonReading, key_path: KeyPath, value: Any) -> tuple[TextEdit, ...]:
    """What puts a value into a text that is no document yet; nothing where a key on the way is there twice."""
    try:
        draft = JsonDraft(content.text, content.path)
        draft.put(key_path, value)
    except InvalidConfig:
        return ()
    return tuple(draft.edits)


def _can_be_edited(content: JsonReading) -> bool:
    try:
        JsonDocument(content.text, content.path)
    except InvalidConfig:
        return False
    return True


def converted(value: Any, shape: Shape | None) -> Any:
    """The value as Crush takes it there; None where it takes a person to say what is meant."""
    if isinstance(shape, List):
        return _as_list(value, shape)
    if isinstance(shape, Map):
        return _as_map(value, shape)
    if isinstance(shape, Fields):
        return {"id": value} if shape is MODEL and isinstance(value, str) and value else None
    return None if shape is None or isinstance(value, dict | list) else _PLAIN[shape](value)


def _as_list(value: Any, shape: List) -> Any:
    """One element that stands alone; models by their ids."""
    if isinstance(value, list):
        return _elements(value, shape.of)
    if isinstance(value, str) and value and not _SEVERAL.search(value):
        return [value] if shape.of == "string" else _elements([value], shape.of)
    if isinstance(value, Mapping) and shape.of is MODEL:
        return [value] if isinstance(value.get("id"), str) else _named(value)
    return None


def _elements(values: list[Any], shape: Shape) -> list[Any] | None:
    """Each element as it is, or as it is meant."""
    read = [value if _is_object(value, shape) else converted(value, shape) for value in values]
    return None if any(value is None for value in read) else read


def _is_object(value: Any, shape: Shape) -> bool:
    return isinstance(value, Mapping) if isinstance(shape, Fields | Map) else isinstance(value, str)


def _named(entries: Mapping[str, Any]) -> list[Any] | None:
    """Objects by their ids as a list of objects that hold their id."""
    if not entries or not all(isinstance(entry, Mapping) for entry in entries.values()):
        return None
    return [{"id": key, **entry} for key, entry in entries.items()]


def _as_map(value: Any, shape: Map) -> Any:
    """A list of providers, each with its id."""
    if shape.of is not PROVIDER or not isinstance(value, list) or not value:
        return None
    read = dict(_by_id(value))
    return read if len(read) == len(value) else None


def _by_id(entries: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for entry in entries:
        if isinstance(entry, Mapping) and isinstance(entry.get("id"), str) and entry["id"]:
            yield entry["id"], {key: inner for key, inner in entry.items() if key != "id"}


def _as_string(value: Any) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _as_integer(value: Any) -> int | None:
    text = value.strip() if isinstance(value, str) else ""
    return int(text.replace(",", "").replace("_", "")) if _INTEGER.fullmatch(text) else None


def _as_number(value: Any) -> float | None:
    text = value.strip() if isinstance(value, str) else ""
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)


def _as_boolean(value: Any) -> bool | None:
    word = str(value).strip().casefold()
    return True if word in _TRUE else False if word in _FALSE else None


_PLAIN: Mapping[Plain, Callable[[Any], Any]] = {
    "string": _as_string,
    "integer": _as_integer,
    "number": _as_number,
    "boolean": _as_boolean,
    "anything": lambda _: None,
}

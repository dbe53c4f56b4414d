"""What Crush makes of the merged tree: named fields of fixed types (crush-behaviour 1.5, 2.1, 2.2).

Field names are found in any letter case. Two that differ only there are read one after the other into one field: of
plain values the later one counts, objects become one, and so do the elements of lists, place by place. A value of the
wrong type keeps Crush from starting (F5), a name that Crush does not know is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from msgspec import Struct

from wizard.documents.crushrc.commands import Computed
from wizard.documents.json.syntax import LongInteger, kind
from wizard.private import Private
from wizard.provider.model import is_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.documents.json.draft import KeyPath

Plain = Literal["string", "boolean", "integer", "number", "anything"]


class Fields(Struct, frozen=True):
    """An object of named fields."""

    fields: Mapping[str, Shape]


class Map(Struct, frozen=True):
    """An object whose keys are the user's own: letter case counts. `of` None: its values are as they are.

    `anew`: what another spelling of its name said before is forgotten.
    """

    of: Shape | None = None
    anew: bool = False


class List(Struct, frozen=True):
    of: Shape


Shape: TypeAlias = Plain | Fields | Map | List
"""What a field takes."""

_STRINGS = List("string")
_TEXTS = Map("string")


def _fields(shape: Shape, names: str) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), shape)


_SAMPLING: dict[str, Shape] = {
    **_fields("number", "temperature top_p frequency_penalty presence_penalty"),
    "top_k": "integer",
    "provider_options": Map(),
}
MODEL = Fields(
    {
        **_fields("string", "id name default_reasoning_effort"),
        **_fields("number", "cost_per_1m_in cost_per_1m_out cost_per_1m_in_cached cost_per_1m_out_cached"),
        **_fields("integer", "context_window default_max_tokens"),
        **_fields("boolean", "can_reason supports_attachments"),
        "reasoning_levels": _STRINGS,
        "options": Fields(_SAMPLING),
    }
)
_TOKEN = Fields(
    {
        **_fields("string", "access_token refresh_token"),
        **_fields("integer", "expires_in expires_at"),
        "client": Fields({**_fields("string", "client_id client_secret auth_url token_url"), "auth_style": "integer"}),
    }
)
PROVIDER = Fields(
    {
        **_fields("string", "id name base_url type api_key system_prompt_prefix aws_auth_refresh"),
        **_fields("boolean", "disable flat_rate discover_models"),
        **_fields(Map(), "extra_body provider_options"),
        "extra_headers": _TEXTS,
        "oauth": _TOKEN,
        "models": List(MODEL),
    }
)
SELECTED = Fields(
    {
        **_fields("string", "model provider reasoning_effort"),
        "think": "boolean",
        "max_tokens": "integer",
        **_SAMPLING,
    }
)
OPTIONS = Fields(
    {
        **_fields(_STRINGS, "context_paths global_context_paths skills_paths disabled_tools disabled_skills"),
        **_fields("boolean", "debug debug_lsp auto_lsp progress disable_auto_summarize disable_metrics"),
        **_fields("boolean", "disable_provider_auto_update disable_default_providers disable_notifications"),
        **_fields("string", "data_directory initialize_as notifications notification_style"),
        "request_timeout": "anything",  # since Crush 0.93 (crush-behaviour 12), its type is not known
        "attribution": Fields({"trailer_style": "string", **_fields("boolean", "co_authored_by generated_with")}),
        "tui": Fields(
            {
                **_fields("boolean", "compact_mode transparent"),
                **_fields("string", "diff_mode scrollbar"),
                "completions": Fields(_fields("integer", "max_depth max_items")),
                "mouse": "anything",  # as request_timeout
            }
        ),
    }
)
_MCP = Fields(
    {
        **_fields("string", "command type url oauth_client_id oauth_client_secret"),
        **_fields(_STRINGS, "args disabled_tools enabled_tools"),
        **_fields(_TEXTS, "env headers"),
        **_fields("boolean", "disabled oauth"),
        **_fields("integer", "timeout oauth_callback_port"),
    }
)
_LSP = Fields(
    {
        "disabled": "boolean",
        "command": "string",
        "timeout": "integer",
        "env": _TEXTS,
        **_fields(_STRINGS, "args filetypes root_markers"),
        **_fields(Map(), "init_options options"),
    }
)
_HOOK = Fields({**_fields("string", "name matcher command"), "timeout": "integer"})
CONFIG = Fields(
    {
        "$schema": "string",
        "models": Map(SELECTED),
        "providers": Map(PROVIDER, anew=True),
        "options": OPTIONS,
        "env": _TEXTS,
        "mcp": Map(_MCP),
        "lsp": Map(_LSP),
        "hooks": Map(List(_HOOK)),
        "permissions": Fields({"allowed_tools": _STRINGS}),
        "tools": Fields(
            {
                "ls": Fields(_fields("integer", "max_depth max_items")),
                **_fields(Fields({"timeout": "integer"}), "grep glob"),
            }
        ),
        "recent_models": "anything",  # Crush's own note in the file that it writes (crush-behaviour 2.3)
    }
)
"""Every field of crush.json that Crush reads."""


class Fault(Struct, frozen=True):
    """A value of the wrong type; `message` names it without quoting it."""

    key_path: KeyPath
    message: str


class Decoded(Private, Struct, frozen=True):
    """The tree as Crush holds it: fields in their own spelling, without nulls, unknown ones and faulty values.

    `faults` and `unknown` are paths as they are spelled in the tree that was read, and so is what `spelled` gives.
    """

    value: dict[str, Any]
    faults: tuple[Fault, ...]
    unknown: tuple[KeyPath, ...]
    _tree: Mapping[str, Any]

    def spelled(self, key_path: KeyPath) -> KeyPath:
        """A path in Crush's spelling as the tree that was read spells it."""
        return _spelled(self._tree, CONFIG, key_path)


def decode(tree: Mapping[str, Any]) -> Decoded:
    """Read a merged tree as Crush does."""
    reader = _Reader([], [])
    value = reader.struct(tree, CONFIG, ())
    return Decoded(value, tuple(reader.faults), tuple(reader.unknown), tree)


_TAKEN_BACK = frozenset(
    "temperature top_p top_k frequency_penalty presence_penalty oauth discover_models transparent max_depth max_items "
    "co_authored_by tui attribution auto_lsp progress timeout options permissions".split()
)
"""The names of fields for which nothing is something else than zero. Of two `options` only the one of the whole
configuration is meant, but an empty one of a model is none.
"""


class _Reader(Struct, frozen=True):
    faults: list[Fault]
    unknown: list[KeyPath]

    def value(self, value: Any, shape: Shape, path: KeyPath, before: Any = None) -> Any:
        """What the field holds then; None where it holds nothing. `before`: what another spelling put there."""
        if isinstance(shape, Fields):
            return self.struct(value, shape, path, before) if self._is(Mapping, "an object", value, path) else None
        if isinstance(shape, Map):
            return self._map(value, shape, path, before) if self._is(Mapping, "an object", value, path) else None
        if isinstance(shape, List):
            return self._list(value, shape, path, before) if self._is(list, "a list", value, path) else None
        if not isinstance(value, Computed) and not _TAKES[shape](value):
            return self._fault(path, value, _CALLED[shape])
        return round_numbers(value) if shape == "anything" else _rounded(value, shape)

    def struct(
        self, value: Mapping[str, Any], shape: Fields, path: KeyPath, before: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        decoded = dict(before or {})
        for key, inner in value.items():
            name = key.casefold()
            if name not in shape.fields:
                self.unknown.append((*path, key))
            elif inner is None:
                self._forget(decoded, name, shape.fields[name])
            else:
                read = self.value(inner, shape.fields[name], (*path, key), decoded.get(name))
                decoded |= {} if read is None else {name: read}
        return decoded

    def _forget(self, decoded: dict[str, Any], name: str, shape: Shape) -> None:
        """A null says nothing about a plain value, and takes back what another spelling said about all others."""
        if isinstance(shape, Map | List) or name in _TAKEN_BACK:
            decoded.pop(name, None)

    def _map(self, value: Mapping[str, Any], shape: Map, path: KeyPath, before: Any) -> dict[str, Any]:
        known = {} if shape.anew or before is None else before
        if shape.of is None:
            return {**known, **{key: round_numbers(inner) for key, inner in value.items()}}
        read = {key: self._element(inner, shape.of, (*path, key)) for key, inner in value.items()}
        return {**known, **{key: inner for key, inner in read.items() if inner is not None}}

    def _list(self, value: list[Any], shape: List, path: KeyPath, before: Any) -> list[Any]:
        known = [*(before or ()), *[None] * len(value)]
        read = (self._element(inner, shape.of, (*path, at), known[at]) for at, inner in enumerate(value))
        return [_empty(shape.of) if element is None else element for element in read]  # paths have indices

    def _element(self, value: Any, shape: Shape, path: KeyPath, before: Any = None) -> Any:
        """A null in a list or a map is an empty value of its type there, or what stood there before."""
        if value is None:
            return _empty(shape) if before is None else before
        return self.value(value, shape, path, before)

    def _is(self, wanted: type[Any], called: str, value: Any, path: KeyPath) -> bool:
        if not isinstance(value, wanted):
            self._fault(path, value, called)
        return isinstance(value, wanted)

    def _fault(self, path: KeyPath, value: Any, wanted: str) -> None:
        found = _odd_number(value) if is_number(value) and wanted == _CALLED["integer"] else kind(value)
        self.faults.append(Fault(path, f"`{dotted(path)}` is {found}, not {wanted}"))


def _odd_number(value: float) -> str:
    return "a number that is too large" if value == int(value) else "a number with a fraction"


def shape_at(key_path: KeyPath) -> Shape | None:
    """What Crush takes at a path; None where it knows no such field."""
    shape: Shape | None = CONFIG
    for key in key_path:
        shape = _inner_shape(shape, key.casefold() if isinstance(shape, Fields) and isinstance(key, str) else key)
    return shape


def homes(name: str, shape: Shape = CONFIG) -> Iterator[KeyPath]:
    """Every place below named fields where Crush knows a field of this name, from `shape` on."""
    for key, inner in shape.fields.items() if isinstance(shape, Fields) else ():
        if key == name:
            yield (key,)
        yield from ((key, *path) for path in homes(name, inner))


def dotted(key_path: KeyPath) -> str:
    """A path for people: `providers.groq.models.0.id`."""
    return ".".join(map(str, key_path))


def round_numbers(value: Any) -> Any:
    """The value as it comes out of Crush's merge: numbers pass through a float there (crush-behaviour 1.5)."""
    if isinstance(value, Mapping):
        return {key: round_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [round_numbers(inner) for inner in value]
    return _rounded(value, "anything")


_EXACT = 2**53


def _rounded(value: Any, shape: Plain) -> Any:
    if not is_number(value):
        return value
    if shape == "integer" or (isinstance(value, int) and abs(value) > _EXACT):
        return int(Decimal(repr(float(value))))
    return value


def _is_whole(value: Any) -> bool:
    """Whether it is a whole number of 64 bits after it has been a float."""
    return is_number(value) and float(value).is_integer() and -(2**63) <= float(value) < 2**63


_TAKES: Mapping[Plain, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str) and not isinstance(value, LongInteger),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_whole,
    "number": is_number,
    "anything": lambda _: True,
}
_CALLED: Mapping[Plain, str] = {
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "anything": "anything",
}


def _empty(shape: Shape) -> Any:
    """What a null stands for in a list or a map."""
    if isinstance(shape, Fields | Map):
        return {}
    return [] if isinstance(shape, List) else _ZEROS[shape]


_ZEROS: Mapping[Plain, Any] = {"string": "", "boolean": False, "integer": 0, "number": 0, "anything": None}


def _spelled(tree: Any, shape: Shape | None, key_path: KeyPath) -> KeyPath:
    """The spelling that says most of the path; of two that say as much the later one, which counts."""
    if not key_path:
        return ()
    names = _names_in(tree, key_path[0]) if isinstance(shape, Fields) else [key_path[0]]
    below = [(name, *_spelled(_inner(tree, name), _inner_shape(shape, key_path[0]), key_path[1:])) for name in names]
    return max(reversed(below), key=lambda path: _depth(tree, path))


def _names_in(tree: Any, key: str | int) -> list[str | int]:
    """How an object spells a field, where it says something."""
    if not isinstance(tree, Mapping):
        return [key]
    return [name for name, value in tree.items() if name.casefold() == key and value is not None] or [key]


def _depth(tree: Any, key_path: KeyPath) -> int:
    """How many keys of the path are there."""
    for depth, key in enumerate(key_path):
        tree = _inner(tree, key)
        if tree is None:
            return depth
    return len(key_path)


def _inner(tree: Any, key: str | int) -> Any:
    if isinstance(tree, list):
        return tree[key] if isinstance(key, int) and key < len(tree) else None
    return tree.get(key) if isinstance(tree, Mapping) else None


def _inner_shape(shape: Shape | None, key: str | int) -> Shape | None:
    if isinstance(shape, Fields):
        return shape.fields.get(str(key))
    return shape.of if isinstance(shape, Map | List) else None

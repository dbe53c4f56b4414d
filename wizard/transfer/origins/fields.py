"""Looking things up in a tree that nobody has checked: values of the right kind, in bounds, free of odd characters."""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.documents.json.syntax import kind
from wizard.errors import InvalidConfig
from wizard.private import Private
from wizard.provider.model import is_number
from wizard.shown import ACTING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

LONGEST_TEXT = 4096
"""Characters. Keys that are signed tokens have a thousand or two."""
LARGEST_NUMBER = 1e12
_ODD = ACTING | {"Co"}


class ObjectReader(Private, Struct, frozen=True):
    """An object of a file, and the way to it from the top.

    What is absent, null, or a number out of all bounds, is as if it were not there. What is of the wrong type is
    refused: InvalidConfig, which never quotes the value.
    """

    path: Path
    tree: Mapping[str, Any]
    way: str = ""

    def text(self, *names: str) -> str:
        """The text of the first field that is there, without white space around it; empty where there is none."""
        for name in names:
            if (value := self.tree.get(name)) not in (None, ""):
                return self._text(value, name)
        return ""

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of a text that has several."""
        value = self.tree.get(name)
        if not isinstance(value, str):
            return (text,) if (text := self.text(name)) else ()
        return tuple(self._text(line, name) for line in value[: LONGEST_TEXT + 1].splitlines() if line.strip())

    def number(self, *names: str) -> int | float | None:
        for name in names:
            value = self.tree.get(name)
            if is_number(value) and 0 <= value <= LARGEST_NUMBER:
                return value if math.isfinite(value) else None
        return None

    def whole(self, *names: str) -> int | None:
        """A number of tokens; 0 is not known."""
        return int(self.number(*names) or 0) or None

    def flag(self, *names: str) -> bool | None:
        return next((value for name in names if isinstance(value := self.tree.get(name), bool)), None)

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts in a list."""
        return tuple(self._text(value, f"{name}.{place}") for place, value in enumerate(self._list(name)))

    def fields(self, name: str) -> ObjectReader:
        """An object; an empty one where there is none."""
        return ObjectReader(self.path, self._object(self.tree.get(name), name), self._way(name))

    def members(self, name: str) -> Iterator[tuple[str, ObjectReader]]:
        """The objects in an object, by their keys."""
        inner = self.fields(name)
        for key in inner.tree:
            yield inner._text(key, key), inner.fields(key)

    def each(self, name: str) -> Iterator[ObjectReader]:
        """The objects in a list."""
        for place, value in enumerate(self._list(name)):
            where = f"{name}.{place}"
            yield ObjectReader(self.path, self._object(value, where), self._way(where))

    def pairs(self, name: str) -> dict[str, str]:
        """The texts in an object, by their keys."""
        inner = self.fields(name)
        return {inner._text(key, key): inner.text(key) for key in inner.tree}

    def others(self, known: Iterable[str]) -> tuple[str, ...]:
        """The names of the fields that are there, and not among the known ones."""
        return tuple(name for name in self.tree if name not in set(known))

    def _list(self, name: str) -> list[Any]:
        value = self.tree.get(name)
        if value is None:
            return []
        return value if isinstance(value, list) else self._refuse(name, value, "a list")

    def _object(self, value: Any, name: str) -> dict[str, Any]:
        if value is None:
            return {}
        return value if isinstance(value, dict) else self._refuse(name, value, "an object")

    def _text(self, value: Any, name: str) -> str:
        if isinstance(value, int) and not isinstance(value, bool):  # `model: 4` means a name
            return str(value)
        if not isinstance(value, str):
            self._refuse(name, value, "text")
        text: str = value.strip()
        if len(text) > LONGEST_TEXT:
            raise InvalidConfig(f"`{self._way(name)[:80]}` has over {LONGEST_TEXT} characters", path=self.path)
        if odd := next((character for character in text if unicodedata.category(character) in _ODD), ""):
            where = self._way(name) if name != value else self.way or "a key"
            raise InvalidConfig(f"`{where}` contains the invisible character U+{ord(odd):04X}", path=self.path)
        return text

    def _refuse(self, name: str, value: Any, wanted: str) -> Any:
        raise InvalidConfig(f"`{self._way(name)}` is {kind(value)}, not {wanted}", path=self.path)

    def _way(self, name: str) -> str:
        return f"{self.way}.{name}" if self.way else name


def top_of(tree: Any, path: Path) -> ObjectReader:
    """A whole file, which is an object; an empty file is an empty one."""
    if tree is not None and not isinstance(tree, dict):
        raise InvalidConfig(f"the top level is {kind(tree)}, not an object", path=path)
    return ObjectReader(path, tree or {})

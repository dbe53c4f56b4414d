"""A JSON text under change: put, append and drop, each one text edit that leaves all other characters alone."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from wizard.documents.json.faults import Lines, refuse
from wizard.documents.json.layout import indent_at, layout_of, scalar
from wizard.documents.json.syntax import Item, Key, has_distinct_keys, items, parse, read_again
from wizard.files.edit import TextEdit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wizard.documents.json.layout import Layout

KeyPath: TypeAlias = tuple[Key, ...]
"""The keys and list indices that lead to a value, in Crush's own spelling: ("providers", "groq", "models", 0)."""


def named_fields(path: KeyPath) -> bool:
    """Whether Crush decodes the object at this path into named fields, which it finds in any letter case.

    The rest are maps (provider ids, headers, bodies), where case counts (crush-behaviour 1.4, 1.5).
    """
    match path:
        case () | ("options",) | ("providers", _) | ("models", _):
            return True
        case ("providers", _, "oauth") | ("providers", _, "models", int()):
            return True
        case ("providers", _, "models", int(), "options"):
            return True
    return False


def folded(path: KeyPath, key: Key) -> Key:
    """The key as Crush compares it with the others of the object at this path."""
    return key.casefold() if isinstance(key, str) and named_fields(path) else key


class JsonDraft:
    """The text after the edits so far. Raises InvalidConfig when the text is not what Crush would accept."""

    root: Item
    _lines: Lines | None

    def __init__(self, text: str, path: Path | str) -> None:
        self.path = path
        self.edits: list[TextEdit] = []
        self._focus: tuple[KeyPath, Item] | None = None
        self._read(text)
        self._original = (text, self.root)

    @cached_property
    def layout(self) -> Layout:
        """The hand of the file before all edits."""
        return layout_of(*self._original)

    def find(self, path: KeyPath) -> Item | None:
        """The member or element at a path. Raises InvalidConfig if a key on the way is there twice."""
        item: Item | None = self.root
        depth = 0
        if self._focus is not None and path[: len(self._focus[0])] == self._focus[0]:
            depth, item = len(self._focus[0]), self._focus[1]
        while item is not None and depth < len(path):
            item = self._child(item, path[:depth], path[depth])
            depth += 1
        return item

    def items(self, container: Item) -> tuple[Item, ...]:
        if container.value_start not in self._items:
            self._items[container.value_start] = items(self.text, container)
        return self._items[container.value_start]

    def position(self, path: KeyPath) -> tuple[int, int] | None:
        """Line and column, from 1, of the key or element at a path; None if there is none."""
        item = self.find(path)
        if item is None:
            return None
        self._lines = self._lines or Lines(self.text)
        return self._lines.position(item.start)

    def refuse_duplicates(self, path: KeyPath, *, deep: bool = True) -> None:
        """Raise InvalidConfig if an object at this path or, when deep, below it holds a key twice for Crush."""
        container = self.find(path)
        if container is not None and not (deep and has_distinct_keys(self.text, container)):
            self._refuse_duplicates(container, path, deep)

    def put(self, path: KeyPath, value: Any) -> None:
        """Set the value at a path in place, or add it at the end of its object, which is made if need be.

        Raises KeyError for an index beyond the end of a list.
        """
        *outer, key = path
        if found := self.find(path):
            self._replace(found, value)
        elif (parent := self.find(tuple(outer))) is not None and isinstance(parent.value, dict):
            self._add(parent, {key: value})
        elif isinstance(key, int):
            raise KeyError(path)
        else:
            self.put(tuple(outer), {key: value})

    def append(self, path: KeyPath, values: Sequence[Any]) -> None:
        """Add values at the end of the list at a path. Raises KeyError if there is no list."""
        container = self.find(path)
        if container is None or not isinstance(container.value, list):
            raise KeyError(path)
        if values:
            self._add(container, list(values))

    def backwards(self, path: KeyPath) -> Iterator[Key]:
        """The keys of an object or list, the last one first: what is changed there moves none that are to come.

        Until the next key only what stands at this one may be looked at and changed, and may not be dropped. It alone
        is read again after an edit, so a change of many takes as long as the file is, not as its square. Raises
        KeyError if there is no object or list.
        """
        container, outer = self.find(path), self._focus
        if container is None or not isinstance(container.value, dict | list):
            raise KeyError(path)
        for item in reversed(self.items(container)):
            self._focus = ((*path, item.key), item)
            yield item.key
        self._focus = outer
        self._read(self.text)

    def drop(self, path: KeyPath) -> None:
        """Take out the member or element at a path with its comma. Nothing happens if there is none."""
        container, item = self.find(path[:-1]), self.find(path)
        if container is None or item is None:
            return
        siblings = self.items(container)
        place = siblings.index(item)
        if len(siblings) == 1:
            self._splice(container.value_start + 1, container.end - 1, "")
        elif place == 0:
            self._splice(item.start, siblings[1].start, "")
        else:
            self._splice(siblings[place - 1].end, item.end, "")

    def _read(self, text: str) -> None:
        self.text = text
        self._items: dict[int, tuple[Item, ...]] = {}
        self._by_key: dict[int, dict[Key, list[Item]]] = {}
        self._lines = None
        if self._focus is None:
            self.root = parse(text, self.path)
        else:
            path, item = self._focus
            self._focus = (path, read_again(text, item))

    def _splice(self, start: int, end: int, new: str) -> None:
        edit = TextEdit(start, end - start, new)
        self.edits.append(edit)
        self._read(edit.apply(self.text))

    def _child(self, container: Item, path: KeyPath, key: Key) -> Item | None:
        if isinstance(container.value, list) != isinstance(key, int):
            return None
        named = self._named(container, path).get(folded(path, key), ())
        if len(named) > 1:
            self._refuse_duplicate(named[1])
        return named[0] if named else None

    def _named(self, container: Item, path: KeyPath) -> dict[Key, list[Item]]:
        """What an object or list holds, by the keys as Crush compares them."""
        if container.value_start not in self._by_key:
            by_key: dict[Key, list[Item]] = {}
            for item in self.items(container):
                by_key.setdefault(folded(path, item.key), []).append(item)
            self._by_key[container.value_start] = by_key
        return self._by_key[container.value_start]

    def _refuse_duplicates(self, container: Item, path: KeyPath, deep: bool) -> None:
        seen: set[Key] = set()
        for item in self.items(container):
            key = folded(path, item.key)
            if key in seen:
                self._refuse_duplicate(item)
            seen.add(key)
            if deep:
                self._refuse_duplicates(item, (*path, key), deep)

    def _refuse_duplicate(self, item: Item) -> NoReturn:
        hint = "Crush uses only one of them (upper and lower case are the same): remove the other"
        refuse(self.text, item.start, self.path, f"the key {scalar(item.key)} is here twice", hint)

    def _replace(self, item: Item, value: Any) -> None:
        in_lines = self._has_own_line(item)
        indent = indent_at(self.text, item.start)
        printed = self.layout.block(value, indent) if in_lines else self.layout.one_line(value)
        self._splice(item.value_start, item.end, printed)

    def _add(self, container: Item, new: dict[Key, Any] | list[Any]) -> None:
        siblings = self.items(container)
        if not siblings:
            block = self.layout.block(new, indent_at(self.text, container.value_start))
            self._splice(container.value_start, container.end, block)
            return
        last = siblings[-1]
        separator = self._separator(container, siblings)
        indent = indent_at(self.text[: last.end] + separator, last.end + len(separator))
        in_lines = self._in_lines(last, separator)

        def printed(value: Any) -> str:
            return self.layout.block(value, indent) if in_lines else self.layout.one_line(value)

        if isinstance(new, dict):
            colon = self._colon(last)
            parts = [scalar(key) + colon + printed(value) for key, value in new.items()]
        else:
            parts = [printed(value) for value in new]
        self._splice(last.end, last.end, separator + separator.join(parts))

    def _separator(self, container: Item, siblings: tuple[Item, ...]) -> str:
        """What stands between the last two, or would stand after the only one."""
        last = siblings[-1]
        if len(siblings) > 1:
            return self.text[siblings[-2].end : last.start]
        lead = self.text[container.value_start + 1 : last.start]
        tail = self.text[last.end : container.end - 1]
        if self.layout.comma_first and "\n" in tail:
            return tail + ", "
        return "," + lead if lead else self.layout.comma

    def _colon(self, sibling: Item) -> str:
        colon = self.text[sibling.key_end : sibling.value_start]
        return self.layout.colon if "\n" in colon else colon

    def _in_lines(self, last: Item, separator: str) -> bool:
        """Whether what follows the last sibling may break lines. Elements of a list look like each other."""
        sibling = self.text[last.start : last.end]
        if isinstance(last.key, int) and isinstance(last.value, dict | list) and last.value:
            return "\n" in sibling
        return "\n" in separator or "\n" in sibling

    def _has_own_line(self, item: Item) -> bool:
        """Whether an item begins its line, or breaks lines already."""
        before = self.text[self.text.rfind("\n", 0, item.start) + 1 : item.start]
        return not before.strip(" \t\r,{[") or "\n" in self.text[item.value_start : item.end]

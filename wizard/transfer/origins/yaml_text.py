"""YAML as a plain tree of objects, lists, text, numbers and truths; no other type is ever made of it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from wizard.errors import InvalidConfig
from wizard.regexp import regexp
from wizard.transfer.origins.fields import ObjectReader, top_of
from wizard.transfer.origins.plain_text import DEEPEST, MOST_VALUES, text_of, too_large

if TYPE_CHECKING:
    from pathlib import Path

    import yaml

_PREFIX = "tag:yaml.org,2002:"
_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_LONGEST_NUMBER = 40
_SCIENTIFIC = regexp(r"[0-9]+e[-+]?[0-9]{1,3}", re.IGNORECASE)
"""A number in YAML 1.2, and in the tools that read it; YAML 1.1 wants a dot in it."""


def yaml_object(path: Path) -> ObjectReader:
    """A whole file; an empty one where there is none."""
    return top_of(yaml_tree(text_of(path) or "", path), path)


def yaml_tree(text: str, path: Path) -> Any:
    """The one document of a YAML text; None for an empty one.

    An alias counts as often as it is used, so a few lines can't stand for more than MOST_VALUES values. Raises
    InvalidConfig, with line and column, for what is no YAML, and for what is too deep or too large.
    """
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _invalid(error.problem or "it can't be read", error.problem_mark, path) from None
    except yaml.reader.ReaderError as error:
        raise _odd_character(text, error, path) from None
    except (ValueError, RecursionError):
        raise too_large(path) from None
    return None if root is None else _Tree(path).value(root, 0)


class _Tree:
    """Makes plain values of YAML's nodes, and counts them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0

    def value(self, node: yaml.Node, depth: int) -> Any:
        import yaml

        self.count += 1
        if depth > DEEPEST or self.count > MOST_VALUES:
            raise too_large(self.path)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node, self.path)
        if node.tag not in (f"{_PREFIX}seq", f"{_PREFIX}map"):
            raise _odd_type(node, self.path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, depth + 1) for child in node.value]
        return self._object(node, depth)

    def _object(self, node: yaml.Node, depth: int) -> dict[str, Any]:
        """Its members, over those that it takes in with `<<`."""
        own: dict[str, Any] = {}
        taken_in: dict[str, Any] = {}
        for key, child in node.value:
            if key.tag == f"{_PREFIX}merge":
                taken_in = self._taken_in(self.value(child, depth + 1)) | taken_in
            elif isinstance(key.value, str):
                own[key.value] = self.value(child, depth + 1)
            else:
                raise _invalid("a key is not text", key.start_mark, self.path)
        return taken_in | own

    @staticmethod
    def _taken_in(value: Any) -> dict[str, Any]:
        """One object, or a list of them, the first of which counts most."""
        objects = [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, dict)]
        return {key: child for part in reversed(objects) for key, child in part.items()}


def _scalar(node: yaml.ScalarNode, path: Path) -> Any:
    text: str = node.value
    match node.tag.removeprefix(_PREFIX):
        case "null":
            return None
        case "bool":
            return _TRUTHS.get(text.lower(), text)
        case "int" | "float":
            return _number(text)
        case "str" if node.style is None and _SCIENTIFIC.fullmatch(text):
            return _number(text)
        case "str" | "timestamp" | "value":
            return text
    raise _odd_type(node, path)


def _number(text: str) -> int | float | str:
    """A decimal number; in any other spelling, such as `0x10` or `1:30`, the text."""
    if len(text) > _LONGEST_NUMBER:
        return text
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if math.isfinite(number) else text
    return text


def _odd_type(node: yaml.Node, path: Path) -> InvalidConfig:
    return _invalid(f"unsupported type `{node.tag}`", node.start_mark, path)


def _odd_character(text: str, error: yaml.reader.ReaderError, path: Path) -> InvalidConfig:
    line = text.count("\n", 0, error.position) + 1
    column = error.position - text.rfind("\n", 0, error.position)
    message = f"this is not YAML: the character U+{int(error.character):04X} is not allowed"
    return InvalidConfig(message, path=path, line=line, column=column)


def _invalid(what: str, mark: yaml.Mark | None, path: Path) -> InvalidConfig:
    line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
    return InvalidConfig(f"this is not valid YAML: {what}", path=path, line=line, column=column)

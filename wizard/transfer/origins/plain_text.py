"""Files of other tools as plain trees: JSON with comments, TOML, and text. Bounded, whatever is in them.

Every reader raises InvalidConfig, with line and column where the format's parser tells them.
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import TYPE_CHECKING, Any, NoReturn

from wizard.errors import InvalidConfig
from wizard.expansion.dotenv import read_dotenv
from wizard.files.writer import read
from wizard.regexp import regexp
from wizard.transfer.origins.fields import top_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wizard.transfer.origins.fields import ObjectReader

LARGEST_FILE = 200_000
"""Bytes. Such files take a few thousand; a longer one would be slow to read."""
DEEPEST = 50
"""Levels of lists and objects inside each other."""
MOST_VALUES = 50_000

# One after the other: looking over comments for the bracket behind a comma would take minutes for a crafted file.
_COMMENT = regexp(r'"(?:\\.|[^"\\\n])*"?|(?P<extra>//[^\n]*|/\*.*?(?:\*/|\Z))', re.DOTALL)
_LAST_COMMA = regexp(r'"(?:\\.|[^"\\\n])*"?|(?P<extra>,)(?=\s*[\]}])', re.DOTALL)
_LONG_KEY = regexp(r"""(?:\.[ \t]*(?:[\w-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')[ \t]*){50}""")
"""A key of so many parts that Python's parser would take all memory for it."""
_TOML_PLACE = regexp(r"(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)", re.DOTALL)


def text_of(path: Path) -> str | None:
    """A file's text without its byte order mark; None when there is no file."""
    raw = read(path)
    if raw is None:
        return None
    if len(raw) > LARGEST_FILE:
        raise InvalidConfig(f"the file has over {LARGEST_FILE // 1000} kB, too large for a config", path=path)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidConfig("the file is not UTF-8 text", hint="save it as UTF-8", path=path, line=line) from None


def dotenv_of(path: Path) -> Mapping[str, str]:
    """The variables of a `.env` file; none where there is no file."""
    return read_dotenv(text_of(path) or "")


def json_tree(text: str, path: Path) -> Any:
    """JSON, with comments and with commas behind the last member, which several tools take."""
    try:
        tree = json.loads(_strict(text), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InvalidConfig(
            f"this is not JSON: {error.msg}", path=path, line=error.lineno, column=error.colno
        ) from None
    except (ValueError, RecursionError):
        raise too_large(path) from None
    return bounded(tree, path)


def json_object(path: Path) -> ObjectReader:
    """A whole JSON file; an empty one where there is none."""
    return top_of(json_tree(text_of(path) or "{}", path), path)


def toml_tree(text: str, path: Path) -> dict[str, Any]:
    if _LONG_KEY.search(text):
        raise too_large(path)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(str(error), text, path) from None
    except (ValueError, RecursionError):
        raise too_large(path) from None
    bounded(tree, path)
    return tree


def _no_toml(message: str, text: str, path: Path) -> InvalidConfig:
    """The error of Python's parser, whose message says the place."""
    if place := _TOML_PLACE.fullmatch(message):
        line, column = int(place["line"]), int(place["column"])
        return InvalidConfig(f"this is not TOML: {place['what']}", path=path, line=line, column=column)
    return InvalidConfig(
        f"this is not TOML: {message.removesuffix(' (at end of document)')}", path=path, line=text.count("\n") + 1
    )


def bounded(tree: Any, path: Path) -> Any:
    """The tree, if it is neither too deep nor too large. Goes level by level: it may be deeper than our stack."""
    level, count = [tree], 1
    for _ in range(DEEPEST):
        level = [child for part in level for child in _children(part)]
        count += len(level)
        if count > MOST_VALUES:
            break
        if not level:
            return tree
    raise too_large(path)


def too_large(path: Path) -> InvalidConfig:
    return InvalidConfig("the file is nested too deeply, or is too large, for a config", path=path)


def _children(part: Any) -> list[Any]:
    if isinstance(part, dict):
        return list(part.values())
    return part if isinstance(part, list) else []


def _strict(text: str) -> str:
    """The text with blanks where comments and last commas were, so that lines and columns stay what they are."""
    return _LAST_COMMA.sub(_blanked, _COMMENT.sub(_blanked, text))


def _blanked(match: re.Match[str]) -> str:
    return match[0] if match["extra"] is None else re.sub(r"[^\n]", " ", match[0])


def _no_constant(spelling: str) -> NoReturn:
    raise ValueError(spelling)

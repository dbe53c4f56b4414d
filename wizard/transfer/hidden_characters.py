"""Characters that act instead of showing: terminal escapes, text that runs backwards, breaks inside a header.

What was written by somebody else must not hold any: it would look like something else than what Crush makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wizard.shown import acts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.toml_positions import KeyPath

_PROSE = ("system_prompt_prefix", "extra_body", "provider_options")
"""Fields in which line breaks and tabs may stand; a header with a line break would be two headers."""
_SECRETS = "values"
"""The table of secrets, which nobody is shown: a private key in PEM has lines, with \\r\\n where Windows wrote it."""
_LONGEST_SHOWN = 200


def hidden_characters(value: Any, key: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Where such characters stand in the tree of a profile, each with what is there, in words that repeat no value."""
    match value:
        case Mapping():
            for name, item in value.items():
                if _is_hidden(name):
                    yield key, f"a key here contains {_called(name)}"
                yield from hidden_characters(item, (*key, name))
        case list() | tuple():
            for place, item in enumerate(value):
                yield from hidden_characters(item, (*key, place))
        case str() if _is_hidden(value, _breaks(key)):
            yield key, f"it contains {_called(value, _breaks(key))}"


def shown(name: str) -> str:
    """A name as it may be shown, whatever is in it."""
    return "".join("?" if acts(character) else character for character in name)[:_LONGEST_SHOWN]


def _breaks(key: KeyPath) -> str:
    """The line breaks and tabs that may stand there. Its field decides: a provider may be called like one."""
    match key:
        case (_, _, "models", _, "options", field, *_) if field in _PROSE:
            return "\n\t"
        case (_, _, field, *_) if field in _PROSE:
            return "\n\t"
        case (table, _) if table == _SECRETS:
            return "\r\n\t"
    return ""


def _is_hidden(text: str, allowed: str = "") -> bool:
    return any(acts(character) and character not in allowed for character in text)


def _called(text: str, allowed: str = "") -> str:
    first = next(character for character in text if acts(character) and character not in allowed)
    return f"the control character U+{ord(first):04X}"

"""Keys in plain text, of which no profile holds any: also where one stands as the default of a variable.

`${WORK_API_KEY:-...}` is a template, and what it holds is a key all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wizard.config.expansion import LONGEST
from wizard.config.expansion_syntax import Broken, Literal, NotCovered, Parameter, parse
from wizard.config.literals import literal_secrets
from wizard.provider.template import escape_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.config.expansion_syntax import Word

_WITH_DEFAULT = frozenset((":-", "-", ":=", "=", ":+", "+"))
"""What may stand between a variable and the text that Crush takes in its place (crush-behaviour 4.2)."""
_EXPANDED = "$(:)"
"""Stands for what only Crush would tell."""
_DEFAULT = re.compile(r"\$\{\w+:?[-=+](?P<text>[^$`{}]+)\}", re.ASCII)
"""A default in a template of a kind that is not covered here."""


def holds_secret(value: Any) -> bool:
    """Whether a part of a configuration, such as {"api_key": ...}, holds a key in plain text or as a default."""
    return bool(literal_secrets(value)) or holds_default_secret(value)


def holds_default_secret(value: Any) -> bool:
    """Whether a key stands in it as the default of a variable. `none` and its like are no keys."""
    return any(literal_secrets({name: text}) for name, template in _texts(value, "") for text in _without(template))


def sole_default(template: str) -> tuple[str, str] | None:
    """Variable and default of a template that is nothing else: `${NAME:-text}`."""
    try:
        word = parse(template)
    except (Broken, NotCovered):
        return None
    match word:
        case (Parameter(name=name, operator=":-" | "-", word=tuple() as default),) if _is_plain(default):
            return name, _text(default)
    return None


def _texts(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Every template with the name that it goes by."""
    match value:
        case str() if "${" in value:
            yield name, value[:LONGEST]
        case Mapping():
            for key, child in value.items():
                yield from _texts(child, str(key))
        case list() | tuple():
            for child in value:
                yield from _texts(child, name)


def _without(template: str) -> frozenset[str]:
    """What a template comes to without its variables: each default alone, and all that is certain together."""
    try:
        word = parse(template)
    except (Broken, NotCovered):
        return frozenset(found["text"] for found in _DEFAULT.finditer(template))
    defaults = frozenset(_defaults(word))
    return defaults | {_settled(word)} if defaults else defaults


def _defaults(word: Word) -> Iterator[str]:
    for piece in word:
        if isinstance(piece, Parameter) and piece.operator in _WITH_DEFAULT and piece.word:
            if _is_plain(piece.word):
                yield escape_literal(_text(piece.word))
            else:
                yield from _defaults(piece.word)


def _settled(word: Word) -> str:
    return "".join(map(_settled_piece, word))


def _settled_piece(piece: object) -> str:
    if isinstance(piece, Literal):
        return escape_literal(piece.text)
    has_default = isinstance(piece, Parameter) and piece.operator in _WITH_DEFAULT
    return _settled(piece.word or ()) if has_default and isinstance(piece, Parameter) else _EXPANDED


def _is_plain(word: Word) -> bool:
    return all(isinstance(piece, Literal) for piece in word)


def _text(word: Word) -> str:
    return "".join(piece.text for piece in word if isinstance(piece, Literal))

"""Secrets in plain text, also where one stands as the default of a variable.

`${WORK_API_KEY:-...}` is a template, and what it holds is a key all the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from wizard.credential import is_checked
from wizard.expansion.expand import LONGEST
from wizard.expansion.literals import literal_secrets, named_texts
from wizard.expansion.syntax import Broken, Literal, NotCovered, Parameter, parse
from wizard.network.loopback import is_this_machine
from wizard.provider.base_url import BaseUrl
from wizard.provider.template import escape_literal
from wizard.redaction import MASK
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.expansion.syntax import Word

_WITH_DEFAULT = frozenset((":-", "-", ":=", "=", ":+", "+"))
"""What may stand between a variable and the text that Crush takes in its place (crush-behaviour 4.2)."""
_BETWEEN_WORDS = regexp(r"[\s`'\"]+")
_EXPANDED = "$(:)"
"""Stands for what only Crush would tell."""
_DEFAULT = regexp(r"\$\{(?P<name>\w+):?(?P<operator>[-=+])(?P<text>[^$`{}]+)\}", re.ASCII)
"""A plain default, in whatever it stands."""


class Default(NamedTuple):
    """A variable and what Crush takes where it is not set."""

    variable: str
    text: str


def plain_secrets(value: Any) -> frozenset[str]:
    """Every secret that a part of a configuration, such as {"api_key": ...}, holds literally or as a default.

    Of a default in a spelling of its own, the whole template counts.
    """
    return literal_secrets(value) | default_secrets(value)


def default_secrets(value: Any) -> frozenset[str]:
    """The secrets that stand in it as the default of a variable. `none` and its like are no secrets."""
    return frozenset(secret for name, template in _templates(value) for secret in _secrets(name, template))


def holds_secret(value: Any) -> bool:
    """Whether there is any such secret in it."""
    return bool(plain_secrets(value))


def field_holds_secret(named: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """The same for a field of a provider's entry, by its name: where the key goes decides whether it is one."""
    urls = {name: value for name, value in entry.items() if name.casefold() == "base_url"}
    return bool(plain_secrets(named) & plain_secrets({**urls, **named}))


def can_be_adopted(entry: Mapping[str, Any]) -> bool:
    """Whether `secret adopt` takes its key: not what is too short for one, or goes to a server on this machine."""
    others = {name: value for name, value in entry.items() if name != "api_key"}
    key = entry.get("api_key")
    is_taken = not holds_secret({"api_key": key}) or holds_checked_key(key, str(entry.get("base_url") or ""))
    return holds_secret(others) or is_taken


def holds_checked_key(api_key: Any, base_url: str) -> bool:
    """Whether there is a secret in it that the server behind a URL looks at: one of this machine looks at few."""
    here = is_this_machine(BaseUrl(base_url).host)
    return any(is_checked(key, on_this_machine=here) for key in plain_secrets({"api_key": api_key}))


def without_secrets(text: str) -> str:
    """A sentence with each word masked that looks like a secret: what a file says may be quoted in it."""
    for secret in sorted(plain_secrets(_BETWEEN_WORDS.split(text)), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def sole_default(template: str) -> Default | None:
    """Variable and default of a template that is nothing else: `${NAME:-text}`."""
    match _parsed(template):
        case (Parameter(name=name, operator=":-" | "-", word=tuple() as default),) if _is_plain(default):
            return Default(name, _text(default))
    return None


def plain_defaults(value: Any) -> frozenset[Default]:
    """Every default in plain text that some string in it has, be it a secret or not; but for empty ones."""
    found = (default for _, template in _templates(value) for default in _defaults_of(template, _parsed(template)))
    return frozenset(default for default in found if default.text)


def without_defaults(value: Any) -> dict[str, str]:
    """Every `${NAME:-text}` with a secret in it, each with `${NAME}`: what can be shown and written in its place."""
    found = ((part, name) for name, text in _templates(value) for part in _DEFAULT.finditer(text))
    secret = (part for part, name in found if part["operator"] == "-" and _secrets(name, part[0]))
    return {part[0]: f"${{{part['name']}}}" for part in secret}


def _templates(value: Any) -> Iterator[tuple[str, str]]:
    """Every string that may have a default in it, with the name that it goes by. A script may put it in quotes."""
    return ((name, text[:LONGEST].strip('"')) for text, name in named_texts(value) if "${" in text)


def _secrets(name: str, template: str) -> frozenset[str]:
    found = frozenset(secret for text in _without(template) for secret in literal_secrets({name: text}))
    written = frozenset(secret for secret in found if secret in template)
    return found if written or not found else found | {template}


def _without(template: str) -> frozenset[str]:
    """What a template comes to without its variables: each default alone, and all that is certain together."""
    word = _parsed(template)
    defaults = frozenset(escape_literal(found.text) for found in _defaults_of(template, word))
    return defaults | {_settled(word)} if defaults and word is not None else defaults


def _parsed(template: str) -> Word | None:
    """None for what is no template, or of a kind that is not covered."""
    try:
        return parse(template)
    except (Broken, NotCovered):
        return None


def _defaults_of(template: str, word: Word | None) -> Iterator[Default]:
    """`word` is the template as it was parsed, if it could be."""
    if word is not None:
        yield from _defaults(word)
    else:
        yield from (Default(found["name"], found["text"]) for found in _DEFAULT.finditer(template))


def _defaults(word: Word) -> Iterator[Default]:
    for piece in word:
        if isinstance(piece, Parameter) and piece.operator in _WITH_DEFAULT and piece.word:
            if _is_plain(piece.word):
                yield Default(piece.name, _text(piece.word))
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

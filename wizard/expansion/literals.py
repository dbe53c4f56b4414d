"""Finds the secrets that stand in a config in plain text, so that nothing ever shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wizard.credential import is_drawn_by_lot, is_key, is_plain_word, keys_in, names_a_secret, recognize
from wizard.network.loopback import is_this_machine
from wizard.provider.base_url import BaseUrl
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAG = regexp(r"--?(?P<name>[A-Za-z][\w-]*)(?:=(?P<value>.+))?", re.DOTALL)
_SCHEME = regexp(r"(?:Bearer|Basic|Token|Digest|ApiKey)\s+(?P<credential>\S.*)", re.IGNORECASE | re.DOTALL)
# It starts where a word does: tried at each of its letters, a long text would take minutes.
USER_INFO = regexp(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://[^/\s:@]*:(?P<secret>[^/\s]+)@", re.IGNORECASE)
_USER = regexp(r"https?://(?P<secret>[^/\s:@]+)@", re.IGNORECASE)
"""A token in the place of a name and a password."""
QUERY = regexp(r"(?<=[?&])(?P<name>[\w.-]+)=(?P<secret>[^&#\s]+)")
_LONG_WORD = regexp(r"(?<![\w:-])\w{24,}(?![\w-])", re.ASCII)
"""Not behind a colon, as digests are."""
_ADDRESS = regexp(r"https?://[^\s'\"`]+")
"""Its path may hold the number of an account; user info and query are looked at on their own."""
_NAMES_OF_THINGS = frozenset("id model name".split())
"""Fields of which a part may be a number of something: `weights-9f8e7d...`."""
_ESCAPED = regexp(r"\\([\\$`])")
_EXPANSION = regexp(r"`|\$[\w{(?!@*#$-]")


def literal_secrets(value: Any) -> frozenset[str]:
    """Every secret that stands literally in a config tree: a whole file's value, an entry, or a single header map.

    A credential behind a scheme (`Bearer KEY`) comes both with and without it; a value escaped for Crush
    (crush-behaviour 4.3) both as written and as Crush reads it. Values that Crush expands, and what only looks like a
    key (see wizard.credential), are no secrets.
    """
    found = (secret for text, name in named_texts(value) for secret in _secrets(text, name))
    return frozenset(
        spelling for secret in found if not _is_harmless(secret) for spelling in (secret, unescaped(secret))
    )


def split_scheme(text: str) -> tuple[str, str]:
    """`Bearer KEY` as ("Bearer ", "KEY"); a text without a scheme as ("", text)."""
    start = scheme.start("credential") if (scheme := _SCHEME.fullmatch(text)) else 0
    return text[:start], text[start:]


def is_expanded(text: str) -> bool:
    """Whether Crush would put something else in the place of a part of the text (crush-behaviour 4.2)."""
    return bool(_EXPANSION.search(_ESCAPED.sub(" ", text)))


def unescaped(text: str) -> str:
    """What Crush makes of a literal that is escaped as in crush-behaviour 4.3."""
    return _ESCAPED.sub(r"\1", text)


def named_texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every string with the name that it goes by: its key, or the flag before it in a list of arguments.

    But for the `api_key` of an entry that is a plain word and goes to a server on this machine, which looks at none.
    """
    if isinstance(value, str):
        yield value, name
    elif isinstance(value, Mapping):
        for key, child in value.items():
            if not _is_word_for_this_machine(value, key, child):
                yield from named_texts(child, str(key))
    elif isinstance(value, list | tuple):
        for before, child in zip(("", *value), value, strict=False):
            flag = _FLAG.fullmatch(before) if isinstance(before, str) else None
            yield from named_texts(child, flag["name"] if flag and not flag["value"] else name)


def _is_word_for_this_machine(entry: Mapping[Any, Any], key: Any, value: Any) -> bool:
    if key != "api_key" or not isinstance(value, str) or not is_plain_word(value):
        return False
    url = next((text for name, text in entry.items() if str(name).casefold() == "base_url"), None)
    return isinstance(url, str) and is_this_machine(BaseUrl(url).host)


def _secrets(text: str, name: str) -> Iterator[str]:
    if names_a_secret(name) and not _is_address(text):
        yield text
    if scheme := _SCHEME.fullmatch(text):
        yield text
        yield scheme["credential"]
    if (flag := _FLAG.fullmatch(text)) and flag["value"] and names_a_secret(flag["name"]):
        yield flag["value"]
    if "://" in text:
        yield from (match["secret"] for match in USER_INFO.finditer(text))
        yield from (match["secret"] for match in _USER.finditer(text) if is_key(match["secret"]))
    if "=" in text:
        found = ((match["name"], match["secret"]) for match in QUERY.finditer(text))
        yield from (secret for name, secret in found if names_a_secret(name) or is_drawn_by_lot(secret))
    yield from keys_in(text)
    if name not in _NAMES_OF_THINGS:
        yield from filter(is_drawn_by_lot, _LONG_WORD.findall(_ADDRESS.sub(" ", text) if "://" in text else text))


def _is_address(text: str) -> bool:
    """`token_url` and its like are no secrets; user info and query are looked at on their own."""
    return text.startswith(("http://", "https://"))


def _is_harmless(secret: str) -> bool:
    return recognize(unescaped(split_scheme(secret)[1])).is_harmless or is_expanded(secret)

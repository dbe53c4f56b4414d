"""What of a provider's entry may be shown: everything but the secrets that stand in it literally."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from wizard.credential import is_dummy, is_key, is_plain_word, names_a_secret, recognize
from wizard.documents.crushrc.commands import Computed
from wizard.expansion.literals import QUERY, USER_INFO, literal_secrets, split_scheme, unescaped
from wizard.expansion.mask import Mask
from wizard.expansion.plain_secrets import field_holds_secret, holds_checked_key, plain_secrets
from wizard.redaction import MASK
from wizard.regexp import regexp

if TYPE_CHECKING:
    from wizard.crush.effective import EffectiveProvider

COMMAND = "$(...)"
"""Stands for a command that gives a key: its words may hold one."""

_NAME = r"[A-Za-z_]\w*"
_LOOKUP = rf"\$\(crush-wizard secret get {_NAME}(?: \|\| true)?\)"
_PLAIN = rf"\${_NAME}|\$\{{{_NAME}\}}|{_LOOKUP}"
_PLACEHOLDERS = regexp(rf"(?:{_PLAIN}|\$\{{{_NAME}(?::?[-=](?:{_PLAIN})?|:?\?[^{{}}$`]*)\}})+")
_DEFAULT = regexp(rf"\$\{{(?P<name>{_NAME}):?[-=](?P<text>[^{{}}$`]*)\}}")
_OUTPUT = regexp(rf"\$\(.*\)|`.*`|\$\{{{_NAME}:?-(?:\$\(.*\)|`.*`)\}}", re.DOTALL)
_USER = regexp(r"://(?P<secret>[^/\s:@]+)@")
"""A token in the place of a name and a password."""
# It starts where a word does: tried at each of its letters, a long text would take minutes.
_ARGUMENT = regexp(r"""(?<![\w-])(?P<name>--?[\w-]+\s+|[\w-]+=)(?P<secret>"[^"]*"|'[^']*'|(?!-)\S+)""")


def _dummy(provider: EffectiveProvider) -> str:
    """The word that stands in the place of a key for a server on this machine."""
    key = provider.entry.get("api_key")
    is_word = isinstance(key, str) and not isinstance(key, Computed) and is_plain_word(key)
    url = {"base_url": provider.base_url.text or ""}
    return str(key) if is_word and not field_holds_secret({"api_key": key}, url) else ""


class ShownEntry:
    """The values of one entry, masked. What is an id stays, as long as it does not look like a key itself."""

    def __init__(self, provider: EffectiveProvider) -> None:
        ids = {provider.id, *provider.model_ids}
        names = {id_ for id_ in ids if not literal_secrets(id_)}
        self._mask = _mask(plain_secrets(provider.entry) - names)
        self._dummy = _dummy(provider)

    def value(self, name: str, value: Any) -> Any:
        """A field's value as it may be shown, whatever it holds."""
        if isinstance(value, Mapping):
            return MASK if name == "oauth" else {key: self.value(str(key), child) for key, child in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(name, child) for child in value]
        return self._text(name, value) if isinstance(value, str) else value

    def _text(self, name: str, text: str) -> str:
        if name == "base_url" or text.lstrip('"').startswith(("http://", "https://")):
            return self._mask.text(shown_url(text))
        if name == "aws_auth_refresh":
            return self._mask.text(_ARGUMENT.sub(_shown_argument, text))
        if text == self._dummy and name == "api_key":
            return text
        return shown_credential(text) if names_a_secret(name) else self._mask.text(str(text))


def shown_credential(text: str) -> str:
    """A key or its like: a placeholder as it is written, a command as `$(...)`, and anything else masked."""
    scheme, value = split_scheme(text.strip('"') if isinstance(text, Computed) else str(text))
    found = recognize(unescaped(value))
    if (found.is_harmless and found.kind != "placeholder") or _PLACEHOLDERS.fullmatch(
        _DEFAULT.sub(_without_dummy, value)
    ):
        return scheme + value
    return scheme + COMMAND if _OUTPUT.fullmatch(value) else MASK


def _mask(secrets: Collection[str]) -> Mask:
    return Mask(dict.fromkeys(secrets, MASK))


def _without_dummy(match: re.Match[str]) -> str:
    """`${NAME:-none}` holds nothing that is not to be seen."""
    return f"${{{match['name']}}}" if is_dummy(match["text"]) else match[0]


def shown_url(text: str) -> str:
    """A URL, or the template of one, without passwords and keys in it."""
    bare = text.strip('"') if isinstance(text, Computed) else text
    return QUERY.sub(_shown_parameter, _USER.sub(_shown_password, USER_INFO.sub(_shown_password, bare)))


def shown_expanded_url(text: str) -> str:
    """The same for a URL that Crush would use as it is, with values of variables in it."""
    return _mask(literal_secrets({"base_url": text})).text(shown_url(text))


def literals_in(providers: Collection[EffectiveProvider]) -> tuple[str, ...]:
    """The ids of the providers with a secret in plain text; a login that Crush keeps there is none of ours."""
    return tuple(provider.id for provider in providers if not provider.entry.get("oauth") and _has_literal(provider))


def _has_literal(provider: EffectiveProvider) -> bool:
    others = {field: value for field, value in provider.entry.items() if field not in ("api_key", "models")}
    return has_literal_key(provider) or any(map(is_key, plain_secrets(others)))


def has_literal_key(provider: EffectiveProvider) -> bool:
    """Whether its key stands in the file in plain text, and is one: a server of this machine looks at none."""
    return holds_checked_key(provider.entry.get("api_key") or "", provider.base_url.text or "")


def _shown_password(match: re.Match[str]) -> str:
    start, end = (offset - match.start() for offset in match.span("secret"))
    return match[0][:start] + shown_credential(match["secret"]) + match[0][end:]


def _shown_argument(match: re.Match[str]) -> str:
    secret = match.start("secret") - match.start()
    return match[0][:secret] + MASK if names_a_secret(match["name"].strip(" =")) else match[0]


def _shown_parameter(match: re.Match[str]) -> str:
    return f"{match['name']}={shown_credential(match['secret'])}" if names_a_secret(match["name"]) else match[0]

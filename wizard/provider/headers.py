"""Extra HTTP headers, as people type them: NAME=VALUE, or `Name: value` copied from a curl line."""

from __future__ import annotations

import re

from wizard.credential import is_dummy, keys_in, names_a_secret
from wizard.provider.template import broken_template, is_template
from wizard.regexp import regexp

_NAME = regexp(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_DEFAULT = regexp(r"\$\{(?P<variable>\w+):?[-=+](?P<text>[^$`{}]+)\}", re.ASCII)


class InvalidHeader(ValueError):
    """The header can't be sent; the message says why and never repeats the value."""


def parse_header(text: str) -> tuple[str, str]:
    """(name, value). Raises InvalidHeader, also for a credential in plain text, be it as the default of a variable."""
    match = re.fullmatch(r"\s*([^=:\s]+)\s*[=:]\s*(.*?)\s*", text, re.DOTALL)
    if not match or not _NAME.fullmatch(match[1]):
        raise InvalidHeader("write a header as NAME=VALUE")
    name, value = match[1], match[2]
    if not value.isprintable():
        raise InvalidHeader(f"the value of {name} contains a control character")
    if reason := broken_template(value):
        raise InvalidHeader(f"Crush could not expand the value of {name}, and would not start: {reason}")
    if names_a_secret(name) or keys_in(value):
        _refuse_credential(name, value)
    return name, value


def _refuse_credential(name: str, value: str) -> None:
    if value and not is_template(value):
        raise InvalidHeader(
            f"{name} contains a credential, which must not be in the config; write {name}=$NAME, and set the "
            "variable NAME"
        )
    default = next((found for found in _DEFAULT.finditer(value) if not is_dummy(found["text"])), None)
    if default:
        variable = default["variable"]
        raise InvalidHeader(
            f"{name} contains a credential as the default of {variable}, which must not be in the config; write "
            f"${variable} instead, and set that variable"
        )

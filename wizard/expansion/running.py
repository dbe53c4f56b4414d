"""Whether a value has Crush run something when it expands it (crush-behaviour 4)."""

from __future__ import annotations

import re

from wizard.expansion.syntax import Broken, NotCovered, parse
from wizard.provider.template import lookup, lookup_in_header, variables
from wizard.regexp import regexp

STARTS_EXPANSION = regexp(r"[$`]")
_NO_START = regexp(r"(?:\\[\\$`]|\$\w+|\$\{\w+\}|[^\\$`])*", re.ASCII)
"""Plain variables, escaped characters and ordinary ones: up to what may start something else (crush-behaviour 4.2)."""
_PLAIN_VARIABLE = regexp(r"\$\w+|\$\{\w+(?::?[-=+?][^\\$`'\"{}]*)?\}", re.ASCII)


def runs_code(text: str) -> bool:
    """Whether Crush may run a command to expand the value, or let one variable name another. In doubt it may.

    Our own lookups, spelled exactly so, run only this program.
    """
    for name in variables(text):
        for own in (lookup(name), lookup_in_header(name)):
            text = text.replace(own, f"${name}")
    if "$(" in text or "${!" in text or "`" in _NO_START.sub("", text, count=1):
        return True
    try:
        parse(text)
    except Broken:
        return False
    except NotCovered:
        return True
    return False


def runs_again(text: str, expanded: str | None) -> bool:
    """Whether a value that Crush expands twice may run a command the second time. In doubt it may.

    Only plain variables are known to leave nothing to expand, and only as long as their values don't.
    """
    for name in variables(text):
        text = text.replace(lookup(name), f"${{{name}}}").replace(lookup_in_header(name), f"${{{name}}}")
    written = _PLAIN_VARIABLE.sub(" ", text)
    return bool(STARTS_EXPANSION.search(written) or STARTS_EXPANSION.search(expanded or ""))

"""Values that Crush expands like the body of a here-document: api_key, base_url, headers (crush-behaviour 4)."""

from __future__ import annotations

import re

from wizard.regexp import regexp

EXPANSION = regexp(
    r"""
    (?<!\\)(?:\\\\)*            # not escaped
    (?P<expansion>
        \$[A-Za-z_]\w*          # $NAME
      | \$\{[^}]*\}?            # ${NAME...}
      | \$\(                    # $(command
      | `                       # `command
    )
    """,
    re.VERBOSE | re.ASCII,  # as the names of variables are: in `$KEYé` Crush reads KEY
)
_DEFAULT = r"\$\{{{name}:?[-+]"
_VARIABLE = regexp(r"\$(?:\{)?([A-Za-z_]\w*)", re.ASCII)


def is_template(value: str) -> bool:
    """Whether the user means Crush to expand something: $NAME, ${...}, $(...), a pair of back-quotes, or \\$."""
    found = [match["expansion"] for match in EXPANSION.finditer(value)]
    if found.count("`") == 1:
        found.remove("`")
    return bool(found) or r"\$" in value


def escape_literal(value: str) -> str:
    """Spell a literal so that Crush reads it back unchanged (crush-behaviour 4.3)."""
    return value.replace("\\", "\\\\").replace("$", "\\$").replace("`", "\\`")


def spell(value: str) -> str:
    """What to write for a value: a template as it is, a literal escaped."""
    return value if is_template(value) else escape_literal(value)


def placeholder(variable: str) -> str:
    return f"${variable}"


def lookup(variable: str) -> str:
    """The variable, else what our store holds: Crush then needs no wrapper (crush-behaviour 4, milestone `lookup`)."""
    return f"${{{variable}:-$(crush-wizard secret get {variable})}}"


def printed_by(command: str) -> str:
    """What a command prints: Crush runs it itself, unchanged, in its own shell (crush-behaviour 4.2)."""
    return f"$( {command})" if command.startswith("(") else f"$({command})"


def standing_for(value: str) -> str | None:
    """The one variable that a value stands for: `$NAME`, `${NAME}`, or our lookup of it. None: it is more than that."""
    for name in variables(value):
        if value in (placeholder(name), f"${{{name}}}", lookup(name)):
            return name
    return None


def lookup_in_header(variable: str) -> str:
    """The same where a failing command would keep Crush from starting (crush-behaviour 10.1, F7)."""
    return f"${{{variable}:-$(crush-wizard secret get {variable} || true)}}"


def variables(value: str) -> tuple[str, ...]:
    """The variables that a template names, in order."""
    return tuple(dict.fromkeys(_VARIABLE.findall(value)))


def needed_variables(value: str) -> tuple[str, ...]:
    """Those that a template names without a default beside them; a lookup in our store is no default."""
    return tuple(name for name in variables(value) if not _has_default(value, name))


def _has_default(value: str, name: str) -> bool:
    if f"crush-wizard secret get {name}" in value:
        return False
    return name not in variables(re.sub(_DEFAULT.format(name=name), "", value))


def has_command(value: str) -> bool:
    """Whether Crush would run a command to expand the value."""
    return any(match["expansion"] in ("$(", "`") for match in EXPANSION.finditer(value))


def broken_template(value: str) -> str | None:
    """Why Crush could not expand the value: something opened and never closed. None: it can."""
    for opened, closed, name in (("${", "}", "${...}"), ("$(", ")", "$(...)")):
        start = value.find(opened)
        while start != -1:
            if not _escaped(value, start) and closed not in value[start:]:
                return f"{name} is not closed"
            start = value.find(opened, start + 2)
    ticks = sum(1 for match in EXPANSION.finditer(value) if match["expansion"] == "`")
    return "a back-quote is not closed" if ticks % 2 else None


def _escaped(value: str, index: int) -> bool:
    return (len(value[:index]) - len(value[:index].rstrip("\\"))) % 2 == 1

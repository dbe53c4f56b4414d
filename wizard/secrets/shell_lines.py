"""Lines that set variables when a shell evaluates them, and the line that makes it notice a failure.

How each shell evaluates them is in EVALUATION. Values are quoted by wizard.files.shell.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wizard.files.shell import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.files.shell import Shell

EVALUATION: dict[Shell, str] = {
    "bash": 'eval "$(crush-wizard env --shell bash)"',
    "zsh": 'eval "$(crush-wizard env --shell zsh)"',
    "fish": "crush-wizard env --shell fish | source",
    "powershell": "crush-wizard env --shell powershell | Out-String | Invoke-Expression",
    "nu": "crush-wizard env --shell nu | from json | load-env",
}

FAILURE: dict[Shell, str] = {
    "bash": "false",
    "zsh": "false",
    "fish": "false",
    "powershell": "throw 'crush-wizard env failed'",
    "nu": "error make {msg: 'crush-wizard env failed'}",
}
"""`eval "$(false)"` succeeds, so a failure is a line of its own: one that fails. For nu it is one that is no JSON."""

_SETTING: dict[Shell, str] = {
    "bash": "export {}={}",
    "zsh": "export {}={}",
    "fish": "set -gx {} {}",
    "powershell": "$env:{} = {}",
}


def shell_lines(values: Mapping[str, str], shell: Shell) -> str:
    """The lines that set the variables, each ended by a line feed; for nu one JSON object, as it evaluates no text.

    Names are variable names, values hold no zero byte.
    """
    if shell == "nu":
        return json.dumps(dict(values)) + "\n"
    return "".join(_SETTING[shell].format(name, quoted(value, shell)) + "\n" for name, value in values.items())


def failing_line(shell: Shell) -> str:
    """What to print in place of the lines."""
    return FAILURE[shell] + "\n"

"""The long explanations: one code in a terminal, or all of them as the page CODES.md.

`python -m wizard.doctor.page > wizard/doctor/CODES.md` makes the page anew.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wizard.doctor.table import CHECKS

if TYPE_CHECKING:
    from wizard.doctor.check import Code

_SEVERITIES = {
    "error": "Crush does not start, or a configured provider does not work",
    "warning": "something does not work as intended",
    "info": "good to know",
}
_HEAD = """# What `crush-wizard doctor` finds

`crush-wizard doctor` finds all of this without running anything in the config. Each finding has a code;
`crush-wizard doctor --explain CODE` shows its text. An *error* means that Crush does not start, or that a
configured provider does not work; a *warning* that something does not work as intended; an *info* is good to know.

F codes keep Crush from starting, W codes are what it ignores without a message, D codes are what it does not look at.
C is about models and costs, E about endpoints, P about places of files, S about the secret store, T about the files of
the folder that you are in, V about versions.
"""


def explanation(code: Code) -> str:
    """What `--explain` prints, unwrapped."""
    kind = f"{code.code}, {code.severity}: {_SEVERITIES[code.severity]}"
    return f"{code.title}\n{kind}\n\n{code.explanation}\n\nWhat to do: {code.cure}."


def page() -> str:
    """CODES.md."""
    codes = (check.about for check in CHECKS)
    return _HEAD + "".join(_section(code) for code in codes)


def _section(code: Code) -> str:
    return f"\n## {code.code}: {code.title}\n\n*{code.severity}*\n\n{code.explanation}\n\nWhat to do: {code.cure}.\n"


if __name__ == "__main__":
    sys.stdout.write(page())

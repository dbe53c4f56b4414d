"""A unified diff as a terminal shows it."""

from __future__ import annotations

from wizard.ui.text import safe

_COLOURS = (
    (("--- ", "+++ "), "1"),
    (("@@",), "36"),
    (("+",), "32"),
    (("-",), "31"),
    (("\\",), "2"),
)


def render_diff(text: str, color: bool) -> str:
    """The diff, made safe to show and, with `color`, in the usual colours. No line is cut or wrapped."""
    return "\n".join(_render(line, color) for line in text.split("\n"))


def _render(line: str, color: bool) -> str:
    shown = safe(line.removesuffix("\r")) + ("\r" if line.endswith("\r") else "")
    code = next((code for starts, code in _COLOURS if line.startswith(starts)), None)
    if not color or code is None:
        return shown
    return f"\x1b[{code}m{shown}\x1b[0m"

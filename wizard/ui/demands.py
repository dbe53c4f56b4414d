"""What a folder's files would have done with what is the user's, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.ui.place import place
from wizard.ui.text import cut, one_line

if TYPE_CHECKING:
    from wizard.crush.demands import Demand


LONGEST = 200
"""Terminal columns of a command; --json has all of it."""
CODES = {"key": "T1", "command": "T2", "script": "T2", "variable": "T3"}
"""The doctor's code for each kind."""


def demand_line(demand: Demand) -> str:
    """`crush.json:4: acme: your $ACME_API_KEY would go to acme.example`."""
    return ": ".join(filter(None, (place(demand), one_line(demand.provider), demand_text(demand))))


def demand_text(demand: Demand) -> str:
    """The same for where place and provider are told beside it."""
    match demand.kind:
        case "key":
            return f"{called(demand)} would go to {one_line(demand.host)}"
        case "command":
            return f"{in_public(demand)}: {cut(one_line(demand.what), LONGEST)}"
        case "script":
            return "Crush would run this script"
        case "variable":
            return f"this sets {demand.what}, which Crush uses"


def in_public(demand: Demand) -> str:
    """The same without the words of a command, which are nobody else's business."""
    return (
        f"Crush would run the command in `{one_line(demand.of)}`" if demand.kind == "command" else demand_text(demand)
    )


def called(demand: Demand) -> str:
    """What would be sent: `your $ACME_API_KEY`, `the key in ~/.config/crush/crush.json:7`."""
    if demand.kind == "key" and demand.origin:
        return f"the key in {place(demand.origin)}"
    return f"your {demand.what}"


def demand_data(demand: Demand, *, allowed: bool) -> dict[str, Any]:
    """The JSON object."""
    return {
        "kind": demand.kind,
        "provider": demand.provider or None,
        "what": called(demand).removeprefix("your ") if demand.kind == "key" else demand.what or None,
        "host": demand.host or None,
        "field": demand.of or None,
        "path": str(demand.path),
        "line": demand.line,
        "allowed": allowed,
    }

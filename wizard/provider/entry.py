"""An entry of `providers` as Crush reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def lower_case(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as Crush finds them (crush-behaviour 1.5): of two that differ in case only, the last counts."""
    return {str(key).lower(): value for key, value in entry.items()}

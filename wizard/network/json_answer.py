"""JSON from somebody we don't trust: no surprises in numbers, nesting or encoding."""

from __future__ import annotations

import json
import math
from typing import Any

DEEPEST = 64
"""How many containers may stand inside each other. Answers of models and catalogues need less than ten."""


class NotJson(ValueError):
    """The text is no JSON, or none that a decent endpoint sends; the message says why, without quoting it."""


def parse_json(body: bytes) -> Any:
    """The value. Raises NotJson, also for NaN, infinite numbers and deep nesting."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite)
    except UnicodeDecodeError:
        raise NotJson("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"it is not JSON (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise NotJson("it is nested too deeply") from None
    except ValueError:  # NaN, 1e999, an integer of thousands of digits
        raise NotJson("it contains a number that JSON does not have") from None
    if _is_deep(value):
        raise NotJson("it is nested too deeply")
    return value


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()

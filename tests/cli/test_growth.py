"""What a command does grows with what there is in the file, not with its square. Counted in lines that are run."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import FrameType

    from tests.cli.conftest import Machine

pytestmark = pytest.mark.any_python  # lines are counted: each runs as many, give or take a few

FEW = 30
FLAGS = ("--yes", "--no-test", "--dry-run")
COMMANDS = {
    "list": ("list",),
    "show": ("show", "p1"),
    "use": ("use", "large", "p1/m1", "--dry-run"),
    "doctor": ("doctor", "--offline"),
    "add": ("add-provider", "groq", *FLAGS),
    "edit": ("edit-provider", "p1", "--name", "Other", *FLAGS),
    "remove": ("remove-provider", "p1", "--dry-run"),
    "models": ("models", "p1", "--offline"),
    "merge": ("add-provider", "groq", "--id", "p1", "--merge", *FLAGS),
    "export": ("export", "-", "--skip-literals"),
    "curl": ("test", "p1", "--curl"),
    "secret list": ("secret", "list"),
    "adopt": ("secret", "adopt", "--store", "file", "--yes", "--dry-run"),
}


def entry(number: int, models: int) -> dict[str, Any]:
    """A key in plain text with each: there are as many secrets as providers."""
    return {
        "base_url": f"https://llm{number}.example/v1",
        "api_key": f"sk-{number:04d}-canary-{number * 7919}",
        "models": [{"id": f"m{index}", "context_window": 1000 + index} for index in range(models)],
    }


def many_providers(count: int) -> dict[str, Any]:
    return {"providers": {f"p{number}": entry(number, 2) for number in range(count)}}


def many_models(count: int) -> dict[str, Any]:
    return {"providers": {f"p{number}": entry(number, count if number == 1 else 2) for number in range(2)}}


def lines_run(machine: Machine, command: tuple[str, ...], config: dict[str, Any]) -> int:
    machine.write_config(json.dumps(config, indent=1))
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        done = machine.run(*command)
    finally:
        sys.settrace(before)
    assert done.code in (0, 1), done.err
    return count


@pytest.mark.parametrize("grows", [many_providers, many_models])
@pytest.mark.parametrize("command", COMMANDS)
def test_twice_as_much_takes_twice_as_long(machine: Machine, command: str, grows: Any) -> None:
    size = 2 * FEW if command == "adopt" else FEW  # where so many lines change, the diff looks less closely
    lines_run(machine, COMMANDS[command], grows(size))  # what is loaded and compiled only once
    few, more, most = (lines_run(machine, COMMANDS[command], grows(size * factor)) for factor in (1, 2, 4))
    assert most - more < 2.5 * max(more - few, FEW)

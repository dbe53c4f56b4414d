"""A machine for the doctor."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Machine


@pytest.fixture
def doctor(machine: Machine) -> Machine:
    """A machine with a key in its environment, a Crush that tells its version, and the wizard on its PATH."""
    programs = machine.home / "bin"
    programs.mkdir()
    for name, line in (("crush", "echo 'crush version 0.90.0'"), ("crush-wizard", "exit 1")):
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o755)
    machine.env |= {"PATH": f"{programs}:{machine.env['PATH']}", "A_KEY": "k1"}
    return machine

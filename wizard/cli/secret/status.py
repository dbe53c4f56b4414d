"""`secret status`: which store is in use, whether it can be used, and if not, why."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from wizard.cli.flags import common
from wizard.cli.result import Result
from wizard.errors import WizardError
from wizard.machine.stores import open_with
from wizard.secrets.reference.file import references
from wizard.secrets.reference.line import manager
from wizard.ui.prompter import open_prompter
from wizard.ui.table import render_table
from wizard.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.secrets.settings import StoreName
    from wizard.secrets.store import StoreStatus
    from wizard.ui.output import Output

SLOW_SECONDS = 2.0
REFERENCES = "references"
COMMANDS = "commands that print secrets"


@click.command("status")
@common
@click.pass_obj
def command(output: Output, /) -> Result:
    """Which store is in use, whether it can be used, and if not, why.

    Below it stand the commands that print secrets; they are not run. Exit code 1 if the store can't be used.
    """
    from wizard.secrets.choice import STORES, in_use

    chosen = in_use()
    status = _looked_at(chosen, output)
    referred = _referred()

    def show() -> None:
        others = {name: _looked_at(name, output) for name in STORES if name != chosen}
        _print_statuses({chosen: status, **others}, referred, output)

    def data() -> dict[str, Any]:
        return {**_status_data(status), "references": referred.data()}

    return Result(data, show, exit_code=0 if status.usable else 1)


class Referred(Struct, frozen=True):
    """The commands that print secrets, by name, or why their file can't be read."""

    commands: Mapping[str, str]
    problem: WizardError | None = None

    def data(self) -> dict[str, Any]:
        return {"names": sorted(self.commands), "problem": self.problem and self.problem.message}

    def rows(self) -> Iterator[tuple[str, ...]]:
        if self.problem:
            yield REFERENCES, "", COMMANDS, "not usable", f"{self.problem.where}: {self.problem.message}"
        elif self.commands:
            managers = {manager(command) or "a command" for command in self.commands.values()}
            secrets = counted(len(self.commands), "secret")
            yield REFERENCES, "", COMMANDS, "not run", f"{secrets}: {', '.join(sorted(managers))}"


def _referred() -> Referred:
    try:
        return Referred({name: reference.command for name, reference in references().items()})
    except WizardError as problem:
        return Referred({}, problem)


def _looked_at(name: StoreName, output: Output) -> StoreStatus:
    from msgspec.structs import replace

    started = time.monotonic()
    status = open_with(open_prompter(output), name).status()
    taken = time.monotonic() - started
    if status.usable and taken > SLOW_SECONDS:
        return replace(status, reason=f"slow: it answered after {taken:.1f} seconds")
    return status


def _status_data(status: StoreStatus) -> dict[str, Any]:
    return {
        **{name: getattr(status, name) for name in ("store", "usable", "locked")},
        "backend": status.backend or None,
        "reason": status.reason or None,
    }


def _print_statuses(by_name: dict[StoreName, StoreStatus], referred: Referred, output: Output) -> None:
    """The store in use comes first."""
    rows = [
        (name, "" if number else "in use" if status.usable else "chosen", status.backend, _state(status), status.reason)
        for number, (name, status) in enumerate(by_name.items())
    ]
    output.data(render_table(("store", "", "what it is", "state", "why"), [*rows, *referred.rows()], output.width))
    first = next(iter(by_name.values()))
    if first.hint and not first.usable:
        output.hint(first.hint)


def _state(status: StoreStatus) -> str:
    if status.locked:
        return "locked"
    return "usable" if status.usable else "not usable"

"""`secret adopt --commands`: commands in the user's own config become references."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wizard import folders
from wizard.change.one_place import reference_plan
from wizard.crush.usage import usage
from wizard.errors import WizardError
from wizard.files.locations import here
from wizard.files.plan import Plan
from wizard.machine.files import files_in_force, files_that_count
from wizard.machine.folder import is_the_users
from wizard.machine.presets import all_presets
from wizard.provider.template import placeholder
from wizard.secrets.reference.file import own_references
from wizard.secrets.reference.reading import readable_names
from wizard.secrets.settings import remembered_keys
from wizard.transfer.adoption import usual_variables
from wizard.transfer.config_commands import ConfigCommand, Moved, commands_in, moves
from wizard.ui.place import at_line, shown_path
from wizard.words import joined

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.change.run import Proposal, Run
    from wizard.documents.document import Document
    from wizard.ui.output import Output

COMMAND = "secret adopt --commands"


def adopt_commands(file: Path | None, run: Run) -> dict[str, Any]:
    """The `data` of the command. Nothing of what is found is run."""
    from wizard.change.run import as_data

    found = _Found(file, run.output)
    if not found.moved:
        run.output.note("nothing to adopt: no command in your own config that can be moved")
        return as_data(None) | {"found": found.data()}
    outcome = run.make(lambda _: found.proposal(), found.look)
    if outcome.applied:
        _say_done(found.moved, run.output)
    return as_data(outcome) | {"found": found.data()}


class _Found:
    """What is in the files now."""

    def __init__(self, file: Path | None, output: Output) -> None:
        self._file = file
        self._output = output
        self.look()

    def look(self) -> None:
        self.documents = dict(_own_documents(self._file, self._output))
        self.commands = [
            command for path, document in self.documents.items() for command in commands_in(document, path)
        ]
        for command in self.commands:
            if command.reason:
                self._output.warning(f"skipped: {_called(command)}: {command.reason}")
        self.moved = moves(self.commands, usual_variables(all_presets(self._output)), _is_free())

    def proposal(self) -> Proposal[None]:
        from wizard.change.run import Proposal, edit_of

        made = reference_plan(COMMAND, {moved.name: moved.command for moved in self.moved})
        wanted = {
            path: [command.put(moved.name) for moved in self.moved for command in moved.places if command.path == path]
            for path in self.documents
        }
        files = tuple(edit_of(self.documents[path], changes, {}) for path, changes in wanted.items() if changes)
        return Proposal(Plan(COMMAND, (*files, *made.files), made.secrets), None)

    def data(self) -> list[dict[str, Any]]:
        names = {command: moved.name for moved in self.moved for command in moved.places}
        return [
            {
                "path": str(command.path),
                "line": command.line,
                "provider": command.provider,
                "kind": "command",
                "name": names.get(command),
                "command": command.command or None,
                "reason": command.reason or None,
            }
            for command in self.commands
        ]


def _own_documents(wanted: Path | None, output: Output) -> list[tuple[Path, Document]]:
    """The user's own files that are there, or the one that was named. Nobody else's is ever taken over."""
    from wizard.machine.target import open_document

    around, documents = here(), []
    for file in files_in_force(around):
        if wanted not in (None, file.path) or not os.path.lexists(file.path):
            continue
        if not is_the_users(file.path, around):
            output.note(f"skipped: {shown_path(file.path)} is not your own config: its commands stay there")
            continue
        try:
            documents.append((file.path, open_document(file.path, file.format)))
        except WizardError as problem:
            output.warning(f"skipped: {problem.where}: {problem.message}")
    return documents


def _is_free() -> Any:
    """Whether a name means nothing yet, or the same command."""
    from wizard.secrets.choice import in_use

    used = {*usage(files_that_count(here())).variables, *readable_names(in_use()), *os.environ}
    here_ = {name: reference.command for name, reference in own_references().items()}
    return lambda name, command: here_[name] == command if name in here_ else name not in used


def _called(command: ConfigCommand) -> str:
    return f"{command.provider} ({' '.join(command.field)}) in {at_line(command.path, command.line)}"


def _say_done(moved: list[Moved], output: Output) -> None:
    from wizard.change.delivery import say_how

    for each in moved:
        output.done(f"Saved {each.name}: it comes from `{each.command}`")
    names = [each.name for each in moved]
    placeholders = joined([placeholder(name) for name in names])
    output.note(f"your config has {placeholders} instead")
    say_how(remembered_keys(folders.settings()), names[0], output)

"""What would be in force after a plan, by the rules that hold for the files as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.machine.files import unread_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wizard.crush.loading import Loaded, LoadedFile
    from wizard.files.plan import FileEdit
    from wizard.machine.in_force import InForce


def in_force_after(before: InForce, files: Iterable[FileEdit], values: Mapping[str, str] | None = None) -> InForce:
    """The configuration with the files changed. `values` are the secrets that the store will have, as for `in_force`.

    A file that Crush does not read changes nothing.
    """
    from wizard.crush.loading import rewritten
    from wizard.machine.in_force import in_force

    loaded = rewritten(before.loaded, {edit.path: edit.after for edit in files})
    return in_force(loaded=loaded, values=values, discovered=before.discovered, told=before.told)


def alone(loaded: Loaded, files: Iterable[LoadedFile]) -> Loaded:
    """Some files as if there were no others. The last one is always the workspace's; here it says nothing."""
    from wizard.crush.loading import LoadedFile

    return replace(loaded, files=(*files, LoadedFile(loaded.files[-1].file)))


def as_if_read(loaded: Loaded, files: Iterable[FileEdit]) -> Loaded:
    """The files before a change, those that Crush does not read from here among them as if it did."""
    from wizard.crush.loading import LoadedFile, rewritten

    known = {file.path for file in loaded.files}
    new = [edit for edit in files if edit.path not in known]
    added = (LoadedFile(unread_file(edit.path, edit.format)) for edit in new)
    complete = replace(loaded, files=(*loaded.files[:-1], *added, loaded.files[-1]))
    return rewritten(complete, {edit.path: edit.before for edit in new})

"""Every file that Crush would read from here, with what is in it (crush-behaviour 1.1 to 1.5). Nothing is run."""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from wizard.crush.builtin_rules import flag
from wizard.crush.merging import Layer, merge
from wizard.crush.problem import Problem, fatal, ignored
from wizard.crush.strictness import decode
from wizard.documents.crushrc.bare import is_bare
from wizard.documents.crushrc.commands import Computed
from wizard.documents.crushrc.syntax import read_script
from wizard.documents.json.reading import JsonReading, is_json
from wizard.errors import WizardError
from wizard.files.locations import config_files, is_foreign, would_be_foreign
from wizard.files.writer import read
from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from wizard.documents.crushrc.document import CrushrcDocument
    from wizard.documents.crushrc.reading import UncertainPlace
    from wizard.documents.json.draft import KeyPath
    from wizard.files.locations import ConfigFile, Surroundings


class Content(Protocol):
    """What is in a file, whatever its format."""

    @property
    def tree(self) -> dict[str, Any]:
        """What the file says, in the terms of crush.json. What only running a crushrc would tell is a Computed."""

    def position(self, key_path: KeyPath) -> tuple[int, int] | None:
        """Line and column, from 1, of the key or element that counts; None if there is none."""


class Uncertain(Struct, frozen=True):
    """Something that a crushrc may set, and only running it would tell. `line` counts from 1.

    `provider`, `model` or `slot` say what, if that is known; `why` what stands there: "inside `if`", "`source`".
    `any_provider`: it may be about any. `any_model`: about any model of the provider.
    """

    provider: str
    slot: str
    why: str
    path: Path
    line: int
    model: str = ""
    any_provider: bool = False
    any_model: bool = False

    @property
    def message(self) -> str:
        slot = f"the {self.slot} model" if self.slot else "anything"
        what = f"the provider {self.provider}" if self.provider else slot
        return f"{what} may be set here, depending on the script ({self.why})"


class LoadedFile(Private, Struct, frozen=True):
    """A file that Crush looks for. `content` is None where there is none, or none that can be read.

    `problem` is why Crush does not start with it, `refused` the text of one that can't be read then; `doubt` why it
    may not start, which only running a crushrc would tell.

    `foreign`: the file is there, but belongs to somebody else than the current folder, and Crush ignores it.
    `is_idle`: a script without any command that counts; `is_bare`: without any that does anything.
    `uncertain` are the places of a crushrc that only running it would tell, `passed_over` those that it does not come
    to.
    """

    file: ConfigFile
    content: Content | None = None
    problem: Problem | None = None
    refused: bytes = b""
    doubt: Problem | None = None
    foreign: bool = False
    is_idle: bool = False
    is_bare: bool = False
    uncertain: tuple[Uncertain, ...] = ()
    passed_over: tuple[Uncertain, ...] = ()

    @property
    def path(self) -> Path:
        return self.file.path


class Loaded(Private, Struct, frozen=True):
    """All files, the weakest first; the last one is the workspace's. `texts`: what a change will make of some."""

    around: Surroundings
    files: tuple[LoadedFile, ...]
    texts: Mapping[Path, str | None] = MappingProxyType({})

    @property
    def dotenv(self) -> Mapping[str, str]:
        """What the `.env` here sets."""
        return self.around.dotenv

    @property
    def read(self) -> tuple[LoadedFile, ...]:
        """The files that say something."""
        return tuple(file for file in self.files if file.content is not None)

    @property
    def looked_at(self) -> tuple[LoadedFile, ...]:
        """These, and those that say nothing because they can't be read."""
        return tuple(file for file in self.files if file.content is not None or file.problem)

    @property
    def that_count(self) -> tuple[ConfigFile, ...]:
        """The files that Crush does not pass over because of their owner, be they there or not."""
        return tuple(file.file for file in self.files if not file.foreign)

    def counts(self, path: Path) -> bool:
        """Whether Crush reads this file here."""
        return any(file.path == path for file in self.that_count)


def load(around: Surroundings, owner: Callable[[Path], int] | None = None) -> Loaded:
    """Read all files. `owner` tells the user id that a file or folder belongs to.

    Where the workspace's file is follows from what the files before it say (crush-behaviour 1.3).
    """
    files = [_load(file, around, owner) for file in config_files(around)[:-1]]
    environ = {**around.dotenv, **around.environ}
    running = [_run(file, environ, os.path.exists) if _sets_options(file) else file for file in files]
    workspace = config_files(around, _data_directory(running))[-1]
    return Loaded(around, (*files, _load(workspace, around, owner)))


def run(loaded: Loaded, environ: Mapping[str, str], exists: Callable[[Path], bool]) -> Loaded:
    """The files with what comes of the scripts among them where Crush runs them, as far as that is known."""
    return replace(loaded, files=tuple(_run(file, environ, exists) for file in loaded.files))


def _script(file: LoadedFile) -> CrushrcDocument | None:
    """What a script says, if it is one and can be read. Nobody who has none waits for what reads it."""
    if file.content is None or file.file.format != "crushrc":
        return None
    from wizard.documents.crushrc.document import CrushrcDocument

    return file.content if isinstance(file.content, CrushrcDocument) else None


def _sets_options(file: LoadedFile) -> bool:
    script = _script(file)
    return script is not None and "option" in (script.text or "")


def _run(file: LoadedFile, environ: Mapping[str, str], exists: Callable[[Path], bool]) -> LoadedFile:
    script = _script(file)
    return file if script is None else _of_script(file.file, script.at(environ, file.path.parent, exists))


def rewritten(loaded: Loaded, texts: Mapping[Path, str | None]) -> Loaded:
    """The files as they will be with other texts, by path; None for a file that is no longer there."""
    around = loaded.around
    files = (_with_text(file, texts[file.path], around) if file.path in texts else file for file in loaded.files)
    return replace(loaded, files=tuple(files), texts={**loaded.texts, **texts})


def _with_text(old: LoadedFile, text: str | None, around: Surroundings) -> LoadedFile:
    is_new = old.content is None and old.problem is None
    foreign = old.foreign or bool(is_new and text and would_be_foreign(old.file, around))
    if foreign or not text:
        return LoadedFile(old.file, foreign=foreign)
    raw = text.encode("utf-8")
    return _read_json(old.file, raw) if old.file.format == "json" else _read_crushrc(old.file, raw)


def _data_directory(files: Iterable[LoadedFile]) -> str | None:
    """What the files say together about `options.data_directory`; None if nothing that can be told."""
    found = _merged_option(files, "data_directory")
    return found if isinstance(found, str) and not isinstance(found, Computed) else None


def _merged_option(files: Iterable[LoadedFile], name: str) -> Any:
    """What files say together about one of the `options`; None if nothing."""
    merged = merge(Layer(file.path, _only_options(file.content.tree)) for file in files if file.content)
    return decode(merged.value).value.get("options", {}).get(name)


def is_switched_on(loaded: Loaded, environ: Mapping[str, str], variable: str, option: str) -> bool:
    """Whether one of the `options` is on for the Crush that is started with `environ`; the variable overrides it."""
    return flag({**loaded.dotenv, **environ}, variable, _merged_option(loaded.files, option) is True)


def _only_options(tree: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if key.casefold() == "options"}


def _load(file: ConfigFile, around: Surroundings, owner: Callable[[Path], int] | None) -> LoadedFile:
    if is_foreign(file, around, owner):
        return LoadedFile(file, foreign=True)
    try:
        raw = read(file.path)
    except WizardError as error:
        return LoadedFile(file, problem=fatal("F1", error, file.path))
    if raw is None or (not raw and file.format == "json"):
        return LoadedFile(file)
    return _read_json(file, raw) if file.format == "json" else _read_crushrc(file, raw)


def _read_json(file: ConfigFile, raw: bytes) -> LoadedFile:
    try:
        return LoadedFile(file, JsonReading(raw, file.path))
    except WizardError as error:
        return LoadedFile(file, problem=_refused_json(file, raw, error), refused=raw)


def _refused_json(file: ConfigFile, raw: bytes, error: WizardError) -> Problem:
    """The workspace's file is passed over, as long as it is JSON."""
    if not is_json(raw):
        return fatal("F2", error, file.path)
    if file.role == "workspace":
        return ignored(file.path, error.message, (error.line, error.column), error.hint)
    return fatal("F2" if raw.lstrip().startswith(b"{") else "F3", error, file.path)


def _read_crushrc(file: ConfigFile, raw: bytes) -> LoadedFile:
    from wizard.documents.crushrc.document import CrushrcDocument

    # Behind a byte order mark Crush does not know the first command; nor does it with any other character there.
    shown = b"_" + raw.removeprefix(BOM_UTF8) if raw.startswith(BOM_UTF8) else raw
    try:
        document = CrushrcDocument(read_script(shown, file.path), file.path)
    except WizardError as error:
        return LoadedFile(file, problem=fatal("F6", error, file.path), refused=raw)
    return _of_script(file, document)


def _of_script(file: ConfigFile, document: CrushrcDocument) -> LoadedFile:
    uncertain = tuple(_uncertain(place, line, file.path) for place, line in document.numbered_places())
    passed_over = tuple(_uncertain(place, line, file.path) for place, line in document.passed_over())
    return LoadedFile(
        file,
        document,
        refused := _refused(document, file.path),
        doubt=None if refused else _doubt(document, file.path),
        is_idle=document.is_idle,
        is_bare=is_bare(document.text or ""),
        uncertain=uncertain,
        passed_over=passed_over,
    )


def _uncertain(place: UncertainPlace, line: int, path: Path) -> Uncertain:
    return Uncertain(
        place.provider,
        place.slot,
        place.why,
        path,
        line,
        model=place.model,
        any_provider=place.any_provider or place.unseen,
        any_model=place.any_model,
    )


def _doubt(document: CrushrcDocument, path: Path) -> Problem | None:
    if (found := document.may_stop()) is None:
        return None
    stop, line, column = found
    message = f"can't tell whether Crush starts without running the script: {stop.message}"
    return Problem("F6", "info", message, path=path, line=line, column=column, hint=stop.hint)


def _refused(document: CrushrcDocument, path: Path) -> Problem | None:
    try:
        document.check_commands()
    except WizardError as error:
        return fatal("F6", error, path)
    return None

"""All files as the one configuration that Crush reads from them, and what is wrong on the way there.

The workspace's file comes last and on its own: what does not fit there makes Crush pass over that file only
(crush-behaviour 1.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from wizard.crush.go_regexp import fault as pattern_fault
from wizard.crush.merging import Layer, merge, merge_decoded
from wizard.crush.problem import Problem, ignored
from wizard.crush.sources import Source, Sources
from wizard.crush.strictness import decode, dotted
from wizard.private import Private
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wizard.crush.loading import Loaded, LoadedFile
    from wizard.crush.merging import Merged, TypeClash
    from wizard.crush.problem import Severity
    from wizard.crush.strictness import Decoded, Fault
    from wizard.documents.json.draft import KeyPath


class Combined(Private, Struct, frozen=True):
    """`config` holds the fields that Crush reads, in its own spelling; `unknown` where others are written."""

    config: dict[str, Any]
    sources: Sources
    problems: tuple[Problem, ...]
    unknown: tuple[KeyPath, ...]

    def unknown_keys(self) -> tuple[Source, ...]:
        """Every place with a key that Crush does not know."""
        return tuple(source for path in self.unknown for source in self.sources.as_written(path))


def combine(loaded: Loaded) -> Combined:
    """Merge and read all files. Where two clash, or a type is wrong, the rest is still there."""
    *ordinary, workspace = loaded.files
    merged = merge(_layer(file) for file in ordinary if file.content)
    decoded = decode(merged.value)
    sources = Sources(loaded, merged, decoded.spelled)
    problems = [
        *(problem for file in loaded.files for problem in (file.problem, file.doubt) if problem),
        *(_clash(clash, sources) for clash in merged.clashes),
        *_faults(decoded.faults, sources, loaded.files),
        *_shared_keys(ordinary),
        *_empty_scripts(ordinary),
    ]
    if workspace.content:
        merged, decoded, ignored = _with_workspace(merged, decoded, workspace)
        sources = Sources(loaded, merged, decoded.spelled)
        problems += ignored
    problems += _broken_hooks(decoded.value, sources)
    return Combined(decoded.value, sources, tuple(problems), decoded.unknown)


def _layer(file: LoadedFile) -> Layer:
    return Layer(file.path, file.content.tree if file.content else {})


def _with_workspace(merged: Merged, decoded: Decoded, workspace: LoadedFile) -> tuple[Merged, Decoded, list[Problem]]:
    """The configuration with the workspace's file, or without it and why.

    Crush has written down what it read before, with `providers` even where there are none: another spelling of it
    comes later then, and counts.
    """
    before = {"providers": {}} | decoded.value
    whole = merge_decoded(merged, before, _layer(workspace))
    read = decode(whole.value)
    wrong = [*(clash.key_path for clash in whole.clashes), *(fault.key_path for fault in read.faults)]
    return (merged, decoded, [_ignored(workspace, wrong[0])]) if wrong else (whole, read, [])


def _ignored(workspace: LoadedFile, key_path: KeyPath) -> Problem:
    place = (workspace.content.position(key_path) if workspace.content else None) or (None, None)
    return ignored(workspace.path, f"`{dotted(key_path)}` has the wrong type", place, "fix it")


def _clash(clash: TypeClash, sources: Sources) -> Problem:
    earlier, later = sources.at(clash.earlier), sources.at(clash.later)
    where = f"{earlier.path}:{earlier.line}" if earlier.line else f"{earlier.path}"
    name, (before, now) = dotted(clash.key_path), clash.kinds
    message = f"`{name}` is {now} here and {before} in {where}"
    hint = "Crush does not start until both files agree"
    return Problem("F4", "error", message, _provider(clash.key_path), later.path, later.line, later.column, hint)


def _faults(faults: Iterable[Fault], sources: Sources, files: Iterable[LoadedFile]) -> Iterator[Problem]:
    """A script that has failed says no more; its problem is told."""
    failed = {file.path for file in files if file.problem}
    for fault in faults:
        source = next(reversed(sources.as_written(fault.key_path)), None)
        if source is None or source.format != "crushrc" or source.path not in failed:
            yield _fault(fault, source)


def _fault(fault: Fault, source: Source | None) -> Problem:
    return _at(source, "F5", fault.message, _provider(fault.key_path), "Crush does not start with this: fix it")


def _at(source: Source | None, code: str, message: str, provider: str = "", hint: str = "") -> Problem:
    if source is None:
        return Problem(code, "error", message, provider, hint=hint)
    return Problem(code, "error", message, provider, source.path, source.line, source.column, hint)


def _provider(key_path: KeyPath) -> str:
    is_one = len(key_path) > 1 and str(key_path[0]).casefold() == "providers"
    return str(key_path[1]) if is_one else ""


def _shared_keys(files: Iterable[LoadedFile]) -> Iterator[Problem]:
    """A crushrc and a JSON file of one folder that speak about the same (W12)."""
    read = [file for file in files if file.content]
    for script in (file for file in read if file.file.format == "crushrc"):
        for file in read:
            if file.file.format == "json" and file.path.parent == script.path.parent:
                shared = sorted(_said_in(script) & _said_in(file))
                if shared:
                    yield _shared(script, file, shared)


def _said_in(file: LoadedFile) -> frozenset[str]:
    """What a file speaks about: `providers.groq`, `models.large`, `options.debug`."""
    return frozenset(
        dotted((section.casefold(), name))
        for section, inner in _layer(file).tree.items()
        for name in (inner if isinstance(inner, dict) else ("",))
    )


def _shared(script: LoadedFile, file: LoadedFile, keys: Sequence[str]) -> Problem:
    message = f"{script.path.name} and {file.path.name} in one folder both set {joined(f'`{key}`' for key in keys)}"
    return Problem("W12", "info", message, path=script.path, hint="Crush merges them; the crushrc wins")


def _empty_scripts(files: Iterable[LoadedFile]) -> Iterator[Problem]:
    for file in files:
        if file.is_idle:
            severity: Severity = "info" if file.is_bare else "warning"
            yield Problem("W13", severity, "the script sets nothing: Crush ignores it", path=file.path)


def _broken_hooks(config: dict[str, Any], sources: Sources) -> Iterator[Problem]:
    for event, hooks in config.get("hooks", {}).items():
        for index, hook in enumerate(hooks):
            path = ("hooks", event, index)
            if not hook.get("command"):
                message = f"a hook for {event} has no command"
                yield _at(sources.deciding(path), "F9", message, hint="Crush does not start: add one")
            elif why := pattern_fault(str(hook.get("matcher") or "")):
                message = f"the matcher of a hook for {event} is not a valid pattern: {why}"
                yield _at(sources.deciding((*path, "matcher")), "F9", message, hint="Crush does not start: fix it")

"""The config's own `env`, where a cloud's settings are: only a crush.json has one, maybe one beside a crushrc."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.catalog.values import mapping
from wizard.crush.builtin_rules import cloud_settings
from wizard.documents.document import DropValue, PutValue
from wizard.documents.json.document import JsonDocument
from wizard.errors import Refused, WizardError
from wizard.files.locations import new_file
from wizard.files.writer import read
from wizard.machine.target import open_document
from wizard.provider.template import spell
from wizard.shown import shell_word
from wizard.ui.place import shown_path
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wizard.documents.document import Change, Document
    from wizard.files.plan import FileEdit
    from wizard.machine.in_force import InForce
    from wizard.machine.target import Target
    from wizard.ui.output import Output

    Env = Mapping[str, str]

_ENV = "env"
_PROGRAMS = ("mcp", "hooks")
"""What Crush runs besides, with the same variables."""


# Setting


def env_changes(provider: str, env: Env, target: Target) -> Iterator[tuple[Document, Change]]:
    """What is set for a provider, in the file where Crush takes it."""
    document = _settable(provider, target) if env else None
    return _puts(env, document) if document else iter(())


def as_if_exported(env: Env, target: Target) -> Iterator[tuple[Document, Change]]:
    """The same for what is to be exported: as if a crush.json said it."""
    document = _json(target)
    return _puts(env, document) if document else iter(())


def exports(provider: str, env: Env, target: Target) -> Env:
    """What the user has to export, and has not: no file that may be changed can set it."""
    if not env or _settable(provider, target):
        return {}
    there = _json(target)
    found = {**os.environ, **(_env(there) if there else {})}
    return {name: value for name, value in env.items() if found.get(name) != spell(value)}


def say_env(provider: str, env: Env, target: Target, output: Output) -> None:
    """Where the variables go that the provider's own file can't set."""
    if reason := why_exported(provider, env, target):
        output.warning(reason)
        return
    document = _settable(provider, target) if env else None
    if document and document.format != target.document_of(provider).format:
        output.note(f"{joined(env)}: set in {shown_path(Path(document.path))}, because a crushrc can't")


def why_exported(provider: str, env: Env, target: Target) -> str:
    """What is left to the user, and why; empty for nothing."""
    left = exports(provider, env, target)
    said = " ".join(f"{name}={shell_word(value)}" for name, value in left.items())
    return f"a crushrc can't set {joined(left)} for Crush: export {said} in your shell" if left else ""


def refuse_exports(provider: str, env: Env, target: Target) -> None:
    """Raises Refused where only a variable was to change, and no file that may be changed sets it."""
    if reason := why_exported(provider, env, target):
        path = target.document_of(provider).path
        raise Refused(reason, hint="or leave out --format: a crush.json beside it can set it", path=path)


def _settable(provider: str, target: Target) -> Document | None:
    """The provider's file, or the crush.json beside it; None where the user named the crushrc, or it is unreadable."""
    own = target.document_of(provider)
    if own.format == "json":
        return own
    return None if target.chosen else _json(target)


def _json(target: Target) -> Document | None:
    """The crush.json of the target's folder."""
    if target.beside is not None:
        return target.beside if target.beside.format == "json" else target.document
    path = new_file(target.around, target.scope, "json")
    try:
        return None if os.path.lexists(path) else open_document(path)
    except WizardError:
        return None


def _puts(env: Env, document: Document) -> Iterator[tuple[Document, Change]]:
    for name, value in env.items():
        yield document, PutValue((_ENV, name), spell(value))


def arriving(decisions: Mapping[str, str], env: Env, target: Target) -> Iterator[tuple[Document, Change]]:
    """What a profile sets for its providers, by their decisions. What is set here stays where one is not replaced."""
    for provider, decision in decisions.items():
        document = _settable(provider, target)
        there = _env(document) if document else {}
        stays = () if decision == "replace" else there
        its = {name: env[name] for name in cloud_settings((provider,)) if name in env and name not in stays}
        yield from env_changes(provider, its, target)


# Taking away


def needed_only_by(provider: str, target: Target, after: InForce, edits: Sequence[FileEdit]) -> tuple[str, ...]:
    """The variables of `env` that go with a built-in provider; `after` and `edits` are what is left without its entry.

    A variable stays that anything else names, or that an MCP server or a hook may read.
    """
    if not any(_env(document) for document in target.documents):
        return ()
    if any(after.effective.config.get(name) for name in _PROGRAMS):
        return ()
    texts = _texts(target, after, edits)
    needed = cloud_settings(it.id for it in after.effective.providers if it.sources)
    names = (name for name in cloud_settings((provider,)) if name not in needed)
    return tuple(name for name in names if sum(text.count(name) for text in texts) == 1)


def without(names: Collection[str], documents: Iterable[Document]) -> Iterator[tuple[Document, Change]]:
    """What takes these variables out of `env`, and that with the last one."""
    for document in documents:
        there = _env(document)
        gone = [name for name in there if name in names]
        paths = [(_ENV,)] if gone == list(there) else [(_ENV, name) for name in gone]
        yield from ((document, DropValue(path)) for path in paths if gone)


def _env(document: Document) -> Mapping[str, object]:
    return mapping(document.value.get(_ENV)) if isinstance(document, JsonDocument) else {}


def _texts(target: Target, after: InForce, edits: Iterable[FileEdit]) -> list[str]:
    """The files in force, and those that are edited, as they will be."""
    texts = {Path(document.path): document.text or "" for document in target.documents}
    others = [file.path for file in after.loaded.files if file.content and file.path not in texts]
    texts |= {path: (read(path) or b"").decode("utf-8", "replace") for path in others}
    return list((texts | {edit.path: edit.after or "" for edit in edits}).values())

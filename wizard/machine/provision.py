"""What `run` and `env` hand out: the secrets that Crush's providers use, read from the store once and together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.errors import SecretError, UsageError
from wizard.machine.files import files_that_count
from wizard.machine.stores import open_reader
from wizard.provider.variable import InvalidVariableName, check_variable_name, is_variable_name
from wizard.secrets.reference.reading import readable_names
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from wizard.crush.usage import Usage
    from wizard.secrets.reference.reading import SecretReader
    from wizard.ui.output import Output


class InUse(Struct, frozen=True):
    """The variables that providers use. `needed`: those of them for which no value names a default."""

    names: tuple[str, ...]
    needed: frozenset[str]


def usage_here(output: Output) -> Usage:
    """What Crush's files in force use. Warns of those that can't be read."""
    from wizard.crush.usage import usage

    found = usage(files_that_count())
    for problem in found.problems:
        output.warning(f"can't tell what this file uses: {problem.where}: {problem.message}")
    return found


def in_use(only: Iterable[str], output: Output) -> InUse:
    """The variables that providers in Crush's files in force use, where not empty only those of `only` (--only).

    What can't hold a secret, as HOME in a crushrc, is left out.
    Raises UsageError for a name in `only` that no provider uses.
    """
    found = usage_here(output)
    used = tuple(filter(is_variable_name, found.variables))
    wanted = _split(only)
    _check_only(wanted, used)
    names = tuple(name for name in used if name in wanted) if wanted else used
    return InUse(names, found.needed)


def held(names: Collection[str], store: SecretReader) -> tuple[str, ...]:
    """Those of the names that can be read as far as we know, found without asking anything."""
    listed = readable_names(store.name)
    return tuple(name for name in names if name in listed)


def open_store_for(output: Output) -> SecretReader:
    """The user's store, and references beside it; they may ask the person who is there, if one is."""
    return open_reader(open_prompter(output), output)


def stored(names: Collection[str], output: Output) -> dict[str, str]:
    """Those of the secrets that the user's store holds, by name. Raises as `read`."""
    store = open_store_for(output)
    return read(held(names, store), store, output)


def read(names: Collection[str], store: SecretReader, output: Output) -> dict[str, str]:
    """The values, all asked for at once; for no names the store is not asked at all. Warns of a value that is gone.

    Raises a SecretError that names them when the store can't be used, or when a value fits no variable.
    """
    if not names:
        return {}
    try:
        values = store.get_many(names)
    except SecretError as error:
        if error.names_secrets:
            raise
        raise type(error)(f"{error.message}; needed: {', '.join(names)}", hint=error.hint) from error
    for name in names:
        if name in values:
            _check_value(name, values[name])
        else:
            output.warning(f"{name} is missing from the store; store it: crush-wizard secret set {name}")
    return values


def _split(only: Iterable[str]) -> tuple[str, ...]:
    """--only A,B --only C"""
    return tuple(name for part in only for name in (piece.strip() for piece in part.split(",")) if name)


def _check_only(wanted: Iterable[str], used: Collection[str]) -> None:
    for name in wanted:
        try:
            check_variable_name(name)
        except InvalidVariableName as error:
            raise UsageError(f"--only: {error}") from error
    if unused := [name for name in wanted if name not in used]:
        raise UsageError(
            f"--only: no provider in Crush's files uses {', '.join(unused)}",
            hint=f"in use here: {', '.join(used) or 'none'}",
        )


def _check_value(name: str, value: str) -> None:
    try:
        fits = "\0" not in value and os.fsencode(value) is not None
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise SecretError(
            f"the value of {name} can't be an environment variable: it contains a zero byte, or is not text",
            hint=f"store it again: crush-wizard secret set {name}",
        ) from None

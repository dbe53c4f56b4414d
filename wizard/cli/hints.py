"""Hints that fit the command which prints them: the rooms below the commands do not know which flags it has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_BETWEEN = r"(; |, or )"
_FLAG = r"(?<![\w-])--[a-z][a-z-]*"
_CALL = "crush-wizard "


def fitting(hint: str, command: click.Command, root: click.Command) -> str:
    """The ways out of a hint, less those by a flag that only other commands below `root` have."""
    own = set(_flags(command))
    if own.issuperset(_named(hint)):
        return hint
    foreign = set(_every_flag(root)) - own
    first, *rest = re.split(_BETWEEN, hint)
    ways = zip(("", *rest[::2]), (first, *rest[1::2]), strict=True)
    fits = [(before, way) for before, way in ways if foreign.isdisjoint(_named(way))]
    return "".join(before + way for before, way in fits).removeprefix(fits[0][0]) if fits else ""


def _named(way: str) -> Collection[str]:
    """The flags that stand for themselves: those of a whole call belong to its command."""
    return re.findall(_FLAG, way.partition(_CALL)[0])


def _every_flag(command: click.Command) -> Iterator[str]:
    yield from _flags(command)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if inner := command.get_command(context, name):
                yield from _every_flag(inner)


def _flags(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)

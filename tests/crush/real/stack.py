"""A stack: every file and variable that a Crush would meet, as data that can be written down and made smaller."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Json:
    """An object as a file spells it: a key may come twice, in any order."""

    members: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Spelled:
    """A value that stands in the file just so, such as 1e5."""

    text: str


@dataclass(frozen=True)
class Script:
    """A crushrc, or a .env: one command or setting a line."""

    lines: tuple[str, ...] = ()


Content = Json | Spelled | Script


@dataclass(frozen=True)
class Stack:
    """`files` by their path below the stack's folder, in which `etc`, `home` and `work` stand for the real ones.

    `cwd` is where Crush is started, `git` whether `work` is a work tree, `lists` what endpoints list as their models,
    `cache` whether Crush has a catalogue in its data folder, `foreign` files that belong to somebody else.
    """

    files: Mapping[str, Content] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = "work"
    git: bool = False
    cache: bool = False
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()

    def text(self) -> str:
        """For people who want to see what differs."""
        parts = [
            f"in {self.cwd}" + (", a git work tree" if self.git else "") + (", with a cache" if self.cache else "")
        ]
        parts += [f"{name}={value!r}" for name, value in self.env.items()]
        parts += [f"{host} lists {', '.join(models)}" for host, models in self.lists.items()]
        for path, content in self.files.items():
            parts += [f"--- {path}" + (" (of somebody else)" if path in self.foreign else ""), spelled(content)]
        return "\n".join(parts)


def spelled(content: Any) -> str:
    """The text of a file, or of any value in it."""
    if isinstance(content, Script):
        return "".join(f"{line}\n" for line in content.lines)
    if isinstance(content, Spelled):
        return content.text
    if isinstance(content, Json):
        return "{" + ", ".join(f"{json.dumps(key)}: {spelled(value)}" for key, value in content.members) + "}"
    if isinstance(content, list | tuple):
        return "[" + ", ".join(map(spelled, content)) + "]"
    return json.dumps(content, ensure_ascii=False)


def write(stack: Stack, folder: Path, cache: Path | None = None) -> None:
    """Put the stack down in an empty folder; `cache` is a catalogue of Crush's to put in its data folder."""
    for name in ("etc", "home", "work", stack.cwd):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if stack.git:
        (folder / "work" / ".git" / "refs").mkdir(parents=True)
        (folder / "work" / ".git" / "objects").mkdir()
        (folder / "work" / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    if stack.cache and cache:
        data = folder / "home" / ".local" / "share" / "crush"
        data.mkdir(parents=True)
        shutil.copy(cache, data / "providers.json")
    for path, content in stack.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(spelled(content).encode("utf-8", "surrogateescape"))
    for path in stack.foreign:
        if os.getuid() == 0 and (folder / path).exists():
            os.chown(folder / path, 12345, 12345)


# Smaller ones


def smaller(stack: Stack) -> Iterator[Stack]:
    """Stacks with something less, the boldest first."""
    from dataclasses import replace

    for path in stack.files:
        yield replace(stack, files={other: content for other, content in stack.files.items() if other != path})
    for name in stack.env:
        yield replace(stack, env={other: value for other, value in stack.env.items() if other != name})
    for host in stack.lists:
        yield replace(stack, lists={other: models for other, models in stack.lists.items() if other != host})
    if stack.foreign:
        yield replace(stack, foreign=())
    if stack.cache:
        yield replace(stack, cache=False)
    if stack.git:
        yield replace(stack, git=False)
    for path, content in stack.files.items():
        for less in _less(content):
            yield replace(stack, files={**stack.files, path: less})
    for name, value in stack.env.items():
        for shorter in _less(value):
            yield replace(stack, env={**stack.env, name: shorter})


def _less(value: Any) -> Iterator[Any]:
    """The value with something less."""
    match value:
        case Script(lines):
            yield from (Script(less) for less in _fewer(lines))
            for number, line in enumerate(lines):
                for words in _fewer(tuple(line.split(" "))):
                    yield Script((*lines[:number], " ".join(words), *lines[number + 1 :]))
        case Json(members):
            yield from (Json(less) for less in _fewer(members))
            for number, (key, inner) in enumerate(members):
                for less in _less(inner):
                    yield Json((*members[:number], (key, less), *members[number + 1 :]))
        case list():
            yield from map(list, _fewer(tuple(value)))
            for number, inner in enumerate(value):
                for less in _less(inner):
                    yield [*value[:number], less, *value[number + 1 :]]
        case str() if len(value) > 1:
            yield from (value[: len(value) // 2], value[len(value) // 2 :], value[1:], value[:-1])


def _fewer(items: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Without the first half, without the second, without each."""
    if len(items) > 3:
        yield from (items[len(items) // 2 :], items[: len(items) // 2])
    for number in range(len(items)):
        yield items[:number] + items[number + 1 :]

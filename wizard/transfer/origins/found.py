"""Where people come from: the tools whose files can be read, and what is found of them on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from wizard.errors import InvalidConfig, Refused, UsageError, WizardError
from wizard.files.there import is_folder
from wizard.near import did_you_mean
from wizard.private import Private
from wizard.transfer.hidden_characters import hidden_characters, shown
from wizard.transfer.origins import (
    aichat,
    aider,
    cc_switch,
    claude_code,
    claude_code_router,
    codex,
    continue_dev,
    crush,
    gemini_cli,
    goose,
    litellm,
    llm,
    mods,
    opencode,
    pi,
    qwen_code,
    zed,
)
from wizard.transfer.origins.composing import Composed, compose
from wizard.transfer.origins.described import ToolConfig
from wizard.transfer.origins.places import is_there

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.transfer.profile import Profile

Places: TypeAlias = "Callable[[Surroundings], tuple[Path, ...]]"
Reader: TypeAlias = "Callable[[Path, Surroundings], ToolConfig | Composed]"


class Tool(Struct, frozen=True):
    """A tool by the name that `--from` knows. `places` are where its file may be, the first one there counts.

    `names` are what its file is called in a folder that the user names.
    """

    name: str
    title: str
    names: tuple[str, ...]
    places: Places
    read: Reader


_CONFIG = ("config.yaml",)
PROXY = "litellm-proxy"
"""LiteLLM's file once more, read for the running proxy instead of what is behind it."""
_ALL = (
    Tool("crush", "Crush", crush.NAMES, crush.places, crush.read),
    Tool("opencode", "OpenCode", opencode.NAMES, opencode.places, opencode.read),
    Tool("codex", "Codex", ("config.toml",), codex.places, codex.read),
    Tool("goose", "Goose", _CONFIG, goose.places, goose.read),
    Tool("aichat", "aichat", _CONFIG, aichat.places, aichat.read),
    Tool("llm", "llm", llm.NAMES, llm.places, llm.read),
    Tool("continue", "Continue", continue_dev.NAMES, continue_dev.places, continue_dev.read),
    Tool("claude", "Claude Code", claude_code.NAMES, claude_code.places, claude_code.read),
    Tool("ccr", "claude-code-router", claude_code_router.NAMES, claude_code_router.places, claude_code_router.read),
    Tool("cc-switch", "cc-switch", cc_switch.NAMES, cc_switch.places, cc_switch.read),
    Tool("gemini", "Gemini CLI", gemini_cli.NAMES, gemini_cli.places, gemini_cli.read),
    Tool("qwen", "Qwen Code", qwen_code.NAMES, qwen_code.places, qwen_code.read),
    Tool("pi", "pi", pi.NAMES, pi.places, pi.read),
    Tool("zed", "Zed", zed.NAMES, zed.places, zed.read),
    Tool("aider", "Aider", aider.NAMES, aider.places, aider.read),
    Tool("mods", "mods", mods.NAMES, mods.places, mods.read),
    Tool("litellm", "LiteLLM", litellm.NAMES, litellm.places, litellm.read),
    Tool(PROXY, "LiteLLM", litellm.NAMES, litellm.places, litellm.read_proxy),
)
TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in _ALL}
OTHERS = tuple(name for name in TOOLS if name not in ("crush", PROXY))
"""Those that are looked for without their name: what Crush's own files say is in force already."""


class FoundSetup(Private, Struct, frozen=True):
    """What one tool's files say. `values` are keys that stood there, by the variable that now stands for them.

    `unsupported` says in sentences what has no equal in Crush, and what was left out for another reason.
    """

    tool: str
    path: Path
    profile: Profile
    values: Mapping[str, str]
    unsupported: tuple[str, ...]


def look_for(
    tools: Sequence[str] | None, around: Surroundings, path: Path | None
) -> tuple[tuple[FoundSetup, ...], tuple[WizardError, ...]]:
    """What is there of these tools, None: of all others; and what could not be read, or was asked for and is not there.

    `path` is the file of the one tool that is named, or a folder with it. Nothing is run, and nothing fetched.
    """
    if path is not None and (tools is None or len(tools) != 1):
        hint = f"add --from with one of {', '.join(TOOLS)}"
        return (), (UsageError("a file needs the name of its tool", hint=hint),)
    found: list[FoundSetup] = []
    errors: list[WizardError] = []
    for name in OTHERS if tools is None else tools:
        try:
            found += _found(_tool(name), around, path, asked=tools is not None)
        except WizardError as error:
            errors.append(error)
    return tuple(found), tuple(errors)


def _tool(name: str) -> Tool:
    """The one of this name, or whose whole name it is: `claude-code`, `Gemini CLI`."""
    typed = _spelled(name)
    found = TOOLS.get(name) or next((tool for tool in _ALL if _spelled(tool.title) == typed), None)
    if found:
        return found
    hint = did_you_mean(name, TOOLS) or f"choose one of: {', '.join(TOOLS)}, auto"
    raise UsageError(f"unknown tool `{name}`", hint=hint)


def _spelled(title: str) -> str:
    return title.casefold().replace(" ", "-")


def _found(tool: Tool, around: Surroundings, path: Path | None, *, asked: bool) -> Iterator[FoundSetup]:
    file = _file(tool, around, path)
    if file is None:
        if asked:
            raise _absent(tool, around, path)
        return
    config = tool.read(file, around)
    composed = compose(config) if isinstance(config, ToolConfig) else config
    _refuse_hidden_characters(composed.profile, file)
    if asked or composed.profile.providers:
        yield FoundSetup(tool.name, file, composed.profile, composed.values, composed.unsupported)


def _refuse_hidden_characters(profile: Profile, file: Path) -> None:
    """Raises InvalidConfig: what looks like something else than it is comes from no file, whoever wrote it."""
    tree = {"providers": {provider.id: provider.entry for provider in profile.providers}, "models": profile.selected}
    for key, what in hidden_characters(tree):
        named = shown(".".join(map(str, key)))
        raise InvalidConfig(f"`{named}`: {what}", hint="remove it from the file", path=file)


def _file(tool: Tool, around: Surroundings, path: Path | None) -> Path | None:
    candidates = tool.places(around)
    if path is not None:
        whole = around.cwd / path
        candidates = tuple(whole / name for name in tool.names) if is_folder(whole) else (whole,)
    return next((candidate for candidate in candidates if is_there(candidate)), None)


def _absent(tool: Tool, around: Surroundings, path: Path | None) -> Refused:
    if path is not None:
        return Refused(f"no file of {tool.title} there", path=path)
    places = ", ".join(str(place) for place in tool.places(around))
    hint = f"name the file after `--from {tool.name}`"
    return Refused(f"found nothing of {tool.title}" + (f": looked for {places}" if places else ""), hint=hint)

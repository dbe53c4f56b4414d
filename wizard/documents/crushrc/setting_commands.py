"""How a crushrc says what crush.json has beside providers and models: options, permissions, MCP, LSP and hooks.

A setting is told by its path: ("options", "debug"), ("permissions", "allowed_tools"), ("mcp", NAME), ("lsp", NAME),
("hooks", EVENT). Crush's own commands decide what can be said (crush-behaviour 5.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wizard.documents.crushrc.commands import HOOK_FLAGS, LSP_FLAGS, MCP_FLAGS, OPTIONS
from wizard.documents.crushrc.spelling import fields, fits, flag_words, folded, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wizard.documents.crushrc.commands import Flag, OptionName
    from wizard.documents.crushrc.syntax import Word

    SettingPath = tuple[str, str]

SETTINGS = ("options", "permissions", "mcp", "lsp", "hooks")
"""The keys of crush.json with settings that have paths."""
SETTING_NOUNS = ("option", "permissions", "mcp", "lsp", "hook")
"""The commands that set them."""
_SERVERS = {"mcp": MCP_FLAGS, "lsp": LSP_FLAGS}
_TOOLS = {("permissions", "allowed_tools"): "allow", ("options", "disabled_tools"): "deny"}
_OPTIONS = {option.key: option for option in OPTIONS}
_UI: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "compact_mode": ("compact", ()),
    "transparent": ("transparent", ()),
    "diff_mode": ("diff", ("unified", "split")),
    "scrollbar": ("scrollbar", ("default", "always", "never")),
}
"""The word after `option ui` for a key of `options.tui`, and the texts that it takes; none: it is a switch."""
_COMPLETIONS = {"max_depth": "completions-max-depth", "max_items": "completions-max-items"}
_STYLES = ("none", "co-authored-by", "assisted-by")
_LARGEST = 2**63 - 1


def is_empty(value: Any) -> bool:
    """Whether it says nothing, wherever Crush merges it."""
    return value is None or value in ([], {})


def setting_commands(path: SettingPath, value: Any, end: str) -> tuple[str, ...] | None:
    """The commands that say it in a script which says nothing of it yet; None where none can.

    Lines of one command are parted by `end`. Raises Refused for a text that no script can hold.
    """
    if is_empty(value):
        return ()
    found = list(_commands(path, value, end))
    return None if None in found else tuple(command for command in found if command is not None)


def _commands(path: SettingPath, value: Any, end: str) -> Iterator[str | None]:
    """None among them: there is something that can't be said."""
    section, name = path
    if path in _TOOLS:
        yield _tools(_TOOLS[path], value)
    elif section in _SERVERS:
        yield _server(section, name, value, end)
    elif section == "hooks":
        yield from (_hook(name, hook, end) for hook in (value if isinstance(value, list) else (None,)))
    elif path == ("options", "tui"):
        yield from _ui(value)
    elif path == ("options", "attribution"):
        yield from _attribution(value)
    elif section == "options" and name in _OPTIONS:
        yield from _option(_OPTIONS[name], value)
    else:
        yield None


def _tools(verb: str, value: Any) -> str | None:
    """One that is named twice would be there once."""
    if not _are_texts(value) or len(set(value)) < len(value):
        return None
    return f"permissions {verb} {' '.join(map(spelled, value))}"


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) and text for text in value)


def _server(noun: str, name: str, value: Any, end: str) -> str | None:
    """`mcp add` makes a server without a type one for stdio."""
    if not name or not isinstance(value, Mapping) or (noun == "mcp" and not value.get("type")):
        return None
    return _with_flags(f"{noun} add {spelled(name)}", _SERVERS[noun], value, end)


def _hook(event: str, value: Any, end: str) -> str | None:
    if not event or not isinstance(value, Mapping) or not value.get("command"):
        return None
    return _with_flags(f"hook add {spelled(event)}", HOOK_FLAGS, value, end)


def _with_flags(command: str, flags: Sequence[Flag], value: Mapping[str, Any], end: str) -> str | None:
    kinds = {flag.key: flag.kind for flag in flags}
    said = {key: each for key, each in value.items() if not is_empty(each)}
    if not all(key in kinds and fits(kinds[key], each) for key, each in said.items()):
        return None
    return folded([command, *(flag_words(*field) for field in fields(said, flags))], end)


def _option(option: OptionName, value: Any) -> Iterator[str | None]:
    match option.kind:
        case "list" if _are_texts(value):
            yield from (f"option {option.name} {spelled(text)}" for text in value)
        case "text" if isinstance(value, str) and value:
            yield f"option {option.name} {spelled(value)}"
        case "truth" | "inverted" if isinstance(value, bool):
            yield f"option {option.name} {_truth(value is (option.kind == 'truth'))}"
        case _:
            yield None


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _ui(value: Any) -> Iterator[str | None]:
    if not isinstance(value, Mapping):
        yield None
        return
    for key, each in value.items():
        if key == "completions" and isinstance(each, Mapping):
            yield from (_completion(name, most) for name, most in each.items())
            continue
        word, texts = _UI.get(key, ("", ()))
        fitting = bool(word) and (each in texts if texts else isinstance(each, bool))
        yield f"option ui {word} {each if texts else _truth(each)}" if fitting else None


def _completion(name: str, most: Any) -> str | None:
    is_count = isinstance(most, int) and not isinstance(most, bool) and 0 <= most <= _LARGEST
    return f"option ui {_COMPLETIONS[name]} {most}" if name in _COMPLETIONS and is_count else None


def _attribution(value: Any) -> Iterator[str | None]:
    """A style switches `generated_with` on where nothing else is said, so that has to be said before it."""
    if not isinstance(value, Mapping) or not isinstance(value.get("generated_with"), bool):
        yield None
        return
    yield f"option attribution-generated-with {_truth(value['generated_with'])}"
    for key, each in value.items():
        if key == "trailer_style" and each in _STYLES:
            yield f"option attribution-trailer-style {each}"
        elif key != "generated_with":
            yield None


# What a command is about


def setting_of(words: Sequence[Word]) -> SettingPath | None:
    """The setting that a command changes; None for one about providers and models, and for all others."""
    if len(words) < 2 or any(word.computed for word in words[:2]):
        return None
    noun, second = words[0].value, words[1].value
    third = words[2].value if len(words) > 2 and not words[2].computed else ""
    match noun:
        case "mcp" | "lsp" if third:
            return noun, third
        case "hook" if third:
            return "hooks", third
        case "permissions" if second in ("allow", "deny"):
            return next(path for path, verb in _TOOLS.items() if verb == second)
        case "option":
            return _option_path(third if second == "reset" else second)
    return None


def _option_path(word: str) -> SettingPath | None:
    if word == "ui":
        return "options", "tui"
    if word.startswith("attribution-"):
        return "options", "attribution"
    key = next((option.key for option in OPTIONS if option.name == word), None)
    return ("options", key) if key else None

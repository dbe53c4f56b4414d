"""What the commands of a crushrc say about all but providers and models, in the terms of crush.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.documents.crushrc.commands import (
    HOOK_FLAGS,
    LSP_FLAGS,
    MCP_FLAGS,
    TRUTHS,
    Computed,
    entry_of,
    settings_of,
    whole_number_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from wizard.documents.crushrc.syntax import Statement, Word

_SERVER_FLAGS = {"mcp": MCP_FLAGS, "lsp": LSP_FLAGS}


def sections(statements: Iterable[Statement]) -> dict[str, Any]:
    """`mcp`, `lsp`, `hooks`, `permissions`, and what lies deeper in `options`: only those that something is said of."""
    tree: dict[str, Any] = {}
    for statement in statements:
        words = statement.words
        read = _READERS.get(words[0].value) if words else None
        if read and len(words) > 2 and not any(word.computed for word in words[:3]):
            read(tree, words)
    return tree


def _server(tree: dict[str, Any], words: Sequence[Word]) -> None:
    noun, verb, name = (word.value for word in words[:3])
    servers = tree.setdefault(noun, {})
    if verb != "add":
        servers.pop(name, None)
        return
    server = servers.setdefault(name, {"type": "stdio"} if noun == "mcp" else {})
    settings, _ = settings_of(words[3:], _SERVER_FLAGS[noun])
    servers[name] = entry_of(settings, server)


def _hook(tree: dict[str, Any], words: Sequence[Word]) -> None:
    event = words[2].value
    hooks = tree.setdefault("hooks", {})
    settings, _ = settings_of(words[3:], HOOK_FLAGS)
    entry = entry_of(settings)
    if words[1].value == "add":
        hooks[event] = [*hooks.get(event, ()), entry]
    elif name := entry.get("name"):
        hooks[event] = [hook for hook in hooks.get(event, ()) if hook.get("name") != name]
    else:
        hooks.pop(event, None)


def _permissions(tree: dict[str, Any], words: Sequence[Word]) -> None:
    section, key = ("permissions", "allowed_tools") if words[1].value == "allow" else ("options", "disabled_tools")
    tools = tree.setdefault(section, {}).setdefault(key, [])
    tools += dict.fromkeys(word.value for word in words[2:] if not word.several and word.value not in tools)


def _option(tree: dict[str, Any], words: Sequence[Word]) -> None:
    key, value = words[1].value, words[2].value
    options = tree.setdefault("options", {})
    if key == "ui" and len(words) == 4 and value in _UI:
        *way, field = _UI[value]
        place = options.setdefault("tui", {})
        for step in way:
            place = place.setdefault(step, {})
        place[field] = _ui_value(value, words[3])
    elif key == "attribution-trailer-style":
        options["attribution"] = {"generated_with": True, **options.get("attribution", {}), "trailer_style": value}
    elif key == "attribution-generated-with":
        options.setdefault("attribution", {})["generated_with"] = TRUTHS.get(value.lower(), True)
    if not options:
        del tree["options"]


_UI = {
    "compact": ("compact_mode",),
    "transparent": ("transparent",),
    "diff": ("diff_mode",),
    "scrollbar": ("scrollbar",),
    "completions-max-depth": ("completions", "max_depth"),
    "completions-max-items": ("completions", "max_items"),
}


def _ui_value(name: str, word: Word) -> Any:
    if word.computed:
        return Computed(word.value)
    if name in ("compact", "transparent"):
        return TRUTHS.get(word.value.lower())
    return whole_number_of(word.value) if name.startswith("completions") else word.value


_READERS: Mapping[str, Callable[[dict[str, Any], Sequence[Word]], None]] = {
    "mcp": _server,
    "lsp": _server,
    "hook": _hook,
    "permissions": _permissions,
    "option": _option,
}

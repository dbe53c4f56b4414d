"""What Crush refuses in a command of a crushrc, and so does not start (crush-behaviour 5.2, F6).

The rules are those of Crush's own commands: which words they take, and how each value is read.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.documents.crushrc.commands import (
    HOOK_FLAGS,
    LSP_FLAGS,
    MCP_FLAGS,
    MODEL_FLAGS,
    OPTIONS,
    PROVIDER_FLAGS,
    SLOT_FLAGS,
    TRUTHS,
    arguments_of,
    number_of,
    read_json,
    whole_number_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from wizard.documents.crushrc.commands import Flag, Kind, OptionName
    from wizard.documents.crushrc.syntax import Word


class FatalCommand(Struct, frozen=True):
    """Where Crush stops. `start` is an offset, `message` a sentence that repeats no value, `hint` its cure."""

    start: int
    message: str
    hint: str = ""


_FLAGS: Mapping[tuple[str, str], Sequence[Flag]] = {
    ("provider", "add"): PROVIDER_FLAGS,
    ("model", "add"): MODEL_FLAGS,
    ("model", "large"): SLOT_FLAGS,
    ("model", "small"): SLOT_FLAGS,
    ("mcp", "add"): MCP_FLAGS,
    ("lsp", "add"): LSP_FLAGS,
    ("hook", "add"): HOOK_FLAGS,
    ("hook", "remove"): (HOOK_FLAGS[-1],),
    ("hook", "rm"): (HOOK_FLAGS[-1],),
}
_VERBS: Mapping[str, Sequence[str]] = {
    "provider": ("add", "remove", "rm"),
    "model": ("add", "remove", "rm", "large", "small"),
    "mcp": ("add", "remove", "rm"),
    "lsp": ("add", "remove", "rm"),
    "hook": ("add", "remove", "rm"),
    "permissions": ("allow", "deny"),
}
_ALONE = frozenset(("large", "small"))
"""What may stand without a third word: it then tells the model that is chosen."""
NOUNS = frozenset((*_VERBS, "option"))
"""The commands of Crush's own."""

_NOTHING_BUT_TEXT = "\0"
"""Neither a number nor a truth, nor JSON."""
_TRAILER_STYLES = ("none", "co-authored-by", "assisted-by")
_UI_CHOICES = {"diff": ("unified", "split"), "scrollbar": ("default", "always", "never")}
_UI_TRUTHS = ("compact", "transparent")
_UI_COUNTS = ("completions-max-depth", "completions-max-items")


def fault(words: Sequence[Word]) -> str:
    """What is wrong with the words of a command of Crush's; empty for what is right, or can't be told.

    A sentence that repeats no value: any may be a key.
    """
    if any(word.computed for word in words[:2]):
        return ""
    noun = words[0].value
    if len(words) < 2:
        return f"`{noun}` needs something after it"
    if noun == "option":
        return _option_fault(words)
    verb = words[1].value
    if verb not in _VERBS[noun]:
        return f"Crush has no command `{noun} {verb}`" if not words[1].spelled else f"Crush has no such `{noun}`"
    if len(words) < 3:
        return "" if verb in _ALONE else f"`{noun} {verb}` needs something after it"
    if words[2].several or (noun == "permissions"):
        return ""
    return _reference_fault(words) or _flags_fault(words, _FLAGS.get((noun, verb)))


def may_be_refused(words: Sequence[Word]) -> bool:
    """Whether words that can't be told may be wrong: a text of any kind is not."""
    if any(word.several for word in words) or any(word.computed for word in words[:3]):
        return True
    return bool(
        fault([replace(word, value=_NOTHING_BUT_TEXT, computed=False) if word.computed else word for word in words])
    )


def _reference_fault(words: Sequence[Word]) -> str:
    if words[0].value != "model" or words[2].computed:
        return ""
    provider, _, model = words[2].value.partition("/")
    return "" if provider and model else f"`model {words[1].value}` needs PROVIDER/MODEL after it"


def _flags_fault(words: Sequence[Word], flags: Sequence[Flag] | None) -> str:
    if flags is None:
        return ""  # Crush looks at no more words
    given: list[str] = []
    found = _flag_fault(words[3:], flags, given.append)
    is_hook = words[0].value == "hook" and words[1].value == "add"
    if not found and is_hook and "--command" not in given and "" not in given:
        return "a hook needs a `--command`"
    return found


def _flag_fault(words: Sequence[Word], flags: Iterable[Flag], note: Callable[[str], None]) -> str:
    """`note` gets the name of each flag, and an empty one where the rest can't be told."""
    known = {flag.name: flag for flag in flags}
    while words:
        name, *rest = words
        if name.computed:
            note("")
            return ""
        if name.value not in known:
            return _unknown(name)
        note(name.value)
        flag = known[name.value]
        count = arguments_of(flag)
        if any(word.several for word in rest[:count]):
            note("")
            return ""
        if len(rest) < count:
            return f"`{flag.name}` has no value"
        if count == 1 and not rest[0].computed and (wanted := _wanted(flag, rest[0].value)):
            return f"the value of `{flag.name}` is not {wanted}"
        words = rest[count:]
    return ""


def _unknown(word: Word) -> str:
    flag, equals, _ = word.value.partition("=")
    if not flag.startswith("-") or word.spelled:
        return "a value without a flag before it"
    return f"write `{flag}` and its value as two words" if equals else f"Crush does not know `{flag}` here"


def _wanted(flag: Flag, text: str) -> str:
    """What a flag takes that this is not; empty where it is."""
    if flag.name == "--top-p" and (number := number_of(text)) is not None:
        return "" if 0 <= number <= 1 else "a number from 0 to 1"
    return _WANTED[flag.kind] if flag.kind in _WANTED and not _TAKES[flag.kind](text) else ""


_WANTED: Mapping[Kind, str] = {
    "truth": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a JSON object",
    "json": "JSON",
}


def _is_json(text: str) -> bool:
    try:
        read_json(text)
    except ValueError:
        return False
    return True


def _is_object(text: str) -> bool:
    return _is_json(text) and isinstance(read_json(text), dict)


def _is_number(text: str) -> bool:
    number = number_of(text)
    return number is not None and math.isfinite(number)  # Crush can't write down others


_TAKES: Mapping[Kind, Callable[[str], Any]] = {
    "truth": lambda text: text.lower() in TRUTHS,
    "integer": lambda text: whole_number_of(text) is not None,
    "number": _is_number,
    "object": _is_object,
    "json": _is_json,
}


# option


def _option_fault(words: Sequence[Word]) -> str:
    key = words[1].value
    if key == "ui":
        return _ui_fault(words[2:])
    if key == "reset":
        return _reset_fault(words[2:])
    if words[2:] and words[2].computed:
        return "" if _option(key) or key.startswith("attribution-") else _unknown_option(words[1])
    value = words[2].value if len(words) > 2 else ""
    if key == "attribution-trailer-style":
        return "" if value in _TRAILER_STYLES else f"the value of `option {key}` is not {_either(_TRAILER_STYLES)}"
    if key == "attribution-generated-with":
        return _truth_fault(key, value)
    found = _option(key)
    if found is None:
        return _unknown_option(words[1])
    if found.kind in ("truth", "inverted"):
        return _truth_fault(key, value)
    return "" if value else f"`option {key}` needs a value"


def _option(key: str) -> OptionName | None:
    return next((option for option in OPTIONS if option.name == key), None)


def _unknown_option(word: Word) -> str:
    return "Crush has no such option" if word.spelled else f"Crush has no option `{word.value}`"


def _truth_fault(key: str, value: str) -> str:
    return "" if not value or value.lower() in TRUTHS else f"the value of `option {key}` is not true or false"


def _reset_fault(words: Sequence[Word]) -> str:
    if not words:
        return "`option reset` needs something after it"
    if words[0].computed:
        return ""
    found = _option(words[0].value)
    if found is None:
        return _unknown_option(words[0])
    return "" if found.kind == "list" else f"`option reset` empties lists, and `{words[0].value}` is not a list"


def _ui_fault(words: Sequence[Word]) -> str:
    if any(word.several for word in words):
        return ""
    if len(words) != 2:
        return "`option ui` needs a name and a value after it"
    name, value = words
    if name.computed or (value.computed and _is_ui(name.value)):
        return ""
    if not _is_ui(name.value):
        return _unknown_option(name)
    if name.value in _UI_TRUTHS:
        fits, wanted = value.value.lower() in TRUTHS, "true or false"
    elif name.value in _UI_COUNTS:
        fits, wanted = (whole_number_of(value.value) or 0) >= 0, "a whole number, 0 or more"
        fits = fits and whole_number_of(value.value) is not None
    else:
        choices = _UI_CHOICES[name.value]
        fits, wanted = value.value in choices, _either(choices)
    return "" if fits else f"the value of `option ui {name.value}` is not {wanted}"


def _is_ui(name: str) -> bool:
    return name in _UI_CHOICES or name in _UI_TRUTHS or name in _UI_COUNTS


def _either(choices: Sequence[str]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"

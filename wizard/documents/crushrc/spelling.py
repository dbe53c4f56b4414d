"""What the commands of a crushrc can say about providers and models, and how that is spelled (crush-behaviour 5.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wizard.documents.crushrc.commands import MODEL_FLAGS, PROVIDER_FLAGS, SLOT_FLAGS
from wizard.documents.json.syntax import LongInteger
from wizard.errors import Refused
from wizard.files.shell import word
from wizard.provider.model import is_number
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wizard.documents.crushrc.commands import FieldPath, Flag, Kind
    from wizard.provider.model import Slot

# In plain quotes Crush's shell drops a CR from the end of a line, and takes U+0080 and U+0081 for the file's end.
_GARBLED = regexp("[\r\x80-\x9f]")
WIDTH = 100
REFERENCE = ("provider", "model")
"""What a selection names in one word, beside its flags."""
_LARGEST_INTEGER = 2**63 - 1


# What can be said


def inexpressible(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of an entry that no command of a crushrc can set, those of its models as `models.options`."""
    fields = [key for key, value in entry.items() if not _can_say(PROVIDER_FLAGS, key, value) and key != "models"]
    fields += [
        f"models.{key}"
        for model in entry.get("models") or ()
        for key, value in model.items()
        if not _can_say(MODEL_FLAGS, key, value) or _is_in_vain(model, key)
    ]
    return tuple(dict.fromkeys(fields))


def expressible(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry without what no command can set, and without what says nothing."""
    fields = {key: value for key, value in entry.items() if _says(PROVIDER_FLAGS, key, value)}
    models = [
        {
            key: value
            for key, value in model.items()
            if key == "id" or (_says(MODEL_FLAGS, key, value) and not _is_in_vain(model, key))
        }
        for model in entry.get("models") or ()
    ]
    return {**fields, "models": models} if models else fields


def _is_in_vain(model: Mapping[str, Any], key: str) -> bool:
    """Whether Crush goes by a field only together with another one that no command can set."""
    return key == "default_reasoning_effort" and bool(model.get("reasoning_levels"))


def inexpressible_selection(selection: Mapping[str, Any]) -> tuple[str, ...]:
    """The same for what is said about a model slot. Its provider and its model must both be named."""
    fields = [key for key, value in selection.items() if key not in REFERENCE and not _can_select(key, value)]
    named = all(isinstance(selection.get(key), str) and selection[key] for key in REFERENCE)
    return (*(() if named else REFERENCE), *fields)


def expressible_selection(selection: Mapping[str, Any]) -> dict[str, Any]:
    """What of a selection can be said, and says something."""
    fields = {key: value for key, value in selection.items() if value is not False and _says(SLOT_FLAGS, key, value)}
    return {key: selection[key] for key in REFERENCE} | fields


def _can_select(key: str, value: Any) -> bool:
    if key == "top_p" and isinstance(value, int | float) and not 0 <= value <= 1:
        return False  # Crush checks this one in a crushrc only
    return _can_say(SLOT_FLAGS, key, value)


def _can_say(flags: Iterable[Flag], key: str, value: Any) -> bool:
    return key == "id" or value in (None, [], {}) or _says(flags, key, value)


def _says(flags: Iterable[Flag], key: str, value: Any) -> bool:
    flag = next((flag for flag in flags if flag.key == key), None)
    return flag is not None and value is not None and value != {} and fits(flag.kind, value)


def fits(kind: Kind, value: Any) -> bool:
    """Whether a flag of this kind can have the value."""
    match kind:
        case "truth" | "mark":
            return isinstance(value, bool)
        case "integer":
            return is_number(value) and abs(value) <= _LARGEST_INTEGER and value == int(value)
        case "number":
            return is_number(value)
        case "object":
            return isinstance(value, Mapping) and not _holds_long_integer(value)
        case "headers":
            return isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values())
        case "text":
            return isinstance(value, str)
        case "list":
            return isinstance(value, list) and all(isinstance(text, str) for text in value)
        case "json":
            return not _holds_long_integer(value)


def _holds_long_integer(value: Any) -> bool:
    if isinstance(value, Mapping | list):
        return any(map(_holds_long_integer, value.values() if isinstance(value, Mapping) else value))
    return isinstance(value, LongInteger)


def fields(entry: Mapping[str, Any], flags: Iterable[Flag]) -> Iterator[tuple[Flag, FieldPath, Any]]:
    """Each value of an entry that has a flag, in the flags' order, every header and every item of a list on its own."""
    for flag in flags:
        value = entry.get(flag.key)
        if flag.kind == "headers":
            yield from ((flag, (flag.key, header), text) for header, text in (value or {}).items())
        elif flag.kind == "list":
            yield from ((flag, (flag.key,), text) for text in value or ())
        elif value is not None:
            yield flag, (flag.key,), value


# How it is spelled


def flag_words(flag: Flag, path: FieldPath, value: Any) -> str:
    """`--api-key '$GROQ_API_KEY'`: always in two words, as Crush takes no `--flag=value`."""
    if flag.kind == "mark":
        return flag.name
    return " ".join((flag.name, *map(spelled, path[1:]), value_word(flag.kind, value)))


def value_word(kind: Kind, value: Any) -> str:
    """One value as a word of the shell. Its expansion by Crush is the value's own affair (crush-behaviour 5.5)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind == "integer":
        return str(int(value))
    return spelled(json.dumps(value, ensure_ascii=False) if kind in ("object", "json", "number") else str(value))


def spelled(text: str) -> str:
    """A text as one word that the shell takes literally. Raises Refused for what no script can hold."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Refused("a crushrc can't contain zero bytes, or text that is not Unicode", hint="remove these characters")
    if not _GARBLED.search(text):
        return word(text, "bash")
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    escaped = _GARBLED.sub(lambda match: f"\\u{ord(match.group()):04x}", escaped)
    return f"$'{escaped}'"


def model_reference(provider: str, model: str) -> str:
    """`PROVIDER/MODEL` as one word. Raises Refused for a provider id that Crush would cut in two at its slash."""
    if "/" in provider:
        raise Refused(
            f"a crushrc can't name the models of `{provider}`: its id has a slash",
            hint="give the provider an id without a slash, or write it to crush.json with --format json",
        )
    return spelled(f"{provider}/{model}")


def provider_command(provider: str, entry: Mapping[str, Any], end: str) -> str:
    """`provider add ID ...` with all that the entry says but its models; lines are parted by `end`."""
    flags = [flag_words(*field) for field in fields(entry, PROVIDER_FLAGS)]
    return folded(["provider add " + spelled(provider), *flags], end)


def model_command(provider: str, model: Mapping[str, Any], end: str) -> str:
    """`model add PROVIDER/MODEL ...` with all that the model's entry says."""
    flags = [flag_words(*field) for field in fields(model, MODEL_FLAGS)]
    return folded([f"model add {model_reference(provider, str(model['id']))}", *flags], end)


def selection_command(slot: Slot, selection: Mapping[str, Any], end: str) -> str:
    """`model large PROVIDER/MODEL ...` with all that the selection says."""
    flags = [flag_words(*field) for field in fields(selection, SLOT_FLAGS)]
    return folded([f"model {slot} {model_reference(selection['provider'], selection['model'])}", *flags], end)


def folded(parts: Sequence[str], end: str) -> str:
    """The parts of a command on as few lines of WIDTH characters as hold them."""
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) < WIDTH - 2:
            lines[-1] += f" {part}"
        else:
            lines.append(f"  {part}")
    return f" \\{end}".join(lines)

"""A crushrc under change. What a plain command at the top level says is changed in place, in that command alone;
everything else is added to one marked block, which ends with a command that succeeds (crush-behaviour 5.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from wizard.config.crushrc_commands import (
    MODEL_FLAGS,
    PROVIDER_FLAGS,
    WIDTH,
    Computed,
    expressible,
    fields,
    flag_words,
    model_command,
    model_reference,
    provider_command,
    spelled,
    value_word,
)
from wizard.config.crushrc_reading import is_certain, last_setting
from wizard.config.document import DropValue, PutProvider, PutValue, RemoveProvider, SelectModel
from wizard.config.edit import TextEdit, apply_edits
from wizard.config.json_faults import position
from wizard.config.json_syntax import same
from wizard.config.start_file import BEGIN, END
from wizard.errors import Conflict, InvalidConfig, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from wizard.config.crushrc_commands import Command, FieldPath, Flag
    from wizard.config.crushrc_reading import Definition, Reading
    from wizard.config.document import Change
    from wizard.provider.model import Slot

LAST = "true"
"""The block's last command: a script that ends with a failing one keeps Crush from starting."""

_MARK = f"(?:{re.escape(BEGIN)}|{re.escape(END)})"
_BLOCK = re.compile(
    rf"^{re.escape(BEGIN)}[ \t]*\r?\n(?:(?!{_MARK}|{LAST}[ \t]*\r?\n{re.escape(END)}).*\n)*?"
    rf"(?P<last>{LAST}[ \t]*\r?\n)?(?P<end>{re.escape(END)}[ \t]*\r?$)",
    re.MULTILINE,
)
_BEGIN = re.compile(rf"^{re.escape(BEGIN)}[ \t]*\r?$", re.MULTILINE)
_ABOVE = re.compile(r"\\\r?\n[ \t]*\Z")
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_SURE = frozenset(("provider", "model", "mcp", "lsp", "permissions", "hook", "option", "true", ":", "echo", "export"))


class Draft:
    """The text after the edits so far. `read` reads one; it raises InvalidConfig for what is no script."""

    def __init__(self, text: str, path: Path | str, read: Callable[[str], Reading]) -> None:
        self.path = path
        self.edits: list[TextEdit] = []
        self._read = read
        self._file = text
        self.reading = read(text)

    def make(self, change: Change) -> None:
        """Raises Refused for what this file can't say, or can't be made to say for certain."""
        if isinstance(change, PutValue):
            change = _as_merge(change, self.path)
        edits = tuple(_Edits(self.reading, self.path, self._place).making(change))
        if not edits:
            return
        after = self._read(apply_edits(self.reading.text, edits))
        if self.reading.script is not None:
            _verify(self.reading, after, change, self.path)
        self.edits += edits
        self.reading = after

    def _place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, in the file as the user has it, of an offset in the text after the edits so far."""
        for edit in reversed(self.edits):
            if offset >= edit.offset + len(edit.text):
                offset += edit.length - len(edit.text)
        return position(self._file, offset)


def _as_merge(change: PutValue, path: Path | str) -> PutProvider:
    match change.key_path:
        case ("providers", str(provider), str(key)):
            return PutProvider(provider, {key: change.value}, "merge")
        case ("providers", str(provider), "extra_headers", str(header)):
            return PutProvider(provider, {"extra_headers": {header: change.value}}, "merge")
    raise _unreachable(change.key_path, path)


def _unreachable(key_path: tuple[str | int, ...], path: Path | str) -> Refused:
    return Refused(f"a crushrc can't be changed at {'.'.join(map(str, key_path))}", hint="edit it by hand", path=path)


class _Edits:
    """The edits for one change of one text, gathered and then put in an order in which their offsets hold."""

    def __init__(self, reading: Reading, path: Path | str, place: Callable[[int], tuple[int, int]]) -> None:
        self.reading = reading
        self._place = place
        self.text = reading.text
        self.path = path
        self.newline = "\r\n" if 0 < self.text.count("\n") == self.text.count("\r\n") else "\n"
        self._edits: list[TextEdit] = []
        self._added: dict[int, list[str]] = {}
        self._commands: dict[int, Command] = {}
        self._block: list[str] = []

    def making(self, change: Change) -> Iterator[TextEdit]:
        """The last place in the text first."""
        match change:
            case PutProvider(provider, entry, "merge"):
                self._merge(provider, expressible(entry))
            case PutProvider(provider, entry, _):
                self._replace(provider, expressible(entry))
            case SelectModel(slot, provider, model):
                self._select(slot, provider, model)
            case RemoveProvider(provider):
                self._remove(provider)
            case DropValue(key_path):
                self._drop(key_path)
        edits = [*self._edits, *self._flags_added(), *self._block_edit(_subject(change))]
        return iter(sorted(edits, key=lambda edit: edit.offset, reverse=True))

    # Providers

    def _merge(self, provider: str, entry: Mapping[str, Any]) -> None:
        """Set what differs, field by field; models by id."""
        if provider in self.reading.scanned:
            raise Refused(
                f"{provider} is in this crushrc already, and changing it takes the parser of shfmt-py",
                hint="pip install shfmt-py, or use --replace",
                path=self.path,
            )
        known = self.reading.providers.get(provider)
        if known is None:
            self._append_provider(provider, entry)
            return
        rest: dict[str, Any] = {}
        for flag, field, value in fields(entry, PROVIDER_FLAGS):
            merged = _merged_field(known.entry, field, value)
            if not self._set(known.commands, flag, field, merged):
                rest |= _nested(rest, field, merged)
        new = [model for model in entry.get("models", ()) if not self._merge_model(known, model)]
        if rest or (new and self._is_declared_late(known)):
            self._block.append(provider_command(provider, rest, self.newline))
        self._block += [model_command(provider, model, self.newline) for model in new]

    def _merge_model(self, known: Definition, model: Mapping[str, Any]) -> bool:
        """Change the command of a model that is there; False: there is none."""
        command = known.models.get(str(model["id"]))
        if command is None:
            return False
        for flag, field, value in fields(model, MODEL_FLAGS):
            if not self._set([command], flag, field, value):
                self._refuse_command(command)
        return True

    def _refuse_command(self, command: Command) -> NoReturn:
        line, column = self._place(command.statement.start)
        raise Conflict(
            f"`model add {command.provider}/{command.model}` has words that only running the script would tell",
            hint="change this line by hand, or replace the whole provider: --replace",
            path=self.path,
            line=line,
            column=column,
        )

    def _is_declared_late(self, known: Definition) -> bool:
        """`model add` needs its provider declared before it (crush-behaviour 5.4)."""
        return known.commands[0].statement.start > self._block_start()

    def _append_provider(self, provider: str, entry: Mapping[str, Any], *, anew: bool = False) -> None:
        if anew:
            self._block += [f"provider add {spelled(provider)}", f"provider remove {spelled(provider)}"]
        self._block.append(provider_command(provider, entry, self.newline))
        self._block += [model_command(provider, model, self.newline) for model in entry.get("models", ())]

    def _replace(self, provider: str, entry: Mapping[str, Any]) -> None:
        """The new commands stand where the first one stood; the others go."""
        known = self.reading.providers.get(provider)
        if known is None:
            self._append_provider(provider, entry, anew=self._is_placed(provider))
            return
        if same(known.entry, entry) and is_certain(known):
            return
        first, *rest = self.reading.about(provider)
        models = [model_command(provider, model, self.newline) for model in entry.get("models", ())]
        lines = self.newline.join((provider_command(provider, entry, self.newline), *models))
        self._put(first.statement.start, first.statement.end, lines)
        self._take_out(rest)

    def _remove(self, provider: str) -> None:
        """Commands that may run only sometimes can't be found out; what they build is then removed at the end."""
        if self._is_placed(provider):
            self._block += [f"provider add {spelled(provider)}", f"provider remove {spelled(provider)}"]
        else:
            self._take_out(self.reading.about(provider))

    def _is_placed(self, provider: str) -> bool:
        return any(place.provider == provider for place in self.reading.places)

    # Slots and single values

    def _select(self, slot: Slot, provider: str, model: str) -> None:
        reference = model_reference(provider, model)
        commands = self.reading.slot(slot)
        if not commands:
            self._block.append(f"model {slot} {reference}")
        elif (commands[-1].provider, commands[-1].model) != (provider, model):
            word = commands[-1].reference
            self._put(word.start, word.end, reference)

    def _drop(self, key_path: tuple[str | int, ...]) -> None:
        """Take the flags out that set one field of a provider."""
        match key_path:
            case ("providers", str(provider), *rest) if provider in self.reading.providers and rest:
                known = self.reading.providers[provider]
            case _:
                raise _unreachable(key_path, self.path)
        for command in known.commands:
            for setting in command.settings:
                if setting.path == tuple(rest):
                    start = len(_ABOVE.sub("", self.text[: setting.flag.start]).rstrip(" \t"))
                    self._put(start, setting.word.end, "")

    # Edits

    def _set(self, commands: Sequence[Command], flag: Flag, field: FieldPath, value: Any) -> bool:
        """Make commands say this; False: they can't be made to, for words in them are not known."""
        found = last_setting(commands, field)
        if found and not isinstance(found[1].value, Computed) and same(found[1].value, value):
            return True
        if not commands[-1].clear or (found and not found[0].clear):
            return False
        if found:
            self._put(found[1].word.start, found[1].word.end, value_word(flag.kind, value))
        else:
            self._commands[commands[-1].statement.end] = commands[-1]
            self._added.setdefault(commands[-1].statement.end, []).append(flag_words(flag, field, value))
        return True

    def _put(self, start: int, end: int, text: str) -> None:
        self._edits.append(TextEdit(start, end - start, text))

    def _flags_added(self) -> Iterator[TextEdit]:
        for end, flags in self._added.items():
            added = ""
            for flag in flags:
                added += self._separator(self._commands[end], self.text[:end] + added, flag) + flag
            yield TextEdit(end, 0, added)

    def _separator(self, command: Command, before: str, flag: str) -> str:
        """New flags stand as those before them do: each on a line of its own, or on the same while it is short."""
        above = _ABOVE.search(self.text[: command.settings[-1].flag.start]) if command.settings else None
        if above:
            return f" {above.group()}"
        width = len(before) - before.rfind("\n") + len(flag)
        return " " if width < WIDTH else f" \\{self.newline}  "

    def _take_out(self, commands: Iterable[Command]) -> None:
        for command in commands:
            statement = command.statement
            start, end = statement.start, max(statement.end, statement.separator_end)
            line_start = self.text.rfind("\n", 0, start) + 1
            rest = _REST_OF_LINE.match(self.text, end)
            if self._is_needed_last(command):
                self._put(start, statement.end, LAST)
            elif rest and not self.text[line_start:start].strip():
                self._put(line_start, rest.end(), "")
            elif rest:
                self._put(len(self.text[:start].rstrip(" \t")), end, "")
            else:
                self._put(start, len(self.text) - len(self.text[end:].lstrip(" \t")), "")

    def _is_needed_last(self, command: Command) -> bool:
        """Whether the script would end with a command that may fail."""
        statements = self.reading.statements
        if not statements or statements[-1] is not command.statement:
            return False
        gone = {one.statement.start for one in self.reading.about(command.provider)}
        rest = [one for one in statements if one.start not in gone]
        return bool(rest) and not (rest[-1].words and rest[-1].words[0].value in _SURE)

    # The block

    def _block_start(self) -> int:
        found = _BLOCK.search(self.text)
        return found.start() if found else len(self.text)

    def _block_edit(self, subject: tuple[str, str]) -> Iterator[TextEdit]:
        if not self._block:
            return
        if _BEGIN.search(self.text) and not _BLOCK.search(self.text):
            self._refuse_open_block()
        lines = "".join(line + self.newline for line in self._block)
        found = _BLOCK.search(self.text)
        if found is None:
            self._refuse_dead(len(self.text))
            yield self._new_block(lines)
            return
        start = found.start("last") if found["last"] else found.start("end")
        self._refuse_dead(start)
        self._refuse_later(found.end(), *subject)
        yield TextEdit(start, 0, lines if found["last"] else f"{lines}{LAST}{self.newline}")

    def _new_block(self, lines: str) -> TextEdit:
        """At the end; a last line that is not ended stays the only thing that has changed its place."""
        block = f"{BEGIN}{self.newline}{lines}{LAST}{self.newline}{END}{self.newline}"
        if not self.text:
            return TextEdit(0, 0, block)
        if self.text.endswith("\n"):
            return TextEdit(len(self.text), 0, self.newline + block)
        return TextEdit(len(self.text), 0, self.newline * 2 + block.removesuffix(self.newline))

    def _refuse_open_block(self) -> NoReturn:
        begin = _BEGIN.search(self.text)
        raise InvalidConfig(
            f"the block that begins with `{BEGIN}` has no end",
            path=self.path,
            line=self._place(begin.start() if begin else 0)[0],
            hint=f"take it out, or add the line `{END}` behind it",
        )

    def _refuse_dead(self, offset: int) -> None:
        end = self.reading.end
        if end and end.start < offset:
            line, column = self._place(end.start)
            raise Conflict(
                f"the script ends itself here with `{end.words[0].value}`, so nothing behind it would count",
                hint="take that line out, or use --format json",
                path=self.path,
                line=line,
                column=column,
            )

    def _refuse_later(self, end: int, provider: str, slot: str) -> None:
        """What stands behind the block and is about the same would have the last word."""
        later = [command.statement.start for command in self.reading.about(provider)]
        later += [
            place.start
            for place in self.reading.places
            if (provider and place.provider == provider) or (slot and place.slot == slot)
        ]
        last = max(later, default=0)
        if last > end:
            line, column = self._place(last)
            what = f"provider {provider}" if provider else f"{slot} model"
            raise Conflict(
                f"this stands behind the lines of crush-wizard, and would overrule what they say about the {what}",
                hint=f"move the lines from `{BEGIN}` to `{END}` to the end of the file",
                path=self.path,
                line=line,
                column=column,
            )


def _subject(change: Change) -> tuple[str, str]:
    """The provider or the slot that a change is about."""
    match change:
        case PutProvider(provider) | RemoveProvider(provider):
            return provider, ""
        case SelectModel(slot):
            return "", slot
        case PutValue(("providers", str(provider), *_)) | DropValue(("providers", str(provider), *_)):
            return provider, ""
    return "", ""


def _merged_field(entry: Mapping[str, Any], field: FieldPath, value: Any) -> Any:
    return _merged(entry.get(field[0]), value) if len(field) == 1 else value


def _merged(old: Any, new: Any) -> Any:
    """Objects merge key by key, as they do in crush.json."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
    return new


def _nested(entry: Mapping[str, Any], field: FieldPath, value: Any) -> dict[str, Any]:
    """The entry with one more field in it."""
    return {field[0]: value if len(field) == 1 else {**entry.get(field[0], {}), field[1]: value}}


# Checking what came out


def _verify(before: Reading, after: Reading, change: Change, path: Path | str) -> None:
    """Raises Refused unless the new text says what was planned, and everything else as it did."""
    provider, slot = _subject(change)
    if not (_says(before, after, change) and _says_the_rest(before, after, provider, slot)):
        raise Refused(
            "the change can't be made in this script without changing what else it says",
            hint="edit the file by hand, or use --format json",
            path=path,
        )


def _says(before: Reading, after: Reading, change: Change) -> bool:
    match change:
        case PutProvider(provider, entry, mode):
            old = before.entry(provider) if mode == "merge" else None
            return same(_by_id(after.entry(provider)), _planned(old, expressible(entry)))
        case SelectModel(slot, provider, model):
            planned = {**(before.selection(slot) or {}), "provider": provider, "model": model}
            return same(after.selection(slot), planned)
        case RemoveProvider(provider):
            return after.entry(provider) is None
        case DropValue(("providers", str(provider), *rest)):
            return last_setting(after.providers[provider].commands, tuple(map(str, rest))) is None
    return False


def _by_id(entry: Mapping[str, Any] | None) -> dict[str, Any]:
    models = {model["id"]: model for model in (entry or {}).get("models", ())}
    return {**(entry or {}), "models": models}


def _planned(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> dict[str, Any]:
    planned: dict[str, Any] = _merged(_by_id(old), _by_id(new))
    return planned


def _says_the_rest(before: Reading, after: Reading, provider: str, slot: str) -> bool:
    return _rest(before, provider, slot) == _rest(after, provider, slot)


def _rest(reading: Reading, provider: str, slot: str) -> list[str]:
    """The source of every statement that is not about the change, but for `true`."""
    own = {command.statement.start for command in reading.about(provider)} if provider else set()
    own |= {command.statement.start for command in reading.commands if command.verb == slot}
    statements = reading.script.statements if reading.script else ()
    texts = (reading.text[one.start : one.end] for one in statements if one.start not in own)
    return [text for text in texts if text != LAST]

"""A crushrc under change. What a plain command at the top level says is changed in place, in that command alone;
everything else is added to one marked block, which ends with a command that succeeds (crush-behaviour 5.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from wizard.documents.crushrc.block import LAST, Block, emptied_block, succeeds
from wizard.documents.crushrc.check import merged, subject, verify
from wizard.documents.crushrc.commands import MODEL_FLAGS, PROVIDER_FLAGS, SLOT_FLAGS, Computed
from wizard.documents.crushrc.reading import is_certain, last_setting
from wizard.documents.crushrc.setting_commands import SETTINGS, setting_commands
from wizard.documents.crushrc.spelling import (
    WIDTH,
    expressible,
    expressible_selection,
    fields,
    flag_words,
    model_command,
    model_reference,
    provider_command,
    selection_command,
    spelled,
    value_word,
)
from wizard.documents.document import (
    Deselect,
    DropValue,
    PutProvider,
    PutValue,
    RemoveModel,
    RemoveProvider,
    SelectModel,
)
from wizard.documents.json.faults import position
from wizard.documents.json.syntax import same
from wizard.errors import Conflict, Refused
from wizard.files.edit import TextEdit, apply_edits
from wizard.regexp import regexp

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence
    from pathlib import Path

    from wizard.documents.crushrc.commands import Command, FieldPath, Flag
    from wizard.documents.crushrc.reading import Definition, Reading, SettingCommand, UncertainPlace
    from wizard.documents.crushrc.setting_commands import SettingPath
    from wizard.documents.document import Change
    from wizard.provider.model import Slot

_ABOVE = regexp(r"\\\r?\n[ \t]*\Z")
_REST_OF_LINE = regexp(r"[ \t]*(?P<comment>#[^\n]*)?(?:\r?\n|\Z)")


class CrushrcDraft:
    """The text after the edits so far. `read` reads one; it raises InvalidConfig for what is no script.

    `keep_comments`: a comment at the end of a line stays when the command before it goes.
    """

    def __init__(
        self, text: str, path: Path | str, read: Callable[[str], Reading], *, keep_comments: bool = False
    ) -> None:
        self.path = path
        self.edits: list[TextEdit] = []
        self._read = read
        self._keep_comments = keep_comments
        self._file = text
        self.reading = read(text)

    def make_all(self, changes: Sequence[Change]) -> None:
        """Raises Refused for what this file can't say, or can't be made to say for certain.

        Each edit's outcome is read again. What is new one after the other is one edit, so that many providers do not
        take the square of the time of one.
        """
        new: list[Change] = []
        for change in (_settled(change, self.path) if isinstance(change, PutValue) else change for change in changes):
            if new and not (_is_new(change, self.reading) and _named(change) not in map(_named, new)):
                self._make(new)
                new = []
            if _is_new(change, self.reading):
                new.append(change)
            else:
                self._make([change])
        if new:
            self._make(new)

    def _make(self, changes: Sequence[Change]) -> None:
        edits = tuple(_Edits(self.reading, self.path, self._place, keep_comments=self._keep_comments).making(changes))
        if not edits:
            return
        after = self._read(apply_edits(self.reading.text, edits))
        if (emptied := emptied_block(after)) is not None:
            edits = (*edits, emptied)
            after = self._read(emptied.apply(after.text))
        if self.reading.script is not None:
            verify(self.reading, after, changes, self.path)
        self.edits += edits
        self.reading = after

    def _place(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1, in the file as the user has it, of an offset in the text after the edits so far."""
        for edit in reversed(self.edits):
            if offset >= edit.offset + len(edit.text):
                offset += edit.length - len(edit.text)
        return position(self._file, offset)


def _settled(change: PutValue, path: Path | str) -> PutProvider | PutValue:
    """The change as one of a whole provider or a whole slot."""
    match change.key_path:
        case ("providers", str(provider), str(key)):
            return PutProvider(provider, {key: change.value}, "merge")
        case ("providers", str(provider), "extra_headers", str(header)):
            return PutProvider(provider, {"extra_headers": {header: change.value}}, "merge")
        case ("models", "large" | "small") if isinstance(change.value, Mapping):
            return change
        case (str(section), str()) if section in SETTINGS:
            return change
    raise _unreachable(change.key_path, path)


def _is_new(change: Change, reading: Reading) -> bool:
    """Whether it only adds what the script says nothing about."""
    match change:
        case PutProvider(provider):
            known = provider in reading.providers or provider in reading.scanned
            return not known and not any(place.provider == provider for place in reading.places)
        case PutValue(("models", "large" | "small" as slot)) | SelectModel(slot):
            return not reading.slot(slot) and not any(place.slot == slot for place in reading.places)
        case PutValue((str(section), str(name))):
            return (section, name) not in reading.settings
    return False


def _named(change: Change) -> tuple[str | int, ...]:
    """What a new provider, slot or setting is told by."""
    return change.key_path if isinstance(change, PutValue) and change.key_path[0] in SETTINGS else subject(change)


def _unreachable(key_path: tuple[str | int, ...], path: Path | str) -> Refused:
    return Refused(f"a crushrc can't be changed at {'.'.join(map(str, key_path))}", hint="edit it by hand", path=path)


class _Edits:
    """The edits for one change of one text, gathered and then put in an order in which their offsets hold."""

    def __init__(
        self, reading: Reading, path: Path | str, place: Callable[[int], tuple[int, int]], *, keep_comments: bool
    ) -> None:
        self.reading = reading
        self._keep_comments = keep_comments
        self._place = place
        self.text = reading.text
        self.path = path
        self.newline = "\r\n" if 0 < self.text.count("\n") == self.text.count("\r\n") else "\n"
        self._edits: list[TextEdit] = []
        self._added: dict[int, list[str]] = {}
        self._commands: dict[int, Command] = {}
        self._block: list[str] = []
        self._marked = Block(reading, path, self.newline, place)

    def making(self, changes: Sequence[Change]) -> Iterator[TextEdit]:
        """The last place in the text first. Several changes are all about something new."""
        for change in changes:
            self._gather(change)
        about = subject(changes[0]) if len(changes) == 1 else ("", "")
        added = (self._marked.addition(self._block, *about),) if self._block else ()
        edits = [*self._edits, *self._flags_added(), *added]
        return iter(sorted(edits, key=lambda edit: edit.offset, reverse=True))

    def _gather(self, change: Change) -> None:
        match change:
            case PutProvider(provider, entry, "merge"):
                self._merge(provider, expressible(entry))
            case PutProvider(provider, entry, _):
                self._replace(provider, expressible(entry))
            case SelectModel(slot, provider, model):
                self._select(slot, provider, model)
            case PutValue(("models", "large" | "small" as slot), selection):
                self._put_selection(slot, expressible_selection(selection))
            case RemoveProvider(provider):
                self._remove(provider)
            case RemoveModel(provider, model):
                self._remove_model(provider, model)
            case Deselect(slot):
                self._deselect(slot)
            case PutValue((str(section), str(name)), value):
                self._put_setting((section, name), value)
            case DropValue((str(section), str(name))) if section in SETTINGS:
                self._take_out(self.reading.settings.get((section, name), ()))
            case DropValue(key_path):
                self._drop(key_path)

    # Providers

    def _merge(self, provider: str, entry: Mapping[str, Any]) -> None:
        """Set what differs, field by field; models by id."""
        if provider in self.reading.scanned:
            raise Refused(
                f"{provider} is already in this crushrc, and changing it needs the parser of shfmt-py",
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
            f"`model add {command.provider}/{command.model}` can't be changed: parts of it are computed by the script",
            hint="change this line by hand, or replace the whole provider: --replace",
            path=self.path,
            line=line,
            column=column,
        )

    def _is_declared_late(self, known: Definition) -> bool:
        """`model add` needs its provider declared before it (crush-behaviour 5.4)."""
        return known.commands[0].statement.start > self._marked.added_at

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
        commands = self.reading.about(provider)
        places = [place for place in self.reading.places if place.provider == provider]
        followers = self.reading.followers(provider)
        if not places and not (followers and commands):
            self._take_out(commands)
        elif self._is_removed([command for command in commands if command.noun == "provider"], (*places, *followers)):
            return
        elif places:
            self._block += [f"provider add {spelled(provider)}", f"provider remove {spelled(provider)}"]
        else:
            self._block.append(f"provider remove {spelled(provider)}")
            self._strip(provider, commands)

    def _strip(self, provider: str, commands: Sequence[Command]) -> None:
        """Leave nothing of a provider but that there is one, for what may add models to it."""
        first, *rest = commands
        self._put(first.statement.start, first.statement.end, f"provider add {spelled(provider)}")
        self._take_out(rest)

    def _remove_model(self, provider: str, model: str) -> None:
        """As for a provider. A model that is added before it is removed makes sure that there is one to remove."""
        own = [command for command in self.reading.about(provider) if command.model == model]
        places = [place for place in self.reading.places if (place.provider, place.model) == (provider, model)]
        if not places:
            self._take_out(own)
        elif not self._is_removed(own, places):
            self._block += [*self._declaration(provider, places[0]), *self._removal(provider, model)]

    def _is_removed(self, commands: Sequence[Command], places: Iterable[UncertainPlace]) -> bool:
        """Whether a removal has the last word already."""
        last = commands[-1] if commands else None
        end = max(place.start for place in places)
        return last is not None and last.verb == "remove" and last.statement.start > end

    def _removal(self, provider: str, model: str) -> tuple[str, str]:
        reference = model_reference(provider, model)
        return f"model add {reference}", f"model remove {reference}"

    def _declaration(self, provider: str, place: UncertainPlace) -> tuple[str, ...]:
        """What has to stand before a model is added at the end. Raises Refused where it is not known if anything."""
        if provider in self.reading.scanned:
            return (f"provider add {spelled(provider)}",)
        known = self.reading.providers.get(provider)
        if known is None:
            self._refuse_at(place.start, f"whether the script sets up {provider} can't be known without running it")
        return (f"provider add {spelled(provider)}",) if self._is_declared_late(known) else ()

    def _refuse_at(self, start: int, message: str) -> NoReturn:
        line, column = self._place(start)
        raise Conflict(message, hint="change this line by hand", path=self.path, line=line, column=column)

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

    def _put_selection(self, slot: Slot, selection: Mapping[str, Any]) -> None:
        """All that a slot says: set where it is set already, else added."""
        commands = self.reading.slot(slot)
        if not commands:
            self._block.append(selection_command(slot, selection, self.newline))
            return
        self._select(slot, selection["provider"], selection["model"])
        for flag, field, value in fields(selection, SLOT_FLAGS):
            if not self._set(commands, flag, field, value):
                self._refuse_at(commands[-1].statement.start, "parts of this can't be known without running the script")
        self._drop_settings(commands, lambda path: path[0] not in selection)

    def _put_setting(self, path: SettingPath, value: Any) -> None:
        """A new one; or an option with one value, which takes the place of the last command about it."""
        own, commands = self.reading.settings.get(path, ()), setting_commands(path, value, self.newline)
        if commands is None or (own and len(commands) != 1):
            raise _unreachable(path, self.path)
        if same(self.reading.setting(path), value):
            return
        if not own:
            self._block += commands
            return
        (command,) = commands
        *rest, last = own
        self._put(last.statement.start, last.statement.end, command)
        self._take_out(rest)

    def _deselect(self, slot: Slot) -> None:
        place = next((place for place in self.reading.places if place.slot == slot), None)
        if place is not None:
            self._refuse_at(place.start, f"the {slot} model is set here {place.why}, and no later line can undo that")
        self._take_out(self.reading.slot(slot))

    def _drop(self, key_path: tuple[str | int, ...]) -> None:
        """Take the flags out that set a field of a provider, or several below one."""
        match key_path:
            case ("providers", str(provider), *rest) if provider in self.reading.providers and rest:
                known = self.reading.providers[provider]
            case _:
                raise _unreachable(key_path, self.path)
        self._drop_settings(known.commands, lambda path: path[: len(rest)] == tuple(rest))

    def _drop_settings(self, commands: Iterable[Command], is_gone: Callable[[FieldPath], bool]) -> None:
        for command in commands:
            for setting in command.settings:
                if is_gone(setting.path):
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

    def _take_out(self, commands: Sequence[Command | SettingCommand]) -> None:
        gone = {command.statement.start for command in commands}
        for command in commands:
            statement = command.statement
            start, end = statement.start, max(statement.end, statement.separator_end)
            line_start = self.text.rfind("\n", 0, start) + 1
            rest = _REST_OF_LINE.match(self.text, end)
            if self._is_needed_last(command, gone):
                self._put(start, statement.end, LAST)
            elif rest and not self.text[line_start:start].strip():
                self._put_line(line_start, start, rest)
            elif rest:
                self._put(len(self.text[:start].rstrip(" \t")), end, "")
            else:
                self._put(start, len(self.text) - len(self.text[end:].lstrip(" \t")), "")

    def _put_line(self, line_start: int, start: int, rest: re.Match[str]) -> None:
        """Take a whole line out, but for its comment where that is to stay."""
        if self._keep_comments and rest["comment"]:
            self._put(start, rest.start("comment"), "")
        else:
            self._put(line_start, rest.end(), "")

    def _is_needed_last(self, command: Command | SettingCommand, gone: Container[int]) -> bool:
        """Whether the script would end with a command that may fail. What is added behind it ends well."""
        if self._block and command.statement.start < self._marked.start:
            return False
        statements = self.reading.statements
        if not statements or statements[-1] is not command.statement:
            return False
        rest = [statement for statement in statements if statement.start not in gone]
        return bool(rest) and not succeeds(rest[-1])


def _merged_field(entry: Mapping[str, Any], field: FieldPath, value: Any) -> Any:
    return merged(entry.get(field[0]), value) if len(field) == 1 else value


def _nested(entry: Mapping[str, Any], field: FieldPath, value: Any) -> dict[str, Any]:
    """The entry with one more field in it."""
    return {field[0]: value if len(field) == 1 else {**entry.get(field[0], {}), field[1]: value}}

"""A crushrc: read without being run, changed without touching what was not asked for.

Where the parser is missing (shfmt-py has no build for every system), nothing in the file is known but the ids in
it; new providers can still be added at its end.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from wizard.documents.crushrc.draft import CrushrcDraft
from wizard.documents.crushrc.reading import Reading, last_setting, lines
from wizard.documents.crushrc.setting_commands import SETTINGS, setting_of
from wizard.documents.crushrc.spelling import inexpressible
from wizard.documents.crushrc.syntax import EMPTY, check_text, find_parser, parse
from wizard.documents.crushrc.telling import Outside
from wizard.documents.document import PutProvider, PutValue, RemoveProvider, SelectModel
from wizard.documents.json.faults import position, refuse
from wizard.expansion.mask import Mask
from wizard.expansion.plain_secrets import plain_secrets
from wizard.files.shell import quoted
from wizard.words import by_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from wizard.documents.crushrc.reading import UncertainPlace
    from wizard.documents.crushrc.refusals import FatalCommand
    from wizard.documents.crushrc.setting_commands import SettingPath
    from wizard.documents.document import Change
    from wizard.files.edit import TextEdit
    from wizard.provider.model import Slot

UNREAD = (
    "the parser for crushrc files is not installed (pip install shfmt-py): changes are added at the end of the file"
)


class CrushrcDocument:
    """`text` None: the file is new.

    An entry is told in the terms of crush.json. A value that only running the script would tell is there as the
    script spells it, a Computed. Raises InvalidConfig for what bash could not read.
    """

    format = "crushrc"

    def __init__(self, text: str | None, path: Path | str) -> None:
        self.text = text
        self.path = path
        self._reading = self._read(text or "")

    @property
    def value(self) -> dict[str, Any]:
        """Everything in the file that may be worth hiding, as plain values."""
        return self._reading.value

    @property
    def tree(self) -> dict[str, Any]:
        """What the file says for certain, in the terms of crush.json."""
        return self._reading.tree

    def at(self, environ: Mapping[str, str], folder: Path, exists: Callable[[Path], bool]) -> CrushrcDocument:
        """The same file, told as it comes out where Crush runs it: in its folder, with these variables and files.

        That one is to be read, not to be changed.
        """
        told = copy(self)
        told._reading = replace(self._reading, outside=Outside(environ, folder, exists))
        return told

    @property
    def is_idle(self) -> bool:
        """Whether the script sets nothing: empty, only comments, `exit 0`, `echo` (crush-behaviour 5.2)."""
        return self._reading.is_idle

    @property
    def is_read(self) -> bool:
        """Whether it is known what the script says: not without the parser."""
        return self._reading.script is not None

    @property
    def places(self) -> tuple[UncertainPlace, ...]:
        """Where providers, models or slots are, or may be, set in a way that only running the script would tell."""
        return self._reading.places

    def check_commands(self) -> None:
        """Raise InvalidConfig for a plain command at which Crush stops for certain (crush-behaviour 5.2)."""
        found = self._reading.course and self._reading.course.stop
        if found:
            hint = found.hint or "Crush does not start with this script: fix it"
            refuse(self._reading.text, found.start, self.path, found.message, hint)

    def may_stop(self) -> tuple[FatalCommand, int, int] | None:
        """Where Crush stops if something fails that only running the script would tell, with line and column."""
        found = self._reading.course and self._reading.course.may_stop
        return (found, *position(self._reading.text, found.start)) if found else None

    def numbered_places(self) -> tuple[tuple[UncertainPlace, int], ...]:
        """These places, each with its line."""
        return tuple(zip(self.places, lines(self._reading.text, self.places), strict=True))

    def passed_over(self) -> tuple[tuple[UncertainPlace, int], ...]:
        """The same for what the script says where it does not come to, as far as that is certain."""
        places = self._reading.passed_over
        return tuple(zip(places, lines(self._reading.text, places), strict=True))

    def line_of(self, place: UncertainPlace) -> int:
        """The line of one of these places, from 1."""
        return next(lines(self._reading.text, (place,)))

    def followers(self, provider: str) -> tuple[UncertainPlace, ...]:
        """Where commands that are not seen may add models to a provider: it has to stay declared before them."""
        return self._reading.followers(provider)

    def known_lines(self) -> frozenset[int]:
        """The lines, from 1, of plain commands about providers and models in which the script computes nothing."""
        text = self._reading.text
        statements = (command.statement for command in self._reading.commands)
        plain = (found for found in statements if not any(word.computed for word in found.words))
        numbers = ((text.count("\n", 0, found.start) + 1, text.count("\n", 0, found.end) + 1) for found in plain)
        return frozenset(number for first, last in numbers for number in range(first, last + 1))

    def is_clear(self, provider: str) -> bool:
        """Whether every command about a provider is told in words that are known one by one."""
        return all(command.clear for command in self._reading.about(provider))

    def is_slot_clear(self, slot: Slot) -> bool:
        """The same for a model slot."""
        return all(command.clear for command in self._reading.slot(slot))

    def provider_ids(self) -> tuple[str, ...]:
        return (*self._reading.providers, *self._reading.scanned)

    def provider(self, provider_id: str) -> dict[str, Any] | None:
        return {} if provider_id in self._reading.scanned else self._reading.entry(provider_id)

    def selection(self, slot: Slot) -> dict[str, Any] | None:
        return self._reading.selection(slot)

    def may_select(self, slot: Slot) -> bool:
        return self.selection(slot) is not None or any(place.slot == slot for place in self.places)

    def position(self, key_path: tuple[str | int, ...]) -> tuple[int, int] | None:
        start = self._start(key_path)
        return None if start is None else position(self._reading.text, start)

    def edits(self, changes: Sequence[Change], *, keep_comments: bool = False) -> tuple[TextEdit, ...]:
        """The edits, each on the text that the one before left; none if the file says all of it already.

        `keep_comments`: a comment at the end of a line stays where the command before it goes; one on a line of its
        own always does. Raises Refused for a change that the script does not allow: each edit's outcome is read
        again before it counts.
        """
        draft = CrushrcDraft(self.text or "", self.path, self._read, keep_comments=keep_comments)
        draft.make_all(changes)
        return tuple(draft.edits)

    def inexpressible(self, entry: Mapping[str, Any]) -> tuple[str, ...]:
        return inexpressible(entry)

    def left_out(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """Fields of the provider itself may stand in the crush.json beside it: objects of both files add up.

        Lists do, too, so a model can't be told in two files (crush-behaviour 1.4): its whole provider has to go there.
        """
        puts = [change for change in changes if isinstance(change, PutProvider) and inexpressible(change.entry)]
        return tuple(f"a crushrc does not support {_fields_of(put)}: left out ({self._other_way(put)})" for put in puts)

    def unsaid(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """What the changes ask for and no crushrc can say: the fields of each provider, and the variable of Crush."""
        puts = (change for change in changes if isinstance(change, PutProvider) and inexpressible(change.entry))
        paths = (change.key_path for change in changes if isinstance(change, PutValue))
        return (*map(_fields_of, puts), *(f"env.{path[1]}" for path in paths if path[0] == "env"))

    def setting(self, path: SettingPath) -> Any:
        """What the script says for certain at a path such as ("mcp", "files"); None: nothing."""
        return self._reading.setting(path)

    def setting_paths(self) -> tuple[SettingPath, ...]:
        """All that commands beside those about providers and models say something about, wherever they stand."""
        calls = (call for statement in self._reading.statements for call in statement.calls)
        return tuple(dict.fromkeys(path for call in calls if (path := setting_of(call.words))))

    def why_unsettled(self, path: SettingPath) -> tuple[str, int] | None:
        """Where the script may say something at a path that can't be told, in words, with the line."""
        return self._reading.why_unsettled(path)

    def _other_way(self, put: PutProvider) -> str:
        if not any(name.startswith("models.") for name in inexpressible(put.entry)):
            return "crush.json in the same folder does, for this provider too"
        if put.id in self.provider_ids():
            return "crush.json does: move it there (crush-wizard convert --to json), then run this again"
        return "crush.json does, for the whole provider: --format json"

    def remarks(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """Where running the script may overrule the changes, and what is not known about it."""
        return tuple(dict.fromkeys(remark for change in changes for remark in self._remarks(change)))

    def masks(self, shown: Callable[[str], str]) -> dict[str, str]:
        """What to show for each secret in plain text, and for each word that has one in it: that stays one word, in
        which the shell expands nothing.
        """
        secrets = {secret: shown(secret) for secret in plain_secrets(self.value)}
        if not secrets:
            return {}
        mask = Mask(secrets)
        statements = self._reading.script.statements if self._reading.script else ()
        words = (word for statement in statements for call in statement.calls for word in call.words)
        spelled = {self._reading.text[word.start : word.end]: word.value for word in words if not word.computed}
        return secrets | {
            word: quoted(masked, "bash")
            for word, value in spelled.items()
            if "\n" not in word and (masked := mask.text(value)) != value
        }

    def _read(self, text: str) -> Reading:
        check_text(text, self.path)
        if not text:
            return Reading(text, EMPTY)
        if (parser := find_parser()) is not None:
            try:
                return Reading(text, parse(text, self.path, parser))
            except OSError:  # it is there, and was built for another machine
                pass
        return Reading(text, None)

    def _start(self, key_path: tuple[str | int, ...]) -> int | None:
        match key_path:
            case (str(section), str(name), *_) if section in SETTINGS:
                named = self._reading.settings.get((section, name))
                return named[-1].statement.start if named else None
            case ("models", slot):
                commands = [command for command in self._reading.commands if command.verb == slot]
                return commands[-1].statement.start if commands else None
            case ("providers", str(provider), *rest) if provider in self._reading.providers:
                return self._start_in(provider, tuple(rest))
        return None

    def _start_in(self, provider: str, rest: tuple[str | int, ...]) -> int | None:
        known = self._reading.providers[provider]
        match rest:
            case ():
                return known.commands[0].statement.start
            case ("models",):
                return min((command.statement.start for command in known.models.values()), default=None)
            case ("models", int(index), *field) if index < len(known.models):
                command = tuple(known.models.values())[index]
                found = last_setting([command], tuple(map(str, field)))
                return command.statement.start if not field else found[1].flag.start if found else None
        settings = [setting for setting in known.settings if setting.path[: len(rest)] == rest]
        return settings[-1].flag.start if settings else None

    def _remarks(self, change: Change) -> Iterator[str]:
        if self._reading.script is None:
            yield UNREAD
        if isinstance(change, PutProvider):
            yield from self._overruling([place for place in self.places if place.provider == change.id], change.id)
        if isinstance(change, SelectModel):
            slot = f"the {change.slot} model"
            yield from self._overruling([place for place in self.places if place.slot == change.slot], slot)
        if isinstance(change, RemoveProvider):
            yield from self._orphaned(change.id)
        unknown = [place for place in self.places if not place.provider and not place.slot]
        if unknown:
            why = "the script is not run, so the effect is unknown"
            yield f"{self._lines(unknown)} ({_reasons(unknown)}): {why}"

    def _orphaned(self, provider: str) -> Iterator[str]:
        """A slot that names a provider which is gone gets another model, and Crush keeps that (crush-behaviour 7.3)."""
        places = [place for place in self.places if place.chosen.startswith(f"{provider}/")]
        if places:
            why = _reasons(places)
            yield f"{self._lines(places)} ({why}) may still choose a model of {provider}: fix that by hand"

    def _overruling(self, places: Sequence[UncertainPlace], what: str) -> Iterator[str]:
        if places and self._reading.script is not None:
            yield f"{self._lines(places)} ({_reasons(places)}) may also set {what}: check that both fit"

    def _lines(self, places: Sequence[UncertainPlace]) -> str:
        numbers = list(dict.fromkeys(lines(self._reading.text, places)))
        return f"{by_number(len(numbers), 'line', 'lines')} {', '.join(map(str, numbers))} of the crushrc"


def _fields_of(put: PutProvider) -> str:
    return f"{', '.join(inexpressible(put.entry))} of {put.id}"


def _reasons(places: Sequence[UncertainPlace]) -> str:
    return ", ".join(dict.fromkeys(place.why for place in places))

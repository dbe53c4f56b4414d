"""What a crushrc defines for certain, and the places in it where only running it would tell.

Certain is what plain commands at the top level say, in their order (crush-behaviour 5.4). A script that ends
itself early defines nothing behind that.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard.documents.crushrc.commands import Computed, command_of, entry_of, option_of, verb_of
from wizard.documents.crushrc.following import follow
from wizard.documents.crushrc.refusals import NOUNS
from wizard.documents.crushrc.sections import sections
from wizard.documents.crushrc.setting_commands import SETTING_NOUNS, setting_of
from wizard.provider.model import SLOTS
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wizard.documents.crushrc.commands import Command, FieldPath, Option, Setting
    from wizard.documents.crushrc.following import Course
    from wizard.documents.crushrc.setting_commands import SettingPath
    from wizard.documents.crushrc.syntax import Call, Script, Statement
    from wizard.documents.crushrc.telling import Outside
    from wizard.provider.model import Slot

_CALLERS = {"source": "`source`", ".": "`source`", "eval": "`eval`"}
_PREFIXES = frozenset(("command", "builtin"))
_LONGEST_NUMBER = 16
_APART = frozenset(("inside a function", "inside ( )", "inside $( )", "inside <( )"))
_COMPUTED_ID = "a computed id"
"""Why something can't be told: a variable or a command stands where a provider or a model is named."""
_SCANNED = regexp(r"^[ \t]*provider[ \t]+add[ \t]+(?P<quote>['\"]?)(?P<id>[^\s'\"$`\\;&|]+)(?P=quote)", re.MULTILINE)
_SCANNED_SETTING = regexp(
    r"^[ \t]*(?:provider[ \t]+add|model[ \t]+(?P<verb>add|large|small))[ \t]+"
    r"(?P<quote>['\"]?)(?P<id>[^\s'\"$`\\;&|]+)(?P=quote)",
    re.MULTILINE,
)
_BEGUN = regexp(r"""["']?(?P<id>[\w.:@-]+)/""")


class UncertainPlace(Struct, frozen=True):
    """Where something is defined that can't be told without running the script.

    `start` is an offset; `why` says what stands there: "inside `if`", "`source`", "a computed id". `provider` is
    empty where even that is not known, `slot` is set where a model slot is chosen, `model` where a model is known.
    `chosen` is the PROVIDER/MODEL that a slot may get.
    `any_provider`: it is about a provider, and may be about any; `any_model`: about any model of the provider.
    `unseen`: it runs commands that are not in this text.
    `deferred`: it stands in a function, and runs when that is called.
    """

    start: int
    why: str
    provider: str = ""
    slot: str = ""
    model: str = ""
    any_provider: bool = False
    any_model: bool = False
    unseen: bool = False
    deferred: bool = False
    chosen: str = ""


class SettingCommand(Struct, frozen=True):
    """A plain command at the top level about a setting."""

    path: SettingPath
    statement: Statement


class Definition(Struct):
    """A provider as the commands so far have built it. A model that is added again moves to the end."""

    commands: list[Command] = field(default_factory=list)
    models: dict[str, Command] = field(default_factory=dict)

    @property
    def entry(self) -> dict[str, Any]:
        entry = entry_of(self.settings)
        if self.models:
            entry["models"] = [model_entry(model_id, command) for model_id, command in self.models.items()]
        return entry

    @property
    def settings(self) -> tuple[Setting, ...]:
        return tuple(setting for command in self.commands for setting in command.settings)


class Reading(Struct, frozen=True, dict=True):
    """A crushrc without a parser has no `script`: then only the ids in its text are known.

    `outside` is what the script would find around it. Without it nothing is told that depends on that: so it is
    read to be changed.
    """

    text: str
    script: Script | None
    outside: Outside | None = None

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The statements at the top level that are reached."""
        statements = self.script.statements if self.script else ()
        if self._in_place:
            end = self._in_place.end
            return tuple(statement for statement in statements if end is None or statement.start < end)
        last = next((index for index, statement in enumerate(statements) if statement.ends_script), len(statements))
        return statements[:last]

    @cached_property
    def end(self) -> Statement | None:
        """The statement with which the script always ends itself, if it does."""
        statements = self.script.statements if self.script else ()
        return next((statement for statement in statements if statement.ends_script), None)

    @cached_property
    def course(self) -> Course | None:
        """What becomes of the script when it runs; None without a parser, and where it is nested too deep for us."""
        try:
            return follow(self.script, self.outside) if self.script else None
        except RecursionError:
            return None

    @property
    def _in_place(self) -> Course | None:
        """The same where it is known what the script finds around it."""
        return self.course if self.outside else None

    @cached_property
    def certain(self) -> tuple[Statement, ...]:
        """The plain commands that are certain to run, in their order, with the words that they get."""
        if self._in_place:
            return self._in_place.commands
        functions = self.script.functions if self.script else frozenset()
        both = functions & {"provider", "model"}  # the script puts its own functions in their place
        own = {"provider", "model", *functions} if both else functions
        return tuple(
            statement for statement in self.statements if statement.words and statement.words[0].value not in own
        )

    @property
    def is_idle(self) -> bool:
        """Whether nothing is set before the script ends; not where only running it would tell."""
        if self.script is None:
            return False
        calls = (call for statement in self.statements for call in statement.calls)
        settled = self._in_place.settled if self._in_place else frozenset()
        return not self.certain_of_crush and not any(call.start not in settled for call in calls)

    @property
    def certain_of_crush(self) -> bool:
        return any(statement.words[0].value in NOUNS for statement in self.certain)

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        return tuple(command for statement in self.certain if (command := command_of(statement)) is not None)

    @cached_property
    def options(self) -> tuple[Option, ...]:
        return tuple(option for statement in self.certain if (option := option_of(statement)) is not None)

    @cached_property
    def settings(self) -> dict[SettingPath, tuple[SettingCommand, ...]]:
        """The plain commands about all but providers and models, by the path of what they set."""
        found: dict[SettingPath, tuple[SettingCommand, ...]] = {}
        for statement in self.certain:
            if (path := setting_of(statement.words)) is not None:
                found[path] = (*found.get(path, ()), SettingCommand(path, statement))
        return found

    def setting(self, path: SettingPath) -> Any:
        """What the script says for certain there; None: nothing."""
        return self.tree.get(path[0], {}).get(path[1])

    def why_unsettled(self, path: SettingPath) -> tuple[str, int] | None:
        """Why it can't be told what the script says there, with the line; None: it can."""
        own = self.settings.get(path, ())
        for command in own:
            if any(word.computed or word.several for word in command.statement.words):
                return "computed by the script", _line(self.text, command.statement.start)
            if command.statement.words[1].value in ("remove", "rm", "reset"):
                return f"`{command.statement.words[1].value}`", _line(self.text, command.statement.start)
        certain = {command.statement.start for commands in self.settings.values() for command in commands}
        calls = (call for statement in self.statements for call in statement.calls if call.start not in certain)
        for call in calls:
            if setting_of(call.words) == path or _may_set(call):
                return call.within or "not a plain command", _line(self.text, call.start)
        return None

    @cached_property
    def providers(self) -> dict[str, Definition]:
        providers: dict[str, Definition] = {}
        for command in self.commands:
            if not command.is_slot:
                _follow(command, providers)
        return providers

    @cached_property
    def scanned(self) -> tuple[str, ...]:
        """Without a parser: the ids that lines of the text add."""
        found = () if self.script else _SCANNED.finditer(self.text)
        return tuple(dict.fromkeys(match["id"] for match in found))

    def entry(self, provider: str) -> dict[str, Any] | None:
        found = self.providers.get(provider)
        return found.entry if found else None

    def slot(self, slot: Slot) -> tuple[Command, ...]:
        """The commands that set a model slot."""
        return tuple(command for command in self.commands if command.verb == slot)

    def selection(self, slot: Slot) -> dict[str, Any] | None:
        commands = self.slot(slot)
        if not commands:
            return None
        last = commands[-1]
        settings = [setting for command in commands for setting in command.settings]
        return {"provider": last.provider, "model": last.model, **entry_of(settings)}

    @cached_property
    def tree(self) -> dict[str, Any]:
        """What the script says for certain, in the terms of crush.json.

        `providers` is there as soon as a command is about one, be it that nothing is left of it.
        """
        chosen = {slot: selection for slot in SLOTS if (selection := self.selection(slot)) is not None}
        rest, providers = sections(self.certain), {provider: found.entry for provider, found in self.providers.items()}
        options = {**_options(self.options), **rest.get("options", {})}
        tree = {"providers": providers, "models": chosen, **rest, "options": options}
        opened = {"providers"} if any(not command.is_slot for command in self.commands) else set()
        return {key: value for key, value in tree.items() if value or key in opened}

    @cached_property
    def places(self) -> tuple[UncertainPlace, ...]:
        """What can't be told, in the order of the text."""
        if self.script is None:
            return tuple(_scanned_places(self.text))
        commands = {command.statement.start for command in self.commands}
        certain = self._in_place.settled if self._in_place else commands
        calls = [call for statement in self.statements for call in statement.calls if call.start not in certain]
        return tuple(place for call in calls if (place := _place(call)) is not None)

    @cached_property
    def passed_over(self) -> tuple[UncertainPlace, ...]:
        """What the script says where it is certain not to come to."""
        skipped = self._in_place.skipped if self._in_place else frozenset()
        calls = [call for statement in self.statements for call in statement.calls if call.start in skipped]
        return tuple(place for call in calls if (place := _place(call)) is not None)

    def about(self, provider: str) -> tuple[Command, ...]:
        """All commands about a provider and its models, those without effect included."""
        return tuple(command for command in self.commands if command.provider == provider and not command.is_slot)

    def followers(self, provider: str) -> tuple[UncertainPlace, ...]:
        """Where a model may be added to a provider behind its first command, and it can't be told.

        Were the provider's commands gone, Crush would stop there (crush-behaviour 5.2). What stands before the first
        one adds nothing to this provider, or Crush would have stopped already.
        """
        known = self.about(provider)
        first = known[0].statement.start if known else len(self.text)
        blind = (place for place in self.places if place.any_provider or place.unseen)
        return tuple(place for place in blind if place.deferred or place.start > first)

    @cached_property
    def value(self) -> dict[str, Any]:
        """The whole file as plain values: what is defined, all words of all commands, all variables, all lines."""
        calls = [call for statement in self.script.statements for call in statement.calls] if self.script else []
        return {
            "providers": {provider: found.entry for provider, found in self.providers.items()},
            "commands": [[_plain(word.value) for word in call.words] for call in calls],
            "headers": [header for call in calls for header in _headers(call)],
            "variables": [{name: value} for name, value in self.script.assignments] if self.script else [],
            "lines": [line.strip() for line in self.text.splitlines()],
        }


def _may_set(call: Call) -> bool:
    """Whether a command may be about any setting: what it names is computed, or it runs what is not seen here."""
    unseen = _calling(call) if verb_of(call.words) is None else None
    names_setting = call.words[0].value in SETTING_NOUNS and setting_of(call.words) is None
    return unseen is not None or (names_setting and any(word.computed for word in call.words[1:3]))


def _line(text: str, start: int) -> int:
    return text.count("\n", 0, start) + 1


def _headers(call: Call) -> Iterator[dict[str, str]]:
    """The headers that a command sets, wherever it stands."""
    values = [word.value for word in call.words]
    for flag, name, value in zip(values, values[1:], values[2:], strict=False):
        if flag == "--extra-header":
            yield {name: value}


def _options(commands: Iterable[Option]) -> dict[str, Any]:
    """What options add up to: lists grow, the last of all other values counts."""
    options: dict[str, Any] = {}
    for option in commands:
        key = option.name.key
        if option.reset:
            options.pop(key, None)
        elif option.name.kind == "list":
            options[key] = [*options.get(key, ()), *option.value]
        else:
            options[key] = option.value
    return options


def _plain(text: str) -> str | int:
    """An argument as a value: `--max-tokens 4096` is about a number, not about a token to hide."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST_NUMBER else text


def _follow(command: Command, providers: dict[str, Definition]) -> None:
    if command.noun == "provider" and command.verb == "remove":
        providers.pop(command.provider, None)
    elif command.noun == "provider":
        providers.setdefault(command.provider, Definition()).commands.append(command)
    elif command.model is not None and command.provider in providers:
        models = providers[command.provider].models
        models.pop(command.model, None)
        if command.verb == "add":
            models[command.model] = command


def _place(call: Call) -> UncertainPlace | None:
    words = call.words
    while words and not words[0].computed and words[0].value in _PREFIXES:
        words = words[1:]
    verb = verb_of(words)
    if verb is None:
        return _calling(call)
    if len(words) < 3:
        return None
    why = call.within or "not a plain command"
    if verb in ("large", "small"):
        return UncertainPlace(call.start, why, slot=verb, chosen="" if words[2].computed else words[2].value)
    of_model = words[0].value == "model"
    if words[2].computed:
        begun = _BEGUN.match(words[2].value) if of_model else None
        provider, deferred = begun["id"] if begun else "", _is_deferred(call)
        return UncertainPlace(
            call.start,
            _COMPUTED_ID,
            provider,
            any_provider=begun is None,
            any_model=begun is not None,
            deferred=deferred,
        )
    named, _, model = words[2].value.partition("/") if of_model else (words[2].value, "", "")
    return UncertainPlace(call.start, why, named, model=model)


def _scanned_places(text: str) -> Iterator[UncertainPlace]:
    """What lines seem to set, where there is no parser."""
    why = "a line that was not analysed"
    for match in _SCANNED_SETTING.finditer(text):
        match match["verb"]:
            case None:
                yield UncertainPlace(match.start(), why, match["id"])
            case "add":
                provider, _, model = match["id"].partition("/")
                yield UncertainPlace(match.start(), why, provider, model=model)
            case slot:
                yield UncertainPlace(match.start(), why, slot=slot, chosen=match["id"])


def _calling(call: Call) -> UncertainPlace | None:
    first = call.words[0]
    if first.value == "exit" and call.within not in _APART:
        return UncertainPlace(call.start, f"`{first.value}` {call.within}")
    why = "a computed command" if first.computed else _CALLERS.get(first.value)
    return UncertainPlace(call.start, why, unseen=True, deferred=_is_deferred(call)) if why else None


def _is_deferred(call: Call) -> bool:
    return call.within == "inside a function"


def model_entry(model_id: str, command: Command) -> dict[str, Any]:
    return {"id": model_id, **entry_of(command.settings)}


def last_setting(commands: Iterable[Command], path: FieldPath) -> tuple[Command, Setting] | None:
    """The setting that decides a field, and its command."""
    found = [(command, setting) for command in commands for setting in command.settings if setting.path == path]
    return found[-1] if found else None


def is_certain(definition: Definition) -> bool:
    """Whether every word of its commands is known."""
    commands = (*definition.commands, *definition.models.values())
    values = (setting.value for command in commands for setting in command.settings)
    return all(command.clear for command in commands) and not any(isinstance(value, Computed) for value in values)


def lines(text: str, places: Iterable[UncertainPlace]) -> Iterator[int]:
    """The line numbers of places, from 1."""
    return (text.count("\n", 0, place.start) + 1 for place in places)

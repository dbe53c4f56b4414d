"""Keys that stay where they are: which password manager has one, under which name, or which command prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.credential import key_problem
from wizard.errors import SecretError
from wizard.flow.key_source import COMMAND, ENVIRONMENT, CommandLine
from wizard.flow.question import Accepted, Choice, InvalidAnswer, Kind, Question, Raw
from wizard.flow.situation import OTHER, manager_field
from wizard.provider.pasted_key import InvalidKey, pasted_key, prefix_warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.flow.manager import Field, Manager
    from wizard.flow.situation import Situation


def may_be_in_manager(situation: Situation) -> bool:
    """Whether a person who has pasted no key is asked where it is: there is something to pick from."""
    return situation.answers.mentioned("key") and not situation.answers.value("key") and has_managers(situation)


def has_managers(situation: Situation) -> bool:
    """Whether there is a password manager to pick, for a key that is needed."""
    needs_one = situation.preset.key.need == "required" and not situation.has_key_to_keep
    return situation.facts.picks and needs_one and bool(situation.facts.look_at_managers())


def from_command(situation: Situation) -> Iterator[Question]:
    """Which command prints the key."""
    picks = situation.facts.picks and not situation.is_given("key_command")
    if picks and situation.facts.look_at_managers():
        yield place(situation, may_set=False)
        yield from from_place(situation)
    else:
        yield _command(situation)


def place(situation: Situation, *, may_set: bool) -> Question:
    """`may_set`: the person may want to set the variable instead."""
    variable = situation.answers.value("key_env", "")
    managers = (Choice(it.id, f"From {it.title}") for it in situation.facts.look_at_managers())
    return Question(
        key="key_place",
        text="Where is the API key?" if may_set else "Which password manager has the key?",
        kind=Kind.CHOICE,
        flag="--api-key-command or --api-key-env",
        choices=(
            *((Choice(ENVIRONMENT, f"I set ${variable} myself"),) if may_set else ()),
            *managers,
            Choice(COMMAND, "From another command"),
        ),
        default=ENVIRONMENT if may_set else COMMAND,
    )


def from_place(situation: Situation) -> Iterator[Question]:
    """What is to be known of the place that was picked."""
    manager = situation.manager
    if manager is None:
        if situation.answers.value("key_place") == COMMAND:
            yield _command(situation)
        return
    for field in manager.fields:
        yield _field(situation, field)
    listed = situation.facts.look_at_items(manager, situation.manager_fields)
    if listed:
        yield _pick(situation, manager, listed)
    if not listed or situation.answers.value("key_pick") == OTHER:
        yield _item(situation, manager)


def _field(situation: Situation, field: Field) -> Question:
    usual = situation.facts.look_at_usual(field.find) if field.find else field.default

    def check(raw: Raw) -> Accepted:
        text = str(raw).strip()
        if not text.isprintable() or not (text or field.optional):
            raise InvalidAnswer("one line is needed here")
        if field.file and text:
            return Accepted(_found(text, situation))
        return Accepted(text)

    return Question(
        key=manager_field(field),
        text=field.text,
        kind=Kind.TEXT,
        flag="--api-key-command",
        help=f"Such as {field.example}." if field.example else "",
        default=usual or ("" if field.optional else None),
        quiet=field.optional,
        check=check,
    )


def _found(path: str, situation: Situation) -> str:
    """Raises InvalidAnswer."""
    if found := situation.facts.look_for_file(path):
        return found
    raise InvalidAnswer(f"there is no file {path}")


def _pick(situation: Situation, manager: Manager, listed: tuple[Choice, ...]) -> Question:
    def check(raw: Raw) -> Accepted:
        if raw != OTHER:
            accepted_command(situation, situation.command_for(str(raw)), ())
        return Accepted(raw)

    return Question(
        key="key_pick",
        text=f"Which item in {manager.name} has the key?",
        kind=Kind.CHOICE,
        flag="--api-key-command",
        choices=(*listed, Choice(OTHER, "Another one", "type its name", counted=False)),
        check=check,
    )


def _item(situation: Situation, manager: Manager) -> Question:
    def check(raw: Raw) -> Accepted:
        text = str(raw).strip()
        if not text or not text.isprintable():
            raise InvalidAnswer(f"type the {manager.item}, such as {manager.example}")
        accepted_command(situation, situation.command_for(text), ())
        return Accepted(text)

    return Question(
        key="key_item",
        text=f"{manager.name}: {manager.item}",
        kind=Kind.TEXT,
        flag="--api-key-command",
        help=f"Such as {manager.example}.",
        check=check,
    )


def _command(situation: Situation) -> Question:
    def check(raw: Raw) -> Accepted:
        text = str(raw).strip()
        line = situation.facts.reference_in(text) or text
        if not line or not line.isprintable():
            raise InvalidAnswer("the command must be one line, such as: op read op://Private/Groq/key")
        return accepted_command(situation, line, ())

    return Question(
        key="key_command",
        text="Command that prints the key",
        kind=Kind.TEXT,
        flag="--api-key-command",
        help="It runs whenever the key is needed, in your home folder. Such as: op read op://Private/Groq/key",
        check=check,
    )


def accepted_command(situation: Situation, line: str, notes: tuple[str, ...]) -> Accepted:
    """The command, which is run: a person hears of what is wrong with it where it can be typed again.

    Raises InvalidAnswer, and SecretError where nobody is there to answer.
    """
    if why := key_problem(line):
        raise InvalidAnswer(why)
    try:
        printed = situation.facts.print_key(str(situation.answers.value("key_env", "")), line)
        key = pasted_key(printed).key if printed else ""
    except InvalidKey as problem:
        raise InvalidAnswer(f"`{line}` prints no key: {problem.problem}") from None
    except SecretError as problem:
        if not situation.facts.picks:
            raise
        raise InvalidAnswer("\n".join(filter(None, (problem.message, problem.hint)))) from None
    if key != printed:
        raise InvalidAnswer(f"`{line}` prints more than a key")
    odd = prefix_warning(key, situation.preset.key.prefixes) if key else None
    return Accepted(CommandLine(line), notes, tuple(filter(None, (odd,))))

"""The course that a crushrc takes: which of its commands Crush comes to, and whether it starts then. Nothing is run.

A step whose outcome only running the script would tell leaves open what is inside it, and no more. The rules are those
of the shell that Crush brings along (crush-behaviour 5.2), also where they differ from bash's: `return` outside of a
function only fails, and an error inside ( ) stops nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.documents.crushrc.commands import command_of, whole_number_of
from wizard.documents.crushrc.conditions import Conditions
from wizard.documents.crushrc.refusals import NOUNS, FatalCommand, fault, may_be_refused
from wizard.documents.crushrc.shell_commands import SUCCEED, UNSUPPORTED, Programs, is_builtin, letters
from wizard.documents.crushrc.steps import steps_of
from wizard.documents.crushrc.telling import Unset, Value, Variables, arguments, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wizard.documents.crushrc.commands import Command
    from wizard.documents.crushrc.steps import ScriptStep
    from wizard.documents.crushrc.syntax import Call, Script, Statement, Word
    from wizard.documents.crushrc.telling import Outside


class Course(Struct, frozen=True):
    """`commands` are Crush's own that are certain to run, in their order, with the words that they get.

    `settled` are the places of calls that are certain to run as they are told, or not to run, and `skipped` those of
    the latter; `end` is where the script ends itself; `stop` keeps Crush from starting, `may_stop` does if something
    fails that only running the script would tell.
    """

    commands: tuple[Statement, ...]
    settled: frozenset[int]
    skipped: frozenset[int]
    stop: FatalCommand | None
    may_stop: FatalCommand | None
    end: int | None


class _Exit(Exception):
    def __init__(self, status: int | None) -> None:
        super().__init__(status)
        self.status = status


_ANY = ""
"""Stands for all providers among those that may be declared."""
_LAST = "end the script with a command that succeeds, such as `true`"
_MOST_TURNS = 1000
"""Turns of loops that are followed."""


def follow(script: Script, outside: Outside | None) -> Course:
    """Follow a script from its first line to its end. `outside` None: what it finds there is not known."""
    follower = _Follower(script, outside)
    end = None
    try:
        follower.all_of(steps_of(script))
    except _Exit as ending:
        follower.status, end = ending.status, follower.at
    if follower.status:
        why = f": {follower.why}" if follower.why else ""
        ends = "ends with a command that fails" if end is None else "exits with a failure"
        follower.note(follower.at, f"the script {ends}{why}", _LAST)
    elif follower.status is None:
        follower.doubt(follower.at, "the script ends with a command that may fail", _LAST)
    settled, skipped = frozenset(follower.settled | follower.skipped), frozenset(follower.skipped)
    return Course(tuple(follower.commands), settled, skipped, follower.stop, follower.may_stop, end)


class _Follower:
    """`status` is that of the last command, None where only running it would tell; `why` tells why it failed.

    `at` is the place of the step that was last begun, `declared` are the providers that the script has, `perhaps`
    those that it may have.
    """

    def __init__(self, script: Script, outside: Outside | None) -> None:
        self.functions = script.functions
        self.variables = Variables(outside)
        self.programs = Programs(outside, self.variables)
        self.conditions = Conditions(self.variables, self.programs)
        self.commands: list[Statement] = []
        self.settled: set[int] = set()
        self.skipped: set[int] = set()
        self.stop: FatalCommand | None = None
        self.may_stop: FatalCommand | None = None
        self.declared: set[str] = set()
        self.perhaps: set[str] = set()
        self.status: int | None = 0
        self.last: int | None = 0
        self.why = ""
        self.at = 0
        self.turns = 0
        self.stops_at_errors = False

    def note(self, start: int, message: str, hint: str = "") -> None:
        """Crush does not start; the first reason is told."""
        self.stop = self.stop or FatalCommand(start, message, hint)

    def doubt(self, start: int, message: str, hint: str = "") -> None:
        """Crush may not start."""
        self.may_stop = self.may_stop or FatalCommand(start, message, hint)

    # Steps

    def all_of(self, steps: Sequence[ScriptStep], *, tested: bool = False) -> None:
        """`tested`: that they fail ends nothing, even behind `set -e`."""
        for step in steps:
            self.follow(step, tested=tested)

    def follow(self, step: ScriptStep, *, tested: bool) -> None:
        self.at = step.statement.start
        self.result(0)
        try:
            _KINDS[step.kind](self, step, tested=tested or step.negated)
        except Unset as unset:
            self.lacks(step, unset.name)
        except _Exit as ending:
            raise _Exit(1 if step.negated and ending.status == 0 else ending.status) from None
        if step.negated:
            self.result(None if self.status is None else int(not self.status), "`!` turns success into failure")
        elif self.stops_at_errors and self.status and not tested and step.kind not in ("and", "or"):
            raise _Exit(self.status)
        self.last = self.status

    def result(self, status: int | None, why: str = "") -> None:
        self.status, self.why = status, why if status else ""

    def lacks(self, step: ScriptStep, name: str) -> None:
        hint = f"set it, or store it: crush-wizard secret set {name}"
        self.note(step.statement.start, f"{name} is unset or empty, and the script requires it", hint)
        self.leave_open(step)

    def call(self, step: ScriptStep, *, tested: bool) -> None:
        del tested
        words = arguments(step.words, self.variables)
        for assignment in step.assignments:
            if assignment.value is not None:
                value_of(assignment.value, self.variables)
        if not words:  # nothing but empty variables
            self.settle(step, 0)
        elif words[0].computed:
            self.leave_open(step)
        else:
            self.command(step, words)

    def set(self, step: ScriptStep, *, tested: bool) -> None:
        del tested
        for assignment in step.assignments:
            value = None if assignment.value is None else value_of(assignment.value, self.variables)
            if assignment.name in self.variables.fixed:
                self.result(1, f"{assignment.name} is readonly")
                continue
            self.variables.set(assignment.name, value, for_good=step.kind == "readonly")
            if value is None and step.kind == "set":
                self.status = None
        self.leave_calls_open(step)

    def local(self, step: ScriptStep, *, tested: bool) -> None:
        del tested
        self.leave_calls_open(step)
        self.result(1, "`local` only works in a function")

    def both(self, step: ScriptStep, *, tested: bool) -> None:
        (first,), (second,) = step.branches
        self.follow(first, tested=True)
        if self.status is None:
            self.leave_open(second)
            self.status = 0 if step.kind == "or" and self.is_sure_to_succeed(second) else None
        elif (self.status == 0) == (step.kind == "and"):
            self.follow(second, tested=tested)
        else:
            self.skip((second,))

    def choice(self, step: ScriptStep, *, tested: bool) -> None:
        condition, then, otherwise = step.branches
        self.all_of(condition, tested=True)
        if self.status is None:
            for branch in (*then, *otherwise):
                self.leave_open(branch)
            return
        taken, left = (then, otherwise) if self.status == 0 else (otherwise, then)
        self.result(0)
        self.skip(left)
        self.all_of(taken, tested=tested)

    def block(self, step: ScriptStep, *, tested: bool) -> None:
        self.all_of(step.branches[0], tested=tested)

    def loop(self, step: ScriptStep, *, tested: bool) -> None:
        words = arguments(step.words, self.variables)
        self.turns += len(words)
        leaves = any(call.words[0].value in ("break", "continue") for call in step.statement.calls)
        if any(word.computed for word in words) or leaves or self.turns > _MOST_TURNS:
            self.leave_open(step)
            return
        for word in words:
            self.variables.set(step.loops, Value(word.value, word.template, is_outer=word.is_outer))
            self.all_of(step.branches[0], tested=tested)
        if not words:
            self.skip(step.branches[0])

    def case(self, step: ScriptStep, *, tested: bool) -> None:
        """The first branch with a pattern that fits."""
        (word,) = step.words
        text = value_of(word, self.variables)
        for index, patterns in enumerate(step.patterns):
            found = [None if text is None else self.conditions.fits(pattern, text.text) for pattern in patterns]
            if True in found:
                self.skip([inner for branch in step.branches[index + 1 :] for inner in branch])
                self.all_of(step.branches[index], tested=tested)
                return
            if None in found:
                for branch in step.branches[index:]:
                    for inner in branch:
                        self.leave_open(inner)
                self.status = None
                return
            self.skip(step.branches[index])

    def test(self, step: ScriptStep, *, tested: bool) -> None:
        del tested
        holds = self.conditions.holds(step.condition) if step.condition else None
        self.result(None if holds is None else int(not holds), "the condition does not hold")
        self.leave_calls_open(step)

    def function(self, step: ScriptStep, *, tested: bool) -> None:
        """What it may set when it is called."""
        del tested
        self.leave_open(step)
        self.status = 0

    def other(self, step: ScriptStep, *, tested: bool) -> None:
        del tested
        self.leave_open(step)

    # What is not certain

    def leave_open(self, step: ScriptStep) -> None:
        """What is inside may happen or not."""
        for branch in step.branches:
            for inner in branch:
                self.leave_open(inner)
        names = {assignment.name for assignment in step.assignments} | ({step.loops} if step.loops else set())
        self.variables.lose(step.sets | names, unseen=step.unseen)
        self.leave_calls_open(step)
        self.status = None
        if step.kind == "call" and step.words[0].value in NOUNS and (message := fault(step.words)):
            self.doubt(step.statement.start, message)

    def leave_calls_open(self, step: ScriptStep) -> None:
        for call in step.statement.calls:
            self.leave_call_open(call)

    def leave_call_open(self, call: Call) -> None:
        name, *rest = call.words
        if name.value in _SETTERS:
            self.variables.lose(frozenset(word.value for word in rest) | {"PWD"}, unseen=name.value == "set")
        if name.value in _UNSEEN or name.computed:
            self.perhaps.add(_ANY)
            self.variables.lose(frozenset(), unseen=True)
        if name.value == "provider" and len(rest) > 1:
            self.perhaps.add(_ANY if rest[1].computed else rest[1].value)

    def skip(self, steps: Sequence[ScriptStep]) -> None:
        """These are certain not to run."""
        self.skipped |= {call.start for step in steps for call in step.statement.calls}

    def settle(self, step: ScriptStep, status: int | None, why: str = "") -> None:
        self.settled.add(step.words[0].start)
        self.result(status, why)

    # Commands

    def command(self, step: ScriptStep, words: Sequence[Word], *, functions: bool = True) -> None:
        """A command by its name, which is known; its other words may not be."""
        name = words[0].value
        if functions and name in self.functions:
            self.leave_open(step)
        elif name in NOUNS:
            self.of_crush(step, words)
        elif name in _VARYING:
            _VARYING[name](self, step, words)
        elif name in SUCCEED:
            self.settle(step, 0)
        elif name in UNSUPPORTED:
            self.settle(step, 2, f"Crush's shell does not support `{name}`")
        elif is_builtin(name):
            self.leave_open(step)
        else:
            self.program(step, words[0])

    def program(self, step: ScriptStep, name: Word) -> None:
        """What is not found fails; a missing file that is named by its path even stops Crush."""
        shown = "the command" if name.spelled else f"`{name.value}`"
        if self.programs.is_file_path(name.value):
            if self.programs.is_there(name.value) is False:
                self.note(step.statement.start, f"{shown} does not exist", "fix the path, or remove the line")
            self.leave_open(step)
        elif self.programs.has(name.value) is False and name.value not in _OF_CRUSH:
            self.settle(step, 127, f"{shown} is not found")
        else:
            self.leave_open(step)

    def of_crush(self, step: ScriptStep, words: Sequence[Word]) -> None:
        message, cure = fault(words), self.cure(step)
        statement = replace(step.statement, words=tuple(words))
        command = command_of(statement)
        if not (message and cure):  # else the words are not where they belong
            self.commands.append(statement)
        if message:
            self.note(step.statement.start, message, cure)
        elif may_be_refused(words):
            self.doubt(step.statement.start, "what this command gets is not known")
        if not message and command is not None:
            self.declare(step, command)
        of_unknown_flag = command is not None and not command.clear and not any(word.several for word in words)
        if any(word.computed for word in words[:3]) or (of_unknown_flag and not message):
            self.leave_calls_open(step)
        else:
            self.settled.add(step.words[0].start)

    def cure(self, step: ScriptStep) -> str:
        """What to do where words have been lost to variables outside of quotes."""
        lost = [word.value for word in step.words if word.several and len(arguments((word,), self.variables)) != 1]
        return f"{lost[0]} is not a single word here: put it in double quotes, or set it" if lost else ""

    def declare(self, step: ScriptStep, command: Command) -> None:
        """Keep account of the providers that the script has: models need theirs."""
        if command.noun == "provider":
            (self.declared.add if command.verb == "add" else self.declared.discard)(command.provider)
        elif command.verb == "add" and command.provider not in self.declared:
            if not self.perhaps.isdisjoint((_ANY, command.provider)):
                self.doubt(step.statement.start, f"{command.provider} may not be declared before this model")
                return
            before = f"`provider add {command.provider}`"
            self.note(step.statement.start, f"the model is added before any {before} in this script")

    def prefixed(self, step: ScriptStep, words: Sequence[Word]) -> None:
        """`command NAME ...`: no function of the script is meant."""
        match words[1:]:
            case ():
                self.settle(step, 0)
            case (option, *names) if option.value == "-v" and not any(word.computed for word in names):
                found = [self.is_command(word.value) for word in names[-1:]]
                self.settle(step, None if None in found else int(False in found), "a command is not found")
            case (option, *_) if option.value.startswith("-") or option.computed:
                self.leave_open(step)
            case rest:
                self.command(step, rest, functions=False)

    def is_sure_to_succeed(self, step: ScriptStep) -> bool:
        """Whether it is `true`, or `:`, or such."""
        name = step.words[0].value if step.kind == "call" else ""
        return name in SUCCEED and name not in self.functions and not step.negated

    def is_command(self, name: str) -> bool | None:
        return name in self.functions or is_builtin(name) or self.programs.has(name)

    def builtin(self, step: ScriptStep, words: Sequence[Word]) -> None:
        if len(words) < 2:
            self.settle(step, 0)
        elif words[1].computed:
            self.leave_open(step)
        elif is_builtin(words[1].value):
            self.command(step, words[1:], functions=False)
        else:
            self.settle(step, 1, f"`{words[0].value}` only takes commands of the shell")

    def exit(self, step: ScriptStep, words: Sequence[Word]) -> None:
        if any(word.several for word in words):
            self.leave_open(step)
            return
        if len(words) > 2:
            self.settle(step, 1, "`exit` takes one number")
            return
        self.settled.add(step.words[0].start)
        if len(words) == 1 or words[1].computed:
            raise _Exit(self.last if len(words) == 1 else None)
        if (status := whole_number_of(words[1].value)) is None:
            self.settle(step, 2, "`exit` takes one number")
        else:
            raise _Exit(status % 256)

    def exec(self, step: ScriptStep, words: Sequence[Word]) -> None:
        if len(words) == 1:
            self.settle(step, 0)
        elif words[1].computed:
            self.leave_open(step)
        else:
            if words[1].value in NOUNS:
                self.of_crush(step, words[1:])
            else:
                self.program(step, words[1])
            raise _Exit(self.status)

    def source(self, step: ScriptStep, words: Sequence[Word]) -> None:
        if len(words) == 1:
            self.settle(step, 2, f"`{words[0].value}` needs a file")
        elif not words[1].computed and self.programs.is_sourced(words[1].value) is False:
            self.settle(step, 1, f"the file after `{words[0].value}` does not exist")
        else:
            self.leave_open(step)

    def options(self, step: ScriptStep, words: Sequence[Word]) -> None:
        """`set`"""
        if any(word.computed for word in words):
            self.leave_open(step)
            return
        self.settle(step, 0)
        for letter, is_on in letters([word.value for word in words[1:]]):
            match letter:
                case "?":
                    self.settle(step, 2, "`set` does not know this option")
                    return
                case "n":
                    self.leave_open(step)
                    return
                case "e":
                    self.stops_at_errors = is_on
                case "u":
                    self.variables.strict = is_on

    def unset(self, step: ScriptStep, words: Sequence[Word]) -> None:
        if any(word.computed for word in words):
            self.leave_open(step)
            return
        for word in words[1:]:
            self.variables.drop(word.value)
        self.settle(step, 0)

    def tested(self, step: ScriptStep, words: Sequence[Word]) -> None:
        """`test`, `[`"""
        if any(word.computed for word in words):
            self.leave_open(step)
            return
        texts = [word.value for word in words[1:]]
        if words[0].value == "[" and texts[-1:] != ["]"]:
            self.settle(step, 2, "`[` has no `]`")
            return
        status = self.conditions.status(texts[:-1] if words[0].value == "[" else texts)
        if status is None:
            self.leave_open(step)
        else:
            self.settle(step, status, "the condition does not hold")

    def read(self, step: ScriptStep, words: Sequence[Word]) -> None:
        self.leave_open(step)
        self.settle(step, 1, f"`{words[0].value}` has nothing to read")

    def fails(self, step: ScriptStep, words: Sequence[Word]) -> None:
        returns = "`return` only works in a function or a sourced file"
        self.settle(step, 1, returns if words[0].value == "return" else f"`{words[0].value}`")


_UNSEEN = frozenset(("source", ".", "eval", "trap"))
_SETTERS = frozenset("read unset cd pushd popd getopts mapfile readarray printf set".split())
_OF_CRUSH = frozenset(("jq",))
"""Programs that Crush brings along."""

_KINDS: Mapping[str, Callable[..., None]] = {
    "call": _Follower.call,
    "set": _Follower.set,
    "export": _Follower.set,
    "readonly": _Follower.set,
    "local": _Follower.local,
    "and": _Follower.both,
    "or": _Follower.both,
    "if": _Follower.choice,
    "block": _Follower.block,
    "for": _Follower.loop,
    "case": _Follower.case,
    "test": _Follower.test,
    "function": _Follower.function,
    "other": _Follower.other,
}
_VARYING: Mapping[str, Callable[[_Follower, ScriptStep, Sequence[Word]], None]] = {
    "command": _Follower.prefixed,
    "builtin": _Follower.builtin,
    "exit": _Follower.exit,
    "exec": _Follower.exec,
    "source": _Follower.source,
    ".": _Follower.source,
    "set": _Follower.options,
    "unset": _Follower.unset,
    "test": _Follower.tested,
    "[": _Follower.tested,
    "read": _Follower.read,
    "false": _Follower.fails,
    "return": _Follower.fails,
}

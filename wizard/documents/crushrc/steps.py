"""A crushrc as a sequence of steps, those inside `if`, `&&` and loops among them. Nothing is ever run."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from wizard.documents.crushrc.syntax import Reader, Word, calls_plainly, nodes_in
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.documents.crushrc.syntax import Node, Script, Statement

StepKind = Literal[
    "call", "set", "export", "readonly", "local", "and", "or", "if", "block", "for", "case", "test", "function", "other"
]


class GivenVariable(Struct, frozen=True):
    """`NAME=value`. `value` is None where it is more than one plain text: `NAME+=`, a list, or nothing at all."""

    name: str
    value: Word | None


class Condition(Struct, frozen=True):
    """A part of `[[ ]]`: a word, or an operator (`-n`, `==`, `&&`, `!`) with its operands. `(` only holds one."""

    operator: str
    word: Word | None = None
    operands: tuple[Condition, ...] = ()


class ScriptStep(Struct, frozen=True):
    """A statement as a script comes to it, with those inside it.

    `branches` are the sides of `and` and `or`; condition, then and else of an `if`; those of a `case`, each with its
    `patterns`; else the body. `words` are those of a call, what a `case` is about, or what a `for` goes through, which
    sets `loops`. `sets`: every variable that may be set in it;
    `unseen`: it may run commands that are not in this text, and these may set any.
    """

    statement: Statement
    kind: StepKind
    words: tuple[Word, ...] = ()
    branches: tuple[tuple[ScriptStep, ...], ...] = ()
    negated: bool = False
    assignments: tuple[GivenVariable, ...] = ()
    condition: Condition | None = None
    loops: str = ""
    patterns: tuple[tuple[Word, ...], ...] = ()
    sets: frozenset[str] = frozenset()
    unseen: bool = False


@lru_cache(maxsize=16)  # a script is followed once without and several times with what it finds around it
def steps_of(script: Script) -> tuple[ScriptStep, ...]:
    """All steps of a script, in their order."""
    return _Stepper(script.text).steps(script.tree.get("Stmts", ()))


_ELSEWHERE = ("Background", "Coprocess", "Disown")
_QUIET = frozenset(("/dev/null", "1", "2"))
"""Where output may go without a change to anything."""
_RUNNERS = frozenset(("source", ".", "eval", "trap", "set"))
_MOVERS = frozenset(("cd", "pushd", "popd"))
_DECLARATIONS: Mapping[str, StepKind] = {"export": "export", "declare": "set", "readonly": "readonly"}
_NAME = regexp(r"[A-Za-z_]\w*")


class _Stepper(Reader):
    def steps(self, nodes: Any) -> tuple[ScriptStep, ...]:
        return tuple(map(self._step, nodes or ()))

    def _step(self, node: Node) -> ScriptStep:
        statement = self.statement(node)
        command, negated = node.get("Cmd") or {}, bool(node.get("Negated"))
        if any(node.get(mark) for mark in _ELSEWHERE) or not all(map(_is_quiet, node.get("Redirs", ()))):
            return self._other(statement, command)
        return self._of_kind(statement, command, negated=negated) or self._other(statement, command)

    def _of_kind(self, statement: Statement, command: Node, *, negated: bool) -> ScriptStep | None:
        match command:
            case {"Type": "CallExpr"}:
                words = tuple(map(self.word, command.get("Args", ())))
                kind: StepKind = "call" if words else "set"
                return ScriptStep(
                    statement, kind, words, negated=negated, assignments=self._assigned(command.get("Assigns"))
                )
            case {"Type": "BinaryCmd", "Op": "&&" | "||" as operator}:
                sides = self.steps((command["X"],)), self.steps((command["Y"],))
                return ScriptStep(statement, "and" if operator == "&&" else "or", branches=sides, negated=negated)
            case {"Type": "IfClause"}:
                return ScriptStep(statement, "if", branches=self._choice(statement, command), negated=negated)
            case {"Type": "Block"}:
                return ScriptStep(statement, "block", branches=(self.steps(command.get("Stmts")),), negated=negated)
            case {"Type": "TestClause"}:
                return ScriptStep(statement, "test", condition=self._condition(command["X"]), negated=negated)
            case {"Type": "FuncDecl"}:
                sets, unseen = self._set_in(command)
                return ScriptStep(statement, "function", negated=negated, sets=sets, unseen=unseen)
            case {"Type": "ForClause", "Loop": {"Type": "WordIter"} as loop} if not command.get("Select"):
                return self._for(statement, command, loop, negated=negated)
            case {"Type": "DeclClause", "Variant": {"Value": variant}} if variant in _DECLARATIONS:
                return self._declaration(statement, command, _DECLARATIONS[variant], negated=negated)
            case {"Type": "DeclClause", "Variant": {"Value": "local"}}:
                return ScriptStep(statement, "local", negated=negated)
            case {"Type": "CaseClause"} if all(item["Op"] == ";;" for item in command.get("Items", ())):
                return self._case(statement, command, negated=negated)
        return None

    def _other(self, statement: Statement, command: Node) -> ScriptStep:
        sets, unseen = self._set_in(command)
        return ScriptStep(statement, "other", sets=sets, unseen=unseen)

    def _choice(self, statement: Statement, command: Node) -> tuple[tuple[ScriptStep, ...], ...]:
        """Condition, then and else; an `elif` is an `if` of its own in the last one."""
        otherwise = command.get("Else")
        last: tuple[ScriptStep, ...] = ()
        if otherwise and otherwise.get("Cond"):
            inner = replace(statement, words=(), calls=tuple(self.calls(otherwise, "inside `if`")))
            last = (ScriptStep(inner, "if", branches=self._choice(inner, otherwise)),)
        elif otherwise:
            last = self.steps(otherwise.get("Then"))
        return self.steps(command.get("Cond")), self.steps(command.get("Then")), last

    def _for(self, statement: Statement, command: Node, loop: Node, *, negated: bool) -> ScriptStep | None:
        if not loop.get("InPos"):
            return None
        sets, unseen = self._set_in(command)
        words, body = tuple(map(self.word, loop.get("Items", ()))), self.steps(command.get("Do"))
        name = loop["Name"]["Value"]
        return ScriptStep(statement, "for", words, (body,), negated=negated, loops=name, sets=sets, unseen=unseen)

    def _case(self, statement: Statement, command: Node, *, negated: bool) -> ScriptStep:
        items = command.get("Items", ())
        branches = tuple(self.steps(item.get("Stmts")) for item in items)
        patterns = tuple(tuple(map(self.word, item["Patterns"])) for item in items)
        words = (self.word(command["Word"]),)
        return ScriptStep(statement, "case", words, branches, negated=negated, patterns=patterns)

    def _declaration(self, statement: Statement, command: Node, kind: StepKind, *, negated: bool) -> ScriptStep | None:
        """`export NAME=value ...`; with options it is something else."""
        words = command.get("Args", ())
        if not all(word.get("Name") for word in words):
            return None
        given = [word for word in words if not word.get("Naked")]
        return ScriptStep(statement, kind, negated=negated, assignments=self._assigned(given))

    def _assigned(self, nodes: Any) -> tuple[GivenVariable, ...]:
        return tuple(self._assignment(node) for node in nodes or ())

    def _assignment(self, node: Node) -> GivenVariable:
        odd = any(node.get(mark) for mark in ("Append", "Array", "Index"))
        value = node.get("Value")
        _, end = self.span(node)
        empty = Word(end, end, "") if not odd else None
        return GivenVariable(node["Name"]["Value"], self.word(value) if value and not odd else empty)

    def _condition(self, node: Node) -> Condition:
        match node:
            case {"Type": "Word"}:
                return Condition("", self.word(node))
            case {"Type": "ParenTest"}:
                return Condition("(", operands=(self._condition(node["X"]),))
            case {"Type": "UnaryTest"}:
                return Condition(node["Op"], operands=(self._condition(node["X"]),))
        return Condition(node["Op"], operands=(self._condition(node["X"]), self._condition(node["Y"])))

    def _set_in(self, command: Node) -> tuple[frozenset[str], bool]:
        """The variables that may be set somewhere in a command, and whether it may run what is not seen."""
        nodes = list(nodes_in(command))
        named = {node["Name"]["Value"] for node in nodes if isinstance(node.get("Name"), dict)}
        called = [[self.word(word).value for word in node["Args"]] for node in nodes if calls_plainly(node)]
        words = {word for words in called for word in words[1:] if _NAME.fullmatch(word)}  # `read NAME`, `unset NAME`
        moved = {"PWD"} if any(words[0] in _MOVERS for words in called) else set()
        unseen = any(words[0] in _RUNNERS or "$" in words[0] for words in called)
        return frozenset((*named, *words, *_calculated(nodes), *moved)), unseen


def _calculated(nodes: list[Node]) -> Iterator[str]:
    """What arithmetic, and `${NAME:=value}`, may set."""
    for node in nodes:
        if node.get("Type") in ("BinaryArithm", "UnaryArithm"):
            values = (inner.get("Value") for inner in nodes_in(node) if inner.get("Type") == "Lit")
            yield from (value for value in values if isinstance(value, str) and _NAME.fullmatch(value))
        if node.get("Type") == "ParamExp" and (node.get("Exp") or {}).get("Op") in ("=", ":="):
            yield node["Param"]["Value"]


def _is_quiet(redirection: Node) -> bool:
    """Whether a redirection only takes output out of sight."""
    parts = redirection.get("Word", {}).get("Parts", ())
    plain = len(parts) == 1 and parts[0].get("Value") in _QUIET
    return plain and redirection.get("Op") in (">", ">>", "&>", ">&") and not redirection.get("Hdoc")

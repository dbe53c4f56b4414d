"""Changes that leave Crush without a provider: where its own are off it does not start (crush-behaviour 10.1, F8).

It is said before, with a way out: the built-in providers may be let back in, in the same change.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from wizard.crush.builtin_rules import DISABLE_DEFAULTS
from wizard.documents.document import DropValue
from wizard.errors import Cancelled, Conflict
from wizard.files.plan import Plan
from wizard.flow.question import Choice, Kind, Question
from wizard.ui.place import place, shown_path
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from wizard.change.run import Run
    from wizard.crush.effective import Effective
    from wizard.crush.sources import Source
    from wizard.documents.document import Change, Document
    from wizard.flow.driver import Asker
    from wizard.ui.output import Output

BUILTINS, NONE, CANCEL = "builtins", "none", "cancel"
FLAGS = {BUILTINS: "--allow-builtins", NONE: "--allow-no-provider"}
Cure: TypeAlias = "tuple[tuple[Document, Change], ...]"
"""The changes that let the built-in providers back in."""
_OPTION = ("options", "disable_default_providers")


class NoneLeft(Struct, frozen=True):
    """What would come of the change. `cure` lets the built-in providers back in; empty where no file can do that.

    `by_hand`: how to do it then.
    """

    message: str
    cure: Cure = ()
    by_hand: str = ""


def none_left_after(
    before: Effective, after: Effective, documents: Iterable[Document], lists: Collection[str] = ()
) -> NoneLeft | None:
    """None where Crush starts with a provider, or did not before. `documents` are open already.

    `lists` are providers whose endpoints are known to list models.
    """
    state = _without_any(after, lists)
    if not state or _without_any(before, lists):
        return None
    off = why_off(after)
    message = f"this would leave {state}: the built-in providers are off{f' ({off})' if off else ''}"
    return NoneLeft(message, tuple(_cure(after, tuple(documents))), _by_hand(after))


def _without_any(found: Effective, lists: Collection[str]) -> str:
    """What Crush does without a provider that is sure to have models; empty where there is one, or built-ins are on."""
    if any(problem.code == "F8" for problem in found.fatal):
        return "no provider, and Crush would not start"
    if not found.hangs_on or any(provider.id in lists for provider in found.hangs_on):
        return ""
    whose = joined([f"{provider.id}'s endpoint" for provider in found.hangs_on], "or")
    return f"no model, and Crush would only start if {whose} lists some"


def why_off(found: Effective) -> str:
    """What keeps the built-in providers out: a variable, or the place in a file; empty where nothing does."""
    if found.builtins_off == "variable":
        return f"${DISABLE_DEFAULTS}"
    source = found.source(*_OPTION)
    return place(source) if source else ""


def _places(found: Effective) -> tuple[Source, ...]:
    source = found.source(*_OPTION)
    return (*source.shadowed, source) if source else ()


def _cure(found: Effective, documents: tuple[Document, ...]) -> Iterator[tuple[Document, Change]]:
    from wizard.machine.target import open_document

    sources = _places(found)
    if found.builtins_off == "variable" or any(source.role == "system" for source in sources):
        return
    for source in sources:
        known = next((document for document in documents if Path(document.path) == source.path), None)
        yield known or open_document(source.path, source.format), DropValue(_OPTION)


def _by_hand(found: Effective) -> str:
    if found.builtins_off == "variable":
        return f"unset {DISABLE_DEFAULTS} to allow the built-in ones again"
    return (
        f"only a user who may write {joined(dict.fromkeys(map(place, _places(found))))} can allow the built-in ones "
        f"again"
    )


# What becomes of it


def settled(found: NoneLeft | None, told: str | None, run: Run, asker: Asker | None) -> Cure:
    """The changes to add. `told` is what a flag says: BUILTINS or NONE.

    Raises Conflict where nobody decides, Cancelled, and Back.
    """
    if found is None:
        return ()
    if told == BUILTINS and not found.cure:
        raise Conflict(found.message, hint=f"{found.by_hand}; {FLAGS[NONE]} continues anyway")
    if told is None and run.dry_run:
        run.output.warning(f"{found.message}; {joined(FLAGS.values(), 'or')} would be needed")
        return ()
    chosen = told or _asked(found, None if run.yes else asker)
    if chosen == CANCEL:
        raise Cancelled
    if chosen != BUILTINS:
        return ()
    _say_let_in(found.cure, run.output)
    return found.cure


def let_builtins_in(run: Run) -> None:
    """Take out what keeps them off, as a change of its own that was agreed to. Raises what writing raises."""
    from wizard.change.run import Proposal, by_document, changed_files, edit_of
    from wizard.machine.in_force import in_force

    edits = [edit_of(document, wanted, {}) for document, wanted in by_document(_cure(in_force().effective, ()))]
    plan = Plan("undo --allow-builtins", tuple(edits))
    outcome = run.make(lambda _: Proposal(plan, None, needs_consent=False))
    if outcome.applied:
        run.output.done(f"Crush uses its built-in providers again: removed {_OPTION[1]} from {changed_files(plan)}")


def _say_let_in(cure: Cure, output: Output) -> None:
    for document in dict.fromkeys(document for document, _ in cure):
        where = shown_path(Path(document.path))
        output.note(f"Crush uses its built-in providers again: removed {_OPTION[1]} from {where}")


def _asked(found: NoneLeft, asker: Asker | None) -> str:
    if asker is None:
        cure = f"{FLAGS[BUILTINS]} allows the built-in ones again" if found.cure else found.by_hand
        raise Conflict(found.message, hint=f"{cure}; {FLAGS[NONE]} continues anyway")
    question = Question(
        key="none_left",
        text=f"{found.message[0].upper()}{found.message[1:]}. What now?",
        kind=Kind.CHOICE,
        flag=joined(FLAGS.values(), "or"),
        help="" if found.cure else found.by_hand,
        choices=tuple(_choices(found)),
        decision=True,
        default=BUILTINS if found.cure else CANCEL,
    )
    return str(asker.ask(question, can_go_back=False))


def _choices(found: NoneLeft) -> Iterator[Choice]:
    if found.cure:
        files = joined(dict.fromkeys(shown_path(Path(document.path)) for document, _ in found.cure))
        yield Choice(BUILTINS, "Let Crush use its built-in providers again", f"removes {_OPTION[1]} from {files}")
    yield Choice(NONE, "Continue anyway", "Crush does not start until a provider is added")
    yield Choice(CANCEL, "Change nothing")

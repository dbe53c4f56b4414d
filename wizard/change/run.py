"""One run of a command that changes something: decide, show, confirm, write, again if a file changed meanwhile."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from wizard import folders
from wizard.change.diff import render_diff, unified_diff
from wizard.change.managed_files import say_managed
from wizard.change.one_place import dropped_references
from wizard.change.own_words import remembered_as_own
from wizard.errors import AnswersMissing, Cancelled, ChangedMeanwhile, WizardError
from wizard.files.history import History
from wizard.files.plan import FileEdit, Plan
from wizard.flow.question import Back
from wizard.machine.files import shared_with_crush
from wizard.machine.stores import of_all, open_all
from wizard.namespace import own, profile_in_force
from wizard.private import Private
from wizard.redaction import MASK, redact
from wizard.secrets.settings import choice_edits
from wizard.secrets.store import CALLED
from wizard.ui.output import say_nothing
from wizard.ui.place import shown_path
from wizard.ui.replay import Replay
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from wizard.change.apply import Applied
    from wizard.documents.document import Change, Document
    from wizard.flow.driver import Asker
    from wizard.flow.question import Question, Raw
    from wizard.secrets.settings import Choices
    from wizard.secrets.store import SecretStore
    from wizard.ui.output import Output

    Asking = Callable[[Question], Raw]
    """Asks one question. Raises Back, and Cancelled."""

ATTEMPTS = 20
"""How often a change is decided on when the file keeps changing under it."""


About = TypeVar("About")


class Proposal(Private, Struct, Generic[About], frozen=True):
    """What a command would change. `about` is what the command knows of it besides, for its report.

    `values` are the secrets to store, by name, `stores` the stores by name; those that are missing are opened.
    `say` tells what the person should know before; it follows the diff. `revise` asks which answer is to be another
    one: such a proposal has a summary of its own, and its diff is shown on request. `question` asks for consent in
    other words than "Write this to ...?". `back` takes back the last answer of an interview that keeps its answers;
    other ones have been given through the asker that decides, which knows the way back by itself. `shown` is the
    plan as the person sees it, where that is another one. `remembers` are the choices that are kept for later along
    with the change, and undone with it. `has_diff` False: the question says all. `write` carries
    it out where `apply` does not.
    """

    plan: Plan
    about: About
    values: Mapping[str, str] = field(default_factory=dict)
    stores: Mapping[str, SecretStore] = field(default_factory=dict)
    say: Callable[[], None] = say_nothing
    question: str = ""
    back: Callable[[], None] | None = None
    revise: Callable[[Asking], None] | None = None
    shown: Plan | None = None
    has_diff: bool = True
    needs_consent: bool = True
    write: Callable[[], Applied] | None = None
    remembers: Choices = field(default_factory=dict)

    @property
    def changes_nothing(self) -> bool:
        """What is carried out in a way of its own may change more than the plan shows."""
        return self.write is None and self.plan.changes_nothing

    @property
    def visible(self) -> Plan:
        return self.shown or self.plan


class Outcome(Struct, Generic[About], frozen=True):
    """What was decided in the end, and whether it was carried out."""

    proposal: Proposal[About]
    applied: bool

    @property
    def plan(self) -> Plan:
        return self.proposal.visible

    @property
    def about(self) -> About:
        return self.proposal.about


class Run(Struct, frozen=True):
    """`asker` None: nobody is there. With `yes` nobody is asked to confirm, with `dry_run` nothing is written."""

    output: Output
    asker: Asker | None
    dry_run: bool = False
    yes: bool = False

    @property
    def is_settled(self) -> bool:
        """Nobody has to confirm."""
        return self.dry_run or self.yes

    def make(
        self,
        decide: Callable[[Asker | None], Proposal[About]],
        look_anew: Callable[[], None] = say_nothing,
        attempts: int = ATTEMPTS,
    ) -> Outcome[About]:
        """What came of it. `decide` is called again each time that the person goes back, or that a file has changed.

        It must change nothing, and gets who can be asked. The answers that it got before are given again unseen.
        `look_anew` comes before a new attempt. Raises ChangedMeanwhile when the last one fails, too, AnswersMissing
        where nobody can confirm, Cancelled for a no, and what `decide` and writing raise.
        """
        asker = None if self.asker is None else Replay(self.asker, self.output)
        for attempt in range(attempts):
            try:
                with self._turn(attempt):
                    if attempt:
                        look_anew()
                    return self._write(self._decided(decide, asker))
            except ChangedMeanwhile:
                if attempt + 1 == attempts:
                    raise
                self.output.note("the file was just changed by another program; this is the change to the new version")
        raise AssertionError("there is at least one attempt")

    def _turn(self, attempt: int) -> AbstractContextManager[None]:
        """Other wizards wait from the second attempt on, where no person keeps them waiting: each gets on in turn."""
        if not attempt or self.dry_run or self.asker is not None:
            return contextlib.nullcontext()
        from wizard.change.apply import alone

        return alone(History(folders.backups()))

    def _decided(self, decide: Callable[[Asker | None], Proposal[About]], asker: Replay | None) -> Proposal[About]:
        if asker is None:
            return self._agreed(_in_one_place(decide(None)), None)
        return asker.decide(lambda: self._agreed(_in_one_place(decide(asker)), asker))

    def _agreed(self, proposal: Proposal[About], asker: Replay | None) -> Proposal[About]:
        """The proposal, shown and confirmed. Raises Back."""
        if asker is not None:
            asker.end()
        wants_consent = proposal.needs_consent and not (self.is_settled or proposal.changes_nothing)
        is_summed_up = proposal.revise is not None and not self.output.in_dialogue  # its diff is shown on request
        if wants_consent and asker is not None and proposal.has_diff and not is_summed_up:
            show_diff(proposal.visible, self.output)
        proposal.say()
        if not proposal.changes_nothing:
            say_managed(proposal.plan, self.output, dry_run=self.dry_run)
        if wants_consent:
            self._confirm(proposal, asker)
        return proposal

    def _confirm(self, proposal: Proposal[About], asker: Replay | None) -> None:
        from wizard.flow.driver import CONFIRMATION

        if asker is None:
            raise AnswersMissing("can't ask for confirmation", hint="add --yes")
        if proposal.revise is not None:
            self._save(proposal, proposal.revise, asker)
            return
        text = proposal.question or f"Write this to {changed_files(proposal.plan) or 'the store'}?"
        if _ask_last(replace(CONFIRMATION, text=text), proposal, asker) is not True:
            raise Cancelled

    def _save(self, proposal: Proposal[About], revise: Callable[[Asking], None], asker: Replay) -> None:
        """Raises Back, also after an answer was revised, and Cancelled."""
        from wizard.flow.driver import CANCEL, CHANGE, DIFF, SAVE

        without_diff = tuple(choice for choice in SAVE.choices if choice.value != DIFF)
        question = replace(SAVE, choices=without_diff) if self.output.in_dialogue else SAVE
        while True:
            chosen = _ask_last(question, proposal, asker)
            if chosen == CANCEL:
                raise Cancelled
            if chosen == DIFF:
                show_diff(proposal.visible, self.output)
            elif chosen == CHANGE:
                with contextlib.suppress(Back):
                    revise(lambda question: asker.ask_last(question, can_go_back=True))
                    break
            else:
                return
        raise Back

    def _write(self, proposal: Proposal[About]) -> Outcome[About]:
        """Carry it out, or with `dry_run` print its diff on stdout and touch nothing."""
        from wizard.machine.target import warn_of_unread_crushrc

        if proposal.changes_nothing:
            return Outcome(proposal, applied=False)
        warn_of_unread_crushrc(proposal.plan, self.output)
        if self.dry_run:
            if self.output.profile and not proposal.plan.about_profiles:
                self.output.note(f"in profile {self.output.profile}:")
            diff = diff_of(proposal.visible)
            if diff and not self.output.as_json:
                self.output.data(render_diff(diff, self.output.colors(self.output.stdout)))
            return Outcome(proposal, applied=False)
        with remembered_as_own(proposal.plan, self.output):
            done = proposal.write() if proposal.write else self._apply(proposal)
        for warning in done.warnings:
            self.output.warning(warning)
        return Outcome(proposal, applied=done.record is not None)

    def _apply(self, proposal: Proposal[About]) -> Applied:
        from wizard.change.apply import apply

        names = {edit.store for edit in proposal.plan.secrets}
        remembering = self._remembering(proposal.remembers)
        stores = proposal.stores or open_all(self.asker, names)
        plan, values = shared_with_crush(proposal.plan), proposal.values
        plan = replace(plan, files=(*plan.files, *remembering))
        if profile := profile_in_force():
            from wizard.machine.profiles import as_its_own

            plan, values = as_its_own(plan), {own(name, profile): value for name, value in values.items()}
        return apply(plan, values, of_all(stores), History(folders.backups()))

    def _remembering(self, choices: Choices) -> tuple[FileEdit, ...]:
        """The change of our own settings; none, with a warning, where they can't be read."""
        try:
            return choice_edits(folders.settings(), choices) if choices else ()
        except WizardError as error:
            self.output.warning(f"can't save your choice: {error.where}: {error.message}")
            return ()


def _in_one_place(proposal: Proposal[About]) -> Proposal[About]:
    """The same, and what gets a value is no reference any more."""
    dropped = dropped_references(proposal.plan) if proposal.write is None else ()
    if not dropped:
        return proposal
    shown = proposal.shown and replace(proposal.shown, files=(*proposal.shown.files, *dropped))
    return replace(proposal, plan=replace(proposal.plan, files=(*proposal.plan.files, *dropped)), shown=shown)


def _ask_last(question: Question, proposal: Proposal[Any], asker: Replay) -> Raw:
    """Raises Back, with the last answer taken back."""
    try:
        return asker.ask_last(question, can_go_back=proposal.back is not None)
    except Back:
        if proposal.back is not None:
            proposal.back()
        raise


def edit_of(document: Document, changes: Sequence[Change], masked: Mapping[str, str]) -> FileEdit:
    """The file's change. Literal secrets that it holds are masked in what is shown and recorded."""
    return FileEdit(
        Path(document.path),
        document.text,
        document.edits(changes),
        document.format,
        masked=document.masks(lambda secret: masked.get(secret, MASK)),
    )


def by_document(changes: Iterable[tuple[Document, Change]]) -> list[tuple[Document, list[Change]]]:
    """The changes of each file together, in the order in which the files come up, however often one was opened."""
    grouped: dict[str, tuple[Document, list[Change]]] = {}
    for document, change in changes:
        grouped.setdefault(str(document.path), (document, []))[1].append(change)
    return list(grouped.values())


def with_more(
    changes: Iterable[tuple[Document, Iterable[Change]]], more: Iterable[tuple[Document, Change]]
) -> list[tuple[Document, list[Change]]]:
    """The changes of each file, and some more."""
    return by_document([*((document, change) for document, wanted in changes for change in wanted), *more])


def changed_files(plan: Plan) -> str:
    """The files that a plan changes, in a sentence."""
    return joined([shown_path(edit.path) for edit in plan.files if edit.after != edit.before])


def diff_of(plan: Plan) -> str:
    return "".join(unified_diff(edit, shown_path(edit.path)) for edit in plan.files)


def show_diff(plan: Plan, output: Output) -> None:
    """The whole diff and what becomes of which secret on stderr, where questions are."""
    if output.profile:
        output.note(f"in profile {output.profile}:")
    output.block(render_diff(redact(diff_of(plan)), output.colors(output.stderr)))
    output.present("changes", _changes(plan))
    output.present("secrets", _secrets(plan))
    _say_secrets(plan, output, stored="goes into", deleted="is deleted from")


def say_secrets_to_come(plan: Plan, output: Output) -> None:
    """What would become of the secrets, for --dry-run."""
    _say_secrets(plan, output, stored="would go into", deleted="would be deleted from")


def _say_secrets(plan: Plan, output: Output, *, stored: str, deleted: str) -> None:
    for secret in plan.secrets:
        what = stored if secret.action == "store" else deleted
        output.note(f"{secret.name} {what} {CALLED[secret.store]}")


def as_data(outcome: Outcome[Any] | None, provider: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The `data` of a changing command's JSON document (cli.md). None: there was nothing to decide on."""
    plan = Plan("") if outcome is None else outcome.plan
    data: dict[str, Any] = {"applied": outcome is not None and outcome.applied}
    if provider is not None:
        data["provider"] = provider
    data["changes"] = _changes(plan)
    data["secrets"] = _secrets(plan)
    data["tests"] = []
    return data


def _changes(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "path": str(edit.path),
            "format": edit.format,
            "action": edit.action,
            "diff": unified_diff(edit, str(edit.path)),
        }
        for edit in plan.files
        if edit.after != edit.before
    ]


def _secrets(plan: Plan) -> list[dict[str, Any]]:
    return [{"name": edit.name, "store": edit.store, "action": edit.action} for edit in plan.secrets]

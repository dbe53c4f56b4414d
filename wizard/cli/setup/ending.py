"""After the onboarding has written: the tests, what becomes of a refused key, what Crush says, what to type next.

What was written stays, however the person leaves from here on.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard import folders
from wizard.change.take_back import take_back
from wizard.change.verify import verify
from wizard.errors import Cancelled
from wizard.files.history import History
from wizard.files.plan import Plan, SecretEdit
from wizard.flow.key_questions import RUN, SHELL
from wizard.flow.question import Choice, Kind, Question
from wizard.machine.consent import DraftConsent
from wizard.machine.getting_crush import PAGE, install_command
from wizard.machine.provision import in_use, stored
from wizard.machine.stores import CALLED, open_with, reading
from wizard.network.offline import is_offline
from wizard.private import Private
from wizard.provider.milestones import missing
from wizard.provider.pasted_key import InvalidKey, pasted_key
from wizard.trial.live import NotTellable, live_of_draft
from wizard.trial.probing import TEST_SECONDS, key_refused, probe_all, report_for, say_notes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wizard.endpoints.wire import Live
    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker
    from wizard.flow.question import Raw
    from wizard.machine.consent import Consent
    from wizard.machine.looking_around import MachineState
    from wizard.machine.target import Target
    from wizard.trial.probing import TestedProvider
    from wizard.ui.output import Output

CORRECT, LEAVE, UNDO = "correct", "leave", "undo"


class Ending(Private, Struct):
    """What was written, and what is made of it. `before` and `target`: the entries, and their file, as they were.

    `tested` is what the tests said; `undone`: the person took it all back.
    """

    drafts: Sequence[Draft]
    before: Mapping[str, Mapping[str, Any]]
    seen: MachineState
    consent: Consent
    target: Target
    tested: tuple[TestedProvider, ...] = ()
    undone: bool = False
    _keys: dict[str, str] = field(default_factory=dict)
    """Keys that were just stored, by name."""

    @property
    def asker(self) -> Asker | None:
        """None: nobody is asked."""
        return self.consent.asker

    @property
    def output(self) -> Output:
        return self.consent.output

    def run(self) -> bool:
        """Whether all is well."""
        self._keys = {draft.secret.name: draft.secret.value for draft in self.drafts if draft.secret}
        try:
            self._test()
            verified = self.undone or self._verify()
        except (KeyboardInterrupt, Cancelled):
            self.output.note("stopped here: what was written stays; `crush-wizard undo` takes it back")
            return True
        if not self.undone:
            say_next(self.drafts, self.seen, self.output)
        return verified and not self.undone and all(test.verdict != "fails" for test in self.tested)

    # The tests

    def _test(self) -> None:
        if is_offline():
            self.output.note("not tested: the network is not used; later: crush-wizard test")
            return
        self.tested = self._tested(self.drafts)
        for draft in self.drafts:
            while self._is_refused(draft) and self._corrects(draft):
                again = {test.result.provider: test for test in self._tested([draft])}
                self.tested = tuple(again.get(test.result.provider, test) for test in self.tested)
            if self.undone:
                return

    def _tested(self, drafts: Sequence[Draft]) -> tuple[TestedProvider, ...]:
        lives = list(self._lives(drafts))
        if not lives:
            return ()
        tested = probe_all(lives, self.output, quick=False, seconds=TEST_SECONDS)
        self.output.line(report_for(self.output.stderr, tested))
        say_notes(tested, self.output)
        return tested

    def _lives(self, drafts: Sequence[Draft]) -> Iterator[Live]:
        """What goes over the wire; a provider that has no key yet is said to be left out."""
        secret, consent = reading(self.asker), DraftConsent(self.consent, self.target)
        for draft in drafts:
            entry = {**self.before.get(draft.provider.id, {}), **draft.entry}
            if refused := consent.refused(draft.provider.id, entry, self._keys):
                self.output.note(f"{draft.provider.id} is not tested: {refused}")
                continue
            try:
                yield live_of_draft(draft, self.before.get(draft.provider.id, {}), self._keys, secret)
            except NotTellable as reason:
                self.output.note(f"{draft.provider.id} is not tested: {reason}")

    # A refused key

    def _is_refused(self, draft: Draft) -> bool:
        return any(test.result.provider == draft.provider.id and key_refused(test.result) for test in self.tested)

    def _corrects(self, draft: Draft) -> bool:
        """Whether the person gave another key. Sets `undone` where they rather take all back."""
        if self.asker is None or not draft.variable:
            return False
        choice = self._ask(refused_question(draft))
        if choice == UNDO:
            self.undone = _take_back(self.output)
        return choice == CORRECT and self._stores_another(draft, draft.variable)

    def _stores_another(self, draft: Draft, name: str) -> bool:
        from wizard.change.run import Proposal, Run

        value = self._another_key(draft)
        if not value:
            return False
        store = open_with(self.asker, draft.secret.store if draft.secret else "auto")
        plan = Plan(f"secret set {name}", secrets=(SecretEdit(name, store.name, "store"),))
        proposal = Proposal(plan, None, {name: value}, {store.name: store}, needs_consent=False)
        Run(self.output, self.asker).make(lambda _: proposal)
        self._keys[name] = value
        self.output.done(f"{name} is in {CALLED[store.name]}")
        return True

    def _another_key(self, draft: Draft) -> str:
        """A key that can be sent; none where the person has no other."""
        help_ = "Enter alone: leave it as it is."
        question = Question(
            key="key", text=f"API key for {draft.provider.name}", kind=Kind.SECRET, flag="", help=help_, default=""
        )
        while typed := self._ask(question):
            try:
                pasted = pasted_key(str(typed))
            except InvalidKey as problem:
                self.output.error(str(problem))
                continue
            if pasted.remark:
                self.output.note(pasted.remark)
            return pasted.key
        return ""

    def _ask(self, question: Question) -> Raw:
        assert self.asker is not None  # noqa: S101 - the caller has looked
        return self.asker.ask(question, can_go_back=False)

    # What Crush says

    def _verify(self) -> bool:
        """The real Crush, if the person agrees: it runs the commands of the configuration."""
        if self.asker is None or not self.drafts or is_offline() or not _can_list_models(self.seen):
            return True
        if self._ask(VERIFICATION) is not True:
            return True
        secrets = stored(in_use((), self.output).names, self.output)
        providers = [draft.provider.id for draft in self.drafts]
        return verify(self.output, self.asker, secrets, providers, allow_hosts=self.consent.allowed)


VERIFICATION = Question(
    key="verify",
    text="Ask Crush itself whether it starts with this?",
    kind=Kind.CONFIRM,
    flag="add-provider --verify",
    help="It runs the commands in its configuration for that.",
    default=True,
)


def refused_question(draft: Draft) -> Question:
    """What to do about a key that the endpoint does not take. One that the user sets can't be corrected here."""
    correct = (Choice(CORRECT, "Give another key"),) if draft.stored else ()
    return Question(
        key="refused",
        text=f"{draft.provider.name} refuses the key. What now?",
        kind=Kind.CHOICE,
        flag="crush-wizard secret set NAME",
        help="" if correct else f"It is the value of ${draft.variable}, which you set yourself.",
        choices=(*correct, Choice(LEAVE, "Leave it for now"), Choice(UNDO, "Take all of this back")),
        default=CORRECT if correct else LEAVE,
    )


def _take_back(output: Output) -> bool:
    """Undo everything since, and with, the onboarding's own change."""
    history = History(folders.backups())
    while (record := history.last()) is not None:
        take_back(record, history, output)
        if record.command == "setup":
            break
    return True


def _can_list_models(seen: MachineState) -> bool:
    crush = seen.crush
    return crush is not None and crush.path is not None and missing(crush.version, "models") is None


# What to type next


def say_next(drafts: Sequence[Draft], seen: MachineState, output: Output) -> None:
    from wizard.change.delivery import run_line

    if not seen.which("crush"):
        output.note("next, get Crush:")
        output.line(f"  {install_command(seen.platform, seen.which) or PAGE}")
    there = " in a new terminal" if any(draft.keys == SHELL and draft.stored for draft in drafts) else ""
    output.note(f"next, start Crush{there}:" if seen.which("crush") else f"then start it{there}:")
    output.line(f"  {run_line() if any(map(_needs_run, drafts)) else 'crush'}")


def _needs_run(draft: Draft) -> bool:
    unset = bool(draft.variable) and not os.environ.get(draft.variable or "")
    return unset and draft.stored and draft.keys in (RUN, None)

"""The test of a provider before anything of it is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard.errors import Cancelled, Refused
from wizard.flow.question import Back, Choice, Kind, Question
from wizard.machine.consent import NotAllowed
from wizard.network.offline import is_offline
from wizard.trial.draft_sign_in import missing_sign_in, with_sign_in
from wizard.trial.live import live_of_draft
from wizard.trial.not_tellable import KeyToCome, NotTellable
from wizard.trial.probing import TEST_SECONDS, probe_several
from wizard.trial.signed_out import SignedOut
from wizard.words import by_number, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wizard.endpoints.probe import Cure, ProbeResult, Step
    from wizard.endpoints.wire import Live
    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker
    from wizard.machine.consent import DraftConsent
    from wizard.trial.patience import Patience
    from wizard.ui.output import Output

CORRECT, CURE, SAVE = "correct", "cure", "save"


class KeyRefused(Refused):
    code = "key-refused"


class TestFailed(Refused):
    code = "test-failed"


class Trial(Struct):
    """`wanted`: --test or --no-test; None tests where there is a key or somebody to tell. `allowed` False: never.

    `secret` reads our own store. What has worked once is, with the same values, not tested again.
    """

    wanted: bool | None
    allowed: bool
    output: Output
    secret: Callable[[str], str | None]
    consent: DraftConsent
    patience: Patience
    seconds: float | None = None
    results: tuple[ProbeResult, ...] = ()
    _tested: list[tuple[Live, ProbeResult]] = field(default_factory=list)
    _said: set[str] = field(default_factory=set)

    def run(
        self,
        drafts: Sequence[Draft],
        existing: Mapping[str, Mapping[str, Any]],
        asker: Asker | None,
        *,
        can_go_back: bool,
        leaves_out: bool = False,
    ) -> Cure | None:
        """Test the drafts side by side. `existing`: the entries before them, by id. `leaves_out`: a failure is no
        error, the caller leaves out what has `failed`, and nothing is cured.

        What comes back is the cure of a single draft that was tried, works, and is to be taken. Raises Back to correct
        an answer, KeyRefused and TestFailed where nobody can be asked, Cancelled.
        """
        if asker is not None and self.wanted is not False and is_offline():
            ids = [draft.provider.id for draft in drafts]
            self.output.once(f"{joined(ids)} {by_number(len(ids), 'is', 'are')} not tested: offline")
        found = ((draft, self._live(draft, existing, asker)) for draft in drafts)
        lives = {draft.provider.id: live for draft, live in found if live is not None}
        self.results = self._results(tuple(lives.values()), insists=asker is None and not leaves_out)
        if any(result.stopped for result in self.results):
            self._leave(asker)
            return None
        failed = [result for result in self.results if result.verdict == "fails"]
        cure = failed[0].cure if len(drafts) == len(failed) == 1 and not leaves_out else None
        if failed and asker is not None:
            return _decide(asker, failed, cure, can_go_back=can_go_back)
        for result in failed:
            if not result.reached:
                self.output.show(f"{result.provider} can't be reached now: saving it untested", "warning")
        if cure is None and not leaves_out:
            self.insist()
        return cure

    @property
    def failed(self) -> Mapping[str, Step]:
        """Where providers failed, by id; not of those that can't be reached, which says nothing about them."""
        failed = [result for result in self.results if result.verdict == "fails" and result.reached]
        return {result.provider: step for result in failed if (step := result.failure)}

    def insist(self, anyway: str = "--no-test") -> None:
        """Raises KeyRefused or TestFailed for the first that has `failed`.

        `anyway`: what to run to have it all the same, with {} for the provider's id.
        """
        for provider, step in self.failed.items():
            raise _error(step, anyway.format(provider))

    def _leave(self, asker: Asker | None) -> None:
        """Raises Cancelled where nobody goes on."""
        if asker is None or any(result.for_good for result in self.results) or not self.patience.asks:
            raise Cancelled
        self.output.show("not tested: you went on without it", "warning")

    def _live(self, draft: Draft, existing: Mapping[str, Mapping[str, Any]], asker: Asker | None) -> Live | None:
        before = existing.get(draft.provider.id, {})
        entry = {**before, **draft.entry} if draft.merging else draft.entry
        if missing := missing_sign_in(draft, entry):
            self._say_signed_out(draft, missing)
            return None
        if not self.allowed or self.wanted is False or not (self.wanted or asker is not None or draft.secret):
            return None
        try:
            self._insist_on_consent(draft, entry)
            live = live_of_draft(draft, before, {}, self.secret)
            return with_sign_in(live, draft, self.output, asker)
        except SignedOut as reason:
            self._say_signed_out(draft, reason)
        except (NotTellable, NotAllowed) as reason:
            if self.wanted or not isinstance(reason, KeyToCome):  # the report says what is still to be set
                self.output.show(f"{draft.provider.id} is not tested: {reason}", "warning" if self.wanted else "note")
        return None

    def _say_signed_out(self, draft: Draft, reason: SignedOut) -> None:
        """Once, however often it is decided."""
        text = f"{draft.provider.id} is not signed in: {reason}"
        if text not in self._said:
            self._said.add(text)
            self.output.warning(text)
            self.output.hint(reason.hint)

    def _insist_on_consent(self, draft: Draft, entry: Mapping[str, Any]) -> None:
        """Raises NotAllowed."""
        keys = (draft.secret.name,) if draft.secret else ()
        if refused := self.consent.refused(draft.provider.id, entry, keys):
            raise refused

    def _results(self, lives: Sequence[Live], *, insists: bool) -> tuple[ProbeResult, ...]:
        """In the order of `lives`; only those are tested that have not worked before. `insists`: as `insist` does."""
        new = [live for live in lives if self._known(live) is None]
        seconds, leave = self.seconds or TEST_SECONDS, self.patience.leave
        tested = probe_several(new, self.output, seconds=seconds, leave=leave, insists=insists)
        results = {result.provider: result for result in tested}
        self._tested += [(live, results[live.id]) for live in new if results[live.id].ok]
        known = (self._known(live) for live in lives)
        return tuple(before or results[live.id] for live, before in zip(lives, known, strict=True))

    def _known(self, live: Live) -> ProbeResult | None:
        return next((result for tested, result in self._tested if tested == live), None)


def _error(step: Step, anyway: str) -> KeyRefused | TestFailed:
    if step.name == "key":
        return KeyRefused(
            f"nothing was stored: {step.detail}", hint=f"give another key, or {anyway} to store it anyway"
        )
    cure = f"{step.hint}; " if step.hint else ""
    return TestFailed(
        f"nothing was written, because the test fails: {step.detail}", hint=f"{cure}{anyway} writes it anyway"
    )


def _decide(asker: Asker, failed: Sequence[ProbeResult], cure: Cure | None, *, can_go_back: bool) -> Cure | None:
    """What a person makes of a failed test. Raises Back."""
    what = "The test" if len(failed) == 1 else f"The test of {joined([result.provider for result in failed])}"
    correct = Choice(CORRECT, "Go back and fix it")  # the only way back here: one is enough
    taken = Choice(CURE, f"Use type {cure.type} and {cure.base_url}, which works" if cure else "")
    question = Question(
        key="after_test",
        text=f"{what} failed. What now?",
        kind=Kind.CHOICE,
        flag="--no-test",
        choices=(
            *((taken,) if cure else ()),
            *((correct,) if can_go_back else ()),
            Choice(SAVE, "Save it anyway"),
        ),
        default=CURE if cure else CORRECT if can_go_back else None,
    )
    answer = asker.ask(question, can_go_back=False)
    if answer == CORRECT:
        raise Back
    return cure if answer == CURE else None

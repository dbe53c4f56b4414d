"""The test of a provider before anything of it is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from wizard.errors import Cancelled, Refused, UsageError
from wizard.flow.question import Back, Choice, Kind, Question
from wizard.machine.consent import NotAllowed
from wizard.machine.stores import reading
from wizard.network.offline import is_offline
from wizard.trial.live import NotTellable, live_of_draft
from wizard.trial.probing import TEST_SECONDS, key_refused, probe_one

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wizard.endpoints.probe import ProbeResult
    from wizard.endpoints.wire import Live
    from wizard.flow.build import Draft
    from wizard.flow.driver import Asker
    from wizard.machine.consent import DraftConsent
    from wizard.trial.patience import Patience
    from wizard.ui.output import Output

CORRECT, SAVE = "correct", "save"


class KeyRefused(Refused):
    code = "key-refused"


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
    seconds: float = TEST_SECONDS
    results: tuple[ProbeResult, ...] = ()
    _tested: list[tuple[Live, ProbeResult]] = field(default_factory=list)

    def run(self, draft: Draft, existing: Mapping[str, Any], asker: Asker | None, *, can_go_back: bool) -> None:
        """Test the draft. Raises Back to correct an answer, KeyRefused where nobody can be asked, Cancelled."""
        live = self._live(draft, existing, asked=asker is not None)
        if live is None:
            return
        result = self._result(live)
        self.results = (result,)
        if result.stopped:
            self._leave(result, asker)
            return
        if result.ok:
            return
        if asker is not None:
            _decide(asker, can_go_back=can_go_back)
        elif (refused := key_refused(result)) and draft.secret:
            raise KeyRefused(
                f"nothing was stored: {refused.detail}", hint="give another key, or --no-test to store it anyway"
            )

    def _leave(self, result: ProbeResult, asker: Asker | None) -> None:
        """Raises Cancelled where nobody goes on."""
        if asker is None or result.for_good or not self.patience.goes_on():
            raise Cancelled
        self.output.show("not tested: you went on without it", "warning")

    def _live(self, draft: Draft, existing: Mapping[str, Any], *, asked: bool) -> Live | None:
        if not self.allowed or self.wanted is False or not (self.wanted or asked or draft.secret):
            return None
        try:
            self._insist_on_consent(draft, existing)
            return live_of_draft(draft, existing, {}, self.secret)
        except (NotTellable, NotAllowed) as reason:
            self.output.show(f"not tested: {reason}", "warning" if self.wanted else "note")
            return None

    def _insist_on_consent(self, draft: Draft, existing: Mapping[str, Any]) -> None:
        """Raises NotAllowed."""
        entry = {**existing, **draft.entry} if draft.merging else draft.entry
        keys = (draft.secret.name,) if draft.secret else ()
        if refused := self.consent.refused(draft.provider.id, entry, keys):
            raise refused

    def _result(self, live: Live) -> ProbeResult:
        for tested, result in self._tested:
            if tested == live:
                return result
        result = probe_one(live, self.output, seconds=self.seconds, leave=self.patience.leave)
        if result.ok:
            self._tested.append((live, result))
        return result


def _decide(asker: Asker, *, can_go_back: bool) -> None:
    """What a person makes of a failed test. Raises Back."""
    correct = Choice(CORRECT, "Go back and correct it")  # the only way back here: one is enough
    question = Question(
        key="after_test",
        text="The test failed. What now?",
        kind=Kind.CHOICE,
        flag="--no-test",
        choices=(*((correct,) if can_go_back else ()), Choice(SAVE, "Save it anyway")),
        default=CORRECT if can_go_back else None,
    )
    if asker.ask(question, can_go_back=False) == CORRECT:
        raise Back


def open_trial(
    wanted: bool | None,
    seconds: float | None,
    output: Output,
    asker: Asker | None,
    consent: DraftConsent,
    patience: Patience,
    *,
    dry_run: bool,
) -> Trial:
    """The trial of one command, as its flags want it. Raises UsageError for --test where there is no network."""
    allowed = not (dry_run or is_offline())
    if wanted and not allowed:
        raise UsageError("--test needs the network, and --offline or --dry-run rules it out")
    return Trial(wanted, allowed, output, reading(asker), consent, patience, seconds or TEST_SECONDS)

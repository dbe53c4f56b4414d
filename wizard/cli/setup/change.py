"""What the onboarding changes: asked, planned, shown, confirmed, written, tested, reported."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.change.kept_slots import say_slots_then, selected_then, slots_kept
from wizard.change.overrides import say_overrides
from wizard.change.provider_change import changes_of, conclude, keys_of, plan_of, remembered, result_data, say
from wizard.change.run import Proposal, Run, with_more
from wizard.change.summary import say_summary, say_why_whole
from wizard.cli.provider.sign_in import sign_in
from wizard.cli.result import Result
from wizard.errors import Cancelled, WizardError
from wizard.flow.question import Back
from wizard.machine.consent import Consent
from wizard.machine.in_force import in_force
from wizard.machine.new_format import in_its_format
from wizard.network.offline import is_offline
from wizard.provider.login import PREFIX
from wizard.provider.model import SLOTS
from wizard.trial.discovered import with_discovered
from wizard.trial.facts import existing_providers
from wizard.ui.prompter import after_writing

if TYPE_CHECKING:
    from wizard.change.kept_slots import SlotOutlook
    from wizard.change.provider_change import Changes
    from wizard.change.run import Outcome
    from wizard.cli.setup.air_gapped import AirGap
    from wizard.cli.setup.interview import SetupInterview
    from wizard.cli.setup.preparation import Prepared
    from wizard.cli.setup.wish import Wish
    from wizard.files.plan import Plan
    from wizard.flow.build import Draft
    from wizard.machine.looking_around import MachineState
    from wizard.machine.target import Target
    from wizard.trial.trial import Trial
    from wizard.ui.output import Output


class BackToMenu(Exception):
    """The person went back behind the first question. Control flow, not an error."""


class Setup(Struct):
    """What the onboarding works on.

    `opened` is the target before it is known what is to be written; `decided` the one for what was answered last.
    """

    wish: Wish
    seen: MachineState
    run: Run
    opened: Target
    interview: SetupInterview
    trial: Trial
    decided: Target | None = None

    @property
    def target(self) -> Target:
        return self.decided or self.opened

    @property
    def output(self) -> Output:
        return self.run.output


class Decision(Struct, frozen=True):
    """The providers, what the slots come to, and why options for a machine without internet stay off."""

    drafts: tuple[Draft, ...]
    slots: SlotOutlook
    overruled: tuple[str, ...]


def set_up(prepared: Prepared) -> Result:
    """Ask the rest, plan, write, test. Raises Back where the person goes back behind the first question."""
    wish, output = prepared.wish, prepared.output
    run = Run(output, prepared.asker, wish.dry_run, wish.yes)
    trial = prepared.contact.trial(None if prepared.asks or is_offline() else True)
    setup = Setup(wish, prepared.seen, run, prepared.target, prepared.interview, trial)
    try:
        outcome = run.make(lambda _: _decide(setup), lambda: _look_anew(setup))
    except BackToMenu:
        raise Back from None
    _conclude(outcome, run, air_gapped=wish.air_gapped)
    drafts, logins = outcome.about.drafts, setup.interview.logins
    signed_in = False not in [_is_signed_in(login, prepared) for login in logins]  # each is tried
    if not outcome.applied or not drafts:
        return _result(setup, outcome, exit_code=0 if signed_in else 1)
    from wizard.cli.setup.ending import end

    asker = None if wish.yes else prepared.asker
    consent = Consent(output, after_writing(asker, output), wish.allow_hosts)
    ok = end(drafts, setup.seen, consent) and not setup.trial.failed and signed_in
    return _result(setup, outcome, exit_code=0 if ok else 1)


def _is_signed_in(login: str, prepared: Prepared) -> bool:
    """Let Crush sign in to it, once the rest is written, which stays; a no is no failure."""
    wish, output = prepared.wish, prepared.output
    try:
        sign_in(login, output, prepared.asker, dry_run=wish.dry_run, yes=wish.yes, allow_hosts=wish.allow_hosts)
    except Cancelled:
        output.note(f"not signed in to {login}; later: crush-wizard add-provider {PREFIX}{login}")
    except WizardError as problem:
        output.error(problem.message)
        output.hint(problem.hint)
        return False
    return True


def _look_anew(setup: Setup) -> None:
    setup.opened, setup.decided = setup.opened.opened_anew(), None
    setup.interview.look_anew(existing_providers(setup.target))


def _decide(setup: Setup) -> Proposal[Decision]:
    """Raises Back where the last question is to be asked again, and BackToMenu."""
    try:
        drafts = setup.interview.run()
    except Back:
        raise BackToMenu from None
    setup.decided = None
    try:
        gap = _gap(setup, drafts)
    except Back:
        setup.interview.back()
        raise
    drafts = _tested(setup, drafts)
    changes, slots = _changes(setup, drafts, gap)
    plan = plan_of("setup", drafts, changes, setup.output)
    decision = Decision(drafts, slots, _overruled(_placed(setup, gap, setup.target), slots))
    can_revise = setup.interview.can_go_back and bool(drafts)
    return Proposal(
        plan,
        decision,
        keys_of(drafts),
        say=partial(_say, setup, plan, decision, changes, sums_up=can_revise),
        back=setup.interview.way_back,
        revise=setup.interview.revise if can_revise else None,
        remembers=remembered(drafts, setup.target) if drafts else {},
    )


def _tested(setup: Setup, drafts: tuple[Draft, ...]) -> tuple[Draft, ...]:
    """Those that are to be written. Raises Back where a test failed and the person wants to correct an answer.

    Where nobody is asked, what fails its test is left out. Raises KeyRefused or TestFailed where nothing is left.
    """
    asker = setup.run.asker if setup.interview.can_go_back else None
    try:
        setup.trial.run(
            [draft for draft in drafts if not draft.key_is_refused],
            setup.interview.facts.existing,
            asker,
            can_go_back=not setup.output.in_dialogue,
            leaves_out=True,
        )
    except Back:
        setup.interview.back()
        raise
    if asker is not None:
        return drafts
    failed = setup.trial.failed
    left = tuple(draft for draft in drafts if draft.provider.id not in failed)
    if drafts and not left and not setup.wish.air_gapped:
        setup.trial.insist("crush-wizard add-provider {} --no-test")
    for provider, step in failed.items():
        setup.output.warning(f"{provider} is left out: {step.detail}")
    return left


def _say(setup: Setup, plan: Plan, decision: Decision, changes: Changes, *, sums_up: bool) -> None:
    if sums_up and not setup.output.in_dialogue:
        say_summary(decision.drafts, plan, setup.output)
    else:
        say_why_whole(decision.drafts, setup.output)
    if not plan.changes_nothing:
        say(decision.drafts, changes, setup.target, setup.output)
        say_overrides(decision.drafts, setup.target, decision.slots, setup.output)
        named = {slot for draft in decision.drafts for slot, model in draft.selected.items() if model}
        if not (sums_up and named.issuperset(SLOTS)):  # the summary says it
            say_slots_then(decision.slots, setup.output, all_of_them=bool(decision.drafts))
    for reason in decision.overruled:
        setup.output.warning(reason)


def _overruled(gap: AirGap | None, slots: SlotOutlook) -> tuple[str, ...]:
    from wizard.cli.setup.air_gapped import overruled

    return overruled(gap, slots.after.effective) if gap else ()


def _gap(setup: Setup, drafts: tuple[Draft, ...]) -> AirGap | None:
    """The options for a machine without internet. Raises Back."""
    from wizard.cli.setup.air_gapped import WITHOUT_BUILTINS, air_gap, lost_slots, may_drop_builtins

    if not setup.wish.air_gapped:
        return None
    facts, effective = setup.interview.facts, setup.seen.in_force.effective
    asker = None if setup.run.yes else setup.run.asker
    possible = asker is not None and may_drop_builtins(drafts, facts.existing, effective, facts.crush)
    dropped = possible and asker is not None and asker.ask(WITHOUT_BUILTINS, can_go_back=True) is True
    for slot in lost_slots(drafts, effective) if dropped else ():
        setup.output.warning(f"the {slot} model is from a built-in provider: Crush will use another one")
    return air_gap(setup.target, effective, without_builtins=dropped)


def _changes(setup: Setup, drafts: tuple[Draft, ...], gap: AirGap | None) -> tuple[Changes, SlotOutlook]:
    look = setup.interview.facts.look_at_crush
    setup.decided = in_its_format(setup.opened, partial(_wanted, setup, drafts, gap), look)
    before = with_discovered(in_force(setup.target.around), setup.output)
    return slots_kept(drafts, _wanted(setup, drafts, gap, setup.target), setup.target, before)


def _wanted(setup: Setup, drafts: tuple[Draft, ...], gap: AirGap | None, target: Target) -> Changes:
    """What the drafts and the options for a machine without internet come to in a target."""
    placed = _placed(setup, gap, target)
    more = [(placed.document, change) for change in placed.changes] if placed else ()
    return with_more(changes_of(drafts, target), more)


def _placed(setup: Setup, gap: AirGap | None, target: Target) -> AirGap | None:
    """The options in the file that they go to, which is decided only now if there is none yet."""
    return replace(gap, document=target.document) if gap and setup.opened.is_open else gap


def _conclude(outcome: Outcome[Decision], run: Run, *, air_gapped: bool) -> None:
    if outcome.about.drafts:
        conclude(outcome, outcome.about.drafts, run)
    elif air_gapped and not run.dry_run:
        _say_switched(outcome, run.output)


def _say_switched(outcome: Outcome[Decision], output: Output) -> None:
    """Where something overrules the options, that has been said, and they do not do what they are for."""
    overruled = outcome.about.overruled
    state = "the options are set" if overruled else "Crush contacts no outside server by itself"
    if outcome.applied:
        output.done(state)
        output.note("to undo: crush-wizard undo")
    else:
        output.note(f"nothing to do: {state}")


def _result(setup: Setup, outcome: Outcome[Decision], exit_code: int = 0) -> Result:
    def data() -> dict[str, Any]:
        about = outcome.about
        drafted = result_data(outcome, about.drafts, setup.target, setup.trial.results)
        return {**drafted, "selected": selected_then(about.slots)}

    return Result(data, exit_code=exit_code)

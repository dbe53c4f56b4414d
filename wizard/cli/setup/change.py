"""What the onboarding changes: asked, planned, shown, confirmed, written, tested, reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.change.replanning import planned_anew
from wizard.flow.question import Back
from wizard.machine.stores import reading
from wizard.provider.model import SLOTS
from wizard.ui.place import shown_path
from wizard.ui.prompter import after_writing

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.change.provider_change import Changes
    from wizard.change.run import Outcome
    from wizard.cli.setup.air_gapped import AirGap
    from wizard.cli.setup.interview import SetupInterview
    from wizard.files.locations import FormatChoice, Scope
    from wizard.files.plan import Plan
    from wizard.flow.build import Draft
    from wizard.flow.facts import Facts
    from wizard.machine.looking_around import MachineState
    from wizard.machine.target import Target
    from wizard.ui.output import Output
    from wizard.ui.prompter import Prompter

NAME = "setup"


class Wish(Struct, frozen=True):
    """What the flags say, and whether the machine is to live without internet."""

    scope: Scope
    file: Path | None
    format: FormatChoice
    dry_run: bool
    yes: bool
    air_gapped: bool


class Setup(Struct):
    """One run of the onboarding, with what it works on."""

    wish: Wish
    seen: MachineState
    asker: Prompter | None
    output: Output
    target: Target
    interview: SetupInterview

    @property
    def asks(self) -> bool:
        return self.asker is not None and not self.wish.yes


class Decision(Struct, frozen=True):
    """What is to be written."""

    drafts: tuple[Draft, ...]
    gap: AirGap | None
    plan: Plan


def set_up(wish: Wish, seen: MachineState, asker: Prompter | None, output: Output, *, can_leave: bool = False) -> int:
    """Ask, plan, write, test; the exit code. With `can_leave` it raises Back where the person goes back behind it."""
    setup = _prepared(wish, seen, asker, output, can_leave=can_leave)
    before = dict(setup.interview.facts.existing)
    decision, outcome = _written(setup)
    if not outcome.applied or not decision.drafts:
        _report(setup, decision, outcome, ok=True)
        return 0
    from wizard.cli.setup.ending import Ending

    ending = Ending(decision.drafts, before, seen, after_writing(asker if setup.asks else None, output), output)
    ok = ending.run()
    _report(setup, decision, replace(outcome, applied=not ending.undone), ok=ok, tests=ending.tested)
    return 0 if ok else 1


def _prepared(wish: Wish, seen: MachineState, asker: Prompter | None, output: Output, *, can_leave: bool) -> Setup:
    """Raises InvalidConfig for a file that can't be edited, Refused for one that the wish does not fit."""
    from wizard.cli.setup.air_gapped import air_gap
    from wizard.cli.setup.interview import SetupInterview
    from wizard.flow.setup import offered
    from wizard.machine.target import open_target, refuse_unread_crushrc
    from wizard.trial.facts import gather

    target = open_target(wish.scope, wish.file, wish.format)
    if wish.air_gapped:
        air_gap(target, seen.in_force.effective)
    asks = asker is not None and not wish.yes
    facts = gather(target, {}, output, asker=asker, dry_run=wish.dry_run, asks=asks, secret=reading(asker))
    if target.is_new_crushrc:
        refuse_unread_crushrc(target.path, facts.crush)
    offers = offered(facts.presets, seen.servers or (), seen.variables, facts.existing, in_house=wish.air_gapped)
    interview = SetupInterview(
        _without_outside(facts, wish),
        offers,
        asker,
        assume_defaults=wish.yes,
        may_be_empty=wish.air_gapped and bool(seen.own),
        can_leave=can_leave,
        open_slots=frozenset(slot for slot in SLOTS if slot not in facts.selected),
    )
    return Setup(wish, seen, asker, output, target, interview)


def _without_outside(facts: Facts, wish: Wish) -> Facts:
    """An air-gapped machine's interviews know no provider outside."""
    if not wish.air_gapped:
        return facts
    kept = {id_: preset for id_, preset in facts.presets.items() if preset.local or preset.custom}
    return replace(facts, presets=kept)


def _written(setup: Setup) -> tuple[Decision, Outcome]:
    """Decide and write. A file that changed meanwhile is planned for anew, with the same answers."""

    def decide_and_write() -> tuple[Decision, Outcome]:
        decision = _decide(setup)
        return decision, _write(setup, decision)

    return planned_anew(decide_and_write, lambda: _look_anew(setup), setup.output)


def _look_anew(setup: Setup) -> None:
    from wizard.trial.facts import existing_providers

    setup.target = setup.target.opened_anew()
    setup.interview.look_anew(existing_providers(setup.target))


def _decide(setup: Setup) -> Decision:
    """Ask until the plan is confirmed; going back asks the last question again."""
    from wizard.change.provider_change import say
    from wizard.change.run import confirm, show_diff

    while True:
        drafts = setup.interview.run()
        try:
            gap = _gap(setup, drafts)
            changes, plan = _planned(setup, drafts, gap)
            if plan.changes_nothing:
                _say_overruled(gap, setup.output)
                return Decision(drafts, gap, plan)
            if setup.asks and not setup.wish.dry_run:
                show_diff(plan, setup.output)
            say(drafts, changes, setup.target, setup.output)
            _say_overruled(gap, setup.output)
            if setup.asks and not setup.wish.dry_run and setup.asker is not None:
                files = " and ".join(shown_path(edit.path) for edit in plan.files)
                confirm(setup.asker, f"Write this to {files}?", can_go_back=setup.interview.can_go_back)
        except Back:
            setup.interview.back()
            continue
        return Decision(drafts, gap, plan)


def _gap(setup: Setup, drafts: tuple[Draft, ...]) -> AirGap | None:
    """The options for a machine without internet. Raises Back."""
    from wizard.cli.setup.air_gapped import WITHOUT_BUILTINS, air_gap, lost_slots, may_drop_builtins

    if not setup.wish.air_gapped:
        return None
    facts, effective = setup.interview.facts, setup.seen.in_force.effective
    asker = setup.asker if setup.asks else None
    possible = asker is not None and may_drop_builtins(drafts, facts.existing, effective, facts.crush)
    dropped = possible and asker is not None and asker.ask(WITHOUT_BUILTINS, can_go_back=True) is True
    for slot in lost_slots(drafts, effective) if dropped else ():
        setup.output.warning(f"the {slot} model is one of a built-in provider: Crush will take another one")
    return air_gap(setup.target, effective, without_builtins=dropped)


def _planned(setup: Setup, drafts: tuple[Draft, ...], gap: AirGap | None) -> tuple[Changes, Plan]:
    from wizard.change.provider_change import changes_of, plan_of

    changes = dict(changes_of(drafts, setup.target))
    if gap is not None and gap.wanted:
        changes.setdefault(gap.document, []).extend(gap.changes)
    listed = list(changes.items())
    return listed, plan_of(NAME, drafts, listed, setup.output)


def _write(setup: Setup, decision: Decision) -> Outcome:
    from wizard.change.provider_change import write
    from wizard.change.run import carry_out

    dry_run, output = setup.wish.dry_run, setup.output
    if decision.drafts:
        return write(decision.drafts, decision.plan, output, asker=setup.asker, dry_run=dry_run)
    outcome = carry_out(decision.plan, {}, {}, output, dry_run=dry_run)
    if not dry_run:
        _say_switched(decision, outcome, output)
    return outcome


def _say_overruled(gap: AirGap | None, output: Output) -> None:
    for reason in gap.overruled if gap else ():
        output.warning(reason)


def _say_switched(decision: Decision, outcome: Outcome, output: Output) -> None:
    """Where something overrules the options, that has been said, and they do not do what they are for."""
    overruled = decision.gap is not None and decision.gap.overruled
    told = "the options are set" if overruled else "Crush calls nobody outside by itself"
    if outcome.applied:
        output.done(told if overruled else f"{told} from now on")
        output.note("`crush-wizard undo` takes this back")
    else:
        output.note(f"nothing to do: {told}")


def _report(setup: Setup, decision: Decision, outcome: Outcome, *, ok: bool, tests: tuple[Any, ...] = ()) -> None:
    if setup.output.as_json:
        from wizard.change.provider_change import result_data

        data = result_data(outcome, decision.drafts, setup.target, [one.result for one in tests])
        setup.output.envelope(NAME, ok=ok, data=data)

"""What the onboarding asks from, and no more: the first question waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.cli.setup.interview import ProviderList, SetupInterview
from wizard.flow.setup import offered
from wizard.machine.background import InBackground
from wizard.network.offline import is_offline
from wizard.trial.contact import Contact
from wizard.trial.facts import SERVER_SECONDS, gather, logins_here

if TYPE_CHECKING:
    from wizard.cli.setup.wish import Wish
    from wizard.flow.facts import Facts
    from wizard.machine.looking_around import MachineState
    from wizard.machine.target import Target
    from wizard.provider.login import Login
    from wizard.ui.output import Output
    from wizard.ui.prompting import Prompter


class Prepared(Struct, frozen=True):
    """`asks`: a person answers."""

    wish: Wish
    seen: MachineState
    asker: Prompter | None
    output: Output
    target: Target
    contact: Contact
    interview: SetupInterview
    asks: bool


def prepare(wish: Wish, seen: MachineState, asker: Prompter | None, output: Output, *, can_leave: bool) -> Prepared:
    """Nothing has been asked yet; with `can_leave` there is a way back from the first question.

    Raises InvalidConfig for a file that can't be edited, Refused for one that the wish does not fit.
    """
    target = wish.which.open()
    if wish.air_gapped:
        from wizard.cli.setup.air_gapped import air_gap

        air_gap(target, seen.in_force.effective)
    asks = asker is not None and not wish.yes
    contact = Contact(output, target, asker, asks, wish.allow_hosts, wish.dry_run)
    facts = gather(
        target,
        {},
        output,
        asker=asker,
        dry_run=wish.dry_run,
        asks=asks,
        checks=wish.yes,
        secret=contact.secret,
        look_at_models=contact.offer,
    )
    facts = replace(facts, look_at_servers=lambda: {server.preset: server.base_url for server in seen.servers or ()})
    interview = SetupInterview(
        _without_outside(facts, wish),
        _listed(facts, seen, wish, _logins(wish, asker, output)),
        asker,
        assume_defaults=wish.yes,
        may_be_empty=wish.air_gapped and bool(seen.own),
        can_leave=can_leave,
    )
    return Prepared(wish, seen, asker, output, target, contact, interview, asks)


def _logins(wish: Wish, asker: Prompter | None, output: Output) -> InBackground[tuple[Login, ...]] | None:
    """What Crush can sign in to, looked up behind the first question; None where nobody could sign in."""
    if asker is None or wish.yes or wish.air_gapped or output.in_dialogue or is_offline():
        return None
    looking = InBackground(logins_here)
    asker.meanwhile(looking.begin)
    return looking


def _listed(
    facts: Facts, seen: MachineState, wish: Wish, logins: InBackground[tuple[Login, ...]] | None
) -> ProviderList:
    has_seen_servers = seen.looks.has_seen_servers
    return ProviderList(
        lambda servers: offered(facts.presets, servers, seen.variables, facts.existing, in_house=wish.air_gapped),
        lambda: seen.servers or (),
        lambda: has_seen_servers() and (logins is None or logins.is_over(SERVER_SECONDS)),
        lambda: (logins.within(SERVER_SECONDS) or ()) if logins else (),
    )


def _without_outside(facts: Facts, wish: Wish) -> Facts:
    """An air-gapped machine's interviews know no provider outside."""
    if not wish.air_gapped:
        return facts
    kept = {id_: preset for id_, preset in facts.presets.items() if preset.local or preset.custom}
    return replace(facts, presets=kept)

"""From the first look around to what was set up: what `setup` does, however its line was read."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.cli.result import Result
from wizard.cli.setup.menu import ADD, choose
from wizard.cli.setup.preparation import prepare
from wizard.crush.program import crush_version
from wizard.errors import AnswersMissing
from wizard.flow.question import Back
from wizard.machine.background import InBackground
from wizard.machine.greeting import greet
from wizard.machine.looking_around import look_around, start_looking
from wizard.machine.presets import all_presets
from wizard.machine.target import refuse_unread_crushrc
from wizard.network.offline import is_offline
from wizard.ui.prompter import open_prompter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.cli.setup.wish import Wish
    from wizard.cli.which_file import WhichFile
    from wizard.machine.looking_around import MachineState
    from wizard.ui.output import Output
    from wizard.ui.prompting import Prompter


Line = tuple[str, ...]
"""A command line of ours."""


def start_setup(wish: Wish, output: Output) -> Result | Line:
    """What came of it, or the line that was chosen instead and is to be carried out."""
    _refuse_file(wish.which)
    looks = start_looking(offline=is_offline(), way_out=not wish.air_gapped)
    asker = open_prompter(output)
    if asker is not None:
        asker.prepare()
    seen = look_around(looks, all_presets())  # `gather` tells about broken ones
    greet(seen, None if wish.yes else asker, output)
    if asker is None and not wish.yes:
        raise AnswersMissing("setup asks questions, and this is not interactive", hint="\n".join(instead(seen)))
    return Start(wish, seen, asker, output).run()


def _refuse_file(which: WhichFile) -> None:
    """Before anything is asked. Raises Refused for a crushrc that the Crush here would not read, and as `open`."""
    if which.path is None and which.format is None:
        return
    target = which.open()
    if target.is_new_crushrc:
        refuse_unread_crushrc(target.path, crush_version(os.environ))


# What comes before the providers


class Start(Struct, frozen=True):
    """The menu of a ready machine, the offer to one without internet, then the setup; going back leads there again."""

    wish: Wish
    seen: MachineState
    prompter: Prompter | None
    output: Output

    @property
    def asker(self) -> Prompter | None:
        return None if self.wish.yes else self.prompter

    @property
    def has_menu(self) -> bool:
        return bool(self.seen.own) and not self.wish.air_gapped

    @property
    def is_broken(self) -> bool:
        return self.seen.has_files and bool(self.seen.in_force.effective.fatal)

    def run(self) -> Result | Line:
        """What came of it, or the line that was chosen instead."""
        while True:
            done = self._on_a_ready_machine() if self.has_menu else None
            if done is not None:
                return done
            with suppress(Back):
                return self._from_the_offer()

    def _on_a_ready_machine(self) -> Result | Line | None:
        """The menu, and what was chosen there; None to add providers."""
        if self.asker is None:
            return self._nothing_asked()
        chosen = choose(self.asker, [provider.id for provider in self.seen.own], is_broken=self.is_broken)
        if chosen == (ADD,):
            return None
        offline = ("--offline",) if is_offline() else ()
        return (*chosen, *offline) if chosen else self._left_as_it_is()

    def _left_as_it_is(self, exit_code: int = 0) -> Result:
        from wizard.change.run import as_data

        return Result(lambda: as_data(None), exit_code=exit_code)

    def _nothing_asked(self) -> Result:
        """A ready machine stays as it is. Where Crush does not start it is not ready, and exit code 1 says so."""
        if self.is_broken:
            self.output.error("nothing was changed: Crush does not start with the config that is here")
            self.output.hint("crush-wizard doctor")
        else:
            self.output.note("nothing to do: this machine is already set up")
        return self._left_as_it_is(exit_code=int(self.is_broken))

    def _from_the_offer(self) -> Result:
        """Raises Back to the menu."""
        is_offered = self.asker is not None and not self.wish.air_gapped and self.seen.looks.no_way_out
        while True:
            wish = self._with_the_offer_taken() if is_offered else self.wish
            try:
                return self._set_up(wish, can_leave=is_offered or self.has_menu)
            except Back:
                if not is_offered:
                    raise

    def _set_up(self, wish: Wish, *, can_leave: bool) -> Result:
        """What carries it out is imported while the first question is read. Raises Back behind that, if it can be."""
        prepared = prepare(wish, self.seen, self.prompter, self.output, can_leave=can_leave)
        if prepared.asker is not None:
            prepared.asker.meanwhile(InBackground(_import_the_rest).begin)
        prepared.interview.pick()
        from wizard.cli.setup.change import set_up

        return set_up(prepared)

    def _with_the_offer_taken(self) -> Wish:
        """The wish, with what was answered to the offer. Raises Back."""
        from wizard.cli.setup.air_gapped import OFFER

        assert self.asker is not None  # noqa: S101 - the caller has looked
        air_gapped = self.asker.ask(OFFER, can_go_back=self.has_menu) is True
        return replace(self.wish, air_gapped=air_gapped)


def _import_the_rest() -> None:
    from wizard.cli.setup.change import set_up  # noqa: F401
    from wizard.trial.trial import Trial  # noqa: F401


# Nobody to ask


def instead(seen: MachineState) -> Iterator[str]:
    """The commands that do without questions what setup would do here."""
    if seen.own:
        yield "to list your providers: crush-wizard list; to add one:"
    found = [server.preset for server in seen.servers or ()]
    held = [preset.id for preset in seen.presets.values() if preset.key.env in seen.variables]
    presets = list(dict.fromkeys((*found, *held)))
    if not presets and not seen.own:
        yield "name a provider; `crush-wizard presets` lists them:"
    elif not seen.own:
        yield "to set up what was found:"
    yield from (f"  crush-wizard add-provider {preset} --yes" for preset in presets or ["PRESET"])

"""How a command reaches endpoints: with whose consent, how patiently, and what they are tested with.

Nothing of it is there before it is wanted: no first question waits for it to be imported.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.errors import UsageError
from wizard.machine.stores import reading
from wizard.network.offline import is_offline
from wizard.trial.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.flow.driver import Asker
    from wizard.flow.offer import EndpointQuery, Offer
    from wizard.machine.consent import DraftConsent
    from wizard.machine.target import Target
    from wizard.trial.offers import Offers
    from wizard.trial.trial import Trial
    from wizard.ui.output import Output


class Contact(Struct, frozen=True, dict=True):
    """`asks`: a person answers, and may be asked for consent; `allow_hosts`: the flag gives it.

    `seconds`: for one answer of an endpoint; None: as long as is usual.
    """

    output: Output
    target: Target
    asker: Asker | None
    asks: bool
    allow_hosts: bool
    dry_run: bool = False
    seconds: float | None = None

    @cached_property
    def secret(self) -> Callable[[str], str | None]:
        """Reads our own store."""
        return reading(self.asker, self.output)

    @cached_property
    def consent(self) -> DraftConsent:
        from wizard.machine.consent import Consent, DraftConsent

        return DraftConsent(Consent(self.output, self.asker if self.asks else None, self.allow_hosts), self.target)

    @cached_property
    def patience(self) -> Patience:
        return Patience(asks=self.asks)

    def offer(self, asked: EndpointQuery) -> Offer:
        """What an endpoint offers."""
        return self._offers(asked)

    @cached_property
    def _offers(self) -> Offers:
        from wizard.trial.offers import Offers

        return Offers(self.secret, self.consent, self.output, self.patience, self.seconds)

    @property
    def is_allowed(self) -> bool:
        """Whether anything may be tested at all."""
        return not (self.dry_run or is_offline())

    def refuse_test(self, wanted: bool | None) -> None:
        """Raises UsageError for --test where there is no network."""
        if wanted and not self.is_allowed:
            raise UsageError("--test can't be used with --offline or --dry-run")

    def trial(self, wanted: bool | None) -> Trial:
        """The test before anything is stored, as --test or --no-test want it."""
        from wizard.trial.trial import Trial

        return Trial(wanted, self.is_allowed, self.output, self.secret, self.consent, self.patience, self.seconds)

"""What endpoints offer, for the questions about models."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wizard.expansion.expand import expand
from wizard.flow.offer import Offer
from wizard.interrupts import interrupts_held
from wizard.provider.base_url import BaseUrl
from wizard.provider.builtins import BUILTINS
from wizard.provider.template import variables
from wizard.trial.patience import WentOn
from wizard.ui.progress import STOP, waiting
from wizard.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from wizard.endpoints.listing import ModelList, NotListed, Where
    from wizard.flow.offer import EndpointQuery, KeyVerdict
    from wizard.machine.consent import DraftConsent
    from wizard.trial.patience import Patience
    from wizard.ui.output import Output

LIST_SECONDS = 10.0
"""How long a person waits for one answer about models, where nobody says otherwise."""


class Offers:
    """Asks endpoints for their models. Answers are kept: a survey is read again for every question, and what another
    question is about may be the same request. Whom a person would not wait for is not asked again.
    """

    def __init__(
        self,
        secret: Callable[[str], str | None],
        consent: DraftConsent,
        output: Output,
        patience: Patience,
        seconds: float | None = None,
    ) -> None:
        self._secret = secret
        self._consent = consent
        self._output = output
        self._seconds = seconds or LIST_SECONDS
        self._patience = patience
        self._asked: list[tuple[EndpointQuery, Offer]] = []
        self._sent: list[tuple[Where, Offer]] = []
        self._left: set[str] = set()

    def __call__(self, asked: EndpointQuery) -> Offer:
        for known, offer in self._asked:
            if known == asked:
                return offer
        offer = self._ask(asked)
        self._asked.append((asked, offer))
        return offer

    def _ask(self, asked: EndpointQuery) -> Offer:
        """Never raises: why there is no list is part of the offer."""
        from wizard.endpoints.listing import Where

        if asked.listing == "none":
            self._output.once(f"the key can't be checked yet: {asked.provider} has no list of models")
            return Offer()
        entry = {"base_url": asked.base_url, "extra_headers": asked.headers}
        if refused := self._consent.refused(asked.provider, entry, variables(asked.variable) if asked.key else ()):
            return Offer(problem=str(refused), hint=refused.hint)
        base_url = self._value(asked.base_url)
        if not base_url:
            return Offer(problem="its URL can't be told without running a command")
        key = asked.key or self._value(asked.variable)
        headers = {name: value for name, text in asked.headers.items() if (value := self._value(text))}
        builtin = asked.provider if asked.provider in BUILTINS else ""  # for others it makes no difference
        where = Where(base_url, asked.type, asked.listing, headers, key, builtin)
        for known, offer in self._sent:
            if known == where:
                return offer
        offer = self._heard(where, right=base_url == asked.base_url)  # a $VARIABLE is the user's to correct
        self._sent.append((where, offer))
        return offer

    def _heard(self, where: Where, *, right: bool) -> Offer:
        """What the endpoint says. `right`: whether a better URL may be told."""
        from wizard.endpoints.listing import NotListed, proof_of_key

        server, key = BaseUrl(where.base_url).server, where.api_key
        try:
            if server in self._left:
                raise WentOn
            with self._patience.tried():
                found = ask_endpoint(
                    where, self._output, seconds=self._seconds, leave=self._patience.leave, proves_key=True
                )
        except WentOn:
            self._left.add(server)
            if key:
                self._output.once("the key is not checked yet: you went on without it")
            return Offer(problem="you went on without it")
        except NotListed as none:
            return self._nothing(none, proof_of_key(none, has_key=bool(key)))
        if key:
            self._say_of_key(found)
        return Offer(
            found.models,
            found.base_url if right else "",
            notes=found.notes,
            complete=not found.truncated,
            key=proof_of_key(found, has_key=bool(key)),
        )

    def _nothing(self, none: NotListed, key: KeyVerdict) -> Offer:
        """What can be said where there is no list."""
        unreachable = none.first.unreachable if none.first else None
        if key == "unproven":
            self._output.note(f"the key can't be checked yet: {none}")
        return Offer(
            problem=str(none),
            hint=unreachable.hint if unreachable else "",
            silent=unreachable is not None,
            key=key,
            wants_key=none.wants_key,
        )

    def _say_of_key(self, found: ModelList) -> None:
        models = counted(len(found.chat_models), "model")
        if found.guarded:
            self._output.done(f"the key works · {models}")
        else:
            self._output.note(f"{models}; the list needs no key, so the key is checked at the end")

    def _value(self, template: str) -> str:
        """The value of a template; "" where only a command would tell."""
        expanded = expand(template, os.environ, self._secret)
        for name in expanded.unset:
            if template in (f"${name}", f"${{{name}}}"):
                return self._secret(name) or ""
        return expanded.text or ""


def ask_endpoint(
    where: Where, output: Output, *, seconds: float = LIST_SECONDS, leave: str = STOP, proves_key: bool = False
) -> ModelList:
    """The models that an endpoint lists, `seconds` for each answer. `leave`: what Ctrl-C does.

    `proves_key`: a wrong key is tried, too. Raises NotListed.
    """
    with interrupts_held():  # an import that is left half done
        from wizard.endpoints.listing import list_models
        from wizard.network.client import Client
        from wizard.network.running import run

    async def listed() -> ModelList:
        async with Client(os.environ, seconds=seconds) as client:
            return await list_models(client, where, seconds=seconds, proves_key=proves_key)

    with waiting(output, f"asking {BaseUrl(where.base_url).server or where.provider} for its models", leave):
        return run(listed)

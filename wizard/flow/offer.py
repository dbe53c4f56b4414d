"""What an endpoint offers, as facts for the questions about models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.flow.preset import Listing
    from wizard.provider.model_facts import ModelFacts


class EndpointQuery(Private, Struct, frozen=True):
    """An endpoint to be asked for its models, as the answers describe it: values may hold $NAME.

    `variable` is the key as the config has it, "" where there is none; `key` is its value, if it was typed just now.
    """

    provider: str
    base_url: str
    type: str
    listing: Listing
    variable: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


KeyVerdict = Literal["", "works", "refused", "unproven"]
"""What the list of models says about the key: nothing without one; unproven where a wrong key gets the list, too."""


class Offer(Struct, frozen=True):
    """What an endpoint answered. `base_url` is the right one where the asked one was only nearly right.

    `problem` says why there is no list; empty models without a problem: nobody asked. `silent`: nobody answers there.
    `complete` False: the endpoint has more than these. `wants_key`: it was asked without a key, and refused that.
    """

    models: tuple[ModelFacts, ...] = ()
    base_url: str = ""
    problem: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()
    complete: bool = True
    silent: bool = False
    key: KeyVerdict = ""
    wants_key: bool = False

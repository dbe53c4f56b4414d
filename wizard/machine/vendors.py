"""Which key goes to which host whoever says so: a vendor's variable, and the vendor's host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.crush.outgoing import destination
from wizard.machine.presets import all_presets
from wizard.provider.builtins import BUILTINS, Builtin
from wizard.provider.template import standing_for
from wizard.provider.types import DEFAULT_BASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wizard.crush.outgoing import Pair


def vendor_pairs(more: Iterable[Builtin] = ()) -> Iterator[Pair]:
    """The usual variables with the hosts of those who gave the keys out. `more`: built-ins that Crush knows here."""
    for builtin in (*BUILTINS.values(), *more):
        if name := standing_for(builtin.key):
            yield name, destination(_address(builtin))
    for preset in all_presets().values():
        if preset.key.env and preset.base_url:
            yield preset.key.env, destination(preset.base_url)
        for choice in (choice for question in preset.questions for choice in question.choices):
            name, url = choice.env or preset.key.env, choice.base_url
            if name and url:
                yield name, destination(url)


def _address(builtin: Builtin) -> str:
    """The vendor's own, where a variable may name another one."""
    return DEFAULT_BASES.get(builtin.type, "") if "$" in builtin.endpoint else builtin.endpoint

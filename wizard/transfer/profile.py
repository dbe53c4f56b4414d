"""A profile: providers, model choices and the names of the secrets that they need, apart from any machine."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.provider.model import Slot


class ProfileProvider(Struct, frozen=True):
    """`entry` has Crush's field names and spelling, with placeholders ($NAME) and never a literal key.

    `machine_bound` are the fields whose value holds for one machine only: a loopback URL, a path, a command.
    """

    id: str
    entry: Mapping[str, Any]
    machine_bound: tuple[str, ...] = ()


class Profile(Struct, frozen=True):
    """`selected` is what a slot says: {"large": {"provider": ..., "model": ...}}. `secrets` are names.

    `references` are the commands that print some of them, by name. `env`: what is set for the clouds' providers.
    """

    providers: tuple[ProfileProvider, ...]
    selected: Mapping[Slot, Mapping[str, Any]]
    secrets: tuple[str, ...]
    references: Mapping[str, str] = MappingProxyType({})
    env: Mapping[str, str] = MappingProxyType({})

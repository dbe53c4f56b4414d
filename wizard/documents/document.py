"""What every config document can do, whatever its format, and the changes that one can ask of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from msgspec import Struct

from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from wizard.files.edit import TextEdit
    from wizard.provider.model import Slot

Mode = Literal["merge", "replace"]


class PutProvider(Struct, frozen=True):
    """Add a provider, or change the one of this id.

    `merge` keeps all that the entry does not mention, model by model; `replace` swaps the entry in its place.
    `entry` is in Crush's spelling (crush-behaviour 2.1), its models with distinct ids.
    """

    id: str
    entry: Mapping[str, Any]
    mode: Mode = "merge"


class SelectModel(Struct, frozen=True):
    """Point the large or small slot at a model. What else the slot says (max_tokens, think ...) stays."""

    slot: Slot
    provider: str
    model: str


class RemoveProvider(Struct, frozen=True):
    """Take a provider's entry out. Selections that point at it are the caller's to repair."""

    id: str


class RemoveModel(Struct, frozen=True):
    """Take a model out of a provider's list, every entry of that id. Selections are the caller's to repair."""

    provider: str
    model: str


class Deselect(Struct, frozen=True):
    """Take away what the file says about the large or small slot, all of it."""

    slot: Slot


class PutValue(Private, Struct, frozen=True):
    """Set the one value at a path such as ("providers", "groq", "api_key")."""

    key_path: tuple[str | int, ...]
    value: Any


class DropValue(Struct, frozen=True):
    """Take the one value at a path out, with its key."""

    key_path: tuple[str | int, ...]


Change: TypeAlias = PutProvider | SelectModel | RemoveProvider | RemoveModel | Deselect | PutValue | DropValue


class Document(Protocol):
    """A config file, read and never re-printed: a change becomes edits of its text."""

    @property
    def format(self) -> str:
        """`json` or `crushrc`."""

    @property
    def path(self) -> Path | str:
        """Where the file is, or will be."""

    @property
    def text(self) -> str | None:
        """What the file holds now; None where there is none."""

    def provider_ids(self) -> tuple[str, ...]:
        """The ids of the providers that this file defines, in its order."""

    def provider(self, provider_id: str) -> dict[str, Any] | None:
        """A provider's entry as the file has it, unknown keys included."""

    def selection(self, slot: Slot) -> dict[str, Any] | None:
        """What the file says about the large or small slot."""

    def may_select(self, slot: Slot) -> bool:
        """Whether it chooses the slot's model, be it in a way that only running a script would tell."""

    def position(self, key_path: tuple[str | int, ...]) -> tuple[int, int] | None:
        """Line and column, from 1, of a key such as ("providers", "groq", "base_url"); None if it is not there."""

    def edits(self, changes: Sequence[Change]) -> tuple[TextEdit, ...]:
        """The text edits, each on what the one before left, that make the changes; none if all is so already."""

    def inexpressible(self, entry: Mapping[str, Any]) -> tuple[str, ...]:
        """The fields of a provider's entry that this format can't say, those of its models as `models.options`."""

    def left_out(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """What the changes ask for and this format can't say, in sentences: `edits` leaves it out."""

    def remarks(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """Where the file may overrule the changes, in sentences for the user."""

    def masks(self, shown: Callable[[str], str]) -> dict[str, str]:
        """The secrets in plain text in the file, each with what to show instead: `shown` of it."""

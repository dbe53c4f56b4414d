"""What a cloud has of a person's sign-in, as its tools would tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from datetime import datetime


class SignIn(Struct, frozen=True):
    """`source` says in words where it comes from. `problem`: why it can't work, in the vendor's terms; `cure` the
    command that mends that. `expires` is None where nobody wrote it down. `profile`: AWS's, if one is used.
    """

    source: str = ""
    problem: str = ""
    cure: str = ""
    expires: datetime | None = None
    profile: str = ""


class Here(Struct, frozen=True):
    """The values that this machine has for a setting, the likeliest first, and where that one stands."""

    values: tuple[str, ...] = ()
    source: str = ""

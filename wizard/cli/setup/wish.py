"""What a call of `setup` wants: apart, so that the first question need not wait for what carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from wizard.cli.which_file import WhichFile


class Wish(Struct, frozen=True):
    """What the flags say, and whether the machine is to live without internet."""

    which: WhichFile
    dry_run: bool = False
    yes: bool = False
    air_gapped: bool = False
    allow_hosts: bool = False

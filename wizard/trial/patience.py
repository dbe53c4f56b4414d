"""Ctrl-C while a person waits in the middle of questions goes on without the answer."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.errors import Terminated
from wizard.ui.progress import GO_ON, STOP

if TYPE_CHECKING:
    from collections.abc import Iterator


class WentOn(Exception):
    """The person would not wait. Control flow, not an error."""


class Patience(Struct, frozen=True):
    """A person's, over all waits of one interview. `asks` False: nobody is asked, and Ctrl-C cancels."""

    asks: bool

    @property
    def leave(self) -> str:
        """What Ctrl-C does during a wait."""
        return GO_ON if self.asks else STOP

    @contextlib.contextmanager
    def tried(self) -> Iterator[None]:
        """A wait inside raises WentOn where the person goes on without it, KeyboardInterrupt where all is over."""
        try:
            yield
        except Terminated:
            raise
        except KeyboardInterrupt:
            if not self.asks:
                raise
            raise WentOn from None

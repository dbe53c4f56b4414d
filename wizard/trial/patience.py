"""Ctrl-C while a person waits in the middle of questions: the first one goes on without the answer."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from wizard.errors import Terminated
from wizard.ui.progress import GO_ON, STOP

if TYPE_CHECKING:
    from collections.abc import Iterator


class WentOn(Exception):
    """The person would not wait. Control flow, not an error."""


class Patience:
    """A person's, over all waits of one interview. `asks` False: nobody is asked, and Ctrl-C cancels."""

    def __init__(self, *, asks: bool) -> None:
        self._can_go_on = asks

    @property
    def leave(self) -> str:
        """What Ctrl-C does during the next wait."""
        return GO_ON if self._can_go_on else STOP

    def goes_on(self) -> bool:
        """Whether an interruption that has just come is a wish to go on. It is only once."""
        before, self._can_go_on = self._can_go_on, False
        return before

    @contextlib.contextmanager
    def tried(self) -> Iterator[None]:
        """A wait inside raises WentOn where the person goes on without it, KeyboardInterrupt where all is over."""
        try:
            yield
        except Terminated:
            raise
        except KeyboardInterrupt:
            if not self.goes_on():
                raise
            raise WentOn from None

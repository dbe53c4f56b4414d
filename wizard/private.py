"""Values that must not end up in a message by accident."""

from __future__ import annotations


class Private:
    """A mixin for values that hold a secret, or more than anybody would read: their repr names the type alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

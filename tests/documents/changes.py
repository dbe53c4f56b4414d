"""Strategies for changes of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from wizard.documents.document import Change


def made(kind: type[Change], *parts: SearchStrategy[Any]) -> SearchStrategy[Change]:
    """Changes of a kind. `st.builds` would look up the types that only the annotations of a struct name."""
    return st.tuples(*parts).map(lambda values: kind(*values))

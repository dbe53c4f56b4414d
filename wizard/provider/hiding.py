"""What keeps a provider out of Crush's model picker (crush-behaviour 3.1).

`disable` does. But Crush forgets it for a built-in provider that is not set up, and offers that one in its picker to
be set up: there a dummy goes beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wizard.credential import is_dummy

if TYPE_CHECKING:
    from collections.abc import Mapping

UNUSED_KEY, UNUSED_URL = "unused", "https://unused.invalid"


def hiding_fields(entry: Mapping[str, Any], builtin_type: str | None) -> dict[str, Any]:
    """The fields that hide a provider. `entry` is all that files say of it; `builtin_type` None: it is no built-in.

    For `google-vertex` no entry is enough: only while it is set up does Crush heed its `disable`.
    """
    fields: dict[str, Any] = {"disable": True}
    if builtin_type == "azure" and not entry.get("base_url"):
        fields["base_url"] = UNUSED_URL
    elif builtin_type not in (None, "azure", "google-vertex") and not entry.get("api_key"):
        fields["api_key"] = UNUSED_KEY
    return fields


def fields_that_hide(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Those fields of a hidden entry that are of no other use. `entry` has its names in lower case.

    A dummy key beside a URL of its own is what a server of one's own is asked with.
    """
    if not entry.get("disable"):
        return ()
    is_dummy_url, key = entry.get("base_url") == UNUSED_URL, entry.get("api_key")
    is_dummy_key = isinstance(key, str) and key != "" and is_dummy(key)
    return (
        "disable",
        *(("base_url",) if is_dummy_url else ()),
        *(("api_key",) if is_dummy_key and (is_dummy_url or not entry.get("base_url")) else ()),
    )


def is_only_hidden(entry: Mapping[str, Any]) -> bool:
    """Whether an entry says nothing but that the provider is hidden. `entry` has its names in lower case."""
    return bool(entry) and set(entry) == set(fields_that_hide(entry))

"""Where a key may come from: the answers to the question of that name."""

from __future__ import annotations

KEYRING = "keyring"
FILE = "file"
STORES = (KEYRING, FILE)
AUTO = "auto"
"""Whichever store is in use."""
STORED = "stored"
"""A store holds it already."""
ENVIRONMENT = "environment"
"""A variable that the user sets."""
KEEP = "keep"
"""Whatever the entry has, or has not."""
NO_KEY = "none"

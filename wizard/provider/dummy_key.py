"""What people write where a server wants some key but checks none."""

from __future__ import annotations

_DUMMIES = frozenset(
    "dummy empty false litellm llamacpp lm-studio lmstudio local n/a no-key no-key-required none not-needed null "
    "ollama sk-no-key-required true unused vllm x".split()
)


def is_dummy(credential: str) -> bool:
    """Whether it is empty, or no key at all."""
    bare = credential.strip().casefold()
    return not bare or bare in _DUMMIES

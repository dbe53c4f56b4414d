"""What providers have of the sign-in of a cloud that they depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.clouds.vendors import sign_in_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wizard.clouds.sign_in import SignIn
    from wizard.crush.effective import Effective, EffectiveProvider


def sign_ins(providers: Iterable[EffectiveProvider], found: Effective, home: Path) -> dict[str, SignIn]:
    """By id, as far as files tell: nothing is run or asked for them. None of those that have a key, or need none."""
    looked = {
        provider.id: sign_in_of(provider.type, str(provider.entry.get("api_key") or ""), found.env, home)
        for provider in providers
    }
    return {provider: sign_in for provider, sign_in in looked.items() if sign_in is not None}

"""The clouds by what Crush calls them: the sign-in behind a provider type, and this machine's values for settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wizard.clouds import aws, azure, google
from wizard.clouds.sign_in import Here

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wizard.clouds.sign_in import SignIn

REFRESH = "refresh"
"""The command with which Crush has a Bedrock user sign in again; a setting as the variables are."""


def sign_in_of(type_name: str, key: str, environ: Mapping[str, str], home: Path) -> SignIn | None:
    """The sign-in that a provider of this type, with this text as its key, depends on; None where it needs none."""
    if azure.GETS_IT in key:
        return azure.sign_in(environ, home)
    match "" if key else type_name:
        case "bedrock":
            return aws.sign_in(environ, home, datetime.now(UTC))
        case "google-vertex":
            return google.sign_in(environ, home)
    return None


def here(setting: str, environ: Mapping[str, str], home: Path) -> Here:
    """What this machine has for a variable, or for the command that signs in again."""
    look = _LOOKS.get(setting)
    return look(environ, home) if look else Here()


def _refresh(environ: Mapping[str, str], home: Path) -> Here:
    command = aws.refresh_command(aws.chosen_profile(environ), environ, home)
    return Here((command,) if command else ())


_LOOKS: Mapping[str, Callable[[Mapping[str, str], Path], Here]] = {
    "AWS_PROFILE": aws.profiles_here,
    "VERTEXAI_PROJECT": google.projects_here,
    "VERTEXAI_LOCATION": google.locations_here,
    REFRESH: _refresh,
}

"""What came to Crush with which release (crush-behaviour 12)."""

from __future__ import annotations

Version = tuple[int, int, int]

MILESTONES: dict[str, Version] = {
    "global-folders": (0, 28, 0),  # CRUSH_GLOBAL_CONFIG, CRUSH_GLOBAL_DATA
    "disable_default_providers": (0, 32, 0),
    "models": (0, 34, 0),  # the command `crush models`
    "workspace": (0, 48, 0),
    "flat_rate": (0, 66, 1),
    "lookup": (0, 67, 0),  # a command inside ${NAME:-...}
    "project-boundary": (0, 68, 0),  # files above the git work tree are no longer read
    "discovery": (0, 78, 0),  # and with it the types ollama, lmstudio, litellm, omlx
    "llamacpp": (0, 80, 0),
    "system-file": (0, 87, 0),  # /etc/crush/crush.json
    "crushrc": (0, 88, 0),
}
"""The first Crush with a feature."""


NEWEST: Version = (0, 90, 0)
"""The newest Crush whose rules were read and tried (crush-behaviour); of newer ones single facts are known."""


def missing(version: Version | str | None, feature: str) -> Version | None:
    """The first Crush with the feature, where this one is older; None: it has it, or its version says nothing.

    A version that is a text, such as `devel`, says nothing.
    """
    since = MILESTONES[feature]
    return since if isinstance(version, tuple) and version < since else None


def spelled(version: Version) -> str:
    """As people write it: 0.88.0."""
    return ".".join(map(str, version))

"""What the surroundings told us before the first question. Gathered by the driver; the engine never looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wizard.flow.preset import Preset
from wizard.provider.types import Version


@dataclass(frozen=True)
class KeyringFact:
    """Whether keys can go into the OS keyring, why not, and what would help."""

    usable: bool
    backend: str = ""
    reason: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Facts:
    """`existing`: provider entries of the file that will be edited, by id. `selected`: the slots already chosen.

    `set_variables`: names of the environment variables that hold something. `given`: keys of the answers that
    flags or a profile bring along. `crush`: the version of the Crush on PATH, None when unknown.
    `takes_keys`: False in a dry run, which has no use for a key.
    """

    presets: Mapping[str, Preset]
    existing: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    selected: frozenset[str] = frozenset()
    set_variables: frozenset[str] = frozenset()
    keyring: KeyringFact = field(default_factory=lambda: KeyringFact(usable=False, reason="not looked at"))
    given: frozenset[str] = frozenset()
    crush: Version | None = None
    takes_keys: bool = True

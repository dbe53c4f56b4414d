"""How old what is known about models is on this machine: after a while prices are others, and models gone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from wizard.catalog.shipped import newest_facts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OLD = 60
"""Days."""
TODAY = "WIZARD_TODAY"
"""Another day than today, YYYY-MM-DD: screens are recorded, and compared, on one."""


def days_too_old(folder: Path, environ: Mapping[str, str]) -> int | None:
    """How many days old the newest facts are, if that is too many. `folder` is where `catalog update` puts copies."""
    try:
        today = date.fromisoformat(environ[TODAY]) if TODAY in environ else datetime.now(UTC).date()
        days = (today - date.fromisoformat(newest_facts(str(folder)))).days
    except ValueError:  # a snapshot that can't be read is told by whoever needs it
        return None
    return days if days > OLD else None

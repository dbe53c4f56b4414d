"""One check: what its code means, and how it is found. The table of all of them is also the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from wizard.doctor.finding import Finding, Seen
from wizard.expansion.plain_secrets import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wizard.crush.problem import Severity
    from wizard.doctor.examined import Examined


class Code(Struct, frozen=True):
    """`severity` is the usual one. `title` is a line, `explanation` what happens and why, `cure` what to do."""

    code: str
    severity: Severity
    title: str
    explanation: str
    cure: str


class Check(Struct, frozen=True):
    about: Code
    find: Callable[[Examined], Iterable[Seen]]

    def run(self, examined: Examined) -> Iterator[Finding]:
        """What it finds, with its code, and without what looks like a secret in the texts of a file."""
        for seen in self.find(examined):
            place = seen.place
            yield Finding(
                self.about.code,
                seen.severity or self.about.severity,
                without_secrets(seen.message),
                seen.provider,
                place.path if place else None,
                place.line if place else None,
                place.column if place else None,
                without_secrets(seen.cure or self.about.cure),
                seen.fix and replace(seen.fix, description=without_secrets(seen.fix.description)),
            )

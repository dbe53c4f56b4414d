"""crushrc files, asked of a real Crush: the examples, and files made at random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.crush.crushrc_examples import ENV, EXAMPLES, Example
from tests.crush.random_crushrc import ENV as RANDOM_ENV
from tests.crush.random_crushrc import Scripts
from tests.crush.real.program import Listed, RealCrush
from tests.crush.test_crushrc_course import outcome
from wizard.crush.effective import Effective
from wizard.crush.loading import LoadedFile
from wizard.documents.crushrc.commands import Computed
from wizard.documents.crushrc.document import CrushrcDocument


def asked(crush: RealCrush, script: str, env: Mapping[str, str]) -> Listed:
    crush.config_file.parent.mkdir(parents=True, exist_ok=True)
    crush.config_file.with_name("crushrc").write_text(script, encoding="utf-8")
    return replace(crush, env=env).models()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.script)
def test_an_example(example: Example, crush: RealCrush) -> None:
    listed = asked(crush, example.script, ENV)
    assert listed.starts == (not example.stops), listed.message
    for provider in ("acme", *example.models):
        assert listed.of(provider) == example.models.get(provider, ())


@pytest.mark.parametrize("seed", range(6))
def test_files_at_random(seed: int, crush: RealCrush) -> None:
    """What we say for certain is so."""
    scripts = Scripts(seed)
    for script in (scripts.script() for _ in range(12)):
        listed = asked(crush, script, RANDOM_ENV)
        found = outcome(script, crush.home, {**crush.environ, **RANDOM_ENV})
        assert contradiction(listed, found) == "", f"{script}\n{listed.message}"


def contradiction(listed: Listed, found: Effective) -> str:
    """What we say and Crush does not do. What we leave open is none, nor what its other rules stop at."""
    says_no = any(problem.code == "F6" for problem in found.fatal)
    if says_no:
        return "we say that it does not start, and it does" if listed.starts else ""
    if not listed.starts:
        left_open = found.uncertain or any(problem.code == "F6" for problem in found.problems)
        return "" if found.fatal or left_open else "we say that it starts, and it does not"
    if any(map(leaves_open, found.files)):
        return ""
    kept = {provider.id: provider for provider in found.providers if provider.kept and not provider.builtin}
    differing = (name for name, provider in kept.items() if listed.of(name) != tuple(sorted(provider.model_ids)))
    return next((f"the models of {name} differ" for name in differing), "")


def leaves_open(file: LoadedFile) -> bool:
    """Whether only running a script would tell something in it, be it the outcome of a program."""
    if not isinstance(file.content, CrushrcDocument):
        return False
    reading = file.content._reading
    settled = reading.course.settled if reading.course else frozenset()
    calls = (call for statement in reading.statements for call in statement.calls)
    return any(call.start not in settled for call in calls) or is_computed(file.content.tree)


def is_computed(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(map(is_computed, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Computed) and value.value is None

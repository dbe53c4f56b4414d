"""Whatever stands in a file, the doctor answers, shows no key, and its fixes leave a file that can be read."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.canary import CANARY
from tests.doctor.conftest import Machine
from wizard.doctor.table import diagnose
from wizard.errors import WizardError
from wizard.files.locations import Surroundings

WORDS = [
    "a",
    "groq",
    "openai",
    "kimi",
    "1.5",
    "",
    "$A",
    "${A:-b}",
    "$(x)",
    "'q'",
    "%PATHS%",
    "~/x",
    "http://h/v1",
    "x y",
]
PLAIN = st.none() | st.booleans() | st.integers(-5, 10**7) | st.floats(0, 9) | st.sampled_from([*WORDS, CANARY])
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=2),
    max_leaves=4,
)


def entries(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields, mostly of the right type."""
    return st.fixed_dictionaries({}, optional={name: value | ANYTHING for name, value in fields.items()})


TEXT, NUMBER = st.sampled_from(WORDS), st.floats(-1, 10**8) | st.integers(-5, 10**7)
MODEL = entries(
    {
        **dict.fromkeys(("id", "name", "default_reasoning_effort", "Unknown"), TEXT),
        **dict.fromkeys(("context_window", "default_max_tokens"), st.integers(-5, 10**8)),
        **dict.fromkeys(
            ("cost_per_1m_in", "cost_per_1m_out", "cost_per_1m_in_cached", "cost_per_1m_out_cached"), NUMBER
        ),
        "can_reason": st.booleans(),
        "reasoning_levels": st.lists(TEXT, max_size=2),
    }
)
PROVIDER = entries(
    {
        **dict.fromkeys(("base_url", "apiKey", "Name"), TEXT),
        "api_key": TEXT | st.just(CANARY),
        "type": st.sampled_from(["openai", "ollama", "anthropic", "azure", "OpenAI", "google-vertex"]),
        "disable": st.booleans(),
        "extra_headers": st.dictionaries(TEXT, TEXT, max_size=2),
        "extra_body": st.dictionaries(TEXT, PLAIN, max_size=1),
        "models": st.lists(MODEL, max_size=3),
    }
)
CONFIG = entries(
    {
        "providers": st.dictionaries(TEXT, PROVIDER, max_size=3),
        "Providers": st.dictionaries(TEXT, PROVIDER, max_size=1),
        "models": st.dictionaries(st.sampled_from(["large", "small"]), entries({"provider": TEXT, "model": TEXT})),
        "hooks": st.dictionaries(TEXT, st.lists(entries({"command": TEXT, "matcher": TEXT}), max_size=1), max_size=1),
        "env": st.dictionaries(st.sampled_from(["A", "B"]), TEXT, max_size=2),
    }
)


@settings(max_examples=60, deadline=None)
@given(CONFIG, CONFIG)
def test_it_always_answers(user: dict[str, Any], data: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        cwd = home / "project"
        (cwd / ".git").mkdir(parents=True)
        machine = Machine(Surroundings({}, "win32", home, home / "config", home / "data", cwd, cwd))
        machine.write("user", user)
        machine.write("data", data)
        findings = diagnose(machine.examine({"A": "b"}))
        assert CANARY not in repr(findings)
        assert all(CANARY not in one.message + one.cure for one in findings)
        for finding in findings:
            if finding.fix:
                _apply(machine, finding.fix)
        assert isinstance(json.loads(machine.path("user").read_text()), dict)


def _apply(machine: Machine, fix: Any) -> None:
    try:
        machine.after([fix])
    except WizardError:  # a file whose types are wrong is not edited
        return

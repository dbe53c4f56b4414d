"""D33: an entry that only repeats what the Crush here has built in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.doctor.conftest import found
from wizard.flow.own_catalogue import OwnProvider

if TYPE_CHECKING:
    from tests.doctor.conftest import Machine

URL = "https://api.deepseek.com/v1"
PRO = {
    "id": "pro",
    "name": "Pro",
    "cost_per_1m_in": 1,
    "context_window": 100_000,
    "can_reason": True,
    "reasoning_levels": ["high", "max"],
}
FLASH = {"id": "flash", "name": "Flash", "cost_per_1m_in": 0.1, "context_window": 100_000}
OWN = OwnProvider("openai-compat", URL, {}, {"pro": PRO, "flash": FLASH}, ("pro", "flash"))
KEY = {"api_key": "$DEEPSEEK_API_KEY"}
WHOLE = {"name": "DeepSeek", "type": "openai-compat", "base_url": URL, **KEY, "models": [PRO, FLASH]}


def shrunk(machine: Machine, entry: dict[str, Any], own: OwnProvider = OWN) -> Any:
    """What the fix makes of the entry; None where there is no finding."""
    path = machine.write("user", json.dumps({"providers": {"deepseek": entry}}))
    findings = found(machine.examine({"DEEPSEEK_API_KEY": "k"}, own={"deepseek": own}), "D33")
    if not findings:
        return None
    (finding,) = findings
    assert (finding.severity, finding.path) == ("info", path)
    assert finding.fix is not None
    assert not finding.fix.automatic
    return json.loads(machine.repaired(finding.fix))["providers"]["deepseek"]


def test_a_whole_entry_comes_down_to_its_key(doctored: Machine) -> None:
    assert shrunk(doctored, WHOLE) == KEY


@pytest.mark.parametrize(
    "said",
    [
        {"context_window": 100_400},  # the same number for all that anybody knows
        {"name": "pro"},
        {"name": None},
        {"reasoning_levels": None},  # left out, and so unknown to Crush
    ],
)
def test_what_says_the_same_is_a_repetition(doctored: Machine, said: dict[str, Any]) -> None:
    pro = {name: value for name, value in {**PRO, **said}.items() if value is not None}
    assert shrunk(doctored, {**WHOLE, "models": [pro, FLASH]}) == KEY


@pytest.mark.parametrize(
    "said",
    [
        {"context_window": 50_000},
        {"name": "Our Pro"},
        {"can_reason": False},
        {"reasoning_levels": ["high"]},
        {"options": {"temperature": 0.1}},
        {"id": "of-our-own"},
    ],
)
def test_a_model_that_says_something_else_stays_and_with_it_the_rest(doctored: Machine, said: dict[str, Any]) -> None:
    changed = {**PRO, **said}
    assert shrunk(doctored, {**WHOLE, "models": [changed, FLASH]}) == {**WHOLE, "models": [changed]}
    assert shrunk(doctored, {**WHOLE, "models": [changed]}) is None


def test_another_url_stays(doctored: Machine) -> None:
    relay = {"base_url": "https://relay.corp.example/v1"}
    assert shrunk(doctored, {**WHOLE, **relay}) == {**relay, **KEY}


def test_the_order_of_models_is_kept_where_crush_goes_by_it(doctored: Machine) -> None:
    """It takes the first model of the provider where its own default is not in its list."""
    gone = OwnProvider("openai-compat", URL, {}, {"pro": PRO, "flash": FLASH}, ("retired", "flash"))
    assert shrunk(doctored, WHOLE, gone) is None


def test_two_files_are_left_alone(doctored: Machine) -> None:
    doctored.write("project", json.dumps({"providers": {"deepseek": {"models": [PRO]}}}))
    assert shrunk(doctored, WHOLE) is None

"""Commands that print keys: Crush's own way to run them, and never a key in one."""

from __future__ import annotations

import pytest

from wizard.transfer.origins.described import NoEqual
from wizard.transfer.origins.key_commands import echoed, printed_by

KEY = "sk-canary-0123456789abcdef"


@pytest.mark.parametrize(
    "command", ["op read op://vault/item/field", "pass show team | head -1", "cat ~/.keys/acme", "get-key --for 'a b'"]
)
def test_crush_runs_it(command: str) -> None:
    assert printed_by(f" {command} ") == f"$({command})"
    assert echoed(command) == ""


@pytest.mark.parametrize("command", [f"echo {KEY}", f"echo -n '{KEY}'", f'printf "%s" "{KEY}"', f"printf {KEY}"])
def test_one_that_only_repeats_a_key_is_the_key(command: str) -> None:
    assert echoed(command) == KEY


@pytest.mark.parametrize(
    "command",
    [
        f"curl -H 'Authorization: Bearer {KEY}' https://keys.example",
        "curl -H 'authorization: bearer hunter2hunter2' https://keys.example",
        f"TOKEN={KEY} get-key",
        f"get-key --token {KEY}",
        "API_KEY=hunter2hunter2 get-key",
        f"echo {KEY} && calc",
    ],
)
def test_one_with_a_key_in_it_is_left_out(command: str) -> None:
    with pytest.raises(NoEqual) as refused:
        printed_by(command)
    assert "hunter2" not in str(refused.value)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("command", ["a\nb", "echo 'x", "get-key # the one", "a (b", "", "a) b"])
def test_one_that_would_not_end_where_it_should_is_left_out(command: str) -> None:
    with pytest.raises(NoEqual):
        printed_by(command)

"""Names that can hold a key without changing what other programs do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.provider.variable import (
    InvalidVariableName,
    check_variable_name,
    is_variable_name,
    variable_for,
)


@pytest.mark.parametrize(
    "name", ["GROQ_API_KEY", "HF_TOKEN", "GITHUB_TOKEN", "_key2", "lower_case", "PATH_TO_KEY", "AGENT_KEY"]
)
def test_ordinary_names_are_fine(name: str) -> None:
    check_variable_name(name)
    assert is_variable_name(name)


@pytest.mark.parametrize("name", ["", "2FAST", "MY-KEY", "MY KEY", "$KEY", "KEY=", "KEY\n", "SCHLÜSSEL", "A.B"])
def test_what_a_shell_would_not_take_is_refused(name: str) -> None:
    assert not is_variable_name(name)
    with pytest.raises(InvalidVariableName, match="use letters, digits and _"):
        check_variable_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *["PATH", "IFS", "HOME", "SHELL", "ENV", "PS4", "BASH_ENV", "NODE_OPTIONS", "_", "HTTPS_PROXY", "AI_AGENT"],
        *["LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PYTHONPATH", "PYTHONSTARTUP", "GIT_CONFIG_COUNT"],
        *["CRUSH_API_KEY", "WIZARD_DEBUG", "path", "Path", "ld_preload"],
    ],
)
def test_names_that_mean_something_to_programs_are_refused_with_the_reason(name: str) -> None:
    assert not is_variable_name(name)
    with pytest.raises(InvalidVariableName, match=f"{name} can't hold a key"):
        check_variable_name(name)


@pytest.mark.parametrize(
    ("provider_id", "name"),
    [
        ("my-proxy", "MY_PROXY_API_KEY"),
        ("groq", "GROQ_API_KEY"),
        ("io.net--eu_", "IO_NET_EU_API_KEY"),
        ("302ai", "PROVIDER_302AI_API_KEY"),
        ("crush-team", "PROVIDER_CRUSH_TEAM_API_KEY"),
        ("python", "PROVIDER_PYTHON_API_KEY"),
    ],
)
def test_the_usual_name_for_a_provider(provider_id: str, name: str) -> None:
    assert variable_for(provider_id) == name


@given(st.text())
def test_every_provider_gets_a_name_that_is_valid(provider_id: str) -> None:
    check_variable_name(variable_for(provider_id))

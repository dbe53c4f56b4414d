"""The table of the providers that Crush brings along (crush-behaviour 3.4)."""

from __future__ import annotations

import pytest

from wizard.provider.builtins import BUILTINS, Builtin
from wizard.provider.identifier import check_id
from wizard.provider.template import variables
from wizard.provider.types import TYPES


def test_the_order_is_that_of_default_selection() -> None:
    assert len(BUILTINS) == 41
    assert list(BUILTINS)[:4] == ["hyper", "anthropic", "openai", "gemini"]
    assert list(BUILTINS)[-1] == "zhipu-coding"


def test_one_row_of_the_table() -> None:
    assert BUILTINS["huggingface"] == Builtin(
        id="huggingface",
        name="Hugging Face",
        type="openai-compat",
        endpoint="https://router.huggingface.co/v1",
        key="$HF_TOKEN",
        large="zai-org/GLM-5.2:fireworks-ai",
        small="google/gemma-4-31B-it:cerebras",
        headers=("HTTP-Referer", "X-Title"),
    )


@pytest.mark.parametrize("builtin", BUILTINS.values(), ids=lambda builtin: builtin.id)
def test_every_row_is_whole(builtin: Builtin) -> None:
    assert BUILTINS[builtin.id] is builtin
    assert check_id(builtin.id) is None
    assert builtin.type in TYPES
    assert all((builtin.name, builtin.large, builtin.small))
    assert builtin.endpoint == "" or builtin.endpoint.startswith(("https://", "$"))
    assert builtin.key == "" or builtin.key == f"${variables(builtin.key)[0]}"


def test_those_without_a_key_of_their_own() -> None:
    keyless = {builtin.id for builtin in BUILTINS.values() if not builtin.key}
    assert keyless == {"hyper", "bedrock", "bedrock-europe", "copilot", "vertexai"}


def test_four_take_their_endpoint_from_a_variable() -> None:
    assert {builtin.id: builtin.endpoint for builtin in BUILTINS.values() if builtin.endpoint.startswith("$")} == {
        "anthropic": "$ANTHROPIC_API_ENDPOINT",
        "openai": "$OPENAI_API_ENDPOINT",
        "gemini": "$GEMINI_API_ENDPOINT",
        "azure": "$AZURE_OPENAI_API_ENDPOINT",
    }


def test_one_key_for_two() -> None:
    keys = [builtin.key for builtin in BUILTINS.values() if builtin.key]
    assert {key for key in keys if keys.count(key) > 1} == {"$MINIMAX_API_KEY", "$OPENCODE_API_KEY", "$ZHIPU_API_KEY"}

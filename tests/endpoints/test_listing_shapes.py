"""What each service's entries say, read without a network."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.endpoints.model_entries import looks_chatless, price, tokens
from wizard.endpoints.model_lists import parse_page
from wizard.provider.model_facts import ModelFacts, by_id


def only(entry: dict[str, Any]) -> ModelFacts:
    page = parse_page({"data": [entry]})
    assert page is not None
    (model,) = page.models
    return model


def test_openrouter() -> None:
    model = only(
        {
            "id": "anthropic/claude",
            "name": "Anthropic: Claude",
            "context_length": 200000,
            "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
            "pricing": {
                "prompt": "0.000003",
                "completion": "0.000015",
                "input_cache_read": "0.0000003",
                "input_cache_write": "0.00000375",
            },
            "top_provider": {"max_completion_tokens": 64000},
            "supported_parameters": ["tools", "reasoning", "max_tokens"],
        }
    )
    assert model == ModelFacts(
        "anthropic/claude",
        name="Anthropic: Claude",
        cost_per_1m_in=3,
        cost_per_1m_out=15,
        cost_per_1m_in_cached=3.75,
        cost_per_1m_out_cached=0.3,
        context_window=200000,
        max_output_tokens=64000,
        can_reason=True,
        supports_attachments=True,
        tools=True,
    )


def test_openrouter_says_minus_one_for_prices_that_vary() -> None:
    assert only({"id": "auto", "pricing": {"prompt": "-1", "completion": "-1"}}).cost_per_1m_in is None


def test_together() -> None:
    pricing = {"hourly": 0, "input": 0.88, "output": 0.88, "cached_input": 0.2}
    page = parse_page(
        [
            {"id": "m", "type": "chat", "display_name": "M", "context_length": 131072, "pricing": pricing},
            {"id": "draw", "type": "image"},
        ]
    )
    assert page is not None
    model, drawing = page.models
    assert (model.cost_per_1m_in, model.cost_per_1m_out_cached, model.chats) == (0.88, 0.2, True)
    assert drawing.chats is False


def test_vercel() -> None:
    pricing = {"input": "0.00000015", "output": "0.0000006"}
    entry = {"id": "m", "type": "language", "context_window": 128000, "max_tokens": 16384, "pricing": pricing}
    model = only({**entry, "tags": ["tool-use", "vision"]})
    assert (model.cost_per_1m_in, model.cost_per_1m_out, model.max_output_tokens) == (0.15, 0.6, 16384)
    assert (model.tools, model.supports_attachments, model.can_reason) == (True, True, False)


def test_mistral() -> None:
    can = {"completion_chat": True, "function_calling": True, "vision": False}
    model = only({"id": "m", "capabilities": can, "max_context_length": 131072})
    assert (model.chats, model.tools, model.supports_attachments) == (True, True, False)
    assert model.context_window == 131072
    assert only({"id": "m", "capabilities": {"completion_chat": False}}).chats is False


def test_groq() -> None:
    model = only({"id": "llama", "context_window": 131072, "max_completion_tokens": 32768, "owned_by": "Meta"})
    assert (model.context_window, model.max_output_tokens) == (131072, 32768)


def test_fireworks() -> None:
    flags = {"supports_chat": True, "supports_image_input": True, "supports_tools": False}
    model = only({"id": "m", "context_length": 131072, **flags})
    assert (model.chats, model.supports_attachments, model.tools) == (True, True, False)


def test_github() -> None:
    page = parse_page(
        [
            {
                "id": "openai/gpt",
                "name": "GPT",
                "capabilities": ["tool-calling", "reasoning"],
                "limits": {"max_input_tokens": 128000, "max_output_tokens": 16384},
                "supported_input_modalities": ["text", "image"],
            }
        ]
    )
    assert page is not None
    (model,) = page.models
    assert (model.context_window, model.max_output_tokens) == (128000, 16384)
    assert (model.tools, model.can_reason, model.supports_attachments) == (True, True, True)


def test_anthropic() -> None:
    model = only({"type": "model", "id": "claude", "display_name": "Claude", "created_at": "2026-01-01T00:00:00Z"})
    assert model == ModelFacts("claude", name="Claude")


def test_google() -> None:
    entries = [
        {
            "name": "models/gemini-flash",
            "displayName": "Gemini Flash",
            "inputTokenLimit": 1048576,
            "outputTokenLimit": 65536,
            "supportedGenerationMethods": ["generateContent"],
            "thinking": True,
        },
        {"name": "models/gemini-embedding-001", "supportedGenerationMethods": ["embedContent"]},
        {"name": "models/gemini-flash-preview-tts", "supportedGenerationMethods": ["generateContent"]},
    ]
    page = parse_page({"models": entries})
    assert page is not None
    flash, *others = page.models
    facts = {"context_window": 1048576, "max_output_tokens": 65536, "can_reason": True, "chats": True}
    assert flash == ModelFacts("gemini-flash", name="Gemini Flash", **facts)  # type: ignore[arg-type]
    assert [other.chats for other in others] == [False, False]


def test_vllm() -> None:
    page = parse_page({"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 32768}]})
    assert page is not None
    assert (page.server, page.models[0].context_window) == ("vllm", 32768)


def test_llamacpp_prefers_the_context_in_use() -> None:
    assert only({"id": "m", "meta": {"n_ctx": 4096, "n_ctx_train": 131072}}).context_window == 4096


@pytest.mark.parametrize(
    "model_id",
    "text-embedding-3-small nomic-embed-text BAAI/bge-m3 whisper-1 gpt-4o-mini-tts tts-1 rerank-v3.5 dall-e-3 "
    "omni-moderation-latest gpt-image-1 sora-2 gpt-4o-transcribe imagen-4.0 stable-diffusion-3 babbage-002".split(),
)
def test_ids_of_models_that_do_not_chat(model_id: str) -> None:
    assert looks_chatless(model_id)


@pytest.mark.parametrize(
    "model_id",
    "gpt-4o claude-sonnet-4 qwen3:8b llama-3.3-70b deepseek-chat gemini-flash mistral-large o3 fluxus-chat e5x".split(),
)
def test_ids_of_models_that_chat(model_id: str) -> None:
    assert not looks_chatless(model_id)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (8192, 8192),
        ("8192", 8192),
        (8192.0, 8192),
        *((value, None) for value in (0, -1, True, 1.5, "many", 10**12, "1e999999999", None, [1], "nan")),
    ],
)
def test_tokens(value: Any, expected: int | None) -> None:
    assert tokens(value) == expected


@pytest.mark.parametrize(
    ("value", "per_token", "expected"),
    [
        (0.00000015, True, 0.15),
        ("0.0000006", True, 0.6),
        (3e-6, True, 3),
        ("0", True, 0),
        (0.88, False, 0.88),
        (-1, True, None),
        (5, True, None),
        ("free", True, None),
        (True, True, None),
        ("1e-999999999", True, None),
    ],
)
def test_prices(value: Any, per_token: bool, expected: float | None) -> None:
    assert price(value, per_token=per_token) == expected


def test_the_first_of_doubles_stays() -> None:
    models = [ModelFacts("a", name="1"), ModelFacts("b"), ModelFacts("a", name="2")]
    assert tuple(by_id(models).values()) == (models[0], models[1])


FIELDS = (
    "id name key model type data models capabilities pricing meta limits architecture details model_name model_info "
    "context_length prompt input output parameters supportedGenerationMethods digest modified_at loaded_instances "
    "has_more last_id nextPageToken owned_by config top_provider tags vision thinking"
).split()
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(FIELDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=30,
)


@example({"data": [{"id": "a", "owned_by": []}]})
@given(JSON | st.dictionaries(st.sampled_from(["data", "models"]), st.lists(JSON)))
def test_any_document_is_a_list_or_none(value: Any) -> None:
    page = parse_page(value)
    for model in page.models if page else ():
        assert model.id.strip()
        assert model.id.isprintable() or not model.id.isascii()
        assert model.context_window is None or model.context_window > 0


@pytest.mark.parametrize("absurd", [1e17, 1e23, 10**40, "1e29", 1e300, "1e400", "nan", "inf", -1e17, "-0", 1e-300])
@pytest.mark.parametrize("per_token", [True, False])
def test_an_absurd_price_is_none_and_spoils_nothing(absurd: Any, per_token: bool) -> None:
    assert price(absurd, per_token=per_token) in (None, 0)
    names = ("prompt", "completion") if per_token else ("input", "output")
    listed = [{"id": "odd", "pricing": dict.fromkeys(names, absurd)}, {"id": "good"}]
    page = parse_page({"data": listed})
    assert page is not None
    assert [model.id for model in page.models] == ["odd", "good"]

"""One model of an endpoint's list, in any of the spellings that services use, as ModelFacts.

Nothing is believed blindly: a value of a wrong type or an absurd size counts as not said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from wizard.catalog.values import flag, mapping
from wizard.provider.model_facts import ModelFacts
from wizard.regexp import regexp
from wizard.shown import acts

if TYPE_CHECKING:
    from wizard.provider.model import Number

Entry = Mapping[str, Any]

LONGEST_ID = 256
LARGEST_WINDOW = 100_000_000
"""Tokens."""
HIGHEST_PRICE = 100_000
"""USD per million tokens."""
_PER_TOKEN_BELOW = 0.001
"""A price of input and output below this is per token: nobody sells a million tokens for less."""

_CONTEXT = (
    "loaded_context_length",
    "context_window",
    "context_length",
    "max_context_length",
    "max_context_window",
    "max_model_len",
    "context_size",
    "max_input_tokens",
    "inputTokenLimit",
)
_OUTPUT = ("max_output_tokens", "max_completion_tokens", "outputTokenLimit")
_CHAT_TYPES = {"chat", "language", "llm", "vlm", "code", "completion", "responses"}
_OTHER_TYPES = {"embedding", "embeddings", "rerank", "reranking", "image", "image_generation", "video", "moderation"}
_OTHER_TYPES |= {"audio", "speech", "transcribe", "transcription", "audio_transcription", "audio_speech", "tts", "stt"}
_NO_CHAT = regexp(
    r"""
    embed | rerank | whisper | moderation | dall-?e | transcribe | stable-diffusion | sdxl | all-minilm
  | (?:^|[-_/:.]) (?: tts | bge | gte | e5 | sora | veo | imagen | lyria | flux | gpt-image | speech ) (?:[-_/:.\d]|$)
  | (?:^|/) (?: babbage | davinci ) -\d
    """,
    re.VERBOSE,
)


def usable_id(value: Any) -> str | None:
    """The id if it is one; None for what is empty, too long, or would act on a terminal."""
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_ID:
        return None
    return None if any(map(acts, value)) else value


def model_of(entry: Entry) -> ModelFacts | None:
    """A model as most services list it: OpenAI, OpenRouter, Together, Mistral, Groq, Fireworks, vLLM, Vercel..."""
    model_id = usable_id(entry.get("id") or entry.get("name"))
    if model_id is None:
        return None
    read, write, price_in, price_out = _prices(mapping(entry.get("pricing")))
    context = _context(entry)
    return ModelFacts(
        model_id,
        name=_name(entry, model_id),
        cost_per_1m_in=price_in,
        cost_per_1m_out=price_out,
        cost_per_1m_in_cached=write if write is not None else read,
        cost_per_1m_out_cached=read,
        context_window=context,
        max_output_tokens=_output(entry, context),
        can_reason=_ability(entry, ("supports_reasoning", "thinking"), ("reasoning", "thinking")),
        supports_attachments=_images(entry),
        tools=_ability(
            entry,
            ("supports_tools", "supports_function_calling"),
            ("tools", "tool_use", "tool-use", "tool-calling", "function_calling", "trained_for_tool_use"),
        ),
        chats=_chats(entry, model_id),
    )


def google_model(entry: Entry) -> ModelFacts | None:
    """A model of Google's list: `name` is `models/<id>`."""
    name = entry.get("name")
    model_id = usable_id(name.removeprefix("models/")) if isinstance(name, str) else None
    if model_id is None:
        return None
    methods = texts(entry.get("supportedGenerationMethods"))
    generates = "generateContent" in methods if methods else None
    return ModelFacts(
        model_id,
        name=usable_id(entry.get("displayName")),
        context_window=tokens(entry.get("inputTokenLimit")),
        max_output_tokens=tokens(entry.get("outputTokenLimit")),
        can_reason=flag(entry.get("thinking")),
        chats=False if looks_chatless(model_id) else generates,
    )


def lmstudio_model(entry: Entry) -> ModelFacts | None:
    """A model of LM Studio's own list; the context is that of the loaded instance, else the largest possible."""
    model_id = usable_id(entry.get("key"))
    if model_id is None:
        return None
    instances = [mapping(instance) for instance in _list(entry.get("loaded_instances"))]
    loaded = [tokens(mapping(instance.get("config")).get("context_length")) for instance in instances]
    can = mapping(entry.get("capabilities"))
    return ModelFacts(
        model_id,
        name=usable_id(entry.get("display_name")),
        context_window=next(filter(None, loaded), None) or tokens(entry.get("max_context_length")),
        can_reason=_reasons(can.get("reasoning")),
        supports_attachments=flag(can.get("vision")),
        tools=flag(can.get("trained_for_tool_use")),
        chats=_chats(entry, model_id),
    )


def litellm_model(entry: Entry) -> ModelFacts | None:
    """A model of LiteLLM's `/model/info`; prices there are in USD per token."""
    model_id = usable_id(entry.get("model_name"))
    if model_id is None or "*" in model_id:  # a pattern that routes, not a model
        return None
    info = mapping(entry.get("model_info"))
    read = price(info.get("cache_read_input_token_cost"), per_token=True)
    write = price(info.get("cache_creation_input_token_cost"), per_token=True)
    return ModelFacts(
        model_id,
        cost_per_1m_in=price(info.get("input_cost_per_token"), per_token=True),
        cost_per_1m_out=price(info.get("output_cost_per_token"), per_token=True),
        cost_per_1m_in_cached=write if write is not None else read,
        cost_per_1m_out_cached=read,
        context_window=tokens(info.get("max_input_tokens")),
        max_output_tokens=tokens(info.get("max_output_tokens")),
        can_reason=flag(info.get("supports_reasoning")),
        supports_attachments=flag(info.get("supports_vision")),
        tools=flag(info.get("supports_function_calling")),
        chats=_chats({"type": info.get("mode")}, model_id),
        takes_effort="reasoning_effort" in texts(info.get("supported_openai_params")) or None,
    )


def ollama_model(entry: Entry, shown: Entry, in_use: int | None = None) -> ModelFacts | None:
    """A model of Ollama's `/api/tags` with what `/api/show` says about it.

    `in_use`: the context that the model is loaded with now. Else num_ctx of the model, which Ollama uses by itself;
    else what the model was trained for, which is the most that it could have.
    """
    model_id = usable_id(entry.get("model") or entry.get("name"))
    if model_id is None:
        return None
    can = texts(shown.get("capabilities")) or texts(entry.get("capabilities"))
    context = in_use or context_setting(shown) or _trained_context(shown)
    if not can:
        return ModelFacts(model_id, context_window=context, chats=False if looks_chatless(model_id) else None)
    return ModelFacts(
        model_id,
        context_window=context,
        can_reason="thinking" in can,
        supports_attachments="vision" in can,
        tools="tools" in can,
        chats="completion" in can,
    )


def context_setting(shown: Entry) -> int | None:
    """num_ctx in what Ollama's `/api/show` gives as `parameters`: lines of a name and a value."""
    parameters = shown.get("parameters")
    if not isinstance(parameters, str):
        return None
    found = re.search(r"^num_ctx[ \t]+(\d{1,12})[ \t]*$", parameters, re.MULTILINE)
    return tokens(found[1]) if found else None


def looks_chatless(model_id: str) -> bool:
    """Whether the id is that of a model for embeddings, speech, images or moderation."""
    return _NO_CHAT.search(model_id.lower()) is not None


def tokens(value: Any) -> int | None:
    """A number of tokens; also one spelled as text."""
    number = _number(value)
    return int(number) if number is not None and 0 < number <= LARGEST_WINDOW and number == int(number) else None


def price(value: Any, *, per_token: bool) -> Number | None:
    """USD per million tokens."""
    number = _number(value)
    if number is None:
        return None
    exact = number * 1_000_000 if per_token else number
    if not 0 <= exact <= HIGHEST_PRICE:
        return None
    per_million = round(exact, 6)
    return int(per_million) if per_million == int(per_million) else float(per_million)


def texts(value: Any) -> frozenset[str]:
    return frozenset(item for item in _list(value) if isinstance(item, str))


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 40:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(entry: Entry, model_id: str) -> str | None:
    names = (usable_id(entry.get(key)) for key in ("display_name", "displayName", "friendly_name", "name"))
    return next((name for name in names if name and name != model_id), None)


def _first(entry: Entry, keys: Iterable[str]) -> int | None:
    return next(filter(None, (tokens(entry.get(key)) for key in keys)), None)


def _limits(entry: Entry) -> Entry:
    """GitHub puts the limits into an object, and in one of its lists that one into another."""
    return mapping(entry.get("limits") or mapping(entry.get("capabilities")).get("limits"))


def _context(entry: Entry) -> int | None:
    meta, limits = mapping(entry.get("meta")), _limits(entry)
    return (
        _first(entry, _CONTEXT)
        or _first(meta, ("n_ctx", "n_ctx_train"))
        or _first(limits, ("max_context_window_tokens", "max_input_tokens"))
    )


def _output(entry: Entry, context: int | None) -> int | None:
    """`max_tokens` is the output only beside a context that is not smaller; some mean the context by it."""
    stated = (
        _first(entry, _OUTPUT)
        or _first(mapping(entry.get("top_provider")), ("max_completion_tokens",))
        or _first(_limits(entry), ("max_output_tokens",))
    )
    loose = tokens(entry.get("max_tokens"))
    return stated or (loose if loose and context and loose < context else None)


def _prices(pricing: Entry) -> tuple[Number | None, Number | None, Number | None, Number | None]:
    """(cache hit, cache write, input, output). OpenRouter and Vercel name prices per token, Together per million."""
    if "prompt" in pricing or "completion" in pricing:
        names, per_token = ("input_cache_read", "input_cache_write", "prompt", "completion"), True
    else:
        hit = "input_cache_read" if "input_cache_read" in pricing else "cached_input"
        names, per_token = (hit, "input_cache_write", "input", "output"), _is_per_token(pricing)
    read, write, price_in, price_out = (price(pricing.get(name), per_token=per_token) for name in names)
    return read, write, price_in, price_out


def _is_per_token(pricing: Entry) -> bool:
    numbers = [number for number in (_number(pricing.get(name)) for name in ("input", "output")) if number]
    return bool(numbers) and max(numbers) < _PER_TOKEN_BELOW


def _abilities(entry: Entry) -> frozenset[str] | None:
    """Names of what the model can do, where the endpoint gives a list; None: it gives none."""
    lists = [entry.get(key) for key in ("capabilities", "supported_parameters", "tags", "features")]
    found = [texts(listed) for listed in lists if isinstance(listed, list)]
    return frozenset().union(*found) if found else None


def _ability(entry: Entry, flags: Iterable[str], names: Iterable[str]) -> bool | None:
    """By a flag of the entry's own, by one among `capabilities`, or by a name in a list of abilities."""
    can = mapping(entry.get("capabilities"))
    supports = mapping(can.get("supports"))  # GitHub
    stated = [flag(entry.get(name)) for name in flags]
    stated += [_reasons(can.get(name)) for name in names]
    stated += [flag(supports.get(name)) for name in ("tool_calls",) if "tools" in names]
    listed = _abilities(entry)
    if listed is not None:
        stated.append(not listed.isdisjoint(names))
    return next((value for value in stated if value is not None), None)


def _reasons(value: Any) -> bool | None:
    """A flag, or an object that says more: `{"supported": false}`, or what can be chosen."""
    if isinstance(value, dict):
        supported = flag(value.get("supported"))
        return bool(value) if supported is None else supported
    return flag(value)


def _images(entry: Entry) -> bool | None:
    if entry.get("type") == "vlm":
        return True
    modalities = mapping(entry.get("architecture")).get("input_modalities") or entry.get("supported_input_modalities")
    if isinstance(modalities, list):
        return "image" in modalities
    return _ability(entry, ("supports_vision", "supports_image_input", "supports_images"), ("vision", "image_input"))


def _chats(entry: Entry, model_id: str) -> bool | None:
    """By what the endpoint says, else by the id."""
    kinds = {entry.get(key) for key in ("type", "mode", "task") if isinstance(entry.get(key), str)}
    if kinds & _OTHER_TYPES:
        return False
    output = mapping(entry.get("architecture")).get("output_modalities")
    if isinstance(output, list) and output and "text" not in output:
        return False
    stated = (flag(entry.get("supports_chat")), flag(mapping(entry.get("capabilities")).get("completion_chat")))
    chats = next((value for value in stated if value is not None), None)
    if chats is not None:
        return chats
    if kinds & _CHAT_TYPES:
        return True
    return False if looks_chatless(model_id) else None


def _trained_context(shown: Entry) -> int | None:
    info = mapping(shown.get("model_info"))
    return next((tokens(value) for key, value in info.items() if key.endswith(".context_length")), None)

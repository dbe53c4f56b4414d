"""LiteLLM: the config.yaml of its proxy, read for the providers behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.provider.model_facts import ModelFacts
from wizard.regexp import regexp
from wizard.transfer.origins.described import (
    Described,
    Speller,
    Spelling,
    ToolConfig,
    grouped,
    host_id,
    not_providers,
    per_million,
)
from wizard.transfer.origins.places import named
from wizard.transfer.origins.yaml_text import yaml_object

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.transfer.origins.fields import ObjectReader

SPELLING = Spelling(regexp(r"^os\.environ/(?P<name>.*)$"))
_KNOWN = frozenset(
    (
        "model api_base base_url api_key extra_headers headers extra_body api_version max_tokens rpm tpm timeout "
        "stream_timeout max_retries weight order"
    ).split()
)
_COSTS = ("input_cost_per_token", "output_cost_per_token")
_READ = frozenset("model_list environment_variables".split())
_CHATTING = ("", "chat", "completion", "responses")


def places(around: Surroundings) -> tuple[Path, ...]:
    """Only where LiteLLM is told to look: it has no folder of its own."""
    own = named(around, "CONFIG_FILE_PATH")
    return (own,) if own else ()


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = yaml_object(path)
    speller = Speller(SPELLING)
    models = [_provider(model, speller) for model in top.each("model_list")]
    variables = top.fields("environment_variables")
    held = {name: variables.text(name) for name in variables.tree if isinstance(variables.tree[name], str)}
    unsupported = (*speller.unsupported, *not_providers(top.others(_READ)))
    return ToolConfig(grouped(models), unsupported=unsupported, held=held)


def _provider(model: ObjectReader, speller: Speller) -> Described:
    """The endpoint of one deployment."""
    parameters = model.fields("litellm_params")
    vendor, name = _split(parameters.text("model"))
    called = f"model {model.text('model_name')}"
    speller.without_equal(called, parameters.others((*_KNOWN, *_COSTS)))
    base_url = speller.value(parameters.text("api_base", "base_url"), f"{called}, its URL")
    compatible = vendor in ("openai", "custom_openai") and bool(base_url) and "api.openai.com" not in base_url
    return Described(
        id=_id(vendor, base_url, compatible=compatible),
        vendor="" if compatible else vendor,
        type="openai-compat" if compatible else "",
        base_url=base_url,
        api_key=speller.key(parameters.text("api_key"), f"{called}, its key"),
        headers=speller.headers({**parameters.pairs("headers"), **parameters.pairs("extra_headers")}, called),
        body=parameters.fields("extra_body").tree,
        models=_facts(name, model, parameters),
    )


def _split(model: str) -> tuple[str, str]:
    """(vendor, model id): a name without a vendor is one of OpenAI's."""
    vendor, _, name = model.partition("/")
    return (vendor, name) if name else ("openai", model)


def _id(vendor: str, base_url: str, *, compatible: bool) -> str:
    return (host_id(base_url) if compatible else "") or vendor


def _facts(name: str, model: ObjectReader, parameters: ObjectReader) -> tuple[ModelFacts, ...]:
    """What it says about the model; nothing for `openai/*`, which stands for all that the vendor has."""
    if "*" in name:
        return ()
    info = model.fields("model_info")
    costs = [info if info.number(cost) is not None else parameters for cost in _COSTS]
    read = per_million(info.number("cache_read_input_token_cost"))
    written = per_million(info.number("cache_creation_input_token_cost"))
    facts = ModelFacts(
        id=name,
        name=model.text("model_name") or name,
        cost_per_1m_in=per_million(costs[0].number(_COSTS[0])),
        cost_per_1m_out=per_million(costs[1].number(_COSTS[1])),
        cost_per_1m_in_cached=read if written is None else written,
        cost_per_1m_out_cached=read,
        context_window=info.whole("max_input_tokens"),
        max_output_tokens=info.whole("max_output_tokens", "max_tokens"),
        can_reason=info.flag("supports_reasoning"),
        supports_attachments=info.flag("supports_vision"),
        tools=info.flag("supports_function_calling"),
        chats=info.text("mode") in _CHATTING,
    )
    return (facts,)

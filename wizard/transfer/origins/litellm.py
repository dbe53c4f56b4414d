"""LiteLLM: the config.yaml of its proxy, read for the providers behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.endpoints.model_entries import looks_chatless
from wizard.expansion.literals import is_expanded
from wizard.provider.model_facts import ModelFacts, by_id
from wizard.provider.template import escape_literal, placeholder, standing_for
from wizard.provider.types import TYPES
from wizard.regexp import regexp
from wizard.shown import command_line
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
from wizard.transfer.origins.vendors import find_vendor
from wizard.transfer.origins.yaml_text import yaml_object

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.transfer.origins.fields import ObjectReader

SPELLING = Spelling(regexp(r"^os\.environ/(?P<name>.*)$"))
_KNOWN = frozenset("model api_base base_url api_key extra_headers headers extra_body max_tokens".split())
_COSTS = ("input_cost_per_token", "output_cost_per_token")
_KNOWN_OF_MODELS = frozenset("model_name litellm_params model_info".split())
_KNOWN_OF_INFO = frozenset(
    (
        "id mode base_model input_cost_per_token output_cost_per_token cache_read_input_token_cost "
        "cache_creation_input_token_cost max_input_tokens max_output_tokens max_tokens supports_reasoning "
        "supports_vision supports_function_calling"
    ).split()
)
PROXY = "litellm"
PROXY_URL = "LITELLM_PROXY_API_BASE"
"""The variable in which LiteLLM's own clients look for its proxy."""
USUAL_PROXY = "http://localhost:4000/v1"
MASTER_KEY = "LITELLM_MASTER_KEY"
_READ = frozenset("model_list environment_variables".split())
_CHATTING = ("chat", "completion", "responses")


NAMES = ("litellm_config.yaml", "config.yaml")


def places(around: Surroundings) -> tuple[Path, ...]:
    """Only where LiteLLM is told to look: it has no folder of its own."""
    own = named(around, "CONFIG_FILE_PATH")
    return (own,) if own else ()


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = yaml_object(path)
    speller = Speller(SPELLING)
    entries = list(top.each("model_list"))
    speller.models_without_equal({model.text("model_name"): _left(model) for model in entries})
    models = [_provider(model, speller) for model in entries]
    held = _held(top)
    unsupported = (*speller.unsupported, *not_providers(top.others(_READ)))
    return ToolConfig(grouped(models), unsupported=unsupported, held=held)


def read_proxy(path: Path, around: Surroundings) -> ToolConfig:
    """The running proxy as one provider, with the names that it gives its models."""
    top = yaml_object(path)
    speller = Speller(SPELLING)
    models = list(top.each("model_list"))
    named = [facts for model in models for facts in _by_its_name(model)]
    key = top.fields("general_settings").text("master_key")
    url = around.environ.get(PROXY_URL, "")
    spelled = speller.value(key, "the master key") if key else ""
    proxy = Described(
        id=PROXY,
        name="LiteLLM",
        vendor=PROXY,
        type=PROXY,
        base_url=escape_literal(url or USUAL_PROXY),
        api_key=(spelled if is_expanded(spelled) else placeholder(MASTER_KEY)) if key else "",
        models=tuple(by_id(named).values()),
        discovers=any("*" in model.text("model_name") for model in models),
    )
    held = _held(top)
    own = {} if not spelled or is_expanded(spelled) else {MASTER_KEY: key}
    taken = f"at ${PROXY_URL}, {url}" if url else f"at {USUAL_PROXY}"
    where = f"the proxy is taken to be {taken}; another URL: {command_line('edit-provider', PROXY)}"
    return ToolConfig((proxy,), unsupported=(*speller.unsupported, where), held={**held, **own})


def _by_its_name(model: ObjectReader) -> tuple[ModelFacts, ...]:
    """A model under the name that the proxy gives it."""
    name, parameters = model.text("model_name"), _parameters(model)
    real = _split(parameters.text("model"))[1]
    facts = _facts(name if "*" in real else real, model, parameters)
    return tuple(replace(known, id=name, name=None) for known in facts if name and "*" not in name)


def _parameters(model: ObjectReader) -> ObjectReader:
    return model.fields("litellm_params")


def _held(top: ObjectReader) -> dict[str, str]:
    variables = top.fields("environment_variables")
    return {name: variables.text(name) for name in variables.tree if isinstance(variables.tree[name], str)}


def _provider(model: ObjectReader, speller: Speller) -> Described:
    """The endpoint of one deployment."""
    parameters = _parameters(model)
    vendor, name = _split(parameters.text("model"))
    called = f"model {model.text('model_name')}"
    base_url = _whole(speller.value(parameters.text("api_base", "base_url"), f"{called}, its URL"), vendor)
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


def _left(model: ObjectReader) -> tuple[str, ...]:
    """What Crush has no equal for."""
    parameters = _parameters(model).others((*_KNOWN, *_COSTS))
    return (*parameters, *model.others(_KNOWN_OF_MODELS), *model.fields("model_info").others(_KNOWN_OF_INFO))


def _whole(base_url: str, vendor: str) -> str:
    """A URL in a variable with what Crush needs behind the host, as one that is written out gets it."""
    known = find_vendor(vendor)
    if known is None or standing_for(base_url) is None:
        return base_url
    if known.id == "azure-openai":
        return f"{base_url}/openai/v1"
    return f"{base_url}/v1" if TYPES[known.type].reads_windows else base_url


def _split(model: str) -> tuple[str, str]:
    """(vendor, model id): a name without a vendor is one of OpenAI's."""
    vendor, _, name = model.partition("/")
    return (vendor, name) if name else ("openai", model)


def _id(vendor: str, base_url: str, *, compatible: bool) -> str:
    return (host_id(base_url) if compatible else "") or vendor


def _facts(name: str, model: ObjectReader, parameters: ObjectReader) -> tuple[ModelFacts, ...]:
    """What it says about the model; nothing for `openai/*`, which stands for all that the vendor has."""
    if "*" in name or not name:
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
        max_output_tokens=info.whole("max_output_tokens", "max_tokens") or parameters.whole("max_tokens"),
        can_reason=info.flag("supports_reasoning"),
        supports_attachments=info.flag("supports_vision"),
        tools=info.flag("supports_function_calling"),
        chats=mode in _CHATTING if (mode := info.text("mode")) else not looks_chatless(name),
    )
    return (facts,)

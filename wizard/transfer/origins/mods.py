"""mods, Charm's older tool: mods.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wizard.network.loopback import is_this_machine
from wizard.provider.base_url import BaseUrl
from wizard.provider.builtins import BUILTINS
from wizard.provider.model_facts import ModelFacts
from wizard.provider.template import placeholder
from wizard.provider.variable import is_variable_name
from wizard.transfer.origins.described import (
    LITERAL,
    ChosenModel,
    Described,
    Speller,
    ToolConfig,
    endpoint_id,
    listed,
    mcp_servers,
    not_providers,
)
from wizard.transfer.origins.places import named, native_config, xdg_config
from wizard.transfer.origins.vendors import find_vendor, is_vendors_own, own_sign_in
from wizard.transfer.origins.yaml_text import yaml_object

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.transfer.origins.fields import ObjectReader

NAMES = ("mods.yml",)
CHARACTERS = 4
"""What mods counts is characters; a token has about four."""
_TYPES = {"anthropic": "anthropic", "google": "google", "azure": "azure", "azure-ad": "azure", "ollama": "ollama"}
"""The formats that mods speaks by the name of the API; all others are OpenAI's."""
_KNOWN = frozenset("base-url api-key api-key-env api-key-cmd models".split())
_KNOWN_OF_MODELS = frozenset("aliases max-input-chars fallback".split())
_READ = frozenset("apis default-api default-model mcp-servers".split())


def places(around: Surroundings) -> tuple[Path, ...]:
    """By XDG's variable where it is set, else as the system has it."""
    folder = xdg_config(around) if named(around, "XDG_CONFIG_HOME") else native_config(around)
    return (folder / "mods" / "mods.yml",)


def read(path: Path, around: Surroundings) -> ToolConfig:
    top = yaml_object(path)
    speller = Speller(LITERAL)
    apis = dict(top.members("apis"))
    chosen = _chosen(top, apis)
    used = {name: api for name, api in apis.items() if _is_used(name, api, chosen, around)}
    providers = tuple(_provider(name, api, chosen, speller) for name, api in used.items())
    selected = _selected(chosen, used)
    unused = [name for name in apis if name not in used]
    left = (f"there is no key for these here, so they are left out: {listed(unused)}",) if unused else ()
    servers = mcp_servers(tuple(top.fields("mcp-servers").tree))
    others = not_providers(top.others(_READ))
    unsupported = (*speller.unsupported, *_estimated(providers), *left, *servers, *others)
    return ToolConfig(providers, {"large": selected} if selected else {}, unsupported)


def _estimated(providers: Iterable[Described]) -> tuple[str, ...]:
    names = [facts.id for provider in providers for facts in provider.models if facts.context_window]
    how = f"estimated from mods' limit in characters, {CHARACTERS} of them a token"
    return (f"the context windows of {listed(names)} are {how}",) if names else ()


# Models


def _chosen(top: ObjectReader, apis: dict[str, ObjectReader]) -> ChosenModel | None:
    """The model in use by its id, where the file says or its API tells whose it is."""
    wanted, api = top.text("default-model"), top.text("default-api")
    known = [(name, model) for name, entry in apis.items() for model in _called(wanted, entry)]
    found = next((pair for pair in known if pair[0] == api), known[0] if known and not api else None)
    if found:
        return ChosenModel(*found)
    return ChosenModel(api, wanted) if api in apis and wanted and not apis[api].fields("models").tree else None


def _called(name: str, api: ObjectReader) -> list[str]:
    """The ids of the API's models that go by a name, the id itself first."""
    models = dict(api.members("models"))
    return [name] if name in models else [model for model, entry in models.items() if name in entry.texts("aliases")]


def _selected(chosen: ChosenModel | None, used: dict[str, ObjectReader]) -> ChosenModel | None:
    if chosen is None or chosen.provider not in used:
        return None
    return ChosenModel(_id(chosen.provider, used[chosen.provider]), chosen.model)


def _facts(api: ObjectReader, chosen: ChosenModel | None, *, in_catalog: bool) -> tuple[ModelFacts, ...]:
    """All models; of a vendor that Crush has a list of, that list counts, and not the one that came with mods."""
    models = dict(api.members("models"))
    if in_catalog:
        return tuple(ModelFacts(model) for model in models if chosen and model == chosen.model)
    return tuple(ModelFacts(model, context_window=_window(entry)) for model, entry in models.items())


def _window(model: ObjectReader) -> int | None:
    characters = model.whole("max-input-chars")
    return characters // CHARACTERS or None if characters else None


# APIs


def _is_used(name: str, api: ObjectReader, chosen: ChosenModel | None, around: Surroundings) -> bool:
    """Whether it is more than one of the many that a new mods.yml lists."""
    if (chosen and chosen.provider == name) or api.text("api-key", "api-key-cmd"):
        return True
    is_stock = is_vendors_own(name, api.text("base-url")) or own_sign_in(name) is not None or name in _STOCK
    return not is_stock or bool(around.environ.get(_variable(name, api)))


_STOCK = frozenset("azure azure-ad cohere copilot localai runpod sambanova".split())


def _variable(name: str, api: ObjectReader) -> str:
    vendor = find_vendor(name)
    return api.text("api-key-env") or (vendor.variable if vendor and not vendor.local else "")


def _provider(name: str, api: ObjectReader, chosen: ChosenModel | None, speller: Speller) -> Described:
    called = f"provider {name}"
    models = dict(api.members("models"))
    odd = [field for entry in models.values() for field in entry.others(_KNOWN_OF_MODELS)]
    speller.without_equal(called, (*api.others(_KNOWN), *dict.fromkeys(odd)))
    if spares := [model for model, entry in models.items() if entry.text("fallback")]:
        speller.unsupported.append(f"{called}, the fallback of {listed(spares)}: Crush has no fallbacks")
    url = _url(name, api.text("base-url"))
    vendor = find_vendor(name)
    is_own = vendor is not None and is_vendors_own(name, url)
    in_catalog = is_own and vendor is not None and vendor.id in BUILTINS
    return Described(
        id=_id(name, api),
        vendor=name if is_own or own_sign_in(name) else "",
        type="" if is_own else _TYPES.get(name, "openai-compat"),
        base_url=speller.value(url, f"{called}, its URL"),
        api_key=_key(name, api, url, speller),
        models=_facts(api, chosen, in_catalog=in_catalog),
        key_command=api.text("api-key-cmd") if not api.text("api-key") else "",
    )


def _id(name: str, api: ObjectReader) -> str:
    return endpoint_id(name, _url(name, api.text("base-url")))


def _url(name: str, url: str) -> str:
    """Where Crush finds what mods finds through Ollama's own API."""
    return (
        f"{url.rstrip('/').removesuffix('/api')}/v1" if name == "ollama" and url.rstrip("/").endswith("/api") else url
    )


def _key(name: str, api: ObjectReader, url: str, speller: Speller) -> str | None:
    if literal := api.text("api-key"):
        return speller.key(literal, f"provider {name}, its key")
    variable = _variable(name, api)
    if not is_variable_name(variable) or is_this_machine(BaseUrl(url).host):
        return ""
    return placeholder(variable)

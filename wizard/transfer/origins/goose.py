"""Goose: config.yaml, secrets.yaml, and the providers in its folder custom_providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wizard.errors import InvalidConfig
from wizard.provider.model_facts import ModelFacts
from wizard.provider.template import placeholder
from wizard.transfer.origins.described import (
    LITERAL,
    ChosenModel,
    Described,
    Speller,
    ToolConfig,
    listed,
    not_providers,
    per_million,
)
from wizard.transfer.origins.places import named, native_config, xdg_config
from wizard.transfer.origins.plain_text import json_object
from wizard.transfer.origins.vendors import find_vendor
from wizard.transfer.origins.yaml_text import yaml_object

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.files.locations import Surroundings
    from wizard.transfer.origins.fields import ObjectReader

CUSTOM = "custom_providers"
MOST_CUSTOM = 200
_ENGINES = {"openai": "openai-compat", "ollama": "ollama", "anthropic": "anthropic"}
_HOSTS = {
    "openai": ("OPENAI_HOST", "OPENAI_BASE_PATH"),
    "anthropic": ("ANTHROPIC_HOST", ""),
    "google": ("GOOGLE_HOST", ""),
    "ollama": ("OLLAMA_HOST", ""),
    "litellm": ("LITELLM_HOST", ""),
    "azure_openai": ("AZURE_OPENAI_ENDPOINT", ""),
    "openrouter": ("OPENROUTER_HOST", ""),
    "xai": ("XAI_HOST", ""),
}
"""Goose's names of providers, and the settings that say where each is: its host, and the path below it."""
_PATHS = {"openai": "v1", "openrouter": "api/v1", "litellm": "v1"}
"""What Goose puts behind a host where nothing is said about it."""
_VARIABLES = {"google": "GOOGLE_API_KEY"}
"""Where Goose's variable for a key is another one than ours."""
_KNOWN = frozenset(
    (
        "name engine display_name description api_key_env base_url base_path models headers requires_auth "
        "supports_streaming timeout_seconds"
    ).split()
)
_READ = frozenset(
    "GOOSE_PROVIDER GOOSE_MODEL GOOSE_CONTEXT_LIMIT AZURE_OPENAI_DEPLOYMENT_NAME active_provider providers".split()
)


def places(around: Surroundings) -> tuple[Path, ...]:
    return (_folder(around) / "config.yaml",)


def _folder(around: Surroundings) -> Path:
    if around.platform == "win32":
        return (named(around, "APPDATA") or native_config(around)) / "Block" / "goose" / "config"
    return xdg_config(around) / "goose"


def read(path: Path, _: Surroundings) -> ToolConfig:
    top = yaml_object(path)
    speller = Speller(LITERAL)
    custom = _custom(path.with_name(CUSTOM), speller)
    own = [described for name in _HOSTS if (described := _own(name, top, speller))]
    held = yaml_object(path.with_name("secrets.yaml"))
    provider, model = _in_use(top)
    others = [name for name in top.fields("providers").tree if _is_used(top, name) and name not in _HOSTS]
    known = {described.id for described in custom}
    own += [Described(name, vendor=name) for name in others if name not in known and find_vendor(name)]
    settings = {setting for pair in _HOSTS.values() for setting in pair}
    in_keyring = () if held.tree else _keys_elsewhere([*custom, *own])
    providers = tuple(_with_model(described, provider, model, top) for described in [*own, *custom])
    return ToolConfig(
        providers,
        {"large": ChosenModel(provider, model)} if provider and model else {},
        (*speller.unsupported, *in_keyring, *not_providers(top.others((*_READ, *settings)))),
        {name: held.text(name) for name in held.tree if isinstance(held.tree[name], str)},
    )


def _in_use(top: ObjectReader) -> tuple[str, str]:
    """The provider and the model; an older layout has them at the top."""
    provider = top.text("GOOSE_PROVIDER") or top.text("active_provider")
    return provider, top.text("GOOSE_MODEL") or _settings(top, provider).text("model")


def _settings(top: ObjectReader, provider: str) -> ObjectReader:
    return top.fields("providers").fields(provider)


def _is_used(top: ObjectReader, provider: str) -> bool:
    """Whether Goose is set up for it; what is only listed is not."""
    settings = _settings(top, provider)
    return _in_use(top)[0] == provider or bool(settings.flag("configured") and settings.flag("enabled") is not False)


def _keys_elsewhere(providers: list[Described]) -> tuple[str, ...]:
    names = [provider.api_key.removeprefix("$") for provider in providers if provider.api_key]
    return (f"Goose's keys are in the keyring, which only Goose may read: {listed(names)}",) if names else ()


def _own(name: str, top: ObjectReader, speller: Speller) -> Described | None:
    """A provider that Goose knows itself, if it is in use or stands somewhere else than usual."""
    host_setting, path_setting = _HOSTS[name]
    host = top.text(host_setting)
    if not host and not _is_used(top, name):
        return None
    vendor = find_vendor(name)
    url = _address(name, host, top.text(path_setting)) if host else ""
    variable = _VARIABLES.get(name) or (vendor.variable if vendor and not vendor.local else "")
    return Described(
        id=name,
        vendor=name,
        base_url=speller.value(url, f"provider {name}, its URL"),
        api_key=placeholder(variable) if variable else "",
    )


def _address(name: str, host: str, path: str) -> str:
    """Where Crush finds what Goose finds below a host."""
    if name == "ollama":
        return _of_ollama(host)
    return _url(host, path or (_PATHS.get(name, "") if _is_bare(host) else ""))


def _of_ollama(host: str) -> str:
    """Without a scheme it is plain http, and without a port then Ollama's own."""
    url = host if "://" in host else f"http://{host}"
    scheme, _, rest = url.partition("://")
    server, slash, path = rest.partition("/")
    has_port = ":" in server.rpartition("]")[2]
    return f"{scheme}://{server}{'' if has_port or scheme == 'https' else ':11434'}{slash}{path}"


def _is_bare(url: str) -> bool:
    """Whether it is a host alone."""
    return not (url.partition("://")[2] or url).partition("/")[2].strip("/")


def _with_model(provider: Described, chosen: str, model: str, top: ObjectReader) -> Described:
    """The provider in use, with the window that Goose is told of."""
    window = top.whole("GOOSE_CONTEXT_LIMIT")
    if provider.id != chosen or not model or not window or any(listed.id == model for listed in provider.models):
        return provider
    return replace(provider, models=(*provider.models, ModelFacts(model, context_window=window)))


def _custom(folder: Path, speller: Speller) -> list[Described]:
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".json")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InvalidConfig(f"the folder can't be read: {error.strerror}", path=folder) from None
    return [provider for path in files[:MOST_CUSTOM] if (provider := _custom_provider(path, speller))]


def _custom_provider(path: Path, speller: Speller) -> Described | None:
    entry = json_object(path)
    name = entry.text("name") or path.stem
    called = f"provider {name}"
    type_ = _ENGINES.get(entry.text("engine").lower().removesuffix("_compatible"))
    if type_ is None:
        speller.unsupported.append(
            f"{called} is left out: Crush does not support Goose's engine {entry.text('engine')}"
        )
        return None
    speller.without_equal(called, entry.others(_KNOWN))
    variable = entry.text("api_key_env") if entry.flag("requires_auth") is not False else ""
    return Described(
        id=name,
        name=entry.text("display_name"),
        type=type_,
        base_url=speller.value(_custom_url(entry, type_), f"{called}, its URL"),
        api_key=(speller.variable(variable, f"{called}, its key") or None) if variable else "",
        headers=speller.headers(entry.pairs("headers"), called),
        models=tuple(_model(model) for model in entry.each("models")),
    )


def _custom_url(entry: ObjectReader, type_: str) -> str:
    url, path = entry.text("base_url"), entry.text("base_path")
    if type_ == "ollama" and url:
        return _of_ollama(url)
    wants_v1 = url and type_ == "openai-compat" and not path and _is_bare(url)
    return _url(url, "v1" if wants_v1 else path)


def _model(model: ObjectReader) -> ModelFacts:
    """Costs are in USD per token there."""
    return ModelFacts(
        id=model.text("name"),
        cost_per_1m_in=per_million(model.number("input_token_cost")),
        cost_per_1m_out=per_million(model.number("output_token_cost")),
        context_window=model.whole("context_limit"),
        can_reason=model.flag("reasoning"),
    )


def _url(host: str, path: str) -> str:
    return f"{host.rstrip('/')}/{path.strip('/')}" if path else host

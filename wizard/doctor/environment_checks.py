"""Variables that other programs read, and Crush does not: its own names are nearly the same (crush-behaviour 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.clouds.google import LOCATION_NAMES, PROJECT_NAMES
from wizard.crush.builtin_rules import VERTEX_VARIABLES
from wizard.doctor.check import Check, Code
from wizard.doctor.finding import Fix, Seen
from wizard.documents.document import PutValue
from wizard.provider.base_url import BaseUrl
from wizard.provider.template import variables
from wizard.provider.types import DEFAULT_BASES
from wizard.words import by_number, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.crush.effective import EffectiveProvider
    from wizard.crush.problem import Severity
    from wizard.doctor.examined import Examined
    from wizard.expansion.expand import Expanded

_PROJECT, _LOCATION = VERTEX_VARIABLES
_READ_INSTEAD: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "vertexai": {
        _PROJECT: PROJECT_NAMES,
        _LOCATION: LOCATION_NAMES,
    },
    "azure": {
        "AZURE_OPENAI_API_ENDPOINT": ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_BASE_URL", "AZURE_API_BASE"),
        "AZURE_OPENAI_API_KEY": ("AZURE_API_KEY", "AZURE_OPENAI_KEY"),
    },
    "openai": {"OPENAI_API_ENDPOINT": ("OPENAI_BASE_URL", "OPENAI_API_BASE")},
    "anthropic": {
        "ANTHROPIC_API_ENDPOINT": ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL"),
        "ANTHROPIC_API_KEY": ("CLAUDE_API_KEY",),
    },
    "gemini": {
        "GEMINI_API_KEY": ("GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "GOOGLE_AI_API_KEY"),
        "GEMINI_API_ENDPOINT": ("GOOGLE_GEMINI_BASE_URL", "GEMINI_BASE_URL"),
    },
    "xai": {"XAI_API_KEY": ("GROK_API_KEY",)},
    "huggingface": {"HF_TOKEN": ("HUGGINGFACE_API_KEY", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACEHUB_API_TOKEN")},
}
"""By built-in provider: what Crush reads, and what other programs call it."""
_SERVERS = {"OLLAMA_HOST": "ollama", "OLLAMA_API_BASE": "ollama", "LM_STUDIO_API_BASE": "lmstudio"}
"""Where a server of one's own is, for other programs, and the preset for it."""


class NearMiss(Struct, frozen=True):
    """A variable that is set, and the one that Crush would read."""

    written: str
    read: str


def _near_misses(examined: Examined) -> Iterator[Seen]:
    named = _named(examined)
    for provider, names in _READ_INSTEAD.items():
        if provider in examined.builtins and (missed := tuple(_missed(names, examined, named))):
            yield _not_read(provider, missed, examined)
    for name, preset in _SERVERS.items():
        if examined.environ.get(name) and name not in named and not _has_server(preset, examined):
            scheme = "" if "://" in examined.environ[name] else "http://"
            cure = f'crush-wizard add-provider {preset} --base-url "{scheme}${name}/v1"'
            yield Seen(f"{name} is set, and Crush does not read it", cure=cure)


def _named(examined: Examined) -> frozenset[str]:
    """The variables that the files name: these are read, whatever they are called."""
    providers = [provider for provider, _ in examined.with_entry]
    expanded = [value for provider in providers for value in _values(provider)]
    set_from = (name for value in examined.effective.config.get("env", {}).values() for name in variables(str(value)))
    return frozenset((*(name for value in expanded for name in value.variables), *set_from))


def _values(provider: EffectiveProvider) -> tuple[Expanded, ...]:
    return provider.api_key, provider.base_url, *provider.headers.values()


def _missed(names: Mapping[str, tuple[str, ...]], examined: Examined, named: frozenset[str]) -> Iterator[NearMiss]:
    env = examined.effective.env
    for read, others in names.items():
        written = next((name for name in others if examined.environ.get(name)), "")
        if written and not env.get(read) and written not in named and not _is_usual(written, examined):
            yield NearMiss(written, read)


def _is_usual(name: str, examined: Examined) -> bool:
    """Whether it says what is so anyway: the vendor's own address."""
    hosts = {BaseUrl(url).host for url in DEFAULT_BASES.values()}
    return BaseUrl(examined.environ[name]).host in hosts


def _not_read(provider: str, missed: tuple[NearMiss, ...], examined: Examined) -> Seen:
    written, read = (joined(getattr(miss, name) for miss in missed) for name in ("written", "read"))
    message = f"{written} {by_number(len(missed), 'is', 'are')} set, and Crush reads {read} instead"
    cure = "export " + " ".join(f'{miss.read}="${miss.written}"' for miss in missed)
    if lacking := _lacking(provider, missed, examined):
        cure += f", and set {lacking}"
    active = examined.effective.provider(provider)
    goes_elsewhere = bool(active and active.kept and any(miss.read.endswith("_ENDPOINT") for miss in missed))
    severity: Severity | None = "warning" if goes_elsewhere else None
    return Seen(message, provider, None, cure, _set_in_config(missed, examined), severity)


def _lacking(provider: str, missed: tuple[NearMiss, ...], examined: Examined) -> str:
    """What Vertex AI wants besides: either of both alone is nothing."""
    found = {miss.read for miss in missed}
    wanted = VERTEX_VARIABLES if provider == "vertexai" else ()
    return joined(name for name in wanted if name not in found and not examined.effective.env.get(name))


def _set_in_config(missed: tuple[NearMiss, ...], examined: Examined) -> Fix | None:
    """The variables that Crush reads, set from those that are there, in the user's crush.json."""
    file = next((file for file in examined.effective.files if file.file.role == "user-json"), None)
    if file is None or file.problem:
        return None
    changes = tuple(PutValue(("env", miss.read), f"${miss.written}") for miss in missed)
    return Fix(f"set {joined(miss.read for miss in missed)} from it, in the config", False, file.path, changes)


def _has_server(preset: str, examined: Examined) -> bool:
    return any(preset in (provider.type, provider.id) for provider in examined.effective.providers)


CHECKS = (
    Check(
        Code(
            "D29",
            "info",
            "A variable that other programs read, and Crush does not",
            "Crush reads other names for the variables of its built-in providers: VERTEXAI_PROJECT and "
            "VERTEXAI_LOCATION, AZURE_OPENAI_API_ENDPOINT, OPENAI_API_ENDPOINT, ANTHROPIC_API_ENDPOINT, "
            "GEMINI_API_KEY. It does not read OLLAMA_HOST. If the key is set, but its URL has another name, Crush "
            "sends the key to the vendor itself: that is a warning.",
            "set the variable that Crush reads, or add the server: crush-wizard add-provider",
        ),
        _near_misses,
    ),
)

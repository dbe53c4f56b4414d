"""The vendors that other tools know by name, and what our presets and Crush's catalogue say about them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from wizard.flow.preset_library import SHIPPED, load_shipped
from wizard.provider.builtins import BUILTINS
from wizard.provider.identifier import slug
from wizard.shown import command_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAME = {
    "claude": "anthropic",
    "google": "gemini",
    "google-ai-studio": "gemini",
    "azure-openai": "azure",
    "azure-ai": "azure",
    "grok": "xai",
    "x-ai": "xai",
    "mistralai": "mistral",
    "together-ai": "together",
    "togetherai": "together",
    "fireworks-ai": "fireworks",
    "moonshotai": "moonshot",
    "z-ai": "zai",
    "zai-coding-plan": "zai",
    "github": "github-models",
    "nvidia-nim": "nvidia",
    "nim": "nvidia",
    "hf": "huggingface",
    "dashscope": "alibaba-singapore",
    "alibaba": "alibaba-singapore",
    "vercel-ai-gateway": "vercel",
    "opencode": "opencode-zen",
    "ollama-chat": "ollama",
    "lm-studio": "lmstudio",
    "llama-cpp": "llamacpp",
    "hosted-vllm": "vllm",
    "litellm-proxy": "litellm",
}
"""Other tools' names for a vendor, as `_plain` spells them, and ours."""

_BEDROCK = (
    "Amazon Bedrock is built into Crush, and signs in as AWS's tools do; to add it: crush-wizard add-provider bedrock"
)
_VERTEX = "Vertex AI is built into Crush; to add it: crush-wizard add-provider vertexai"
_COPILOT = "GitHub Copilot is built into Crush; log in: crush login copilot"
_SIGN_IN = {
    "bedrock": _BEDROCK,
    "amazon-bedrock": _BEDROCK,
    "aws-bedrock": _BEDROCK,
    "vertexai": _VERTEX,
    "vertex-ai": _VERTEX,
    "vertex-ai-beta": _VERTEX,
    "vertexai-claude": _VERTEX,
    "google-vertex": _VERTEX,
    "google-vertex-anthropic": _VERTEX,
    "gcp-vertex-ai": _VERTEX,
    "copilot": _COPILOT,
    "github-copilot": _COPILOT,
}


_OTHER_ADDRESSES = {"generativelanguage.googleapis.com/v1beta/openai": "gemini"}
"""Where a vendor answers in OpenAI's words, too, with the same models."""


class Vendor(Struct, frozen=True):
    """What is known about a vendor. `base_url` is empty where each customer has one; `variable` names the key's.

    `itself`: at another URL its type would not do: Crush chats with the vendor whatever the URL, or wants an API that
    only the vendor is sure to have (crush-behaviour 2.4).
    """

    id: str
    name: str
    type: str
    base_url: str
    variable: str
    local: bool = False

    @property
    def itself(self) -> bool:
        return self.type in ("openrouter", "vercel") or self.id == "openai"


def find_vendor(name: str) -> Vendor | None:
    """The vendor that a tool means by a name, in whatever spelling; None if it is none that is known here."""
    plain = _plain(name)
    return _vendor(_SAME.get(plain, plain))


def own_sign_in(name: str) -> str | None:
    """How Crush reaches a vendor that it has no key for; None for all others."""
    return _SIGN_IN.get(_plain(name))


def how_to_sign_in(name: str) -> str:
    """How Crush reaches a vendor to which another tool is signed in."""
    vendor = find_vendor(name)
    own = own_sign_in(name) or ""
    return own or f"Crush needs an API key: {command_line('add-provider', vendor.id if vendor else slug(name))}"


def vendor_at(base_url: str) -> Vendor | None:
    """The vendor whose own endpoint a URL is, whatever it is called; None for another path of the same host."""
    known = _by_address().get(_address(base_url))
    return find_vendor(known) if known else None


@cache
def _by_address() -> Mapping[str, str]:
    """The vendors' names by their endpoints. Those that Crush brings along come last, and count."""
    presets = {name: vendor.base_url for name in SHIPPED if (vendor := _vendor(name)) and not vendor.local}
    builtins = {name: builtin.endpoint for name, builtin in BUILTINS.items() if builtin.endpoint.startswith("https:")}
    found = {_address(url): name for name, url in {**presets, **builtins}.items() if url}
    return {**found, **_OTHER_ADDRESSES}


def _address(url: str) -> str:
    scheme, _, rest = url.rstrip("/").partition("://")
    return rest.lower().removesuffix("/v1") if scheme.lower() == "https" else ""


def is_vendors_own(name: str, base_url: str) -> bool:
    """Whether the vendor of that name is meant, rather than an endpoint of somebody else that is called like it."""
    vendor = find_vendor(name)
    if vendor is None or not base_url:
        return vendor is not None or own_sign_in(name) is not None
    host = vendor.base_url.partition("://")[2].partition("/")[0]
    return vendor.local or not host or base_url.partition("://")[2].startswith(host)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


@cache
def _vendor(known: str) -> Vendor | None:
    if known in SHIPPED:
        preset = load_shipped(known)
        if preset.custom or own_sign_in(known):
            return None
        base_url = "" if "{" in (preset.base_url or "") else preset.base_url or ""
        key = "" if preset.key.need == "none" else preset.key.env or ""
        return Vendor(preset.provider_id or preset.id, preset.name, preset.type, base_url, key, preset.local)
    builtin = BUILTINS.get(known)
    if builtin is None or not builtin.key or not builtin.endpoint:
        return None
    return Vendor(builtin.id, builtin.name, builtin.type, builtin.endpoint, builtin.key.removeprefix("$"))

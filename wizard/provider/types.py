"""The provider types that Crush accepts, and what each one wants (crush-behaviour 2.1, 2.4, 6)."""

from __future__ import annotations

import re

from msgspec import Struct

from wizard.provider.milestones import MILESTONES, Version
from wizard.regexp import regexp

_RESPONSES_MODEL = regexp(
    r"(?:o1|o3|o3-mini|o4-mini)(?:-\d{4}-\d\d-\d\d)?|codex-mini-latest|gpt-3\.5-turbo(?:-\d{4})?|gpt-oss-120b"
)
_REASONING_MODEL = regexp(r"(?:o1|o3|o4|oss)|.*(?:-o1|-o3|-o4|-oss|(?i:gpt-5))", re.DOTALL)
DISCOVERY, LLAMACPP = MILESTONES["discovery"], MILESTONES["llamacpp"]


class ProviderType(Struct, frozen=True):
    """`root` types append their own API prefix, so base_url must not carry it; `openai_style` ones need it.

    `reads_windows`: Crush asks the server for context windows that are 0. `since`: the first Crush with the type.
    `own_keys`: where the entry has no key, the first of these variables that is set is sent, and nothing without it.
    """

    name: str
    openai_style: bool = False
    root: bool = False
    sends_body: bool = False
    reads_windows: bool = False
    own_keys: tuple[str, ...] = ()
    since: Version | None = None

    @property
    def sent_without_key(self) -> tuple[str, ...]:
        """The variables of which the client library sends the first that is set, where the entry has no key."""
        signs_in = self.name in ("azure", "bedrock", "google-vertex")
        return self.own_keys or (() if signs_in else ("OPENAI_API_KEY",))

    @property
    def sends_effort(self) -> bool:
        """Whether Crush sends a reasoning effort: to none of the servers that it reads models from."""
        return not self.sends_body or self.name in ("openai-compat", "hyper")


_ALL = (
    ProviderType("openai", openai_style=True),
    ProviderType("openai-compat", openai_style=True, sends_body=True),
    ProviderType("openrouter"),
    ProviderType("vercel"),
    ProviderType("anthropic", root=True, own_keys=("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")),
    ProviderType("google", root=True, own_keys=("GOOGLE_API_KEY", "GEMINI_API_KEY")),
    ProviderType("azure"),
    ProviderType("bedrock"),
    ProviderType("google-vertex"),
    ProviderType("hyper", openai_style=True, sends_body=True),
    ProviderType("litellm", openai_style=True, sends_body=True, reads_windows=True, since=DISCOVERY),
    ProviderType("llamacpp", root=True, sends_body=True, reads_windows=True, since=LLAMACPP),
    ProviderType("lmstudio", openai_style=True, sends_body=True, reads_windows=True, since=DISCOVERY),
    ProviderType("ollama", openai_style=True, sends_body=True, reads_windows=True, since=DISCOVERY),
    ProviderType("omlx", openai_style=True, sends_body=True, reads_windows=True, since=DISCOVERY),
)
TYPES: dict[str, ProviderType] = {provider_type.name: provider_type for provider_type in _ALL}

_MEANT = {
    **dict.fromkeys(("openaicompatible", "openailike", "openaichat", "custom", "vllm", "sglang"), "openai-compat"),
    **dict.fromkeys(("chatcompletions", "aisdk/openaicompatible"), "openai-compat"),
    **dict.fromkeys(("openairesponses", "responses", "aisdk/openai"), "openai"),
    **dict.fromkeys(("claude", "anthropiccompat", "anthropiccompatible", "anthropiclike"), "anthropic"),
    **dict.fromkeys(("messages", "anthropicmessages", "aisdk/anthropic"), "anthropic"),
    **dict.fromkeys(("gemini", "googlegemini", "googleai", "googlegenai", "aisdk/google"), "google"),
    **dict.fromkeys(("azureopenai", "aisdk/azure"), "azure"),
    **dict.fromkeys(("awsbedrock", "amazonbedrock", "aisdk/amazonbedrock"), "bedrock"),
    **dict.fromkeys(("vertex", "vertexai", "googlevertexai", "aisdk/googlevertex"), "google-vertex"),
    **dict.fromkeys(("llamaserver", "llamacppserver"), "llamacpp"),
}
"""Names that other programs have for a type, in lower case and without signs between the words."""


def meant_type(written: str) -> str:
    """The type that a name of another program, or another spelling, stands for; empty for none that is known."""
    squeezed = _squeezed(written)
    return next((known for known in TYPES if _squeezed(known) == squeezed), "") or _MEANT.get(squeezed, "")


def _squeezed(name: str) -> str:
    return name.strip().lower().translate(_BETWEEN_WORDS)


_BETWEEN_WORDS = {ord(sign): None for sign in "-_. @"}


def asks_responses(type_name: str, model: str) -> bool:
    """Whether Crush asks OpenAI's Responses API: types openai and azure, for OpenAI's own model names."""
    named = re.search(r"gpt-[45]", model, re.IGNORECASE) or _RESPONSES_MODEL.fullmatch(model)
    return type_name in ("openai", "azure") and bool(named)


def reasons_by_name(model: str) -> bool:
    """Whether Crush tells by a model's id that it reasons, and asks for answers of at most `max_completion_tokens` in
    chat completions: OpenAI's models that reason refuse `max_tokens`.
    """
    return _REASONING_MODEL.match(model) is not None


CLOUD_TYPES = ("bedrock", "google-vertex")
"""Types that take a cloud's sign-in, and no address: their own library knows where it sends what it signs."""
EFFORTS = frozenset("none minimal low medium high xhigh max".split())
"""What `provider_options` may say as a reasoning effort: with anything else the call fails (crush-behaviour 2.4)."""
FIXED_BASES = {"openrouter": "https://openrouter.ai/api/v1", "vercel": "https://ai-gateway.vercel.sh/v1"}
"""Where requests of these types go, whatever the entry says."""
DEFAULT_BASES = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}
"""Where those go that name no URL."""
HYPER = "https://hyper.charm.land"

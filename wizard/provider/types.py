"""The provider types that Crush accepts, and what each one wants (crush-behaviour 2.1, 2.4, 6)."""

from __future__ import annotations

from msgspec import Struct

from wizard.provider.milestones import MILESTONES, Version

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

FIXED_BASES = {"openrouter": "https://openrouter.ai/api/v1", "vercel": "https://ai-gateway.vercel.sh/v1"}
"""Where requests of these types go, whatever the entry says."""
DEFAULT_BASES = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}
"""Where those go that name no URL."""
HYPER = "https://hyper.charm.land"

"""The providers that Crush brings along (crush-behaviour 3.4, catwalk v0.52.6 of 2026-08)."""

from __future__ import annotations

from difflib import get_close_matches

BUILTINS: dict[str, str] = {
    "hyper": "Charm Hyper",
    "anthropic": "Anthropic",
    "openai": "OpenAI",
    "gemini": "Google Gemini",
    "xai": "xAI",
    "zai": "Z.AI",
    "kimi-coding": "Kimi Coding",
    "minimax": "MiniMax",
    "minimax-china": "MiniMax China",
    "moonshot": "Moonshot",
    "synthetic": "Synthetic",
    "aihubmix": "AIHubMix",
    "alibaba-singapore": "Alibaba (Singapore)",
    "alibaba-us": "Alibaba (US)",
    "atlascloud": "Atlas Cloud",
    "baseten": "Baseten",
    "avian": "Avian",
    "azure": "Azure OpenAI",
    "bedrock": "AWS Bedrock US",
    "bedrock-europe": "AWS Bedrock Europe",
    "cerebras": "Cerebras",
    "chutes": "Chutes",
    "copilot": "GitHub Copilot",
    "cortecs": "Cortecs",
    "deepseek": "DeepSeek",
    "fireworks": "Fireworks",
    "groq": "Groq",
    "huggingface": "Hugging Face",
    "ionet": "io.net",
    "nebius": "Nebius Token Factory",
    "neuralwatt": "Neuralwatt",
    "opencode-go": "OpenCode Go",
    "opencode-zen": "OpenCode Zen",
    "openrouter": "OpenRouter",
    "qiniucloud": "QiniuCloud",
    "scaleway": "Scaleway",
    "vercel": "Vercel",
    "venice": "Venice AI",
    "vertexai": "Google Vertex AI",
    "zhipu": "Zhipu",
    "zhipu-coding": "Zhipu Coding",
}

_MISTAKEN = {
    "kimi": "kimi-coding",
    "google": "gemini",
    "claude": "anthropic",
    "chatgpt": "openai",
    "grok": "xai",
    "hf": "huggingface",
    "vertex": "vertexai",
    "bedrock-united-states": "bedrock",
    "alibaba": "alibaba-singapore",
    "alibaba-united-states": "alibaba-us",
}
"""Ids that people take for a built-in's, most of them names of catalogue files (crush-behaviour 3.1)."""


def near_miss(provider_id: str) -> str | None:
    """The built-in id that `provider_id` was probably meant to be; None if it is one, or resembles none."""
    if provider_id in BUILTINS:
        return None
    if provider_id in _MISTAKEN:
        return _MISTAKEN[provider_id]
    close = get_close_matches(provider_id, BUILTINS, n=1, cutoff=0.85)
    return close[0] if close else None


def explain_id(provider_id: str) -> str | None:
    """One line on what Crush makes of the id, where that may surprise."""
    if provider_id in BUILTINS:
        return (
            f"`{provider_id}` is built into Crush: it keeps its own name and type for it, "
            "takes URL, key and headers from this entry, and adds its own models to the list"
        )
    if close := near_miss(provider_id):
        return f"`{provider_id}` is not the built-in `{close}`: Crush will treat it as a provider of its own"
    return None

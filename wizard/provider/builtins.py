"""The providers that Crush brings along (crush-behaviour 3.4, catwalk v0.52.6 of 2026-08)."""

from __future__ import annotations

from msgspec import Struct

from wizard.near import nearest


class Builtin(Struct, frozen=True):
    """A provider of Crush's catalogue, in Crush's spelling.

    `endpoint` and `key` are templates that Crush expands; empty where login or the vendor's own variables give them.
    `large` and `small` are the ids of its default models, `headers` the names of the headers it sends by itself.
    """

    id: str
    name: str
    type: str
    endpoint: str
    key: str
    large: str
    small: str
    headers: tuple[str, ...] = ()


CATALOGUE_DATE = "August 2026"
"""When the catalogue was that is written down here: that of catwalk v0.52.6. Each Crush brings one of its own."""

_ALL = (
    Builtin(
        "hyper",
        "Charm Hyper",
        "hyper",
        "https://hyper.charm.land/api/v1/fantasy",
        "",
        "qwen3.7-plus",
        "deepseek-v4-flash-0731",
    ),
    Builtin(
        "anthropic",
        "Anthropic",
        "anthropic",
        "$ANTHROPIC_API_ENDPOINT",
        "$ANTHROPIC_API_KEY",
        "claude-sonnet-4-6",
        "claude-haiku-4-5-20251001",
    ),
    Builtin("openai", "OpenAI", "openai", "$OPENAI_API_ENDPOINT", "$OPENAI_API_KEY", "gpt-5.6-sol", "gpt-5.6-luna"),
    Builtin(
        "gemini",
        "Google Gemini",
        "google",
        "$GEMINI_API_ENDPOINT",
        "$GEMINI_API_KEY",
        "gemini-3.1-pro-preview-customtools",
        "gemini-3-flash-preview",
    ),
    Builtin("xai", "xAI", "openai-compat", "https://api.x.ai/v1", "$XAI_API_KEY", "grok-4.5", "grok-4.5"),
    Builtin(
        "zai", "Z.AI", "openai-compat", "https://api.z.ai/api/coding/paas/v4", "$ZAI_API_KEY", "glm-5.2", "glm-5-turbo"
    ),
    Builtin(
        "kimi-coding",
        "Kimi Coding",
        "anthropic",
        "https://api.kimi.com/coding",
        "$KIMI_CODING_API_KEY",
        "k3",
        "kimi-for-coding",
    ),
    Builtin(
        "minimax",
        "MiniMax",
        "anthropic",
        "https://api.minimax.io/anthropic",
        "$MINIMAX_API_KEY",
        "MiniMax-M2.7",
        "MiniMax-M2.7",
    ),
    Builtin(
        "minimax-china",
        "MiniMax China",
        "anthropic",
        "https://api.minimaxi.com/anthropic",
        "$MINIMAX_API_KEY",
        "MiniMax-M2.7",
        "MiniMax-M2.7",
    ),
    Builtin(
        "moonshot",
        "Moonshot",
        "openai-compat",
        "https://api.moonshot.ai/v1",
        "$MOONSHOT_API_KEY",
        "kimi-k3",
        "kimi-k2.7-code",
    ),
    Builtin(
        "synthetic",
        "Synthetic",
        "openai-compat",
        "https://api.synthetic.new/openai/v1",
        "$SYNTHETIC_API_KEY",
        "syn:large:text",
        "syn:small:text",
    ),
    Builtin(
        "aihubmix",
        "AIHubMix",
        "openai-compat",
        "https://aihubmix.com/v1",
        "$AIHUBMIX_API_KEY",
        "gpt-5",
        "gpt-5-nano",
        ("APP-Code",),
    ),
    Builtin(
        "alibaba-singapore",
        "Alibaba (Singapore)",
        "openai-compat",
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "$ALIBABA_SINGAPORE_API_KEY",
        "qwen3.6-plus",
        "qwen3.6-flash",
    ),
    Builtin(
        "alibaba-us",
        "Alibaba (US)",
        "openai-compat",
        "https://dashscope-us.aliyuncs.com/compatible-mode/v1",
        "$ALIBABA_US_API_KEY",
        "deepseek-v4-pro-us",
        "deepseek-v4-flash-us",
    ),
    Builtin(
        "atlascloud",
        "Atlas Cloud",
        "openai-compat",
        "https://api.atlascloud.ai/v1",
        "$ATLASCLOUD_API_KEY",
        "zai-org/glm-5.2",
        "deepseek-ai/deepseek-v4-flash",
    ),
    Builtin(
        "baseten",
        "Baseten",
        "openai-compat",
        "https://inference.baseten.co/v1",
        "$BASETEN_API_KEY",
        "deepseek-ai/DeepSeek-V4-Pro",
        "openai/gpt-oss-120b",
    ),
    Builtin(
        "avian",
        "Avian",
        "openai-compat",
        "https://api.avian.io/v1",
        "$AVIAN_API_KEY",
        "moonshotai/kimi-k2.5",
        "deepseek/deepseek-v3.2",
    ),
    Builtin(
        "azure", "Azure OpenAI", "azure", "$AZURE_OPENAI_API_ENDPOINT", "$AZURE_OPENAI_API_KEY", "gpt-5", "gpt-5-mini"
    ),
    Builtin(
        "bedrock",
        "AWS Bedrock US",
        "bedrock",
        "",
        "",
        "us.anthropic.claude-opus-5",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
    ),
    Builtin(
        "bedrock-europe",
        "AWS Bedrock Europe",
        "bedrock",
        "",
        "",
        "eu.anthropic.claude-opus-5",
        "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
    ),
    Builtin(
        "cerebras",
        "Cerebras",
        "openai-compat",
        "https://api.cerebras.ai/v1",
        "$CEREBRAS_API_KEY",
        "gpt-oss-120b",
        "gemma-4-31b",
        ("X-Cerebras-3rd-Party-Integration",),
    ),
    Builtin(
        "chutes",
        "Chutes",
        "openai-compat",
        "https://llm.chutes.ai/v1",
        "$CHUTES_API_KEY",
        "moonshotai/Kimi-K2.6-TEE",
        "google/gemma-4-31B-turbo-TEE",
    ),
    Builtin(
        "copilot",
        "GitHub Copilot",
        "openai-compat",
        "https://api.githubcopilot.com",
        "",
        "claude-sonnet-4.6",
        "claude-haiku-4.5",
    ),
    Builtin(
        "cortecs",
        "Cortecs",
        "openai",
        "https://api.cortecs.ai/v1",
        "$CORTECS_API_KEY",
        "qwen3-coder-30b-a3b-instruct",
        "glm-4.7-flash",
    ),
    Builtin(
        "deepseek",
        "DeepSeek",
        "openai-compat",
        "https://api.deepseek.com/v1",
        "$DEEPSEEK_API_KEY",
        "deepseek-v4-pro",
        "deepseek-v4-flash",
    ),
    Builtin(
        "fireworks",
        "Fireworks",
        "openai-compat",
        "https://api.fireworks.ai/inference/v1",
        "$FIREWORKS_API_KEY",
        "accounts/fireworks/models/deepseek-v4-pro-0813",
        "accounts/fireworks/models/deepseek-v4-flash-0731",
    ),
    Builtin(
        "groq",
        "Groq",
        "openai-compat",
        "https://api.groq.com/openai/v1",
        "$GROQ_API_KEY",
        "moonshotai/kimi-k2-instruct-0905",
        "qwen/qwen3-32b",
    ),
    Builtin(
        "huggingface",
        "Hugging Face",
        "openai-compat",
        "https://router.huggingface.co/v1",
        "$HF_TOKEN",
        "zai-org/GLM-5.2:fireworks-ai",
        "google/gemma-4-31B-it:cerebras",
        ("HTTP-Referer", "X-Title"),
    ),
    Builtin(
        "ionet",
        "io.net",
        "openai-compat",
        "https://api.intelligence.io.solutions/api/v1",
        "$IONET_API_KEY",
        "moonshotai/Kimi-K2.5",
        "zai-org/GLM-4.7-Flash",
    ),
    Builtin(
        "nebius",
        "Nebius Token Factory",
        "openai-compat",
        "https://api.tokenfactory.nebius.com/v1",
        "$NEBIUS_API_KEY",
        "moonshotai/Kimi-K2.5",
        "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B",
    ),
    Builtin(
        "neuralwatt",
        "Neuralwatt",
        "openai-compat",
        "https://api.neuralwatt.com/v1",
        "$NEURALWATT_API_KEY",
        "glm-5.2",
        "glm-5.2-fast",
    ),
    Builtin(
        "opencode-go",
        "OpenCode Go",
        "openai-compat",
        "https://opencode.ai/zen/go/v1",
        "$OPENCODE_API_KEY",
        "minimax-m2.7",
        "minimax-m2.7",
    ),
    Builtin(
        "opencode-zen",
        "OpenCode Zen",
        "openai-compat",
        "https://opencode.ai/zen/v1",
        "$OPENCODE_API_KEY",
        "deepseek-v4-flash-free",
        "deepseek-v4-flash-free",
    ),
    Builtin(
        "openrouter",
        "OpenRouter",
        "openrouter",
        "https://openrouter.ai/api/v1",
        "$OPENROUTER_API_KEY",
        "anthropic/claude-sonnet-4.6",
        "anthropic/claude-haiku-4.5",
        ("HTTP-Referer", "X-Title"),
    ),
    Builtin(
        "qiniucloud",
        "QiniuCloud",
        "openai-compat",
        "https://api.qnaigc.com/v1",
        "$QINIUCLOUD_API_KEY",
        "minimax/minimax-m2.5",
        "glm-4.5",
    ),
    Builtin(
        "scaleway",
        "Scaleway",
        "openai-compat",
        "https://api.scaleway.ai/v1",
        "$SCW_SECRET_KEY",
        "qwen3.6-35b-a3b",
        "gemma-4-26b-a4b-it",
    ),
    Builtin(
        "vercel",
        "Vercel",
        "vercel",
        "https://ai-gateway.vercel.sh/v1",
        "$VERCEL_API_KEY",
        "anthropic/claude-sonnet-4",
        "anthropic/claude-haiku-4.5",
        ("HTTP-Referer", "X-Title"),
    ),
    Builtin(
        "venice",
        "Venice AI",
        "openai-compat",
        "https://api.venice.ai/api/v1",
        "$VENICE_API_KEY",
        "claude-fable-5",
        "stealth-ox-alpha",
    ),
    Builtin(
        "vertexai", "Google Vertex AI", "google-vertex", "", "", "gemini-3.1-pro-preview", "gemini-3-flash-preview"
    ),
    Builtin(
        "zhipu",
        "Zhipu",
        "openai-compat",
        "https://open.bigmodel.cn/api/paas/v4",
        "$ZHIPU_API_KEY",
        "glm-4.7",
        "glm-4.7-flash",
    ),
    Builtin(
        "zhipu-coding",
        "Zhipu Coding",
        "openai-compat",
        "https://open.bigmodel.cn/api/coding/paas/v4",
        "$ZHIPU_API_KEY",
        "glm-5.2",
        "glm-5-turbo",
    ),
)
BUILTINS: dict[str, Builtin] = {builtin.id: builtin for builtin in _ALL}
"""By id, in the order in which Crush looks for a default model."""

UNPRICED = frozenset(("copilot", "kimi-coding"))
"""Those whose models have no price in Crush's catalogue: they are paid by subscription."""
UNPRICED_MODELS = frozenset((("zai", "glm-5.2"), ("zhipu-coding", "glm-5.2"), ("zhipu-coding", "glm-5.3")))
"""Single models of others, for the same reason."""

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
    return nearest(provider_id, BUILTINS) or None


def explain_id(provider_id: str) -> str | None:
    """One line on what Crush makes of the id, where that may surprise."""
    if provider_id in BUILTINS:
        return (
            f"`{provider_id}` is built into Crush, which keeps its own name and type, uses URL, key and headers "
            "of this entry, and adds its own models"
        )
    if close := near_miss(provider_id):
        return f"`{provider_id}` is not the built-in `{close}`: Crush treats it as another provider"
    return None

"""The fields of crush.json and their types, as Crush publishes them; a JSON Schema is made of the table.

`string`, `integer`, `number`, `boolean`, `anything`: a plain value. A word in capitals is a shape of the table. `[X]`
is a list of X, `{X}` an object whose values are X. A `!` after a field says that it has to be there.
"""

from __future__ import annotations

from typing import Any

SAMPLING = {
    "number": "temperature top_p frequency_penalty presence_penalty",
    "integer": "top_k",
    "{anything}": "provider_options",
}
SHAPES: dict[str, dict[str, str]] = {
    "CONFIG": {
        "string": "$schema",
        "{SELECTED}": "models",
        "{PROVIDER}": "providers",
        "{MCP}": "mcp",
        "{LSP}": "lsp",
        "OPTIONS": "options",
        "PERMISSIONS": "permissions",
        "TOOLS": "tools",
        "{[HOOK]}": "hooks",
        "{string}": "env",
    },
    "PROVIDER": {
        "string": "id name base_url type api_key system_prompt_prefix aws_auth_refresh",
        "boolean": "disable flat_rate discover_models",
        "{string}": "extra_headers",
        "{anything}": "extra_body provider_options",
        "TOKEN": "oauth",
        "[MODEL]": "models",
    },
    "MODEL": {
        "string": "id! name! default_reasoning_effort",
        "number": "cost_per_1m_in! cost_per_1m_out! cost_per_1m_in_cached! cost_per_1m_out_cached!",
        "integer": "context_window! default_max_tokens!",
        "boolean": "can_reason! supports_attachments!",
        "[string]": "reasoning_levels",
        "MODEL_OPTIONS": "options",
    },
    "MODEL_OPTIONS": SAMPLING,
    "SELECTED": {
        **SAMPLING,
        "string": "model! provider! reasoning_effort",
        "boolean": "think",
        "integer": "max_tokens top_k",
    },
    "TOKEN": {
        "string": "access_token! refresh_token",
        "integer": "expires_in! expires_at!",
        "OAUTH_CLIENT": "client",
    },
    "OAUTH_CLIENT": {"string": "client_id client_secret auth_url token_url", "integer": "auth_style"},
    "OPTIONS": {
        "[string]": "context_paths global_context_paths skills_paths disabled_tools disabled_skills",
        "boolean": "debug debug_lsp disable_auto_summarize disable_metrics auto_lsp progress"
        " disable_provider_auto_update disable_default_providers",
        "string": "data_directory initialize_as notifications",
        "TUI": "tui",
        "ATTRIBUTION": "attribution",
    },
    "TUI": {"boolean": "compact_mode transparent", "string": "diff_mode scrollbar", "COMPLETIONS": "completions"},
    "COMPLETIONS": {"integer": "max_depth max_items"},
    "ATTRIBUTION": {"string": "trailer_style", "boolean": "co_authored_by generated_with"},
    "PERMISSIONS": {"[string]": "allowed_tools"},
    "TOOLS": {"LIST_TOOL": "ls", "SEARCH_TOOL": "grep glob"},
    "LIST_TOOL": {"integer": "max_depth max_items"},
    "SEARCH_TOOL": {"integer": "timeout"},
    "HOOK": {"string": "name matcher command!", "integer": "timeout"},
    "LSP": {
        "boolean": "disabled",
        "string": "command",
        "integer": "timeout",
        "[string]": "args filetypes root_markers",
        "{string}": "env",
        "{anything}": "init_options options",
    },
    "MCP": {
        "string": "command type! url oauth_client_id oauth_client_secret",
        "boolean": "disabled oauth",
        "integer": "timeout oauth_callback_port",
        "[string]": "args disabled_tools enabled_tools",
        "{string}": "env headers",
    },
}
WORDS = {
    "PROVIDER.type": "openai openai-compat openrouter vercel anthropic google azure bedrock google-vertex hyper"
    " litellm llamacpp lmstudio ollama omlx",
    "SELECTED.reasoning_effort": "low medium high",
    "MCP.type": "stdio sse http",
    "ATTRIBUTION.trailer_style": "none co-authored-by assisted-by",
    "OPTIONS.notifications": "auto native osc bell disabled",
    "TUI.diff_mode": "unified split",
    "TUI.scrollbar": "default always never",
}
"""The only values of a field."""
RANGES = {
    "SELECTED.max_tokens": {"maximum": 200_000},
    "SELECTED.temperature": {"minimum": 0, "maximum": 1},
    "SELECTED.top_p": {"minimum": 0, "maximum": 1},
}


def schema() -> dict[str, Any]:
    """A JSON Schema that accepts what Crush's own one accepts."""
    return {"$ref": "#/$defs/CONFIG", "$defs": {name: _object(name, fields) for name, fields in SHAPES.items()}}


def _object(shape: str, fields: dict[str, str]) -> dict[str, Any]:
    marked = [(name, kind) for kind, names in fields.items() for name in names.split()]
    properties = {name.rstrip("!"): _field(f"{shape}.{name.rstrip('!')}", kind) for name, kind in marked}
    required = [name.rstrip("!") for name, _ in marked if name.endswith("!")]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _field(path: str, kind: str) -> dict[str, Any]:
    words = {"enum": WORDS[path].split()} if path in WORDS else {}
    return {**_value(kind), **words, **RANGES.get(path, {})}


def _value(kind: str) -> dict[str, Any]:
    if kind == "anything":
        return {}
    if kind.startswith("["):
        return {"type": "array", "items": _value(kind[1:-1])}
    if kind.startswith("{"):
        return {"type": "object", "additionalProperties": _value(kind[1:-1])}
    return {"$ref": f"#/$defs/{kind}"} if kind.isupper() else {"type": kind}

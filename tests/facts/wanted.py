"""What `add-provider` has to be told with some shipped presets, where nobody can be asked."""

from __future__ import annotations

_ACCOUNT = ("--set", "account=0123456789abcdef0123456789abcdef")

WANTED: dict[str, tuple[str, ...]] = {
    "azure": ("--set", "resource=my-res", "--set", "deployment=gpt-5"),
    "vertexai": ("--set", "project=my-project"),
    "cloudflare-workers-ai": _ACCOUNT,
    "cloudflare-ai-gateway": _ACCOUNT,
    # no catalogue knows what they have
    **dict.fromkeys(("ollama-cloud", "sambanova", "hyperbolic", "modelscope"), ("--model", "m-1", "--large", "m-1")),
}
"""By the preset's id."""

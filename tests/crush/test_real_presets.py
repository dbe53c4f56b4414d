"""What a real Crush sends with each preset for a hosted provider: where to, with which key, for which models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.crush.test_real_commands import wizard
from wizard.flow.preset_library import SHIPPED, load_shipped

if TYPE_CHECKING:
    from tests.crush.real.internet import Internet
    from tests.crush.real.program import RealCrush
    from wizard.flow.preset import Preset

KEY = "key-of-nobody-0123456789"
WANTED = {
    "azure": ("--set", "resource=my-res", "--set", "deployment=gpt-4.1"),
    "cloudflare-workers-ai": ("--set", "account=0123456789abcdef0123456789abcdef"),
    # Its key is OpenCode Go's as well, which Crush then has built in and prefers.
    "opencode-zen": ("--large", "kimi-k3", "--small", "minimax-m2.7"),
}
"""What a preset can't do without."""
ENDINGS = {"openai": "/responses", "anthropic": "/v1/messages", "google": ":streamGenerateContent"}
"""What Crush adds to the base URL, where it is not /chat/completions."""
CLOUDS = {"bedrock", "google-vertex"}
"""Types that want a sign-in and no key: test_real_clouds.py has them."""
HOSTED = [
    preset for preset in map(load_shipped, SHIPPED) if not (preset.custom or preset.local or preset.type in CLOUDS)
]


@pytest.mark.parametrize("preset", HOSTED, ids=lambda preset: preset.id)
def test_it_sends_the_key_and_the_model_to_the_vendor(preset: Preset, crush: RealCrush, internet: Internet) -> None:
    variable = preset.key.env or ""
    crush = replace(crush, env={variable: KEY})
    added = wizard(crush, "add-provider", preset.id, "--yes", "--no-test", *WANTED.get(preset.id, ()))
    assert added.code == 0, added.err
    assert crush.ask() == ""
    (sent,) = internet.chats()
    base = (preset.base_url or "").format(resource="my-res", account="0123456789abcdef0123456789abcdef")
    assert sent.url.startswith(base)
    assert sent.url.partition("?")[0].endswith(ENDINGS.get(preset.type, "/chat/completions"))
    assert KEY in "".join(sent.headers.get(name, "") for name in ("authorization", "x-api-key", "x-goog-api-key"))
    if preset.large and preset.type != "google":
        assert sent.body["model"] == preset.large
        assert [title.body["model"] for title in internet.titles()] == [preset.small]

"""What a real Crush sends with each preset for a hosted provider: where to, with which key, for which models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.crush.test_real_commands import wizard
from tests.facts import wanted
from wizard.flow.preset_library import SHIPPED, load_shipped
from wizard.provider.builtins import BUILTINS
from wizard.provider.types import asks_responses

if TYPE_CHECKING:
    from tests.crush.real.internet import Internet, Sent
    from tests.crush.real.program import RealCrush
    from wizard.flow.preset import Preset

KEY = "key-of-nobody-0123456789"
WANTED = {
    **wanted.WANTED,
    "azure": ("--set", "resource=my-res", "--set", "deployment=gpt-4.1"),
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

LOCAL = [preset for preset in map(load_shipped, SHIPPED) if preset.local]


@pytest.mark.parametrize("preset", HOSTED, ids=lambda preset: preset.id)
def test_it_sends_the_key_and_the_model_to_the_vendor(preset: Preset, crush: RealCrush, internet: Internet) -> None:
    variable = preset.key.env or ""
    crush = replace(crush, env={variable: KEY})
    added = wizard(crush, "add-provider", preset.id, "--yes", "--no-test", *WANTED.get(preset.id, ()))
    assert added.code == 0, added.err
    assert crush.ask() == ""
    (sent,) = internet.chats()
    filled = {"resource": "my-res", "account": "0123456789abcdef0123456789abcdef", "gateway": "default"}
    base = (preset.base_url or "").format(**filled)
    assert sent.url.startswith(base)
    of_openai = preset.type != "openai" or asks_responses(preset.type, sent.body["model"])
    ending = ENDINGS.get(preset.type) if of_openai else None
    assert sent.url.partition("?")[0].endswith(ending or "/chat/completions")
    assert KEY in "".join(sent.headers.get(name, "") for name in ("authorization", "x-api-key", "x-goog-api-key"))
    if preset.large and preset.type != "google":
        assert sent.body["model"] == preset.large
        assert [title.body["model"] for title in internet.titles()] == [preset.small]
    if preset.headers:
        assert all(sent.headers[name] == f"Bearer {KEY}" for name in preset.headers)
    if preset.builtin and not preset.models:
        assert sent.body["model"] == BUILTINS[preset.builtin].large
    assert_test_asks_the_same(crush, internet, sent)


@pytest.mark.parametrize("preset", LOCAL, ids=lambda preset: preset.id)
def test_a_server_on_another_host_is_asked_there(preset: Preset, crush: RealCrush, internet: Internet) -> None:
    """Crush asks it for its models first: the wizard, which may not go out here, wrote none."""
    base = (preset.base_url or "").replace("localhost", "box.lan")
    internet.lists[base.partition("://")[2].partition("/")[0]] = ("m-1",)
    crush = replace(crush, env={preset.key.env: KEY} if preset.key.env else {})
    added = wizard(crush, "add-provider", preset.id, "--set", "host=box.lan", "--yes", "--no-test")
    assert added.code == 0, added.err
    assert "plain http to box.lan" in added.err
    assert crush.ask() == ""
    (sent,) = internet.chats()
    assert sent.url == f"{base}/chat/completions"
    assert sent.headers["authorization"] == f"Bearer {KEY if preset.key.need == 'required' else preset.key.dummy}"
    assert sent.body["model"] == "m-1"
    assert_test_asks_the_same(crush, internet, sent)


def assert_test_asks_the_same(crush: RealCrush, internet: Internet, by_crush: Sent) -> None:
    """The wizard's own test asks where Crush did, with the same key. (The stand-in has no whole answers for it.)"""
    internet.forget()
    internet.titled.set()  # nobody asks for a title here
    reaching = replace(crush, env={**crush.env, **internet.environ, "WIZARD_OFFLINE": ""})
    wizard(reaching, "test", "--json")
    assert _address(by_crush) in [_address(sent) for sent in internet.seen if sent.is_chat]


def _address(sent: Sent) -> tuple[str | None, ...]:
    names = ("authorization", "x-api-key", "x-goog-api-key")
    return sent.url.partition("?")[0], *(sent.headers.get(name) for name in names)


GATEWAY = "https://gateway.corp.example"
VARIABLE = "GATEWAY_KEY"


def _by_gateway(kind: str, url: str, model: str) -> tuple[str, ...]:
    return kind, "--id", "gw", "--base-url", f"{GATEWAY}{url}", "--api-key-env", VARIABLE, "--model", model


SAME = {
    "OpenAI": ("openai", "--model", "gpt-5.4", "--large", "gpt-5.4"),
    "OpenAI gateway": _by_gateway("openai-gateway", "/v1", "gpt-5.4"),
    "compatible": _by_gateway("openai-compatible", "/v1", "azure/gpt-5.4"),
    "Azure": ("azure", "--set", "resource=r", "--set", "deployment=gpt-5.4"),
    "named deployment": ("azure", "--set", "resource=r", "--set", "deployment=team-chat:gpt-5.4"),
    "OpenRouter": ("openrouter", "--model", "openai/gpt-5.4", "--large", "openai/gpt-5.4"),
    "Claude": ("anthropic", "--model", "claude-sonnet-4-6", "--large", "claude-sonnet-4-6"),
    "Claude gateway": _by_gateway("anthropic-gateway", "", "claude-sonnet-4-6"),
    "Claude compatible": _by_gateway("openai-compatible", "/v1", "bedrock/us.anthropic.claude-sonnet-4-6"),
}
"""Ways to one model of OpenAI and one of Anthropic."""


@pytest.mark.parametrize("way", SAME)
def test_a_model_thinks_alike_whichever_way_it_is_reached(way: str, crush: RealCrush, internet: Internet) -> None:
    variables = (VARIABLE, "OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "OPENROUTER_API_KEY", "ANTHROPIC_API_KEY")
    # the one of the way alone: each of the others makes a provider of Crush's own active
    crush = replace(crush, env={variables[_key_of(way)]: KEY})
    added = wizard(crush, "add-provider", *SAME[way], "--yes", "--no-test")
    assert added.code == 0, added.err
    assert crush.ask() == ""
    (sent,) = internet.chats()
    said = sent.body.get("reasoning") or sent.body.get("output_config") or {"effort": sent.body.get("reasoning_effort")}
    assert said["effort"] == "medium", sent.body.keys()


def test_so_does_one_behind_litellm_which_gets_no_effort_of_crushs_own(crush: RealCrush, internet: Internet) -> None:
    """A model that LiteLLM gives no effort to, has none: it would refuse the request."""
    model, other = "claude-sonnet-4-6", "claude-haiku-4-5"
    internet.lists["litellm.corp.example"] = (model, other)
    told = {model: ["tools", "reasoning_effort"], other: ["tools"]}
    info = [{"model_name": name, "model_info": {"supported_openai_params": told[name]}} for name in told]
    internet.answers["/info"] = (200, {"data": info})
    crush = replace(crush, env={"LITELLM_API_KEY": KEY, **internet.environ, "WIZARD_OFFLINE": ""})
    for large in (model, other):
        at = ("--base-url", "https://litellm.corp.example/v1", "--model", large, "--large", large, "--replace")
        added = wizard(crush, "add-provider", "litellm", *at, "--yes", "--no-test")
        assert added.code == 0, added.err
        internet.forget()
        assert crush.ask() == ""
        (sent,) = internet.chats()
        assert (sent.body["model"], sent.body.get("reasoning_effort")) == (large, "medium" if large == model else None)
        assert not [title for title in internet.titles() if "reasoning_effort" in title.body]
        assert_test_sends_the_same_effort(crush, internet, sent)


def assert_test_sends_the_same_effort(crush: RealCrush, internet: Internet, by_crush: Sent) -> None:
    internet.forget()
    internet.titled.set()
    wizard(crush, "test", "--json")
    efforts = {sent.body.get("reasoning_effort") for sent in internet.seen if sent.is_chat and sent.body["messages"]}
    assert efforts == {by_crush.body.get("reasoning_effort")}


def _key_of(way: str) -> int:
    return {"OpenAI": 1, "Azure": 2, "named deployment": 2, "OpenRouter": 3, "Claude": 4}.get(way, 0)


def test_a_deployment_whose_name_hides_its_model_can_chat(crush: RealCrush, internet: Internet) -> None:
    """Crush decides by the name to send `max_tokens`, which the model refuses; only a title's request has it then."""
    crush = replace(crush, env={"AZURE_OPENAI_API_KEY": KEY})
    deployment = ("--set", "resource=my-res", "--set", "deployment=team-chat:gpt-5")
    added = wizard(crush, "add-provider", "azure", *deployment, "--yes", "--no-test")
    assert "It can't write titles of sessions" in added.err
    assert "a deployment named gpt-5-team-chat has no such limits" in added.err
    assert crush.ask() == ""
    (sent,) = internet.chats()
    assert sent.body["model"] == "team-chat"
    assert not {"max_tokens", "max_completion_tokens"} & sent.body.keys()
    assert [title.body.get("max_tokens") for title in internet.titles()] == [0]


def test_a_deployment_that_has_the_models_name_in_its_own_is_limited_as_the_model_wants(
    crush: RealCrush, internet: Internet
) -> None:
    crush = replace(crush, env={"AZURE_OPENAI_API_KEY": KEY})
    deployment = ("--set", "resource=my-res", "--set", "deployment=gpt-5-team-chat:gpt-5")
    added = wizard(crush, "add-provider", "azure", *deployment, "--yes", "--no-test")
    assert "Titles" not in added.err
    assert crush.ask() == ""
    assert [sent.body["max_output_tokens"] for sent in (*internet.chats(), *internet.titles())] == [32_000, 32_000]

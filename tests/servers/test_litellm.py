"""The live test against a real LiteLLM proxy: right and wrong keys, models, paths, types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.endpoints.test_listing import ask
from wizard.endpoints.probe import ProbeResult, run_probes
from wizard.endpoints.wire import Live

if TYPE_CHECKING:
    from tests.servers.conftest import Gateway

pytestmark = pytest.mark.any_python


def tried(gateway: Gateway, path: str = "/v1", *, quick: bool = False, **more: Any) -> ProbeResult:
    fields: dict[str, Any] = {"type": "openai-compat", "api_key": gateway.key, "models": ("m-big",), **more}
    live = Live(id="gw", base_url=gateway.url + path, variable="GW_KEY", **fields)
    (result,) = run_probes([live], {}, quick=quick, seconds=60, on_step=lambda *_: None)
    return result


@pytest.mark.parametrize("more", [{}, {"type": "litellm"}, {"models": ()}, {"path": ""}])
def test_what_is_right_works(litellm_proxy: Gateway, more: dict[str, Any]) -> None:
    result = tried(litellm_proxy, **more)
    assert (result.verdict, result.failure) == ("works", None)
    assert tried(litellm_proxy, quick=True, **more).verdict == "reachable"


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"api_key": "sk-wrong-0123456789"}, "key-refused"),
        ({"api_key": "sk-wrong-0123456789", "models": ()}, "key-refused"),
        ({"api_key": ""}, "server-error"),  # it has no words for that
        ({"models": ("m-huge",)}, "model-not-found"),
        ({"path": "/v2"}, "not-found"),
    ],
)
def test_what_is_wrong_is_told(litellm_proxy: Gateway, more: dict[str, Any], code: str, quick: bool) -> None:
    result = tried(litellm_proxy, quick=quick, **more)
    assert result.failure is not None
    wanted = "model-not-listed" if (code, quick) == ("model-not-found", True) else code
    assert (result.verdict, result.failure.code) == ("fails", wanted)
    assert result.failure.hint


def test_it_takes_an_effort_for_the_models_of_which_it_tells_that_and_refuses_it_for_others(
    litellm_proxy: Gateway,
) -> None:
    listing = ask(f"{litellm_proxy.url}/v1", "litellm", listing="litellm", api_key=litellm_proxy.key)
    takes = {model.id: bool(model.takes_effort) for model in listing.models}
    assert takes == {"m-big": False, "gpt-5": True, "m-gone": False}
    verdicts = {
        model: tried(litellm_proxy, type="litellm", models=(model,), effort_options={model: "medium"}).verdict
        for model in ("m-big", "gpt-5")
    }
    assert verdicts == {"m-big": "fails", "gpt-5": "works"}


def test_a_provider_behind_it_that_is_gone_is_the_gateways_trouble(litellm_proxy: Gateway) -> None:
    result = tried(litellm_proxy, models=("m-gone",))
    assert result.failure is not None
    assert (result.failure.name, result.failure.code) == ("chat", "gateway-setup")

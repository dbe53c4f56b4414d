"""The live test against a real gateway of Portkey: right and wrong headers, keys, paths, types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.trial.programs import KEY, WRONG
from wizard.endpoints.probe import ProbeResult, run_probes
from wizard.endpoints.wire import Live

if TYPE_CHECKING:
    from tests.servers.conftest import Portkey

pytestmark = pytest.mark.any_python


def tried(gateway: Portkey, path: str = "/v1", *, quick: bool = False, **more: Any) -> ProbeResult:
    headers = {"x-portkey-provider": "openai", "x-portkey-custom-host": f"{gateway.behind}/v1"}
    fields: dict[str, Any] = {"type": "openai-compat", "api_key": KEY, "models": ("m-big",), "headers": headers, **more}
    live = Live(id="gw", base_url=gateway.url + path, variable="GW_KEY", **fields)
    (result,) = run_probes([live], {}, quick=quick, seconds=30, on_step=lambda *_: None)
    return result


def test_what_is_right_gets_an_answer(portkey: Portkey) -> None:
    """Its streams depend on the Node.js that runs it, and so does the end of this."""
    steps = {step.name: step.status for step in tried(portkey).steps}
    assert (steps["key"], steps["chat"]) == ("ok", "ok")
    assert tried(portkey, quick=True).verdict == "reachable"


@pytest.mark.parametrize(
    ("more", "code", "hint"),
    [
        ({"headers": {}}, "gateway-setup", "add the header x-portkey-config"),
        ({"headers": {"x-portkey-provider": "nobody"}}, "gateway-setup", "check the headers x-portkey-provider"),
        ({"api_key": WRONG}, "key-refused", "check what GW_KEY holds"),
        ({"path": ""}, "not-found", "set base_url to {url}/v1: tried, it works"),
        (
            {"path": "", "headers": {}},
            "not-found",
            "set base_url to {url}/v1, where an API answers; it says:",
        ),
        ({"path": "", "type": "anthropic"}, "not-found", "use type openai-compat and set base_url to {url}/v1: tried"),
        ({"models": ()}, "server-error", ""),  # it has no list of models of its own
    ],
)
def test_what_is_wrong_is_told(portkey: Portkey, more: dict[str, Any], code: str, hint: str) -> None:
    result = tried(portkey, **more)
    assert result.failure is not None
    assert (result.verdict, result.failure.code) == ("fails", code)
    assert result.failure.hint.startswith(hint.replace("{url}", portkey.url))


@pytest.mark.parametrize(
    ("more", "code"),
    [({"headers": {}}, "gateway-setup"), ({"api_key": WRONG}, "key-refused"), ({"path": ""}, "not-found")],
)
def test_what_is_wrong_is_told_without_a_chat(portkey: Portkey, more: dict[str, Any], code: str) -> None:
    result = tried(portkey, quick=True, **more)
    assert result.failure is not None
    assert (result.verdict, result.failure.code) == ("fails", code)

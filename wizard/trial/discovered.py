"""What servers on this machine list now, where Crush has a provider only while its endpoint does (crush-behaviour 6).

Crush asks them at each start. Who says what a slot comes to, or whether Crush starts, has to ask as well.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wizard.crush.custom_rules import DiscoveryFailed
from wizard.machine.allowed import unallowed_keys
from wizard.machine.in_force import HELD, in_force
from wizard.network.json_answer import NotJson
from wizard.network.loopback import is_loopback
from wizard.network.offline import is_offline
from wizard.network.unreachable import Unreachable
from wizard.provider.base_url import BaseUrl
from wizard.ui.progress import waiting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wizard.crush.custom_rules import Discovered
    from wizard.crush.effective import EffectiveProvider
    from wizard.machine.in_force import InForce
    from wizard.network.client import Client
    from wizard.ui.output import Output

SECONDS = 3.0
"""How long Crush waits for all of them."""


def with_discovered(found: InForce, output: Output) -> InForce:
    """The configuration with what these servers list. Nothing leaves this machine, and no key of our store is read."""
    open_ = [provider for provider in found.effective.providers if _can_be_asked(provider)]
    if is_offline() or not (open_ := [provider for provider in open_ if _may_be_asked(provider, found)]):
        return found
    from wizard.network.running import run

    with waiting(output, "asking model servers of this machine for their models", says_so=False):
        discovered = run(lambda: _ask(open_))
    return in_force(loaded=found.loaded, discovered=discovered, told=found.told)


def _can_be_asked(provider: EffectiveProvider) -> bool:
    url = provider.base_url.text or ""
    is_known = provider.api_key.text not in (None, HELD) and HELD not in url
    return provider.depends_on_endpoint and is_known and is_loopback(BaseUrl(url).host)


def _may_be_asked(provider: EffectiveProvider, found: InForce) -> bool:
    """Nobody is asked about a key here: what only the folder's files would send there is not sent."""
    return not unallowed_keys(found, provider.id)


async def _ask(providers: Sequence[EffectiveProvider]) -> Discovered:
    import asyncio

    from wizard.network.client import Client

    async with Client(os.environ, seconds=SECONDS) as client:
        listed = await asyncio.gather(*(_listed(provider, client) for provider in providers))
    return {provider.id: models for provider, models in zip(providers, listed, strict=True)}


async def _listed(provider: EffectiveProvider, client: Client) -> Sequence[str] | DiscoveryFailed:
    """The ids, in the endpoint's order, from the one address that Crush asks."""
    from wizard.network.client import Request

    url = f"{(provider.base_url.text or '').rstrip('/')}/models"
    try:
        response = await client.send(Request("GET", url, _headers(provider)))
        if response.status != 200:
            return DiscoveryFailed(f"it answers with status {response.status}")
        return _ids(response.json())
    except Unreachable as error:
        return DiscoveryFailed(error.message)
    except NotJson as error:
        return DiscoveryFailed(str(error))


def _headers(provider: EffectiveProvider) -> Mapping[str, str]:
    key = {"Authorization": f"Bearer {provider.api_key.text}"} if provider.api_key.text else {}
    return {**key, **{name: value.text for name, value in provider.headers.items() if value.text}}


def _ids(answer: Any) -> Sequence[str] | DiscoveryFailed:
    listed = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(listed, list):
        return DiscoveryFailed("it answers with something other than a list of models")
    return [str(model["id"]) for model in listed if isinstance(model, dict) and model.get("id")]

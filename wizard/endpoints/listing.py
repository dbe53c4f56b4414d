"""The models that an endpoint offers, and the base URL that it should be written with.

A base URL that is nearly right is corrected by trying where the list may be: the first candidate that answers with
a list says which base is right (crush-behaviour 2.4, 6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from wizard.endpoints.diagnosis import REFUSED_KEY, RequestContext, diagnose, unreachable
from wizard.endpoints.known_refusals import PROVES_KEY
from wizard.endpoints.list_candidates import candidates
from wizard.endpoints.list_details import litellm_details, llamacpp_details, ollama_details
from wizard.endpoints.list_search import Attempt, FoundList, NotListed, Search
from wizard.endpoints.model_lists import read_page
from wizard.endpoints.wire import WRONG_KEY, Live, api_base, has_credential, sent_headers, with_wrong_key
from wizard.network.client import SECONDS, Request, Unreachable
from wizard.network.unreachable import bad_url
from wizard.private import Private
from wizard.provider.base_url import InvalidBaseUrl, normalize_base_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.endpoints.model_lists import Server
    from wizard.flow.offer import KeyVerdict
    from wizard.flow.preset import Listing as Kind
    from wizard.network.client import Client
    from wizard.provider.model_facts import ModelFacts

__all__ = ["Attempt", "ModelList", "NotListed", "Where", "list_models"]


class Where(Private, Struct, frozen=True):
    """An endpoint, all values expanded. `listing`: the kind of list that is expected; `provider`: its id in Crush.

    `hyper_url`: as for Live.
    """

    base_url: str
    type: str
    listing: Kind = "openai"
    headers: Mapping[str, str] = field(default_factory=dict)
    api_key: str = ""
    provider: str = ""
    hyper_url: str = ""


class ModelList(Struct, frozen=True):
    """`base_url` is right for the type, `url` is what answered; `notes` are sentences for the user.

    `server`: what kind of server it is, where it can be told. `truncated`: there are more models than were read.
    `guarded`: a wrong key was tried and does not get the list, so the key that was sent is right.
    """

    base_url: str
    url: str
    models: tuple[ModelFacts, ...]
    server: Server | None = None
    notes: tuple[str, ...] = ()
    truncated: bool = False
    guarded: bool = False

    @property
    def chat_models(self) -> tuple[ModelFacts, ...]:
        """Without those that embed, rerank, draw, speak or moderate."""
        return tuple(model for model in self.models if model.chats is not False)


async def list_models(client: Client, where: Where, *, seconds: float = SECONDS, proves_key: bool = False) -> ModelList:
    """Ask the endpoint for its models; `seconds` for each answer. `proves_key`: a wrong key is tried, too.

    Raises NotListed.
    """
    if where.listing == "none":
        raise NotListed(())
    identity = (where.provider, where.type, where.base_url, where.api_key, where.headers)
    live = Live(*identity, hyper_url=where.hyper_url)
    base = _corrected(live)
    search = Search(client, live, seconds)
    found = await search.first(candidates(base, where.type, where.listing))
    models, more_notes = await _detailed(search, found, where.listing, seconds)
    guarded = proves_key and await is_guarded(client, live, found.candidate.url, seconds)
    notes = (*_notes(found, where.base_url), *more_notes)
    return ModelList(found.candidate.base_url, found.url, models, found.page.server, notes, found.truncated, guarded)


async def is_guarded(client: Client, live: Live, url: str, seconds: float) -> bool:
    """Whether a wrong key does not get the list at `url`. Not tried where no key is sent."""
    if not has_credential(live):
        return False
    wrong = with_wrong_key(live, WRONG_KEY)
    try:
        answer = await client.send(Request("GET", url, sent_headers(wrong)), seconds=seconds)
    except Unreachable:
        return False
    if read_page(answer) is not None:
        return False
    return answer.status in _REFUSING or diagnose(answer, RequestContext(wrong)).code in REFUSED_KEY


_REFUSING = (400, 401, 403)
"""The statuses with which a list is kept from a wrong key, whatever the words are."""


def proof_of_key(found: ModelList | NotListed, *, has_key: bool) -> KeyVerdict:
    """What an endpoint's list, or the lack of one, proves about the key that was sent."""
    if not has_key:
        return ""
    if isinstance(found, ModelList):
        return "works" if found.guarded else "unproven"
    reason = found.first.reason if found.first else ""
    if reason in REFUSED_KEY:
        return "refused"
    return "works" if reason in PROVES_KEY else "unproven"


def _corrected(live: Live) -> str:
    try:
        return normalize_base_url(api_base(live), live.type).url
    except InvalidBaseUrl as error:
        refused = bad_url(str(error))
        finding = unreachable(refused, RequestContext(live))
        raise NotListed((Attempt(finding=finding, url=live.base_url, unreachable=refused),)) from error


async def _detailed(
    search: Search, found: FoundList, kind: Kind, seconds: float
) -> tuple[tuple[ModelFacts, ...], tuple[str, ...]]:
    """The models with what the server tells about them elsewhere, and notes."""
    models, root = found.page.models, found.candidate.base_url.removesuffix("/v1")
    if found.url.endswith("/api/tags"):
        return await ollama_details(search, root, models, seconds)
    if kind == "llamacpp":
        return await llamacpp_details(search, root, models), ()
    if kind == "litellm":
        return await litellm_details(search, (root, f"{root}/v1"), models), ()
    return models, ()


def _notes(found: FoundList, asked: str) -> tuple[str, ...]:
    notes = []
    right = found.candidate.base_url
    if asked and asked.rstrip("/") != right:
        notes.append(f"the base URL is {right}: that is where the models are listed")
    if found.page.dropped:
        notes.append(f"{found.page.dropped} entries of the list are not usable models and were left out")
    if found.truncated:
        notes.append(f"only the first {len(found.page.models)} models of the list were read")
    if not found.page.models:
        notes.append("the server has no models yet")
    return tuple(notes)

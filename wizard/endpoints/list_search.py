"""Asking the candidates one after the other, until one answers with a list; what each said is remembered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from wizard.endpoints.model_lists import Page, Server, parse_page
from wizard.network.client import NotJson, Request, Unreachable
from wizard.provider.model_facts import by_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wizard.endpoints.list_candidates import ListAddress
    from wizard.network.client import Client, Response

MOST_MODELS = 10_000
MOST_PAGES = 50
PATIENCE = 3
"""How many times the seconds of one answer all pages together may take."""

Reason = Literal[
    "unauthorized",
    "forbidden",
    "unreachable",
    "rate-limited",
    "server-error",
    "redirected",
    "web-page",
    "not-json",
    "no-list",
    "not-found",
    "refused",
]
"""Why a URL gave no list, the most telling first."""
_TELLING: tuple[Reason, ...] = ("unauthorized", "forbidden", "unreachable", "rate-limited", "server-error")
_TELLING += ("redirected", "web-page", "not-json", "no-list", "refused", "not-found")

_SENTENCES: dict[Reason, str] = {
    "unauthorized": "the key is refused, or one is needed",
    "forbidden": "the key is not allowed to list the models",
    "rate-limited": "too many requests for now",
    "server-error": "the server has an error of its own",
    "redirected": "it sends us to another host, and the key does not go there",
    "web-page": "a web page answers, not an API",
    "not-json": "the answer is no JSON",
    "no-list": "the answer holds no list of models",
    "not-found": "there is nothing at this path",
    "refused": "the server refuses the request",
}


class Attempt(Struct, frozen=True):
    """One URL that gave no list, and why. `status` is None where there was no answer at all."""

    url: str
    reason: Reason
    text: str
    status: int | None = None
    unreachable: Unreachable | None = None


class NotListed(Exception):
    """Nobody answered with a list. `attempts`: all that was tried, the most telling first."""

    def __init__(self, attempts: Iterable[Attempt]) -> None:
        self.attempts = tuple(sorted(attempts, key=lambda attempt: _TELLING.index(attempt.reason)))
        super().__init__(self.attempts[0].text if self.attempts else "this endpoint has no list of models")


class FoundList(Struct, frozen=True):
    """A candidate that answered with a list, and the list; `truncated` if not all of it was read."""

    candidate: ListAddress
    page: Page
    truncated: bool = False

    @property
    def url(self) -> str:
        return self.candidate.url.partition("?")[0]


class Search:
    """One endpoint being asked. `headers` hold the key; all URLs are of one origin."""

    def __init__(self, client: Client, headers: Mapping[str, str], seconds: float) -> None:
        self._client = client
        self._headers = headers
        self._seconds = seconds
        self._attempts: list[Attempt] = []

    async def first(self, candidates: Iterable[ListAddress]) -> FoundList:
        """The first that answers with a list, all its pages read. Raises NotListed.

        Who refuses the key ends the search: it would refuse it elsewhere too.
        """
        for candidate in candidates:
            page = await self._page(candidate.url)
            if page is not None:
                return FoundList(candidate, *await self._with_more(candidate.url, page))
            if self._attempts[-1].reason in ("unauthorized", "forbidden", "unreachable"):
                break
        raise NotListed(self._attempts)

    async def details(self, url: str, body: Mapping[str, Any] | None = None) -> Any:
        """A JSON document that says more; None if there is none. Never fails."""
        request = Request("GET" if body is None else "POST", url, self._headers, body)
        try:
            answer = await self._client.send(request, seconds=self._seconds)
            return answer.json() if answer.status == 200 else None
        except (Unreachable, NotJson):
            return None

    async def _page(self, url: str) -> Page | None:
        try:
            answer = await self._client.send(Request("GET", url, self._headers), seconds=self._seconds)
        except Unreachable as error:
            self._attempts.append(Attempt(url, "unreachable", error.message, unreachable=error))
            return None
        page, reason = read_page(answer)
        if page is None:
            self._attempts.append(Attempt(url, reason, _SENTENCES[reason], answer.status))
        return page

    async def _with_more(self, url: str, page: Page) -> tuple[Page, bool]:
        """All pages as one, and whether something was left off. Whatever goes wrong, what was read is kept."""
        models, dropped, after, asked = [*page.models], page.dropped, page.after, {page.after}
        until = time.monotonic() + PATIENCE * self._seconds
        while after and len(asked) <= MOST_PAGES and len(models) < MOST_MODELS and time.monotonic() < until:
            more = await self._page(_next_url(url, after))
            if more is None:
                break
            models += more.models
            dropped += more.dropped
            after = more.after
            if after in asked:  # a server that turns in circles
                break
            asked.add(after)
        whole = tuple(by_id(models).values())  # a gateway lists an id once for each of its deployments
        cut = len(whole) > MOST_MODELS
        return replace(page, models=whole[:MOST_MODELS], dropped=dropped), after is not None or cut


def _next_url(url: str, after: tuple[str, str]) -> str:
    parameter, value = after
    return f"{url}{'&' if '?' in url else '?'}{parameter}={quote(value, safe='')}"


def read_page(answer: Response) -> tuple[Page | None, Reason]:
    """The list in an answer, or why it holds none."""
    if answer.status != 200:
        return None, _reason(answer.status)
    try:
        page = parse_page(answer.json())
    except NotJson:
        return None, "web-page" if _is_web_page(answer) else "not-json"
    if page is None or (page.dropped and not page.models):
        return None, "no-list"
    return replace(page, server=page.server or _named(answer.headers)), "no-list"


def _reason(status: int) -> Reason:
    exact: dict[int, Reason] = {401: "unauthorized", 403: "forbidden", 404: "not-found", 405: "not-found"}
    exact |= {407: "forbidden", 410: "not-found", 429: "rate-limited"}
    if status in exact:
        return exact[status]
    if 300 <= status < 400:
        return "redirected"
    return "server-error" if status >= 500 else "refused"


def _is_web_page(answer: Response) -> bool:
    start = answer.body[:200].lstrip().lower()
    return "html" in answer.headers.get("content-type", "") or start.startswith((b"<!doctype", b"<html"))


def _named(headers: Mapping[str, str]) -> Server | None:
    """The kind of server by its headers."""
    if any(name.startswith("x-litellm-") for name in headers):
        return "litellm"
    return "llamacpp" if headers.get("server", "").lower() == "llama.cpp" else None

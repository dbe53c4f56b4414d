"""Asking the candidates one after the other, until one answers with a list; what each said is remembered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from wizard.endpoints.diagnosis import REFUSED_KEY, Diagnosis, RequestContext, diagnose, unreachable
from wizard.endpoints.model_lists import Page, read_page
from wizard.endpoints.wire import sent_headers
from wizard.network.client import NotJson, Request, Unreachable
from wizard.provider.model_facts import by_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wizard.endpoints.list_candidates import ListAddress
    from wizard.endpoints.wire import Live
    from wizard.network.client import Client

MOST_MODELS = 10_000
MOST_PAGES = 50
PATIENCE = 3
"""How many times the seconds of one answer all pages together may take."""

_TELLING = (
    *(*REFUSED_KEY, "scope-missing", "forbidden", "unreachable", "rate-limited", "server-error", "redirected"),
    *("web-page", "login-page", "not-json", "not-this-api", "error-in-answer", "request-refused"),
)
"""Codes of findings, the most telling first; what is not here comes before the last one."""
_LEAST = ("method-refused", "not-found")
_ENDS = (*REFUSED_KEY, "scope-missing", "forbidden", "unreachable")
"""Whoever says this says it at every address."""


class Attempt(Struct, frozen=True):
    """One URL that gave no list, and why. `status` is None where there was no answer at all."""

    url: str
    finding: Diagnosis
    status: int | None = None
    unreachable: Unreachable | None = None

    @property
    def reason(self) -> str:
        return "unreachable" if self.unreachable else self.finding.code


class NotListed(Exception):
    """Nobody answered with a list. `attempts`: all that was tried, the most telling first."""

    def __init__(self, attempts: Iterable[Attempt]) -> None:
        self.attempts = tuple(sorted(attempts, key=_rank))
        super().__init__(self.attempts[0].finding.message if self.attempts else "this endpoint has no list of models")

    @property
    def first(self) -> Attempt | None:
        return self.attempts[0] if self.attempts else None

    @property
    def wants_key(self) -> bool:
        """Whether it was asked without a key, and wants one."""
        return self.first is not None and self.first.reason == "key-missing"


def _rank(attempt: Attempt) -> int:
    known = (*_TELLING, attempt.reason, *_LEAST) if attempt.reason not in _LEAST else (*_TELLING, *_LEAST)
    return known.index(attempt.reason)


class FoundList(Struct, frozen=True):
    """A candidate that answered with a list, and the list; `truncated` if not all of it was read."""

    candidate: ListAddress
    page: Page
    truncated: bool = False

    @property
    def url(self) -> str:
        return self.candidate.url.partition("?")[0]


class Search:
    """One endpoint being asked, with the key of `live`; all URLs are of one origin."""

    def __init__(self, client: Client, live: Live, seconds: float) -> None:
        self._client = client
        self._asked = RequestContext(live)
        self._headers = sent_headers(live)
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
            if self._attempts[-1].reason in _ENDS:
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
            self._attempts.append(Attempt(url, unreachable(error, self._asked), unreachable=error))
            return None
        page = read_page(answer)
        if page is None:
            self._attempts.append(Attempt(url, diagnose(answer, self._asked), answer.status))
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

"""Getting the public catalogues anew, on request only. What goes wrong with one leaves it, and the other, as it was."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct
from msgspec.structs import replace

from wizard.catalog.catwalk import CATWALK, catwalk
from wizard.catalog.charm import CharmListing
from wizard.catalog.compact import CompactListing
from wizard.catalog.copies import Copy, read_copy, write_copy
from wizard.catalog.models_dev import compact
from wizard.catalog.shipped import CATWALK_COPY, MODELS_DEV_COPY
from wizard.errors import WizardError
from wizard.provider.model_facts import PRICES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from wizard.catalog.facts import FactSource, SourceName
    from wizard.network.client import Client, Response

SECONDS = 45.0
"""For one catalogue; models.dev's has some megabytes. Crush, too, gives Charm's that long (crush-behaviour 3.3)."""
SMALLEST_SHARE = 0.5
"""An answer with less than this share of the models that we had is not believed."""

MIRROR = "WIZARD_MODELS_DEV_URL"
"""The whole address of another api.json."""

State = Literal["updated", "unchanged", "failed"]


class Upstream(Struct, frozen=True):
    """A public catalogue: `document` makes what we keep of its answer, `listing` reads that.

    Both raise ValueError for what is none. `variable` names another address for it.
    """

    name: SourceName
    title: str
    url: str
    variable: str
    file: str
    document: Callable[[Any, str], Any]
    listing: Callable[[Any, str], FactSource]


class Refreshed(Struct, frozen=True):
    """What became of one catalogue. Models are `provider/id`; all are new where there was no copy before."""

    name: SourceName
    title: str
    state: State
    providers: int = 0
    models: int = 0
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    repriced: tuple[str, ...] = ()
    first: bool = False
    error: WizardError | None = None


def upstreams(environ: Mapping[str, str] = os.environ) -> tuple[Upstream, ...]:
    """Charm's catalogue, from where Crush would get it, and models.dev."""
    charm = catwalk(environ).rstrip("/") + "/v2/providers"
    mirror = environ.get(MIRROR) or "https://models.dev/api.json"
    return (
        Upstream("catwalk", "Charm's catalogue", charm, CATWALK, CATWALK_COPY, _as_it_is, _charm),
        Upstream("models.dev", "models.dev", mirror, MIRROR, MODELS_DEV_COPY, compact, _models_dev),
    )


def update(
    own_folder: Path,
    *,
    environ: Mapping[str, str] = os.environ,
    seconds: float = SECONDS,
    tell: Callable[[Refreshed], None] = lambda _: None,
) -> tuple[Refreshed, ...]:
    """Refresh both catalogues at once; `tell` hears of each as it is done. Nothing raises but the user's Ctrl-C."""
    from wizard.network.running import run

    return run(lambda: _update(own_folder, environ, seconds, tell))


async def _update(
    own_folder: Path, environ: Mapping[str, str], seconds: float, tell: Callable[[Refreshed], None]
) -> tuple[Refreshed, ...]:
    from wizard.network.client import Client

    async with Client(environ, seconds=seconds) as client:
        files = [_refreshed(client, upstream, own_folder / upstream.file, tell) for upstream in upstreams(environ)]
        return tuple(await asyncio.gather(*files))


async def _refreshed(client: Client, upstream: Upstream, path: Path, tell: Callable[[Refreshed], None]) -> Refreshed:
    try:
        outcome = await _attempt(client, upstream, path)
    except WizardError as error:
        outcome = Refreshed(upstream.name, upstream.title, "failed", error=error)
    tell(outcome)
    return outcome


async def _attempt(client: Client, upstream: Upstream, path: Path) -> Refreshed:
    old = _kept(upstream, path)
    tag = old.etag if old is not None and old.url == _public(upstream.url) else ""
    answer = await _asked(client, upstream, tag)
    today = datetime.now(UTC).date().isoformat()
    if answer.status == 304 and tag and old is not None:
        return replace(_counted(upstream, upstream.listing(old.document, old.date)), state="unchanged")
    document, listing = _read(upstream, answer, today)
    before = upstream.listing(old.document, old.date) if old else None
    _refuse_shrunken(upstream, before, listing)
    write_copy(path, Copy(_public(upstream.url), answer.headers.get("etag", ""), today, document))
    return _compared(upstream, before, listing)


def _read(upstream: Upstream, answer: Response, today: str) -> tuple[Any, FactSource]:
    """What is to be kept of the answer, and what it says."""
    if answer.status != 200:
        raise WizardError(
            f"{upstream.title}: the server answered with status {answer.status}",
            hint=f"try again later; {upstream.variable} can name another address",
        )
    try:
        document = upstream.document(answer.json(), today)
        return document, upstream.listing(document, today)
    except ValueError as error:
        hint = "a proxy or a sign-in page may have answered instead"
        raise WizardError(f"{upstream.title}: the answer is not a catalogue: {error}", hint=hint) from error


async def _asked(client: Client, upstream: Upstream, tag: str) -> Response:
    """The server's answer; it may be 304 if `tag` is still what it calls its version."""
    from wizard.network.client import Request, Unreachable

    headers = {"Accept": "application/json"} | ({"If-None-Match": tag} if tag else {})
    try:
        return await client.send(Request("GET", upstream.url, headers))
    except Unreachable as error:
        raise WizardError(f"{upstream.title}: {error.message}", hint=error.hint) from error


def _kept(upstream: Upstream, path: Path) -> Copy | None:
    """Our copy; a broken one is as good as none, and will be replaced."""
    try:
        copy = read_copy(path)
        if copy is not None:
            upstream.listing(copy.document, copy.date)
    except (WizardError, ValueError):
        return None
    return copy


def _refuse_shrunken(upstream: Upstream, before: FactSource | None, after: FactSource) -> None:
    had, has = len(_models(before)) if before else 0, len(_models(after))
    if has < had * SMALLEST_SHARE:
        raise WizardError(
            f"{upstream.title}: the answer has only {has} models, and the copy has {had}; the copy was not changed",
            hint="try again later",
        )


def _compared(upstream: Upstream, before: FactSource | None, after: FactSource) -> Refreshed:
    outcome = _counted(upstream, after)
    if before is None:
        return replace(outcome, first=True)
    old, new = dict.fromkeys(_models(before)), dict.fromkeys(_models(after))
    return replace(
        outcome,
        new=_named(model for model in new if model not in old),
        gone=_named(model for model in old if model not in new),
        repriced=_named(model for model in new if model in old and _prices(before, model) != _prices(after, model)),
    )


def _counted(upstream: Upstream, listing: FactSource) -> Refreshed:
    return Refreshed(upstream.name, upstream.title, "updated", len(listing.provider_ids()), len(_models(listing)))


def _models(listing: FactSource) -> tuple[tuple[str, str], ...]:
    return tuple((provider, model) for provider in listing.provider_ids() for model in listing.model_ids(provider))


def _prices(listing: FactSource, model: tuple[str, str]) -> tuple[Any, ...]:
    listed = listing.model(*model)
    return tuple(getattr(listed.facts, name) for name in PRICES) if listed else ()


def _named(models: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted("/".join(model) for model in models))


def _public(url: str) -> str:
    """The URL without what may be secret in it: name, password, query. Empty for what is no URL."""
    try:
        parts = urlsplit(url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        return ""


def _as_it_is(document: Any, _date: str) -> Any:
    return document


def _charm(document: Any, date: str) -> FactSource:
    return CharmListing(document, "catwalk", date)


def _models_dev(document: Any, _date: str) -> FactSource:
    return CompactListing(document, "models.dev")

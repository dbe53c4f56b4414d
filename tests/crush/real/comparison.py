"""One stack given to a real Crush and to us, and where the two say different things."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from tests import program as wizard_program
from tests.conftest import NO_SERVERS
from tests.crush.real.internet import Internet, Sent
from tests.crush.real.program import SECONDS, Listed, RealCrush, can_lay_over_system
from tests.crush.real.stack import Stack, write
from wizard.crush.effective import EffectiveProvider
from wizard.endpoints.wire import Live, chat_request, is_lost, leaks, untestable
from wizard.expansion.expand import is_told
from wizard.files import locations
from wizard.machine.in_force import InForce, in_force
from wizard.network.client import Request
from wizard.provider.types import TYPES
from wizard.trial.live import live_in_force
from wizard.trial.not_tellable import NotTellable

MOST_ASKED = 2
"""So many providers of a stack are let send a request, besides the large and the small model."""
IN_VAIN_SECONDS = 2.0
"""So long a Crush may try that can't send its request as it stands."""
CREDENTIALS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")

_HTTP = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?(/[!-~]*)?")


@dataclass(frozen=True)
class Difference:
    """`kind` is short and the same for alike ones; a stack is made smaller as long as it keeps one of its kind."""

    kind: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        return f"{self.kind}: we say {self.ours}; Crush: {self.theirs}"


@dataclass(frozen=True)
class Place:
    """Where a stack is written down, with all that meets it."""

    folder: Path
    cwd: Path
    crush: RealCrush
    left_out: Counter[str]
    endings: Counter[str]

    @property
    def environ(self) -> dict[str, str]:
        return self.crush.environ


@dataclass(frozen=True)
class Known:
    """What a comparison can't do without: the program, its internet, and a catalogue of its own.

    `left_out` counts what could not be compared, because we say that it can't be told; `endings` the exit codes of our
    commands.
    """

    program: Path
    internet: Internet
    cache: Path
    left_out: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)


def place(stack: Stack, folder: Path, known: Known) -> Place:
    """Write the stack into an empty folder."""
    write(stack, folder, known.cache)
    known.internet.lists = dict(stack.lists)
    home = folder / "home"
    system = folder / "etc" if can_lay_over_system() else None
    online = {"CRUSH_DISABLE_PROVIDER_AUTO_UPDATE": "0"} if stack.cache else {}
    crush = RealCrush(known.program, home, {**online, **stack.env}, known.internet, system)
    return Place(folder, folder / stack.cwd, crush, known.left_out, known.endings)


def differences(stack: Stack, folder: Path, known: Known) -> Iterator[Difference]:
    """All that Crush does otherwise than we say. The stack is new in `folder`, and Crush leaves its traces there."""
    there = place(stack, folder, known)
    with as_here(there):
        ours = in_force()
    yield from compared(ours, there.crush.models(there.cwd), there)


def compared(ours: InForce, listed: Listed, there: Place) -> Iterator[Difference]:
    """What Crush does otherwise than we say of the files that are there.

    `ours` is from before Crush listed its models. Where it fell back, its own file now has the choice, which takes
    what stronger files say of the slot: what it sends is told from that.
    """
    with as_here(there):
        fell_back = any(chosen.falls_back for chosen in ours.effective.selected.values())
        requests = dict(_requests(in_force() if fell_back else ours))
    yield from _start_and_lists(ours, listed, there)
    yield from _choices_and_requests(ours, requests, there)


def as_here(there: Place) -> Any:
    """Our side in the stack's surroundings."""
    from contextlib import ExitStack

    stack = ExitStack()
    stack.enter_context(chdir(there.cwd))
    environ = {**there.environ, "WIZARD_OFFLINE": "1", **NO_SERVERS}
    stack.enter_context(mock.patch.dict(os.environ, environ, clear=True))
    stack.enter_context(mock.patch.object(locations, "SYSTEM_FILE", there.folder / "etc" / "crush" / "crush.json"))
    return stack


def our_command(there: Place, *arguments: str, stdin: str = "") -> wizard_program.Finished:
    """One of our commands there."""
    environ = {**there.environ, "WIZARD_OFFLINE": "1", **NO_SERVERS, **wizard_program.LOCALE, **wizard_program.IMPORTS}
    with mock.patch.object(locations, "SYSTEM_FILE", there.folder / "etc" / "crush" / "crush.json"):
        return wizard_program.run_inside(arguments, stdin, there.cwd, environ)


# Whether it starts, and what there is


def _start_and_lists(ours: InForce, listed: Listed, there: Place) -> Iterator[Difference]:
    fatal = ours.effective.fatal
    if not fatal and may_fail(ours):
        there.left_out["whether it starts"] += 1
    if bool(fatal) == listed.starts and not (listed.starts is False and may_fail(ours)):
        said = "; ".join(f"{one.code} {one.message}" for one in fatal) or "it starts"
        yield Difference(f"start {fatal[0].code if fatal else 'refused'}", said, listed.message or "starts")
    if fatal or not listed.starts:
        return
    ids = {one.id for one in ours.effective.providers if not one.builtin}
    for provider in ours.effective.providers:
        models = listed.of(provider.id)
        models = tuple(
            model
            for model in models
            if not any(
                f"{provider.id}/{model}".startswith(f"{other}/") for other in ids if other.startswith(f"{provider.id}/")
            )
        )
        yield from _list_of(provider, models, ours)


def may_fail(ours: InForce) -> bool:
    """Whether only running something would tell that Crush starts, which we say."""
    effective = ours.effective
    headers = [value for one in effective.providers for value in one.headers.values()]
    values = [value for one in effective.providers for value in (one.at_request.api_key, one.at_request.base_url)]
    alone = [one for one in effective.providers if one.kept and (one.model_ids or not one.discovers)]
    hangs_on_an_endpoint = not alone and any(one.discovers for one in effective.providers)
    maybe_stops = any(problem.code.startswith("F") for problem in effective.problems)
    crashes_later = any(value.crashes for value in values) and not effective.fatal
    return (
        bool(effective.uncertain)
        or hangs_on_an_endpoint
        or crashes_later
        or maybe_stops
        or not all(map(is_told, headers))
    )


def _list_of(provider: EffectiveProvider, models: Sequence[str], ours: InForce) -> Iterator[Difference]:
    if _is_uncertain(provider, ours):
        return
    if provider.builtin:
        if (
            not provider.more_models
            and provider.status == "ready"
            and sorted(set(provider.model_ids)) != sorted(models)
        ):
            yield Difference("builtin models", _shown(sorted(set(provider.model_ids))), _shown(models))
        return
    wanted = sorted(provider.model_ids) if provider.kept else []
    if provider.more_models and provider.kept:
        missing = [model for model in wanted if model not in models]
        wanted = wanted if missing and models else list(models)
    if wanted != list(models):
        state = "kept" if provider.kept else f"dropped {provider.code}"
        told = "listed" if models else "not listed"
        yield Difference(
            f"custom {state} {told}", f"{provider.id}: {_shown(wanted)} ({provider.reason})", _shown(models)
        )


def _is_uncertain(provider: EffectiveProvider, ours: InForce) -> bool:
    about = [one for one in ours.effective.uncertain if one.any_provider or one.provider == provider.id]
    return bool(about) or not provider.sure


def _shown(models: Sequence[str]) -> str:
    return ", ".join(models) if len(models) < 12 else f"{len(models)} models"


# What is chosen, and what goes out


@dataclass(frozen=True)
class Expected:
    """A request that we foretell, with what a client library may take from the environment besides."""

    live: Live
    model: str
    request: Request
    leaks: bool
    effort: bool

    @property
    def goes_out(self) -> bool:
        """Whether it can be sent at all: a URL with a plain host, headers of plain text."""
        values = (*self.request.headers, *self.request.headers.values())
        plain = all(value.isprintable() for value in values)
        keyless = bool(TYPES[self.live.type].own_keys) and not self.live.api_key
        lost = is_lost(self.live, self.model)
        return plain and not (keyless or self.leaks or lost) and _HTTP.fullmatch(self.request.url) is not None


def _requests(ours: InForce) -> Iterator[tuple[tuple[str, str], Expected]]:
    """By provider and model, where it can be told: for what is chosen, and the first of every other provider."""
    effective = ours.effective
    untold_leak = bool({"OPENAI_API_KEY"} & (effective.config.get("env", {}).keys() - effective.env))
    chosen = [(one.provider, one.model) for one in effective.selected.values()]
    firsts = [(one.id, one.model_ids[0]) for one in effective.providers if one.kept and one.model_ids]
    for provider_id, model in dict.fromkeys((*chosen, *firsts)):
        provider = effective.provider(provider_id)
        if provider is None or not model:
            continue
        try:
            live = live_in_force(provider, effective)
        except NotTellable:
            continue
        if not (is_told(provider.at_request.api_key) and is_told(provider.at_request.base_url)):
            continue
        if not untestable(live):
            request = chat_request(live, model, stream=True, tool=True)
            yield (
                (provider_id, model),
                Expected(
                    live,
                    model,
                    request,
                    bool(leaks(live, effective.env)) or untold_leak,
                    _knows_effort(provider, model),
                ),
            )


def _knows_effort(provider: EffectiveProvider, model: str) -> bool:
    """Whether what the model can do is known: a catalogue that is not at hand says it for a built-in's own."""
    return not provider.builtin or not provider.more_models or model in provider.model_ids


def _choices_and_requests(
    ours: InForce, requests: Mapping[tuple[str, str], Expected], there: Place
) -> Iterator[Difference]:
    effective = ours.effective
    if effective.fatal:
        return
    if effective.uncertain or may_fail(ours):
        there.left_out["what is sent"] += 1
        return
    if not any(one.kept for one in effective.providers):
        complaint = there.crush.ask(there.cwd)
        if "No providers configured" not in complaint:
            yield Difference("none configured", "no provider works", complaint or "it asked one")
        return
    complaint = there.crush.ask(there.cwd, seconds=SECONDS if _sends(ours, requests) else IN_VAIN_SECONDS)
    yield from _chosen(ours, requests, there, complaint)
    yield from _asked_one_by_one(ours, requests, there)


def _sends(ours: InForce, requests: Mapping[tuple[str, str], Expected]) -> bool:
    large = ours.effective.selected.get("large")
    expected = requests.get((large.provider, large.model)) if large else None
    return expected is not None and expected.goes_out


def _chosen(
    ours: InForce, requests: Mapping[tuple[str, str], Expected], there: Place, complaint: str
) -> Iterator[Difference]:
    internet = there.crush.internet
    assert internet is not None
    remembered = there.crush.remembered()
    for slot, seen in (("large", internet.chats()), ("small", internet.titles())):
        chosen = ours.effective.selected.get(slot)  # type: ignore[call-overload]
        if chosen and chosen.doubt:
            there.left_out[f"the {slot} model"] += 1
        if chosen is None or chosen.doubt:
            if chosen is None and "o providers configured" not in complaint:
                yield Difference(f"{slot} none", "nothing is selected", complaint or _told(seen))
            continue
        if chosen.falls_back:
            kept = (remembered.get("models") or {}).get(slot) or {}
            if (kept.get("provider"), kept.get("model")) != (chosen.provider, chosen.model) and chosen.model:
                yield Difference(f"{slot} fallback", f"{chosen.provider}/{chosen.model}", json.dumps(kept))
        expected = requests.get((chosen.provider, chosen.model))
        if expected and seen:
            yield from _request(f"{slot} ", expected, seen[0])
        elif expected and slot == "large" and expected.goes_out:
            yield Difference(
                f"{slot} silent", f"asks {expected.request.url} for {chosen.model}", complaint or "nothing"
            )


def _asked_one_by_one(
    ours: InForce, requests: Mapping[tuple[str, str], Expected], there: Place
) -> Iterator[Difference]:
    internet = there.crush.internet
    assert internet is not None
    large = ours.effective.selected.get("large")
    others = [key for key in requests if large is None or key != (large.provider, large.model)]
    for provider_id, model in others[:MOST_ASKED]:
        provider = ours.effective.provider(provider_id)
        if provider is None or provider.status == "disabled":
            continue
        expected = requests[provider_id, model]
        if not expected.goes_out or not _can_be_named(provider, model, ours):
            continue
        complaint = there.crush.ask(there.cwd, f"{provider_id}/{model}")
        if complaint.startswith("Failed to initialize"):  # the large or the small one has no key
            continue
        if internet.chats():
            yield from _request("", expected, internet.chats()[0])
        elif expected.goes_out:
            yield Difference("silent", f"asks {expected.request.url} for {model}", complaint or "nothing")


def _can_be_named(provider: EffectiveProvider, model: str, ours: InForce) -> bool:
    """Whether --model means this one; it knows no letter case, and no provider with a slash or without an id."""
    alike = [
        known
        for other in ours.effective.providers
        if other.id.casefold() == provider.id.casefold()
        for known in other.model_ids
        if known.casefold() == model.casefold()
    ]
    return len(alike) < 2 and provider.id != "" and "/" not in provider.id and (bool(alike) or not provider.more_models)


def _told(seen: Sequence[Sent]) -> str:
    return f"it asked {seen[0].url}" if seen else "nothing"


def _request(prefix: str, expected: Expected, sent: Sent) -> Iterator[Difference]:
    if expected.request.url != sent.url:
        yield Difference(f"{prefix}url", expected.request.url, sent.url)
        return
    ours = {name.lower(): value for name, value in expected.request.headers.items()}
    for name in dict.fromkeys((*ours, *CREDENTIALS)):
        wanted, found = ours.get(name), sent.headers.get(name)
        if (found or "").strip() in _any_of(name, expected.live):
            continue
        if (wanted or "").strip() != (found or "").strip() and not (wanted is None and expected.leaks):
            yield Difference(f"{prefix}header {name if name in CREDENTIALS else ''}", f"{name}: {wanted}", f"{found}")
    yield from _body(prefix, expected, sent.body)


def _any_of(name: str, live: Live) -> Sequence[str]:
    """The values of a header with two spellings: Crush takes them in no order, so each may be the last."""
    values = [value.strip() for known, value in live.headers.items() if known.lower() == name]
    return values if len(values) > 1 else ()


def _body(prefix: str, expected: Expected, body: Any) -> Iterator[Difference]:
    foretold = json.loads(json.dumps(expected.request.body))
    names = {
        "model",
        *(("reasoning_effort",) if expected.effort else ()),
        *(path.partition(".")[0] for path in expected.live.body),
    }
    for name in names:
        if name in expected.live.body and name not in foretold:
            continue  # a type that does not send it
        if foretold.get(name) != (body or {}).get(name) and not (prefix == "small " and name == "reasoning_effort"):
            yield Difference(f"{prefix}body {name}", f"{foretold.get(name)}", f"{(body or {}).get(name)}")

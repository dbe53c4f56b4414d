"""The live test of a provider: what Crush will get, layer by layer, and where it ends.

resolve, connect, tls, models, key, chat, stream, tools: a layer that fails skips the ones behind it, with the
reason. The key is never believed on the strength of a model list: many servers show it to anyone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from msgspec import Struct
from msgspec.structs import asdict, replace

from wizard.endpoints.conversation import ChatOutcome, Exchange, ask, ask_streaming, document_of, finding_for, send
from wizard.endpoints.diagnosis import Diagnosis, RequestContext, alternatives
from wizard.endpoints.model_lists import Page, parse_page
from wizard.endpoints.refusal import quoted
from wizard.endpoints.wire import (
    REFUSING,
    WRONG_KEY,
    api_base,
    has_credential,
    leaks,
    list_request,
    secrets_of,
    untestable,
    with_wrong_key,
)
from wizard.errors import Terminated
from wizard.network.client import Client, Unreachable
from wizard.network.running import run
from wizard.words import counted, joined

if TYPE_CHECKING:
    from wizard.endpoints.wire import Live
    from wizard.provider.model_facts import ModelFacts

StepName = Literal["resolve", "connect", "tls", "models", "key", "chat", "stream", "tools"]
STEPS: tuple[StepName, ...] = get_args(StepName)
Status = Literal["ok", "failed", "skipped"]

LONGEST_REPLY = 40
"""Characters of a model's reply that are shown."""


class Step(Struct, frozen=True):
    """`ms`: milliseconds, None where nothing was measured. `code`: "" when all is well. `hint`: the cure."""

    name: StepName
    status: Status
    ms: int | None = None
    code: str = ""
    detail: str = ""
    hint: str = ""


class ProbeResult(Struct, frozen=True):
    """All steps of one provider, in their order. `stopped`: the user ended the test before it was through; `for_good`:
    another process did, which wants nothing to go on.

    `listed` are the models that the endpoint named, or the first part of them.
    """

    provider: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    stopped: bool = False
    listed: tuple[ModelFacts, ...] = ()
    for_good: bool = False

    @property
    def ok(self) -> bool:
        return not self.stopped and all(step.status != "failed" for step in self.steps)

    def report(self) -> dict[str, Any]:
        """The JSON object of `crush-wizard test --json`."""
        return {"provider": self.provider, "ok": self.ok, "steps": [asdict(step) for step in self.steps]}


OnStep = Callable[[str, Step], None]
"""Called with the provider's id and each step as soon as it is known."""


def run_probes(
    lives: Sequence[Live], environ: Mapping[str, str], *, quick: bool, seconds: float, on_step: OnStep
) -> tuple[ProbeResult, ...]:
    """Test all providers side by side. Ctrl-C ends it: what is known is kept, the rest is skipped as `stopped`."""
    known: dict[str, list[Step]] = {live.id: [] for live in lives}

    def remember(provider: str, step: Step) -> None:
        known[provider].append(step)
        on_step(provider, step)

    try:
        return run(probe_all(lives, environ, quick=quick, seconds=seconds, on_step=remember))
    except KeyboardInterrupt as end:
        for_good = isinstance(end, Terminated)
        return tuple(_stopped(live, known[live.id], environ, for_good=for_good) for live in lives)


async def probe_all(
    lives: Sequence[Live], environ: Mapping[str, str], *, quick: bool, seconds: float, on_step: OnStep
) -> tuple[ProbeResult, ...]:
    """The results in the order of `lives`, whose ids differ. `seconds`: for each request."""
    async with Client(environ, seconds=seconds) as client:
        tests = (probe(client, live, quick=quick, on_step=on_step, seconds=seconds) for live in lives)
        results = await asyncio.gather(*tests)
    return tuple(replace(result, notes=leaks(live, environ)) for live, result in zip(lives, results, strict=True))


async def probe(client: Client, live: Live, *, quick: bool, on_step: OnStep, seconds: float) -> ProbeResult:
    """Test one provider. With `quick` nothing is chatted."""
    test = _Test(client, live, seconds, on_step)
    await test.run(quick=quick)
    return ProbeResult(live.id, tuple(test.steps), listed=test.listed)


def _stopped(live: Live, known: Sequence[Step], environ: Mapping[str, str], *, for_good: bool) -> ProbeResult:
    rest = [Step(name, "skipped", code="stopped", detail="stopped") for name in STEPS[len(known) :]]
    return ProbeResult(live.id, (*known, *rest), leaks(live, environ), stopped=bool(rest), for_good=for_good)


class _Test:
    """The test of one provider while it goes on; `steps` and `listed` are what is known so far."""

    def __init__(self, client: Client, live: Live, seconds: float, on_step: OnStep) -> None:
        self.steps: list[Step] = []
        self.listed: tuple[ModelFacts, ...] = ()
        self._client = client
        self._live = live
        self._seconds = seconds
        self._on_step = on_step

    async def run(self, *, quick: bool) -> None:
        if reason := untestable(self._live):
            self._skip_rest("untestable", reason)
            return
        outcome = await send(self._client, list_request(self._live), self._seconds)
        for step in layer_steps(outcome, self._live):
            self._say(step)
        if any(step.status == "failed" for step in self.steps):
            self._skip_rest("not-reached", "the endpoint was not reached")
            return
        page = _offered(outcome)
        self.listed = page.models
        self._say(_models_step(self._live, outcome, page))
        if quick:
            self._say(await self._key_by_list(outcome, page))
            self._skip_rest("quick", "not asked for")
        else:
            await self._converse(page)

    def _say(self, step: Step) -> None:
        self.steps.append(step)
        self._on_step(self._live.id, step)

    def _skip_rest(self, code: str, detail: str) -> None:
        for name in STEPS[len(self.steps) :]:
            self._say(Step(name, "skipped", code=code, detail=detail))

    async def _key_by_list(self, outcome: Exchange, page: Page) -> Step:
        """Without a chat: the list proves the key only if a wrong key does not get it."""
        if not page.models:
            return _key_without_list(finding_for(outcome, RequestContext(self._live)))
        if not has_credential(self._live):
            return Step("key", "skipped", code="no-key", detail="no key is configured")
        wrong = await send(self._client, list_request(with_wrong_key(self._live, WRONG_KEY)), self._seconds)
        if not isinstance(wrong.result, Unreachable) and wrong.result.status in REFUSING:
            return Step("key", "ok", wrong.ms, detail="a wrong key does not get the list of models, this one does")
        return Step("key", "skipped", wrong.ms, "not-proven", "the list of models needs no key", _LEAVE_QUICK)

    async def _converse(self, page: Page) -> None:
        models = _models_to_ask(self._live, page)
        if not models:
            self._skip_rest("no-model", "no model is configured, and the endpoint lists none")
            return
        asked = RequestContext(self._live, models[0], tuple(model.id for model in page.models))
        chat = await ask(self._client, asked, self._seconds)
        needs_stream = _wants_stream(chat)
        proof = await self._streamed(asked) if needs_stream else chat
        self._say(_key_step(self._live, proof))
        if self._failed_at("key"):
            self._skip_rest("key-refused", "the key was refused")
            return
        self._say(_STREAM_ONLY if needs_stream else await self._chat_step(asked, chat, models[1:]))
        if chat.finding and not needs_stream:
            self._skip_rest("chat-failed", "the chat request failed")
            return
        await self._stream(asked)

    async def _stream(self, asked: RequestContext) -> None:
        self._say(_stream_step(await self._streamed(asked)))
        if self._failed_at("stream"):
            self._skip_rest("stream-failed", "the streamed chat failed")
            return
        self._say(_tools_step(await self._streamed(asked, tool=True)))

    def _failed_at(self, name: StepName) -> bool:
        return any(step.name == name and step.status == "failed" for step in self.steps)

    async def _streamed(self, asked: RequestContext, *, tool: bool = False) -> ChatOutcome:
        return await ask_streaming(self._client, asked, self._seconds, tool=tool)

    async def _chat_step(self, asked: RequestContext, chat: ChatOutcome, others: tuple[str, ...]) -> Step:
        if chat.finding:
            return _failed_step("chat", chat.ms, await self._with_proven_cure(chat.finding, asked))
        for model in others:
            other = await ask(self._client, replace(asked, model=model), self._seconds)
            if other.finding and not _wants_stream(other):
                message = (
                    f"{quoted(asked.model, ())} answers, but {quoted(model, ())} does not: {other.finding.message}"
                )
                return _failed_step("chat", other.ms, replace(other.finding, message=message))
        reply = quoted(chat.reply.text, secrets_of(asked.live)) if chat.reply else ""
        quote = f': "{reply[:LONGEST_REPLY]}"' if reply else ""
        names = quoted(joined((asked.model, *others)), ())
        return Step("chat", "ok", chat.ms, detail=f"{names} answered{quote}")

    async def _with_proven_cure(self, finding: Diagnosis, asked: RequestContext) -> Diagnosis:
        """After a wrong address or type: what was probably meant is tried, and the first that works is the cure."""
        if finding.code not in ("not-found", "method-refused", "wrong-type", "web-page"):
            return finding
        for other in alternatives(asked.live, asked.model):
            chat = await ask(self._client, replace(asked, live=other), self._seconds)
            if chat.reply:
                return replace(finding, cure=f"{_difference(asked.live, other)}: tried, it works")
        return replace(finding, cure="check the base_url and the type; the usual paths were tried, too")


Connection = Literal["resolve", "connect", "tls"]
_CONNECTION: tuple[Connection, ...] = get_args(Connection)


def layer_steps(outcome: Exchange, live: Live) -> Iterator[Step]:
    """resolve, connect and tls, read off the first request."""
    for layer in _CONNECTION:
        if layer == "tls" and not api_base(live).startswith("https://"):
            yield Step(layer, "skipped", code="plain-http", detail="the address is plain http")
        elif isinstance(outcome.result, Unreachable):
            yield _layer_of_failure(layer, outcome.result, outcome, live)
        else:
            seconds: float | None = getattr(outcome.result.timings, layer)
            yield Step(layer, "ok", None if seconds is None else round(seconds * 1000))


def _layer_of_failure(layer: Connection, error: Unreachable, outcome: Exchange, live: Live) -> Step:
    if layer == error.layer:
        return _failed_step(layer, outcome.ms, finding_for(outcome, RequestContext(live)))
    if layer in error.reached:
        return Step(layer, "ok")
    if error.layer == "http" or STEPS.index(layer) < STEPS.index(error.layer):
        return Step(layer, "skipped", code="not-needed", detail="not needed: a proxy does it, or nothing was sent")
    return Step(layer, "skipped", code="not-reached", detail="the endpoint was not reached")


def _models_step(live: Live, outcome: Exchange, page: Page) -> Step:
    """A provider whose models are configured needs no list; without them Crush depends on it."""
    if page.models:
        return Step("models", "ok", outcome.ms, detail=_listing(live, page))
    finding = finding_for(outcome, RequestContext(live))
    status: Status = "skipped" if live.models else "failed"
    return Step("models", status, outcome.ms, finding.code, f"no list of models: {finding.message}", finding.cure)


def _listing(live: Live, page: Page) -> str:
    count = counted(len(page.models), "model")
    if page.after:
        return f"{count}, and there are more"
    offered = {model.id for model in page.models}
    missing = [model for model in live.models if model not in offered]
    return f"{count}; not among them: {quoted(', '.join(missing[:3]), ())}" if missing else count


def _offered(outcome: Exchange) -> Page:
    """The list of models, or the first part of it; empty if there is none."""
    return parse_page(document_of(outcome)) or Page(())


_LEAVE_QUICK = "only a chat can tell: test without --quick"
_STREAM_ONLY = Step("chat", "skipped", None, "stream-only", "the endpoint answers streams only; Crush always streams")
_REFUSED_KEY = ("key-refused", "key-missing")


def _key_without_list(finding: Diagnosis) -> Step:
    if finding.code in _REFUSED_KEY:
        return _failed_step("key", None, finding)
    return Step("key", "skipped", None, "not-proven", "there is no list of models to try it with", _LEAVE_QUICK)


def _key_step(live: Live, chat: ChatOutcome) -> Step:
    """What a chat request says about the key."""
    if chat.finding and chat.finding.code in _REFUSED_KEY:
        return _failed_step("key", chat.ms, chat.finding)
    if chat.finding:
        return Step("key", "skipped", code="not-proven", detail="the chat request failed for another reason")
    if not has_credential(live):
        return Step("key", "skipped", code="no-key", detail="no key is configured, and none is asked for")
    return Step("key", "ok", chat.ms, detail="accepted with a chat request")


def _models_to_ask(live: Live, page: Page) -> tuple[str, ...]:
    """The model for the large slot, then the small one's; else the first that is configured, or listed and chats."""
    chosen = tuple(dict.fromkeys(filter(None, (live.large, live.small))))
    listed = tuple(model.id for model in page.models if model.chats is not False)
    return chosen or live.models[:1] or listed[:1]


def _wants_stream(chat: ChatOutcome) -> bool:
    return chat.finding is not None and chat.finding.code == "stream-only"


def _stream_step(chat: ChatOutcome) -> Step:
    if chat.finding:
        return _failed_step("stream", chat.ms, chat.finding)
    return Step("stream", "ok", chat.ms, detail=f"first words after {chat.first_ms} ms")


def _tools_step(chat: ChatOutcome) -> Step:
    """An answer without a call is no failure of the endpoint; an endpoint that refuses tools is no good for Crush."""
    if chat.finding:
        return _failed_step("tools", chat.ms, chat.finding)
    if chat.reply and chat.reply.calls_tool:
        return Step("tools", "ok", chat.ms, detail="the model called the tool")
    detail = "tools are accepted, but the model answered without calling the one it was asked to call"
    hint = "if Crush only talks instead of working on files, choose another model"
    return Step("tools", "ok", chat.ms, "no-tool-call", detail, hint)


def _failed_step(name: StepName, ms: int | None, finding: Diagnosis) -> Step:
    return Step(name, "failed", ms, finding.code, finding.message, finding.cure)


def _difference(live: Live, other: Live) -> str:
    parts = []
    if other.type != live.type:
        parts.append(f"use type {other.type}")
    if other.base_url != live.base_url:
        parts.append(f"set base_url to {other.base_url}")
    return joined(parts)

"""The live test of a provider: what Crush will get, layer by layer, and where it ends.

resolve, connect, tls, models, key, chat, stream, tools: a layer that fails skips the ones behind it, with the
reason. The key is never believed on the strength of a model list: many servers show it to anyone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import asdict, replace

from wizard.endpoints.conversation import ChatOutcome, Exchange, ask, ask_streaming, chat_outcome, finding_for, send
from wizard.endpoints.diagnosis import (
    LIMITS,
    REFUSED_KEY,
    UNSERVED,
    Diagnosis,
    RequestContext,
    alternatives,
    instead_of,
    is_azure,
)
from wizard.endpoints.known_refusals import PROVES_KEY
from wizard.endpoints.list_search import Search
from wizard.endpoints.listing import is_guarded
from wizard.endpoints.model_lists import Page, read_page
from wizard.endpoints.refusal import quoted
from wizard.endpoints.served_window import too_small_window
from wizard.endpoints.wire import (
    api_base,
    for_title,
    has_credential,
    has_list,
    knock_request,
    leaks,
    list_request,
    roll_call_request,
    secrets_of,
    untestable,
)
from wizard.errors import Terminated
from wizard.network.client import Client, Unreachable
from wizard.network.running import run
from wizard.provider.base_url import is_local
from wizard.regexp import regexp
from wizard.shown import command_line
from wizard.words import counted, joined

if TYPE_CHECKING:
    from wizard.endpoints.wire import Live
    from wizard.provider.model_facts import ModelFacts

StepName = Literal["resolve", "connect", "tls", "models", "key", "chat", "stream", "tools"]
STEPS: tuple[StepName, ...] = get_args(StepName)
Status = Literal["ok", "failed", "skipped"]
Verdict = Literal["works", "reachable", "fails", "untested", "stopped"]
"""`works`: a chat was answered. `reachable`: it answers, and whether it chats is not proved."""

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


class Cure(Struct, frozen=True):
    """The type and the base URL with which a chat was answered, where those of the provider failed."""

    type: str
    base_url: str


class ProbeResult(Struct, frozen=True):
    """All steps of one provider, in their order. `stopped`: the user ended the test before it was through; `for_good`:
    another process did, which wants nothing to go on.

    `listed` are the models that the endpoint named, or the first part of them. `cure`: what was tried and works.
    """

    provider: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    stopped: bool = False
    listed: tuple[ModelFacts, ...] = ()
    for_good: bool = False
    cure: Cure | None = None

    @property
    def ok(self) -> bool:
        return not self.stopped and all(step.status != "failed" for step in self.steps)

    @property
    def failure(self) -> Step | None:
        """The first step that failed."""
        return next((step for step in self.steps if step.status == "failed"), None)

    @property
    def reached(self) -> bool:
        """Whether anybody answers there at all: no network and no VPN say nothing about a provider."""
        return self.failure is None or self.failure.name not in _CONNECTION

    @property
    def verdict(self) -> Verdict:
        if self.stopped:
            return "stopped"
        return verdict_on(self.steps)

    def report(self) -> dict[str, Any]:
        """The JSON object of `crush-wizard test --json`."""
        steps = [asdict(step) for step in self.steps]
        return {"provider": self.provider, "ok": self.ok, "verdict": self.verdict, "steps": steps}


def verdict_on(steps: Sequence[Step]) -> Verdict:
    """What a test that was not stopped has come to."""
    if any(step.status == "failed" for step in steps):
        return "fails"
    if all(step.status == "skipped" for step in steps):
        return "untested"
    answered = any(step.status == "ok" for step in steps if step.name in ("chat", "stream"))
    return "works" if answered else "reachable"


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
        return run(lambda: probe_all(lives, environ, quick=quick, seconds=seconds, on_step=remember))
    except KeyboardInterrupt as end:
        for_good = isinstance(end, Terminated)
        return tuple(_stopped(live, known[live.id], environ, for_good=for_good) for live in lives)


async def probe_all(
    lives: Sequence[Live], environ: Mapping[str, str], *, quick: bool, seconds: float, on_step: OnStep
) -> tuple[ProbeResult, ...]:
    """The results in the order of `lives`, whose ids differ. `seconds`: for each request."""
    turns: dict[str, asyncio.Lock] = {}
    async with Client(environ, seconds=seconds) as client:
        tests = [_Test(client, live, seconds, on_step, _turn(turns, live)) for live in lives]
        results = await asyncio.gather(*(test.result(quick=quick) for test in tests))
    found = zip(lives, results, strict=True)
    return tuple(replace(result, notes=(*result.notes, *leaks(live, environ))) for live, result in found)


def _turn(turns: dict[str, asyncio.Lock], live: Live) -> AbstractAsyncContextManager[object]:
    """What a chat waits for: a model server of one's own may take one at a time, and let the others wait, or cut the
    one that it is answering (llama-cpp-python).
    """
    address = urlsplit(api_base(live))
    return turns.setdefault(address.netloc, asyncio.Lock()) if is_local(address.hostname or "") else nullcontext()


def _stopped(live: Live, known: Sequence[Step], environ: Mapping[str, str], *, for_good: bool) -> ProbeResult:
    rest = [Step(name, "skipped", code="stopped", detail="stopped") for name in STEPS[len(known) :]]
    return ProbeResult(live.id, (*known, *rest), leaks(live, environ), stopped=bool(rest), for_good=for_good)


class _Test:
    """The test of one provider while it goes on; `steps`, `listed` and `cure` are what is known so far."""

    def __init__(
        self, client: Client, live: Live, seconds: float, on_step: OnStep, turn: AbstractAsyncContextManager[object]
    ) -> None:
        self.steps: list[Step] = []
        self.listed: tuple[ModelFacts, ...] = ()
        self.cure: Cure | None = None
        self.notes: tuple[str, ...] = ()
        self._client = client
        self._live = live
        self._seconds = seconds
        self._on_step = on_step
        self._turn = turn

    async def result(self, *, quick: bool) -> ProbeResult:
        """With `quick` nothing is chatted."""
        await self.run(quick=quick)
        return ProbeResult(self._live.id, tuple(self.steps), self.notes, listed=self.listed, cure=self.cure)

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
        if quick:
            await self._look(outcome, page)
        else:
            self._say(_models_step(self._live, outcome, page))
            async with self._turn:
                await self._converse(outcome, page)

    def _say(self, step: Step) -> None:
        if step.status == "failed" and step.code in _PROXY_MAY_SAY:
            step = self._with_proxy(step)
        self.steps.append(step)
        self._on_step(self._live.id, step)

    def _with_proxy(self, step: Step) -> Step:
        """Without TLS a proxy on the way may have answered itself, in the endpoint's place."""
        url = api_base(self._live)
        proxy = self._client.proxy(url) if url.startswith("http://") else None
        if proxy is None:
            return step
        detail = f"{step.detail} (went through {proxy.scheme}://{proxy.where})"
        cure = f"for a host of your own network set NO_PROXY={urlsplit(url).hostname}"
        return replace(step, detail=detail, hint=f"{cure}; else: {step.hint}" if step.hint else cure)

    def _skip_rest(self, code: str, detail: str) -> None:
        for name in STEPS[len(self.steps) :]:
            self._say(Step(name, "skipped", code=code, detail=detail))

    # Without a chat

    async def _look(self, outcome: Exchange, page: Page) -> None:
        """What the list of models shows; where there is none, whether there is a chat to be had."""
        if not has_list(self._live):
            self._say(_UNLISTED)
            self._say(_unproven(self._live, _NO_LIST))
        elif page.models:
            self._say(await self._models_by_list(outcome, page))
            self._say(await self._key_by_list())
        else:
            for step in await self._without_list(outcome):
                self._say(step)
        self._skip_rest("quick", "a chat was not tried")

    async def _models_by_list(self, outcome: Exchange, page: Page) -> Step:
        """Whether there is the model that Crush would ask: by the list, and by its name where the list lacks it."""
        missing = _unlisted(self._live, _models_to_ask(self._live, page), page)
        if not missing:
            return _models_step(self._live, outcome, page)
        detail, hint = _listing(page, missing), _closest_listed(self._live, missing, page)
        is_gone = page.server in _TELL_ALL or await self._is_unknown(missing[0], page)
        return Step("models", "failed" if is_gone else "skipped", outcome.ms, "model-not-listed", detail, hint)

    async def _is_unknown(self, model: str, page: Page) -> bool:
        """Whether the endpoint says of a model's name that it is none, or that the key may not use it."""
        request = roll_call_request(self._live, model)
        if request is None:
            return False
        answer = await send(self._client, request, self._seconds)
        asked = RequestContext(self._live, model, tuple(model.id for model in page.models))
        return finding_for(answer, asked).code in ("model-not-found", "model-forbidden")

    async def _key_by_list(self) -> Step:
        """The list proves the key only if a wrong key does not get it."""
        if not has_credential(self._live):
            return Step("key", "skipped", code="no-key", detail="no key is configured")
        if await is_guarded(self._client, self._live, list_request(self._live).url, self._seconds):
            return Step("key", "ok", detail="a wrong key does not get the list of models, this one does")
        return _unproven(self._live, "the list of models needs no key")

    async def _without_list(self, outcome: Exchange) -> Iterator[Step]:
        """The steps for list and key."""
        finding = _why_no_list(outcome, self._live)
        if finding.code in REFUSED_KEY and not self._live.models:
            return iter((_no_list(finding, outcome.ms, "skipped"), _failed_step("key", outcome.ms, finding)))
        if isinstance(outcome.result, Unreachable) or not self._live.models:
            return iter((_no_list(finding, outcome.ms, "failed"), _unproven(self._live, _NO_LIST)))
        if finding.code in PROVES_KEY:
            return iter((_no_list(finding, outcome.ms, "skipped"), Step("key", "ok", detail=finding.message)))
        return await self._knocked(finding)

    async def _knocked(self, finding: Diagnosis) -> Iterator[Step]:
        """A chat request without a question tells whether somebody would take one."""
        asked = RequestContext(self._live, self._live.models[0])
        answer = await send(self._client, knock_request(asked.live, asked.model), self._seconds)
        chat = finding_for(answer, asked)
        if chat.code in UNSERVED and _takes_chats(answer, asked):
            return iter((_no_list(finding, answer.ms, "skipped"), _unproven(self._live, _NO_LIST)))
        if chat.code in UNSERVED and (elsewhere := await self._listed_elsewhere(asked)):
            message = f"{chat.message}; the models are listed at {quoted(api_base(elsewhere), secrets_of(self._live))}"
            chat = replace(chat, message=message, cure=_difference(self._live, elsewhere))
        elif chat.code in UNSERVED:
            chat = min(chat, finding, key=_says_more_of_key)
        if chat.code in REFUSED_KEY:
            return iter((_no_list(finding, answer.ms, "skipped"), _failed_step("key", answer.ms, chat)))
        if chat.code in PROVES_KEY:
            return iter((_no_list(finding, answer.ms, "skipped"), Step("key", "ok", detail=chat.message)))
        if chat.code not in _NOBODY_THERE and not isinstance(answer.result, Unreachable):
            return iter((_no_list(finding, answer.ms, "skipped"), _unproven(self._live, _NO_LIST)))
        return iter((_failed_step("models", answer.ms, chat), _unproven(self._live, _NO_LIST)))

    async def _listed_elsewhere(self, asked: RequestContext) -> Live | None:
        """The provider as it may have been meant: with the first other address or type that has a list."""
        for other in alternatives(asked.live, asked.model):
            if _is_list(await send(self._client, list_request(other), self._seconds)):
                return other
        return None

    # With chats

    async def _converse(self, outcome: Exchange, page: Page) -> None:
        models = _models_to_ask(self._live, page)
        if not models:
            self._skip_rest("no-model", "no model is configured, and the endpoint lists none")
            return
        asked = RequestContext(self._live, models[0], tuple(model.id for model in page.models))
        chat = await ask(self._client, asked, self._seconds)
        if chat.finding and chat.finding.code in UNSERVED:
            chat = replace(chat, finding=await self._with_proven_cure(chat.finding, asked))
        needs_stream = _wants_stream(chat)
        self._say(self._key_step(await self._streamed(asked) if needs_stream else chat, outcome))
        if self._failed_at("key"):
            self._skip_rest("key-refused", "the key was refused")
            return
        if chat.finding and chat.finding.code == "model-forbidden":
            asked, step = await self._another_model(asked, chat, chat.finding)
        else:
            step = _STREAM_ONLY if needs_stream else await self._chat_step(asked, chat, models[1:])
        if step.status == "ok" and (small := await self._too_small(asked.model, page)):
            step = _failed_step("chat", step.ms, small)
        self._say(step)
        if step.status == "failed":
            self._skip_rest("chat-failed", "the chat request failed")
            return
        if asked.model in asked.live.unlimited:
            await self._try_title(asked)
        await self._stream(asked)

    async def _try_title(self, asked: RequestContext) -> None:
        """That a longest answer is refused where only a title has one is worth a note."""
        title = replace(asked, live=for_title(asked.live))
        finding = (await ask(self._client, title, self._seconds)).finding
        if finding and finding.parameter in LIMITS:
            refused = f"{asked.live.id} refuses {finding.parameter}"
            self.notes += (f"{refused}: Crush sends it for titles only, which may fail",)

    def _key_step(self, chat: ChatOutcome, outcome: Exchange) -> Step:
        """What a chat request says about the key, and the list where there is no chat to be had."""
        finding = chat.finding
        if finding and finding.code in UNSERVED and self.cure is None and not _is_list(outcome):
            finding = min(finding, finding_for(outcome, RequestContext(self._live)), key=_says_more_of_key)
        if finding and finding.code in REFUSED_KEY:
            return _failed_step("key", chat.ms, finding)
        if finding and finding.code in PROVES_KEY:
            return Step("key", "ok", chat.ms, detail=finding.message)
        if finding:
            return Step("key", "skipped", code="not-proven", detail="the chat request failed for another reason")
        if not has_credential(self._live):
            return Step("key", "skipped", code="no-key", detail="no key is configured, and none is needed")
        return Step("key", "ok", chat.ms, detail="accepted with a chat request")

    async def _another_model(
        self, asked: RequestContext, chat: ChatOutcome, forbidden: Diagnosis
    ) -> tuple[RequestContext, Step]:
        """A key that may not use one model may use others: those that are named, configured, listed, in this order."""
        known = dict.fromkeys((*forbidden.allowed, *asked.live.models, *asked.listed))
        for model in [model for model in known if model != asked.model][:_MOST_TRIED]:
            other = replace(asked, model=model)
            answer = await ask(self._client, other, self._seconds)
            if answer.reply:
                hint = f"use {quoted(model, ())}: tried, it works"
                is_chosen = asked.model in (asked.live.large, asked.live.small)
                is_there = not asked.live.models or model in asked.live.models
                status: Status = "ok" if is_there and not is_chosen else "failed"
                return other, Step("chat", status, answer.ms, forbidden.code, forbidden.message, hint)
        return asked, _failed_step("chat", chat.ms, forbidden)

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

    async def _too_small(self, model: str, page: Page) -> Diagnosis | None:
        return await too_small_window(Search(self._client, self._live, self._seconds), self._live, model, page)

    async def _chat_step(self, asked: RequestContext, chat: ChatOutcome, others: tuple[str, ...]) -> Step:
        if chat.finding:
            return _failed_step("chat", chat.ms, chat.finding)
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
        told = ""
        for other in alternatives(asked.live, asked.model):
            chat = await ask(self._client, replace(asked, live=other), self._seconds)
            change = _difference(asked.live, other)
            if chat.reply:
                self.cure = Cure(other.type, other.base_url)
                return replace(finding, cure=f"{change}: tried, it works")
            if chat.finding and chat.finding.code in _SAID_BY_AN_API:
                told = told or f"{change}, where an API answers; it says: {chat.finding.message}"
        return replace(finding, cure=told or "check the base_url and the type; the usual paths were also tried")


Connection = Literal["resolve", "connect", "tls"]
_CONNECTION: tuple[Connection, ...] = get_args(Connection)


def layer_steps(outcome: Exchange, live: Live) -> Iterator[Step]:
    """resolve, connect and tls, read off the first request."""
    for layer in _CONNECTION:
        if layer == "tls" and not api_base(live).startswith("https://"):
            yield Step(layer, "skipped", code="plain-http", detail="the URL is plain http")
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
    if not has_list(live):
        return _UNLISTED
    if page.models:
        missing = _unlisted(live, live.models, page)
        hint = _closest_listed(live, tuple(model for model in missing if model not in _models_to_ask(live, page)), page)
        code = "model-not-listed" if hint else ""
        return Step("models", "ok", outcome.ms, code, _listing(page, missing), hint)
    return _no_list(_why_no_list(outcome, live), outcome.ms, "skipped" if live.models else "failed")


def _why_no_list(outcome: Exchange, live: Live) -> Diagnosis:
    if not _is_list(outcome):
        return finding_for(outcome, RequestContext(live))
    cure = "get one first (Ollama: `ollama pull MODEL`), or, on a gateway, allow one for this key"
    return Diagnosis("empty-list", "the server has no model", cure)


def _no_list(finding: Diagnosis, ms: int, status: Status) -> Step:
    message = finding.message if finding.code == "empty-list" else f"no list of models: {finding.message}"
    return Step("models", status, ms, finding.code, message, finding.cure)


def _listing(page: Page, missing: Sequence[str]) -> str:
    count = counted(len(page.models), "model")
    if page.after:
        return f"{count}, and there are more"
    return f"{count}; not among them: {quoted(', '.join(missing[:3]), ())}" if missing else count


def _closest_listed(live: Live, missing: Sequence[str], page: Page) -> str:
    """What was probably meant by the first of the missing models."""
    if not missing:
        return ""
    close = instead_of(missing[0], tuple(model.id for model in page.models))
    if close:
        return f"the endpoint offers {joined(quoted(model, ()) for model in close)}"
    return f"`{command_line('models', live.id)}` shows what the endpoint offers"


def _unlisted(live: Live, models: Sequence[str], page: Page) -> tuple[str, ...]:
    """Models that are not there, as far as a list can tell: some are lists of something else, or of a part."""
    offered = {model.id for model in page.models}
    is_only_one = page.server == "llamacpp" and len(offered) == 1  # it answers to every name
    if page.after or is_only_one or is_azure(live) or page.server == "lmstudio" or any("*" in id_ for id_ in offered):
        return ()
    named = {_plain(model) for model in offered}
    return tuple(model for model in models if _plain(model) not in named and not model.startswith("accounts/"))


def _plain(model: str) -> str:
    """A model's id without what stands for the same one: Ollama's default tag, a date, a variant of a router."""
    return _SAME_MODEL.sub("", model.removeprefix("models/"))


_SAME_MODEL = regexp(r"(?::[\w.-]+|-latest|-\d{8}|-\d{4}-\d\d-\d\d)$")


def _offered(outcome: Exchange) -> Page:
    """The list of models, or the first part of it; empty if there is none."""
    page = None if isinstance(outcome.result, Unreachable) else read_page(outcome.result)
    return page or Page(())


def _is_list(outcome: Exchange) -> bool:
    return not isinstance(outcome.result, Unreachable) and read_page(outcome.result) is not None


def _takes_chats(answer: Exchange, asked: RequestContext) -> bool:
    """Whether a request without a question was answered: some gateways put one in."""
    return chat_outcome(answer, asked).reply is not None


def _says_more_of_key(finding: Diagnosis) -> bool:
    """To find the smallest: False comes first."""
    return finding.code not in REFUSED_KEY


_NO_LIST = "there is no list of models to try it with"
_NOBODY_THERE = (*UNSERVED, "login-page", "redirected", "server-error", "gateway-setup", "region")
"""Codes of findings after which nobody would have taken a chat."""
_SAID_BY_AN_API = (
    *(*REFUSED_KEY, *PROVES_KEY, "model-not-found", "no-model-loaded", "not-a-chat-model", "gateway-setup"),
    *("context-too-small", "out-of-memory", "loading", "rate-limited"),
)
"""Codes of findings that nobody would say where there is no API."""
_TELL_ALL = ("ollama", "vllm", "sglang")
"""Servers that list every model which they have."""
_PROXY_MAY_SAY = (*_NOBODY_THERE, "forbidden", "request-refused", "timed-out", "closed-early")
"""Codes of findings that a proxy may have brought about."""
_MOST_TRIED = 3
"""Other models, for a key that may not use one."""
_UNLISTED = Step("models", "skipped", None, "no-list", "the models are listed elsewhere")
_STREAM_ONLY = Step("chat", "skipped", None, "stream-only", "the endpoint answers streams only; Crush always streams")


def _unproven(live: Live, why: str) -> Step:
    return Step("key", "skipped", None, "not-proven", why, f"test a chat: {command_line('test', live.id)}")


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

"""What an answer, or the lack of one, means for Crush, and the cure (crush-behaviour 2.4, 10.4, 11).

A pure table of rules: the first that recognises the answer speaks.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, zip_longest
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from wizard.endpoints.known_refusals import BY_STATUS, allowed_models, is_about_a_model, known_refusal
from wizard.endpoints.refusal import Refusal, masked, quoted, refusal_in, wait_seconds
from wizard.endpoints.wire import api_base, dialect, has_credential, secrets_of, uses_responses
from wizard.near import MOST, near
from wizard.network.json_answer import NotJson
from wizard.provider.base_url import InvalidBaseUrl, is_local, normalize_base_url
from wizard.provider.types import TYPES
from wizard.regexp import regexp
from wizard.shown import command_line
from wizard.words import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wizard.endpoints.known_refusals import Meaning
    from wizard.endpoints.wire import Live
    from wizard.network.client import Response
    from wizard.network.unreachable import Unreachable


class Diagnosis(Struct, frozen=True):
    """What is wrong (`message`, a sentence) and the cure ("" if there is none to name).

    `allowed`: the models that a key may use, where it may not use all and the endpoint names them. `parameter`: the
    one that is refused.
    """

    code: str
    message: str
    cure: str = ""
    allowed: tuple[str, ...] = ()
    parameter: str = ""


REFUSED_KEY = ("key-refused", "key-missing")
"""Codes of findings about a key that is wrong, or not there."""
UNSERVED = (
    *("not-found", "method-refused", "wrong-type", "only-responses", "web-page", "not-this-api", "not-json"),
    *("error-in-answer", "empty"),
)
"""Codes of findings that may mean that the address or the type is wrong, however the server says it."""


class RequestContext(Struct, frozen=True):
    """What was asked of whom. `model` is "" for the list of models; `listed`: the ids that the endpoint offers."""

    live: Live
    model: str = ""
    listed: tuple[str, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


class _Case(Struct, frozen=True):
    """An answer that is no good, with what the endpoint says about it. `status` may stand in the body."""

    asked: RequestContext
    answer: Response
    status: int
    refusal: Refusal

    @property
    def live(self) -> Live:
        return self.asked.live

    @property
    def words(self) -> str:
        return self.refusal.message.lower()

    @property
    def model(self) -> str:
        """What to call the model that was asked."""
        return _shown(self.asked.model) or "this model"

    @property
    def is_about_model(self) -> bool:
        """Whether the words keep the key from the model that was asked, and from no other."""
        return bool(self.asked.model) and is_about_a_model(self.status, self.refusal.message)

    @property
    def quote(self) -> str:
        """`: "what the endpoint says"`, or nothing."""
        message = quoted(self.refusal.message, secrets_of(self.live))
        return f': "{message}"' if message else ""


def unreachable(error: Unreachable, asked: RequestContext) -> Diagnosis:
    """Without an answer the client knows best; only how to start a local server depends on the provider."""
    cure = error.hint
    if error.code == "refused" and is_local(urlsplit(api_base(asked.live)).hostname or ""):
        cure = f"start the server: {_START[asked.live.type]}" if asked.live.type in _START else cure
    return Diagnosis(error.code, masked(error.message, secrets_of(asked.live)), cure)


_START = {
    "ollama": "`ollama serve`, or open the Ollama app",
    "lmstudio": "`lms server start`, or the switch in LM Studio's Developer tab",
    "llamacpp": "`llama-server -m MODEL.gguf --jinja --port PORT`",
    "litellm": "`litellm --config CONFIG.yaml`",
    "omlx": "`omlx serve`",
}


def diagnose(answer: Response, asked: RequestContext) -> Diagnosis:
    """The finding for an answer that is not what was asked for. Not for good answers."""
    refusal = refusal_in(answer.body) or _refusal_in_text(_plain_text(answer))
    status = refusal.status if answer.status < 400 and refusal.status else answer.status
    case = _Case(asked, answer, status, refusal)
    return next(finding for rule in _RULES if (finding := rule(case)))


def _refusal_in_text(text: str) -> Refusal:
    """Olla says nothing but `model_not_found`: a code, without a sentence."""
    return Refusal(text, (text.strip().lower(),) if _CODE.fullmatch(text.strip()) else ())


_CODE = regexp(r"[A-Za-z]{1,40}(?:_[A-Za-z]{1,40}){1,6}")


def _plain_text(answer: Response) -> str:
    """The words of a refusal that is no JSON; a page is none."""
    if answer.status < 400 or is_page(answer):
        return ""
    return answer.body[:4000].decode("utf-8", "replace")


def is_page(answer: Response) -> bool:
    start = answer.body[:200].lstrip().lower()
    return "text/html" in answer.headers.get("content-type", "") or start.startswith((b"<!doctype", b"<html"))


def _redirected(case: _Case) -> Diagnosis | None:
    location = case.answer.headers.get("location")
    if not 300 <= case.status < 400 or not location:
        return None
    try:
        target = urlsplit(urljoin(case.answer.url, location))
        there = quoted(target.hostname or "", secrets_of(case.live))
    except ValueError:
        return Diagnosis("redirected", "the endpoint redirects to something that is not a URL")
    here = urlsplit(case.answer.url)
    if target.hostname != here.hostname:
        return Diagnosis(
            "redirected",
            f"the endpoint redirects to another host, {there}; the key was not sent on",
            f"if {there} is yours, or the vendor's, make it the base_url; it may also be a login page of the network",
        )
    if here.scheme == "http" and target.scheme == "https":
        return Diagnosis("redirected", f"{there} redirects to https", "write https:// in the base_url")
    path = quoted(target.path, secrets_of(case.live))
    return Diagnosis("redirected", f"the endpoint redirects to {path}, and Crush would lose its request", _URL_CURE)


_URL_CURE = "check the base_url"
_BASE_OR_TYPE = "check the base_url and the type"


def _known(case: _Case) -> Diagnosis | None:
    """What the table knows of these codes and words."""
    row = known_refusal(case.status, case.refusal.codes, case.refusal.message)
    if row is None or (row.meaning == "key-refused" and case.is_about_model):
        return None
    finding = _MEANINGS[row.meaning](case)
    is_without = finding.code == "key-missing"
    return replace(finding, cure=row.cure) if row.cure and not is_without else finding


def _by_status(case: _Case) -> Diagnosis | None:
    meaning = BY_STATUS.get(case.status)
    return _MEANINGS[meaning](case) if meaning else None


def _key_refused(case: _Case) -> Diagnosis:
    if not has_credential(case.live):
        return Diagnosis("key-missing", f"the endpoint needs a key, and none is set{case.quote}", _give_key(case.live))
    return Diagnosis("key-refused", f"the key was refused{case.quote}", _other_key(case.live))


def _login_needed(case: _Case) -> Diagnosis:
    cure = (
        "this endpoint needs the token of a login, not an API key: use Crush's provider that logs in, or the API key's"
    )
    return replace(_key_refused(case), cure=f"{cure} endpoint")


def _model_forbidden_by_words(case: _Case) -> Diagnosis | None:
    return _model_forbidden(case) if case.is_about_model else None


def _model_forbidden(case: _Case) -> Diagnosis:
    allowed = allowed_models(case.refusal.message)
    named = f"the key may use {joined(_shown(model) for model in allowed)}" if allowed else ""
    cure = named or "choose another model, or ask who gave you the key to allow this one"
    return Diagnosis("model-forbidden", f"the key works, but not for {case.model}{case.quote}", cure, allowed)


def _scope_missing(case: _Case) -> Diagnosis:
    cure = "give the key the permission that is missing, or use one that has it"
    return Diagnosis("scope-missing", f"the key works, but not for this request{case.quote}", cure)


def _region(case: _Case) -> Diagnosis:
    cure = "try without VPN or proxy, or with one; the vendor's page of supported regions tells where it serves"
    return Diagnosis("region", f"the endpoint does not serve where this comes from{case.quote}", cure)


def _gateway_setup(case: _Case) -> Diagnosis:
    cure = "ask whoever runs the gateway: its settings, or the provider behind it, are wrong"
    return Diagnosis("gateway-setup", f"the gateway itself fails{case.quote}", cure)


def _no_model_loaded(case: _Case) -> Diagnosis:
    return Diagnosis("no-model-loaded", f"the server has no model loaded{case.quote}", "load one, then try again")


def _not_a_chat_model(case: _Case) -> Diagnosis:
    message = f"{case.model} is not a chat model{case.quote}"
    return Diagnosis("not-a-chat-model", message, "choose another model: Crush only chats")


def _only_responses(case: _Case) -> Diagnosis:
    message = f"{case.model} is only served at /responses{case.quote}"
    return Diagnosis("only-responses", message, "use type openai, or choose another model")


def _context_too_small(case: _Case) -> Diagnosis:
    cure = f"load the model with a context of {CRUSH_NEEDS:,} tokens or more: Crush's first request has some 12,000"
    return Diagnosis("context-too-small", f"the model's context is too small{case.quote}", cure)


CRUSH_NEEDS = 16_000
"""Tokens. What Crush's first request and a short answer take (crush-behaviour 10)."""


def _out_of_memory(case: _Case) -> Diagnosis:
    cure = "choose a smaller model or context, or free memory on the server"
    return Diagnosis("out-of-memory", f"the server has too little memory for the model{case.quote}", cure)


def _loading(case: _Case) -> Diagnosis:
    return Diagnosis("loading", f"the model is still being loaded{case.quote}", "wait a moment, then try again")


def _give_key(live: Live) -> str:
    return f"put one into {live.variable}" if live.variable else "set api_key"


def _other_key(live: Live) -> str:
    if live.aws:
        return "check AWS's keys: are they complete, still active, and for the right account?"
    place = f"what {live.variable} holds" if live.variable else "api_key"
    if "://" in live.api_key:
        return f"{place} is a URL: give the key itself"
    return f"check {place}: is it complete, still valid, and for this provider and region?"


def _proxy(_: _Case) -> Diagnosis:
    cure = "write name and password into the proxy variable: http://name:password@proxy:port"
    return Diagnosis("proxy-auth", "a proxy on the way wants a user name and a password", cure)


def _no_credit(case: _Case) -> Diagnosis:
    return Diagnosis("payment", f"the account has no credit{case.quote}", "top it up, or check its spending limit")


def _rate_limited(case: _Case) -> Diagnosis:
    seconds = wait_seconds(case.answer.headers, case.refusal, case.asked.now)
    cure = f"wait {_duration(seconds)}, then try again" if seconds is not None else "wait a while, then try again"
    return Diagnosis("rate-limited", f"too many requests{case.quote}", cure)


def _duration(seconds: float) -> str:
    whole = max(int(-(-seconds // 1)), 1)
    if whole < 120:
        return f"{whole} s"
    return f"{-(-whole // 60)} min" if whole < 7200 else f"{-(-whole // 3600)} h"


def _no_such_model(case: _Case) -> Diagnosis | None:
    if not case.asked.model or case.status not in (400, 403, 404, 422, 500) or not _names_model(case):
        return None
    return _model_not_found(case)


def _model_not_found(case: _Case) -> Diagnosis:
    what = f"model {_shown(case.asked.model)}" if case.asked.model else "such model"
    return Diagnosis("model-not-found", f"there is no {what}{case.quote}", _model_cure(case))


_UNKNOWN = regexp(
    r"not[ _]found|does ?n[o']t exist|not exist|unknown|no such|not available|invalid model|unsupported model"
    r"|not a valid model|no endpoints found"
)


def _names_model(case: _Case) -> bool:
    """Whether the words are about the model, not about the path."""
    its_id = rf"(?<![\w-]){re.escape(case.asked.model.lower())}(?![\w-])"
    if re.search(rf"{its_id}['\"`]? is not supported", case.words) or case.words.startswith("model:"):
        return True
    return bool(re.search(rf"\b(?:model|deployment)s?\b|{its_id}", case.words) and _UNKNOWN.search(case.words))


_OLLAMA_HAS_NONE = regexp(r"model ['\"][^'\"]+['\"] not found")


def _model_cure(case: _Case) -> str:
    if is_azure(case.live):
        return "on Azure the model id is the name of a deployment: copy it from the Azure portal"
    close = instead_of(case.asked.model, case.asked.listed)
    is_ollama = case.live.type == "ollama" or _OLLAMA_HAS_NONE.match(case.words)
    pull = f"`ollama pull {_shown(case.asked.model)}`" if is_ollama else ""
    if close:
        offers = f"the endpoint offers {joined(_shown(model) for model in close)}"
        return f"{offers}; or {pull}" if pull else offers
    if pull:
        return pull
    return f"`{command_line('models', case.live.id)}` shows what the endpoint offers"


def instead_of(model: str, listed: tuple[str, ...]) -> tuple[str, ...]:
    """The closest ids; without one all that there are, where they are that few."""
    return closest(model, listed) or (listed if len(listed) <= MOST else ())


def closest(model: str, listed: tuple[str, ...]) -> tuple[str, ...]:
    """The ids that were probably meant, at most three: near spellings, or the same name with a vendor in front."""
    name = model.lower().rpartition("/")[2]
    same = [model_id for model_id in listed if model_id.lower().rpartition("/")[2] == name]
    untagged = {model_id.partition(":")[0]: model_id for model_id in reversed(listed)}
    alike = (untagged[found] for found in near(model.partition(":")[0], untagged))
    return tuple(dict.fromkeys([*same, *near(model, listed), *alike]))[:MOST]


def _shown(model: str) -> str:
    return quoted(model, ())


def is_azure(live: Live) -> bool:
    host = urlsplit(api_base(live)).hostname or ""
    return live.type == "azure" or host.endswith((".azure.com", ".azure.us", ".azure.cn"))


def _wrong_type(case: _Case) -> Diagnosis | None:
    if case.status not in (404, 405, 501) or not _asked_responses(case):
        return None
    return Diagnosis(
        "wrong-type",
        f"the endpoint has no /responses, which type {case.live.type} uses for {_shown(case.asked.model)}{case.quote}",
        "use type openai-compat",
    )


def _asked_responses(case: _Case) -> bool:
    return bool(case.asked.model) and dialect(case.live, case.asked.model) == "responses"


def _no_such_path(case: _Case) -> Diagnosis | None:
    if case.status not in (404, 405):
        return None
    if case.status == 404:
        return _not_found(case)
    path = quoted(urlsplit(case.answer.url).path, secrets_of(case.live))
    return Diagnosis(
        "method-refused", f"{path} does not accept this request (HTTP 405){case.quote}", _path_cure(case.live)
    )


def _not_found(case: _Case) -> Diagnosis:
    path = quoted(urlsplit(case.answer.url).path, secrets_of(case.live))
    return Diagnosis("not-found", f"there is nothing at {path}{case.quote}", _path_cure(case.live))


def _path_cure(live: Live) -> str:
    others = other_bases(live)
    return f"try base_url {others[0]}" if others else _BASE_OR_TYPE


def other_bases(live: Live) -> tuple[str, ...]:
    """Base URLs that are more likely right for the type, the likeliest first (crush-behaviour 10.3 D5)."""
    if live.type not in TYPES or not api_base(live).startswith(live.base_url.partition("?")[0].rstrip("/") or "-"):
        return ()  # the base is fixed, or made by Crush
    found = tuple(_other_bases(live))
    return tuple(url for url in dict.fromkeys(found) if url.rstrip("/") != live.base_url.rstrip("/"))


def _other_bases(live: Live) -> Iterator[str]:
    base = api_base(live)
    try:
        yield normalize_base_url(base, live.type, add_v1=True).url
    except InvalidBaseUrl:
        return
    if not TYPES[live.type].openai_style:
        return
    if version := _VERSION.match(base):
        yield version[0]
    yield f"{base}/v1"
    yield from (urljoin(base, path) for path in _USUAL_PATHS)


_USUAL_PATHS = ("/v1", "/api/v1", "/openai/v1", "/api")
"""Where services keep an OpenAI-style API."""


_VERSION = regexp(r"https?://[^/]+/(?:.*?/)??v\d+(?=/|$)")
"""A base URL up to the first part of its path that is an API version."""


def alternatives(live: Live, model: str) -> tuple[Live, ...]:
    """The provider as it might have been meant where nothing good came: another type, another base URL.

    All on the configured origin: the key goes there and nowhere else.
    """
    found = [replace(live, base_url=url) for url in other_bases(live)]
    if live.type == "openai-compat" and uses_responses(as_openai := replace(live, type="openai"), model):
        found.insert(1, as_openai)
    if dialect(live, model) == "responses":
        compatible = replace(live, type="openai-compat", base_url=api_base(live))
        elsewhere = (replace(compatible, base_url=url) for url in other_bases(compatible))
        found = [compatible, *chain.from_iterable(zip_longest(found, elsewhere))]
    found = [*found[:MOST_PATHS], *_other_format(live)]
    return _distinct([other for other in found if other and _origin(other) == _origin(live)])


def _other_format(live: Live) -> Iterator[Live]:
    """The same server, if it speaks Anthropic's format instead of OpenAI's, or the other way round."""
    other = {"anthropic": "openai-compat", "openai-compat": "anthropic", "openai": "anthropic"}.get(live.type)
    if other is None:
        return
    with suppress(InvalidBaseUrl):
        yield replace(live, type=other, base_url=normalize_base_url(api_base(live), other, add_v1=True).url)


def _origin(live: Live) -> tuple[str, str]:
    parts = urlsplit(api_base(live))
    return parts.scheme, parts.netloc.lower()


def _distinct(lives: list[Live]) -> tuple[Live, ...]:
    """Without repetitions of type and address."""
    return tuple({(live.type, live.base_url): live for live in lives}.values())


MOST_PATHS = 5
"""Other addresses that are tried: each costs a request."""


_REFUSES = regexp(r"requires|support|invalid|not allowed|not permitted|unknown|unrecognized|must be")
_NO_TOOLS = (
    "choose a model that can call tools: Crush is an agent and always sends them "
    "(llama.cpp: start it with --jinja; vLLM: --enable-auto-tool-choice and --tool-call-parser)"
)


def _tools_refused(case: _Case) -> Diagnosis | None:
    """Some endpoints say 404 where no model behind them can call tools, and llama.cpp says 500."""
    about_tools = re.search(r"\btools?\b|\btool_choice\b|function.?call", f"{case.refusal.param} {case.words}")
    if case.status not in (400, 404, 422, 500, 501) or not about_tools or not _REFUSES.search(case.words):
        return None
    return Diagnosis("tools-refused", f"the endpoint refuses tools{case.quote}", _NO_TOOLS)


def _parameter_refused(case: _Case) -> Diagnosis | None:
    if case.status not in (400, 422, 500, 501):
        return None
    name = _parameter(case)
    if not name or (case.status >= 500 and not _REFUSES.search(case.words)):
        return None
    cure = f"remove {name} from extra_body" if _in_extra_body(case.live, name) else _PARAMETER_CURES.get(name, "")
    return Diagnosis("parameter-refused", f"the endpoint refuses {name}{case.quote}", cure, parameter=name)


LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""What the longest answer is called."""


_PARAMETER_CURES = {
    "max_tokens": "set the model's default_max_tokens to 0: Crush then leaves it out",
    "max_completion_tokens": "set the model's default_max_tokens to 0: Crush then leaves it out",
    "max_output_tokens": "set the model's default_max_tokens to 0: Crush then leaves it out",
    "temperature": "remove temperature from the model's options, models.large and models.small",
    "top_p": "remove top_p from the model's options, models.large and models.small",
    "reasoning_effort": "choose an effort that the model supports, or set its can_reason to false",
    "stream_options": "Crush always sends it: put a proxy such as LiteLLM in front, or update the server",
    "store": "use type openai-compat",
}
_SPELLINGS = (
    (r"\bstream_options\b|include_usage", "stream_options"),
    (r"\bmax_completion_tokens\b(?!['\"`]? instead)", "max_completion_tokens"),
    (r"\bmax_output_tokens\b", "max_output_tokens"),
    (r"\bmax_tokens\b|max tokens|maxoutputtokens", "max_tokens"),
    (r"\breasoning[_.]effort\b|\breasoning\b|\beffort\b", "reasoning_effort"),
    (r"\btemperature\b", "temperature"),
    (r"\btop_p\b", "top_p"),
    (r"\bstore\b", "store"),
)


def _parameter(case: _Case) -> str:
    """The parameter that is refused, by the name that Crush's config or its request has for it; "" for none."""
    field = case.refusal.param.lower()
    for text in filter(None, (field, case.words)):
        for name in case.live.body:
            if re.search(rf"\b{re.escape(name.rpartition('.')[2].lower())}\b", text):
                return name
        for pattern, name in _SPELLINGS:
            if re.search(pattern, text):
                return name
    return quoted(case.refusal.param, secrets_of(case.live))


def _in_extra_body(live: Live, name: str) -> bool:
    return name in live.body and TYPES[live.type].sends_body


_STREAM_ONLY = regexp(r"(?:only supports?|requires?|must|please)\b.{0,40}\bstream|stream\b.{0,20}\bmust be true")


def _stream_only(case: _Case) -> Diagnosis | None:
    if case.status not in (400, 422) or not _STREAM_ONLY.search(case.words) or "stream_options" in case.words:
        return None
    return _streams(case)


def _streams(case: _Case) -> Diagnosis:
    return Diagnosis("stream-only", f"the endpoint answers streams only{case.quote}")


def _forbidden(case: _Case) -> Diagnosis:
    if is_page(case.answer):
        cure = "a firewall or a bot filter of the vendor may be in the way: try without VPN or proxy"
        return Diagnosis("forbidden", "a web page says that access is forbidden", cure)
    cure = "check what the key may do (models, projects), and whether the vendor serves this country or address"
    return Diagnosis("forbidden", f"access is forbidden{case.quote}", cure)


def _too_large(case: _Case) -> Diagnosis:
    cure = "raise the limit of the gateway or proxy in between: Crush's requests are far larger than this one"
    return Diagnosis("request-too-large", f"the request is too large for the endpoint{case.quote}", cure)


def _server_error(case: _Case) -> Diagnosis | None:
    if case.status < 500:
        return None
    seconds = wait_seconds(case.answer.headers, case.refusal, case.asked.now)
    wait = f"wait {_duration(seconds)}, then try again" if seconds is not None else "try again later"
    who = "the gateway got no answer from the model's server" if case.status in (502, 504) else "the server failed"
    return Diagnosis("server-error", f"{who} (HTTP {case.status}){case.quote}", wait)


def _refused_request(case: _Case) -> Diagnosis | None:
    if case.status < 400:
        return None
    return Diagnosis("request-refused", f"the endpoint refuses the request (HTTP {case.status}){case.quote}")


_LOGIN = regexp(rb"password|log ?in|sign ?in|captive|single sign|sso", re.IGNORECASE)


def _web_page(case: _Case) -> Diagnosis | None:
    if not is_page(case.answer):
        return None
    if _LOGIN.search(case.answer.body[:100_000]):
        cure = "log in with a browser, or check the base_url: a gateway or the network's portal is in between"
        return Diagnosis("login-page", "a login page came instead of JSON", cure)
    others = other_bases(case.live)
    cure = f"this is the URL of a web site; try base_url {others[0]}" if others else _URL_CURE
    return Diagnosis("web-page", "a web page came instead of JSON", cure)


def _empty(case: _Case) -> Diagnosis | None:
    if case.answer.body.strip():
        return None
    return Diagnosis("empty", f"the answer is empty (HTTP {case.answer.status})", _URL_CURE)


def _error_inside(case: _Case) -> Diagnosis | None:
    if not (case.refusal.message or case.refusal.codes):
        return None
    return Diagnosis("error-in-answer", f"the endpoint answers with an error{case.quote}", _BASE_OR_TYPE)


def _strange(case: _Case) -> Diagnosis:
    try:
        case.answer.json()
    except NotJson as error:
        return Diagnosis("not-json", f"the answer can't be read: {error}", _URL_CURE)
    what = "no chat answer" if case.asked.model else "no list of models"
    return Diagnosis("not-this-api", f"the answer is JSON, but {what}", _BASE_OR_TYPE)


_MEANINGS: Mapping[Meaning, Callable[[_Case], Diagnosis]] = {
    "key-refused": _key_refused,
    "login-needed": _login_needed,
    "model-forbidden": _model_forbidden,
    "scope-missing": _scope_missing,
    "payment": _no_credit,
    "rate-limited": _rate_limited,
    "region": _region,
    "model-not-found": _model_not_found,
    "no-model-loaded": _no_model_loaded,
    "not-a-chat-model": _not_a_chat_model,
    "only-responses": _only_responses,
    "stream-only": _streams,
    "not-found": _not_found,
    "gateway-setup": _gateway_setup,
    "context-too-small": _context_too_small,
    "out-of-memory": _out_of_memory,
    "loading": _loading,
    "proxy-auth": _proxy,
    "forbidden": _forbidden,
    "request-too-large": _too_large,
}
_RULES: tuple[Callable[[_Case], Diagnosis | None], ...] = (
    _redirected,
    _known,
    _model_forbidden_by_words,
    _tools_refused,
    _no_such_model,
    _by_status,
    _wrong_type,
    _no_such_path,
    _stream_only,
    _parameter_refused,
    _server_error,
    _refused_request,
    _web_page,
    _empty,
    _error_inside,
    _strange,
)
"""In this order. The last one recognises everything."""

"""What Crush really sends to a provider: address, credentials, body (crush-behaviour 2.4).

Everything here is a rule over values that are already expanded; nothing is sent.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msgspec import Struct, field
from msgspec.structs import replace

from wizard.credential import names_a_secret, recognize
from wizard.endpoints.chat import ChatRequest, question_body
from wizard.endpoints.refusal import SHORTEST_MASKED
from wizard.expansion.literals import literal_secrets
from wizard.network.aws_signature import Signing, signed_headers
from wizard.network.client import Request, encoded
from wizard.private import Private
from wizard.provider.types import DEFAULT_BASES, FIXED_BASES, HYPER, TYPES, asks_responses, reasons_by_name
from wizard.redaction import allow_names, hide_secret
from wizard.regexp import regexp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wizard.endpoints.chat import Dialect
    from wizard.network.aws_signature import AwsKeys

BEARER_IDS = ("minimax", "minimax-china")
"""Providers of type anthropic that want the key as a bearer token."""
WRONG_KEY = "crush-wizard-wrong-key"
"""Sent in the place of the key, to see whether a list of models needs one."""
ANTHROPIC_VERSION = "2023-06-01"

_AZURE = regexp(
    r"(?:https?://)?([a-z0-9-]+)\.(?:openai|cognitiveservices|services\.ai)\.azure\.com(?:/.*)?",
    re.IGNORECASE | re.DOTALL,
)
_UNESCAPED_DOT = regexp(r"(?<!\\)\.")

NO_HTTP = {
    "bedrock": "AWS signs these requests: start Crush to see whether they work",
    "google-vertex": "Google's own login signs these requests: start Crush to see whether they work",
}
"""Types that take a cloud's sign-in, and why one without a token can't be asked."""
BEDROCK_REGIONS = {"bedrock-europe": "eu-west-1"}
"""By provider id; all others go to the usual one, whatever AWS_REGION says (crush-behaviour 2.4)."""
_USUAL_REGION = "us-east-1"


class Live(Private, Struct, frozen=True):
    """A provider with all values expanded, as it goes over the wire.

    `variable`: the environment variable that brings the key, "" if none is named. `hidden`: headers whose value
    came from a variable or a command. `efforts`: the reasoning effort that Crush sends, by model; `effort_options`:
    that of `provider_options`, which is sent instead, and by all types of OpenAI's style; `thinking`: models with
    can_reason. `hyper_url`: the value of HYPER_URL. `unlimited`: models to which Crush sends no longest answer
    (for a title it does).
    `parent`: the project and the location of a provider of Vertex AI, `projects/P/locations/L`; its `api_key` is then
    a token. `aws`: keys that sign the requests of a provider of Bedrock, where it has no token.
    """

    id: str
    type: str
    base_url: str
    api_key: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    large: str = ""
    small: str = ""
    variable: str = ""
    hidden: frozenset[str] = frozenset()
    efforts: Mapping[str, str] = field(default_factory=dict)
    effort_options: Mapping[str, str] = field(default_factory=dict)
    thinking: frozenset[str] = frozenset()
    hyper_url: str = ""
    unlimited: frozenset[str] = frozenset()
    parent: str = ""
    aws: AwsKeys | None = None

    def __post_init__(self) -> None:
        """What goes out as a credential is a secret, wherever its value came from; what it is called is none."""
        allow_names((self.id, *self.models))
        for secret in (*secrets_of(self), *literals_of(self)):
            if recognize(secret).kind != "short":  # it might be a word of a server's answers
                hide_secret(secret)

    @property
    def openai_family(self) -> bool:
        """Whether OpenAI's client library sends the requests, with its habits."""
        return self.type not in ("anthropic", "google", *NO_HTTP)


def untestable(live: Live) -> str:
    """Why no plain HTTP request can show what Crush will get, or ""."""
    if live.type not in TYPES:
        return f"Crush does not know the type {live.type!r} and drops the provider"
    if live.id == "copilot":
        return "GitHub Copilot uses a login of Crush's own: start Crush to see whether it works"
    is_signed = live.aws or (live.api_key and (live.parent or live.type == "bedrock"))
    return "" if is_signed else NO_HTTP.get(live.type, "")


def has_list(live: Live) -> bool:
    """Whether the endpoint that takes the chats lists its models as well."""
    return live.type not in NO_HTTP


def azure_base(base_url: str) -> str:
    """The base that Crush makes of an Azure URL: resources get the v1 API, all else is left as it is."""
    if match := _AZURE.fullmatch(base_url):
        return f"https://{match[1]}.openai.azure.com/openai/v1"
    return base_url if "://" in base_url else f"https://{base_url}"


def api_base(live: Live) -> str:
    """The URL before the endpoint's own path, without a trailing slash; a query string is lost."""
    if live.type == "azure":
        base = azure_base(live.base_url)
    elif live.type == "bedrock":
        base = f"https://bedrock-runtime.{bedrock_region(live.id)}.amazonaws.com"
    elif live.id == "hyper" and live.type in ("hyper", "openai-compat"):
        base = (live.hyper_url or HYPER).rstrip("/") + "/v1"
    else:
        base = FIXED_BASES.get(live.type) or live.base_url or DEFAULT_BASES.get(live.type, DEFAULT_BASES["openai"])
    return _resolved(base.partition("?")[0]).rstrip("/")


def bedrock_region(provider: str) -> str:
    """Where Crush sends what is for this provider."""
    return BEDROCK_REGIONS.get(provider, _USUAL_REGION)


def _resolved(url: str) -> str:
    """The URL as Go joins a path to it: `//` at the start of its own path becomes `/`, `..` goes up, and what can't
    stand in a path is escaped.
    """
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    if not separator or not slash:
        return url
    kept: list[str] = []
    for part in path.removeprefix("/").split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part != ".":
            kept.append(part)
    return f"{scheme}://{host}/{quote('/'.join(kept), safe=_IN_A_PATH)}"


_IN_A_PATH = "/%$&+,:;=@!'()*[]~"


def uses_responses(live: Live, model: str) -> bool:
    """Whether Crush asks OpenAI's Responses API."""
    return asks_responses(live.type, model)


def dialect(live: Live, model: str) -> Dialect:
    if live.type in ("anthropic", "bedrock"):
        return "anthropic"
    if live.type == "google-vertex":
        return "anthropic" if _is_claude(model) else "google"
    if live.type == "google":
        return "google"
    return "responses" if uses_responses(live, model) else "completions"


def chat_url(live: Live, model: str, *, stream: bool) -> str:
    base = api_base(live)
    if live.type == "bedrock":
        return f"{base}/model/{quote(model, safe='')}/{'invoke-with-response-stream' if stream else 'invoke'}"
    if live.type == "google-vertex":
        return _vertex_url(f"{base}/{{}}/{live.parent}/publishers", model, stream=stream)
    match dialect(live, model):
        case "anthropic":
            return f"{base}/v1/messages"
        case "google":
            name = model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"
            call = "streamGenerateContent?alt=sse" if stream else "generateContent"
            return f"{base}/v1beta/{quote(name, safe='/:@')}:{call}"
        case "responses":
            return f"{base}/responses"
        case _:
            return f"{base}/chat/completions"


def _vertex_url(publishers: str, model: str, *, stream: bool) -> str:
    """`publishers`: up to there, with a place for the version of the API."""
    name = quote(model, safe="@")
    if _is_claude(model):
        return f"{publishers.format('v1')}/anthropic/models/{name}:{'streamRawPredict' if stream else 'rawPredict'}"
    call = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"{publishers.format('v1beta1')}/google/models/{name}:{call}"


def _is_claude(model: str) -> bool:
    """Whether Crush hands a model of Google's to Anthropic's library."""
    return "claude" in model or "anthropic" in model


def list_url(live: Live) -> str:
    """Where the models are listed: beside the chat, not where Crush's own key test looks (crush-behaviour 8)."""
    below = {"anthropic": "/v1/models", "google": "/v1beta/models", **dict.fromkeys(NO_HTTP, "/")}
    return api_base(live) + below.get(live.type, "/models")


def sent_headers(live: Live) -> dict[str, str]:
    """The headers of every request: credentials first, then the entry's own, which win; names keep their case.

    Of type anthropic a bearer token wins over an `Authorization` of the entry's own.
    """
    headers = _key_headers(live)
    own = live.headers
    if live.type == "anthropic" and "Authorization" in headers:
        own = {name: value for name, value in own.items() if name.lower() != "authorization"}
    for name, value in own.items():
        if value and name.lower() != "user-agent":  # Crush drops empty ones, and sends its own user agent
            headers = {known: kept for known, kept in headers.items() if known.lower() != name.lower()}
            headers[name] = value
    if live.type == "azure":
        return {name: value for name, value in headers.items() if name.lower() != "authorization"}
    return headers


def chat_request(live: Live, model: str, *, stream: bool, tool: bool) -> Request:
    """A tiny chat as Crush sends it. It always streams; one that does not is easier to diagnose."""
    thinks = reasons_by_name(model)
    question = ChatRequest(
        model=model,
        stream=stream,
        tool=tool,
        thinks=thinks or model in live.thinking,
        effort=_sent_effort(live, model),
        limit_name="max_completion_tokens" if thinks else "max_tokens",
        nested_effort=live.type in FIXED_BASES or live.id == "ionet",
        limited=model not in live.unlimited,
    )
    body = question_body(dialect(live, model), question)
    if version := _version_in_body(live, model):
        body = {name: value for name, value in body.items() if name not in ("model", *version.gone)}
        body["anthropic_version"] = version.name
    if TYPES[live.type].sends_body:
        for path, value in live.body.items():
            body = with_path(body, path, value)
    return _signed(Request("POST", chat_url(live, model, stream=stream), sent_headers(live), body), live)


def _signed(request: Request, live: Live) -> Request:
    """With AWS's keys, where there are some."""
    if live.aws is None:
        return request
    signing = Signing(live.aws, bedrock_region(live.id), "bedrock", datetime.now(UTC))
    headers = {**request.headers, "content-type": "application/json"}
    return replace(request, headers=signed_headers(request.url, headers, encoded(request), signing))


class _Version(Struct, frozen=True):
    """What a cloud wants in the body of Anthropic's messages, and what stands in the URL there instead."""

    name: str
    gone: tuple[str, ...] = ()


def _version_in_body(live: Live, model: str) -> _Version | None:
    if live.type == "bedrock":
        return _Version("bedrock-2023-05-31", ("stream",))
    if live.type == "google-vertex" and _is_claude(model):
        return _Version("vertex-2023-10-16")
    return None


def for_title(live: Live) -> Live:
    """Crush's requests for a title always have a longest answer."""
    return replace(live, unlimited=frozenset())


def _sent_effort(live: Live, model: str) -> str:
    """The reasoning effort of a request: none of some types, and none where the vendor has a field of its own."""
    if (option := live.effort_options.get(model)) and (TYPES[live.type].openai_style or live.type == "azure"):
        return option
    own_field = live.id in ("opencode-go", "opencode-zen") and model.lower().startswith("minimax")
    return "" if own_field or not TYPES[live.type].sends_effort else live.efforts.get(model, "")


def list_request(live: Live) -> Request:
    return Request("GET", list_url(live), sent_headers(live))


def knock_request(live: Live, model: str) -> Request:
    """A chat request without a question: it costs nothing, and tells whether somebody would take one."""
    return Request("POST", chat_url(live, model, stream=True), sent_headers(live), {})


def roll_call_request(live: Live, model: str) -> Request | None:
    """A request for a model without a question, for its name alone; None where the API would take it for one."""
    if dialect(live, model) not in ("completions", "anthropic"):
        return None
    body = {"model": model, "messages": [], "max_tokens": 1}
    return Request("POST", chat_url(live, model, stream=False), sent_headers(live), body)


def with_path(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    r"""The body with a value set at a JSON path: `options.num_ctx` is nested, `a\.b` is one name."""
    first, *rest = (part.replace(r"\.", ".") for part in _UNESCAPED_DOT.split(path))
    if not rest:
        return {**body, first: value}
    inner = body.get(first)
    below = ".".join(part.replace(".", r"\.") for part in rest)
    return {**body, first: with_path(inner if isinstance(inner, dict) else {}, below, value)}


def secrets_of(live: Live) -> tuple[str, ...]:
    """Every value that must not be shown: the key, and all headers that may carry one."""
    headers = (value for name, value in live.headers.items() if hides(live, name))
    signing = (live.aws.secret, live.aws.token) if live.aws else ()
    return tuple(filter(None, (live.api_key, *headers, *signing)))


def literals_of(live: Live) -> frozenset[str]:
    """The secrets that stand in the body or in the URL."""
    return literal_secrets({"extra_body": live.body, "base_url": live.base_url})


def hides(live: Live, header: str) -> bool:
    """Whether the value of one of the entry's own headers is not for everyone's eyes."""
    carries_key = len(live.api_key) >= SHORTEST_MASKED and live.api_key in live.headers.get(header, "")
    holds_key = bool(literal_secrets({header: live.headers.get(header, "")}))
    return header in live.hidden or carries_key or holds_key or names_a_secret(header)


def has_credential(live: Live) -> bool:
    return bool(secrets_of(live))


def with_wrong_key(live: Live, wrong: str) -> Live:
    """The same provider for somebody who does not know its credentials."""
    headers = {name: wrong if hides(live, name) else value for name, value in live.headers.items()}
    prefix = "Bearer " if live.api_key.startswith("Bearer ") else ""
    return replace(live, api_key=prefix + wrong if live.api_key else "", headers=headers)


def leaks(live: Live, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What Crush's client libraries would take from the environment and send along (crush-behaviour 2.4)."""
    found = []
    if (
        live.type != "azure"
        and environ.get("OPENAI_API_KEY")
        and live.openai_family
        and not (live.api_key or _authorized(live))
    ):
        found.append(f"Crush would send OPENAI_API_KEY to {api_base(live)}, because this provider has no key")
    if live.openai_family:
        extra = [name for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS") if environ.get(name)]
        found += [f"Crush sends {name} from the environment to {api_base(live)}" for name in extra]
    if not live.api_key and TYPES[live.type].own_keys and not (live.type == "anthropic" and _authorized(live)):
        found.append(_keyless(live, environ))
    asked = dict.fromkeys(filter(None, (live.large, live.small)))
    found += [f"Crush asks for {model} without this key: {NOT_FOR_GOOGLE}" for model in asked if is_lost(live, model)]
    return tuple(found)


NOT_FOR_GOOGLE = "of type google, a model with `claude` in its name goes to Anthropic's library"


def is_lost(live: Live, model: str) -> bool:
    """Whether Crush hands the model to a library that does not get the provider's key."""
    return live.type == "google" and _is_claude(model)


def _keyless(live: Live, environ: Mapping[str, str]) -> str:
    """What comes of it where the client library looks for a key by itself."""
    for name in TYPES[live.type].own_keys:
        if environ.get(name):
            return f"Crush would send {name} to {api_base(live)}, because this provider has no key"
    return f"without a key Crush sends nothing at all to a provider of type {live.type}: give it any key"


def _authorized(live: Live) -> bool:
    return any(name.lower() in ("authorization", "x-api-key") and value for name, value in live.headers.items())


def _key_headers(live: Live) -> dict[str, str]:
    versions = {"anthropic-version": ANTHROPIC_VERSION} if live.type == "anthropic" else {}
    return {**_credentials(live), **versions}


def _credentials(live: Live) -> dict[str, str]:
    """The key never goes out twice: an `Authorization` of the entry's own beats it for OpenAI's library."""
    key = live.api_key
    if not key:
        return {}
    match live.type:
        case "azure":
            return {"Api-Key": key}
        case "google":
            return {"x-goog-api-key": key}
        case "anthropic" if key.startswith("Bearer "):
            return {"Authorization": key}
        case "anthropic" if live.id not in BEARER_IDS:
            return {"X-Api-Key": key}
        case _:
            return {"Authorization": f"Bearer {key}"}

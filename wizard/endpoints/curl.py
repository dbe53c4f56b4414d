"""The requests of the live test as curl lines, for somebody else to run: with a variable in the place of the key."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from wizard.endpoints.wire import (
    bedrock_region,
    chat_request,
    for_title,
    has_list,
    hides,
    list_request,
    literals_of,
    untestable,
)
from wizard.expansion.mask import Mask
from wizard.network.address import parse_address
from wizard.network.unreachable import Unreachable, bad_header
from wizard.redaction import MASK, redact
from wizard.regexp import regexp
from wizard.shown import acts, safe_line, shell_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wizard.endpoints.wire import Live
    from wizard.network.client import Request

SECONDS = 10.0
_STATUS = r"-w '\nHTTP %{http_code}\n'"
"""A refusal may have no words of its own, and answers need not end with a line."""
_MARK = "\ue000{}\ue001"
_BEARER = "Bearer \ue002"
"""Before a mark: the variable's value begins with this word itself. Type anthropic looks for it."""
_PLAIN_WORDS = regexp(r"[\w ,.:/-]+", re.ASCII)
_ACTS_IN_QUOTES = regexp(r'[!\\"$`]')
_MARKED = regexp(f"(?:{_BEARER})?\ue000([^\ue001]*)\ue001")
_AWS_USER = '"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'
_AWS_TOKEN = '"x-amz-security-token: $AWS_SESSION_TOKEN"'  # noqa: S105 a variable
_BINARY = "streamed answers are binary here: to keep one add --output FILE"
_SIGNS_ESCAPED = "for this model curl 8.16 or newer: an older one signs a path with % in another way"
"""Seen with libcurl 7.88, 8.11, 8.12 (which AWS refuses), 8.16 and 8.23."""


class AwsVariables(Struct, frozen=True):
    """That curl signs with the keys of AWS's variables; `has_token`: there is a token with these keys."""

    has_token: bool


def curl_lines(
    live: Live,
    model: str,
    placeholder: str,
    *,
    quick: bool = False,
    seconds: float = SECONDS,
    aws: AwsVariables | None = None,
) -> str:
    """Lines for any shell: the requests of a test, in its order; with `quick` the list alone.

    `placeholder`: `$NAME`, for the key; empty for one that is no secret. Headers whose value is a secret get a variable
    named after the header; one that stands in the body or in the URL is masked.
    `seconds`: for each request. They are safe to look at and to paste, whoever wrote the config: the URL is spelled
    as it goes over the wire, and where something else acts instead of showing, a comment says so in their place.
    """
    if aws is None and (reason := untestable(live)):
        return comment(live.id, reason)
    marked = _marked(live, placeholder)
    requests = {"the list of models": list_request(marked)} if has_list(live) else {}
    if quick and not requests:
        return comment(live.id, "there is no list of models here: leave out --quick")
    if not quick:
        requests |= _chats(marked, model)
    mask = Mask(dict.fromkeys(literals_of(live), MASK))
    try:
        lines = (
            comment(live.id, title) + _line(request, _signing(live, request, aws), mask, seconds)
            for title, request in requests.items()
        )
        return mask.text("".join(_remarks(live, requests.values(), aws)) + "\n".join(lines))
    except Unreachable as error:
        return comment(live.id, f"{error.message}: there is no curl line for it")


def _remarks(live: Live, requests: Iterable[Request], aws: AwsVariables | None) -> Iterator[str]:
    if aws and any("%" in request.url for request in requests):
        yield comment(live.id, _SIGNS_ESCAPED)
    if live.type == "bedrock":
        yield comment(live.id, _BINARY)


def _chats(live: Live, model: str) -> dict[str, Request]:
    """By what they are."""
    title = chat_request(for_title(live), model, stream=False, tool=False)
    return {
        "a chat": chat_request(live, model, stream=False, tool=False),
        **({"the same, as for a title": title} if model in live.unlimited else {}),
        "the same, streamed": chat_request(live, model, stream=True, tool=False),
        "with a tool, streamed": chat_request(live, model, stream=True, tool=True),
    }


def comment(provider: str, text: str) -> str:
    """A line that a shell passes over, whatever the provider is called.

    To zsh, where a person types, `#` is no comment but a program that is not there: no word behind it acts.
    """
    line = safe_line(f"{provider}: {text}")
    return f"# {line if _PLAIN_WORDS.fullmatch(line) else shell_word(line)}\n"


def _marked(live: Live, placeholder: str) -> Live:
    """The provider with variables, between marks, where its secrets were."""
    headers = {name: _variable(name) if hides(live, name) and value else value for name, value in live.headers.items()}
    if not live.api_key or not placeholder:
        return replace(live, headers=headers)
    return replace(live, api_key=_marked_key(live, placeholder), headers=headers)


def _marked_key(live: Live, placeholder: str) -> str:
    return (_BEARER if live.api_key.startswith("Bearer ") else "") + _MARK.format(placeholder)


def _variable(header: str) -> str:
    name = re.sub(r"[^A-Z0-9]+", "_", header.upper()).strip("_")
    return _MARK.format(f"${name}" if name[:1].isalpha() else f"$HEADER_{name}")


def _signing(live: Live, request: Request, aws: AwsVariables | None) -> tuple[str, ...]:
    """What has curl sign a request of Bedrock: the keys stay in variables."""
    if aws is None or request.body is None:
        return ()
    signed = f"--aws-sigv4 aws:amz:{bedrock_region(live.id)}:bedrock --user {_AWS_USER}"
    return (signed, f"-H {_AWS_TOKEN}") if aws.has_token else (signed,)


def _line(request: Request, signing: Sequence[str], mask: Mask, seconds: float) -> str:
    words = [*_words(request, mask, seconds)]
    words[1:1] = signing
    return "curl " + " \\\n  ".join(words) + "\n"


def _words(request: Request, mask: Mask, seconds: float) -> Iterator[str]:
    """All that may be masked is in quotes by then, or the mask itself would act."""
    url = redact(mask.text(parse_address(request.url).url))
    streams = request.body is not None and bool(request.body.get("stream") or "alt=sse" in request.url)
    yield f"-sS{'N' if streams else ''} --max-time {seconds:g} {_STATUS} {shell_word(url)}"
    yield from (f"-H {_with_variables(header)}" for header in _headers(request))
    if request.body is not None:
        yield f"--data-raw {shell_word(_as_json(request.body))}"


def _as_json(body: Mapping[str, Any]) -> str:
    """In ASCII where something would act on a terminal."""
    text = json.dumps(body, ensure_ascii=False)
    return json.dumps(body) if any(map(acts, text)) else text


def _headers(request: Request) -> Iterator[str]:
    content: Mapping[str, str] = {} if request.body is None else {"Content-Type": "application/json"}
    given = {name.lower() for name in request.headers}
    yield from (f"{name}: {value}" for name, value in content.items() if name.lower() not in given)
    for name, value in request.headers.items():
        if any(map(acts, name + value)):
            raise bad_header(safe_line(name))
        yield f"{name}: {value}"


def _with_variables(text: str) -> str:
    """One word for any shell: double quotes let a variable through, and nothing else that is in them acts anywhere."""
    literal, *rest = _MARKED.split(text)
    if not _ACTS_IN_QUOTES.search("".join((literal, *rest[1::2]))):
        return f'"{_MARKED.sub(_variable_in, text)}"' if rest else shell_word(text)
    parts = [literal and shell_word(literal)]
    for variable, literal in zip(rest[::2], rest[1::2], strict=True):
        parts += (f'"{variable}"', literal and shell_word(literal))
    return "".join(parts)


def _variable_in(match: re.Match[str]) -> str:
    return match[1]

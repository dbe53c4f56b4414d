"""The requests of the live test as curl lines, for somebody else to run: with a variable in the place of the key."""

from __future__ import annotations

import json
import re
from shlex import quote
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from wizard.endpoints.wire import chat_request, hides, list_request, literals_of, untestable
from wizard.expansion.mask import Mask
from wizard.network.address import parse_address
from wizard.network.unreachable import Unreachable, bad_header
from wizard.redaction import MASK
from wizard.regexp import regexp
from wizard.shown import acts, safe_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.endpoints.wire import Live
    from wizard.network.client import Request

SECONDS = 10.0
_STATUS = r"-w '\nHTTP %{http_code}\n'"
"""A refusal may have no words of its own, and answers need not end with a line."""
_MARK = "\ue000{}\ue001"
_BEARER = "Bearer \ue002"
"""Before a mark: the variable's value begins with this word itself. Type anthropic looks for it."""
_MARKED = regexp(f"(?:{_BEARER})?\ue000([^\ue001]*)\ue001")


def curl_lines(live: Live, model: str, placeholder: str, *, quick: bool = False, seconds: float = SECONDS) -> str:
    """Lines for sh: the list, and without `quick` a chat, the same streamed, and with a tool.

    `placeholder`: `$NAME`, for the key. Headers whose value is a secret get a variable named after the header;
    one that stands in the body or in the URL is masked.
    `seconds`: for each request. They are safe to look at and to paste, whoever wrote the config: the URL is spelled
    as it goes over the wire, and where something else acts instead of showing, a comment says so in their place.
    """
    if reason := untestable(live):
        return comment(live.id, reason)
    marked = _marked(live, placeholder)
    requests = {"the list of models": list_request(marked)}
    if not quick:
        requests |= {
            "a chat": chat_request(marked, model, stream=False, tool=False),
            "the same, streamed": chat_request(marked, model, stream=True, tool=False),
            "with a tool, streamed": chat_request(marked, model, stream=True, tool=True),
        }
    try:
        lines = "\n".join(comment(live.id, title) + _line(request, seconds) for title, request in requests.items())
    except Unreachable as error:
        return comment(live.id, f"{error.message}: there is no curl line for it")
    return Mask(dict.fromkeys(literals_of(live), MASK)).text(lines)


def comment(provider: str, text: str) -> str:
    """A line that a shell passes over, whatever the provider is called."""
    return safe_line(f"# {provider}: {text}") + "\n"


def _marked(live: Live, placeholder: str) -> Live:
    """The provider with variables, between marks, where its secrets were."""
    headers = {name: _variable(name) if hides(live, name) and value else value for name, value in live.headers.items()}
    if not live.api_key:
        return replace(live, headers=headers)
    return replace(live, api_key=_marked_key(live, placeholder), headers=headers)


def _marked_key(live: Live, placeholder: str) -> str:
    return (_BEARER if live.api_key.startswith("Bearer ") else "") + _MARK.format(placeholder)


def _variable(header: str) -> str:
    name = re.sub(r"[^A-Z0-9]+", "_", header.upper()).strip("_")
    return _MARK.format(f"${name}" if name[:1].isalpha() else f"$HEADER_{name}")


def _line(request: Request, seconds: float) -> str:
    words = list(_words(request, seconds))
    return "curl " + " \\\n  ".join(words) + "\n"


def _words(request: Request, seconds: float) -> Iterator[str]:
    streams = request.body is not None and bool(request.body.get("stream") or "alt=sse" in request.url)
    yield f"-sS{'N' if streams else ''} --max-time {seconds:g} {_STATUS} {quote(parse_address(request.url).url)}"
    yield from (f"-H {_shell_word(header)}" for header in _headers(request))
    if request.body is not None:
        yield f"--data-raw {quote(_as_json(request.body))}"


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


def _shell_word(text: str) -> str:
    """One word for sh. Where a variable stands in it, double quotes let it through, and nothing else."""
    if not _MARKED.search(text):
        return quote(text)
    literal, *rest = _MARKED.split(text)
    word = _in_double_quotes(literal)
    for variable, literal in zip(rest[::2], rest[1::2], strict=True):
        word += variable + _in_double_quotes(literal)
    return f'"{word}"'


def _in_double_quotes(text: str) -> str:
    return re.sub(r'([\\"$`])', r"\\\1", text)

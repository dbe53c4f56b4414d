"""What a profile would have Crush do with this machine and its keys, so that nobody agrees to it unseen.

A profile is somebody else's input. Commands in it run at each start of Crush, and a URL decides who gets a key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wizard.expansion.plain_secrets import plain_secrets
from wizard.expansion.syntax import Broken, NotCovered, parse
from wizard.network.loopback import is_this_machine
from wizard.provider.base_url import BaseUrl
from wizard.provider.builtins import BUILTINS
from wizard.provider.template import lookup, lookup_in_header, variables
from wizard.regexp import regexp
from wizard.transfer.portable import expanded_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from wizard.crush.effective import Effective, EffectiveProvider

Sent = tuple[str, str]
"""What is sent, a variable's name, a key's own text or the name of a login, and the host that gets it."""

_END_OF_AUTHORITY = regexp(r"[/?#\\]")
_STARTS_EXPANSION = regexp(r"[$`]")
_EXPANDED_TWICE = ("api_key", "base_url")
"""Of built-ins: the endpoint of azure at each start, a key after a 401 (crush-behaviour 3.1, 4.3)."""
_NO_START = regexp(r"(?:\\[\\$`]|\$\w+|\$\{\w+\}|[^\\$`])*", re.ASCII)
"""Plain variables, escaped characters and ordinary ones: up to what may start something else (crush-behaviour 4.2)."""
_PLAIN_VARIABLE = regexp(r"\$\w+|\$\{\w+(?::?[-=+?][^\\$`'\"{}]*)?\}", re.ASCII)
_OPENAI = "openai openai-compat openrouter vercel hyper litellm llamacpp lmstudio ollama omlx".split()
_FALLBACKS = {
    **dict.fromkeys(_OPENAI, (("authorization",), ("OPENAI_API_KEY",))),
    "anthropic": (("authorization", "x-api-key"), ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")),
}
"""By type: the headers that count as a key, and the variables sent where there is no key (crush-behaviour 2.4)."""


class Risk(Struct, frozen=True):
    """`what` is a sentence; `value` what stands in the profile, or the host."""

    kind: Literal["command", "key"]
    provider: str
    field: str
    value: str
    what: str

    def report(self) -> dict[str, str]:
        """The JSON object."""
        return {"kind": self.kind, "provider": self.provider, "field": self.field, "value": self.value}


def risks(
    before: Effective, after: Effective, has_value: Callable[[str], bool], known: Collection[Sent] = ()
) -> tuple[Risk, ...]:
    """What is new after the change: commands that Crush would run, and keys of this machine for another host.

    `has_value` tells whether a variable has a value here that does not come with the profile. `known` are pairs that
    are right whoever says so, as a vendor's variable and the vendor's host.
    """
    return (*_commands(before, after), *_new_hosts(before, after, has_value, known))


def runs_code(text: str) -> bool:
    """Whether Crush may run a command to expand the value, or let one variable name another. In doubt it may.

    Our own lookups, spelled exactly so, run only this program.
    """
    for name in variables(text):
        for own in (lookup(name), lookup_in_header(name)):
            text = text.replace(own, f"${name}")
    if "$(" in text or "${!" in text or "`" in _NO_START.sub("", text, count=1):
        return True
    try:
        parse(text)
    except Broken:
        return False
    except NotCovered:
        return True
    return False


def runs_again(text: str, expanded: str | None) -> bool:
    """Whether a value that Crush expands twice may run a command the second time. In doubt it may.

    Only plain variables are known to leave nothing to expand, and only as long as their values don't.
    """
    for name in variables(text):
        text = text.replace(lookup(name), f"${{{name}}}").replace(lookup_in_header(name), f"${{{name}}}")
    written = _PLAIN_VARIABLE.sub(" ", text)
    return bool(_STARTS_EXPANSION.search(written) or _STARTS_EXPANSION.search(expanded or ""))


# Commands


def _commands(before: Effective, after: Effective) -> Iterator[Risk]:
    for provider in after.providers:
        old = before.provider(provider.id)
        known = set(_running(old)) if old else set()
        for field, text, again in _running(provider):
            if (field, text, again) not in known:
                how = f"expand {field} twice, and run what comes of it" if again else f"run the command in {field}"
                yield Risk("command", provider.id, field, text, f"{provider.id}: Crush would {how}: {text}")


def _running(provider: EffectiveProvider) -> Iterator[tuple[str, str, bool]]:
    """The values that may run a command, each with its field; the last: only once it is expanded again."""
    for field, text in expanded_fields(provider.entry):
        if runs_code(text):
            yield field, text, False
        elif field in _EXPANDED_TWICE and (provider.builtin or provider.id in BUILTINS):
            value = provider.api_key if field == "api_key" else provider.base_url
            if runs_again(text, value.text):
                yield field, text, True
    if isinstance(refresh := provider.entry.get("aws_auth_refresh"), str) and refresh:
        yield "aws_auth_refresh", refresh, False


# Keys


def _new_hosts(
    before: Effective, after: Effective, has_value: Callable[[str], bool], known: Collection[Sent]
) -> Iterator[Risk]:
    old = {*known, *(pair for provider in before.providers for pair in _sent(provider))}
    here = {secret: "the key in your file" for provider in before.providers for secret in _literals(provider)}
    here |= {login: f"the {login}" for provider in before.providers for login in _login(provider)}
    for provider in after.providers:
        for sent, host in dict.fromkeys(_sent(provider)):
            if (sent, host) in old or not (has_value(sent) or sent in here):
                continue
            what = f"{provider.id}: {here.get(sent, f'${sent}')} would be sent to {host}, which does not get it now"
            yield Risk("key", provider.id, "base_url", host, what)


def _sent(provider: EffectiveProvider) -> Iterator[Sent]:
    host = _host(provider)
    if not host:
        return
    for _, text in expanded_fields(provider.entry):
        yield from ((name, host) for name in variables(text))
    yield from ((secret, host) for secret in (*_literals(provider), *_login(provider)))
    if not _is_here(provider):
        yield from ((name, host) for name in _fallbacks(provider))


def _literals(provider: EffectiveProvider) -> frozenset[str]:
    """The keys in plain text, wherever they stand: a body is sent, too."""
    return plain_secrets({name: value for name, value in provider.entry.items() if name != "oauth"})


def _login(provider: EffectiveProvider) -> tuple[str, ...]:
    return (f"login of {provider.id}",) if provider.entry.get("oauth") else ()


def _fallbacks(provider: EffectiveProvider) -> tuple[str, ...]:
    """What is sent where no key is: what can't be told is none, and a header that expands to nothing is dropped."""
    headers, names = _FALLBACKS.get(provider.type, ((), ()))
    given = {name.casefold() for name, value in provider.headers.items() if value.text}
    return () if provider.api_key.text or not given.isdisjoint(headers) else names


def _is_here(provider: EffectiveProvider) -> bool:
    host = destination(provider.base_url.text or "").rpartition("://")[2]
    return is_this_machine(BaseUrl(f"http://{host}").host)


def _host(provider: EffectiveProvider) -> str:
    """The host, with its port; the template itself where a variable, which may be a key, stands in it."""
    url, template = provider.base_url.text, str(provider.entry.get("base_url") or "")
    if url is None:
        return template
    scheme, _, rest = template.partition("://")
    authority = _END_OF_AUTHORITY.split(rest, maxsplit=1)[0]
    return template if url and _STARTS_EXPANSION.search(scheme + authority) else destination(url)


def destination(url: str) -> str:
    """Who gets what is sent to a URL: host and port, behind the scheme where anybody on the way can read it."""
    scheme, _, rest = url.partition("://")
    host = _END_OF_AUTHORITY.split(rest, maxsplit=1)[0].rpartition("@")[2].casefold()
    return host if scheme.casefold() == "https" else f"{scheme}://{host}" if host else ""

"""What a profile would have Crush do with this machine and its keys, so that nobody agrees to it unseen.

A profile is somebody else's input. Commands in it run at each start of Crush, and a URL decides who gets a key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from wizard.config.expansion_syntax import Broken, NotCovered, parse
from wizard.config.literals import literal_secrets
from wizard.provider.base_url import BaseUrl
from wizard.provider.template import lookup, lookup_in_header, variables
from wizard.transfer.portable import expanded_fields, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from wizard.config.effective import Effective, EffectiveProvider

Sent = tuple[str, str]
"""What is sent, a variable's name or a key's own text, and the host that gets it."""

_END_OF_AUTHORITY = re.compile(r"[/?#\\]")
_BEARER_OF_NO_KEY = "OPENAI_API_KEY"
_SENDS_IT = frozenset("openai openai-compat openrouter vercel hyper litellm llamacpp lmstudio ollama omlx".split())
"""Types that send OPENAI_API_KEY where there is neither a key nor an Authorization header (crush-behaviour 2.4)."""


@dataclass(frozen=True)
class Risk:
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
    if "$(" in text or "`" in text or "${!" in text:
        return True
    try:
        parse(text)
    except Broken:
        return False
    except NotCovered:
        return True
    return False


# Commands


def _commands(before: Effective, after: Effective) -> Iterator[Risk]:
    for provider in after.providers:
        old = before.provider(provider.id)
        known = set(_texts(old.entry)) if old else set()
        for field, text in _texts(provider.entry):
            if (field, text) not in known and (field == "aws_auth_refresh" or runs_code(text)):
                what = f"{provider.id}: Crush would run the command in {field}: {text}"
                yield Risk("command", provider.id, field, text, what)


def _texts(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from expanded_fields(entry)
    if isinstance(refresh := entry.get("aws_auth_refresh"), str) and refresh:
        yield "aws_auth_refresh", refresh


# Keys


def _new_hosts(
    before: Effective, after: Effective, has_value: Callable[[str], bool], known: Collection[Sent]
) -> Iterator[Risk]:
    old = {*known, *(pair for provider in before.providers for pair in _sent(provider))}
    literals = {secret for provider in before.providers for secret in _literals(provider)}
    for provider in after.providers:
        for sent, host in dict.fromkeys(_sent(provider)):
            if (sent, host) in old or not (has_value(sent) or sent in literals):
                continue
            called = "the key in your file" if sent in literals else f"${sent}"
            what = f"{provider.id}: {called} would be sent to {host}, which does not get it now"
            yield Risk("key", provider.id, "base_url", host, what)


def _sent(provider: EffectiveProvider) -> Iterator[Sent]:
    host = _host(provider)
    if not host:
        return
    for _, text in expanded_fields(provider.entry):
        yield from ((name, host) for name in variables(text))
    yield from ((secret, host) for secret in _literals(provider))
    if _has_no_key(provider) and provider.type in _SENDS_IT and not _is_here(host):
        yield _BEARER_OF_NO_KEY, host


def _literals(provider: EffectiveProvider) -> frozenset[str]:
    return literal_secrets({name: provider.entry.get(name) for name in ("api_key", "base_url", "extra_headers")})


def _has_no_key(provider: EffectiveProvider) -> bool:
    headers = {name.casefold() for name in provider.headers}
    return not provider.entry.get("api_key") and "authorization" not in headers


def _is_here(addressed: str) -> bool:
    return is_loopback(BaseUrl(f"http://{addressed.rpartition('://')[2]}").host)


def _host(provider: EffectiveProvider) -> str:
    """The host, with its port; the template itself where only its variables would tell."""
    url = provider.base_url.text
    return str(provider.entry.get("base_url") or "") if url is None else addressee(url)


def addressee(url: str) -> str:
    """Who gets what is sent to a URL: host and port, behind the scheme where anybody on the way can read it."""
    scheme, _, rest = url.partition("://")
    host = _END_OF_AUTHORITY.split(rest, maxsplit=1)[0].rpartition("@")[2].casefold()
    return host if scheme.casefold() == "https" else f"{scheme}://{host}" if host else ""

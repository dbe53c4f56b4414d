"""What a profile would have Crush do with this machine and its keys, so that nobody agrees to it unseen.

A profile is somebody else's input. Commands in it run at each start of Crush, and a URL decides who gets a key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from wizard.crush.outgoing import END_OF_AUTHORITY, destination, expanded_fields, outgoing
from wizard.expansion.running import STARTS_EXPANSION, runs_again, runs_code
from wizard.provider.builtins import BUILTINS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from wizard.crush.effective import Effective, EffectiveProvider
    from wizard.crush.outgoing import Outgoing, Pair

_EXPANDED_TWICE = ("api_key", "base_url")
"""Of built-ins: the endpoint of azure at each start, a key after a 401 (crush-behaviour 3.1, 4.3)."""


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
    before: Effective, after: Effective, has_value: Callable[[str], bool], known: Collection[Pair] = ()
) -> tuple[Risk, ...]:
    """What is new after the change: commands that Crush would run, and keys of this machine for another host.

    `has_value` tells whether a variable has a value here that does not come with the profile. `known` are pairs that
    are right whoever says so, as a vendor's variable and the vendor's host.
    """
    return (*_commands(before, after), *_new_hosts(before, after, has_value, known))


def risks_of_references(commands: Mapping[str, str]) -> tuple[Risk, ...]:
    """What it means to take over commands that print secrets, by name."""
    return tuple(
        Risk("command", "", name, command, f"{name}: crush-wizard would run this command for it: {command}")
        for name, command in commands.items()
    )


# Commands


def _commands(before: Effective, after: Effective) -> Iterator[Risk]:
    for provider in after.providers:
        old = before.provider(provider.id)
        known = set(_running(old)) if old else set()
        for field, text, again in _running(provider):
            if (field, text, again) not in known:
                how = f"expand {field} twice, and run the result" if again else f"run the command in {field}"
                yield Risk("command", provider.id, field, text, f"{provider.id}: Crush would {how}: {text}")


def _running(provider: EffectiveProvider) -> Iterator[tuple[str, str, bool]]:
    """The values that may run a command, each with its field; the last: only once it is expanded again."""
    for path, text in expanded_fields(provider.entry):
        field = " ".join(path)
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
    before: Effective, after: Effective, has_value: Callable[[str], bool], known: Collection[Pair]
) -> Iterator[Risk]:
    old = {*known, *(pair for provider in before.providers for pair in _sent(provider))}
    here = {sent.what: _called(sent) for provider in before.providers for sent in outgoing(provider)}
    here = {what: called for what, called in here.items() if called}
    for provider in after.providers:
        for sent, host in dict.fromkeys(_sent(provider)):
            if (sent, host) in old or not (has_value(sent) or sent in here):
                continue
            what = f"{provider.id}: {here.get(sent, f'${sent}')} would be sent to {host}, which does not get it now"
            yield Risk("key", provider.id, "base_url", host, what)


def _sent(provider: EffectiveProvider) -> Iterator[Pair]:
    if host := _host(provider):
        yield from ((sent.what, host) for sent in outgoing(provider))


def _called(sent: Outgoing) -> str:
    """What there is of the user's apart from variables, in a sentence."""
    return {"literal": "the key in your file", "login": f"the {sent.what}", "variable": ""}[sent.kind]


def _host(provider: EffectiveProvider) -> str:
    """The host, with its port; the template itself where a variable, which may be a key, stands in it."""
    url, template = provider.base_url.text, str(provider.entry.get("base_url") or "")
    if url is None:
        return template
    scheme, _, rest = template.partition("://")
    authority = END_OF_AUTHORITY.split(rest, maxsplit=1)[0]
    return template if url and STARTS_EXPANSION.search(scheme + authority) else destination(url)

"""Which proxy a URL goes through: the rules of Go's net/http, as Crush follows them (crush-behaviour 2.4).

Only HTTP_PROXY, HTTPS_PROXY and NO_PROXY count, upper case before lower case; never the system's own settings.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from wizard.network.loopback import address_of
from wizard.private import Private

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMES = ("http", "https", "socks5", "socks5h")
_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxy(Private, Struct, frozen=True):
    """`user` and `password` are "" where the variable names none."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for an http or https URL; None: straight ahead. A variable that is no URL counts as empty."""
    parts = urlsplit(url)
    value = _variable(environ, f"{parts.scheme}_proxy")
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    if not value or _is_never_behind(host) or _is_exempt(host, port, _variable(environ, "no_proxy")):
        return None
    return _parsed(value)


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name.upper()) or environ.get(name) or ""


def _parsed(value: str) -> Proxy | None:
    whole = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(whole)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if parts.scheme not in SCHEMES or not parts.hostname:
        return None
    return Proxy(parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))


def _is_never_behind(host: str) -> bool:
    """As Go has it, which knows no other names of this machine."""
    address = address_of(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _is_exempt(host: str, port: int, no_proxy: str) -> bool:
    return any(_matches(entry, host.lower(), port) for entry in _entries(no_proxy))


def _entries(no_proxy: str) -> Iterator[str]:
    return (entry for entry in (part.strip().lower() for part in no_proxy.split(",")) if entry)


def _matches(entry: str, host: str, port: int) -> bool:
    """One entry of NO_PROXY: `*`, a network, an address, or a domain, the last two with or without a port."""
    if entry == "*":
        return True
    address = address_of(host)
    if network := _network(entry):
        return address is not None and address in network
    named, named_port = _split_port(entry)
    if not named or named_port not in ("", str(port)):
        return False
    if wanted := address_of(named):
        return address == wanted
    return _in_domain(host, named)


def _in_domain(host: str, named: str) -> bool:
    """`example.com` means the host and all below it; `.example.com` and `*.example.com` only what is below."""
    named = named.removeprefix("*") if named.startswith("*.") else named
    if named.startswith("."):
        return host.endswith(named)
    return host == named or host.endswith(f".{named}")


def _split_port(entry: str) -> tuple[str, str]:
    """(host, port or ""). An IPv6 address stands in brackets when a port follows."""
    if entry.startswith("["):
        host, _, port = entry[1:].partition("]")
        return host, port.removeprefix(":")
    if entry.count(":") == 1:
        host, _, port = entry.partition(":")
        return host, port
    return entry, ""


def _network(entry: str) -> IPNetwork | None:
    if "/" not in entry:
        return None
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None

"""URLs as they are asked: checked, spelled for the wire, compared by origin."""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

from msgspec import Struct

from wizard.network.unreachable import Unreachable, bad_url
from wizard.regexp import regexp

_PORTS = {"http": 80, "https": 443}
_HIDDEN = regexp(r"[\x00-\x20\x7f]")
_KEPT = "/:@!$&'()*+,;=~%?#[]-._"  # what `quote` shall leave as it is


class Address(Struct, frozen=True):
    """One URL. `host` is in ASCII, an IPv6 one without brackets; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def unusual_port(self) -> int | None:
        return None if self.port == _PORTS[self.scheme] else self.port

    @property
    def authority(self) -> str:
        """For the Host header: the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.unusual_port else host

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_address(url: str) -> Address:
    """Raises Unreachable (bad-url), which does not repeat the URL: it may hold a password."""
    if _HIDDEN.search(url):
        raise bad_url("it contains white space or a control character")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise bad_url("host or port is malformed") from None
    if parts.scheme not in _PORTS:
        raise bad_url("it must start with http:// or https://")
    if not host:
        raise bad_url("it has no host")
    if "\\" in parts.netloc:  # some take it for the end of the host, some don't; Go takes no such URL
        raise bad_url("host or port is malformed")
    if "@" in parts.netloc:
        raise bad_url("it contains a user name or password")
    target = quote(parts.path or "/", safe=_KEPT) + (f"?{quote(parts.query, safe=_KEPT)}" if parts.query else "")
    return Address(parts.scheme, host, port or _PORTS[parts.scheme], target)


def redirected(address: Address, location: str) -> Address | None:
    """Where a redirect leads within the same origin; None when it leaves it or makes no sense."""
    try:
        target = parse_address(urljoin(address.url, location))
    except (Unreachable, ValueError):
        return None
    return target if target.origin == address.origin else None

"""Which hosts are this machine."""

from __future__ import annotations

import ipaddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_CALLED_BY_CONTAINERS = ("host.docker.internal", "host.containers.internal")


def is_loopback(host: str) -> bool:
    """Whether a host of a URL, in brackets or not, is this machine by its address, or a name that means that."""
    bare = host.strip("[]").lower()
    address = address_of(bare)
    if address is None:
        return bare == "localhost" or bare.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def is_this_machine(host: str) -> bool:
    """The same, also by the names that it has inside a container."""
    return is_loopback(host) or host.lower() in _CALLED_BY_CONTAINERS


def address_of(host: str) -> IPAddress | None:
    """An address without its zone; one of IPv4 in an IPv6 coat counts as IPv4, as in Go. None: it is a name."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address

"""Whether anything outside this machine can be reached at all."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from wizard.network.address import parse_address
from wizard.network.proxies import proxy_for
from wizard.network.unreachable import Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping


def has_way_out(url: str, environ: Mapping[str, str], *, seconds: float) -> bool:
    """Whether the host of `url` takes a connection. Nothing is sent.

    A proxy counts as a way out: whoever set its variable has one. `seconds` is for connecting; looking the name
    up may take longer, so whoever can't wait asks in the background.
    """
    try:
        address = parse_address(url)
    except Unreachable:
        return False
    if proxy_for(url, environ) is not None:
        return True
    try:
        with socket.create_connection((address.host, address.port), timeout=seconds):
            return True
    except OSError:
        return False

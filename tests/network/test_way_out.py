"""Whether there is a way out, with real sockets."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from wizard.network.way_out import has_way_out

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 10.0
"""A refusal comes at once; a machine that runs many tests is slower than a user's."""


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    server = socket.create_server(("127.0.0.1", 0))
    with closing(server):
        yield server


def test_somebody_who_takes_connections(listening: socket.socket) -> None:
    assert has_way_out(f"http://127.0.0.1:{listening.getsockname()[1]}", {}, seconds=SECONDS)


def test_nobody_there() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    assert not has_way_out(f"http://127.0.0.1:{port}", {}, seconds=SECONDS)


def test_a_name_that_nobody_knows() -> None:
    assert not has_way_out("https://nowhere.invalid", {}, seconds=SECONDS)


@pytest.mark.parametrize("url", ["", "catwalk", "ftp://there.example", "http://[", "https://me:secret@there.example"])
def test_what_is_no_address_leads_nowhere(url: str) -> None:
    assert not has_way_out(url, {}, seconds=SECONDS)


def test_a_proxy_is_a_way_out() -> None:
    assert has_way_out("https://nowhere.invalid", {"HTTPS_PROXY": "http://127.0.0.1:9"}, seconds=SECONDS)


def test_a_host_that_the_proxy_is_not_for() -> None:
    environ = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ".invalid"}
    assert not has_way_out("https://nowhere.invalid", environ, seconds=SECONDS)

"""What is this machine, and what only looks like it."""

from __future__ import annotations

import pytest

from wizard.network.loopback import is_loopback, is_this_machine

LOOPBACK = ("localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "127.0.1.1", "::1", "[::1]", "::1%lo")
ANYWHERE_HERE = ("0.0.0.0", "::", "::ffff:127.0.0.1")
ELSEWHERE = ("localhost.example.com", "127.example.com", "mylocalhost", "10.0.0.1", "192.168.1.2", "example.com", "")


@pytest.mark.parametrize("host", [*LOOPBACK, *ANYWHERE_HERE])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)
    assert is_this_machine(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_another_machine(host: str) -> None:
    assert not is_loopback(host)
    assert not is_this_machine(host)


@pytest.mark.parametrize("host", ["host.docker.internal", "host.containers.internal"])
def test_what_containers_call_it(host: str) -> None:
    assert not is_loopback(host)
    assert is_this_machine(host)

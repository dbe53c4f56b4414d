"""Ctrl-C and SIGTERM end what waits for the network by cancelling it."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest

from wizard.errors import Terminated
from wizard.network.running import run

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        assert signal.getsignal(number) is handler


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)])
def test_a_signal_cancels_the_work(number: signal.Signals, raised: type[BaseException]) -> None:
    seen: list[str] = []

    async def work() -> None:
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), number)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    with pytest.raises(KeyboardInterrupt) as caught:
        run(work())
    assert caught.type is raised
    assert seen == ["cancelled"]


def test_what_comes_of_it() -> None:
    async def work() -> int:
        return 3

    assert run(work()) == 3

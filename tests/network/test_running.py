"""Ctrl-C and SIGTERM end what waits for the network by cancelling it, wherever they come."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio import selector_events
from typing import TYPE_CHECKING, Any

import pytest

from wizard.errors import Terminated
from wizard.network.running import INSISTING, run

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
        run(work)
    assert caught.type is raised
    assert seen == ["cancelled"]


@pytest.mark.filterwarnings("error")
def test_one_that_comes_while_the_loop_is_made_keeps_the_work_from_being_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    make: Any = selector_events.BaseSelectorEventLoop._make_self_pipe  # type: ignore[attr-defined]
    begun: list[str] = []

    def interrupted(loop: object) -> None:
        signal.raise_signal(signal.SIGINT)
        make(loop)

    async def work() -> None:
        begun.append("begun")

    monkeypatch.setattr(selector_events.BaseSelectorEventLoop, "_make_self_pipe", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(work)
    assert begun == []


def test_one_that_comes_in_a_callback_changes_nothing_under_it() -> None:
    """As a look-up of a name does: is it settled? No: settle it."""
    said: list[str] = []

    async def work() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: said.append(context["message"]))
        future = loop.create_future()

        def settle() -> None:
            if not future.done():
                signal.raise_signal(signal.SIGINT)
                future.set_result(None)

        loop.call_soon(settle)
        await future
        await asyncio.sleep(60)

    with pytest.raises(KeyboardInterrupt):
        run(work)
    assert said == []


def test_one_that_comes_while_the_loop_is_closed_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    close: Any = selector_events.BaseSelectorEventLoop._close_self_pipe  # type: ignore[attr-defined]

    def interrupted(loop: object) -> None:
        signal.raise_signal(signal.SIGINT)
        close(loop)

    async def work() -> int:
        return 3

    monkeypatch.setattr(selector_events.BaseSelectorEventLoop, "_close_self_pipe", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(work)


def test_who_insists_need_not_wait_for_the_work() -> None:
    async def work() -> None:
        for _ in range(INSISTING):
            signal.raise_signal(signal.SIGINT)
        pytest.fail("went on")

    with pytest.raises(KeyboardInterrupt):
        run(work)


def test_what_comes_of_it() -> None:
    async def work() -> int:
        return 3

    assert run(work) == 3

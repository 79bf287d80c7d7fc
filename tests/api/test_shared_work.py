"""Work that is done once for all who ask for it at the same moment."""

import asyncio
import threading
from collections.abc import Iterator

from service.api.shared_work import SharedWork


def test_it_is_done_once_for_all_who_wait() -> None:
    """Of a hundred who ask while it is done, the first have that, and all others share the one after."""
    begun, go_on = threading.Event(), threading.Event()
    times = 0

    def work() -> int:
        nonlocal times
        times += 1
        begun.set()
        go_on.wait(60)
        return times

    async def ask() -> list[int]:
        shared = SharedWork(work)
        first = asyncio.create_task(shared.result())
        await asyncio.to_thread(begun.wait, 60)
        others = [asyncio.create_task(shared.result()) for _ in range(100)]
        await asyncio.sleep(0)
        go_on.set()
        return [await first, *await asyncio.gather(*others)]

    assert asyncio.run(ask()) == [1, *[2] * 100]
    assert times == 2


def test_who_leaves_and_what_fails_hold_up_nobody() -> None:
    """One that hangs up takes nothing from those who wait with it; what fails is tried again for the next."""
    results: Iterator[ValueError | str] = iter([ValueError("once"), "well"])

    def work() -> str:
        result = next(results)
        if isinstance(result, ValueError):
            raise result
        return result

    async def ask() -> None:
        shared = SharedWork(work)
        leaves, stays = (asyncio.create_task(shared.result()) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        (failure,) = await asyncio.gather(stays, return_exceptions=True)
        assert isinstance(failure, ValueError)
        assert await shared.result() == "well"

    asyncio.run(ask())

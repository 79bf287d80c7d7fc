"""A few threads for work that would hold up the event loop, and a short queue before them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.types import Receive

from service.errors import ClientGone, Overloaded
from service.settings import Settings

_Result = TypeVar("_Result")


_SHORTENED = 3


class Pool:
    """Runs work in threads; refuses what would wait too long, and drops what nobody waits for any more.

    The queue takes a burst: a class that sends its photographs together. Once it has turned away more than it holds,
    this is no burst but an overload, where a long queue only makes every answer late; so it is a third as long until
    it has been empty ("controlled delay", Maurer, Fail at Scale, ACM Queue 13(8), 2015).

    Attributes:
        turned_away: requests refused since the queue was last empty.
    """

    def __init__(self, settings: Settings) -> None:
        self._executor = ThreadPoolExecutor(settings.decode_threads, "decode")
        self._free = asyncio.Semaphore(settings.decode_threads)
        self._max_queue = settings.max_queue
        self._seconds = settings.queue_seconds
        self._waiting = 0
        self.turned_away = 0

    @property
    def full(self) -> bool:
        """Whether the queue takes no more."""
        if not self._waiting:
            return False
        overloaded = self.turned_away > self._max_queue
        return self._waiting >= (max(1, self._max_queue // _SHORTENED) if overloaded else self._max_queue)

    async def run(self, receive: Receive, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Run `work(*arguments)` in a thread, when one is free.

        Args:
            receive: of the request, whose body has been read: it tells when the client hangs up.
            work: what to run.
            arguments: what to run it with.

        Raises:
            Overloaded: the queue is full, or no thread came free in time.
            ClientGone: the client hung up while its work was queued.
        """
        if self._free.locked():
            await self._queue(receive)
        else:
            await self._free.acquire()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)
        finally:
            self._free.release()

    async def _queue(self, receive: Receive) -> None:
        if self.full:
            self.turned_away += 1
            raise Overloaded(f"{self._waiting} requests wait already, the limit. Try again in a moment.")
        self._waiting += 1
        turn = asyncio.create_task(self._free.acquire())
        gone = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({turn, gone}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
            if turn.done():
                return
            if gone.done():
                raise ClientGone
            raise Overloaded(f"The request waited {self._seconds:g} seconds, the limit. Try again in a moment.")
        finally:
            self._waiting -= 1
            if not self._waiting:
                self.turned_away = 0
            turn.cancel()
            gone.cancel()

    def close(self) -> None:
        """Let running work end and take no more."""
        self._executor.shutdown()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

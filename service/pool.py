"""A few threads for work that would hold up the event loop, and a short queue before them."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.types import Receive

from service.errors import ClientGone, Overloaded
from service.settings import Settings

_Result = TypeVar("_Result")


# Some seconds of waiting are a class that sends its photographs together; more are an overload, and then a long queue
# only makes every answer late ("controlled delay", Maurer, Fail at Scale, ACM Queue 13(8), 2015).
_BURST_SECONDS = 2
_SHORTENED = 3


class Pool:
    """Runs work in threads; refuses what would wait too long, and drops what nobody waits for any more.

    The queue takes a burst. Once it has not been empty for two seconds, it is a third as long until it is empty.
    """

    def __init__(self, settings: Settings) -> None:
        self._executor = ThreadPoolExecutor(settings.decode_threads, "decode")
        self._free = asyncio.Semaphore(settings.decode_threads)
        self._max_queue = settings.max_queue
        self._seconds = settings.queue_seconds
        self._waiting = 0
        self._waiting_since = 0.0

    def check(self) -> None:
        """See whether there is room in the queue.

        Raises:
            Overloaded: there is none.
        """
        if not self._waiting:
            self._waiting_since = time.monotonic()
            return
        lasting = time.monotonic() - self._waiting_since > _BURST_SECONDS
        limit = max(1, self._max_queue // _SHORTENED) if lasting else self._max_queue
        if self._waiting >= limit:
            raise Overloaded(f"{self._waiting} requests wait already, the limit. Try again in a moment.")

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
        self.check()
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
            turn.cancel()
            gone.cancel()

    def close(self) -> None:
        """Let running work end and take no more."""
        self._executor.shutdown()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

"""Work that many may ask for at the same moment: it is done once for all who came before it began."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

_Result = TypeVar("_Result")

# After each time there is a pause of so many times what it took, so that asking for it again and again takes no more
# than a part of the processor.
_PAUSE_TIMES = 3


class SharedWork(Generic[_Result]):
    """Some work whose result is for everybody; who asks has one that was begun after that."""

    def __init__(self, work: Callable[[], _Result]) -> None:
        """Make it; nothing is begun.

        Args:
            work: done in a thread, never twice at the same time.
        """
        self._work = work
        self._next: asyncio.Task[_Result] | None = None
        self._running = asyncio.Lock()
        self._not_before = 0.0

    async def result(self) -> _Result:
        """What comes of it."""
        if self._next is None:
            self._next = asyncio.create_task(self._do())
        return await asyncio.shield(self._next)  # others wait for it too

    async def _do(self) -> _Result:
        loop = asyncio.get_running_loop()
        async with self._running:
            await asyncio.sleep(self._not_before - loop.time())
            self._next = None  # who comes from here on wants what is so from here on
            began = loop.time()
            try:
                return await asyncio.to_thread(self._work)
            finally:
                now = loop.time()
                self._not_before = now + _PAUSE_TIMES * (now - began)

"""Pictures that are not plain are decoded in processes of their own, which can be killed.

The cost of a picture is bounded by neither its bytes nor its pixels: scans, chunks and frames can be repeated, and a
thread that decodes can't be stopped. A process can, and what it had goes with it.

Each process has a socket of its own, which goes with it too: what is left of a message that it did not read to its end
is never read by another. What is said over it is JSON and bytes (see `decode_messages`), so that neither side runs
anything that the other says.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from service import metrics
from service.errors import Overloaded
from service.images.decode_messages import Task
from service.images.decode_process import START_SECONDS, DecodeProcess
from service.images.preprocess import Picture

_Result = TypeVar("_Result")


class DecodeProcesses:
    """A few processes, each with a thread that waits for it."""

    def __init__(self, processes: int, seconds: float, max_bytes: int) -> None:
        """Say how many and how much; they are started by `warm_up` or by the first task.

        Args:
            processes: how many decode at one time.
            seconds: that the pictures of one request may take together.
            max_bytes: of memory that one picture may take.
        """
        self.seconds = seconds
        metrics.DECODE_PROCESSES_LIMIT.set(processes)
        self._processes = [DecodeProcess(max_bytes) for _ in range(processes)]
        self._threads = ThreadPoolExecutor(processes, "decode")
        self._free = self._processes.copy()
        self._freed = asyncio.Event()

    async def decode(self, task: Task, deadline: float) -> Picture:
        """A picture.

        Args:
            task: which, and how.
            deadline: of its request, in the loop's time.

        Raises:
            ImageTooCostly: it was not decoded in time; its process was killed.
            DamagedImage: it crashed its process.
            Overloaded: no process could be had.
            ServiceError: as `Decoder` raises.
        """
        seconds = deadline - asyncio.get_running_loop().time()
        process = await self._take()
        unwanted = threading.Event()
        decoding = self._run(process, lambda: process.decode(task, seconds, self.seconds, unwanted))
        try:
            return await asyncio.wrap_future(decoding)
        except asyncio.CancelledError:
            process.interrupt(unwanted)  # nobody waits any more
            raise

    async def _take(self) -> DecodeProcess:
        """A process that is free: one for each request that has a place in the pool, unless it is still being started.

        Raises:
            Overloaded: none came free in time.
        """
        try:
            async with asyncio.timeout(START_SECONDS + self.seconds):
                while not self._free:
                    self._freed.clear()
                    await self._freed.wait()
        except TimeoutError:
            raise Overloaded("No process to decode with came free in time. Try again in a moment.") from None
        return self._free.pop()

    def _run(self, process: DecodeProcess, work: Callable[[], _Result]) -> Future[_Result]:
        """Have a thread do something with a process, which is free again when that is done, whoever waits for it."""
        loop = asyncio.get_running_loop()

        def done(_future: Future[_Result]) -> None:
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                loop.call_soon_threadsafe(self._give_back, process)

        future = self._threads.submit(work)
        future.add_done_callback(done)
        return future

    def _give_back(self, process: DecodeProcess) -> None:
        self._free.append(process)
        self._freed.set()

    def warm_up(self) -> None:
        """Start the processes, and do not wait for them."""
        while self._free:
            process = self._free.pop()
            self._run(process, process.start)

    def close(self) -> None:
        """Kill what is running and start nothing more."""
        for process in self._processes:
            process.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

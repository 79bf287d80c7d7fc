"""Pictures that are not plain are decoded in processes of their own, which can be killed.

The cost of a picture is bounded by neither its bytes nor its pixels: scans, chunks and frames can be repeated, and a
thread that decodes can't be stopped. A process can, and what it had goes with it.
"""

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from contextlib import suppress
from typing import TypeVar

from pebble import ProcessExpired, ProcessPool

from service import signals
from service.errors import DamagedImage, ImageTooCostly, Overloaded, ServiceError
from service.images import decode_worker
from service.images.decode_worker import Task
from service.images.preprocess import Picture

_Result = TypeVar("_Result")

_TRIES = 2
_GRACE_SECONDS = 1.0

# A process starts in a fifth of a second where the machine is free; whoever waits for one gives up after this.
_START_SECONDS = 5.0


class DecodeProcesses:
    """A few processes; one that takes too long, too much, or crashes is replaced, and nobody else notices."""

    def __init__(self, processes: int, seconds: float, max_bytes: int) -> None:
        """Say how many and how much; they are started by the first task.

        Args:
            processes: how many decode at one time.
            seconds: that the pictures of one request may take together.
            max_bytes: of memory that one picture may take.
        """
        self._processes = processes
        self._max_bytes = max_bytes
        self.seconds = seconds
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            self._processes,
            initializer=decode_worker.start,
            initargs=(self._max_bytes,),
            context=multiprocessing.get_context("spawn"),
        )

    async def decode(self, task: Task, deadline: float) -> Picture:
        """A picture.

        Args:
            task: which, and how.
            deadline: of its request, in the loop's time.

        Raises:
            ImageTooCostly: it was not decoded in time; its process was killed.
            DamagedImage: it crashed its process.
            ServiceError: as `Decoder` raises.
        """
        for _ in range(_TRIES + self._processes):  # each of them may be worn out
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                raise self._too_costly()
            pool = self._pool
            try:
                # The pool's own time begins when a process takes the task; of processes that died none does.
                async with asyncio.timeout(left + _GRACE_SECONDS):
                    result = await asyncio.wrap_future(self._schedule(pool, decode_worker.decode, task, seconds=left))
            except TimeoutError:
                await self._replaced(pool)
                raise self._too_costly() from None
            except ProcessExpired as expired:
                await self._replaced(pool)
                if expired.exitcode == decode_worker.WORN_OUT:
                    continue
                raise DamagedImage(
                    "The image makes the decoder crash. Open it in an image editor and save it anew."
                ) from None
            except (BrokenExecutor, RuntimeError):
                # A process that died idle takes the pool with it; the first to see that replaces it.
                if self._pool is pool:
                    self._pool = self._new_pool()
            else:
                if isinstance(result, ServiceError):
                    raise result
                return result
        raise Overloaded("The service could not start a process to decode with. Try again in a moment.")

    @staticmethod
    def _schedule(
        pool: ProcessPool, work: Callable[..., _Result], *arguments: object, seconds: float | None = None
    ) -> Future[_Result]:
        with signals.not_for_children():  # the first task starts the pool's threads, which start its processes
            return pool.schedule(work, arguments, timeout=seconds)

    async def _replaced(self, pool: ProcessPool) -> None:
        """A process has been started for one that was killed or has crashed, or there is one that is free.

        So that this is on the time of whose picture it was, and the next has a process at once, and all its seconds.
        """
        with suppress(TimeoutError, BrokenExecutor, ProcessExpired, RuntimeError):
            async with asyncio.timeout(_START_SECONDS):
                await asyncio.wrap_future(self._schedule(pool, decode_worker.ready))

    def _too_costly(self) -> ImageTooCostly:
        return ImageTooCostly(
            f"Decoding took longer than {self.seconds:g} seconds, the limit. Save the picture as a plain JPEG or PNG, "
            "or send fewer at a time."
        )

    def warm_up(self) -> None:
        """Start the processes, and do not wait for them."""
        self._schedule(self._pool, decode_worker.ready)

    def close(self) -> None:
        """Kill what is running and start nothing more."""
        self._pool.stop()  # type: ignore[no-untyped-call] # the library has no types there
        self._pool.join()

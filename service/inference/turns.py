"""The turns that the pictures of one batch have at a decode process, so that bad ones take nothing from good ones."""

import asyncio
from collections.abc import Sequence

from service.errors import ImageTooCostly, ServiceError
from service.images.decode_messages import Task
from service.images.decode_processes import DecodeProcesses
from service.images.file_headers import plain_pixels
from service.inference.batch import Gathering

# A process that is killed has to be replaced, which takes longer than most pictures: so many are, for one batch.
_MOST_KILLED = 6


class Turns:
    """Who of a batch is decoded when, and for how long.

    Those that are sure to be decoded fast come first, then the smallest files. Of these each has an equal part of the
    time that is left, and leaves to the others what it does not need; those that need more are given up, and have what
    is left when all have had their turn. The time to replace a process is nobody's, and comes a few times at most.
    """

    def __init__(self, processes: DecodeProcesses, tasks: Sequence[Task], gathered: Gathering) -> None:
        self._processes = processes
        self._tasks = tasks
        self._gathered = gathered
        self._left = processes.seconds
        self._killed = 0

    async def take(self) -> None:
        """Decode all that can be, into what is gathered.

        Raises:
            ServiceError: something that concerns the whole request.
        """
        contents = [task.content for task in self._tasks]
        # The smaller a file the sooner it is decoded, mostly; where that is wrong, it costs the same request only.
        order = sorted(range(len(contents)), key=lambda each: (not plain_pixels(contents[each]), len(contents[each])))
        late: list[tuple[int, float]] = []
        for taken, position in enumerate(order):
            share = self._left / (len(order) - taken)
            if not await self._decode(position, share, again=len(order) > 1):
                late.append((position, share))
        for position, had in late:
            await self._decode(position, self._left if self._left > had else 0.0)

    async def _decode(self, position: int, seconds: float, *, again: bool = False) -> bool:
        """Decode a picture in so many seconds; false where it took longer and may try again."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            until = began if self._killed >= _MOST_KILLED else began + seconds
            self._gathered.add(position, await self._processes.decode(self._tasks[position], until))
        except ImageTooCostly as error:
            self._killed += 1
            if again:
                return False
            self._gathered.fail(position, error)
        except ServiceError as error:
            self._gathered.fail(position, error)
        finally:
            self._left -= min(loop.time() - began, seconds)
        return True

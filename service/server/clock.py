"""One deadline that moves often and passes seldom."""

import asyncio
from collections.abc import Callable


class Clock:
    """Calls back once its deadline has passed.

    Moving the deadline later costs an assignment: the timer that runs looks, when it rings, how much is left. So
    no request winds a timer of its own.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def running(self) -> bool:
        """Whether there is a deadline."""
        return self._deadline is not None

    def set(self, deadline: float | None) -> None:
        """Ring at this time of the loop; None: never."""
        self._deadline = deadline
        if deadline is None:
            return
        if self._timer is not None:
            if self._timer.when() <= deadline:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._deadline is None:
            return
        if self._loop.time() < self._deadline:
            self.set(self._deadline)
        else:
            self._deadline = None
            self._ring()

    def stop(self) -> None:
        """Ring no more, and keep nothing alive."""
        self._deadline = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

"""Bounds how many requests arrive, or are held and large: each is in memory whole, and nobody knows its size before."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from service.errors import BufferFull, ClientTooSlow
from service.limits.shares import Shares

# As many are held at one time.
PLACES = 32
# A request that has been arriving for so long may have to make room for another.
_GRACE_SECONDS = 2.0
_LOOK_SECONDS = 0.2
_FULL = "As many requests are held as may be. Try again in a moment."


class Reading:
    """Places for requests that arrive, and for large ones that are worked on.

    Where there is none, the slowest to arrive has to give way; of those that wait the last to come is the first to have
    a place, so that a crowd that sends nothing holds up nobody who does.
    """

    def __init__(self, seconds: float, places: int = PLACES) -> None:
        """Make them.

        Args:
            seconds: longest time for a request to arrive, and to wait for a place.
            places: how many there are.
        """
        self.seconds = seconds
        self._places = places
        self._held = Shares(places)
        self._arriving: dict[Place, float] = {}  # the oldest first
        self._clock: asyncio.TimerHandle | None = None
        self._waiting: list[_Waiting] = []

    async def place(self, client: str) -> "Place":
        """A place, to be left at the end of a block: `with await reading.place(client) as place`.

        Raises:
            BufferFull: there is no place.
        """
        if not self._held.has_room(client):
            if sum(each.client == client for each in self._waiting) >= self._places:
                raise BufferFull(_FULL)
            await self._wait(client)
        self._held.add(client)
        return Place(self, client)

    async def _wait(self, client: str) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self.seconds
        waiting = _Waiting(client, loop.create_future())
        self._waiting.append(waiting)
        try:
            while not self._held.has_room(client):
                if loop.time() >= until:
                    raise BufferFull(_FULL)
                self._ask_for_room(client)
                waiting.turn = loop.create_future()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await waiting.turn
        finally:
            self._waiting.remove(waiting)

    def _ask_for_room(self, client: str) -> None:
        """Ask the slowest to give way: of the same client's, where others may still come; else of all."""
        full = self._held.total >= self._places - 1
        staying = [each for each in self._arriving if not each.gives_way and (full or each.client == client)]
        slowest = min(staying, key=self._arriving.__getitem__, default=None)
        if slowest is not None and asyncio.get_running_loop().time() - self._arriving[slowest] >= _GRACE_SECONDS:
            slowest.give_way()

    def begin(self, place: "Place") -> None:
        """The request of this place begins to arrive."""
        loop = asyncio.get_running_loop()
        self._arriving[place] = loop.time()
        if self._clock is None:  # one for all: most are there at once, and a clock for each would cost them more
            self._clock = loop.call_later(self.seconds, self._end_late)

    def _end_late(self) -> None:
        """End the arriving of those that take too long, and look again when the next would."""
        loop = asyncio.get_running_loop()
        self._clock = None
        for place, began in self._arriving.items():
            if began + self.seconds > loop.time():
                self._clock = loop.call_at(began + self.seconds, self._end_late)
                break
            place.interrupt()

    def end(self, place: "Place") -> None:
        """It is there, or will never be."""
        del self._arriving[place]

    def free(self, client: str) -> None:
        """Somebody has left a place; the last to come may have it."""
        self._held.remove(client)
        for waiting in reversed(self._waiting):
            if self._held.has_room(waiting.client) and not waiting.turn.done():
                waiting.turn.set_result(None)
                return


@dataclass(eq=False)
class _Waiting:
    """Who waits for a place, and what tells it to look whether there is one."""

    client: str
    turn: asyncio.Future[None]


class Place:
    """One request's place.

    Attributes:
        client: whose it is.
        gives_way: whether it has been asked to.
    """

    def __init__(self, reading: Reading, client: str) -> None:
        self._reading = reading
        self._patience: asyncio.Timeout | None = None
        self._left = False
        self.client = client
        self.gives_way = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    async def message(self, given: AsyncIterator[bytes]) -> bytes | None:
        """The next message of a request; None where there is none.

        Raises:
            BufferFull: somebody else needs the place.
            ClientTooSlow: it took too long.
        """
        self._reading.begin(self)
        try:
            async with asyncio.timeout(None) as self._patience:
                return await anext(given, None)
        except TimeoutError:
            if self.gives_way:
                raise BufferFull("Others need the room that this request took to arrive. Send it again.") from None
            raise ClientTooSlow(f"The request took longer than {self._reading.seconds:g} seconds to arrive.") from None
        finally:
            self._reading.end(self)

    def give_way(self) -> None:
        """End the arriving, for somebody else needs the place."""
        self.gives_way = True
        self.interrupt()

    def interrupt(self) -> None:
        """End the arriving before the message is there."""
        if self._patience is not None:
            with suppress(RuntimeError):  # it has just ended
                self._patience.reschedule(0)

    def leave(self) -> None:
        """Leave it to somebody else; once."""
        if not self._left:
            self._left = True
            self._reading.free(self.client)


async def following(given: AsyncIterator[bytes], seconds: float, over: asyncio.Event) -> bytes | None:
    """The next message of a stream, which may be silent for so long; None at its end, and when all is over."""
    waiting: list[asyncio.Future[Any]] = [asyncio.ensure_future(anext(given, None)), asyncio.ensure_future(over.wait())]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        message: bytes | None = waiting[0].result() if waiting[0].done() else None
        return message
    finally:
        for each in waiting:
            each.cancel()

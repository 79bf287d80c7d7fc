"""A few places for work that would hold up the event loop, and a short, fair queue before them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.types import Receive

from service.errors import ClientDisconnected, Overloaded
from service.limits.client import client_of_request
from service.limits.usage import Usage
from service.settings import Settings

_Result = TypeVar("_Result")

_SHORTENED = 3

# Whether a client is still there, and for how long it has waited, is looked at after so long.
_UNWATCHED_SECONDS = 0.05

# The places' time is compared in steps of so much: those who ask for what is usual take turns, and who has never asked
# does not go before them.
_STEP_SECONDS = 1.0

# Who has had so many times less has had next to nothing: under a flood from a dozen addresses none of them may have had
# a second more than a newcomer. What everybody has had halves alike, so that it stays a ratio, whoever waits longest:
# two clients can't push each other out in turn.
_TIMES = 8

# Less than this counts as this: nobody gives way for a millisecond.
_LEAST_SECONDS = 0.002


class Pool:
    """Gives out places in turn; refuses what would wait too long, and drops what nobody waits for any more.

    The queue takes a burst: a class that sends its photographs together. Once it has turned away more than it holds,
    this is no burst but an overload, where a long queue only makes every answer late; so it is a third as long until
    it has been empty ("controlled delay", Maurer, Fail at Scale, ACM Queue 13(8), 2015).

    The next place goes to the client in the queue who has fewest at the moment; of several to the one who has had least
    of the places' time lately (`Usage`), to the second, as one picture may take a hundred times as long as another; and
    those who have had as much take turns. When the queue is full, whoever has had most makes room for a newcomer, if it
    has had a second more or eight times as much, else whoever has more waiting, unless it is the newcomer who has had
    more. Clients are told apart by their address (`client_of`): behind a proxy they are one.

    Attributes:
        shed: requests turned away since the queue was last empty; not those that waited in vain.
    """

    def __init__(self, settings: Settings, places: int) -> None:
        """Make one.

        Args:
            settings: the service's.
            places: how many may be at work at one time.
        """
        self._executor = ThreadPoolExecutor(places, "work")
        self._free = places
        self._max_queue = settings.max_queue
        self._seconds = settings.queue_seconds
        self._unwatched_seconds = min(_UNWATCHED_SECONDS, self._seconds)
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}
        self._usage = Usage()
        self._waiting = 0
        self.shed = 0

    @property
    def full(self) -> bool:
        """Whether the queue takes no more."""
        if not self._waiting:
            return False
        overloaded = self.shed > self._max_queue
        return self._waiting >= (max(1, self._max_queue // _SHORTENED) if overloaded else self._max_queue)

    @property
    def sentence(self) -> str:
        """Why the queue takes no more."""
        return f"{self._waiting} requests wait already, the limit. Try again in a moment."

    def turn_away(self, client: str) -> bool:
        """Whether the queue takes no more from this client; if so, one more is counted as shed."""
        away = self.full and self._who_makes_room(client) is None
        self.shed += away
        return away

    def _who_makes_room(self, client: str) -> str | None:
        """Whose last in the queue makes room for one more of this client; None: nobody's."""
        now = asyncio.get_running_loop().time()
        had = self._usage.seconds(client, now)
        others = {each: self._usage.seconds(each, now) for each, queue in self._queues.items() if queue}
        greediest = max(others, key=others.__getitem__)
        if others[greediest] > min(had + _STEP_SECONDS, max(had, _LEAST_SECONDS) * _TIMES):
            return greediest
        peers = [each for each, seconds in others.items() if had <= seconds + _STEP_SECONDS]
        longest = max(peers, key=lambda each: len(self._queues[each]), default=client)
        # With one more the newcomer would have as many as it takes away from.
        return longest if len(self._queues.get(longest, ())) > len(self._queues.get(client, ())) + 1 else None

    @asynccontextmanager
    async def place(self, request: Request) -> AsyncIterator[None]:
        """A place for the length of the block.

        Args:
            request: whose body has been read, so that its `receive` tells when the client hangs up.

        Raises:
            Overloaded: the queue is full, or no place came free in time.
            ClientDisconnected: the client hung up while its work was queued.
            ServiceError: what came of the body meanwhile makes no sense, or came too slowly.
        """
        client = client_of_request(request)
        if self._free:
            self._free -= 1
            self._usage.begin(client, asyncio.get_running_loop().time())
        else:
            await self._queue(client, request.receive)
        try:
            yield
        finally:
            self._leave(client)

    async def run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Run `work(*arguments)` in a thread; for those who have a place."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    async def _queue(self, client: str, receive: Receive) -> None:
        if self.full:
            self.shed += 1
            giving = self._who_makes_room(client)
            if giving is None:
                raise Overloaded(self.sentence)
            self._push_out(self._queues[giving])
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        queue = self._queues.setdefault(client, deque())
        queue.append(turn)
        self._waiting += 1
        watching: list[asyncio.Task[None]] = []

        # Most have their turn before; a task for each would cost them more than all else here.
        timer = loop.call_later(self._unwatched_seconds, self._begin_to_watch, watching, queue, turn, receive)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and not turn.exception():
                self._leave(client)  # the place came just when nobody wanted it any more
            raise
        finally:
            timer.cancel()
            self._drop(queue, turn)
            for each in watching:
                each.cancel()
            # What it raises holds this frame, and all that the request has sent: a ring, if the frame held it too.
            del turn, timer

    def _push_out(self, queue: deque[asyncio.Future[None]]) -> None:
        """Refuse the last of a queue."""
        last = queue[-1]
        self._drop(queue, last)
        if not last.done():
            last.set_exception(Overloaded("Others need the room in the queue. Send one request after another."))

    def _begin_to_watch(self, watching: list[asyncio.Task[None]], *waiting: Any) -> None:
        watching.append(asyncio.get_running_loop().create_task(self._watch(*waiting)))

    async def _watch(self, queue: deque[asyncio.Future[None]], turn: asyncio.Future[None], receive: Receive) -> None:
        """End the waiting when the client hangs up, or the time is over."""
        error: Exception
        try:
            async with asyncio.timeout(self._seconds - self._unwatched_seconds):
                await _gone(receive)
            error = ClientDisconnected()
        except TimeoutError:
            error = Overloaded(f"The request waited {self._seconds:g} seconds, the limit. Try again in a moment.")
        except Exception as fault:  # noqa: BLE001 - where a body made no sense, that is what is wrong
            error = fault
        if not turn.done():
            self._drop(queue, turn)
            turn.set_exception(error)
        del error, turn  # as above

    def _drop(self, queue: deque[asyncio.Future[None]], turn: asyncio.Future[None]) -> None:
        """Take somebody out of the queue, if still in it."""
        if turn in queue:
            queue.remove(turn)
            self._waiting -= 1
            if not self._waiting:
                self.shed = 0

    def _leave(self, client: str) -> None:
        """Give this client's place to the one whose turn it is."""
        now = asyncio.get_running_loop().time()
        self._usage.end(client, now)
        while True:
            self._queues = {each: queue for each, queue in self._queues.items() if queue}
            if not self._queues:
                self._free += 1
                return
            following = min(
                self._queues,
                key=lambda each: (self._usage.places(each), self._usage.seconds(each, now) // _STEP_SECONDS),
            )
            queue = self._queues.pop(following)
            turn = queue[0]
            self._drop(queue, turn)
            self._queues[following] = queue  # behind those who have had as much
            if not turn.done():  # else it was given up in this turn of the event loop
                self._usage.begin(following, now)
                turn.set_result(None)
                return

    def close(self) -> None:
        """Take no more; what runs in threads is bounded and ends by itself."""
        self._executor.shutdown(wait=False, cancel_futures=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

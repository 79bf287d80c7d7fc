"""The queue before the threads for long work."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from service.errors import MalformedBody, Overloaded, ServiceError
from service.limits import pool
from service.settings import Settings
from tests.support import serving
from tests.support.crowds import occupied
from tests.support.patience import PATIENCE_S, until
from tests.support.pictures import RED, encode, photo
from tests.support.problems import check
from tests.support.serving import Service
from tests.support.virtual import VirtualLoop
from tests.support.wire import connect, post

QUEUE = 6
GONE = 'seminar_cnn_requests_total{method="POST",route="/predict",status="499"}'
IN_FLIGHT, DECODED = "seminar_cnn_in_flight", "seminar_cnn_decode_seconds_count"


def test_a_queue_that_overflows_is_shortened() -> None:
    """A queue of six takes a burst of six; when it has turned away more than six it takes two, until it was empty."""

    async def never() -> Message:
        await asyncio.Event().wait()
        return {}

    async def wait_in(free: threading.Event) -> bool:
        """What a request does that takes long."""
        async with bounded.place(Request({"type": "http", "client": ("127.0.0.1", 1)}, never)):
            return await bounded.run(free.wait)

    async def settle() -> None:
        """Let everybody go as far as they come without time passing."""
        for _ in range(10):
            await asyncio.sleep(0)

    async def queue_up(free: threading.Event) -> tuple[list[asyncio.Task[bool]], int]:
        """Those that the queue took, out of eighteen, and how many it still holds when it has taken them."""
        tasks = [asyncio.create_task(wait_in(free)) for _ in range(18)]
        await settle()
        refused = [task for task in tasks if task.done()]
        assert all(isinstance(task.exception(), Overloaded) for task in refused)
        return [task for task in tasks if not task.done()], len(tasks) - len(refused)

    async def scenario() -> list[int]:
        counts = []
        for _ in range(2):
            free = threading.Event()
            running = asyncio.create_task(wait_in(free))
            await settle()
            waiting, taken = await queue_up(free)
            counts.append(taken)
            for task in waiting[1:]:  # one stays: the queue has not been empty
                task.cancel()
            await settle()
            more, taken = await queue_up(free)
            counts.append(1 + taken)
            free.set()
            await asyncio.gather(running, waiting[0], *more)
        return counts

    bounded = pool.Pool(Settings(max_queue=QUEUE, queue_seconds=PATIENCE_S), 1)
    try:
        assert asyncio.run(scenario()) == [6, 2, 6, 2]
    finally:
        bounded.close()


class Crowd:
    """Clients whose work takes as long as they say, in a pool with one place, in time that passes when told to."""

    def __init__(self, loop: VirtualLoop, queue: int = QUEUE, seconds: float = 1000) -> None:
        self._loop = loop
        self.pool = pool.Pool(Settings(max_queue=queue, queue_seconds=seconds), 1)
        self.served: list[str] = []

    def ask(self, address: str, seconds: float) -> asyncio.Task[None]:
        """One more asks; the task ends when its work does."""
        task = self._loop.create_task(self._work(address, seconds))
        self._loop.settle()
        return task

    async def _work(self, address: str, seconds: float) -> None:
        async with self.pool.place(Request({"type": "http", "client": (address, 1)}, _never)):
            self.served.append(address)
            await asyncio.sleep(seconds)


async def _never() -> Message:
    await asyncio.Event().wait()
    return {}


def test_who_has_had_least_time_is_next(loop: VirtualLoop) -> None:
    """One whose pictures take two seconds each, and who stands first in the queue, waits for all others."""
    crowd = Crowd(loop)
    for _ in range(3):
        crowd.ask("greedy", 2)
    for _ in range(3):
        crowd.ask("honest", 0.25)
    loop.advance(7)
    assert crowd.served == ["greedy", "honest", "honest", "honest", "greedy", "greedy"]


def test_who_comes_while_one_is_served_waits_for_that_one_alone(loop: VirtualLoop) -> None:
    """However many pictures of two seconds one client keeps sending, another waits for no more than one of them."""
    crowd = Crowd(loop)
    for _ in range(5):
        crowd.ask("greedy", 2)
    for _ in range(10):
        loop.advance(1)
        answer = crowd.ask("honest", 0.25)
        crowd.ask("greedy", 2)
        loop.advance(2.25)
        assert answer.done()


def test_who_gives_up_as_a_place_comes_free_passes_it_on(loop: VirtualLoop) -> None:
    """Where the next in the queue is given up in the turn in which a place comes free, the one behind it has it."""
    crowd = Crowd(loop)
    crowd.ask("first", 1)
    gone, following = crowd.ask("gone", 1), crowd.ask("following", 1)
    loop.now += 1
    loop.turn()
    gone.cancel()
    loop.settle()
    assert crowd.served == ["first", "following"]
    loop.advance(1)
    assert following.done()
    assert crowd.ask("last", 0).done()


class Body:
    """What a request has sent; it can be told when it is gone."""


@pytest.mark.parametrize("why", ["hung up", "no sense", "too late", "pushed out"])
def test_nothing_is_kept_of_who_waits_in_vain(loop: VirtualLoop, why: str) -> None:
    """What a request has sent is let go of with it, whatever ends its waiting, without the garbage collector."""
    crowd = Crowd(loop, queue=1, seconds=2)
    crowd.ask("greedy", 100)
    loop.advance(10)
    bodies: list[weakref.ref[Body]] = []

    async def receive() -> Message:
        if why == "no sense":
            raise MalformedBody("None.")
        if why != "hung up":
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def wait() -> None:
        content = Body()
        bodies.append(weakref.ref(content))
        async with crowd.pool.place(Request({"type": "http", "client": ("greedy", 1)}, receive)):
            assert content is None

    async def ask() -> None:
        with suppress(ServiceError):
            await wait()

    gc.collect()
    gc.disable()
    try:
        asked = loop.create_task(ask())
        loop.settle()
        assert bodies[0]() is not None
        if why == "pushed out":
            crowd.ask("newcomer", 1)
        loop.advance(3)
        assert asked.done()
        assert bodies[0]() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("seconds", [0.01, 3])
def test_nobody_waits_longer_than_is_set(loop: VirtualLoop, seconds: float) -> None:
    """Who has no place after the time that the queue waits is told so, and leaves the queue."""
    crowd = Crowd(loop, seconds=seconds)
    crowd.ask("first", 100)
    waiting = crowd.ask("second", 1)
    loop.advance(seconds - 0.25)
    assert not waiting.done()
    loop.advance(0.5)
    with pytest.raises(Overloaded, match=f"waited {seconds:g} seconds"):
        waiting.result()
    assert crowd.served == ["first"]


def test_those_who_have_had_as_much_take_turns(loop: VirtualLoop) -> None:
    """Who asks for what is usual goes neither before nor behind whoever has never asked."""
    crowd = Crowd(loop)
    for address in ("first", "first", "first", "second", "second", "third"):
        crowd.ask(address, 0.25)
    loop.advance(2)
    assert crowd.served == ["first", "first", "second", "third", "first", "second"]


def test_time_had_long_ago_counts_no_more(loop: VirtualLoop) -> None:
    """After a minute whoever has had ten seconds takes turns as others do."""
    crowd = Crowd(loop)
    crowd.ask("once", 10)
    loop.advance(70)
    crowd.served.clear()
    for address in ("first", "once", "second"):
        crowd.ask(address, 0.25)
    loop.advance(1)
    assert crowd.served == ["first", "once", "second"]


def test_who_has_had_most_makes_room(loop: VirtualLoop) -> None:
    """In a full queue whoever has had seconds of work gives way to who has had none, and not the other way round."""
    crowd = Crowd(loop)
    crowd.ask("greedy", 4)
    loop.advance(3)
    waiting = [crowd.ask(address, 0.25) for address in ("honest", "honest", "greedy", "third", "honest", "honest")]
    newcomer = crowd.ask("newcomer", 0.25)
    assert [each.done() for each in (*waiting, newcomer)] == [False, False, True, False, False, False, False]
    assert isinstance(waiting[2].exception(), Overloaded)
    assert isinstance(crowd.ask("greedy", 4).exception(), Overloaded)
    assert not crowd.ask("fourth", 0.25).done()  # of those who have had nothing, who has more waiting makes room
    assert waiting[5].done()
    waiting[5].exception()


def test_a_flood_from_a_dozen_addresses_keeps_no_newcomer_out(loop: VirtualLoop) -> None:
    """Where each of those in a full queue has had less than a second, who has had nothing pushes out who had most."""
    crowd = Crowd(loop, 12)
    flood = [str(number) for number in range(12)]
    for address in flood:
        crowd.ask(address, 0.75 if address == "7" else 0.5)
        loop.advance(0.75)
    crowd.ask("busy", 0.25)
    waiting = {address: crowd.ask(address, 0.25) for address in flood}
    newcomer = crowd.ask("newcomer", 0.25)
    assert [address for address, each in waiting.items() if each.done()] == ["7"]
    assert isinstance(waiting.pop("7").exception(), Overloaded)
    assert isinstance(crowd.ask("7", 0.25).exception(), Overloaded)
    loop.advance(0.25 * 14)
    for each in (newcomer, *waiting.values()):
        each.result()


def test_those_who_have_had_as_much_do_not_push_each_other_out(loop: VirtualLoop) -> None:
    """In a full queue one who has had half or a quarter as much as the others is refused, and so is one of them."""
    crowd = Crowd(loop)
    for address, seconds in (*((str(number), 0.5) for number in range(QUEUE)), ("half", 0.25), ("quarter", 0.125)):
        crowd.ask(address, seconds)
        loop.advance(0.5)
    crowd.ask("busy", 1)
    waiting = [crowd.ask(str(number), 0.25) for number in range(QUEUE)]
    for address in ("half", "quarter", "half", "0"):
        assert isinstance(crowd.ask(address, 0.25).exception(), Overloaded)
    assert not any(each.done() for each in waiting)


@pytest.fixture(scope="module")
def queueing(toy_models: Path) -> Iterator[Service]:
    """A service in which six may wait, as long as they like."""
    with serving.start(models=toy_models, model="toy", max_queue=QUEUE) as service:
        yield service


def test_queued_work_of_a_gone_client_is_dropped(queueing: Service) -> None:
    """Of six photos that wait for a thread, those whose clients hang up are never decoded, and no count leaks."""
    content = post(encode(photo(300, 200)))
    assert len(content) > 32 * 1024  # what is smaller waits for no thread

    def hang_up() -> bool:
        """Whether all six were dropped: they may have come to their turn before their clients could hang up."""
        before = queueing.figures()

        def decoded(now: dict[str, float]) -> float:
            return now[DECODED] - before[DECODED]

        with occupied(queueing, images=10_000):
            connections = [connect(queueing) for _ in range(QUEUE)]
            for connection in connections:
                connection.sendall(content)

            until(queueing.figures, "six photos that wait", lambda now: now[IN_FLIGHT] > QUEUE or decoded(now))
            for connection in connections:
                connection.close()
            now = until(
                queueing.figures, "an end of all six", lambda now: decoded(now) + now[GONE] - before[GONE] == QUEUE
            )
        return not decoded(now)

    until(hang_up, "a round in which nothing was decoded")
    until(lambda: queueing.figures()[IN_FLIGHT] == 0, "an end of all work")
    assert queueing.client.post("/predict", files={"image": RED}).json()["label"] == "airplane"


def test_explanations_queue_as_other_long_work_does(queueing: Service) -> None:
    """Of forty explanations at one time some are answered; those for whom there is no room get 503, Retry-After."""

    def ask(index: int) -> httpx.Response:
        return queueing.ask("GET", f"/explain?index={index}&patch=2&stride=1")

    def ask_at_once() -> list[httpx.Response]:
        with ThreadPoolExecutor(40) as threads:
            return list(threads.map(ask, range(40)))

    with occupied(queueing):
        responses = until(
            ask_at_once, "a refusal beside an answer", lambda found: {each.status_code for each in found} == {200, 503}
        )
    for response in responses:
        if response.status_code == 503:
            check(response, 503, "overloaded", "the limit")
            assert response.headers["retry-after"] == "1"


def test_a_body_that_makes_no_sense_is_told_in_the_queue() -> None:
    """Whoever queues and sends on something that is no body gets that told, and is not taken for gone."""

    async def broken() -> Message:
        raise MalformedBody("no chunk")

    async def scenario() -> None:
        bounded = pool.Pool(Settings(), 1)
        request = Request({"type": "http", "client": ("127.0.0.1", 1)}, broken)
        async with bounded.place(request):
            with pytest.raises(MalformedBody, match="no chunk"):
                async with bounded.place(request):
                    pass
        async with bounded.place(request):
            pass
        bounded.close()

    asyncio.run(scenario())

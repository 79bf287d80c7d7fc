"""How many bytes of bodies are held at one time."""

import asyncio
import select
import socket
from random import Random

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from service.errors import BodyTooLarge, BufferFull, ClientDisconnected
from service.limits.body import BodyBuffer, BodyReader
from service.settings import Settings
from tests.support.patience import until
from tests.support.pictures import RED
from tests.support.problems import check
from tests.support.serving import Service
from tests.support.virtual import VirtualLoop
from tests.support.wire import connect, head, read_one

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LIMIT = 100_000
HALF = 60_000  # two of these do not fit


def test_bodies_held_at_one_time_are_bounded(narrow: Service) -> None:
    """Of two bodies that do not both fit one is refused and the other is taken; when both are gone, there is room.

    The one that comes second, or the first if it is still arriving: which is a matter of the machine's speed here. Who
    gives way when is tried below, where time passes only when told to.
    """

    def post_second() -> httpx.Response:
        return narrow.client.post("/predict", content=bytes(200_000), headers={"Content-Type": "image/png"})

    with connect(narrow) as first:

        def seconds_answer() -> httpx.Response | None:
            """When one of the two has been refused; before the first is all there, the second may find room."""
            answer = post_second()
            return answer if answer.status_code == 503 or select.select([first], [], [], 0)[0] else None

        # Once it is asked for its body it is read, and not refused because the second is being worked on.
        first.sendall(head("Content-Length: 2900001\r\nExpect: 100-continue"))
        assert first.recv(len(CONTINUE), socket.MSG_WAITALL) == CONTINUE
        first.sendall(bytes(2_900_000))
        second = until(seconds_answer, "a refusal of one of the two", lambda answer: answer is not None)
        assert second is not None
        if second.status_code == 503:
            first.sendall(b"\0")
        answers = sorted([second, read_one(first)[0]], key=lambda answer: answer.status_code)
    check(answers[0], 415, "not-an-image", "no image")
    check(answers[1], 503, "buffer-full", "")
    until(lambda: post_second().status_code == 415, "room for another body")
    answer = narrow.client.post("/predict", content=RED, headers={"Content-Type": "image/png"})
    assert answer.json()["label"] == "airplane"


class Sender:
    """Somebody whose body comes piece by piece; once it is whole it is held until it is answered."""

    def __init__(self, loop: VirtualLoop, buffer: BodyBuffer, address: str = "192.0.2.1") -> None:
        self._loop = loop
        self._scope = {"type": "http", "headers": [], "client": (address, 1)}
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._answered = asyncio.Event()
        self._over = False
        self.sent = self.read = 0
        self.task = loop.create_task(self._ask(buffer))

    async def _ask(self, buffer: BodyBuffer) -> None:
        with BodyReader(buffer) as body:
            self.read = len(await body.read(Request(self._scope, self._messages.get)))
            await self._answered.wait()

    def put(self, size: int | None, *, more: bool = True) -> None:
        """What comes next, if the body is not whole yet; None: the client hangs up. It is not read yet."""
        if self._over:
            return
        if size is None:
            self._messages.put_nowait({"type": "http.disconnect"})
        else:
            self.sent += size
            self._messages.put_nowait({"type": "http.request", "body": bytes(size), "more_body": more})
        self._over = size is None or not more

    def send(self, size: int, *, more: bool = True) -> "Sender":
        self.put(size, more=more)
        self._loop.settle()
        return self

    def hang_up(self) -> None:
        self.put(None)
        self._loop.settle()

    def allow(self) -> None:
        """It is answered as soon as it is whole."""
        self._answered.set()

    def answer(self) -> None:
        self.allow()
        self._loop.settle()

    def refusal(self) -> str:
        """The sentence with which the body was refused; empty where it was not."""
        error = self.task.exception() if self.task.done() else None
        assert error is None or isinstance(error, BufferFull)
        return str(error or "")


def test_a_new_body_is_refused_until_the_old_one_has_had_its_time(loop: VirtualLoop) -> None:
    """A body may arrive for two seconds before a newer one that does not fit beside it is taken in its stead."""
    buffer = BodyBuffer(Settings(max_buffered_bytes=LIMIT))
    old = Sender(loop, buffer).send(HALF)
    loop.advance(1.75)
    early = Sender(loop, buffer).send(HALF)
    assert f"holds {LIMIT:,} bytes" in early.refusal()
    assert buffer.bytes == HALF
    loop.advance(0.25)
    late = Sender(loop, buffer).send(HALF)
    assert "Others need the room" in old.refusal()
    assert buffer.bytes == HALF
    late.send(10, more=False)
    assert late.read == HALF + 10
    late.answer()
    assert (late.refusal(), buffer.bytes) == ("", 0)


def test_the_oldest_gives_way_first_and_no_more_do_than_have_to(loop: VirtualLoop) -> None:
    """Of three old bodies the one that has been arriving longest goes, and where that is enough the others stay."""
    buffer = BodyBuffer(Settings(max_buffered_bytes=4 * HALF))
    old = []
    for _ in range(3):
        old.append(Sender(loop, buffer).send(HALF))
        loop.advance(1)
    loop.advance(60)
    new = Sender(loop, buffer).send(2 * HALF)
    assert [bool(each.refusal()) for each in (*old, new)] == [True, False, False, False]
    assert buffer.bytes == 4 * HALF


def test_a_whole_body_gives_way_to_nobody(loop: VirtualLoop) -> None:
    """However long it has taken, a body that is whole is held until it is answered; then there is room."""
    buffer = BodyBuffer(Settings(max_buffered_bytes=LIMIT))
    whole = Sender(loop, buffer).send(HALF).send(1, more=False)
    loop.advance(60)
    assert Sender(loop, buffer).send(HALF).refusal()
    whole.answer()
    assert (whole.refusal(), whole.read, buffer.bytes) == ("", HALF + 1, 0)
    assert Sender(loop, buffer).send(HALF, more=False).read == HALF


def test_a_body_that_breaks_off_leaves_its_room(loop: VirtualLoop) -> None:
    """Nothing is held any more for a client that hangs up before its body is whole."""
    buffer = BodyBuffer(Settings(max_buffered_bytes=LIMIT))
    gone = Sender(loop, buffer).send(HALF)
    gone.hang_up()
    assert isinstance(gone.task.exception(), ClientDisconnected)
    assert buffer.bytes == 0


def test_small_bodies_are_let_in_whatever_is_held(loop: VirtualLoop) -> None:
    """A body of up to 32 KiB is taken where large ones leave no room, and none of them gives way to it."""
    buffer = BodyBuffer(Settings(max_buffered_bytes=LIMIT))
    large = Sender(loop, buffer).send(LIMIT)
    loop.advance(60)
    assert Sender(loop, buffer).send(20_000).send(12_768, more=False).read == 32 * 1024
    assert (large.refusal(), buffer.bytes) == ("", LIMIT)


def test_an_address_that_holds_more_than_its_share_makes_room_at_once(loop: VirtualLoop) -> None:
    """One that holds a whole body more than a newcomer from elsewhere loses one that is arriving, however new it is."""
    buffer = BodyBuffer(Settings(max_buffered_bytes=6 * HALF + 1, max_body_bytes=HALF + 1))
    greedy = [Sender(loop, buffer, "192.0.2.9").send(HALF) for _ in range(3)]
    others = [Sender(loop, buffer, f"192.0.2.{i}").send(HALF) for i in range(3)]
    honest = Sender(loop, buffer, "192.0.2.8").send(HALF)
    assert [bool(each.refusal()) for each in (*greedy, *others, honest)] == [True, *[False] * 6]
    assert Sender(loop, buffer, "192.0.2.9").send(HALF).refusal()
    honest.send(1, more=False)
    assert honest.read == HALF + 1


def test_an_address_leaves_as_much_as_it_holds(loop: VirtualLoop) -> None:
    """Of six bodies one address may hold three, whole as they are; another finds room for its own beside them."""
    buffer = BodyBuffer(Settings(max_buffered_bytes=6 * HALF, max_body_bytes=HALF))
    greedy = [Sender(loop, buffer, "192.0.2.9").send(HALF, more=False) for _ in range(4)]
    assert [bool(each.refusal()) for each in greedy] == [False, False, False, True]
    assert "from your address" in greedy[3].refusal()
    honest = [Sender(loop, buffer).send(HALF, more=False) for _ in range(2)]
    assert [bool(each.refusal()) for each in honest] == [False, True]
    assert buffer.bytes == 4 * HALF


def test_every_address_may_hold_one_body(loop: VirtualLoop) -> None:
    """However little is left, one body of an address is taken if it fits; and alone it may take all there is."""
    buffer = BodyBuffer(Settings(max_buffered_bytes=3 * HALF, max_body_bytes=3 * HALF))
    assert not Sender(loop, buffer).send(3 * HALF).refusal()
    buffer = BodyBuffer(Settings(max_buffered_bytes=3 * HALF, max_body_bytes=HALF))
    assert not any(Sender(loop, buffer, f"192.0.2.{i}").send(HALF, more=False).refusal() for i in range(3))


def test_an_address_that_may_hold_no_more_costs_nobody_else_a_body(loop: VirtualLoop) -> None:
    """What would be too much for its address is refused, or a slow one of the same address; others' slow ones stay."""
    buffer = BodyBuffer(Settings(max_buffered_bytes=6 * HALF, max_body_bytes=HALF))
    slow = [Sender(loop, buffer, f"192.0.2.{i}").send(HALF) for i in range(3)]
    loop.advance(60)
    own = Sender(loop, buffer, "192.0.2.9").send(HALF)
    more = Sender(loop, buffer, "192.0.2.9").send(HALF)
    assert [bool(each.refusal()) for each in (*slow, own, more)] == [False, False, False, False, True]
    loop.advance(2)
    more = Sender(loop, buffer, "192.0.2.9").send(HALF)
    assert [bool(each.refusal()) for each in (*slow, own, more)] == [False, False, False, True, False]


def test_an_address_with_no_more_than_others_is_given_time(loop: VirtualLoop) -> None:
    """Where nobody holds much more than the newcomer, a body that has just begun to arrive is left alone."""
    buffer = BodyBuffer(Settings(max_buffered_bytes=3 * HALF, max_body_bytes=2 * HALF))
    old = [Sender(loop, buffer, f"192.0.2.{i}").send(HALF) for i in range(3)]
    new = Sender(loop, buffer, "192.0.2.9").send(HALF)
    assert [bool(each.refusal()) for each in (*old, new)] == [False, False, False, True]


def test_a_body_that_has_given_way_holds_nothing_anew(loop: VirtualLoop) -> None:
    """What comes for it before it has ended is dropped, and the next who needs room is not held to account for it."""
    buffer = BodyBuffer(Settings(max_buffered_bytes=10 * LIMIT, max_body_bytes=9 * LIMIT))
    old = [Sender(loop, buffer, "192.0.2.9").send(4 * LIMIT) for _ in range(2)]
    loop.advance(2)
    first, second = (Sender(loop, buffer, f"192.0.2.{i}").send(1) for i in range(2))
    first.put(250_000)
    old[0].put(1)  # wakes it in the very turn in which it gives way
    loop.turn()
    second.put(390_000)
    loop.settle()
    assert [bool(each.refusal()) for each in (*old, first, second)] == [True, True, False, False]
    assert buffer.bytes == 250_001 + 390_001


# So that few of the large ones fit, and an address has more than its share before long.
ROOM, LARGEST = 170_000, 50_000


@pytest.mark.parametrize("seed", range(12))
def test_what_is_held_is_what_has_come(loop: VirtualLoop, seed: int) -> None:
    """Whatever senders do, in whatever order and at once, what is held is the sum of their bodies and within the limit.

    None of them sees anything but a refusal for want of room or its own hanging up, and at the end nothing is held.
    """
    random = Random(seed)  # noqa: S311 - the same walk every time
    buffer = BodyBuffer(Settings(max_buffered_bytes=ROOM, max_body_bytes=LARGEST))
    senders: list[Sender] = []
    present: list[Sender] = []
    for _ in range(300):
        for _ in range(random.randint(1, 20)):
            present = [each for each in present if not each.task.done()]
            known = len(present)
            act(loop, buffer, present, random)
            senders += present[known:]
        loop.settle()
        assert buffer.bytes == sum(each.sent for each in present if each.sent > 32 * 1024 and not each.task.done())
        assert buffer.bytes <= ROOM
    for each in senders:
        each.hang_up()
        each.answer()
        error = each.task.exception()
        assert error is None or isinstance(error, BufferFull | ClientDisconnected | BodyTooLarge)
    assert buffer.bytes == 0


def act(loop: VirtualLoop, buffer: BodyBuffer, present: list[Sender], random: Random) -> None:
    """One thing happens; the service may not have noticed it yet when the next does."""
    kind = random.random()
    if len(present) < 8 or kind < 0.05:
        present.append(Sender(loop, buffer, random.choice(("192.0.2.1", "192.0.2.2", "192.0.2.3"))))
    elif kind < 0.7:
        random.choice(present).put(random.choice((1, 1, 1, 33_000, 49_000)), more=random.random() < 0.95)
    elif kind < 0.85:
        loop.turn()
    elif kind < 0.9:
        loop.advance(2.5)
    elif kind < 0.95:
        random.choice(present).put(None)
    else:
        random.choice(present).allow()

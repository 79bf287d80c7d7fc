"""The places for gRPC's messages, in time that passes when told to."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request

from service.errors import BufferFull, ClientTooSlow, MalformedBody
from service.grpc.inference import Inference
from service.grpc.reading import PLACES, Place, Reading
from service.limits.admission import Admission
from service.settings import Settings
from tests.support.virtual import VirtualLoop

SECONDS = 30.0


def ask(loop: VirtualLoop, reading: Reading, client: str) -> asyncio.Task[Place]:
    """One more wants a place."""
    task = loop.create_task(reading.place(client))
    loop.settle()
    return task


def test_the_last_to_come_is_the_first_to_have_a_place(loop: VirtualLoop) -> None:
    """However long they wait, and however often each looks, the order of those who wait is that of their coming."""
    reading = Reading(SECONDS, places=2)
    held = [ask(loop, reading, client).result() for client in ("x", "y")]
    waiting = []
    for client in "abc":
        waiting.append(ask(loop, reading, client))
        loop.now += 0.07
        loop.settle()
    loop.advance(3)
    assert not any(each.done() for each in waiting)
    held[0].leave()
    loop.settle()
    assert [each.done() for each in waiting] == [False, False, True]
    held[1].leave()
    loop.settle()
    assert [each.done() for each in waiting] == [False, True, True]


def test_who_waits_in_vain_is_told(loop: VirtualLoop) -> None:
    """After the time that a message may take there is an error, and the place that comes free then is another's."""
    reading = Reading(SECONDS, places=2)
    held = [ask(loop, reading, client).result() for client in ("x", "y")]
    waiting = ask(loop, reading, "a")
    loop.advance(SECONDS + 1)
    with pytest.raises(BufferFull):
        waiting.result()
    held[0].leave()
    assert ask(loop, reading, "b").done()


def test_who_gives_up_waiting_leaves_nothing_behind(loop: VirtualLoop) -> None:
    """A call that is cancelled while it waits passes its turn on."""
    reading = Reading(SECONDS, places=2)
    held = [ask(loop, reading, client).result() for client in ("x", "y")]
    first, last = ask(loop, reading, "a"), ask(loop, reading, "b")
    last.cancel()
    held[0].leave()
    loop.settle()
    loop.advance(1)
    assert first.done()


def test_a_call_without_a_message_keeps_no_room(loop: VirtualLoop, toy_models: Path) -> None:
    """Its place is another's before it is waited for whether its client has cancelled it; then it is told."""
    settings = Settings(models=toy_models, model="toy")
    inference = Inference(None, Admission(settings), None, settings, asyncio.Event())  # type: ignore[arg-type] # not asked
    request = Request({"type": "http", "client": ("x", 1)})

    async def nothing() -> AsyncIterator[bytes]:
        return
        yield

    ended = [loop.create_task(inference.model_infer(nothing(), request)) for _ in range(4 * PLACES)]
    loop.settle()
    assert not any(each.done() for each in ended)
    loop.advance(1)
    assert {type(each.exception()) for each in ended} == {MalformedBody}


def test_one_clock_ends_each_at_its_own_time(loop: VirtualLoop) -> None:
    """Whoever sends nothing is ended after its own time, whether others came before, or are there long since."""
    reading = Reading(SECONDS)

    async def silence() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async def message() -> AsyncIterator[bytes]:
        yield b"message"

    def arrive(given: AsyncIterator[bytes]) -> asyncio.Task[bytes | None]:
        task = loop.create_task(ask(loop, reading, "x").result().message(given))
        loop.settle()
        return task

    first = arrive(silence())
    assert arrive(message()).result() == b"message"
    loop.advance(SECONDS / 2)
    second = arrive(silence())
    for late in (first, second):
        loop.advance(SECONDS / 2 - 1)
        assert not late.done()
        loop.advance(1)
        assert isinstance(late.exception(), ClientTooSlow)
    loop.advance(SECONDS)
    third = arrive(silence())
    loop.advance(SECONDS - 1)
    assert not third.done()
    loop.advance(1)
    assert isinstance(third.exception(), ClientTooSlow)

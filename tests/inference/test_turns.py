"""How the pictures of one batch share its time, on a clock that is told how long each takes."""

import asyncio
from typing import cast

import pytest

from service.errors import ImageTooCostly
from service.images.decode_messages import Task
from service.images.decode_processes import DecodeProcesses
from service.images.decoder import Bounds, Decoder
from service.images.preprocess import Picture
from service.inference.batch import Gathering
from service.inference.turns import Turns
from tests.support.virtual import VirtualLoop

SECONDS = 2.0
RESTART = 0.25


class Timed:
    """Decodes nothing: the content of each picture says how many seconds it takes."""

    seconds = SECONDS

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.killed = 0

    async def decode(self, task: Task, until: float) -> Picture:
        allowed, needed = until - self.loop.time(), float(task.content)
        if needed <= allowed:
            self.loop.now += needed
            return Picture(bytes(3072), 32, 32, "PNG", "none", grey=True)
        if allowed > 0:
            self.loop.now += allowed + RESTART
            self.killed += 1
        raise ImageTooCostly


def answered(*seconds: float) -> tuple[list[int], int, float]:
    """Which of these pictures are decoded, how many processes were killed, and how long it took."""
    loop = VirtualLoop()
    timed, gathered = Timed(loop), Gathering(len(seconds), strict=False)
    decoder = Decoder(("PNG",), Bounds(10**6, 10, 10**8), "lanczos")
    tasks = [Task(f"{each:6}".encode(), in_json=False, decoder=decoder, fit="crop") for each in seconds]
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(Turns(cast(DecodeProcesses, timed), tasks, gathered).take())
    failed = gathered.batch(0.0).failures
    return [place for place in range(len(seconds)) if place not in failed], timed.killed, loop.now


@pytest.mark.parametrize(("seconds", "decoded"), [
    ([0.4, 0.4, 0.4, 0.4], [0, 1, 2, 3]),
    ([9, *[0.15] * 12], list(range(1, 13))),
    ([0.84, 0.84, 0.84, 0.84, 0.05, 0.05], [4, 5]),
    ([1.2, 0.05, 0.05, 0.05], [0, 1, 2, 3]),
    ([0.05, 9, 0.05], [0, 2]),
    ([9, 9, 9, 9, 9, 0.01], [5]),
])  # fmt: skip
def test_slow_ones_take_nothing_from_others(seconds: list[float], decoded: list[int]) -> None:
    """Whoever needs no more than an equal part is decoded; one that needs more has what the others leave."""
    assert answered(*seconds)[0] == decoded


def test_the_whole_has_an_end() -> None:
    """However many must be killed, six processes are, and the batch takes its time and that to replace them."""
    places, killed, took = answered(0.001, *[9.0] * 63)
    assert (places, killed) == ([0], 6)
    assert took <= SECONDS + 6 * RESTART

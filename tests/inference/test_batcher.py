"""Which images share a batch."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models import repository
from service.inference.batcher import Batcher
from service.inference.classifier import MAX_BATCH, Classifier, Scores
from tests.support.virtual import VirtualLoop

TURNS = 16


class Noting(Classifier):
    """Classifies, and notes how many images there were in each call."""

    def __init__(self, model: repository.Model) -> None:
        super().__init__(model)
        self.sizes: list[int] = []

    def classify(self, images: NDArray[np.uint8]) -> Scores:
        """As any classifier."""
        self.sizes.append(len(images))
        return super().classify(images)


class Askers:
    """Those who ask a batcher, in a loop that turns when told to."""

    def __init__(self, loop: VirtualLoop, models: Path) -> None:
        self.loop = loop
        self.classifier = Noting(repository.verify(models, "toy", 1))
        self._batcher = Batcher(self.classifier)

    def ask(self, number: int = 1, images: int = 1) -> list[asyncio.Task[Scores]]:
        """So many ask, each about so many images of a grey of its own."""
        greys = [np.full((images, 32, 32, 3), grey, np.uint8) for grey in range(number)]
        return [self.loop.create_task(self._batcher.classify(grey)) for grey in greys]

    def turn(self, times: int = 1) -> None:
        """Let the loop turn."""
        for _ in range(times):
            self.loop.turn()

    def take(self) -> list[int]:
        """The sizes of the calls since this was asked last."""
        sizes, self.classifier.sizes = self.classifier.sizes, []
        return sizes


@pytest.fixture
def askers(loop: VirtualLoop, toy_models: Path) -> Askers:
    """Askers of the toy model."""
    return Askers(loop, toy_models)


def test_who_asks_alone_waits_for_nobody(askers: Askers) -> None:
    """A single image is classified in the turn after it came, and so is the next."""
    for _ in range(3):
        askers.ask()
        askers.turn(2)
        assert askers.take() == [1]


def test_where_many_ask_those_on_their_way_are_waited_for(askers: Askers) -> None:
    """After a batch of two, the next has those too who come within two turns of the one before; then it is alone."""
    askers.ask(2)
    askers.turn(2)
    assert askers.take() == [2]
    for _ in range(4):
        askers.ask()
        askers.turn(2)
        assert askers.take() == []
    askers.turn(2)
    assert askers.take() == [4]
    askers.ask()
    askers.turn(5)
    assert askers.take() == [1]
    askers.ask()
    askers.turn(2)
    assert askers.take() == [1]


def test_nobody_is_waited_for_without_end(askers: Askers) -> None:
    """Where one more comes in each turn, a batch is classified in the sixteenth."""
    askers.ask(2)
    askers.turn(2)
    askers.take()
    for _ in range(TURNS):
        askers.ask()
        askers.turn()
        assert askers.take() == []
    askers.turn()
    assert askers.take() == [TURNS]


def test_a_full_batch_leaves_at_once(askers: Askers) -> None:
    """As many images as a call takes at most are classified in the turn in which they come, and once."""
    askers.ask(2)
    askers.turn(2)
    askers.ask(MAX_BATCH)
    askers.turn()
    assert askers.take() == [2, MAX_BATCH]
    askers.ask(MAX_BATCH // 8 + 1, images=8)
    askers.turn()
    assert askers.take() == [MAX_BATCH]
    askers.turn(5)
    assert askers.take() == [8]
    askers.ask()
    askers.turn(20)
    assert askers.take() == [1]


def test_each_has_its_own_scores(askers: Askers) -> None:
    """Three greys in one batch have the scores that they have alone; whoever gave up has none and costs nothing."""
    tasks = askers.ask(4)
    askers.turn()
    tasks.pop().cancel()
    askers.turn(2)
    assert askers.take() == [3]
    for grey, task in enumerate(tasks):
        alone = askers.classifier.classify(np.full((1, 32, 32, 3), grey, np.uint8))
        np.testing.assert_allclose(task.result().logits, alone.logits, rtol=1e-6)

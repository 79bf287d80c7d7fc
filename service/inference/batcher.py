"""Gathers what concurrent requests want classified, a few images each, into one batch.

A run of the model has costs of its own, whatever it is given, and those of a run for many images are paid once
(benchmarks/ablation.py, "batching", measures what that brings).
"""

import asyncio
import os

import numpy as np
from numpy.typing import NDArray

from service.inference.classifier import MAX_BATCH, Classifier, Scores

# Where many ask, a batch is classified when nobody has come for so many turns of the event loop, and after so many in
# any case: one turn seldom has all that are on their way.
_QUIET_TURNS = 2
_MOST_TURNS = 16


class Batcher:
    """Asks a classifier for everything that came in within a few turns of the event loop.

    Who asks alone waits for nobody: more than one turn is gathered only after a batch of several requests. As soon as
    there are as many images as a batch has at most, it is classified.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._waiting: list[tuple[NDArray[np.uint8], asyncio.Future[Scores]]] = []
        self._images = 0
        self._several = False

    async def classify(self, images: NDArray[np.uint8]) -> Scores:
        """As `Classifier.classify`, together with others' images."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Scores] = loop.create_future()
        self._waiting.append((images, future))
        self._images += len(images)
        if self._images >= MAX_BATCH:
            self._flush()
        elif len(self._waiting) == 1:
            loop.call_soon(self._gather, future, 0, 0, 1)
        return await future

    def _gather(self, first: asyncio.Future[Scores], seen: int, quiet: int, turn: int) -> None:
        """Classify what there is, or leave it until the next turn, when more may have come.

        Args:
            first: the first of the batch that is gathered.
            seen: how many had come by the turn before.
            quiet: for how many turns nobody had.
            turn: the number of this one.
        """
        if not self._waiting or self._waiting[0][1] is not first:
            return  # that batch became full, and is gone
        waiting = len(self._waiting)
        quiet = 0 if waiting > seen else quiet + 1
        if self._several and quiet < _QUIET_TURNS and turn < _MOST_TURNS:
            os.sched_yield()  # the threads that bring gRPC's calls to the event loop may need this core to do it
            asyncio.get_running_loop().call_soon(self._gather, first, waiting, quiet, turn + 1)
        else:
            self._flush()

    def _flush(self) -> None:
        # Whoever has given up meanwhile is left out.
        waiting = [(images, future) for images, future in self._waiting if not future.done()]
        self._waiting, self._images = [], 0
        self._several = len(waiting) > 1
        if not waiting:
            return
        try:
            images = waiting[0][0] if len(waiting) == 1 else np.concatenate([images for images, _ in waiting])
            scores = self._classifier.classify(images)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
            for _, future in waiting:
                future.set_exception(error)
            return
        start = 0
        for images, future in waiting:
            future.set_result(scores.part(start, start + len(images)))
            start += len(images)

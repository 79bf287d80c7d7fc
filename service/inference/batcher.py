"""Gathers what concurrent requests want classified into one call of the model.

A call of the model has costs of its own, whatever it is given, and those of a call for many images are paid once
(benchmarks/ablation.py, "batching", measures what that brings).
"""

import asyncio

import numpy as np
from numpy.typing import NDArray

from service.inference.classifier import MAX_BATCH, Classifier, Scores


class Batcher:
    """Asks a classifier for everything that came in during one turn of the event loop."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._waiting: list[tuple[NDArray[np.uint8], asyncio.Future[Scores]]] = []

    async def classify(self, images: NDArray[np.uint8]) -> Scores:
        """As `Classifier.classify`, together with others' images."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Scores] = loop.create_future()
        self._waiting.append((images, future))
        if len(self._waiting) == 1:
            loop.call_soon(self._flush)
        elif len(self._waiting) >= MAX_BATCH:
            self._flush()
        return await future

    def _flush(self) -> None:
        # Whoever has given up meanwhile is left out.
        waiting = [(images, future) for images, future in self._waiting if not future.done()]
        self._waiting = []
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

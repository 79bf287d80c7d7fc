"""Pixels to scores: one ONNX model behind one onnxruntime session."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.repository import Model
from service import metrics
from service.images.preprocess import SIDE

# As many are classified, and counted, as one batch at most.
MAX_BATCH = 64

# Of a batch the model is given so many at a time, which bounds onnxruntime's memory too: that was quicker than all 64,
# perhaps for the processor's caches, and than fewer, as every run has costs of its own.
_AT_A_TIME = 16

_OUTPUTS = ("logits", "probabilities")


class Scores(NamedTuple):
    """What a model makes of N images.

    Attributes:
        logits: float32 [N, labels].
        probabilities: float32 [N, labels], each row adding up to 1.
        energies: float32 [N], -logsumexp of the logits (Liu et al., "Energy-based Out-of-distribution Detection",
            NeurIPS 2020): the higher, the less the image resembles what the model learnt from.
    """

    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    energies: NDArray[np.float32]

    def part(self, start: int, stop: int) -> "Scores":
        """Those of some of the images."""
        return Scores(self.logits[start:stop], self.probabilities[start:stop], self.energies[start:stop])


class Classifier:
    """Classifies batches of images with a model."""

    def __init__(self, model: Model) -> None:
        """Open a session of the model.

        Raises:
            ModelError: it is not what its card says.
        """
        self._session = model.open()
        self._input = model.card.contract.input.name

    def warm_up(self) -> None:
        """Classify an image for nobody, which counts for nothing: the first run of a session allocates its memory."""
        self._run(np.zeros((1, SIDE, SIDE, 3), np.uint8))

    def classify(self, images: NDArray[np.uint8]) -> Scores:
        """The scores of images uint8 [N, 32, 32, 3] (RGB)."""
        return Scores(*joined([self._timed(part) for part in _cut(images, MAX_BATCH)]))

    def _timed(self, images: NDArray[np.uint8]) -> Scores:
        started = time.perf_counter()
        scores = self._run(images)
        metrics.INFERENCE_SECONDS.observe(time.perf_counter() - started)
        metrics.BATCH_IMAGES.observe(len(images))
        return scores

    def _run(self, images: NDArray[np.uint8]) -> Scores:
        pieces = _cut(images, _AT_A_TIME)
        logits, probabilities = joined([self._session.run(_OUTPUTS, {self._input: piece}) for piece in pieces])
        # The likeliest class has the probability exp(logit) / sum(exp(logits)), whose logarithm holds the logsumexp.
        energies = np.log(probabilities.max(axis=1)) - logits.max(axis=1)
        return Scores(logits, probabilities, energies)


def joined(parts: Sequence[Sequence[NDArray[np.float32]]]) -> Sequence[NDArray[np.float32]]:
    """The arrays of several batches, those of each place one after another."""
    return parts[0] if len(parts) == 1 else [np.concatenate(each) for each in zip(*parts, strict=True)]


def _cut(images: NDArray[np.uint8], most: int) -> list[NDArray[np.uint8]]:
    """The images in pieces of at most so many."""
    return [images[start : start + most] for start in range(0, len(images), most)]

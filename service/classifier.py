"""Pixels to probabilities: one ONNX model behind one onnxruntime session."""

import time
from typing import cast

import numpy as np
from numpy.typing import NDArray

from models.repository import Model
from service import metrics

# Batches are cut to this size: onnxruntime's memory then has a bound, and more per call is not faster.
MAX_BATCH = 64


class Classifier:
    """Classifies batches of images with a verified model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._input = model.card.contract.input.name

    def classify(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities float32 [N, labels], each row adding up to 1, of images uint8 [N, 32, 32, 3] (RGB)."""
        parts = [self._run(images[start : start + MAX_BATCH]) for start in range(0, len(images), MAX_BATCH)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _run(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        started = time.perf_counter()
        outputs = self.model.session.run(["probabilities"], {self._input: images})
        metrics.INFERENCE_SECONDS.observe(time.perf_counter() - started)
        metrics.BATCH_IMAGES.observe(len(images))
        return cast(NDArray[np.float32], outputs[0])

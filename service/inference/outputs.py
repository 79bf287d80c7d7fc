"""What a model's scores come to as named arrays: the outputs of its ONNX file, and those that its card adds."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.card import Card
from service.inference.classifier import Scores

Array = NDArray[Any]


class Outputs:
    """The named outputs of one model.

    Attributes:
        labels: of its classes, in order.
        shapes: by name, the shape for one image: (10,) or ().
        kinds: by name, "float32", "bool" or "text".
    """

    def __init__(self, card: Card) -> None:
        self.labels = card.contract.labels
        classes = (len(self.labels),)
        threshold = card.metrics.decision.threshold.value
        self._threshold = np.inf if threshold is None else threshold
        limit = card.quantitative_analyses.out_of_distribution.energy_threshold.value
        self._energy_limit = np.inf if limit is None else limit
        temperature = card.quantitative_analyses.calibration.temperature.value
        self._labels = np.array([label.encode() for label in self.labels], dtype=object)
        self.shapes: dict[str, tuple[int, ...]] = {"logits": classes, "probabilities": classes}
        self._make: dict[str, Callable[[Scores], Array]] = {
            "logits": lambda scores: scores.logits,
            "probabilities": lambda scores: scores.probabilities,
            "label": self._label,
            "confident": lambda scores: scores.probabilities.max(axis=1) >= self._threshold,
            "energy": lambda scores: scores.energies,
        }
        if temperature is not None:
            self._exponent = 1 / temperature
            self._make["calibrated_probability"] = self._calibrated
        self.shapes |= {name: () for name in self._make if name not in self.shapes}
        self.kinds: Mapping[str, str] = {"label": "text", "confident": "bool"} | {
            name: "float32" for name in self._make if name not in ("label", "confident")
        }

    def compute(self, name: str, scores: Scores) -> Array:
        """An output of N images: [N, labels] or [N]; float32, bool, or objects that are bytes (UTF-8)."""
        return self._make[name](scores)

    def out_of_distribution(self, scores: Scores) -> NDArray[np.bool_]:
        """Whether each of N images is stranger than the card's limit: bool [N], no output but a count's."""
        strange: NDArray[np.bool_] = scores.energies > self._energy_limit
        return strange

    @staticmethod
    def winners(scores: Scores) -> NDArray[np.intp]:
        """The place of each image's likeliest label: int [N], no output but a count's."""
        places: NDArray[np.intp] = scores.probabilities.argmax(axis=1)
        return places

    def _label(self, scores: Scores) -> NDArray[np.object_]:
        labels: NDArray[np.object_] = self._labels[self.winners(scores)]
        return labels

    def _calibrated(self, scores: Scores) -> NDArray[np.float32]:
        """The winner's softmax(logits / T): the probabilities to the power of 1 / T, made to add up to 1."""
        powers = scores.probabilities.astype(np.float64) ** self._exponent
        calibrated: NDArray[np.float32] = (powers.max(axis=1) / powers.sum(axis=1)).astype(np.float32)
        return calibrated

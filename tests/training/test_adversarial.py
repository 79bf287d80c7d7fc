"""The attack goes the way that hurts, within its bound, and asks the served model itself."""

import numpy as np
import pytest

from tests.support import cards, toy
from training import onnx_model
from training.data import Data
from training.errors import ExportError
from training.measure import adversarial

CONTENT = (cards.folder() / "model.onnx").read_bytes()


def test_the_attack_hurts_more_than_chance(images: Data) -> None:
    """Of 300 test images fewer stay right the further they may move; moved at random as far, most stay right."""
    pixels, labels = images.images[:300], images.labels[:300]
    found = adversarial.measure(adversarial.attack(CONTENT, pixels, labels), labels)
    assert [each.epsilon for each in found] == [0, 1, 2, 4, 8]
    accuracies = [each.accuracy.value or 0 for each in found]
    assert accuracies == sorted(accuracies, reverse=True)
    random = np.random.default_rng(0).choice([-8, 8], pixels.shape)
    noisy = np.clip(pixels + random, 0, 255).astype(np.uint8)
    by_chance = (onnx_model.run(CONTENT, noisy)[1].argmax(axis=1) == labels).mean()
    assert accuracies[-1] < by_chance - 0.3


def test_another_network_is_refused(images: Data) -> None:
    """Of a graph that is not the seminar's network no gradient can be had, which is said."""
    with pytest.raises(ExportError, match="isn't the seminar's network"):
        adversarial.attack(toy.model(), images.images[:5], images.labels[:5])

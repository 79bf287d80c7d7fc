"""Scores of batches."""

from pathlib import Path

import numpy as np
import pytest

from models import repository
from service.inference.classifier import Classifier

MODELS = Path(__file__).parents[2] / "models"


@pytest.mark.parametrize("n", [1, 15, 16, 17, 64, 65, 100])
def test_an_image_has_the_same_scores_in_any_batch(n: int) -> None:
    """However many are asked about together, each has the scores that it has alone, in the same order (to 1e-5)."""
    classifier = Classifier(repository.verify(MODELS, "seminar-cnn", 2))
    images = np.random.default_rng(n).integers(0, 256, (n, 32, 32, 3), dtype=np.uint8)
    together = classifier.classify(images)
    for place in range(n):
        for found, alone in zip(
            together.part(place, place + 1), classifier.classify(images[place : place + 1]), strict=True
        ):
            np.testing.assert_allclose(found, alone, rtol=0, atol=1e-5)

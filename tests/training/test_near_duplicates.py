"""Near-duplicates are found, mirrored ones too, and what they are worth is counted."""

import numpy as np
import pytest

from training.measure import near_duplicates


def test_a_copy_is_found_whatever_its_brightness() -> None:
    """Of 300 training images the one that a test image is a darker, mirrored, noisy copy of is its nearest."""
    random = np.random.default_rng(0)
    train = random.integers(0, 256, (300, 8, 8, 3), np.uint8).repeat(4, axis=1).repeat(4, axis=2)
    copy = (train[123, :, ::-1] * 0.7 + random.normal(0, 5, (32, 32, 3))).clip(0, 255).astype(np.uint8)
    stranger = random.integers(0, 256, (32, 32, 3), np.uint8)
    similarity, index = near_duplicates.nearest(train, np.stack([copy, train[7], stranger]))
    assert index[:2].tolist() == [123, 7]
    assert similarity[0] > 0.95
    assert similarity[1] == pytest.approx(1, abs=1e-5)
    assert similarity[2] < 0.5


def test_what_they_are_worth_by_hand() -> None:
    """Of 40 images 10 have one: 9 of these are right and 15 of the 30 others, a difference of 0.4."""
    similarity = np.r_[np.full(10, 0.99), np.full(30, 0.1)].astype(np.float32)
    right = np.r_[np.arange(10) < 9, np.arange(30) < 15]
    found = near_duplicates.measure(similarity, right)
    assert (found.share.value, found.accuracy_with.value, found.accuracy_without.value) == (0.25, 0.9, 0.5)
    assert found.difference.value == pytest.approx(0.4)
    assert found.difference.ci
    assert found.difference.ci.lower > 0
    assert near_duplicates.measure(np.zeros(5, np.float32), np.ones(5, bool)).difference.value is None

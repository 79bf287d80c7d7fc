"""Test images that have a near-duplicate among the training images, found by comparing pixels.

Barz & Denzler, "Do We Train on Test Data? Purging CIFAR of Near-Duplicates", J. Imaging 2020, found them by a network's
features and by eye; here it is the correlation of pixels, of the picture and of its mirror image.
"""

import numpy as np
from numpy.typing import NDArray

from models.evidence import NearDuplicates
from training.measure import intervals
from training.measure.intervals import proportion

LEAST = 0.9
METHOD = (
    "the training image with the highest correlation of all pixel values, mirrored ones too; candidates are the twenty "
    "most alike at 8x8 pixels"
)
_CANDIDATES = 20
_CHUNK = 500
_EXAMPLES = 5

Pixels = NDArray[np.uint8]
Floats32 = NDArray[np.float32]


def nearest(train: Pixels, test: Pixels) -> tuple[Floats32, NDArray[np.int64]]:
    """Of each test image, uint8 [M, 32, 32, 3], the most similar training image of [N, 32, 32, 3].

    Returns:
        The correlation, float32 [M], and the training image's position, int64 [M].
    """
    coarse, full = _unit(_shrink(train)), train.reshape(len(train), -1)
    similarity = np.full(len(test), -1, np.float32)
    index = np.zeros(len(test), np.int64)
    for pictures in (test, test[:, :, ::-1]):
        small, large = _unit(_shrink(pictures)), pictures.reshape(len(test), -1)
        for start in range(0, len(test), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            alike = small[chunk] @ coarse.T
            candidates = np.argpartition(-alike, min(_CANDIDATES, len(train)) - 1, axis=1)[:, :_CANDIDATES]
            asked, found = _unit(large[chunk]), _unit(full[candidates])
            exact = np.einsum("md,mkd->mk", asked, found)
            best = exact.argmax(axis=1)
            rows = np.arange(len(best))
            better = exact[rows, best] > similarity[chunk]
            similarity[chunk] = np.where(better, exact[rows, best], similarity[chunk])
            index[chunk] = np.where(better, candidates[rows, best], index[chunk])
    return similarity, index


def measure(similarity: Floats32, right: NDArray[np.bool_]) -> NearDuplicates:
    """Accuracy on the test images with a near-duplicate among the training images, and on the rest.

    Args:
        similarity: of each test image to its nearest training image, [M].
        right: whether each test image's answer is right, [M].
    """
    near = similarity >= LEAST
    method = "share of images whose likeliest class is right"
    names = ("with a near-duplicate in training", "without one")
    difference = (
        intervals.contrast(
            right[near], right[~near], intervals.difference, "accuracy with a near-duplicate minus accuracy without",
            split="test",
        )
        if near.any() and not near.all()
        else intervals.unmeasured("accuracy with a near-duplicate minus accuracy without", "All are of one kind.")
    )  # fmt: skip
    return NearDuplicates(
        method=f"Nearest is {METHOD}; near-duplicate from a correlation of {LEAST:g} on.",
        least_similarity=LEAST,
        share=proportion(
            int(near.sum()), len(near), "test", f"share of images with a correlation of {LEAST:g} or more"
        ),
        accuracy_with=proportion(int(right[near].sum()), int(near.sum()), "test", method, names[0]),
        accuracy_without=proportion(int(right[~near].sum()), int((~near).sum()), "test", method, names[1]),
        difference=difference,
        examples=np.argsort(-similarity, kind="stable")[:_EXAMPLES].tolist(),
    )


def _shrink(pictures: Pixels) -> Floats32:
    means: Floats32 = pictures.reshape(len(pictures), 8, 4, 8, 4, 3).mean(axis=(2, 4), dtype=np.float32)
    return means.reshape(len(pictures), -1)


def _unit(vectors: NDArray[np.generic]) -> Floats32:
    """Vectors [..., D] without their mean, of length 1, so that their products are correlations."""
    exact = vectors.astype(np.float32)
    exact -= exact.mean(axis=-1, keepdims=True)
    exact /= np.maximum(np.linalg.norm(exact, axis=-1, keepdims=True), np.float32(1e-6))
    return exact

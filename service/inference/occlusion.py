"""Where a picture has to be covered to change the answer: an occlusion map.

Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section 4.2: cover one patch of the
picture after another and see how far the probability of a class falls. Here a patch is painted with the picture's mean
colour, so that covering adds no contrast of its own (a wholly red picture stays as it is). All covered pictures are
classified in one go.
"""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from service.images.preprocess import SIDE

METHOD = (
    "Occlusion: a square patch of the picture's mean colour is laid over one position after another; a drop is the "
    "class's probability without the patch minus that with it. The map gives each pixel the mean drop of the patches "
    "that covered it."
)
SOURCE = 'Zeiler & Fergus (2014), "Visualizing and Understanding Convolutional Networks", ECCV'
CANNOT_TELL = (
    "It says where covering the picture changes the answer, not why.",
    "It is about this patch, this size and this colour: with others the map looks different.",
    "A covered picture is one that the network never saw in training, so part of a drop may be plain surprise.",
    "Where two places show the same thing, covering either of them may change nothing; the map then shows neither.",
    "It explains one answer, not the network; and a map that looks sensible does not make the answer right.",
)

# Orange where covering takes away from the class, blue where it adds to it: told apart by the colour-blind too
# (Okabe & Ito, Color Universal Design, 2008).
_TAKES, _ADDS = (213, 94, 0), (0, 114, 178)
_OPACITY = 0.8
_SCALE = 10
# A map whose largest value is below this shows no more than rounding; it is not blown up to look like something.
_LEAST_SCALE = 0.01


@dataclass(frozen=True)
class Occlusion:
    """What covering the picture does to the probability of one class.

    Attributes:
        target: the class, by its place among the labels.
        uncovered: the probabilities of all classes when nothing is covered.
        colour: of the patch, RGB.
        positions: left edges of the patches, in pixels; upper edges likewise.
        drops: float [rows, columns], by position; negative where covering helps the class.
        pixels: float [32, 32], the mean drop of the patches over each pixel.
    """

    target: int
    uncovered: list[float]
    colour: tuple[int, int, int]
    positions: list[int]
    drops: NDArray[np.float64]
    pixels: NDArray[np.float64]


def positions(patch: int, stride: int) -> list[int]:
    """Where patches begin: every `stride` pixels, and flush with the end, so that no pixel stays uncovered.

    Args:
        patch: side of the square patch, in pixels.
        stride: from one position to the next, at most `patch`.
    """
    last = SIDE - patch
    found = list(range(0, last + 1, stride))
    return found if found[-1] == last else [*found, last]


def occlude(
    classify: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    image: NDArray[np.uint8],
    target: int,
    patch: int,
    stride: int,
) -> Occlusion:
    """Cover an image patch by patch.

    Args:
        classify: from images uint8 [N, 32, 32, 3] to probabilities [N, labels].
        image: uint8 [32, 32, 3], RGB.
        target: the class whose probability is watched, by its place among the labels.
        patch: side of the square patch, in pixels.
        stride: from one position to the next, in pixels, at most `patch`.
    """
    starts = positions(patch, stride)
    places = [(upper, left) for upper in starts for left in starts]
    colour = np.rint(image.mean(axis=(0, 1))).astype(np.uint8)
    images = np.repeat(image[None], len(places) + 1, axis=0)
    for covered, (upper, left) in zip(images[1:], places, strict=True):
        covered[upper : upper + patch, left : left + patch] = colour
    probabilities = classify(images).astype(np.float64)
    drops = probabilities[0, target] - probabilities[1:, target]
    total, times = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    for drop, (upper, left) in zip(drops, places, strict=True):
        total[upper : upper + patch, left : left + patch] += drop
        times[upper : upper + patch, left : left + patch] += 1
    red, green, blue = colour.tolist()
    return Occlusion(
        target=target,
        uncovered=probabilities[0].tolist(),
        colour=(red, green, blue),
        positions=starts,
        drops=drops.reshape(len(starts), len(starts)),
        pixels=total / times,
    )


def draw(image: NDArray[np.uint8], pixels: NDArray[np.float64]) -> bytes:
    """The map over the picture, as a PNG of 320x320 pixels: orange where covering takes away, blue where it adds."""
    grey = np.repeat(image.astype(np.float64).mean(axis=2)[..., None], 3, axis=2)
    weight = pixels / max(float(np.abs(pixels).max()), _LEAST_SCALE)
    colour = np.where(weight[..., None] > 0, np.array(_TAKES), np.array(_ADDS))
    opacity = _OPACITY * np.abs(weight)[..., None]
    mixed = np.rint(grey * (1 - opacity) + colour * opacity).astype(np.uint8)
    enlarged = np.repeat(np.repeat(mixed, _SCALE, axis=0), _SCALE, axis=1)
    return _png(enlarged)


def data_url(image: NDArray[np.uint8]) -> str:
    """The image as a PNG in a data URL."""
    return f"data:image/png;base64,{base64.b64encode(_png(image)).decode()}"


def _png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()

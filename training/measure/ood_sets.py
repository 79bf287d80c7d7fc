"""Out-of-distribution pictures: four sets that show none of the ten classes, the same every time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

Pixels = NDArray[np.uint8]
_SEED = 888
_EACH = 100
_SIDE = 32
_SCIKIT_IMAGE = "scikit-image's data (van der Walt et al. 2014)"


@dataclass(frozen=True)
class PictureSet:
    """A set of pictures.

    Attributes:
        name: as the card calls it.
        description: how many of what.
        source: where they are from.
        pictures: makes them, uint8 [N, 32, 32, 3].
    """

    name: str
    description: str
    source: str
    pictures: Callable[[], Pixels]


def _crops(*names: str) -> Pixels:
    """100 squares out of each picture of scikit-image, at least a third as high, reduced to 32x32."""
    random = np.random.default_rng(_SEED)
    crops = []
    for name in names:
        picture = Image.fromarray(getattr(skimage.data, name)()).convert("RGB")
        least = min(picture.size) // 3
        for _ in range(_EACH):
            side = int(random.integers(least, min(picture.size) + 1))
            left, upper = (int(random.integers(0, whole - side + 1)) for whole in picture.size)
            box = (left, upper, left + side, upper + side)
            crops.append(np.asarray(picture.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS, box=box)))
    return np.stack(crops)


@cache  # they take two seconds, and more than one model may be measured
def _photographs() -> Pixels:
    return _crops("coffee", "coins", "hubble_deep_field", "immunohistochemistry", "moon", "page", "retina", "text")


@cache
def _textures() -> Pixels:
    return _crops("brick", "grass", "gravel")


def _digits() -> Pixels:
    grey = [Image.fromarray((pixels * 255 / 16).astype(np.uint8)) for pixels in load_digits().images]
    return np.stack([np.asarray(each.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC).convert("RGB")) for each in grey])


def _noise() -> Pixels:
    return np.random.default_rng(_SEED).integers(0, 256, (1000, _SIDE, _SIDE, 3), np.uint8)


SETS = (
    PictureSet(
        "photographs",
        "100 squares out of each of eight pictures: coffee, coins, galaxies, tissue, the moon, a retina, two pages of "
        "text. Squares of one picture are alike, so the intervals are too narrow.",
        _SCIKIT_IMAGE,
        _photographs,
    ),
    PictureSet(
        "textures",
        "100 squares out of each of three: brick, grass, gravel. As alike as those.",
        _SCIKIT_IMAGE,
        _textures,
    ),
    PictureSet(
        "handwritten digits",
        "1,797 digits of 8x8 pixels, enlarged.",
        "scikit-learn's load_digits (Alpaydin & Kaynak 1998)",
        _digits,
    ),
    PictureSet("noise", "1,000 pictures of random pixels.", "made here", _noise),
)

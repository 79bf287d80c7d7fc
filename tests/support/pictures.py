"""Pictures for tests, made on the spot."""

import functools
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_COARSE_SIDE = 1000
_GRAIN_SIDE = 256


def encode(image: Image.Image, image_format: str = "PNG", **options: Any) -> bytes:
    """The image as a file's bytes."""
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def plain(colour: Any, size: tuple[int, int] = (32, 32), mode: str = "RGB") -> Image.Image:
    """An image of one colour."""
    return Image.new(mode, size, colour)


RED = encode(plain((255, 0, 0)))
BLUE = encode(plain((0, 0, 255)))
WHITE = encode(plain((255, 255, 255)))


def corners(width: int = 64, height: int = 64) -> Image.Image:
    """Four quarters: red and green above, blue and white below."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (255, 0, 0)
    pixels[: height // 2, width // 2 :] = (0, 255, 0)
    pixels[height // 2 :, : width // 2] = (0, 0, 255)
    pixels[height // 2 :, width // 2 :] = (255, 255, 255)
    return Image.fromarray(pixels)


@functools.cache
def photo(width: int, height: int) -> Image.Image:
    """Something like a photograph: smooth shapes at many scales with a little noise. Made once: change a copy.

    A large one is a smaller one enlarged, with noise from a tile, which is a tenth of the work.
    """
    scale = min(1.0, _COARSE_SIDE / max(width, height))
    coarse = _shapes(round(width * scale), round(height * scale)).resize((width, height), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(1).normal(0, 4, (_GRAIN_SIDE, _GRAIN_SIDE, 3)).astype(np.int16)
    repeats = (-(-height // _GRAIN_SIDE), -(-width // _GRAIN_SIDE), 1)
    pixels = np.asarray(coarse, np.int16) + np.tile(grain, repeats)[:height, :width]
    return Image.fromarray(np.clip(pixels, 0, 255, out=pixels).astype(np.uint8))


def _shapes(width: int, height: int) -> Image.Image:
    random = np.random.default_rng(0)
    total: NDArray[np.float64] = np.zeros((height, width, 3))
    for cells in (3, 9, 27, 81):
        noise = Image.fromarray(random.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        total += np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC), float) / cells**0.5
    total = 255 * (total - total.min()) / (total.max() - total.min())
    return Image.fromarray(total.astype(np.uint8))

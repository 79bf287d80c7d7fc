"""Pictures for tests, made on the spot."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def encode(image: Image.Image, image_format: str = "PNG", **options: object) -> bytes:
    """The image as a file's bytes."""
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def plain(colour: object, size: tuple[int, int] = (32, 32), mode: str = "RGB") -> Image.Image:
    """An image of one colour."""
    return Image.new(mode, size, colour)  # type: ignore[arg-type]


def corners(width: int = 64, height: int = 64) -> Image.Image:
    """Four quarters: red and green above, blue and white below."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = (255, 0, 0)
    pixels[: height // 2, width // 2 :] = (0, 255, 0)
    pixels[height // 2 :, : width // 2] = (0, 0, 255)
    pixels[height // 2 :, width // 2 :] = (255, 255, 255)
    return Image.fromarray(pixels)


def photo(width: int, height: int, seed: int = 0) -> Image.Image:
    """Something like a photograph: smooth shapes at many scales with a little noise."""
    random = np.random.default_rng(seed)
    total: NDArray[np.float64] = np.zeros((height, width, 3))
    for cells in (3, 9, 27, 81):
        noise = Image.fromarray(random.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        total += np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC), float) / cells**0.5
    total += random.normal(0, 4, total.shape)
    total = 255 * (total - total.min()) / (total.max() - total.min())
    return Image.fromarray(total.astype(np.uint8))

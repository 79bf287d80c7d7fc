"""Ways to corrupt images, after CIFAR-10-C (Hendrycks & Dietterich, ICLR 2019), each in five severities.

Made anew with NumPy, SciPy and Pillow and with strengths of our own: the severities compare with one another, not with
published figures.
"""

import io
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

Pixels = NDArray[np.uint8]
Floats = NDArray[np.floating]
SEVERITIES = range(1, 6)
_SEED = 888
_SIDE = 32


def corrupt(images: Pixels, name: str, severity: int) -> Pixels:
    """Images uint8 [N, 32, 32, 3] corrupted in one way at a severity from 1 to 5; the same every time."""
    function, strengths = CORRUPTIONS[name]
    random = np.random.default_rng([_SEED, list(CORRUPTIONS).index(name), severity])
    corrupted = function(images.astype(np.float32) / 255, strengths[severity - 1], random)
    return (np.clip(corrupted, 0, 1) * 255).round().astype(np.uint8)


def _gaussian_noise(x: Floats, strength: float, random: Generator) -> Floats:
    return x + random.normal(0, strength, x.shape)


def _shot_noise(x: Floats, strength: float, random: Generator) -> Floats:
    return random.poisson(x * strength) / strength


def _impulse_noise(x: Floats, strength: float, random: Generator) -> Floats:
    drawn = random.random(x.shape)
    return np.where(drawn < strength / 2, 0, np.where(drawn > 1 - strength / 2, 1, x))


def _defocus_blur(x: Floats, strength: float, _random: Generator) -> Floats:
    # A disk, each weight the share of its pixel inside, counted on a grid ten times as fine.
    reach = int(np.ceil(strength))
    fine = (np.arange((2 * reach + 1) * 10) + 0.5) / 10 - reach - 0.5
    inside = (fine[:, None] ** 2 + fine**2 <= strength**2).reshape(2 * reach + 1, 10, 2 * reach + 1, 10).mean((1, 3))
    return _convolve(x, inside / inside.sum())


def _motion_blur(x: Floats, strength: float, random: Generator) -> Floats:
    # Each picture has one of eight directions.
    directions = random.integers(0, 8, len(x))
    blurred = np.empty_like(x)
    along = np.linspace(-strength / 2, strength / 2, 50)
    reach = int(np.ceil(strength / 2))
    edges = np.arange(2 * reach + 2) - reach - 0.5
    for direction in range(8):
        angle = np.pi * direction / 8
        line = np.histogram2d(along * np.sin(angle), along * np.cos(angle), bins=(edges, edges))[0]
        chosen = directions == direction
        blurred[chosen] = _convolve(x[chosen], line / line.sum())
    return blurred


def _zoom_blur(x: Floats, strength: float, _random: Generator) -> Floats:
    zooms = np.linspace(1, strength, 6)
    return np.stack([np.mean([_enlarge(picture, zoom) for zoom in zooms], axis=0) for picture in _as_images(x)]) / 255


def _brightness(x: Floats, strength: float, _random: Generator) -> Floats:
    # The value of HSV rises; hue and saturation stay.
    value = x.max(axis=3, keepdims=True)
    return np.where(value > 0, x * np.minimum(value + strength, 1) / np.maximum(value, 1e-6), strength)


def _contrast(x: Floats, strength: float, _random: Generator) -> Floats:
    average: Floats = x.mean(axis=(1, 2), keepdims=True)
    return average + (x - average) * strength


def _fog(x: Floats, strength: float, random: Generator) -> Floats:
    # Clouds: smooth noise of ever finer grain, ever weaker.
    clouds = np.zeros(x.shape[:3])
    for sigma in (8, 4, 2, 1):
        layer = ndimage.gaussian_filter(random.normal(size=clouds.shape), (0, sigma, sigma), mode="wrap")
        clouds += sigma * layer / layer.std(axis=(1, 2), keepdims=True)
    low, high = clouds.min(axis=(1, 2), keepdims=True), clouds.max(axis=(1, 2), keepdims=True)
    brightest = x.max(axis=(1, 2, 3), keepdims=True)
    foggy: Floats = (x + strength * ((clouds - low) / (high - low))[..., None]) * brightest / (brightest + strength)
    return foggy


def _pixelate(x: Floats, strength: float, _random: Generator) -> Floats:
    size = (round(_SIDE * strength), round(_SIDE * strength))
    coarse = [picture.resize(size, Image.Resampling.BOX) for picture in _as_images(x)]
    fine = [np.asarray(picture.resize((_SIDE, _SIDE), Image.Resampling.NEAREST)) for picture in coarse]
    return np.stack(fine) / 255


def _jpeg(x: Floats, strength: float, _random: Generator) -> Floats:
    def through(picture: Image.Image) -> Pixels:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=int(strength))
        return np.asarray(Image.open(file))

    return np.stack([through(picture) for picture in _as_images(x)]) / 255


def _elastic(x: Floats, strength: float, random: Generator) -> Floats:
    # Each place moves by a smooth random field, `strength` pixels on average.
    grid = np.indices((_SIDE, _SIDE))
    warped = np.empty_like(x)
    for i, picture in enumerate(x):
        field = ndimage.gaussian_filter(random.normal(size=grid.shape), (0, 3, 3), mode="reflect")
        moved = grid + field * strength / np.abs(field).mean()
        for channel in range(3):
            warped[i, ..., channel] = ndimage.map_coordinates(picture[..., channel], moved, order=1, mode="reflect")
    return warped


def _convolve(x: Floats, kernel: Floats) -> Floats:
    convolved: Floats = ndimage.convolve(x, kernel[None, :, :, None].astype(x.dtype), mode="reflect")
    return convolved


def _as_images(x: Floats) -> list[Image.Image]:
    return [Image.fromarray(pixels) for pixels in (x * 255).round().astype(np.uint8)]


def _enlarge(picture: Image.Image, zoom: float) -> NDArray[np.float32]:
    margin = _SIDE * (1 - 1 / zoom) / 2
    box = (margin, margin, _SIDE - margin, _SIDE - margin)
    return np.asarray(picture.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, box=box), np.float32)


CORRUPTIONS: dict[str, tuple[Callable[[Floats, float, Generator], Floats], tuple[float, ...]]] = {
    "gaussian noise": (_gaussian_noise, (0.04, 0.06, 0.08, 0.10, 0.14)),
    "shot noise": (_shot_noise, (500, 250, 100, 60, 30)),
    "impulse noise": (_impulse_noise, (0.01, 0.02, 0.04, 0.07, 0.12)),
    "defocus blur": (_defocus_blur, (0.8, 1.0, 1.3, 1.7, 2.2)),
    "motion blur": (_motion_blur, (2, 3, 4, 6, 8)),
    "zoom blur": (_zoom_blur, (1.06, 1.12, 1.2, 1.3, 1.45)),
    "brightness": (_brightness, (0.05, 0.1, 0.2, 0.3, 0.45)),
    "contrast": (_contrast, (0.75, 0.5, 0.4, 0.3, 0.15)),
    "fog": (_fog, (0.2, 0.5, 0.8, 1.2, 2.0)),
    "pixelate": (_pixelate, (0.9, 0.8, 0.65, 0.5, 0.35)),
    "jpeg": (_jpeg, (80, 60, 40, 25, 10)),
    "elastic": (_elastic, (0.4, 0.7, 1.0, 1.4, 2.0)),
}

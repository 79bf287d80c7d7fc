"""The pictures and requests that the loads send."""

import io
import json

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.load import MULTIPART, form, post


def ask_indices(n: int) -> bytes:
    """The request that asks about the first test images."""
    return post("/predict", "application/json", b'{"indices": [' + b",".join(b"%d" % i for i in range(n)) + b"]}")


def tensor_in_json(path: str, images: NDArray[np.uint8]) -> bytes:
    """The request of the Open Inference Protocol with the images' pixels as JSON numbers."""
    given = {"name": "image", "datatype": "UINT8", "shape": list(images.shape), "data": images.ravel().tolist()}
    return post(path, "application/json", json.dumps({"inputs": [given]}).encode())


def upload(picture: bytes) -> bytes:
    """The request that uploads a picture."""
    return post("/predict", MULTIPART, form(picture))


def small_picture() -> bytes:
    """A 32x32 PNG with the entropy of a CIFAR-10 image, about 2.6 kB."""
    return _encode(_shapes(32, 32), "PNG")


def web_picture() -> bytes:
    """A 640x480 JPEG of some 58 kB."""
    return _encode(_shapes(640, 480), "JPEG", quality=80)


def photo() -> bytes:
    """A 12-megapixel JPEG of about 3.4 MB."""
    return _encode(_shapes(4000, 3000), "JPEG", quality=90)


def _shapes(width: int, height: int) -> Image.Image:
    random = np.random.default_rng(0)
    total = random.normal(0, 12, (height, width, 3)).astype(np.float32)
    for cells in (3, 9, 27, 81):
        noise = Image.fromarray(random.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        total += np.asarray(noise.resize((width, height), Image.Resampling.BICUBIC), np.float32) / cells**0.5
    return Image.fromarray((255 * (total - total.min()) / np.ptp(total)).astype(np.uint8))


def _encode(image: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()

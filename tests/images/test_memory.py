"""What decoding takes is reckoned before it is begun."""

import subprocess
import sys
from typing import Any

import pytest
from PIL import Image

from tests.support.patience import PATIENCE_S
from tests.support.pictures import encode
from tests.support.serving import ROOT

# Format, mode, and how it is saved.
PICTURES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "PNG": ("PNG", "RGB", {}),
    "PNG with alpha": ("PNG", "RGBA", {}),
    "PNG, grey with alpha": ("PNG", "LA", {}),
    "PNG with a palette": ("PNG", "P", {}),
    "PNG, grey": ("PNG", "L", {}),
    "PNG with a transparent colour": ("PNG", "RGB", {"transparency": (1, 2, 3)}),
    "PNG, grey of 16 bits": ("PNG", "I;16", {}),
    "PNG, grey of 16 bits with a transparent one": ("PNG", "I;16", {"transparency": 300}),
    "GIF": ("GIF", "P", {}),
    "GIF with a transparent colour": ("GIF", "P", {"transparency": 0}),
    "BMP": ("BMP", "RGB", {}),
    "WebP": ("WEBP", "RGB", {}),
    "WebP, lossless, with alpha": ("WEBP", "RGBA", {"lossless": True}),
    "WebP, animated": ("WEBP", "RGB", {"save_all": True, "append_images": [Image.new("RGB", (3001, 3000), "red")]}),
    "JPEG, progressive": ("JPEG", "RGB", {"progressive": True}),
}


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """For each picture, the memory that decoding it took, as a share of the bound within which it is just let in."""
    folder = tmp_path_factory.mktemp("pictures")
    arguments = []
    for number, (image_format, mode, options) in enumerate(PICTURES.values()):
        path = folder / str(number)
        path.write_bytes(encode(Image.new(mode, (3001, 3000)), image_format, **options))
        arguments.append(f"{image_format}:{path}")
    command = [sys.executable, "-m", "tests.support.memory", *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    return dict(zip(PICTURES, map(float, result.stdout.split()), strict=True))


@pytest.mark.parametrize("picture", PICTURES)
def test_decoding_takes_no_more_memory_than_was_reckoned(shares: dict[str, float], picture: str) -> None:
    """A picture just within the bound on memory is decoded with at most that much more (and 5 %) at the peak."""
    assert 0 < shares[picture] <= 1.05

"""Small files that would grow without bound are refused; photographs are not."""

from collections.abc import Callable

import pytest

from service.errors import ImageTooLarge
from service.images.decoder import Bounds, Decoder
from tests.support import bombs
from tests.support.memory import MIB, forget_peak, peak
from tests.support.pictures import encode, photo, plain
from tests.support.problems import check
from tests.support.serving import Service

BOMBS: dict[str, tuple[Callable[[], bytes], int, str, str]] = {
    "a PNG of 50,000 x 50,000": (lambda: bombs.png(50_000, 50_000), 413, "image-too-large", "2,500,000,000 pixels"),
    "a PNG that takes too much memory": (lambda: bombs.png(4000, 3000), 413, "image-too-large", "bytes of memory"),
    "a GIF of 10,000 frames": (lambda: bombs.gif(10_000), 413, "image-too-large", "50 frames"),
    "an animated PNG of 61 frames": (lambda: bombs.animated_png(61), 413, "image-too-large", "50 frames"),
    "a JPEG of 200 scans": (lambda: bombs.jpeg(200), 413, "image-too-large", "scans"),
    "a WebP of 16,383 x 16,383": (bombs.webp, 413, "image-too-large", "268,402,689 pixels"),
    "a colour profile that unpacks to 100 MB": (
        lambda: bombs.png(32, 32, bombs.chunk(b"iCCP", b"p\0\0" + bombs.zeros())), 422, "damaged-image", "damaged",
    ),
    "a text that unpacks to 100 MB": (
        lambda: bombs.png(32, 32, bombs.text(100_000_000)), 422, "damaged-image", "damaged",
    ),
    "64 texts that unpack to 1 MB": (
        lambda: bombs.png(32, 32, *[bombs.text(1_000_000)] * 64), 422, "damaged-image", "damaged",
    ),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_at_constant_memory(narrow: Service, bomb: str) -> None:
    """A small file that would grow without bound is refused, and the service's memory grows by less than 32 MB."""
    make, status, name, says = BOMBS[bomb]
    content = make()
    assert len(content) < 1_500_000
    forget_peak(narrow.process.pid)
    before = peak(narrow.process.pid)
    check(narrow.client.post("/predict", files={"image": content}), status, name, says)
    assert peak(narrow.process.pid) - before < 32 * MIB


def test_a_photograph_is_no_bomb(narrow: Service) -> None:
    """A 12-megapixel JPEG, a progressive one and animations of a few frames pass the very bounds that bombs do not."""
    small, frames = photo(600, 450), [plain(0, (600, 450))] * 5
    for content in (
        encode(photo(4000, 3000), "JPEG", quality=60),
        encode(small, "JPEG", progressive=True),
        encode(small, "GIF", save_all=True, append_images=frames),
        encode(small, "WEBP", save_all=True, append_images=frames),
        encode(small, "PNG", save_all=True, append_images=frames),
    ):
        assert narrow.client.post("/predict", files={"image": content}).status_code == 200


def test_a_progressive_photograph_is_no_bomb(service: Service) -> None:
    """The service as it is shipped takes 12 megapixels also as a progressive JPEG, which takes six times the memory."""
    content = encode(photo(4000, 3000), "JPEG", quality=60, progressive=True)
    answer = service.client.post("/predict", files={"image": content})
    assert answer.status_code == 200
    assert (answer.json()["input"]["width"], answer.json()["input"]["height"]) == (4000, 3000)


def test_the_largest_picture_may_have_twelve_scans() -> None:
    """A JPEG of 64 megapixels passes with twelve scans, as many as no camera and no editor saves, and not with 13."""
    decoder = Decoder(("JPEG",), Bounds(64_000_000, 1, 2**30), "lanczos")
    twelve = bombs.jpeg(2, 8000)
    assert decoder.open(twelve).pixels == 64_000_000
    with pytest.raises(ImageTooLarge, match="768,000,000"):
        decoder.open(bombs.jpeg(3, 8000))


def test_an_exif_bomb_is_harmless(narrow: Service) -> None:
    """An EXIF block of a hundred thousand bytes of nonsense hides no picture."""
    content = encode(plain((255, 0, 0)), exif=b"Exif\0\0MM\0*" + b"\xff" * 100_000)
    assert len(content) > 100_000
    assert narrow.client.post("/predict", files={"image": content}).json()["label"] == "airplane"

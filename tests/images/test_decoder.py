"""Which files are pictures, and which are too large to be looked at."""

import struct

import pytest

from service.errors import DamagedImage, EmptyImage, ImageTooLarge, NotAnImage
from service.images import decoder, preprocess
from service.images.decoder import Bounds, Decoder, Format
from tests.support.hostile import chunk
from tests.support.pictures import RED, encode, photo, plain

FORMATS: tuple[Format, ...] = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
BOUNDS = Bounds(max_pixels=64_000_000, max_frames=10, max_decode_bytes=256 * 1024**2)
DECODER = Decoder(FORMATS, BOUNDS, "lanczos")


def decode(content: bytes) -> None:
    DECODER.decode(DECODER.open(content), "crop")


def test_what_is_no_picture_is_told_apart() -> None:
    """No bytes, other files, HEIC and formats that are switched off each get their own error."""
    with pytest.raises(EmptyImage):
        decode(b"")
    for content in (b"hello", b"%PDF-1.7", b"<svg/>", b"\x00" * 100):
        with pytest.raises(NotAnImage, match="Send one of PNG, JPEG"):
            decode(content)
    with pytest.raises(NotAnImage, match="HEIC"):
        decode(b"\x00\x00\x00\x18ftypheic" + b"\x00" * 100)
    with pytest.raises(NotAnImage):
        Decoder(("PNG",), BOUNDS, "box").open(encode(plain((255, 0, 0)), "BMP"))


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_truncated_picture_is_damaged(image_format: str) -> None:
    """A file that breaks off, wherever it does, is refused as damaged, never half-shown."""
    content = encode(photo(64, 64), image_format)
    for kept in (20, len(content) // 4, len(content) // 2, len(content) * 3 // 4):
        with pytest.raises(DamagedImage):
            decode(content[:kept])


@pytest.mark.parametrize("size", [(32, 32), (32, 8000)], ids=["small", "large"])
@pytest.mark.parametrize("colours", range(7))
def test_a_header_without_what_it_announces_is_damaged(size: tuple[int, int], colours: int) -> None:
    """A PNG of any kind of colours that ends after its header, so without a palette where one has to be, is damaged."""
    header = struct.pack(">IIBBBBB", *size, 8, colours, 0, 0, 0)
    with pytest.raises(DamagedImage):
        decode(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b""))


def test_running_out_of_memory_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where memory runs out, neither opening nor decoding a picture takes the picture for a damaged one."""

    def run_out(*_: object) -> None:
        raise MemoryError

    opened = DECODER.open(RED)
    monkeypatch.setattr(preprocess, "preprocess", run_out)
    with pytest.raises(MemoryError):
        DECODER.decode(opened, "crop")
    monkeypatch.setitem(decoder._PLUGINS, "PNG", run_out)  # noqa: SLF001 - there is no other way to run out on time
    with pytest.raises(MemoryError):
        DECODER.open(RED)


def test_pixels_are_bounded_before_they_are_decoded() -> None:
    """A picture of more pixels than allowed is refused by its header, which names both figures."""
    strict = Decoder(FORMATS, BOUNDS._replace(max_pixels=999), "box")
    with pytest.raises(ImageTooLarge, match="1,024 pixels, the limit is 999"):
        strict.open(RED)

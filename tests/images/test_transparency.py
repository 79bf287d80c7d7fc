"""What is transparent shows white, as in a browser."""

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from service.errors import ImageTooLarge
from service.images.decoder import Bounds, Decoder
from tests.support.hostile import chunk
from tests.support.pictures import encode, plain

BOUNDS = Bounds(max_pixels=64_000_000, max_frames=10, max_decode_bytes=256 * 1024**2)
DECODER = Decoder(("PNG", "WEBP", "GIF"), BOUNDS, "box")
SIZES = (32, 64)
GREY, COLOUR = 0, 2


def seen(content: bytes) -> NDArray[np.uint8]:
    """The model's pixels, as an array [32, 32, 3]."""
    return np.frombuffer(DECODER.decode(DECODER.open(content), "crop").pixels, np.uint8).reshape(32, 32, 3)


def png(side: int, bits: int, colours: int, halves: tuple[int, int], transparent: int) -> bytes:
    """A PNG of two halves, left and right, each of one level in all its channels, and the one called transparent."""
    channels = 3 if colours == COLOUR else 1
    line = "".join(f"{level:0{bits}b}" * channels * (side // 2) for level in halves)
    packed = int(line, 2).to_bytes(len(line) // 8, "big")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, bits, colours, 0, 0, 0))
        + chunk(b"tRNS", struct.pack(">H", transparent) * channels)
        + chunk(b"IDAT", zlib.compress((b"\0" + packed) * side))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", SIZES)
@pytest.mark.parametrize(("bits", "colours", "halves", "transparent", "expected"), [
    (1, GREY, (0, 1), 0, (255, 255)),
    (1, GREY, (0, 1), 1, (0, 255)),
    (2, GREY, (0, 2), 2, (0, 255)),
    (2, GREY, (1, 2), 1, (255, 170)),
    (4, GREY, (0, 8), 8, (0, 255)),
    (4, GREY, (3, 15), 3, (255, 255)),
    (4, GREY, (3, 8), 15, (51, 136)),
    (4, GREY, (8, 3), 0x18, (136, 51)),
    (8, GREY, (3, 136), 136, (3, 255)),
    (8, COLOUR, (3, 136), 136, (3, 255)),
    (16, GREY, (0, 0x1234), 0x1234, (0, 255)),
    (16, GREY, (0x12FF, 0x1200), 0x12FF, (255, 0x12)),
    (16, GREY, (0x1234, 0x8000), 0x0034, (0x12, 0x80)),
    (16, COLOUR, (0x1234, 0x8000), 0x1234, (255, 0x80)),
    (16, COLOUR, (0x1234, 0x8000), 0x3412, (0x12, 0x80)),
])  # fmt: skip
def test_a_png_names_its_transparent_colour_in_its_own_bits(  # noqa: PLR0917 - a case has that many parts
    side: int, bits: int, colours: int, halves: tuple[int, int], transparent: int, expected: tuple[int, int]
) -> None:
    """Whatever the depth of its samples, exactly those of the colour in tRNS are white (PNG, section 11.3.1.1)."""
    pixels = seen(png(side, bits, colours, halves, transparent))
    assert (pixels[:, :16] == expected[0]).all()
    assert (pixels[:, 16:] == expected[1]).all()


def test_of_colours_of_16_bits_the_upper_half_counts() -> None:
    """What differs from a PNG's transparent colour in the lower half of its 16 bits only is transparent too."""
    assert (seen(png(32, 16, COLOUR, (0x1234, 0x1299), 0x1234)) == 255).all()


RED = (255, 0, 0)


def gif(side: int, frame: tuple[int, int, int, int], transparent: int | None = None) -> bytes:
    """A GIF of one red frame, left, top, width and height, on a canvas whose first colour is black."""
    left, top, width, height = frame
    image = plain(1, (width, height), "P")
    image.putpalette([0, 0, 0, *RED])
    content = encode(image, "GIF", **({} if transparent is None else {"transparency": transparent}))
    place = content.index(b"\x2c" + struct.pack("<HHHH", 0, 0, width, height)) + 1
    moved = content[:place] + struct.pack("<HH", left, top) + content[place + 4 :]
    return moved[:6] + struct.pack("<HH", side, side) + moved[10:]


def webp(side: int, frame: tuple[int, int, int, int], *, frames: int = 1) -> bytes:
    """A WebP animation without transparency, of red frames on a canvas whose background is said to be green."""
    left, top, width, height = frame
    still = encode(plain(RED, (width, height)), "WEBP", lossless=True)[12:]

    def three(number: int) -> bytes:
        return struct.pack("<I", number)[:3]

    def part(name: bytes, data: bytes) -> bytes:
        return name + struct.pack("<I", len(data)) + data

    place = three(left // 2) + three(top // 2) + three(width - 1) + three(height - 1) + three(100) + b"\0"
    body = (
        b"WEBP"
        + part(b"VP8X", b"\2\0\0\0" + three(side - 1) + three(side - 1))
        + part(b"ANIM", b"\0\xff\0\xff\0\0")
        + part(b"ANMF", place + still) * frames
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("side", SIZES)
@pytest.mark.parametrize("make", [gif, partial(gif, transparent=0), webp, partial(webp, frames=2)],
    ids=["GIF", "GIF with a transparent colour", "WebP", "WebP of two frames"])  # fmt: skip
def test_a_canvas_is_white_where_the_first_frame_does_not_reach(side: int, make: Callable[..., bytes]) -> None:
    """A red frame in the middle of a larger canvas has white around it, neither black nor the background it names."""
    quarter = side // 4
    pixels = seen(make(side, (quarter, quarter, 2 * quarter, 2 * quarter)))
    expected = np.full((32, 32, 3), 255, np.uint8)
    expected[8:24, 8:24] = RED
    assert (pixels == expected).all()


def test_a_frame_beyond_the_square_that_counts_is_not_seen() -> None:
    """Of a wide canvas whose only frame stands at its left end, the middle square is white."""
    content = gif(64, (0, 0, 16, 64))
    wide = content[:6] + struct.pack("<HH", 128, 64) + content[10:]
    assert (seen(wide) == 255).all()


def test_a_frame_that_fills_its_canvas_needs_no_transparency() -> None:
    """A GIF or an animation whose first frame is as large as its canvas is that frame, to the last pixel."""
    for content in (gif(64, (0, 0, 64, 64)), webp(64, (0, 0, 64, 64), frames=2)):
        assert (seen(content) == RED).all()


@pytest.mark.parametrize("content", [gif(3000, (0, 0, 2998, 3000)), webp(3000, (0, 0, 2998, 3000))])
def test_the_canvas_is_reckoned(content: bytes) -> None:
    """The memory that a canvas beyond the frame takes is counted: four bytes for each pixel."""
    whole = encode(Image.new("RGB", (3000, 3000)), Image.open(io.BytesIO(content)).format or "")

    def needed(picture: bytes) -> int:
        with pytest.raises(ImageTooLarge) as refused:
            Decoder(("WEBP", "GIF"), BOUNDS._replace(max_decode_bytes=1), "box").open(picture)
        return int(str(refused.value).split(" would take ")[1].split(" ")[0].replace(",", ""))

    assert needed(content) == needed(whole) + 4 * 3000 * 3000

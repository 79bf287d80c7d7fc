"""A picture is seen the way a person sees it."""

import dataclasses
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from service.errors import DamagedImage, EmptyImage, ImageTooLarge, NotAnImage
from service.image import Bounds, Decoder
from service.view import Fit, Picture
from tests.pictures import corners, encode, photo, plain
from tests.serving import ROOT

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
BOUNDS = Bounds(max_pixels=64_000_000, max_frames=10, max_decode_bytes=256 * 1024**2)
DECODER = Decoder(FORMATS, BOUNDS, "lanczos")


def see(content: bytes, fit: Fit = "crop") -> Picture:
    return DECODER.decode(DECODER.open(content), fit)


def middles(picture: Picture) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quarters: top left, top right, bottom left, bottom right."""
    return [tuple(picture.pixels[y, x].tolist()) for y in (8, 24) for x in (8, 24)]


RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def test_a_picture_of_the_models_size_passes_through_unchanged() -> None:
    """A lossless 32x32 picture reaches the model bit for bit."""
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    for image_format, options in (("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True, "exact": True})):
        picture = see(encode(Image.fromarray(pixels), image_format, **options))
        assert (picture.pixels == pixels).all(), image_format
        assert (picture.width, picture.height, picture.fit, picture.format) == (32, 32, "none", image_format)


@pytest.mark.parametrize(("orientation", "expected"), [
    (1, [RED, GREEN, BLUE, WHITE]),
    (2, [GREEN, RED, WHITE, BLUE]),
    (3, [WHITE, BLUE, GREEN, RED]),
    (4, [BLUE, WHITE, RED, GREEN]),
    (5, [RED, BLUE, GREEN, WHITE]),
    (6, [BLUE, RED, WHITE, GREEN]),
    (7, [WHITE, GREEN, BLUE, RED]),
    (8, [GREEN, WHITE, RED, BLUE]),
])  # fmt: skip
@pytest.mark.parametrize("image_format", ["PNG", "WEBP"])
def test_exif_orientation_sets_the_picture_upright(
    orientation: int, expected: list[tuple[int, ...]], image_format: str
) -> None:
    """Each of the eight EXIF orientations (EXIF 2.32, table 6) is undone; the size is that of the upright picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if image_format == "WEBP" else {}
    picture = see(encode(corners(128, 96), image_format, exif=exif, **options), "stretch")
    assert middles(picture) == expected
    assert (picture.width, picture.height) == ((128, 96) if orientation < 5 else (96, 128))


def test_a_broken_exif_block_hides_no_picture() -> None:
    """A picture whose EXIF block is rubbish is seen as it lies."""
    assert middles(see(encode(corners(), "PNG", exif=b"Exif\x00\x00rubbish"))) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize(("mode", "colour", "expected"), [
    ("RGBA", (255, 0, 0, 0), 255),
    ("LA", (0, 0), 255),
    ("RGBA", (0, 0, 0, 255), 0),
    ("RGBA", (0, 0, 0, 128), 127),
    ("L", 77, 77),
    ("1", 1, 255),
    ("I;16", 77 * 257, 77),
    ("P", 0, 0),
])  # fmt: skip
@pytest.mark.parametrize("size", [(32, 32), (64, 48)])
def test_every_mode_becomes_rgb_with_transparency_over_white(
    mode: str, colour: object, expected: int, size: tuple[int, int]
) -> None:
    """Grey, palette, 1-bit, 16-bit and transparent pictures become RGB; what is transparent shows white behind it."""
    picture = see(encode(plain(colour, size, mode)))
    assert np.abs(picture.pixels.astype(int) - expected).max() <= 1


def test_cmyk_becomes_rgb() -> None:
    """A CMYK JPEG of full cyan is seen as cyan (within 2 levels, JPEG being lossy)."""
    picture = see(encode(plain((255, 0, 0, 0), (64, 64), "CMYK"), "JPEG", quality=95))
    assert np.abs(picture.pixels.astype(int) - (0, 255, 255)).max() <= 2


def test_a_transparent_palette_entry_shows_white() -> None:
    """A GIF's transparent colour is white to the model."""
    image = plain(0, (32, 32), "P")
    image.putpalette([255, 0, 0] * 256)
    assert (see(encode(image, "GIF", transparency=0)).pixels == 255).all()


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(image_format: str) -> None:
    """An animation that begins red and goes on blue is red."""
    frames = [plain(BLUE), plain(BLUE)]
    options = {"lossless": True} if image_format == "WEBP" else {}
    content = encode(plain(RED), image_format, save_all=True, append_images=frames, **options)
    assert (see(content).pixels == RED).all()


def test_crop_takes_the_centred_square_and_stretch_the_whole() -> None:
    """In a wide picture with blue edges and a red middle square, crop sees only red and stretch sees the edges too."""
    image = plain(BLUE, (96, 32))
    image.paste(RED, (32, 0, 64, 32))
    content = encode(image)
    assert (see(content, "crop").pixels == RED).all()
    assert tuple(see(content, "stretch").pixels[16, 0]) == BLUE
    assert see(content).fit == "crop"
    assert see(content, "stretch").fit == "stretch"


def test_a_half_pixel_crop_is_centred() -> None:
    """A picture one pixel wider than high is cut by half a pixel on either side: it stays its own mirror image."""
    image = photo(65, 64)
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    difference = see(encode(image)).pixels.astype(int) - see(encode(mirrored)).pixels[:, ::-1]
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (2900, 2070), (1030, 2000), (600, 513)])
def test_a_large_jpeg_decoded_small_looks_the_same(width: int, height: int) -> None:
    """Decoding a JPEG at 1/8, 1/4 or 1/2 of its size changes no pixel of the result by more than 1 level in 255."""
    content = encode(photo(width, height), "JPEG", quality=90)
    whole = Image.open(io.BytesIO(content)).convert("RGB")
    expected = np.asarray(whole.resize((32, 32), Image.Resampling.LANCZOS))
    picture = see(content, "stretch")
    assert np.abs(picture.pixels.astype(int) - expected).max() <= 1
    assert (picture.width, picture.height) == (width, height)


def test_the_named_filter_is_the_one_used() -> None:
    """Another filter in the card gives other pixels."""
    content = encode(photo(200, 200))
    box = Decoder(FORMATS, BOUNDS, "box")
    assert (box.decode(box.open(content), "crop").pixels != see(content).pixels).any()


def test_what_is_no_picture_is_told_apart() -> None:
    """No bytes, other files, HEIC and formats that are switched off each get their own error."""
    with pytest.raises(EmptyImage):
        see(b"")
    for content in (b"hello", b"%PDF-1.7", b"<svg/>", b"\x00" * 100):
        with pytest.raises(NotAnImage, match="Send one of PNG, JPEG"):
            see(content)
    with pytest.raises(NotAnImage, match="HEIC"):
        see(b"\x00\x00\x00\x18ftypheic" + b"\x00" * 100)
    with pytest.raises(NotAnImage):
        Decoder(("PNG",), BOUNDS, "box").open(encode(plain(RED), "BMP"))


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_truncated_picture_is_damaged(image_format: str) -> None:
    """A file that breaks off, wherever it does, is refused as damaged, never half-shown."""
    content = encode(photo(64, 64), image_format)
    for kept in (20, len(content) // 4, len(content) // 2, len(content) * 3 // 4):
        with pytest.raises(DamagedImage):
            see(content[:kept])


def test_pixels_are_bounded_before_they_are_decoded() -> None:
    """A picture of more pixels than allowed is refused by its header, which names both figures."""
    decoder = Decoder(FORMATS, dataclasses.replace(BOUNDS, max_pixels=999), "box")
    with pytest.raises(ImageTooLarge, match="1,024 pixels, the limit is 999"):
        decoder.open(encode(plain(RED)))


@pytest.mark.parametrize(("image_format", "mode", "options"), [
    ("PNG", "RGB", {}), ("PNG", "RGBA", {}), ("PNG", "LA", {}), ("PNG", "P", {}), ("PNG", "L", {}), ("GIF", "P", {}),
    ("GIF", "P", {"transparency": 0}), ("PNG", "RGB", {"transparency": (1, 2, 3)}), ("BMP", "RGB", {}),
    ("WEBP", "RGB", {}), ("WEBP", "RGBA", {"lossless": True}), ("JPEG", "RGB", {"progressive": True}),
])  # fmt: skip
def test_decoding_takes_no_more_memory_than_was_reckoned(
    image_format: str, mode: str, options: dict[str, object], tmp_path: Path
) -> None:
    """A picture just within the bound on memory is decoded with at most that much more (and 5 %) at the peak."""
    path = tmp_path / "picture"
    path.write_bytes(encode(Image.new(mode, (3000, 3000)), image_format, **options))
    program = f"""
import pathlib
from service.image import Bounds, Decoder
def peak():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
content = pathlib.Path({str(path)!r}).read_bytes()
for bound in range(2 * 1024**2, 2 * 1024**3, 1024**2):
    decoder = Decoder(({image_format!r},), Bounds(10**9, 10, bound), "lanczos")
    try:
        source = decoder.open(content)
    except Exception:
        continue
    before = peak()
    decoder.decode(source, "crop")
    print((peak() - before) / bound)
    break
"""
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 0 < float(result.stdout) <= 1.05

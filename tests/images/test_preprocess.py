"""A picture is seen the way a person sees it."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from service.images.decoder import Bounds, Decoder, Format
from service.images.preprocess import Fit, Picture
from tests.support.pictures import corners, encode, photo, plain

FORMATS: tuple[Format, ...] = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
BOUNDS = Bounds(max_pixels=64_000_000, max_frames=10, max_decode_bytes=256 * 1024**2)
DECODER = Decoder(FORMATS, BOUNDS, "lanczos")


def preprocess(content: bytes, fit: Fit = "crop") -> Picture:
    return DECODER.decode(DECODER.open(content), fit)


def pixels_of(picture: Picture) -> NDArray[np.uint8]:
    """As an array [32, 32, 3]."""
    return np.frombuffer(picture.pixels, np.uint8).reshape(32, 32, 3)


def middles(picture: Picture) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quarters: top left, top right, bottom left, bottom right."""
    return [tuple(pixels_of(picture)[y, x].tolist()) for y in (8, 24) for x in (8, 24)]


RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def test_a_picture_of_the_models_size_passes_through_unchanged() -> None:
    """A lossless 32x32 picture reaches the model bit for bit."""
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    for image_format, options in (("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True, "exact": True})):
        picture = preprocess(encode(Image.fromarray(pixels), image_format, **options))
        assert (pixels_of(picture) == pixels).all(), image_format
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
def test_exif_orientation_sets_the_picture_upright(orientation: int, expected: list[tuple[int, ...]]) -> None:
    """Each of the eight EXIF orientations (EXIF 2.32, table 6) is undone; the size is that of the upright picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = preprocess(encode(corners(128, 96), exif=exif), "stretch")
    assert middles(picture) == expected
    assert (picture.width, picture.height) == ((128, 96) if orientation < 5 else (96, 128))


def test_a_broken_exif_block_hides_no_picture() -> None:
    """A picture whose EXIF block is rubbish is seen as it lies."""
    assert middles(preprocess(encode(corners(), "PNG", exif=b"Exif\x00\x00rubbish"))) == [RED, GREEN, BLUE, WHITE]


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
    picture = preprocess(encode(plain(colour, size, mode)))
    assert np.abs(pixels_of(picture).astype(int) - expected).max() <= 1


def test_cmyk_becomes_rgb() -> None:
    """A CMYK JPEG of full cyan is seen as cyan (within 2 levels, JPEG being lossy)."""
    picture = preprocess(encode(plain((255, 0, 0, 0), (64, 64), "CMYK"), "JPEG", quality=95))
    assert np.abs(pixels_of(picture).astype(int) - (0, 255, 255)).max() <= 2


def test_a_transparent_palette_entry_shows_white() -> None:
    """A GIF's transparent colour is white to the model."""
    image = plain(0, (32, 32), "P")
    image.putpalette([255, 0, 0] * 256)
    assert (pixels_of(preprocess(encode(image, "GIF", transparency=0))) == 255).all()


@pytest.mark.parametrize("image_format", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(image_format: str) -> None:
    """An animation that begins red and goes on blue is red."""
    frames = [plain(BLUE), plain(BLUE)]
    options = {"lossless": True} if image_format == "WEBP" else {}
    content = encode(plain(RED), image_format, save_all=True, append_images=frames, **options)
    assert (pixels_of(preprocess(content)) == RED).all()


def test_crop_takes_the_centred_square_and_stretch_the_whole() -> None:
    """In a wide picture with blue edges and a red middle square, crop sees only red and stretch sees the edges too."""
    image = plain(BLUE, (96, 32))
    image.paste(RED, (32, 0, 64, 32))
    content = encode(image)
    assert (pixels_of(preprocess(content, "crop")) == RED).all()
    assert tuple(pixels_of(preprocess(content, "stretch"))[16, 0]) == BLUE
    assert preprocess(content).fit == "crop"
    assert preprocess(content, "stretch").fit == "stretch"


def test_a_half_pixel_crop_is_centred() -> None:
    """A picture one pixel wider than high is cut by half a pixel on either side: it stays its own mirror image."""
    image = photo(65, 64)
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    difference = pixels_of(preprocess(encode(image))).astype(int) - pixels_of(preprocess(encode(mirrored)))[:, ::-1]
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(("width", "height"), [(4000, 3000), (2900, 2070), (1030, 2000), (600, 513)])
def test_a_large_jpeg_decoded_small_looks_the_same(width: int, height: int) -> None:
    """Decoding a JPEG at 1/8, 1/4 or 1/2 of its size changes no pixel of the result by more than 1 level in 255."""
    content = encode(photo(width, height), "JPEG", quality=90)
    whole = Image.open(io.BytesIO(content)).convert("RGB")
    expected = np.asarray(whole.resize((32, 32), Image.Resampling.LANCZOS))
    picture = preprocess(content, "stretch")
    assert np.abs(pixels_of(picture).astype(int) - expected).max() <= 1
    assert (picture.width, picture.height) == (width, height)


def test_the_named_filter_is_the_one_used() -> None:
    """Another filter in the card gives other pixels."""
    content = encode(photo(200, 200))
    box = Decoder(FORMATS, BOUNDS, "box")
    assert (pixels_of(box.decode(box.open(content), "crop")) != pixels_of(preprocess(content))).any()

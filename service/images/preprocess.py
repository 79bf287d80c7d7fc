"""A picture as a person sees it, reduced to what the model sees: 32x32 RGB pixels.

EXIF orientation is applied, transparency is laid over white, any mode becomes RGB, of an animation the first frame
counts. Colour profiles are not applied. It knows Pillow only, so that a decode process holds little else.
"""

import math
from typing import Literal, NamedTuple

from PIL import ExifTags, Image

SIDE = 32

Fit = Literal["crop", "stretch"]
# A JPEG is decoded at 1/2, 1/4 or 1/8 of its size as long as its short side keeps this many pixels; 8 for each of the
# model's pixels, which keeps the result within 1 level in 255 of the full decode (tested).
_DRAFT_SIDE = 8 * SIDE

# How a picture lies in memory according to its EXIF orientation, and what sets it upright (EXIF 2.32, table 6).
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)

# Where Pillow keeps what an orientation can be read from; without any of these there is nothing to parse.
_EXIF_SOURCES = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")


Region = tuple[float, float, float, float]
"""Left, upper, right and lower edge in pixels."""


class Picture(NamedTuple):
    """A picture as the model sees it, and what it was before.

    Attributes:
        pixels: 32 rows of 32 pixels of 3 bytes, RGB.
        width: of the upright picture, in pixels.
        height: of the upright picture, in pixels.
        format: such as "JPEG".
        fit: "none" when the picture had the model's size already.
        grey: whether no pixel has a colour.
    """

    pixels: bytes
    width: int
    height: int
    format: str
    fit: Fit | Literal["none"]
    grey: bool


def preprocess(image: Image.Image, fit: Fit, resize_filter: Image.Resampling) -> Picture:
    """Load an opened picture and see it.

    Args:
        image: opened, not loaded.
        fit: "crop" takes the centred square, "stretch" squeezes the whole picture into one.
        resize_filter: how it is reduced.
    """
    width, height = image.size
    if image.format == "JPEG" and min(width, height) > _DRAFT_SIDE:
        image.draft("RGB", (_DRAFT_SIDE, _DRAFT_SIDE))
    image.load()
    orientation = _orientation(image)
    small = image if image.size == (SIDE, SIDE) else _resize(image, _region(width, height, image, fit), resize_filter)
    # The crop is centred and the filter symmetric, so turning these 32x32 pixels equals turning the whole picture.
    if orientation in _UPRIGHT:
        small = small.transpose(_UPRIGHT[orientation])
    if orientation in _SIDEWAYS:
        width, height = height, width
    content = _over_white(_simplify(small)).tobytes()
    return Picture(
        pixels=content,
        width=width,
        height=height,
        format=str(image.format),
        fit="none" if (width, height) == (SIDE, SIDE) else fit,
        grey=is_grey(content),
    )


def is_grey(content: bytes) -> bool:
    """Whether no pixel has a colour; `content` holds red, green and blue in turn."""
    # Most pictures are told by their first pixel; for the others, slices of bytes need no array to be made.
    return content[0] == content[1] == content[2] and content[0::3] == content[1::3] == content[2::3]


def _region(width: int, height: int, image: Image.Image, fit: Fit) -> Region:
    """The part of a loaded image that the model sees, in its own pixels.

    A JPEG decoded at 1/8 of its `width` x `height` has its size rounded up: its last row and column hold less than a
    whole pixel.
    """
    scale = round(width / image.width)
    width_there, height_there = width / scale, height / scale
    if fit == "stretch":
        return 0, 0, width_there, height_there
    side = min(width_there, height_there)
    left, upper = (width_there - side) / 2, (height_there - side) / 2
    return left, upper, left + side, upper + side


def _resize(image: Image.Image, region: Region, resize_filter: Image.Resampling) -> Image.Image:
    left, upper, right, lower = region
    # Only the part that counts goes through the mode conversion, and nothing outside it tints its edges; fractions
    # of a pixel are left to the resize.
    outer = (int(left), int(upper), math.ceil(right), math.ceil(lower))
    box = (left - outer[0], upper - outer[1], right - outer[0], lower - outer[1])
    return _simplify(image.crop(outer)).resize((SIDE, SIDE), resize_filter, box=box)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 (upright) where there is none."""
    if image.info.keys().isdisjoint(_EXIF_SOURCES):
        return 1
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - a broken EXIF block, in whatever way, hides no picture from a person
        return 1


def _simplify(image: Image.Image) -> Image.Image:
    """Any mode to RGB, or RGBA where something is transparent (Pillow weighs alpha rightly when it resizes RGBA)."""
    if image.mode == "RGBA" or (image.mode == "RGB" and "transparency" not in image.info):
        return image
    if image.mode.startswith("I"):
        # 16-bit grey; Pillow would clip it at 255 instead of scaling it.
        return image.convert("I").point(lambda level: level * (1 / 256)).convert("L").convert("RGB")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("RGB")


def _over_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")

"""A picture as a person sees it, reduced to what the model sees: 32x32 RGB pixels.

EXIF orientation is applied where browsers do (`orientation`), transparency is laid over white (`transparency`), any
mode becomes RGB, of an animation the first frame counts. Colour profiles are not applied. It knows Pillow only, so that
a decode process holds little else.
"""

import math
from typing import Literal, NamedTuple

from PIL import Image, ImageFile

from service.images import orientation, transparency
from service.images.transparency import Box

SIDE = 32

Fit = Literal["crop", "stretch"]
# A JPEG is decoded at 1/2, 1/4 or 1/8 of its size as long as its short side keeps this many pixels; 8 for each of the
# model's pixels, which keeps the result within 1 level in 255 of the full decode (tested).
_DRAFT_SIDE = 8 * SIDE


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
        animated: whether it has more frames than the first, which counts.
    """

    pixels: bytes
    width: int
    height: int
    format: str
    fit: Fit | Literal["none"]
    grey: bool
    animated: bool = False


def preprocess(image: ImageFile.ImageFile, fit: Fit, resize_filter: Image.Resampling) -> Picture:
    """Load an opened picture and see it.

    Args:
        image: opened, not loaded.
        fit: "crop" takes the centred square, "stretch" squeezes the whole picture into one.
        resize_filter: how it is reduced.
    """
    width, height = image.size
    if image.format == "JPEG" and min(width, height) > _DRAFT_SIDE:
        image.draft("RGB", (_DRAFT_SIDE, _DRAFT_SIDE))
    turned = orientation.orientation(image)
    transparency.scale_transparent_colour(image)
    frame = transparency.frame_of(image)
    image.load()
    if image.size == (SIDE, SIDE):
        small = transparency.visible(image, frame, (0, 0, SIDE, SIDE))
    else:
        small = _resize(image, frame, _region(width, height, image, fit), resize_filter)
    # The crop is centred and the filter symmetric, so turning these 32x32 pixels equals turning the whole picture.
    if turned in orientation.UPRIGHT:
        small = small.transpose(orientation.UPRIGHT[turned])
    if turned in orientation.SIDEWAYS:
        width, height = height, width
    content = transparency.over_white(small).tobytes()
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


def _resize(image: Image.Image, frame: Box, region: Region, resize_filter: Image.Resampling) -> Image.Image:
    left, upper, right, lower = region
    # Only the part that counts goes through the mode conversion, and nothing outside it tints its edges; fractions
    # of a pixel are left to the resize.
    outer = (int(left), int(upper), math.ceil(right), math.ceil(lower))
    box = (left - outer[0], upper - outer[1], right - outer[0], lower - outer[1])
    return transparency.visible(image, frame, outer).resize((SIDE, SIDE), resize_filter, box=box)

"""Bytes of a picture to the pixels that the model sees, the way a person sees the picture.

EXIF orientation is applied, transparency is laid over white, any mode becomes RGB, of an animation the first frame
counts. Nothing is written to disk. Colour profiles are not applied.
"""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import (
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from service import container
from service.errors import DamagedImage, EmptyImage, ImageTooLarge, NotAnImage

SIDE = 32

Fit = Literal["crop", "stretch"]
Format = Literal["PNG", "JPEG", "WEBP", "GIF", "BMP"]

# What the text blocks of a PNG may grow to together when they are unpacked; each of them, and a profile, to 1 MiB.
PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024**2

# Cameras and editors save about ten scans; each costs a pass over the whole picture, however short it is in the file.
_MAX_SCANS = 100

# The bound on pixels is ours (Bounds.max_pixels), so Pillow's own, a global with warnings, is not needed.
Image.MAX_IMAGE_PIXELS = None

# A picture with no more pixels than this is within any bound on memory.
_SURELY_CHEAP = 100_000

# A JPEG is decoded at 1/2, 1/4 or 1/8 of its size as long as its short side keeps this many pixels; 8 for each of the
# model's pixels, which keeps the result within 1 level in 255 of the full decode (tested).
_DRAFT_SIDE = 8 * SIDE

# Image.open would try these by itself, more slowly, and take the second picture of some cameras' files into account.
_PLUGINS: dict[Format, Callable[[io.BytesIO], Image.Image]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
}

Region = tuple[float, float, float, float]
"""Left, upper, right and lower edge in pixels."""

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

_DAMAGED = (
    "The image is damaged or incomplete. Check that the whole file was sent and that it opens in an image viewer."
)

# Where Pillow keeps what an orientation can be read from; without any of these there is nothing to parse.
_EXIF_SOURCES = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")


@dataclass(frozen=True)
class Picture:
    """A picture as the model sees it, and what it was before.

    Attributes:
        pixels: uint8 [32, 32, 3], RGB.
        width: of the upright picture, in pixels.
        height: of the upright picture, in pixels.
        format: such as "JPEG".
        fit: "none" when the picture had the model's size already.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    format: Format
    fit: Fit | Literal["none"]


@dataclass(frozen=True)
class Source:
    """A picture whose header was read and whose pixels were not.

    Attributes:
        image: Pillow's image, not yet loaded.
        format: such as "JPEG".
        pixels: how many pixels it says it has.
    """

    image: Image.Image
    format: Format
    pixels: int


@dataclass(frozen=True)
class Bounds:
    """What a picture may cost.

    Attributes:
        max_pixels: largest picture, in pixels.
        max_frames: most frames of an animation.
        max_decode_bytes: most memory that decoding it may take.
    """

    max_pixels: int
    max_frames: int
    max_decode_bytes: int


class Decoder:
    """Reads pictures of the accepted formats, within bounds."""

    def __init__(self, formats: tuple[Format, ...], bounds: Bounds, resize_filter: str) -> None:
        self._formats = formats
        self._bounds = bounds
        self._filter = Image.Resampling[resize_filter.upper()]

    def open(self, content: bytes) -> Source:
        """Read a picture's header.

        Raises:
            EmptyImage: there is not a single byte.
            NotAnImage: the bytes are no image of an accepted format.
            DamagedImage: the header makes no sense.
            ImageTooLarge: the picture has more pixels or frames, or would take more memory, than allowed.
        """
        image_format = self._identify(content)
        if image_format == "WEBP":
            # Opening one allocates its canvas, so its size is looked at before.
            self._check_pixels(container.webp_pixels(content))
        try:
            image = _PLUGINS[image_format](io.BytesIO(content))
        except Exception as error:  # a decoder stumbles over broken files in its own ways: OSError, struct.error, ...
            raise DamagedImage(_DAMAGED) from error
        pixels = image.width * image.height
        self._check_pixels(pixels)
        if pixels > _SURELY_CHEAP:
            self._check_memory(image, image_format, pixels)
        self._check_frames(image, image_format, content)
        return Source(image, image_format, pixels)

    def _check_pixels(self, pixels: int) -> None:
        limit = self._bounds.max_pixels
        if pixels > limit:
            raise ImageTooLarge(
                f"The picture has {pixels:,} pixels, the limit is {limit:,}. Send a smaller version of it."
            )

    def _check_memory(self, image: Image.Image, image_format: Format, pixels: int) -> None:
        if image_format != "JPEG":
            # The decoded picture and, for a moment, its copy in another mode.
            needed = 2 * pixels * max(len(image.getbands()), 3)
        elif "progressive" in image.info:
            # The decoder keeps 16 bits of each coefficient until the last scan.
            needed = 2 * pixels * len(image.getbands())
        else:
            needed = pixels  # decoded at reduced scale
        limit = self._bounds.max_decode_bytes
        if needed > limit:
            raise ImageTooLarge(
                f"Decoding the picture would take {needed:,} bytes of memory, the limit is {limit:,}. "
                "Send a smaller version of it."
            )

    def _check_frames(self, image: Image.Image, image_format: Format, content: bytes) -> None:
        limit = self._bounds.max_frames
        if image_format == "GIF":
            frames = container.gif_frames(content, limit)
        elif image_format == "JPEG":
            frames, limit = container.jpeg_scans(content) if "progressive" in image.info else 1, _MAX_SCANS
        else:
            frames = getattr(image, "n_frames", 1)
        if frames > limit:
            raise ImageTooLarge(
                f"The picture has more than {limit:,} frames or scans, the limit. Save it as a plain picture."
            )

    def decode(self, source: Source, fit: Fit) -> Picture:
        """Decode a picture to the model's size.

        Args:
            source: as `open` gave it; it is used up.
            fit: "crop" takes the centred square, "stretch" squeezes the whole picture into one.

        Raises:
            DamagedImage: the image breaks off or makes no sense.
        """
        try:
            return self._see(source.image, source.format, fit)
        except Exception as error:
            raise DamagedImage(_DAMAGED) from error

    def _identify(self, content: bytes) -> Format:
        if not content:
            raise EmptyImage("The image is empty: it has not a single byte. Check the file's name and send it again.")
        found = _signature(content)
        if found in self._formats:
            return found
        accepted = ", ".join(self._formats)
        if content[4:8] == b"ftyp":
            raise NotAnImage(
                f"HEIC and AVIF pictures can't be read here. Export it as one of {accepted} and send that."
            )
        raise NotAnImage(f"This is no image that can be read here. Send one of {accepted}.")

    def _see(self, image: Image.Image, image_format: Format, fit: Fit) -> Picture:
        width, height = image.size
        if image_format == "JPEG" and min(width, height) > _DRAFT_SIDE:
            image.draft("RGB", (_DRAFT_SIDE, _DRAFT_SIDE))
        image.load()
        orientation = _orientation(image)
        small = image if image.size == (SIDE, SIDE) else self._resize(image, _region(width, height, image, fit))
        # The crop is centred and the filter symmetric, so turning these 32x32 pixels equals turning the whole picture.
        if orientation in _UPRIGHT:
            small = small.transpose(_UPRIGHT[orientation])
        if orientation in _SIDEWAYS:
            width, height = height, width
        return Picture(
            pixels=np.frombuffer(_over_white(_simplify(small)).tobytes(), np.uint8).reshape(SIDE, SIDE, 3),
            width=width,
            height=height,
            format=image_format,
            fit="none" if (width, height) == (SIDE, SIDE) else fit,
        )

    def _resize(self, image: Image.Image, region: Region) -> Image.Image:
        left, upper, right, lower = region
        # Only the part that counts goes through the mode conversion, and nothing outside it tints its edges; fractions
        # of a pixel are left to the resize.
        outer = (int(left), int(upper), math.ceil(right), math.ceil(lower))
        box = (left - outer[0], upper - outer[1], right - outer[0], lower - outer[1])
        return _simplify(image.crop(outer)).resize((SIDE, SIDE), self._filter, box=box)


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


def _signature(content: bytes) -> Format | None:
    """The format that the first bytes announce."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WEBP"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if content.startswith(b"BM"):
        return "BMP"
    return None


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
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I"):
        # 16-bit grey; Pillow would clip it at 255 instead of scaling it.
        levels = np.asarray(image).astype(np.uint16) >> 8
        return Image.fromarray(levels.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("RGB")


def _over_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")

"""Bytes of a picture to the pixels that the model sees, within bounds; nothing is written to disk."""

import io
from collections.abc import Callable
from typing import Literal, NamedTuple

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from service.errors import DamagedImage, EmptyImage, ImageTooLarge, NotAnImage, ServiceError
from service.images import file_headers, preprocess, transparency
from service.images.preprocess import Fit, Picture

Format = Literal["PNG", "JPEG", "WEBP", "GIF", "BMP"]

# What the text blocks of a PNG may grow to together when they are unpacked; each of them, and a profile, to 1 MiB.
PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024**2

# Cameras and editors save about ten scans; each costs a pass over the whole picture, however short it is in the file.
_MAX_SCANS = 100

# So many scans of the largest picture; smaller ones may have more.
_MAX_SCANS_OF_LARGEST = 12

# The bound on pixels is ours (Bounds.max_pixels), so Pillow's own, a global with warnings, is not needed.
Image.MAX_IMAGE_PIXELS = None

# A picture with no more pixels than this needs no look at its memory: at most 2 MB.
_SURELY_CHEAP = 100_000

# Image.open would try these by itself, more slowly, and take the second picture of some cameras' files into account.
_PLUGINS: dict[Format, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
}

NO_ADDRESSES = "Addresses are not fetched here: download the picture and send the file itself."
_DAMAGED = (
    "The image is damaged or incomplete. Check that the whole file was sent and that it opens in an image viewer."
)


class OpenedImage(NamedTuple):
    """A picture whose header was read and whose pixels were not.

    Attributes:
        image: Pillow's image, not yet loaded.
        pixels: how many pixels it says it has.
        animated: whether it has more frames than the one that counts.
    """

    image: ImageFile.ImageFile
    pixels: int
    animated: bool


class Bounds(NamedTuple):
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
    """Reads pictures of the accepted formats, within bounds.

    Attributes:
        formats: that are accepted.
        bounds: what a picture may cost.
        resize_filter: how it is reduced, such as "lanczos".
    """

    def __init__(self, formats: tuple[Format, ...], bounds: Bounds, resize_filter: str) -> None:
        self.formats = formats
        self.bounds = bounds
        self.resize_filter = resize_filter
        self._filter = Image.Resampling[resize_filter.upper()]

    def open(self, content: bytes) -> OpenedImage:
        """Read a picture's header.

        Raises:
            EmptyImage: there is not a single byte.
            NotAnImage: the bytes are no image of an accepted format.
            DamagedImage: the header makes no sense.
            ImageTooLarge: the picture has more pixels or frames, or would take more memory, than allowed.
        """
        image_format = self._identify(content)
        try:
            return self._open(content, image_format)
        except (ServiceError, MemoryError):
            raise
        except Exception as error:  # Pillow stumbles over broken files in its own ways: OSError, AssertionError, ...
            raise DamagedImage(_DAMAGED) from error

    def _open(self, content: bytes, image_format: Format) -> OpenedImage:
        if image_format == "WEBP":
            # Opening one allocates its canvas, so its size is looked at before.
            self._check_pixels(file_headers.webp_pixels(content))
        image = _PLUGINS[image_format](io.BytesIO(content))
        if isinstance(image, WebPImagePlugin.WebPImageFile) and file_headers.webp_is_animation(content):
            # Its canvas is transparent where the frame does not reach, even if no frame is: Pillow would drop that.
            image.rawmode = image._mode = "RGBA"  # noqa: SLF001 - there is no other way to keep it
        pixels = image.width * image.height
        self._check_pixels(pixels)
        scans = file_headers.jpeg_scans(content) if image_format == "JPEG" else 1
        if pixels > _SURELY_CHEAP:
            self._check_memory(image, image_format, pixels, scans)
        frames = self._count_frames(image, image_format, content, scans)
        self._check_scans(pixels, scans)
        return OpenedImage(image, pixels, animated=frames > 1 and image_format != "JPEG")

    def _check_pixels(self, pixels: int) -> None:
        limit = self.bounds.max_pixels
        if pixels > limit:
            raise ImageTooLarge(
                f"The picture has {pixels:,} pixels, the limit is {limit:,}. Send a smaller version of it.", limit=limit
            )

    def _check_memory(self, image: ImageFile.ImageFile, image_format: Format, pixels: int, scans: int) -> None:
        # Bytes for each pixel, at the peak; Pillow keeps several bands in four bytes (a test measures it).
        bands = len(image.getbands())
        if image_format == "JPEG":
            # Of several scans: the decoder keeps 16 bits of each coefficient until the last. Others are decoded at
            # reduced scale.
            size = 2 * bands if scans > 1 else 1
        elif image_format == "WEBP":
            size = 16  # the decoder's two canvases, Pillow's copy, and the part of it that counts
        elif image.mode.startswith("I"):
            size = 11  # grey of 16 bits, which is scaled in 32
        else:
            size = 8 if bands > 1 else 6  # the picture and the part of it that counts, as RGB
        partial = transparency.frame_of(image) != (0, 0, *image.size)
        if image_format != "JPEG" and (image.has_transparency_data or partial):
            size += 4  # what is transparent is weighed before it is reduced
        needed = size * pixels
        limit = self.bounds.max_decode_bytes
        if needed > limit:
            raise ImageTooLarge(
                f"Decoding the picture would take {needed:,} bytes of memory, the limit is {limit:,}. "
                "Send a smaller version of it.",
                limit=limit,
            )

    def _count_frames(self, image: ImageFile.ImageFile, image_format: Format, content: bytes, scans: int) -> int:
        limit = self.bounds.max_frames
        frames: int
        if image_format == "GIF":
            frames = file_headers.gif_frames(content, limit)
        elif image_format == "JPEG":
            frames, limit = scans, _MAX_SCANS
        else:
            frames = getattr(image, "n_frames", 1)
        if frames > limit:
            raise ImageTooLarge(
                f"The picture has more than {limit:,} frames or scans, the limit. Save it as a plain picture.",
                limit=limit,
            )
        return frames

    def _check_scans(self, pixels: int, scans: int) -> None:
        limit = _MAX_SCANS_OF_LARGEST * self.bounds.max_pixels
        if pixels * scans > limit:
            raise ImageTooLarge(
                f"The picture has {pixels:,} pixels in each of {scans} scans, {pixels * scans:,} together, "
                f"the limit is {limit:,}. Save it as a plain picture.",
                limit=limit,
            )

    def decode(self, opened: OpenedImage, fit: Fit) -> Picture:
        """Decode a picture to the model's size.

        Args:
            opened: as `open` gave it; it is used up.
            fit: "crop" takes the centred square, "stretch" squeezes the whole picture into one.

        Raises:
            DamagedImage: the image breaks off or makes no sense.
            MemoryError: this process may take no more, as a decode process may not.
        """
        try:
            return preprocess.preprocess(opened.image, fit, self._filter)._replace(animated=opened.animated)
        except MemoryError:
            raise
        except Exception as error:
            raise DamagedImage(_DAMAGED) from error

    def _identify(self, content: bytes) -> Format:
        if not content:
            raise EmptyImage("The image is empty: it has not a single byte. Check the file's name and send it again.")
        found = _signature(content)
        if found in self.formats:
            return found
        accepted = ", ".join(self.formats)
        if is_address(content):
            raise NotAnImage(f"This is an address, not a picture. {NO_ADDRESSES}", allowed=self.formats)
        if content[4:8] == b"ftyp":
            raise NotAnImage(
                f"HEIC and AVIF pictures can't be read here. Export this one as one of {accepted} and send that.",
                allowed=self.formats,
            )
        raise NotAnImage(f"This is no image that can be read here. Send one of {accepted}.", allowed=self.formats)


def is_address(content: bytes) -> bool:
    """Whether somebody has sent where a picture is, in place of it."""
    return content[:8].lower().startswith((b"http://", b"https://"))


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

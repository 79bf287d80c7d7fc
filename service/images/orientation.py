"""Which way up a picture is, by its EXIF data, as browsers go by it."""

from PIL import ExifTags, Image, PngImagePlugin

# How a picture lies in memory according to its EXIF orientation, and what sets it upright (EXIF 2.32, table 6).
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)

# Browsers turn no WebP, whatever its EXIF chunk says (Chromium 156 was tried).
_TURNED = ("JPEG", "PNG")

# Pillow keeps a PNG's texts beside what its chunks say, so that a text with this keyword passes for the chunk eXIf.
_KEY = "exif"


def orientation(image: Image.Image) -> int:
    """The EXIF orientation of a picture that is not loaded yet, 1 to 8; 1 (upright) where there is none.

    It is read from the EXIF bytes alone, of a PNG from those before its pixels. `Image.getexif` would take XMP and
    texts for it too, which turn a picture in no browser.
    """
    data = image.info.get(_KEY)
    if not isinstance(data, bytes) or image.format not in _TURNED:
        return 1
    if isinstance(image, PngImagePlugin.PngImageFile) and image.png and _KEY in image.png.im_text:
        return 1
    exif = Image.Exif()
    try:
        exif.load(data)
        return int(exif.get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - a broken EXIF block, in whatever way, hides no picture from a person
        return 1

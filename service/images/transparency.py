"""What of a picture is transparent, in whatever way its file says so; white shows through."""

from PIL import Image, ImageFile

Box = tuple[int, int, int, int]
"""Left, upper, right and lower edge in whole pixels."""

# What makes eight bits of a PNG's smaller samples, by Pillow's name for how they lie in the file.
_SCALES = {"L;2": 85, "L;4": 17}
_COLOUR_OF_16_BITS = "RGB;16B"


def scale_transparent_colour(image: ImageFile.ImageFile) -> None:
    """Have the colour that a PNG calls transparent in the measure of the pixels that Pillow will make of it.

    The file names it in its own bits. Of colours of 16 bits Pillow keeps the upper half, so that is what is compared:
    one that differs in the lower half only counts as transparent too. Grey of 16 bits is kept as it is.

    Args:
        image: opened, not loaded.
    """
    colour = image.info.get("transparency")
    if colour is None or not image.tile:
        return
    layout = image.tile[0].args
    if isinstance(colour, int) and layout in _SCALES:
        image.info["transparency"] = colour * _SCALES[layout]
    elif isinstance(colour, tuple) and layout == _COLOUR_OF_16_BITS:
        image.info["transparency"] = tuple(level >> 8 for level in colour)


def frame_of(image: ImageFile.ImageFile) -> Box:
    """The part of its canvas for which a picture has pixels; the first frame of an animation may be a smaller one.

    Args:
        image: opened, not loaded.
    """
    return (image.tile[0].extents if image.tile else None) or (0, 0, *image.size)


def visible(image: Image.Image, frame: Box, box: Box) -> Image.Image:
    """A part of a loaded picture, as `simplify` gives it; beyond the frame it is transparent.

    Args:
        image: of any mode.
        frame: for which it has pixels.
        box: the part.
    """
    within = max(box[0], frame[0]), max(box[1], frame[1]), min(box[2], frame[2]), min(box[3], frame[3])
    if within == box:
        return simplify(image if box == (0, 0, *image.size) else image.crop(box))
    size = (box[2] - box[0], box[3] - box[1])
    if within[0] >= within[2] or within[1] >= within[3]:
        return Image.new("RGBA", size)
    part = simplify(image.crop(within)).convert("RGBA")
    canvas = Image.new("RGBA", size)
    canvas.paste(part, (within[0] - box[0], within[1] - box[1]))
    return canvas


def simplify(image: Image.Image) -> Image.Image:
    """Any mode to RGB, or RGBA where something is transparent (Pillow weighs alpha rightly when it resizes RGBA)."""
    if image.mode == "RGBA" or (image.mode == "RGB" and "transparency" not in image.info):
        return image
    if image.mode.startswith("I"):
        return _of_16_bits(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("RGB")


def _of_16_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits, which Pillow would clip at 255 instead of scaling it, and never take for transparent."""
    transparent = image.info.get("transparency")
    image = image.convert("I")
    grey = image.point(lambda level: level * (1 / 256)).convert("L")
    if not isinstance(transparent, int):
        return grey.convert("RGB")
    opaque = [255] * 65536
    opaque[transparent] = 0
    return Image.merge("RGBA", (grey, grey, grey, image.point(opaque, "L")))


def over_white(image: Image.Image) -> Image.Image:
    """What `simplify` gave, as RGB."""
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")

"""What can be told from a picture file's outer structure, without decoding or allocating anything."""

import re

# The GIF format, version 89a, CompuServe 1990.
_GIF_EXTENSION, _GIF_FRAME, _GIF_HEADER_BYTES = 0x21, 0x2C, 13


def gif_frames(content: bytes, most: int) -> int:
    """How many frames a GIF has, counted up to one more than `most`."""
    frames = 0
    position = _GIF_HEADER_BYTES
    try:
        position += _colour_table(content[10])
        while frames <= most:
            block = content[position]
            if block == _GIF_FRAME:
                frames += 1
                # Nine bytes of position and size, a colour table, the code size; then the data.
                position += 11 + _colour_table(content[position + 9])
            elif block == _GIF_EXTENSION:
                position += 2
            else:
                break
            while size := content[position]:
                position += size + 1
            position += 1
    except IndexError:
        pass  # it breaks off; the decoder will say so if the first frame is not whole
    return frames


def _colour_table(flags: int) -> int:
    """The length in bytes of the colour table that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


_JPEG_END = b"\xff\xd9"
# A marker, but for those that a scan's data may hold: stuffed zeros and restarts (ITU T.81, B.1.1.2 and table B.1).
_JPEG_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]", re.DOTALL)
_JPEG_BARE = (b"\xff\x01", b"\xff\xd8")  # those that no segment follows, beside the end


def jpeg_scans(content: bytes) -> int:
    """How many scans a JPEG has; of more than one the decoder keeps the whole picture's coefficients.

    Goes from marker to marker up to the picture's end, as the decoder does. What a segment holds is passed over: those
    of cameras hold whole pictures, and a comment may hold anything, such as an end or a scan that is none.
    """
    scans, position = 0, 2
    while (found := _JPEG_MARKER.search(content, position)) and found[0] != _JPEG_END:
        scans += found[0] == b"\xff\xda"
        position = found.end()
        if found[0] not in _JPEG_BARE:
            position += int.from_bytes(content[position : position + 2], "big")
    return scans


def webp_pixels(content: bytes) -> int:
    """The pixels of a WebP's canvas (RFC 9649, section 2); 0 where its header is none, which the decoder will say."""
    kind, data = content[12:16], content[20:30]
    if kind == b"VP8X":
        return (int.from_bytes(data[4:7], "little") + 1) * (int.from_bytes(data[7:10], "little") + 1)
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 ":
        width, height = (int.from_bytes(data[i : i + 2], "little") & 0x3FFF for i in (6, 8))
        return width * height
    return 0


def webp_is_animation(content: bytes) -> bool:
    """Whether a WebP says that it is made of frames (RFC 9649, section 2.7.1), be it of one."""
    return content[12:16] == b"VP8X" and content[20] & 2 != 0


# What follows tells pictures whose decoding is cheap whatever their bytes say: of the two commonest formats, in their
# plainest form, with nothing to inflate but the pixels, nothing to repeat, and few of everything.

_MAX_PLAIN_BYTES = 32 * 1024
_MAX_SIDE = 256
_MAX_PARTS = 32
_MAX_TEXT_BYTES = 1024

# Chunks of the PNG specification (third edition) that the decoder reads without inflating or looking further.
_PNG_CHUNKS = frozenset({b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"bKGD", b"sBIT", b"tIME", b"IDAT"})
# Its keywords for texts, section 11.3.3.1. Some others the decoder takes for what they are called: Exif data, XMP, even
# transparency.
_PNG_TEXTS = frozenset(
    {
        b"Title", b"Author", b"Description", b"Copyright", b"Creation Time", b"Software", b"Disclaimer", b"Warning",
        b"Source", b"Comment",
    }
)  # fmt: skip
_PNG_DEPTHS = (1, 2, 4, 8)
# Markers of ITU T.81, table B.1: application data of JFIF and Adobe, tables, a comment, the restart interval.
_JPEG_SEGMENTS = frozenset({0xE0, 0xEE, 0xDB, 0xC4, 0xFE, 0xDD})
_JPEG_BASELINE, _JPEG_SCAN = 0xC0, 0xDA
_RESTARTS = bytes(range(0xD0, 0xD8))


def plain_pixels(content: bytes) -> int:
    """How many pixels a file has that is sure to be decoded in a few milliseconds, by its structure; 0 for any other.

    The time goes by the pixels: some 60 nanoseconds for each, and a tenth of a millisecond for the file.
    """
    if len(content) > _MAX_PLAIN_BYTES:
        return 0  # pixels can be packed so that the time to unpack them goes by the file's size alone
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            return _plain_png_pixels(content)
        return _plain_jpeg_pixels(content) if content.startswith(b"\xff\xd8") else 0
    except IndexError:
        return 0


def _plain_png_pixels(content: bytes) -> int:
    # IHDR: its length and name, then width and height, bit depth, colour type, compression, filter, interlace.
    if content[8:16] != b"\0\0\0\rIHDR" or content[24] not in _PNG_DEPTHS or content[28]:
        return 0
    pixels = _small(int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big"))
    position = 33
    for _ in range(_MAX_PARTS):
        length, name = int.from_bytes(content[position : position + 4], "big"), content[position + 4 : position + 8]
        data = position + 8
        position += length + 12
        if name == b"IEND":
            return pixels if length == 0 and position == len(content) else 0
        if name == b"tEXt":
            known = content[data : data + min(length, _MAX_TEXT_BYTES)].partition(b"\0")[0] in _PNG_TEXTS
        else:
            known = name in _PNG_CHUNKS
        if not known or (name != b"IDAT" and length > _MAX_TEXT_BYTES):
            return 0
    return 0


def _plain_jpeg_pixels(content: bytes) -> int:
    position, pixels = 2, 0
    for _ in range(_MAX_PARTS):
        if content[position] != 0xFF:
            return 0
        marker, length = content[position + 1], int.from_bytes(content[position + 2 : position + 4], "big")
        if marker == _JPEG_BASELINE:
            height = int.from_bytes(content[position + 5 : position + 7], "big")
            width = int.from_bytes(content[position + 7 : position + 9], "big")
            if pixels or not _small(width, height):
                return 0
            pixels = _small(width, height)
        elif marker == _JPEG_SCAN:
            return pixels if _is_one_scan(content, position + 2 + length) else 0
        elif marker not in _JPEG_SEGMENTS:
            return 0
        position += 2 + length
    return 0


def _is_one_scan(content: bytes, start: int) -> bool:
    """Whether all from `start` on is one scan's data and the end of the picture."""
    data = content[start:]
    if not data.endswith(_JPEG_END):
        return False
    markers = data.count(b"\xff") - data.count(b"\xff\0") - sum(data.count(bytes([0xFF, each])) for each in _RESTARTS)
    return markers == 1


def _small(width: int, height: int) -> int:
    """The pixels of a small picture; 0 for a larger one."""
    return width * height if width <= _MAX_SIDE and height <= _MAX_SIDE else 0

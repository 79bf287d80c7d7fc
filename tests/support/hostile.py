"""Small pictures that cost much, built part by part."""

import functools
import struct
import zlib

from PIL import Image

from tests.support.pictures import encode, photo


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def segment(marker: int, data: bytes) -> bytes:
    """A segment of a JPEG file."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


@functools.cache
def jpeg_of_scans(mode: str, side: int, rounds: int) -> bytes:
    """A baseline JPEG with a scan for each component, all of them repeated; each breaks off at once.

    As no scan holds all components, the decoder keeps every coefficient of the picture until the last of them.
    """
    content = bytearray(encode(Image.new(mode, (16, 16)), "JPEG"))
    size = content.index(b"\xff\xc0") + 5
    content[size : size + 4] = struct.pack(">HH", side, side)
    components = [content[size + 5 + 3 * i] for i in range(content[size + 4])]
    scans = b"".join(segment(0xDA, bytes([1, component, 0, 0, 63, 0])) for component in components)
    return bytes(content[: content.index(b"\xff\xda")]) + scans * rounds + b"\xff\xd9"


@functools.cache
def bmp_of_line_ends(side: int, codes: int) -> bytes:
    """A run-length encoded BMP of lines that end after one pixel; the rest of each is filled byte by byte."""
    data = b"\1\0\0\0" * codes
    head = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(data), 0, 0, 256, 0)
    palette = bytes(1024)
    return b"BM" + struct.pack("<IHHI", 14 + 40 + 1024 + len(data), 0, 0, 14 + 40 + 1024) + head + palette + data


@functools.cache
def png_of_profiles(chunks: int, side: int = 32) -> bytes:
    """A PNG with a colour profile that inflates to a megabyte, again and again."""
    profile = chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(1_000_000), 9))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(side * (1 + 3 * side))))
    return b"\x89PNG\r\n\x1a\n" + header + profile * chunks + pixels + chunk(b"IEND", b"")


@functools.cache
def png_of_16_bits(side: int) -> bytes:
    """A PNG of less than a kilobyte whose pixels are unpacked line by line from 8 bytes each."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 16, 6, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress((b"\4" + bytes(8 * side)) * side, 9))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


@functools.cache
def png_of_text(keyword: bytes, text: bytes) -> bytes:
    """A small PNG with a text."""
    whole = encode(Image.new("RGB", (32, 32)))
    return whole[:33] + chunk(b"tEXt", keyword + b"\0" + text) + whole[33:]


@functools.cache
def jpeg_of_exif(length: int) -> bytes:
    """A JPEG that begins with this many bytes of small Exif segments."""
    small = segment(0xE1, b"Exif\0\0" + b"MM\0*\0\0\0\x08\0\0")
    return b"\xff\xd8" + small * (length // len(small)) + encode(photo(64, 64), "JPEG")[2:]


@functools.cache
def webp_of_one_colour(side: int) -> bytes:
    """A lossless WebP of some hundred bytes, whatever its size."""
    return encode(Image.new("RGB", (side, side), (1, 2, 3)), "WEBP", lossless=True)


@functools.cache
def png_of_late_text(side: int) -> bytes:
    """A black PNG whose last chunk makes no sense of it, which shows when all of it, and a copy, are in memory."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(side * (3 * side + 1)), 9))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"tEXt", b"transparency\0abc") + chunk(b"IEND", b"")


def padded(png: bytes, size: int) -> bytes:
    """A PNG made so large by a chunk that means nothing."""
    return png[:33] + chunk(b"paDd", bytes(size - len(png) - 12)) + png[33:]

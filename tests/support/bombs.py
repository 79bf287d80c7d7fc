"""Small files that would grow without bound if a decoder let them."""

import functools
import struct
import zlib

from tests.support.pictures import encode, plain


@functools.cache
def zeros(size: int = 100_000_000) -> bytes:
    """So many bytes of zeros, deflated to a thousandth. Made once, as it takes half a second."""
    return zlib.compress(bytes(size), 9)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG file that promises this size and holds these chunks; its pixels are 100 kB of deflated zeros."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", zeros()) + chunk(b"IEND", b"")


def text(size: int) -> bytes:
    """A text block of a PNG file that unpacks to this size."""
    return chunk(b"zTXt", b"t\0\0" + zeros(size))


def gif(frames: int) -> bytes:
    """A GIF of 1,000 x 1,000 pixels with two frames and as many more of one pixel."""
    first, second = (plain(i, (1000, 1000), "P") for i in range(2))
    content = encode(first, "GIF", save_all=True, append_images=[second])
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return content[:-1] + frame * frames + b"\x3b"


def animated_png(frames: int) -> bytes:
    """An animated PNG with this many frames."""
    return encode(plain(0), save_all=True, append_images=[plain((i, 0, 0)) for i in range(1, frames)])


def jpeg(scans: int, side: int = 64) -> bytes:
    """A progressive JPEG of ten scans, the last of which is repeated this many times."""
    content = _ten_scans(side)
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * scans + content[-2:]


@functools.cache
def _ten_scans(side: int) -> bytes:
    """Made once, as a large one takes more than a second."""
    return encode(plain((9, 99, 199), (side, side)), "JPEG", progressive=True)


def webp() -> bytes:
    """An animated WebP whose header promises the largest canvas there is."""
    content = bytearray(encode(plain(0), "WEBP", save_all=True, append_images=[plain((9, 9, 9))], lossless=True))
    content[24:30] = b"\xfe\x3f\x00\xfe\x3f\x00"
    return bytes(content)

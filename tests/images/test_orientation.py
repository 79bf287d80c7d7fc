"""Which way up a picture is: as a browser shows it."""

import io
import struct

import pytest
from PIL import Image, PngImagePlugin

from service.images.orientation import orientation
from tests.support.hostile import chunk
from tests.support.pictures import corners, encode

SIDEWAYS = Image.Exif()
SIDEWAYS[0x0112] = 6
EXIF = SIDEWAYS.tobytes()
XMP = b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
PNG = encode(corners())
PIXELS = PNG.index(b"IDAT") - 4
TIFF = EXIF.removeprefix(b"Exif\0\0")


def of(content: bytes) -> int:
    with Image.open(io.BytesIO(content)) as image:
        return orientation(image)


def png_with(before: bytes = b"", after: bytes = b"") -> bytes:
    """A PNG with chunks before and behind its pixels."""
    end = PNG.index(b"IEND") - 4
    return PNG[:PIXELS] + before + PNG[PIXELS:end] + after + PNG[end:]


def webp_with(*parts: tuple[bytes, bytes], flags: int) -> bytes:
    """An extended WebP (RFC 9649, section 2.7) of these chunks, of 64x64 pixels."""
    extended = (b"VP8X", struct.pack("<I", flags) + b"\x3f\0\0" * 2)
    body = b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in (extended, *parts)
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def text(keyword: str, value: str) -> bytes:
    """A PNG with a text, packed."""
    texts = PngImagePlugin.PngInfo()
    texts.add_text(keyword, value, zip=True)
    return encode(corners(), pnginfo=texts)


def international(keyword: str, value: bytes) -> bytes:
    """A PNG with a text in UTF-8."""
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt(keyword, value.decode())
    return encode(corners(), pnginfo=texts)


@pytest.mark.parametrize("content", [
    encode(corners(), "JPEG", exif=EXIF),
    encode(corners(), "JPEG", exif=EXIF, progressive=True),
    png_with(chunk(b"eXIf", TIFF)),
    png_with(chunk(b"eXIf", TIFF) + chunk(b"tEXt", b"Comment\0a camera's")),
])  # fmt: skip
def test_exif_data_turn_a_picture(content: bytes) -> None:
    """Those of a JPEG, and of a PNG those in its chunk eXIf before the pixels, are what browsers go by."""
    assert of(content) == 6


@pytest.mark.parametrize("content", [
    encode(corners(), "JPEG", xmp=XMP),
    encode(corners(), "WEBP", xmp=XMP),
    international("XML:com.adobe.xmp", XMP),
    text("Raw profile type exif", f"\nexif\n{len(EXIF):8}\n{EXIF.hex()}\n"),
    png_with(chunk(b"tEXt", b"exif\0" + EXIF)),
    png_with(chunk(b"tEXt", b"exif\0" + TIFF)),
    text("exif", "MM"),
    png_with(after=chunk(b"eXIf", TIFF)),
], ids=["XMP of JPEG", "XMP of WebP", "XMP of PNG", "raw profile", "exif", "exif, bare", "zTXt", "late"])  # fmt: skip
def test_what_browsers_ignore_turns_no_picture(content: bytes) -> None:
    """XMP, texts of a PNG that are called Exif data, and a chunk eXIf behind the pixels (Chromium 156 was tried)."""
    assert of(content) == 1


@pytest.mark.parametrize("exif", [EXIF, TIFF], ids=["with its prefix", "bare"])
@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("flags", [8, 0], ids=["announced", "not announced"])
def test_no_webp_is_turned(exif: bytes, flags: int, *, lossless: bool) -> None:
    """Browsers show a WebP as it lies, however its EXIF chunk is written (Chromium 156 was tried)."""
    plain = encode(corners(), "WEBP", lossless=lossless)
    assert of(webp_with((plain[12:16], plain[20:]), (b"EXIF", exif), flags=flags)) == 1


def test_a_late_chunk_does_not_turn_what_an_early_one_did() -> None:
    """Of two chunks eXIf the one before the pixels counts."""
    upright = TIFF.replace(b"\0\6", b"\0\1")
    assert of(png_with(chunk(b"eXIf", TIFF), chunk(b"eXIf", upright))) == 6
    assert of(png_with(chunk(b"eXIf", upright), chunk(b"eXIf", TIFF))) == 1

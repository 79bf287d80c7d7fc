"""Picture files built part by part, in any order, number and size: none costs more than its bounds.

FUZZ_EXAMPLES=5000 makes the run long; the default is for every day.
"""

import contextlib
import os
import struct
import time
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import ServiceError
from service.images.decoder import Bounds, Decoder
from service.images.file_headers import plain_pixels
from tests.support import serving
from tests.support.hostile import chunk, segment
from tests.support.pictures import encode, photo
from tests.support.serving import Service

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))
# Of a real plain picture decoding takes about a millisecond of the processor; a machine can be slow, but not so slow.
PLAIN_CPU_SECONDS = 0.25
DECODER = Decoder(("PNG", "JPEG"), Bounds(64_000_000, 1000, 256 * 1024**2), "lanczos")

SMALL = photo(40, 30)
SIDES = st.sampled_from([0, 1, 32, 200, 256, 257, 3000, 8000, 65_535])
TIMES = st.sampled_from([1, 1, 1, 2, 40, 3000])


def _png_chunks() -> list[bytes]:
    content = encode(SMALL.quantize(16), transparency=3)[8:]
    found = []
    while content:
        length = int.from_bytes(content[:4], "big") + 12
        found.append(content[:length])
        content = content[length:]
    return found


PNG_PARTS = [
    *_png_chunks()[1:],
    *[chunk(name, bytes(n)) for name in (b"tEXt", b"zTXt", b"iCCP", b"eXIf", b"IDAT", b"acTL") for n in (0, 9)],
    chunk(b"iCCP", b"p\0\0" + b"x\x9c" + bytes(50)),
    b"\xff\xff\xff\xffIDAT", b"\0\0\0\0",
]  # fmt: skip
JPEG = encode(SMALL, "JPEG")
JPEG_PARTS = [
    JPEG[JPEG.index(b"\xff\xda") : -2],
    *[segment(marker, bytes(n)) for marker in (0xE0, 0xE1, 0xEE, 0xFE, 0xDB, 0xC4, 0xDD, 0xC2) for n in (0, 20)],
    segment(0xDA, b"\1\1\0\0\x3f\0"), b"\xff\xd9", b"\xff\xd0", b"\xff\xff", b"\xff\xe1\0\0",
]  # fmt: skip
GIF = encode(SMALL, "GIF")
GIF_PARTS = [
    b"\x21\xf9\4\0\0\0\0\0",
    b"\x21\xfe\5abcde\0",
    b"\x2c" + bytes(9) + b"\x02\x02\x44\x01\0",
    GIF[-50:],
    b"\x3b",
]
WEBP = encode(SMALL, "WEBP", lossless=True)
WEBP_PARTS = [
    WEBP[12:],
    b"EXIF" + bytes(4),
    b"ANMF\x10\0\0\0" + bytes(16),
    b"ALPH\4\0\0\0abcd",
    b"VP8X\n\0\0\0" + bytes(10),
]


def repeated(draw: st.DrawFn, parts: list[bytes]) -> bytes:
    """Some of the parts, in any order, some of them again and again."""
    chosen = draw(st.lists(st.tuples(st.integers(0, len(parts) - 1), TIMES), max_size=8))
    return b"".join(parts[which] * times for which, times in chosen)


@st.composite
def built(draw: st.DrawFn) -> bytes:
    """A file of one of the five formats, whatever its parts say of each other."""
    width, height = draw(SIDES), draw(SIDES)
    match draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP"])):
        case "PNG":
            depth, kind, interlace = (
                draw(st.sampled_from([1, 8, 16])),
                draw(st.sampled_from([0, 2, 3, 6])),
                draw(st.integers(0, 1)),
            )
            head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlace))
            content = (
                b"\x89PNG\r\n\x1a\n"
                + head
                + repeated(draw, PNG_PARTS)
                + draw(st.sampled_from([b"", chunk(b"IEND", b"")]))
            )
        case "JPEG":
            start = JPEG.index(b"\xff\xc0")
            size = (
                JPEG[start : start + 5] + struct.pack(">HH", height, width) + JPEG[start + 9 : JPEG.index(b"\xff\xda")]
            )
            content = JPEG[:start] + draw(st.sampled_from([b"", size])) + repeated(draw, JPEG_PARTS) + b"\xff\xd9"
        case "GIF":
            content = GIF[:6] + struct.pack("<HH", width, height) + GIF[10:-200] + repeated(draw, GIF_PARTS)
        case "BMP":
            bits, compression = draw(st.sampled_from([1, 4, 8, 24, 32])), draw(st.integers(0, 3))
            data = repeated(draw, [b"\1\0\0\0", b"\0\0", b"\0\2\1\1", b"\xff\1", b"\0\1"])
            head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 0, 0, 0, 0)
            content = b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + head + bytes(1024) + data
        case _:
            body = b"WEBP" + repeated(draw, WEBP_PARTS)
            content = b"RIFF" + struct.pack("<I", len(body)) + body
    return content[: draw(st.sampled_from([len(content), len(content) // 2, len(content) - 1]))]


LONG = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES <= 150
)


# What may stand in a plain file, with whatever in it.
PNG_NAMES = [b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"bKGD", b"sBIT", b"tIME"]
PNG_TEXTS = [b"Title", b"Software", b"Comment", b"Creation Time"]
PNG_KINDS = [(depth, kind) for kind in (0, 3) for depth in (1, 2, 4, 8)] + [(8, 2), (8, 4), (8, 6)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
JPEG_MARKERS = [0xE0, 0xEE, 0xFE]
PLAIN_SIDES = st.integers(1, 256)


def _pixels(draw: st.DrawFn, rows: int, row: int) -> bytes:
    """So many lines of so many bytes, each with its filter; at most the first of them pack badly."""
    filters = draw(st.lists(st.integers(0, 4), min_size=1, max_size=5))
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    lines = np.tile(random.integers(0, 256, row, np.uint8), (rows, 1))
    if draw(st.booleans()):
        lines[: 20_000 // row] = random.integers(0, 256, (min(rows, 20_000 // row), row), np.uint8)
    return b"".join(bytes([filters[n % len(filters)]]) + line.tobytes() for n, line in enumerate(lines))


@st.composite
def plain_png(draw: st.DrawFn) -> bytes:
    """A PNG of the parts that a plain one may have; now and then there is more or less of its pixels than it says."""
    width, height = draw(PLAIN_SIDES), draw(PLAIN_SIDES)
    depth, kind = draw(st.sampled_from(PNG_KINDS))
    packed = zlib.compress(
        _pixels(draw, height, -(-width * CHANNELS[kind] * depth // 8)), draw(st.sampled_from([1, 9]))
    )
    cut = draw(st.sampled_from([len(packed)] * 4 + [len(packed) // 2, len(packed) + 9]))
    size = max(1, -(-len(packed) // draw(st.integers(1, 9))))
    between = [
        chunk(name, draw(st.binary(max_size=40))) for name in draw(st.lists(st.sampled_from(PNG_NAMES), max_size=9))
    ]
    texts = [
        chunk(b"tEXt", key + b"\0" + draw(st.binary(max_size=99)))
        for key in draw(st.lists(st.sampled_from(PNG_TEXTS), max_size=3))
    ]
    palette = [chunk(b"PLTE", bytes(range(256)) * 3)] if kind == 3 else []
    data = packed[:cut].ljust(cut, b"\0")
    parts = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)),
        *palette,
        *draw(st.permutations(between + texts)),
        *[chunk(b"IDAT", data[at : at + size]) for at in range(0, len(data), size)],
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@st.composite
def plain_jpeg(draw: st.DrawFn) -> bytes:
    """A baseline JPEG, with segments put in that a plain one may have; now and then its scan is damaged."""
    size = draw(PLAIN_SIDES), draw(PLAIN_SIDES)
    mode = draw(st.sampled_from(["L", "RGB", "CMYK"]))
    options = {} if mode == "L" else {"subsampling": draw(st.integers(0, 2))}
    blocks = draw(st.sampled_from([0, 0, 1, 5]))
    whole = encode(
        photo(256, 256).crop((0, 0, *size)).convert(mode), "JPEG", quality=draw(st.sampled_from([10, 30, 75])),
        restart_marker_blocks=blocks, **options,
    )  # fmt: skip
    put_in = b"".join(
        segment(draw(st.sampled_from(JPEG_MARKERS)), draw(st.binary(max_size=99)))
        for _ in range(draw(st.integers(0, 9)))
    )
    content = bytearray(whole[:2] + put_in + whole[2:])
    start = content.index(b"\xff\xda")
    for _ in range(draw(st.sampled_from([0, 0, 3]))):
        content[draw(st.integers(start, len(content) - 3))] = draw(st.integers(0, 254))
    return bytes(content)


def test_what_is_told_plain_is_cheap() -> None:
    """Most files built of plain parts are plain; none of these takes a quarter of a second or makes Pillow warn."""
    tried = plain = 0

    @LONG
    @given(st.one_of(plain_png(), plain_jpeg()))
    def one(content: bytes) -> None:
        nonlocal tried, plain
        tried += 1
        if not plain_pixels(content):
            return
        plain += 1
        with warnings.catch_warnings(record=True) as warned, contextlib.suppress(ServiceError):
            warnings.simplefilter("always")
            before = time.process_time()
            try:
                DECODER.decode(DECODER.open(content), "crop")
            finally:
                assert time.process_time() - before < PLAIN_CPU_SECONDS
        assert not warned

    one()
    assert tried >= EXAMPLES
    assert plain >= tried / 2


@LONG
@given(built())
def test_whatever_is_told_plain_is_cheap(content: bytes) -> None:
    """Nor does any file that is built of other parts and counts as plain."""
    if not plain_pixels(content):
        return
    before = time.process_time()
    with contextlib.suppress(ServiceError):
        DECODER.decode(DECODER.open(content), "crop")
    assert time.process_time() - before < PLAIN_CPU_SECONDS


@pytest.fixture(scope="module")
def built_for(toy_models: Path) -> Iterator[Service]:
    """A service whose pictures may take a second."""
    with serving.start(models=toy_models, model="toy", decode_seconds=1, log_level="error") as service:
        yield service


@LONG
@given(content=built())
def test_built_files_are_answered_or_refused(built_for: Service, content: bytes) -> None:
    """Whatever a file is built of, it gets 200, 413, 415 or 422, and the service lives."""
    response = built_for.ask("POST", "/predict", content=content, headers={"Content-Type": "image/x"})
    assert response.status_code in {200, 413, 415, 422}
    assert built_for.ask("GET", "/health").status_code == 200

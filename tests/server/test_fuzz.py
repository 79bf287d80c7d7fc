"""Whatever is sent, the service answers it or refuses it, and goes on.

FUZZ_EXAMPLES=20000 makes the runs long; the default is for every day.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from service.errors import DamagedImage, EmptyImage, ImageTooLarge, NotAnImage, ServiceError
from service.http.multipart import parse
from service.images.decoder import Bounds, Decoder
from service.images.preprocess import Fit
from tests.support import serving
from tests.support.patience import PATIENCE_S
from tests.support.pictures import encode, photo
from tests.support.serving import Service

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "400"))
LONG = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES <= 400
)
DECODER = Decoder(
    ("PNG", "JPEG", "WEBP", "GIF", "BMP"),
    Bounds(max_pixels=4_000_000, max_frames=100, max_decode_bytes=64 * 1024**2),
    "lanczos",
)
FITS: list[Fit] = ["crop", "stretch"]
PICTURE = photo(40, 30)
SEEDS = [
    encode(PICTURE),
    encode(PICTURE.quantize(16), transparency=3),
    encode(PICTURE.convert("RGBA")),
    encode(PICTURE.convert("L"), interlace=1),
    encode(PICTURE, save_all=True, append_images=[PICTURE, PICTURE]),
    encode(PICTURE, "JPEG"),
    encode(PICTURE, "JPEG", progressive=True, quality=30),
    encode(PICTURE.convert("CMYK"), "JPEG"),
    encode(PICTURE, "WEBP"),
    encode(PICTURE, "WEBP", lossless=True),
    encode(PICTURE, "WEBP", save_all=True, append_images=[PICTURE]),
    encode(PICTURE, "GIF", save_all=True, append_images=[PICTURE, PICTURE]),
    encode(PICTURE, "BMP"),
    encode(PICTURE.quantize(16), "BMP"),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real picture with some bytes changed, cut out, doubled or cut off, or with another's tail."""
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        length = draw(st.integers(1, 40))
        match draw(st.sampled_from(["flip", "set", "cut", "double", "end", "graft"])):
            case "flip":
                content[at : at + 1] = bytes([content[at] ^ (1 << draw(st.integers(0, 7)))]) if content else b""
            case "set":
                content[at : at + length] = draw(st.sampled_from([b"\0", b"\xff", b"\x7f\xff"])) * length
            case "cut":
                del content[at : at + length]
            case "double":
                content[at:at] = content[at : at + length]
            case "end":
                del content[at:]
            case "graft":
                content[at:] = draw(st.sampled_from(SEEDS))[at:]
    return bytes(content)


@LONG
@given(mutated(), st.sampled_from(FITS))
def test_the_decoder_decodes_or_refuses(content: bytes, fit: Fit) -> None:
    """A mutated picture becomes 32x32 RGB pixels or one of four errors, nothing else."""
    try:
        picture = DECODER.decode(DECODER.open(content), fit)
    except (DamagedImage, EmptyImage, ImageTooLarge, NotAnImage):
        return
    assert len(picture.pixels) == 32 * 32 * 3


@LONG
@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 30))
def test_the_form_parser_parses_or_refuses(noise: bytes, at: int, cut: int) -> None:
    """A form with noise put in or bytes cut out becomes files or a problem, nothing else."""
    whole = (
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\ndef\r\n--x--\r\n'
    )
    assert parse(whole, "multipart/form-data; boundary=x", 5) == [b"abc", b"def"]
    try:
        contents = parse(whole[:at] + noise + whole[at + cut :], "multipart/form-data; boundary=x", 5)
    except ServiceError:
        return
    assert all(isinstance(content, bytes) for content in contents)


@pytest.fixture(scope="module")
def fuzzed(toy_models: Path) -> Iterator[Service]:
    """A service for the fuzzer alone."""
    with serving.start(models=toy_models, model="toy", log_level="error") as service:
        yield service


def test_no_request_that_the_schema_allows_or_forbids_fails_the_service(fuzzed: Service) -> None:
    """Requests made from /openapi.json, right ones and wrong ones (schemathesis), never get a 5xx."""
    schema = schemathesis.openapi.from_url(f"{fuzzed.url}/openapi.json")
    tried = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)

        @settings(max_examples=max(10, EXAMPLES // 20), deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=result.ok().as_strategy())
        def one(case: schemathesis.Case[Any]) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(base_url=fuzzed.url, checks=[not_a_server_error], timeout=PATIENCE_S)

        one()
    assert tried > 50
    assert fuzzed.process.poll() is None
    assert fuzzed.client.get("/health").json()["status"] == "ready"


@settings(max_examples=max(50, EXAMPLES // 10), deadline=None, suppress_health_check=list(HealthCheck))
@given(content=mutated(), way=st.sampled_from(["form", "bytes"]))
@hypothesis.example(content=b"", way="bytes")
def test_mutated_pictures_over_http(fuzzed: Service, content: bytes, way: str) -> None:
    """A mutated picture that is posted gets 200, 413, 415 or 422."""
    if way == "form":
        response = fuzzed.client.post("/predict", files={"image": ("x", content)})
    else:
        response = fuzzed.client.post("/predict", content=content, headers={"Content-Type": "image/x"})
    assert response.status_code in {200, 413, 415, 422}

"""Triton's own client over HTTP, synchronous and asyncio, against the shipped service."""

import asyncio
import io
from collections.abc import Iterator
from itertools import product
from typing import Any

import httpx
import numpy as np
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from numpy.typing import NDArray
from PIL import Image
from tritonclient.utils import InferenceServerException

from tests.support.answers import body
from tests.support.pictures import encode, photo
from tests.support.serving import Service

MODEL = "seminar-cnn"
PHOTO = encode(photo(300, 200), "JPEG")
COMPRESSIONS = (None, "gzip", "deflate")
Expected = dict[str, Any]


@pytest.fixture(scope="module")
def asked(service: Service) -> Iterator[triton.InferenceServerClient]:
    """Triton's client."""
    with triton.InferenceServerClient(service.url.removeprefix("http://")) as client:
        yield client


@pytest.fixture(scope="module")
def pixels(client: httpx.Client) -> NDArray[np.uint8]:
    """Test image 16, uint8 [1, 32, 32, 3]."""
    content = client.get("/images/16.png").content
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))[np.newaxis]


@pytest.fixture(scope="module")
def expected(client: httpx.Client) -> Expected:
    """What /predict says of it."""
    return body(client.get("/predict?index=16"))


def given(array: NDArray[Any], datatype: str, *, binary: bool = True) -> triton.InferInput:
    made = triton.InferInput("image", array.shape, datatype)
    made.set_data_from_numpy(array, binary_data=binary)
    return made


def wanted(*names: str, binary: bool = True) -> list[triton.InferRequestedOutput]:
    return [triton.InferRequestedOutput(name, binary_data=binary) for name in names]


def check(result: Any, expected: Expected) -> None:
    """The answer has /predict's numbers, to its six decimals."""
    assert result.as_numpy("probabilities")[0] == pytest.approx(list(expected["probabilities"].values()), abs=1e-6)
    said = result.as_numpy("label")[0]  # bytes from binary data, a text from JSON
    assert (said.decode() if isinstance(said, bytes) else said) == expected["label"]


def test_it_finds_server_and_model(asked: triton.InferenceServerClient) -> None:
    """Live, ready, metadata; a model that is not there is not ready."""
    assert asked.is_server_live()
    assert asked.is_server_ready()
    assert asked.is_model_ready(MODEL)
    assert asked.is_model_ready(MODEL, "2")
    assert not asked.is_model_ready("other")
    assert "classification" in asked.get_server_metadata()["extensions"]
    assert asked.get_model_metadata(MODEL)["platform"] == "onnx_onnxv1"


@pytest.mark.parametrize(("datatype", "binary"), list(product(["UINT8", "FP32"], [True, False])))
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_it_gets_the_numbers_of_predict(
    asked: triton.InferenceServerClient,
    pixels: NDArray[np.uint8],
    expected: Expected,
    datatype: str,
    *,
    binary: bool,
    compression: str | None,
) -> None:
    """As UINT8 and FP32, as JSON and binary data, plain and compressed both ways, with outputs named and without."""
    array = pixels if datatype == "UINT8" else pixels.astype(np.float32)
    for outputs in (None, wanted("probabilities", "label", binary=binary)):
        result = asked.infer(
            MODEL,
            [given(array, datatype, binary=binary)],
            outputs=outputs,
            request_id="7",
            request_compression_algorithm=compression,
            response_compression_algorithm=compression,
        )
        assert result.get_response()["id"] == "7"
        check(result, expected)


def test_it_sends_pictures(asked: triton.InferenceServerClient, client: httpx.Client) -> None:
    """A JPEG in BYTES is answered as /predict answers it."""
    result = asked.infer(MODEL, [given(np.array([PHOTO], np.object_), "BYTES")])
    check(result, body(client.post("/predict", files={"image": PHOTO})))


def test_it_sends_batches_and_several_at_a_time(
    asked: triton.InferenceServerClient, pixels: NDArray[np.uint8], expected: Expected
) -> None:
    """Sixty-four images in one request, and requests beside each other."""
    result = asked.infer(MODEL, [given(np.repeat(pixels, 64, 0), "UINT8")])
    assert result.as_numpy("logits").shape == (64, 10)
    waiting = [asked.async_infer(MODEL, [given(pixels, "UINT8")]) for _ in range(8)]
    for each in waiting:
        check(each.get_result(), expected)


def test_it_asks_for_classes(asked: triton.InferenceServerClient, pixels: NDArray[np.uint8]) -> None:
    """class_count is the classification extension: value, place and label of the likeliest."""
    outputs = [triton.InferRequestedOutput("probabilities", class_count=3)]
    (found,) = asked.infer(MODEL, [given(pixels, "UINT8")], outputs=outputs).as_numpy("probabilities")
    assert [each.decode().split(":")[1:] for each in found] == [["5", "dog"], ["3", "cat"], ["2", "bird"]]


def test_it_is_told_what_is_wrong(asked: triton.InferenceServerClient, pixels: NDArray[np.uint8]) -> None:
    """Its exception carries our sentence and the status."""
    with pytest.raises(InferenceServerException, match="no such model") as error:
        asked.infer("other", [given(pixels, "UINT8")])
    assert error.value.status() == "404"
    with pytest.raises(InferenceServerException, match="more than 64 images"):
        asked.infer(MODEL, [given(np.repeat(pixels, 65, 0), "UINT8")])
    with pytest.raises(InferenceServerException, match="UINT8, FP32, BYTES"):
        asked.infer(MODEL, [given(pixels.astype(np.float64), "FP64")])


def test_its_asyncio_client_works_too(service: Service, pixels: NDArray[np.uint8], expected: Expected) -> None:
    """The same with asyncio, plain and compressed, as JSON and binary data."""

    async def ask() -> None:
        async with triton_aio.InferenceServerClient(service.url.removeprefix("http://")) as client:
            assert await client.is_model_ready(MODEL)
            for binary, compression in product([True, False], COMPRESSIONS):
                result = await client.infer(
                    MODEL,
                    [given(pixels, "UINT8", binary=binary)],
                    outputs=wanted("probabilities", "label", binary=binary),
                    request_compression_algorithm=compression,
                    response_compression_algorithm=compression,
                )
                check(result, expected)

    asyncio.run(ask())

"""Inferences in JSON: what goes in, what comes out, what is told."""

import base64
import gzip
import io
import json
import math
import zlib
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.support import toy
from tests.support.answers import body
from tests.support.pictures import BLUE, RED, encode, photo
from tests.support.protocol import error, images, infer, infer_binary, outputs, tensor
from tests.support.serving import Service

TWO = images("airplane", "bird")


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize("data", [TWO.ravel().tolist(), TWO.tolist(), TWO.reshape(2, -1).tolist()])
@pytest.mark.parametrize("datatype", ["UINT8", "FP32"])
def test_pixels_are_classified(toy_client: httpx.Client, data: Any, datatype: str) -> None:
    """A red and a blue image, flat, nested by shape or by image: the toy's logits are (4, 0 ...) and (0, 0, 4 ...)."""
    found = outputs(infer(toy_client, [tensor(data, TWO.shape, datatype)]))
    assert found["logits"] == [[4, 0, 0] + [0] * 7, [0, 0, 4] + [0] * 7]
    assert found["probabilities"][0][0] == pytest.approx(toy.RED, abs=1e-6)
    assert found["label"] == ["airplane", "bird"]
    assert found["confident"] == [True, True]
    assert found["energy"] == pytest.approx([-math.log(math.exp(4) + 9)] * 2, abs=1e-6)
    assert found["calibrated_probability"] == pytest.approx([math.exp(2) / (math.exp(2) + 9)] * 2, abs=1e-6)


@pytest.mark.parametrize("shape", [(-1,), (1, 32, 32, 3), (1, -1)])
def test_pixels_are_in_rows(client: httpx.Client, shape: tuple[int, ...]) -> None:
    """A photograph, whose rows are no columns, gets the numbers of its PNG, flat and nested, to six decimals."""
    image = photo(32, 32)
    pixels = np.asarray(image, np.uint8).reshape(1, 32, 32, 3)
    found = outputs(infer(client, [tensor(pixels.reshape(shape).tolist(), pixels.shape)], "seminar-cnn"))
    said = body(client.post("/predict", files={"image": encode(image)}))
    labels = body(client.get("/answers"))["labels"]
    assert found["label"] == [said["label"]]
    for label, probability in zip(labels, found["probabilities"][0], strict=True):
        assert probability == pytest.approx(said["probabilities"][label], abs=1e-6)


def test_pictures_are_decoded_as_predict_does(client: httpx.Client) -> None:
    """PNG, JPEG and WebP files in BYTES get the numbers of /predict, to its six decimals; small ones and large."""
    files = [
        encode(photo(*size), kind) for size, kind in (((40, 30), "PNG"), ((900, 700), "JPEG"), ((300, 400), "WEBP"))
    ]
    for content in files:
        asked = infer(client, [tensor([in_base64(content)], [1], "BYTES")], "seminar-cnn")
        found, predicted = outputs(asked), body(client.post("/predict", files={"image": content}))
        assert found["probabilities"][0] == pytest.approx(list(predicted["probabilities"].values()), abs=1e-6)
        assert found["calibrated_probability"] == pytest.approx([predicted["calibrated_probability"]], abs=1e-6)
        assert found["label"] == [predicted["label"]]
        assert found["confident"] == [predicted["confident"]]
        assert asked.headers["x-model-sha256"]
    nested = [[in_base64(content)] for content in files]
    assert len(outputs(infer(client, [tensor(nested, [3, 1], "BYTES")], "seminar-cnn"))["label"]) == 3


def test_test_images_get_the_numbers_of_predict(client: httpx.Client, every_answer: list[dict[str, Any]]) -> None:
    """Sixty-four test images in one tensor: each output is that of /predict, to its six decimals."""
    pixels = np.stack([
        np.asarray(Image.open(io.BytesIO(client.get(f"/images/{index}.png").content)).convert("RGB"))
        for index in range(64)
    ])  # fmt: skip
    found = outputs(infer(client, [tensor(pixels.ravel().tolist(), pixels.shape)], "seminar-cnn"))
    for i, predicted in enumerate(every_answer[:64]):
        assert found["probabilities"][i] == pytest.approx(list(predicted["probabilities"].values()), abs=1e-6)
        assert found["calibrated_probability"][i] == pytest.approx(predicted["calibrated_probability"], abs=1e-6)
        assert (found["label"][i], found["confident"][i]) == (predicted["label"], predicted["confident"])


def test_the_answer_names_model_version_and_request(toy_client: httpx.Client) -> None:
    """The id comes back, with the version that answered: the highest, or that in the path."""
    asked: dict[str, Any] = {"id": "é 7", "inputs": [tensor(TWO.ravel().tolist(), TWO.shape)], "model_name": "ignored"}
    found = body(toy_client.post("/v2/models/toy/infer", json=asked))
    assert (found["model_name"], found["model_version"], found["id"]) == ("toy", "2", "é 7")
    pinned = body(toy_client.post("/v2/models/toy/versions/1/infer", json=asked | {"id": None}))
    assert pinned["model_version"] == "1"
    assert "id" not in pinned


def test_only_the_outputs_that_are_wanted_come(toy_client: httpx.Client) -> None:
    """In the order of the request; with classification the likeliest classes as value:index:label."""
    wanted = [{"name": "label"}, {"name": "probabilities", "parameters": {"classification": 2}}]
    response = infer(toy_client, [tensor(TWO.ravel().tolist(), TWO.shape)], outputs=wanted)
    assert [each["name"] for each in body(response)["outputs"]] == ["label", "probabilities"]
    found = outputs(response)["probabilities"]
    assert found[0] == [f"{toy.RED:f}:0:airplane", f"{(1 - toy.RED) / 9:f}:1:automobile"]
    assert [each[0].rpartition(":")[2] for each in found] == ["airplane", "bird"]
    all_of_them = [{"name": "logits", "parameters": {"classification": 99}}]
    response = infer(toy_client, [tensor(TWO.ravel().tolist(), TWO.shape)], outputs=all_of_them)
    assert body(response)["outputs"][0]["shape"] == [2, 10]


def test_parameters_of_other_servers_clients_are_passed_over(toy_client: httpx.Client) -> None:
    """What MLServer's codecs add to a request, an input or an output is no error: content_type, headers."""
    extra: dict[str, Any] = {"parameters": {"content_type": "np", "headers": {"a": "b"}}}
    wanted = [{"name": "label", **extra}]
    response = infer(toy_client, [tensor(TWO.ravel().tolist(), TWO.shape, **extra)], outputs=wanted, **extra)
    assert outputs(response)["label"] == ["airplane", "bird"]


@pytest.mark.parametrize(
    ("compress", "name"), [(gzip.compress, "gzip"), (zlib.compress, "deflate"), (bytes, "identity")]
)
def test_a_body_may_be_compressed(toy_client: httpx.Client, compress: Any, name: str) -> None:
    """With gzip or deflate (zlib), as tritonclient does."""
    content = json.dumps({"inputs": [tensor(TWO.ravel().tolist(), TWO.shape)]}).encode()
    headers = {"Content-Encoding": name}
    response = toy_client.post("/v2/models/toy/infer", content=compress(content), headers=headers)
    assert outputs(response)["label"] == ["airplane", "bird"]


GOOD = tensor(TWO.ravel().tolist(), TWO.shape)
ONE = [1, 32, 32, 3]


@pytest.mark.parametrize(("inputs", "status", "says"), [
    ([], 400, "one input, image; the request has none"),
    ([GOOD, GOOD], 400, "has image, image"),
    ([GOOD | {"name": "x"}], 400, "the request has x"),
    (["x"], 400, "inputs is a list of JSON objects"),
    ({}, 400, "inputs is a list"),
    ([GOOD | {"name": 7}], 400, "name is a text"),
    ([GOOD | {"datatype": "FP64"}], 400, "UINT8, FP32, BYTES"),
    ([GOOD | {"datatype": "uint8"}], 400, "UINT8, FP32, BYTES"),
    ([GOOD | {"shape": [2, 3, 32, 32]}], 400, "[N, 32, 32, 3]"),
    ([GOOD | {"shape": []}], 400, "[N, 32, 32, 3]"),
    ([GOOD | {"shape": [0, 32, 32, 3], "data": []}], 400, "N from 1"),
    ([GOOD | {"shape": [-1, 32, 32, 3]}], 400, "list of whole numbers"),
    ([GOOD | {"shape": [True, 32, 32, 3]}], 400, "list of whole numbers"),
    ([GOOD | {"shape": [1.0, 32, 32, 3]}], 400, "list of whole numbers"),
    ([GOOD | {"shape": [2**63, 32, 32, 3]}], 413, "more than 3 images"),
    ([GOOD | {"shape": [4, 32, 32, 3]}], 413, "more than 3 images"),
    ([GOOD | {"shape": ONE}], 400, "6,144 elements; by its shape it has 3,072"),
    ([tensor([256] * 3072, ONE)], 400, "from 0 to 255"),
    ([tensor([-1] * 3072, ONE)], 400, "from 0 to 255"),
    ([tensor([0.5] * 3072, ONE)], 400, "whole numbers"),
    ([tensor([2**70] * 3072, ONE)], 400, "whole numbers"),
    ([tensor(["1"] * 3072, ONE)], 400, "are numbers"),
    ([tensor([None] * 3072, ONE)], 400, "are numbers"),
    ([tensor([True] * 3072, ONE)], 400, "are numbers"),
    ([tensor([[1, 2], [3]], ONE)], 400, "are numbers"),
    ([tensor("text", ONE)], 400, "are numbers"),
    ([tensor(["a" * 100_000, *[1] * 50_000], ONE)], 400, "are numbers"),
    ([tensor({"a": 1}, ONE)], 400, "are numbers"),
    ([tensor([256.5] * 3072, ONE, "FP32")], 400, "from 0 to 255"),
    ([tensor([1e300] * 3072, ONE, "FP32")], 400, "from 0 to 255"),
    ([tensor([0.5] * 3072, ONE, "FP32")], 400, "multiply them by 255"),
    ([{key: value for key, value in GOOD.items() if key != "data"}], 400, "has data, or"),
    ([GOOD | {"parameters": {"binary_data_size": 6144}}], 400, "not both"),
    ([GOOD | {"parameters": 7}], 400, "parameters is a JSON object"),
    ([tensor([in_base64(RED)] * 2, [1], "BYTES")], 400, "2 elements; by its shape it has 1"),
    ([tensor([in_base64(RED)], [1, 2], "BYTES")], 400, "[N] or [N, 1]"),
    ([tensor(["%%"], [1], "BYTES")], 400, "base64"),
    ([tensor([7], [1], "BYTES")], 400, "base64"),
    ([tensor([[[in_base64(RED)]]], [1], "BYTES")], 400, "base64"),
    ([tensor([in_base64(RED)] * 4, [4], "BYTES")], 413, "more than 3 images"),
    ([tensor([in_base64(RED), in_base64(b"text")], [2], "BYTES")], 415, "Picture 2 of 2"),
    ([tensor([in_base64(RED[:40])], [1], "BYTES")], 422, "damaged"),
])  # fmt: skip
def test_what_is_wrong_with_a_tensor_is_told(toy_client: httpx.Client, inputs: Any, status: int, says: str) -> None:
    """Datatype, shape, count, batch limit, and pictures that can't be read: one sentence each."""
    error(infer(toy_client, inputs), status, says)


@pytest.mark.parametrize(("more", "says"), [
    ({"outputs": [{"name": "x"}]}, "Choose of logits, probabilities"),
    ({"outputs": [{"name": "label"}, {"name": "label"}]}, "each output once"),
    ({"outputs": [{}]}, "name is a text"),
    ({"outputs": "label"}, "outputs is a list"),
    ({"outputs": [{"name": "label", "parameters": {"classification": 1}}]}, "for logits or probabilities"),
    ({"outputs": [{"name": "logits", "parameters": {"classification": -1}}]}, "whole number of classes"),
    ({"outputs": [{"name": "logits", "parameters": {"binary_data": 1}}]}, "binary_data is true or false"),
    ({"parameters": {"binary_data_output": "yes"}}, "binary_data_output is true or false"),
    ({"parameters": []}, "parameters is a JSON object"),
    ({"id": 7}, "id is a text"),
    ({"id": "x" * 1025}, "at most 1,024 characters"),
])  # fmt: skip
def test_what_is_wrong_with_the_rest_is_told(toy_client: httpx.Client, more: dict[str, Any], says: str) -> None:
    """Outputs, their parameters, and the id."""
    error(infer(toy_client, [GOOD], **more), 400, says)


@pytest.mark.parametrize(("content", "headers", "status", "says"), [
    (b"", {}, 400, "not valid JSON"),
    (b"{", {}, 400, "not valid JSON"),
    (b"[]", {}, 400, "JSON object"),
    (b"[" * 100_000, {}, 400, "not valid JSON"),
    (b"[" * 200_001, {}, 413, "200,000 lists and objects, the limit"),
    (b"[" + b"0," * 199_990 + b"0]", {}, 400, "JSON object"),
    (b"{}", {"Content-Encoding": "br"}, 415, "gzip or deflate"),
    (b"{}", {"Content-Encoding": "gzip"}, 400, "can't be decompressed"),
    (gzip.compress(b"{}", mtime=0)[:-4], {"Content-Encoding": "gzip"}, 400, "breaks off"),
    (gzip.compress(b"{}", mtime=0) + b"x", {"Content-Encoding": "gzip"}, 400, "something follows"),
    (gzip.compress(bytes(400_001), mtime=0), {"Content-Encoding": "gzip"}, 413, "400,000 bytes once decompressed"),
    (bytes(400_001), {}, 413, "400,000 bytes"),
    (b"{}", {"Inference-Header-Content-Length": "3"}, 400, "how many of the body's 2 bytes"),
    (b"{}", {"Inference-Header-Content-Length": "-1"}, 400, "how many of the body's"),
    (b"{}", {"Inference-Header-Content-Length": "9" * 5000}, 400, "how many of the body's"),
])  # fmt: skip
def test_what_is_wrong_with_a_body_is_told(
    toy_client: httpx.Client, content: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    """What is no JSON, too much of it, or wrongly compressed; a bomb is decompressed no further than the limit."""
    error(toy_client.post("/v2/models/toy/infer", content=content, headers=headers), status, says)


def test_binary_tensors_go_in_and_out(toy_client: httpx.Client) -> None:
    """The bytes of the tensor follow the JSON; those of the outputs follow its answer, where they are wanted so."""
    given = {"name": "image", "shape": TWO.shape, "datatype": "UINT8", "parameters": {"binary_data_size": TWO.nbytes}}
    document: dict[str, Any] = {"inputs": [given], "parameters": {"binary_data_output": True}}
    response = infer_binary(toy_client, document, TWO.tobytes())
    assert response.headers["content-type"] == "application/octet-stream"
    binary = outputs(response)
    assert binary == outputs(infer(toy_client, [GOOD]))
    mixed = document | {"outputs": [{"name": "label"}, {"name": "energy", "parameters": {"binary_data": False}}]}
    response = infer_binary(toy_client, mixed, TWO.tobytes())
    assert outputs(response) == {name: binary[name] for name in ("label", "energy")}
    described = json.loads(response.content[: int(response.headers["inference-header-content-length"])])["outputs"]
    assert ["data" in each for each in described] == [False, True]
    floats = TWO.astype("<f4")
    as_floats = given | {"datatype": "FP32", "parameters": {"binary_data_size": floats.nbytes}}
    assert outputs(infer_binary(toy_client, {"inputs": [as_floats]}, floats.tobytes())) == binary


def test_pictures_go_in_as_bytes(toy_client: httpx.Client) -> None:
    """Before each picture stands its length in four bytes, little-endian."""
    raw = b"".join(len(each).to_bytes(4, "little") + each for each in (RED, BLUE))
    given = {"name": "image", "shape": [2, 1], "datatype": "BYTES", "parameters": {"binary_data_size": len(raw)}}
    assert outputs(infer_binary(toy_client, {"inputs": [given]}, raw))["label"] == ["airplane", "bird"]
    for broken in (raw[:-1], raw[:2], b"\xff\xff\xff\xff", raw + b"\0\0\0\0"):
        shorter = given | {"parameters": {"binary_data_size": len(broken)}}
        assert infer_binary(toy_client, {"inputs": [shorter]}, broken).status_code == 400


def test_a_body_may_be_the_input_and_nothing_else(toy_client: httpx.Client) -> None:
    """With Inference-Header-Content-Length: 0 the body is the pixels; the answer's outputs are all binary."""
    headers = {"Inference-Header-Content-Length": "0"}
    response = toy_client.post("/v2/models/toy/infer", content=TWO[:1].tobytes(), headers=headers)
    assert response.headers["content-type"] == "application/octet-stream"
    assert outputs(response)["label"] == ["airplane"]
    error(toy_client.post("/v2/models/toy/infer", content=b"x", headers=headers), 400, "1 bytes; by its shape")


@pytest.mark.parametrize(("size", "raw", "says"), [
    (3072, b"x" * 3071, "3,071 bytes are left"),
    (3071, b"x" * 3071, "3,071 bytes; by its shape and datatype it has 3,072"),
    (3072, b"x" * 3073, "1 bytes follow the tensors"),
    (-1, b"", "binary_data_size is a whole number"),
    ("3072", b"x" * 3072, "binary_data_size is a whole number"),
])  # fmt: skip
def test_what_is_wrong_with_binary_data_is_told(toy_client: httpx.Client, size: Any, raw: bytes, says: str) -> None:
    """Too few bytes, too many, and a size that is none."""
    given = {"name": "image", "shape": ONE, "datatype": "UINT8", "parameters": {"binary_data_size": size}}
    error(infer_binary(toy_client, {"inputs": [given]}, raw), 400, says)


def test_refusals_are_counted_and_logged_by_their_names(toy_service: Service) -> None:
    """A wrong tensor counts as the problem "invalid-tensor", and the route is known by its pattern."""
    error(infer(toy_service.client, []), 400, "the request has none")
    counted = toy_service.client.get("/metrics").text
    assert 'seminar_cnn_refusals_total{cause="invalid-tensor"}' in counted
    assert 'route="/v2/models/{name}/infer",status="400"' in counted
    assert '"problem":"invalid-tensor"' in toy_service.log.read_text()

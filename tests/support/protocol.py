"""Requests and answers of the Open Inference Protocol, made and read without a client of it."""

import json
import struct
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

LENGTH = "Inference-Header-Content-Length"
COLOURS = {"airplane": (255, 0, 0), "automobile": (0, 255, 0), "bird": (0, 0, 255)}


def images(*labels: str) -> NDArray[np.uint8]:
    """Images of one colour each, which the toy calls by these labels: uint8 [N, 32, 32, 3]."""
    made = np.zeros((len(labels), 32, 32, 3), np.uint8)
    for image, label in zip(made, labels, strict=True):
        image[:] = COLOURS[label]
    return made


def tensor(data: Any, shape: Any, datatype: str = "UINT8", **more: Any) -> dict[str, Any]:
    """An input in JSON."""
    return {"name": "image", "shape": list(shape), "datatype": datatype, "data": data, **more}


def infer(client: httpx.Client, inputs: Any, model: str = "toy", **more: Any) -> httpx.Response:
    """Ask with JSON."""
    return client.post(f"/v2/models/{model}/infer", json={"inputs": inputs, **more})


def infer_binary(
    client: httpx.Client, document: dict[str, Any], *raw: bytes, headers: dict[str, str] | None = None
) -> httpx.Response:
    """Ask with JSON and the bytes of tensors behind it."""
    head = json.dumps(document).encode()
    given = {LENGTH: str(len(head))} | (headers or {})
    return client.post("/v2/models/toy/infer", content=head + b"".join(raw), headers=given)


def outputs(response: httpx.Response) -> dict[str, Any]:
    """The outputs of an answer by name: nested lists by their shape, from JSON or from the bytes behind it."""
    assert response.status_code == 200, response.text
    content = response.content
    length = int(response.headers.get(LENGTH, len(content)))
    document, raw = json.loads(content[:length]), content[length:]
    found = {}
    for each in document["outputs"]:
        size = each.get("parameters", {}).get("binary_data_size")
        assert (size is None) == ("data" in each)
        values: Any = each["data"] if size is None else elements(each["datatype"], raw[:size])
        raw = raw[size or 0 :]
        dtype = {"FP32": np.float32, "BOOL": np.bool_, "BYTES": np.object_}[each["datatype"]]
        found[each["name"]] = np.array(values, dtype).reshape(each["shape"]).tolist()
    assert raw == b""
    return found


def elements(datatype: str, raw: bytes) -> list[Any]:
    """The elements of a tensor in binary form; of BYTES as texts."""
    if datatype != "BYTES":
        return list(np.frombuffer(raw, {"FP32": "<f4", "BOOL": "?"}[datatype]).tolist())
    found = []
    while raw:
        (length,) = struct.unpack_from("<I", raw)
        found.append(raw[4 : 4 + length].decode())
        raw = raw[4 + length :]
    return found


def error(response: httpx.Response, status: int, says: str) -> None:
    """The answer is an error in the protocol's form, and says this."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    document = response.json()
    assert list(document) == ["error"]
    assert says in document["error"]

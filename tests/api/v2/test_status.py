"""What `/v2` says of the server and its models."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import serving, toy
from tests.support.answers import body
from tests.support.protocol import error
from tests.support.serving import Service


def test_the_server_says_what_it_is(toy_client: httpx.Client) -> None:
    """Name, version, and the extensions by the names that Triton gives them."""
    assert body(toy_client.get("/v2")) == {
        "name": "seminar-cnn",
        "version": "1.0.0",
        "extensions": ["binary_tensor_data", "classification", "model_repository", "statistics"],
    }


def test_it_is_live_and_ready(toy_client: httpx.Client) -> None:
    """Both health addresses answer 200; /ready has both keys, as the specification's text and its table differ."""
    assert body(toy_client.get("/v2/health/live")) == {"live": True}
    assert body(toy_client.get("/v2/health/ready")) == {"ready": True, "live": True}


def test_health_needs_no_key(guarded: Service) -> None:
    """Where keys are set, what a gateway probes is open; models and inferences are not, in the protocol's form."""
    for path in ("/v2", "/v2/health/live", "/v2/health/ready"):
        assert guarded.client.get(path).status_code == 200
    for path in ("/v2/models", "/v2/models/toy", "/v2/models/toy/ready"):
        error(guarded.client.get(path), 401, "Authorization: Bearer")
    error(guarded.client.post("/v2/models/toy/infer", content=b"{}"), 401, "Authorization: Bearer")
    headers = {"Authorization": "Bearer first-key"}
    assert body(guarded.client.get("/v2/models", headers=headers)) == {"models": ["toy"]}


OUTPUTS = {
    "logits": ("FP32", [-1, 10]), "probabilities": ("FP32", [-1, 10]), "label": ("BYTES", [-1]),
    "confident": ("BOOL", [-1]), "energy": ("FP32", [-1]), "calibrated_probability": ("FP32", [-1]),
}  # fmt: skip


@pytest.mark.parametrize(("path", "version"), [("/v2/models/toy", 2), ("/v2/models/toy/versions/1", 1)])
def test_a_model_says_what_goes_in_and_out(toy_client: httpx.Client, path: str, version: int) -> None:
    """Inputs and outputs with datatype and shape, -1 for the batch; all versions; where the card is."""
    found = body(toy_client.get(path))
    assert (found["name"], found["versions"], found["platform"]) == ("toy", ["1", "2"], "onnx_onnxv1")
    assert found["inputs"] == [{"name": "image", "datatype": "UINT8", "shape": [-1, 32, 32, 3]}]
    described: dict[str, Any] = {each["name"]: (each["datatype"], each["shape"]) for each in found["outputs"]}
    assert described == OUTPUTS
    assert found["parameters"]["card"] == f"/model-card?model=toy&version={version}"
    assert toy_client.get(found["parameters"]["card"]).status_code == 200


@pytest.mark.parametrize("path", ["/v2/models/toy/ready", "/v2/models/toy/versions/2/ready"])
def test_a_model_is_ready(toy_client: httpx.Client, path: str) -> None:
    """Of a model that can be asked it is said that it is ready."""
    assert body(toy_client.get(path)) == {"name": "toy", "ready": True}


def test_a_model_that_can_not_be_opened_is_not_ready(tmp_path: Path) -> None:
    """503 and the reason, for a model whose file is none; the other one is ready."""
    toy.write(tmp_path)
    toy.write(tmp_path, "broken", content=b"no model, though its digest is what the card says")
    with serving.start(models=tmp_path, model="toy") as service:
        error(service.client.get("/v2/models/broken/ready"), 503, "no model that onnxruntime can open")
        error(service.client.post("/v2/models/broken/infer", content=b"{}"), 503, "no model that onnxruntime can open")
        assert service.client.get("/v2/models/toy/ready").status_code == 200


@pytest.mark.parametrize(("method", "path", "status", "says"), [
    ("GET", "/v2/models/other", 404, "Choose one of toy"),
    ("GET", "/v2/models/toy/versions/3", 404, "no such version. Choose one of 1, 2"),
    ("GET", "/v2/models/toy/versions/01", 404, "whole number from 1"),
    ("GET", "/v2/models/toy/versions/" + "9" * 400, 404, "whole number from 1"),
    ("POST", "/v2/models/other/infer", 404, "Choose one of toy"),
    ("GET", "/v2/nothing", 404, "nothing at this address"),
    ("GET", "/v2/models/toy/infer", 405, "Use POST"),
    ("POST", "/v2/models/toy", 405, "Use GET, HEAD"),
])  # fmt: skip
def test_errors_have_the_protocols_form(
    toy_client: httpx.Client, method: str, path: str, status: int, says: str
) -> None:
    """What does not exist is told as {"error": ...}; of /predict and the others the problems stay what they are."""
    error(toy_client.request(method, path), status, says)
    assert toy_client.get("/predict?model=other").headers["content-type"] == "application/problem+json"

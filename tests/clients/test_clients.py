"""Clients of other serving systems use this service unchanged, and get what `/predict` answers."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.grpc.conftest import Asked, serve
from tests.support.answers import predictions
from tests.support.patience import PATIENCE_S
from tests.support.pictures import BLUE, RED
from tests.support.serving import ROOT

PYTHON = ROOT / ".venv-clients" / "bin" / "python"
# Of float32, and of what JSON prints of it.
TOLERANCE = 1e-6

WAYS = {
    "with_triton": ["UINT8", "FP32", "BYTES", "compressed", "stream 0", "stream 1", "stream 2", "asyncio"],
    "with_kserve": [
        "gRPC UINT8", "gRPC FP32", "REST UINT8 JSON", "REST UINT8 binary", "REST FP32 JSON", "REST FP32 binary",
    ],
    "with_mlserver": ["UINT8", "FP32", "BYTES"],
}  # fmt: skip
FACTS: dict[str, dict[str, Any]] = {
    "with_triton": {"live": True, "ready": True},
    "with_kserve": {"live": True, "ready": True},
    "with_mlserver": {"error": True},
}


@pytest.fixture(scope="module")
def shipped() -> Iterator[Asked]:
    """The service as it is shipped, with gRPC."""
    with serve() as service:
        yield service


@pytest.mark.parametrize("program", WAYS)
def test_it_gets_what_predict_answers(shipped: Asked, program: str) -> None:
    """In every way that this client has: the same probabilities to 1e-6, and the same labels."""
    client = shipped.service.client
    colours = [(255, 0, 0), (0, 0, 255)]
    images = [np.full((32, 32, 3), colour, np.uint8).tolist() for colour in colours]
    pictures = [base64.b64encode(each).decode() for each in (RED, BLUE)]
    done = subprocess.run(
        [str(PYTHON), "-m", f"tests.clients.{program}", shipped.service.url, f"127.0.0.1:{shipped.port}"],
        input=json.dumps({"images": images, "pictures": pictures}),
        cwd=ROOT,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    facts = found.pop("facts")
    assert FACTS[program].items() <= facts.items()
    if "index" in facts:
        assert facts["index"] == sorted({each["name"] for each in client.get("/models").json()["models"]})
        assert facts["server"] == client.get("/v2").json()["name"]
        assert facts["versions"] == client.get("/v2/models/seminar-cnn").json()["versions"]
    said = predictions(client.post("/predict", files=[("image", RED), ("image", BLUE)]))
    labels = client.get("/answers").json()["labels"]
    wanted = [[each["probabilities"][label] for label in labels] for each in said]
    assert list(found) == WAYS[program]
    for result in found.values():
        assert np.abs(np.array(result["probabilities"]) - wanted).max() < TOLERANCE
        assert result["labels"] == [each["label"] for each in said]

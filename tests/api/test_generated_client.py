"""A client that is generated from `/openapi.json` has types that hold, and gets whole answers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.answers import body, predictions
from tests.support.pictures import RED
from tests.support.serving import Service

# What a developer writes with it; mypy checks it with the client, then it is run.
_PROGRAM = """
import json
import sys
from io import BytesIO
from typing import Any

from seminar_cnn_client import Client
from seminar_cnn_client.api.explain import explain_test_image
from seminar_cnn_client.api.model import list_models
from seminar_cnn_client.api.predict import predict_picture, predict_test_image
from seminar_cnn_client.models import (
    Explanation, ModelList, PredictPictureFilesBody, Prediction, PredictionList, Problem, RefusedPicture
)
from seminar_cnn_client.types import File

client = Client(base_url=sys.argv[1])


def file(content: bytes) -> File:
    return File(payload=BytesIO(content), file_name="picture.png", mime_type="image/png")


picture = open(sys.argv[2], "rb").read()
by_index = predict_test_image.sync(client=client, index=16)
assert isinstance(by_index, Prediction)
label: str = by_index.label
posted = predict_picture.sync(client=client, body=PredictPictureFilesBody(image=[file(picture)]))
assert isinstance(posted, Prediction)
several = predict_picture.sync(client=client, body=PredictPictureFilesBody(image=[file(picture), file(b"no picture")]))
assert isinstance(several, PredictionList)
good, bad = several.predictions
assert isinstance(good, Prediction)
assert isinstance(bad, RefusedPicture)
detail: str = bad.problem.detail
wrong = predict_test_image.sync(client=client, index=10000)
assert isinstance(wrong, Problem)
explained = explain_test_image.sync(client=client, index=16)
assert isinstance(explained, Explanation)
listed = list_models.sync(client=client)
assert isinstance(listed, ModelList)
answers: list[Any] = [each.to_dict() for each in (by_index, posted, several, wrong, explained, listed)]
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory, service: Service) -> Path:
    """The folder with the client, and the program that uses it."""
    folder = tmp_path_factory.mktemp("client")
    description = folder / "openapi.json"
    description.write_text(service.client.get("/openapi.json").text)
    # Its last step is ruff, which it looks for on the path.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    made = subprocess.run(
        [Path(sys.executable).parent / "openapi-python-client", "generate", "--path", description, "--meta", "none",
         "--output-path", folder / "seminar_cnn_client"],
        capture_output=True, text=True, check=False, env=os.environ | {"PATH": path},
    )  # fmt: skip
    said = made.stdout + made.stderr
    assert made.returncode == 0, said
    assert "removal" not in said, said  # of a schema that it could not make sense of, and all that refer to it
    (folder / "program.py").write_text(_PROGRAM)
    (folder / "picture.png").write_bytes(RED)
    return folder


def test_its_types_hold(generated: Path) -> None:
    """mypy, in strict mode, finds no mistake in the program, nor in the client's models and operations.

    The client's own `client.py` is the generator's, whatever the service: it is not what this is about.
    """
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", os.devnull, "--strict", "--allow-any-generics",
         "--follow-imports", "silent", "--cache-dir", generated / "cache",
         "program.py", "seminar_cnn_client/models", "seminar_cnn_client/api"],
        capture_output=True, text=True, check=False, cwd=generated,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout


def test_it_gets_what_the_service_answers(generated: Path, service: Service, client: httpx.Client) -> None:
    """Predictions, a batch with a refusal, a problem, an explanation and the models arrive without losing a field."""
    ran = subprocess.run(
        [sys.executable, "program.py", service.url, "picture.png"],
        capture_output=True, text=True, check=False, cwd=generated,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    files = [("image", RED), ("image", b"no picture")]
    expected = [
        body(client.get("/predict?index=16")),
        body(client.post("/predict", files={"image": RED})),
        {"predictions": predictions(client.post("/predict", files=files))},
        client.get("/predict?index=10000").json(),
        body(client.get("/explain?index=16")),
        body(client.get("/models")),
    ]
    assert json.loads(ran.stdout) == expected


def test_no_operation_promises_an_error_of_the_framework(client: httpx.Client) -> None:
    """The description has no HTTPValidationError, and no two schemas with one title."""
    schemas = body(client.get("/openapi.json"))["components"]["schemas"]
    assert not [name for name in schemas if "ValidationError" in name]
    titles = [schema["title"] for schema in schemas.values()]
    assert sorted(titles) == sorted(set(titles))
    assert set(titles) == set(schemas)


def test_every_example_is_a_real_answer(client: httpx.Client) -> None:
    """The examples of the description are what the service says when it is asked so."""
    paths = body(client.get("/openapi.json"))["paths"]

    def examples(method: str, path: str) -> list[dict[str, object]]:
        content = paths[path][method]["responses"]["200"]["content"]["application/json"]
        return [example["value"] for example in content["examples"].values()]

    picture = client.get("/images/16.png").content
    both = [("image", picture), ("image", b"no picture")]
    coarse = "/explain?patch=16&stride=8"
    assert examples("get", "/predict") == [body(client.get("/predict?index=16"))]
    assert examples("post", "/predict") == [
        body(client.post("/predict", files={"image": picture})),
        body(client.post("/predict", files=both)),
    ]
    assert examples("get", "/explain") == [body(client.get(f"{coarse}&index=16"))]
    assert examples("post", "/explain") == [body(client.post(coarse, files={"image": picture}))]

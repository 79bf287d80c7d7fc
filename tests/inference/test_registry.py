"""Models are verified at the start and opened when first asked; one that can't be opened harms no other."""

import asyncio
import re
from pathlib import Path

import pytest
from onnxruntime import InferenceSession

from models.repository import Model, ModelError
from service.errors import ModelUnavailable
from service.images.decode_processes import DecodeProcesses
from service.inference.registry import ModelRegistry
from service.settings import Settings
from tests.support import serving, toy
from tests.support.problems import check

# None is started: no picture is decoded here.
PROCESSES = DecodeProcesses(1, 1, 1)

NO_MODEL = b"no model, though its digest is what the card says"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The versions that were opened, in order; opening does what it always does."""
    versions: list[int] = []
    real = Model.open

    def noting(model: Model) -> InferenceSession:
        versions.append(model.version)
        return real(model)

    monkeypatch.setattr(Model, "open", noting)
    return versions


def test_a_model_is_opened_when_it_is_first_asked(toy_models: Path, opened: list[int]) -> None:
    """At the start only the default model's session is made; the other version's once, however many ask at a time."""
    registry = ModelRegistry(Settings(models=toy_models, model="toy"), PROCESSES)
    assert opened == [2]

    async def ask() -> None:
        first, second = await asyncio.gather(registry.predictor("toy", 1), registry.predictor("toy", 1))
        assert first is second is await registry.predictor("toy", 1)
        assert first.model.version == 1

    asyncio.run(ask())
    assert opened == [2, 1]


def test_a_faulty_model_is_not_read_by_every_request(
    tmp_path: Path, opened: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can't be opened is tried again only after a while, and then serves if it was mended."""
    toy.write(tmp_path, version=2)
    path = toy.write(tmp_path, version=1) / "model.onnx"
    registry = ModelRegistry(Settings(models=tmp_path, model="toy"), PROCESSES)
    right = path.read_bytes()
    path.write_bytes(b"")

    async def ask() -> None:
        for _ in range(5):
            with pytest.raises(ModelUnavailable, match="SHA-256 differs"):
                await registry.predictor("toy", 1)
        path.write_bytes(right)
        monkeypatch.setattr("service.inference.opened._RETRY_SECONDS", 0)
        assert (await registry.predictor("toy", 1)).model.version == 1

    asyncio.run(ask())
    assert opened == [2, 1, 1]


def test_a_missing_default_model_is_named(toy_models: Path) -> None:
    """Without the default model it is said which there are and how to choose."""
    with pytest.raises(ModelError, match=r"There is no model 'other' in .*, only toy: set SERVICE_MODEL"):
        ModelRegistry(Settings(models=toy_models, model="other"), PROCESSES)


def test_the_default_model_is_opened_at_the_start(tmp_path: Path) -> None:
    """A default model that can't be opened stops the start and is named."""
    path = toy.write(tmp_path, content=NO_MODEL)
    with pytest.raises(
        ModelError, match=f"{re.escape(str(path))}/model.onnx can't be used: it is no model that onnxruntime can open"
    ):
        ModelRegistry(Settings(models=tmp_path, model="toy"), PROCESSES)


def test_preload_opens_every_model_at_the_start(tmp_path: Path) -> None:
    """With preload a model that can't be opened stops the start and is named; without it does not."""
    toy.write(tmp_path, version=2)
    path = toy.write(tmp_path, version=1, content=NO_MODEL)
    with pytest.raises(
        ModelError, match=f"{re.escape(str(path))}/model.onnx can't be used: it is no model that onnxruntime can open"
    ):
        ModelRegistry(Settings(models=tmp_path, model="toy", preload=True), PROCESSES)
    assert len(list(ModelRegistry(Settings(models=tmp_path, model="toy"), PROCESSES))) == 2


def test_a_faulty_model_harms_no_other(tmp_path: Path) -> None:
    """A model that can't be opened, or that changed since the start, answers 503 with its reason; others go on."""
    toy.write(tmp_path, version=3)
    toy.write(tmp_path, version=2, content=NO_MODEL)
    changed = toy.write(tmp_path, version=1) / "model.onnx"
    with serving.start(models=tmp_path, model="toy") as service:
        changed.write_bytes(changed.read_bytes() + b"\0")
        for version, reason in ((2, "no model that onnxruntime can open"), (1, "SHA-256 differs")):
            for path in ("/predict?index=1&", "/explain?index=1&", "/answers?"):
                response = service.client.get(f"{path}version={version}")
                check(response, 503, "model-unavailable", reason)
                assert str(tmp_path) not in response.text
            assert service.client.get(f"/model-card?version={version}").status_code == 200
        assert service.client.get("/predict?index=1").json()["model"]["version"] == 3

"""The whole way: a model that is trained twice is the same, is served, and comes to its place in one step."""

import signal
from pathlib import Path

import pytest

from models import repository
from models.card import Card
from models.cifar10_test import SHA256
from tests.support import serving
from training import pipeline


def test_a_quick_model_is_trained_and_served(quick_models: Path) -> None:
    """A model that --quick made is served like the shipped one: it answers with its own name and card."""
    with serving.start(models=quick_models, model="quick-cnn") as service:
        answer = service.client.get("/predict?index=9000").json()
        assert answer["model"] == {"name": "quick-cnn", "version": 1}
        assert "truth" in answer
        card = service.client.get("/model-card").json()
        assert "TEST images" in card["model_details"]["description"]
        answers = service.client.post("/predict", json={"indices": list(range(8000, 10_000))}).json()["predictions"]
        right = sum(answer["truth"]["correct"] for answer in answers)
        assert right / 2000 == card["quantitative_analyses"]["splits"]["test"]["accuracy"]["value"]


def test_the_quick_card_is_honest(quick_models: Path) -> None:
    """The quick model's card counts the images it was trained on, all of them test images, and records its run."""
    card = Card.read(quick_models / "quick-cnn" / "1" / "card.json")
    assert sum(card.training_data.counts["train"].values()) == 6000
    assert card.training_data.sha256 == {"test_batch": SHA256}
    assert card.run.command == "python -m training train --quick"
    assert card.run.cpu_seconds.value
    assert card.run.versions.keys() >= {"python", "tensorflow", "keras", "tf2onnx", "onnxruntime"}
    assert repository.find(quick_models) == {"quick-cnn": [1]}


def test_each_training_gets_the_next_version(tmp_path: Path) -> None:
    """A model's first folder is 1; beside 1 and 7 the next is 8, whatever else lies there."""
    for expected, also in ((1, "7"), (8, "notes")):
        with pipeline.new_version(tmp_path, "some") as (number, folder):
            (folder / "model.onnx").write_bytes(b"model")
        assert number == expected
        assert (tmp_path / "some" / str(number) / "model.onnx").read_bytes() == b"model"
        (tmp_path / "some" / also).mkdir()


def test_an_interruption_while_files_are_written_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C between two of a model's files: neither of them is left, nor any folder."""

    def write() -> None:
        with pipeline.new_version(tmp_path, "some") as (_, folder):
            (folder / "model.onnx").write_bytes(b"model")
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        write()
    assert list(tmp_path.iterdir()) == []

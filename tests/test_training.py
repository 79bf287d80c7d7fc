"""Training: repeatable, refusing wrong data, leaving nothing half-done, exporting what it trained."""

import io
import json
import pickle
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from models import repository
from models.card import Card
from models.cifar10_test import SHA256
from tests import serving, toy
from tests.pictures import encode
from tests.serving import ROOT
from training import data, evaluate, export, recipe, selective, variant
from training.errors import DataError, ExportError
from training.recipe import Seeds, Splits

QUICK = [sys.executable, "-m", "training", "train", "--quick", "--out"]


def refusal(*arguments: object) -> str:
    """The one sentence with which training refuses."""
    command = [sys.executable, "-m", "training", "train", *map(str, arguments)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    sentence = result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr
    return sentence


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


def test_two_runs_give_the_same_weights(quick_models: Path, tmp_path: Path) -> None:
    """A second run with the same seeds on the same machine, in a process of its own, gives the same file to the bit."""
    subprocess.run([*QUICK, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    first = (quick_models / "quick-cnn" / "1" / "model.onnx").read_bytes()
    assert (tmp_path / "quick-cnn" / "1" / "model.onnx").read_bytes() == first


def test_other_seeds_give_other_weights() -> None:
    """The seeds matter: the same small fit with shifted seeds ends with another loss, with the same seeds the same."""
    images = data.load_test()
    splits = Splits(images[:256], images[256:320], images[320:384])
    losses = [recipe.fit(splits, 1, Seeds().shifted(by))[1]["val_loss"] for by in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_training_leaves_nothing(tmp_path: Path, number: int) -> None:
    """Ctrl-C or a polite kill in mid-training ends with one sentence, exit code 130 and an empty folder."""
    with subprocess.Popen(
        [*QUICK, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        for line in process.stdout:
            if line.startswith("2/4"):
                break
        time.sleep(1)
        process.send_signal(number)
        errors = process.stderr.read()
        assert process.wait(30) == 130
    assert "Interrupted; nothing was left half-written." in errors
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


def test_a_quick_model_never_goes_among_the_shipped_ones() -> None:
    """--quick needs a folder of the user's own: without one, or with the repository's models/, it refuses."""
    before = sorted((ROOT / "models").rglob("*"))
    assert "--quick --out FOLDER" in refusal("--quick")
    assert "--quick --out FOLDER" in refusal("--quick", "--out", ROOT / "tests" / ".." / "models")
    assert sorted((ROOT / "models").rglob("*")) == before


def test_a_folder_that_cannot_be_written_is_told_before_the_training(tmp_path: Path) -> None:
    """An output folder that can't be made is refused at once, naming it."""
    (tmp_path / "file").write_text("")
    assert "can't be written to (Not a directory)" in refusal("--quick", "--out", tmp_path / "file" / "models")


def test_a_damaged_dataset_is_refused(tmp_path: Path) -> None:
    """Files of the right name and size with other content are told by their digest; nothing is written."""
    for name in data.SHA256:
        (tmp_path / f"{name}.bin").write_bytes(bytes(30_730_000))
    message = refusal("--data", tmp_path, "--out", tmp_path / "models")
    assert message == f"test_batch in {tmp_path} is not CIFAR-10's (SHA-256 differs): get it again."
    assert list((tmp_path / "models").iterdir()) == []


def test_a_folder_without_the_dataset_is_refused(tmp_path: Path) -> None:
    """A folder that does not exist, and one without batches, are each named."""
    assert f"There is no folder {tmp_path / 'none'}." in refusal("--data", tmp_path / "none", "--out", tmp_path)
    assert f"{tmp_path} holds no CIFAR-10 batches" in refusal("--data", tmp_path, "--out", tmp_path)


class _Python2(pickle._Pickler):  # noqa: SLF001 - the only pickler that lets itself be overruled
    """Pickles as Python 2 did, which made the official files: text and bytes are one type, written as BINSTRING."""

    def _save_string(self, value: str | bytes) -> None:
        content = value.encode() if isinstance(value, str) else value
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)

    dispatch = pickle._Pickler.dispatch | {bytes: _save_string, str: _save_string}  # noqa: SLF001


def test_the_python_version_of_the_dataset_is_read() -> None:
    """A batch as Python 2 and an old NumPy pickled it becomes the dataset's binary form, its digest right."""
    test = data.load_test()
    planes = test.images.transpose(0, 3, 1, 2).reshape(10_000, -1).copy()
    file = io.BytesIO()
    _Python2(file, 2).dump({"batch_label": "testing batch 1 of 1", "labels": test.labels.tolist(), "data": planes})
    pickled = file.getvalue().replace(b"numpy._core", b"numpy.core")
    assert b"numpy.core.multiarray\n_reconstruct" in pickled
    assert data._checked({data.TEST: data._from_pickle(pickled)}, "here")  # noqa: SLF001 - the format is the unit


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    """A batch whose pickle would run a command when it is read is refused, and the command does not run."""

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "ran",))

    with pytest.raises(DataError, match="has no place in this dataset"):
        data._from_pickle(pickle.dumps({b"data": Evil()}))  # noqa: SLF001 - the format is the unit
    assert not (tmp_path / "ran").exists()


def test_the_npm_packages_pictures_are_read(tmp_path: Path) -> None:
    """A batch as a 1024 x 10,000 picture with its labels in a JSON list becomes the dataset's binary form."""
    test = data.load_test()
    picture = encode(Image.fromarray(test.images.reshape(10_000, 1024, 3)), compress_level=0)
    (tmp_path / "test_lables.json").write_text(json.dumps(test.labels.tolist()))
    binary = data._from_picture(picture, tmp_path.__truediv__, data.TEST)  # noqa: SLF001 - the format is the unit
    assert data._checked({data.TEST: binary}, "here")  # noqa: SLF001


def test_keras_and_its_export_are_compared() -> None:
    """An export agrees with its own model to 1e-5 and is refused beside a model with other weights."""
    images = data.load_test().images[:200]
    first, second = recipe.build(), recipe.build()
    content = export.export(first)
    comparison = export.compare(first, content, images)
    assert comparison.max_difference <= export.MAX_DIFFERENCE
    assert comparison.agreeing + len(comparison.ties) >= comparison.total == 200
    with pytest.raises(ExportError, match="Keras and ONNX"):
        export.compare(second, content, images)


def test_an_unclean_graph_is_refused() -> None:
    """A graph with a left-over operation, or with other names, is no export."""
    with pytest.raises(ExportError, match="ReduceMean"):
        export.check_graph(onnx.load_from_string(toy.model()))
    pixels = [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["N", 10])]
    out = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10])]
    graph = helper.make_graph([helper.make_node("Relu", ["picture"], ["logits"])], "g", pixels, out)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    with pytest.raises(ExportError, match="named picture, logits"):
        export.check_graph(made)


def test_wilsons_interval() -> None:
    """65 % of 10,000 lies within 64.1 and 65.9 %; of 1,000 within 62.0 and 67.9 %; no images, no number."""
    for n, low, high in ((10_000, 0.641, 0.659), (1_000, 0.620, 0.679)):
        interval = evaluate.proportion(n * 65 // 100, n, "test", "m").ci
        assert interval
        assert (round(interval.lower, 3), round(interval.upper, 3)) == (low, high)
    assert evaluate.proportion(0, 0, "test", "m").value is None


def test_metrics_worked_out_by_hand() -> None:
    """Two images, one right with 0.8 and one wrong with 0.4: accuracy 1/2, top-2 1, NLL and Brier by hand."""
    probabilities = np.zeros((2, 10))
    probabilities[0, :2] = 0.8, 0.2
    probabilities[1, :2] = 0.6, 0.4
    measured = evaluate.overall(probabilities, np.array([0, 1]), "test")
    assert measured.accuracy.value == 0.5
    assert measured.top2_accuracy.value == 1
    assert measured.nll.value == pytest.approx(-(np.log(0.8) + np.log(0.4)) / 2)
    assert measured.brier.value == pytest.approx((0.2**2 * 2 + 0.6**2 * 2) / 2)


def test_the_threshold_is_chosen_on_validation_alone() -> None:
    """Ten sure right answers and one wrong below give the threshold that accepts all 11, not the 12th."""
    confidence = np.r_[np.linspace(0.99, 0.90, 10), 0.8, 0.7]
    probabilities = np.column_stack([confidence, 1 - confidence, np.zeros((12, 8))])
    truth = np.array([0] * 10 + [1, 1])
    other = probabilities[::-1], np.ones(12, int)
    decision = selective.decision((probabilities, truth), other)
    assert decision.threshold.value == pytest.approx(0.8)
    assert decision.validation_error.value == pytest.approx(1 / 11)
    assert decision.test_error.value == 1


def test_a_group_is_cut_as_stated() -> None:
    """A cut keeps the stated share of its group's images, all of the others', always the same ones for a seed."""
    images = data.load_test()
    cut = variant.keep(images, "dog", 0.1)
    assert len(cut) == 9_000 + 100
    assert (cut.labels == 5).sum() == 100
    assert (cut.images == variant.keep(images, "dog", 0.1).images).all()
    assert (cut.images != variant.keep(images, "dog", 0.1, seed=1).images).any()
    assert len(variant.keep(images, "dog", 1)) == 10_000
    assert variant.weights("dog", 0.1)[5] == 10
    assert sum(variant.weights("dog", 0.1).values()) == 19


def test_help_says_what_there_is() -> None:
    """`python -m training --help` lists the commands."""
    result = serving.run("training", "--help")
    assert result.returncode == 0
    for command in ("train", "fetch", "embed"):
        assert command in result.stdout


def test_the_quick_card_is_honest(quick_models: Path) -> None:
    """The quick model's card counts the images it was trained on, all of them test images, and records its run."""
    card = Card.read(quick_models / "quick-cnn" / "1" / "card.json")
    assert sum(card.training_data.counts["train"].values()) == 6000
    assert card.training_data.sha256 == {"test_batch": SHA256}
    assert card.run.command == "python -m training train --quick"
    assert card.run.cpu_seconds.value
    assert card.run.versions.keys() >= {"python", "tensorflow", "keras", "tf2onnx", "onnxruntime"}
    assert repository.find(quick_models) == {"quick-cnn": [1]}

"""The network: fitted on training images only, its seeds deciding what comes out."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.serving import ROOT
from training import export, network
from training.data import Data, Splits
from training.recipe import SEEDS

# Ten batches of training: most of a fit this small is the start.
FITTED, VALIDATED = slice(320), slice(320, 384)
# The small fit in a process in which nothing was fitted before; its model.onnx goes into the file that it is told.
PROGRAM = f"""
import pathlib, sys
from training import data, export, network
images = data.load_test()
model, _ = network.fit(data.Splits(images[{FITTED}], images[{VALIDATED}], images[:0]), 1)
pathlib.Path(sys.argv[1]).write_bytes(export.export(model))
"""


class Untouchable:
    """Stands where test images would: whoever looks at them fails."""

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(f"the test images were touched: {name}")

    def __len__(self) -> int:
        raise AssertionError("the test images were touched")


@dataclass(frozen=True)
class Fits:
    """The same small fit three times in this process, the last time with other seeds; the second one's model.onnx."""

    first: network.History
    second: network.History
    other_seeds: network.History
    content: bytes


@pytest.fixture(scope="module")
def fits(images: Data) -> Fits:
    """The fits; they may not look at the test images."""
    splits = Splits(images[FITTED], images[VALIDATED], Untouchable())  # type: ignore[arg-type] # it is there to fail
    (_, first), (model, second), (_, other) = (network.fit(splits, 1, SEEDS.shifted(by)) for by in (0, 0, 1))
    return Fits(first, second, other, export.export(model))


def test_no_test_image_can_reach_a_fit(fits: Fits) -> None:
    """A training whose test images fail at the first look at them goes through to its end."""
    assert len(fits.first["val_loss"]) == 1


def test_other_seeds_give_other_weights(fits: Fits) -> None:
    """The seeds matter: the same small fit with shifted seeds ends with another loss, with the same seeds the same."""
    assert fits.first == fits.second
    assert fits.first["val_loss"] != fits.other_seeds["val_loss"]


def test_two_processes_give_the_same_weights(fits: Fits, tmp_path: Path) -> None:
    """The same fit with the same seeds on the same machine, in another process, gives the same file to the bit."""
    path = tmp_path / "model.onnx"
    subprocess.run([sys.executable, "-c", PROGRAM, str(path)], cwd=ROOT, check=True, capture_output=True)
    assert path.read_bytes() == fits.content


def test_a_learning_curve_is_the_history_by_epoch() -> None:
    """What Keras reports by metric, the card lists by epoch, from 1 on."""
    history = {"accuracy": [0.1, 0.2], "loss": [2.0, 1.5], "val_accuracy": [0.3, 0.4], "val_loss": [1.9, 1.8]}
    second = network.learning_curve(history)[1]
    assert (second.epoch, second.accuracy, second.loss, second.val_accuracy, second.val_loss) == (2, 0.2, 1.5, 0.4, 1.8)


def test_the_network_is_the_seminars() -> None:
    """225,610 parameters: 1,568 + 16,416 + 205,056 + 2,570, layer by layer."""
    counts = [layer.count_params() for layer in network.build().layers]
    assert [count for count in counts if count] == [1_568, 16_416, 205_056, 2_570]

"""Every shipped model's figures, measured anew, are those of its card."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from models.card import Card, Quantities
from models.measurement import Number, Record
from tests.support import cards
from training import onnx_model
from training.card.build import VALIDATION
from training.data import Data
from training.measure import calibration, corruptions, evaluate, out_of_distribution, selective
from training.measure.contract_violations import contract_violations
from training.measure.portrait import portrait
from training.measure.results import Outputs

SHIPPED = [cards.folder(model) for model in cards.MODELS]
# What takes seconds for each is measured anew of the seminar's model and of one that lacks a class.
FEW = pytest.mark.parametrize(
    "shipped",
    [cards.folder(model) for model in ("seminar-cnn", "missing-dog")],
    indirect=True,
    ids=["whole", "lacking"],
)
# Corrupting all test images takes seconds, so these two stand for the sixty.
CORRUPTIONS = (("contrast", 5), ("gaussian noise", 3))

Corrupted = Callable[[str, int], corruptions.Pixels]


@dataclass(frozen=True)
class Shipped:
    """A shipped model: what its card states, and what it says here and now of the test images.

    What it said of the validation images is kept beside the card.
    """

    card: Card
    content: bytes
    test: Outputs
    validation: Outputs

    @property
    def stated(self) -> Quantities:
        """The card's figures."""
        return self.card.quantitative_analyses

    @property
    def threshold(self) -> float:
        """From which probability on the card calls an answer confident."""
        return self.card.metrics.decision.threshold.value or 1


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda folder: folder.parent.name)
def shipped(request: pytest.FixtureRequest, images: Data) -> Shipped:
    """Each shipped model in turn."""
    folder: Path = request.param
    content = (folder / "model.onnx").read_bytes()
    with np.load(folder / VALIDATION) as kept:
        logits, labels = kept["logits"], kept["labels"].astype(np.int64)
    validation = Outputs(logits, softmax(logits.astype(np.float64), axis=1), labels)
    return Shipped(Card.read(folder / "card.json"), content, Outputs.of(content, images), validation)


@pytest.fixture(scope="module")
def corrupted(images: Data) -> Corrupted:
    """Makes all test images corrupted, once for all models."""
    return cache(lambda name, severity: corruptions.corrupt(images.images, name, severity))


def close(stated: Number, measured: Number) -> bool:
    """Equal, or one image in ten thousand apart where another processor's rounding tips it over an edge."""
    if stated.value is None or measured.value is None:
        return stated.value is measured.value
    same = stated.n == measured.n and stated.split == measured.split
    return same and math.isclose(stated.value, measured.value, rel_tol=1e-4, abs_tol=2e-4)


def check(stated: Record, measured: Record) -> None:
    """Every number of a part of a card comes out again."""
    for name in type(stated).model_fields:
        said, found = getattr(stated, name), getattr(measured, name)
        if isinstance(said, Number):
            assert close(said, found), f"{name}: the card says {said}, measured {found}"


def test_what_was_chosen_on_validation_comes_out_again(shipped: Shipped) -> None:
    """From the model's kept validation outputs come each card's threshold, temperature, energy limit and records."""
    validation, decision = shipped.validation, shipped.card.metrics.decision
    counts = np.bincount(validation.labels, minlength=10).tolist()
    assert counts == list(shipped.card.training_data.counts["validation"].values())
    temperature = calibration.fit_temperature(*validation.scored)
    assert shipped.stated.calibration.temperature.value == pytest.approx(temperature, rel=1e-4)
    limit = out_of_distribution.energy_threshold(validation.logits)
    assert close(shipped.stated.out_of_distribution.energy_threshold, limit)
    check(decision, selective.decision(validation.answered, shipped.test.answered))
    for stated, record in zip(shipped.stated.track_record, selective.track_record(validation.answered), strict=True):
        assert (stated.label, stated.lower) == (record.label, record.lower)
        check(stated, record)


def test_the_overall_figures_come_out_again(shipped: Shipped) -> None:
    """Accuracy, top-2, NLL and Brier on validation and test, and every class's figures, are each card's."""
    check(shipped.stated.splits["validation"], evaluate.overall(*shipped.validation.answered, "validation"))
    check(shipped.stated.splits["test"], evaluate.overall(*shipped.test.answered, "test"))
    for label, metrics in evaluate.per_class(*shipped.test.answered).items():
        check(shipped.stated.per_class[label], metrics)


@FEW
def test_calibration_and_coverage_come_out_again(shipped: Shipped) -> None:
    """ECE without and with the temperature, its bins, and each class's share of confident answers are the card's."""
    measured = calibration.calibrate(shipped.validation.scored, shipped.test.scored)
    check(shipped.stated.calibration, measured)
    assert [each.count for each in measured.bins] == [each.count for each in shipped.stated.calibration.bins]
    coverage = selective.selective(shipped.test.answered, shipped.threshold).coverage
    assert {label: number.value for label, number in shipped.stated.selective.coverage.items()} == {
        label: number.value for label, number in coverage.items()
    }


def test_out_of_distribution_figures_come_out_again(shipped: Shipped) -> None:
    """What each card says of pictures that show none of its classes, set by set, and of the portrait."""
    logits = shipped.validation.logits, shipped.test.logits
    again = out_of_distribution.measure(shipped.content, *logits, shipped.threshold)
    for stated, measured in zip(shipped.stated.out_of_distribution.sets, again.sets, strict=True):
        assert stated.name == measured.name
        check(stated, measured)
    face = portrait(shipped.content, shipped.threshold, again.energy_threshold.value or 0)
    check(shipped.stated.portrait, face)
    assert (shipped.stated.portrait.label, shipped.stated.portrait.text) == (face.label, face.text)


@FEW
def test_contract_violations_come_out_again(shipped: Shipped, images: Data) -> None:
    """The card's accuracy with colours swapped, and with pixels scaled otherwise."""
    again = contract_violations(shipped.content, images, shipped.test.logits)
    for stated, measured in zip(shipped.stated.contract_violations, again, strict=True):
        assert stated.change == measured.change
        check(stated, measured)


@FEW
@pytest.mark.parametrize(("name", "severity"), CORRUPTIONS)
def test_robustness_comes_out_again(
    shipped: Shipped, images: Data, corrupted: Corrupted, name: str, severity: int
) -> None:
    """The card's accuracy and recalls under two of the corruptions."""
    answers = onnx_model.run(shipped.content, corrupted(name, severity))[1].argmax(axis=1)
    matrix = evaluate.count(answers, images.labels)
    (stated,) = [
        each for each in shipped.stated.robustness.corruptions if (each.corruption, each.severity) == (name, severity)
    ]
    assert stated.accuracy.value == pytest.approx(matrix.trace() / matrix.sum(), abs=2e-4)
    recalls = matrix.diagonal() / matrix.sum(axis=1)
    # One image in a thousand of a class may fall to the other side of an edge.
    assert list(stated.recalls.values()) == pytest.approx(recalls.tolist(), abs=1.1e-3)


def test_a_changed_number_is_noticed() -> None:
    """The comparison above refuses an accuracy that is off by three images in ten thousand."""
    number = cards.card().quantitative_analyses.splits["test"].accuracy
    assert close(number, number)
    assert not close(number, number.model_copy(update={"value": (number.value or 0) + 3e-4}))

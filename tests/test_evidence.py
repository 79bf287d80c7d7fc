"""How the evidence in the card is measured: worked out by hand where a hand can, and kept off the test images."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from models.card import Card
from models.cifar10_test import LABELS
from models.number import Number
from models.repository import FOLDER
from tests import toy
from training import (
    calibration,
    corruptions,
    data,
    document,
    evaluate,
    evidence,
    export,
    misuse,
    recipe,
    robustness,
    selective,
    strangers,
)
from training.corruptions import CORRUPTIONS
from training.data import Data
from training.errors import WrongModelError
from training.recipe import Splits
from training.report import VALIDATION
from training.variant import Variant

SHIPPED = sorted(path.parent for path in FOLDER.glob("*/1/card.json"))


class Untouchable:
    """Stands where test images would: whoever looks at them fails."""

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(f"the test images were touched: {name}")

    def __len__(self) -> int:
        raise AssertionError("the test images were touched")


def scored(seed: int = 0, n: int = 500) -> calibration.Scored:
    """Logits that are right more often the larger they are, and labels."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, n)
    logits = random.normal(size=(n, 10)).astype(np.float32)
    logits[np.arange(n), labels] += random.exponential(2, n)
    return logits, labels


def test_no_test_image_can_reach_a_fit() -> None:
    """A training whose test images fail at the first look at them goes through to its end."""
    images = data.load_test()
    model, history = recipe.fit(Splits(images[:64], images[64:96], Untouchable()), max_epochs=1)  # type: ignore[arg-type]
    assert len(history["val_loss"]) == 1
    assert model.count_params() == 225_610


def test_nothing_is_chosen_on_test_images() -> None:
    """Temperature, threshold, energy limit and track records stay the same whatever the test images are."""
    validation = scored()
    answered = softmax(validation[0], axis=1), validation[1]
    found = [
        (
            calibration.calibrate(validation, test).temperature,
            selective.decision(answered, (softmax(test[0], axis=1), test[1])).threshold,
        )
        for test in (scored(1), scored(2), (scored(3)[0], np.zeros(500, np.int64)))
    ]
    assert found[0] == found[1] == found[2]
    assert {number.split for number in (*found[0], strangers.energy_threshold(validation[0]))} == {"validation"}
    assert {record.precision.split for record in selective.track_record(answered)} == {"validation"}


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.parent.name)
def test_what_was_chosen_on_validation_comes_out_again(folder: Path) -> None:
    """From the model's kept validation outputs come each card's threshold, temperature, energy limit and records."""
    card = Card.read(folder / "card.json")
    with np.load(folder / VALIDATION) as kept:
        logits, labels = kept["logits"], kept["labels"].astype(np.int64)
    found = card.quantitative_analyses
    assert [int((labels == i).sum()) for i in range(10)] == list(card.training_data.counts["validation"].values())
    assert close(found.calibration.temperature, calibration.fit_temperature(logits, labels))
    assert close(found.out_of_distribution.energy_threshold, strangers.energy_threshold(logits).value)
    answered = softmax(logits.astype(np.float64), axis=1), labels
    decision = selective.decision(answered, answered)
    assert close(card.metrics.decision.threshold, decision.threshold.value)
    assert close(card.metrics.decision.validation_error, decision.validation_error.value)
    for stated, measured in zip(found.track_record, selective.track_record(answered), strict=True):
        assert (stated.label, stated.lower, stated.precision.n) == (
            measured.label,
            measured.lower,
            measured.precision.n,
        )
        assert close(stated.precision, measured.precision.value)


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.parent.name)
def test_what_was_measured_on_test_images_comes_out_again(folder: Path) -> None:
    """ECE, coverage by class, strangers, broken contracts, the portrait and two corruptions, anew, are each card's."""
    card, content, test = Card.read(folder / "card.json"), (folder / "model.onnx").read_bytes(), data.load_test()
    found, threshold = card.quantitative_analyses, card.metrics.decision.threshold.value or 1
    logits, probabilities = export.run(content, test.images)
    with np.load(folder / VALIDATION) as kept:
        validation = kept["logits"]
    bins = calibration.bins(probabilities, test.labels)
    assert [each.count for each in bins] == [each.count for each in found.calibration.bins]
    ece = sum(each.count * abs((each.confidence or 0) - (each.accuracy or 0)) for each in bins) / len(test)
    assert close(found.calibration.ece, ece)
    coverage = selective.selective((probabilities, test.labels), threshold).coverage
    assert {label: number.value for label, number in found.selective.coverage.items()} == {
        label: number.value for label, number in coverage.items()
    }
    for stated, strange in zip(
        found.out_of_distribution.sets, strangers.measure(content, validation, logits, threshold).sets, strict=True
    ):
        for name in ("auroc_softmax", "auroc_energy", "fpr95_softmax", "fpr95_energy", "confident"):
            assert close(getattr(stated, name), getattr(strange, name).value), (stated.name, name)
    for broken, again in zip(found.broken_contract, misuse.broken_contract(content, test), strict=True):
        assert close(broken.accuracy, again.accuracy.value), broken.change
    assert found.portrait.label == misuse.portrait(content, threshold).label
    for name, severity in (("contrast", 5), ("gaussian noise", 3)):
        spoilt = export.run(content, corruptions.corrupt(test.images, name, severity))[1].argmax(axis=1)
        (said,) = [e for e in found.robustness.corruptions if (e.corruption, e.severity) == (name, severity)]
        assert close(said.accuracy, float((spoilt == test.labels).mean())), name


def close(stated: Number, measured: float | None) -> bool:
    """Equal, or one image in ten thousand apart where another processor's rounding tips it over an edge."""
    if stated.value is None or measured is None:
        return stated.value is measured
    return math.isclose(stated.value, measured, rel_tol=1e-4, abs_tol=2e-4)


def test_a_changed_number_is_noticed() -> None:
    """The comparison above refuses an accuracy that is off by three images in ten thousand."""
    number = Card.read(FOLDER / "seminar-cnn" / "1" / "card.json").quantitative_analyses.splits["test"].accuracy
    assert close(number, number.value)
    assert not close(number, (number.value or 0) + 3e-4)


def test_a_temperature_is_found_again() -> None:
    """Logits three times too large are fitted with three times the temperature (within 1 %)."""
    logits, labels = scored(n=5000)
    assert calibration.fit_temperature(3 * logits, labels) == pytest.approx(
        3 * calibration.fit_temperature(logits, labels), rel=0.01
    )


def test_the_calibration_error_by_hand() -> None:
    """Four answers at 0.9, three of them right, and one at 0.5, wrong: ECE = (4 * 0.15 + 1 * 0.5) / 5."""
    probabilities = np.full((5, 10), 0.0)
    probabilities[:4, 0], probabilities[:4, 1] = 0.9, 0.1
    probabilities[4, :2] = 0.5 + 1e-9, 0.5 - 1e-9
    labels = np.array([0, 0, 0, 1, 1])
    logits = np.log(np.clip(probabilities, 1e-12, None)).astype(np.float64)
    measured = calibration.calibrate((logits, labels), (logits, labels))
    assert measured.ece.value == pytest.approx((4 * 0.15 + 0.5) / 5, abs=1e-6)
    assert sum(each.count for each in measured.bins) == 5


def test_risk_and_coverage_by_hand() -> None:
    """Four answers, surest first right, right, wrong, right: of the surer half none is wrong, of all a quarter."""
    probabilities = np.zeros((4, 10))
    probabilities[:, 0] = 0.9, 0.8, 0.7, 0.6
    probabilities[:, 1] = 1 - probabilities[:, 0]
    points = {p.coverage: p.error for p in selective.selective((probabilities, np.array([0, 0, 1, 0])), 0.75).curve}
    assert points[0.5] == 0
    assert points[1.0] == 0.25


def test_the_auroc_is_scikit_learns() -> None:
    """The AUROC with DeLong's interval has the value of scikit-learn's roc_auc_score, ties included."""
    random = np.random.default_rng(0)
    inside, outside = random.normal(0, 1, 300).round(1), random.normal(0.7, 1, 200).round(1)
    measured = strangers._auroc(inside, outside)  # noqa: SLF001 - measured through 10,000 images otherwise
    expected = roc_auc_score(np.r_[np.zeros(300), np.ones(200)], np.r_[inside, outside])
    assert measured.value == pytest.approx(expected, abs=1e-12)
    assert measured.ci
    assert measured.ci.lower < expected < measured.ci.upper


def test_energy_by_hand() -> None:
    """Ten equal logits of 0 have the energy -log 10, and a sure answer has a lower one."""
    logits = np.zeros((2, 10))
    logits[1, 0] = 8
    energies = strangers.energy(logits)
    assert energies[0] == pytest.approx(-math.log(10))
    assert energies[1] == pytest.approx(-math.log(math.exp(8) + 9))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_spoils_more_with_each_severity(name: str) -> None:
    """Each severity changes the pictures more than the one before (mean absolute difference), the same every time."""
    images = data.load_test().images[:200]
    changes = []
    for severity in corruptions.SEVERITIES:
        spoilt = corruptions.corrupt(images, name, severity)
        assert spoilt.shape == images.shape
        assert spoilt.dtype == np.uint8
        changes.append(float(np.abs(spoilt.astype(int) - images).mean()))
    assert changes == sorted(changes)
    assert changes[0] > 0
    assert (corruptions.corrupt(images, name, 5) == spoilt).all()


def test_measurements_are_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured before an interruption is not measured again, and a whole run equals one in two parts."""
    monkeypatch.setattr(robustness, "CACHE", tmp_path)
    images = data.load_test()[:100]
    whole = robustness.measure(toy.model(), images)
    assert len(whole.corruptions) == len(CORRUPTIONS) * 5
    kept = sorted(tmp_path.rglob("*.answers"))
    kept[7].unlink()
    asked: list[tuple[str, int]] = []

    def corrupt(pictures: corruptions.Pixels, name: str, severity: int) -> corruptions.Pixels:
        asked.append((name, severity))
        return original(pictures, name, severity)

    original = corruptions.corrupt
    monkeypatch.setattr(corruptions, "corrupt", corrupt)
    assert robustness.measure(toy.model(), images) == whole
    assert len(asked) == 1
    assert len(kept[7].read_bytes()) == 100


def test_a_gap_has_an_interval() -> None:
    """Of 60 of 100 right against 40 of 100: a gap of 0.2, a ratio of 1.5, each inside its interval."""
    first, second = np.arange(100) < 60, np.arange(100) < 40
    gap = evaluate.contrast(first, second, evaluate.difference, "gap")
    ratio = evaluate.contrast(first, second, evaluate.ratio, "ratio", split="test")
    assert gap.value == pytest.approx(0.2)
    assert ratio.value == pytest.approx(1.5)
    # By the normal approximation the gap's interval is 0.2 +- 1.96 * sqrt(2 * 0.24 / 100).
    assert gap.ci
    assert (gap.ci.lower, gap.ci.upper) == pytest.approx((0.2 - 0.136, 0.2 + 0.136), abs=0.03)
    assert ratio.ci
    assert ratio.ci.lower < 1.5 < ratio.ci.upper


def test_the_scaling_is_inside_the_graph() -> None:
    """With pixels as the contract says the accuracy is the card's; scaled twice the model knows next to nothing."""
    card = Card.read(FOLDER / "seminar-cnn" / "1" / "card.json")
    accuracies = {each.change: each.accuracy.value for each in card.quantitative_analyses.broken_contract}
    first, *others = accuracies.values()
    assert first == card.quantitative_analyses.splits["test"].accuracy.value
    assert min(others) < 0.2


def test_a_card_is_not_overwritten_by_another_models_figures() -> None:
    """`evaluate` refuses to measure a model as something that it was not trained as."""
    images = data.load_test()
    other = Variant("seminar-cnn", "none", document.SEMINAR, Splits(images[:9], images[9:18], images))
    with pytest.raises(WrongModelError, match="trained on other data"):
        evidence.evaluate_again(FOLDER / "seminar-cnn" / "1", other)


def test_the_data_says_what_it_holds() -> None:
    """A slice of the data keeps images and labels together."""
    part: Data = data.load_test()[3:7]
    assert len(part) == 4
    assert [LABELS[i] for i in part.labels] == ["airplane", "frog", "frog", "automobile"]

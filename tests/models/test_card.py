"""The shipped card tells the truth about the shipped model."""

import json
from typing import Any

import numpy as np
import pytest

from models.card import Card
from models.cifar10_test import LABELS
from models.measurement import Number
from models.repository import FOLDER
from tests.support.serving import Service
from training import data, onnx_model, verify
from training.__main__ import main
from training.card import evidence
from training.measure import evaluate, selective
from training.measure.intervals import Floats

MODEL = FOLDER / "seminar-cnn" / "1"
CARD = Card.read(MODEL / "card.json")


@pytest.fixture(scope="module")
def test_split() -> data.Data:
    return data.load_test()


@pytest.fixture(scope="module")
def probabilities(test_split: data.Data) -> Floats:
    """Of the shipped model on the test images, computed here and now."""
    return onnx_model.run((MODEL / "model.onnx").read_bytes(), test_split.images)[1]


def test_accuracy_over_http_is_the_cards(every_answer: list[dict[str, Any]]) -> None:
    """All 10,000 test images by index give the card's accuracy and confusion matrix, to the last image."""
    counts = np.zeros((10, 10), int)
    for answer in every_answer:
        counts[LABELS.index(answer["truth"]["label"]), answer["class_index"]] += 1
    assert counts.tolist() == CARD.quantitative_analyses.confusion_matrix
    assert counts.trace() / 10_000 == CARD.quantitative_analyses.splits["test"].accuracy.value


def same(stated: Number, measured: Number) -> bool:
    """Equal up to the rounding of another machine's arithmetic; counts and intervals to the same digits."""
    if stated.ci and measured.ci and not np.isclose(stated.ci.lower, measured.ci.lower, rtol=1e-5):
        return False
    return stated.n == measured.n and bool(np.isclose(stated.value or 0, measured.value or 0, rtol=1e-5))


def test_verify_passes_a_true_card(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m training verify URL` uploads all test images, finds the card's figures again and says pass.

    The accuracy among them, to the last image: its tolerance is a tenth of one image in ten thousand.
    """
    assert verify.TOLERANCE * (CARD.quantitative_analyses.splits["test"].accuracy.n or 0) < 1
    assert main(["verify", service.url]) == 0
    assert capsys.readouterr().out.startswith("Pass: ")


def test_verify_names_what_differs(probabilities: Floats, test_split: data.Data) -> None:
    """A card with one figure or one cell of the matrix changed is told, each change by its name."""
    powers = probabilities ** (1 / (CARD.quantitative_analyses.calibration.temperature.value or 1))
    calibrated = powers.max(axis=1) / powers.sum(axis=1)
    assert verify.differences(CARD, probabilities, calibrated, test_split.labels) == []
    changed = CARD.model_dump()
    changed["quantitative_analyses"]["splits"]["test"]["brier"]["value"] += 0.0001
    changed["quantitative_analyses"]["calibration"]["ece"]["value"] += 0.001
    changed["quantitative_analyses"]["confusion_matrix"][3][5] += 1
    changed["metrics"]["decision"]["threshold"]["value"] -= 0.1
    found = verify.differences(Card.model_validate(changed), probabilities, calibrated, test_split.labels)
    assert [line.partition(":")[0] for line in found] == ["brier", "ece", "confusion matrix", "confident answers"]
    (line,) = verify.differences(CARD, probabilities, calibrated * 0.9, test_split.labels)
    assert line.startswith("ece_calibrated: ")


def test_verify_says_when_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a service at the address verify says so in one sentence, exit code 1."""
    assert main(["verify", "http://127.0.0.1:9"]) == 1
    assert "http://127.0.0.1:9 can't be asked" in capsys.readouterr().err.splitlines()[-1]


def test_the_cards_figures_are_those_of_its_model(probabilities: Floats, test_split: data.Data) -> None:
    """Accuracy, top-2, NLL, Brier, and every class's precision, recall and F1 measured anew equal the card's."""
    stated, measured = CARD.quantitative_analyses, evaluate.overall(probabilities, test_split.labels, "test")
    for name in type(measured).model_fields:
        assert same(getattr(stated.splits["test"], name), getattr(measured, name)), name
    for label, metrics in evaluate.per_class(probabilities, test_split.labels).items():
        for name in type(metrics).model_fields:
            assert same(getattr(stated.per_class[label], name), getattr(metrics, name)), (label, name)


def test_a_changed_figure_is_noticed(probabilities: Floats, test_split: data.Data) -> None:
    """The comparison above fails when one figure of the card is changed by one image in ten thousand."""
    measured = evaluate.overall(probabilities, test_split.labels, "test").accuracy
    changed = measured.model_copy(update={"value": (measured.value or 0) + 1e-4})
    assert not same(changed, measured)


def test_the_confident_answers_are_as_wrong_as_the_card_says(probabilities: Floats, test_split: data.Data) -> None:
    """At the card's threshold the share of test answers that are confident, and of those wrong, are the card's."""
    decision = CARD.metrics.decision
    sure = probabilities.max(axis=1) >= np.float64(decision.threshold.value or 0)
    wrong = probabilities.argmax(axis=1) != test_split.labels
    assert sure.mean() == decision.test_coverage.value
    assert wrong[sure].mean() == decision.test_error.value
    assert (decision.validation_error.value or 0) <= selective.TARGET_ERROR


def test_the_model_is_the_seminars() -> None:
    """The figures are where the seminar's are: validation accuracy 0.63-0.67, validation loss 1.05-1.15."""
    validation = CARD.quantitative_analyses.splits["validation"]
    assert 0.63 <= (validation.accuracy.value or 0) <= 0.67
    assert 1.05 <= (validation.nll.value or 0) <= 1.15
    last = CARD.quantitative_analyses.learning_curve[-1]
    assert validation.accuracy.value == pytest.approx(last.val_accuracy, abs=1e-4)  # as Keras saw it in the fit


def test_every_figure_file_of_the_card_is_there() -> None:
    """The card names exactly the figures in its folder, and says of each what it shows."""
    figures = CARD.quantitative_analyses.figures
    assert set(figures) == {path.name for path in (MODEL / "figures").iterdir()}
    assert all(figures.values())


def test_examples_of_confusions_are_what_they_are_called(probabilities: Floats, test_split: data.Data) -> None:
    """Each example index of a confusion has that truth and gets that answer; automobile for bird is among them."""
    answers = probabilities.argmax(axis=1)
    for confusion in CARD.quantitative_analyses.confusions:
        for index in confusion.examples:
            assert LABELS[test_split.labels[index]] == confusion.truth
            assert LABELS[answers[index]] == confusion.answer
    assert ("automobile", "bird") in {(c.truth, c.answer) for c in CARD.quantitative_analyses.confusions}


def test_the_evidence_is_that_of_the_trials() -> None:
    """The spread over seeds and the missing-group figures computed anew from the trials' records equal the card's."""
    records = json.loads((MODEL / "trials.json").read_bytes())
    stated = CARD.quantitative_analyses
    assert stated.seed_runs == evidence.seed_runs(records)
    assert CARD.metrics.seed_spread == evidence.seed_spread(stated.seed_runs)
    assert stated.missing_group == evidence.group_runs(records)
    assert len(stated.seed_runs) >= 5
    assert all(len(run.recalls) >= 3 for run in stated.missing_group)
    assert {run.group for run in stated.missing_group} == {"automobile", "dog"}


def test_the_served_model_is_seed_zero() -> None:
    """The seeds' first run is the shipped model: it has the same accuracy on validation and test, to the last image."""
    first, splits = CARD.quantitative_analyses.seed_runs[0], CARD.quantitative_analyses.splits
    assert first.seed == 0
    assert first.test_accuracy.value == splits["test"].accuracy.value
    assert first.validation_accuracy.value == splits["validation"].accuracy.value


def test_the_average_hides_a_missing_group() -> None:
    """With 1 % of a class left its recall falls by more than half, the overall accuracy by less than a tenth."""
    runs = {(r.group, r.share): r for r in CARD.quantitative_analyses.missing_group if not r.repaired}
    for group in ("automobile", "dog"):
        whole, cut = runs[group, 1.0], runs[group, 0.01]
        assert (whole.recall.value or 0) - (cut.recall.value or 0) > 0.5
        assert 0 < (whole.accuracy.value or 0) - (cut.accuracy.value or 0) < 0.1

"""The shipped card tells the truth about the shipped model."""

import json
from typing import Any

import numpy as np
import pytest

from models.card import Card
from models.cifar10_test import LABELS
from models.measurement import Number
from tests.support import cards
from tests.support.serving import Service
from training import data, onnx_model, verify
from training.__main__ import main
from training.card import groups, seeds
from training.measure import (
    adversarial,
    calibration,
    evaluate,
    intervals,
    label_trust,
    membership,
    near_duplicates,
    selective,
)
from training.measure.intervals import Floats

MODEL = cards.folder()
CARD = cards.card()
MISSING = [model for model in cards.MODELS if model != cards.SEMINAR]


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


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    """Of the trials, as they are shipped."""
    found: list[dict[str, Any]] = json.loads((MODEL / "trials.json").read_bytes())
    return found


def test_the_evidence_is_that_of_the_trials(records: list[dict[str, Any]]) -> None:
    """The spread over seeds and the missing-group figures computed anew from the trials' records equal the card's."""
    stated = CARD.quantitative_analyses
    assert stated.seeds == seeds.seed_spread(records)
    assert stated.seeds
    assert CARD.metrics.seed_spread == seeds.accuracy_spread(stated.seeds)
    assert CARD.metrics.next_training == seeds.next_training(stated.seeds)
    assert stated.missing_group == groups.group_runs(records)
    assert (len(stated.seeds.runs), len(stated.seeds.candidates)) == (16, 16)
    assert all(len(run.recalls) == 3 for run in stated.missing_group)
    assert {run.group for run in stated.missing_group} == {"automobile", "dog"}


@pytest.mark.parametrize("model", MISSING)
def test_each_model_that_misses_a_class_is_compared_with_its_kin(model: str, records: list[dict[str, Any]]) -> None:
    """What its card says of the comparison is what the trials' records give; its first pair is the model itself."""
    card, group = cards.card(model), model.split("-")[1]
    repaired = model.endswith("repaired")
    stated = card.quantitative_analyses.comparison
    assert stated == groups.comparison("seminar-cnn", records, group, 0.01, repaired=repaired)
    assert stated
    own, kin = card.quantitative_analyses, CARD.quantitative_analyses
    difference = (own.splits["test"].accuracy.value or 0) - (kin.splits["test"].accuracy.value or 0)
    assert stated.pairs[0].shift == 0
    assert stated.pairs[0].accuracy.value == pytest.approx(difference, abs=1e-9)
    lost = (own.per_class[group].recall.value or 0) - (kin.per_class[group].recall.value or 0)
    assert stated.pairs[0].recall.value == pytest.approx(lost, abs=1e-9)


def test_the_served_model_is_one_of_the_trials() -> None:
    """The first of the runs is the shipped model: the same accuracy on validation and test, to the last image."""
    stated, splits = CARD.quantitative_analyses.seeds, CARD.quantitative_analyses.splits
    assert stated
    first = stated.runs[0]
    assert (first.shift, first.python_seed) == (0, CARD.model_details.training.python_seed)
    assert first.test_accuracy.value == splits["test"].accuracy.value
    assert first.validation_accuracy.value == splits["validation"].accuracy.value


def test_the_average_hides_a_missing_group() -> None:
    """With 1 % of a class left its recall falls by more than half, the overall accuracy by less than a tenth."""
    runs = {(r.group, r.share): r for r in CARD.quantitative_analyses.missing_group if not r.repaired}
    for group in ("automobile", "dog"):
        whole, cut = runs[group, 1.0], runs[group, 0.01]
        assert (cut.recall.value or 0) < (whole.recall.value or 0) / 2
        assert 0 < (whole.accuracy.value or 0) - (cut.accuracy.value or 0) < 0.1


@pytest.mark.parametrize("model", cards.MODELS)
def test_the_figures_of_single_images_are_the_cards(model: str, test_split: data.Data) -> None:
    """Near-duplicates, the attack and the trust in labels computed anew from the shipped files equal the card's."""
    folder, stated = cards.folder(model), cards.card(model).quantitative_analyses
    logits, answered = onnx_model.run((folder / "model.onnx").read_bytes(), test_split.images)
    images, validation = np.load(folder / "images.npz"), np.load(folder / "validation.npz")
    right = answered.argmax(axis=1) == test_split.labels
    labels = validation["labels"].astype(np.int64)
    assert stated.near_duplicates == near_duplicates.measure(images["similarity"], right)
    assert stated.adversarial == adversarial.measure(images["attacked"], test_split.labels)
    assert (images["attacked"][0] == answered.argmax(axis=1)).all()
    threshold = cards.card(model).metrics.decision.threshold.value or 1
    exact = np.exp(validation["logits"].astype(np.float64))
    on_validation = (exact / exact.sum(axis=1, keepdims=True)).astype(np.float32), labels
    trust = label_trust.measure(on_validation, (answered, test_split.labels), threshold)
    assert trust.unreliable == stated.label_thresholds.unreliable
    for mine, theirs in zip(trust.labels, stated.label_thresholds.labels, strict=True):
        for name in ("wrong_as_answer", "wrong_as_truth", "false_positive_rate", "threshold"):
            assert same(getattr(theirs, name), getattr(mine, name)), (mine.label, name)
    assert stated.base_rate is None or same(
        stated.base_rate.recall, _recall(stated.base_rate.label, answered, threshold, test_split)
    )
    fitted = calibration.fit_temperature(validation["logits"], labels)
    assert stated.calibration.temperature.value == pytest.approx(fitted, rel=1e-3)
    assert len(logits) == len(right)


def _recall(label: str, answered: Floats, threshold: float, test_split: data.Data) -> Number:
    shown = test_split.labels == LABELS.index(label)
    found = (answered.argmax(axis=1) == LABELS.index(label)) & (answered.max(axis=1) >= threshold) & shown
    return intervals.proportion(int(found.sum()), int(shown.sum()), "test", "")


def test_membership_is_what_its_scores_give() -> None:
    """The attacks' figures computed anew from the shipped scores of 40,000 and 10,000 images equal the card's."""
    scores = membership.Scores(**dict(np.load(MODEL / "membership.npz")))
    stated = CARD.quantitative_analyses.membership
    assert stated
    assert stated == membership.membership(scores, stated.shadows)
    test, train = (CARD.quantitative_analyses.splits[split] for split in ("test", "train"))
    assert scores.test_losses.mean() == pytest.approx(test.nll.value, abs=1e-4)
    assert scores.train_losses.mean() == pytest.approx(train.nll.value, abs=1e-4)


def test_the_exercise_is_the_services(every_answer: list[dict[str, Any]]) -> None:
    """The seminar's images 1 to 16 get over HTTP the answers, probabilities and verdicts that the card lists."""
    assert [each.index for each in CARD.quantitative_analyses.exercise] == list(range(1, 17))
    for each in CARD.quantitative_analyses.exercise:
        answer = every_answer[each.index]
        assert (each.truth, each.answer, each.correct) == (
            answer["truth"]["label"], answer["label"], answer["truth"]["correct"],
        )  # fmt: skip
        assert each.probability == pytest.approx(answer["probability"], abs=2e-6)


def test_the_seed_was_chosen_as_the_card_says(records: list[dict[str, Any]]) -> None:
    """Of the sixteen candidates the shipped seed's training comes nearest to what the seminar reports."""
    assert seeds.chosen([r for r in records if r["trial"]["shift"] == 0 and not r["trial"]["group"]]) == (
        CARD.model_details.training.python_seed
    )
    reference = CARD.model_details.reference
    assert reference
    assert (reference.epochs.value, reference.validation_accuracy.value, reference.validation_loss.value) == (
        7, 0.65, 1.092,
    )  # fmt: skip
    assert reference.own_validation_accuracy == CARD.quantitative_analyses.splits["validation"].accuracy

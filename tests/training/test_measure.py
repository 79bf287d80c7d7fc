"""How the figures in a card are measured: worked out by hand where a hand can, compared with libraries elsewhere."""

import math

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, roc_auc_score

from training.measure import calibration, evaluate, intervals, out_of_distribution, portrait, results, selective
from training.measure.results import Outputs


def scored(seed: int = 0, n: int = 500) -> calibration.Scored:
    """Logits that are right more often the larger they are, and labels."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, n)
    logits = random.normal(size=(n, 10)).astype(np.float32)
    logits[np.arange(n), labels] += random.exponential(2, n)
    return logits, labels


def test_wilsons_interval() -> None:
    """65 % of 10,000 lies within 64.1 and 65.9 %; of 1,000 within 62.0 and 67.9 %; no images, no number."""
    for n, low, high in ((10_000, 0.641, 0.659), (1_000, 0.620, 0.679)):
        interval = intervals.proportion(n * 65 // 100, n, "test", "m").ci
        assert interval
        assert (round(interval.lower, 3), round(interval.upper, 3)) == (low, high)
    assert intervals.proportion(0, 0, "test", "m").value is None


def test_a_gap_has_an_interval() -> None:
    """Of 60 of 100 right against 40 of 100: a gap of 0.2, a ratio of 1.5, each inside its interval."""
    first, second = np.arange(100) < 60, np.arange(100) < 40
    gap = intervals.contrast(first, second, intervals.difference, "gap")
    ratio = intervals.contrast(first, second, intervals.ratio, "ratio", split="test")
    assert gap.value == pytest.approx(0.2)
    assert ratio.value == pytest.approx(1.5)
    # By the normal approximation the gap's interval is 0.2 +- 1.96 * sqrt(2 * 0.24 / 100).
    assert gap.ci
    assert (gap.ci.lower, gap.ci.upper) == pytest.approx((0.2 - 0.136, 0.2 + 0.136), abs=0.03)
    assert ratio.ci
    assert ratio.ci.lower < 1.5 < ratio.ci.upper


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


def test_counts_and_f1_are_scikit_learns() -> None:
    """Confusion matrix and F1 are scikit-learn's to the last digit, also of classes that are neither there nor said.

    So is the F1's bootstrap interval: the percentiles of what scikit-learn says of the same resamples.
    """
    random = np.random.default_rng(0)
    labels, answers = random.integers(0, 7, 300), random.integers(0, 8, 300)

    def f1(chosen: intervals.Integers) -> intervals.Floats:
        scores: intervals.Floats = precision_recall_fscore_support(
            labels[chosen], answers[chosen], labels=range(10), zero_division=0
        )[2]
        return scores

    matrix = evaluate.count(answers, labels)
    assert (matrix == confusion_matrix(labels, answers, labels=range(10))).all()
    assert (evaluate.f1_scores(matrix) == f1(np.arange(300))).all()
    resamples = np.random.default_rng(intervals.SEED).integers(0, 300, (intervals.RESAMPLES, 300))
    level = [50 * (1 - intervals.LEVEL), 50 * (1 + intervals.LEVEL)]
    low, high = np.percentile([f1(chosen) for chosen in resamples], level, axis=0)
    measured = [metrics.f1.ci for metrics in evaluate.per_class(np.eye(10)[answers], labels).values()]
    assert [(ci.lower, ci.upper) for ci in measured if ci] == list(zip(low, high, strict=True))


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
    assert {number.split for number in (*found[0], out_of_distribution.energy_threshold(validation[0]))} == {
        "validation"
    }
    assert {record.precision.split for record in selective.track_record(answered)} == {"validation"}


def test_risk_and_coverage_by_hand() -> None:
    """Four answers, surest first right, right, wrong, right: of the surer half none is wrong, of all a quarter."""
    probabilities = np.zeros((4, 10))
    probabilities[:, 0] = 0.9, 0.8, 0.7, 0.6
    probabilities[:, 1] = 1 - probabilities[:, 0]
    points = {p.coverage: p.error for p in selective.selective((probabilities, np.array([0, 0, 1, 0])), 0.75).curve}
    assert points[0.5] == 0
    assert points[1.0] == 0.25


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


def test_chance_alone_makes_a_calibration_error() -> None:
    """Answers that are right just as often as they say have an ECE above nought; the floor is what that comes to."""
    random = np.random.default_rng(0)
    confidence = random.uniform(0.2, 1, 2000)
    found = [calibration.expected_error(confidence, random.random(2000) < confidence) for _ in range(200)]
    floor = calibration.floor(confidence)
    assert floor.value == pytest.approx(np.mean(found), rel=0.05)
    assert floor.ci
    assert floor.ci.lower > 0.005


def test_bins_of_equal_mass_by_hand() -> None:
    """Fifteen answers at 0.9, one to a bin, twelve right: (12 * 0.1 + 3 * 0.9) / 15; fewer answers than bins do too."""
    confidence, right = np.full(15, 0.9), np.arange(15) < 12
    assert calibration.equal_mass_error(confidence, right) == pytest.approx((12 * 0.1 + 3 * 0.9) / 15)
    assert calibration.equal_mass_error(confidence[:2], right[:2]) == pytest.approx(0.1)


def test_the_thresholds_choice_widens_the_errors_interval() -> None:
    """With the threshold chosen anew in each resample the error's interval is wider than at one threshold."""
    validation, test = ((softmax(logits, axis=1), labels) for logits, labels in (scored(0, 3000), scored(1, 3000)))
    decision = selective.decision(validation, test)
    fixed, anew = decision.test_error.ci, decision.chosen_anew.ci
    assert fixed
    assert anew
    assert decision.chosen_anew.value == decision.test_error.value
    assert anew.upper - anew.lower > fixed.upper - fixed.lower
    assert decision.threshold.ci
    assert decision.threshold.ci.lower <= (decision.threshold.value or 0) <= decision.threshold.ci.upper


def test_the_area_under_risk_and_coverage_by_hand() -> None:
    """Of right, right, wrong, right, surest first, the errors are 0, 0, 1/3, 1/4: the area is their mean."""
    probabilities = np.zeros((4, 10))
    probabilities[:, 0] = 0.9, 0.8, 0.7, 0.6
    probabilities[:, 1] = 1 - probabilities[:, 0]
    found = selective.selective((probabilities, np.array([0, 0, 1, 0])), 0.75)
    assert found.aurc.value == pytest.approx((1 / 3 + 1 / 4) / 4)


def test_the_auroc_is_scikit_learns() -> None:
    """The AUROC with DeLong's interval has the value of scikit-learn's roc_auc_score, ties included."""
    random = np.random.default_rng(0)
    inside, outside = random.normal(0, 1, 300).round(1), random.normal(0.7, 1, 200).round(1)
    measured = out_of_distribution.auroc(inside, outside)
    expected = roc_auc_score(np.r_[np.zeros(300), np.ones(200)], np.r_[inside, outside])
    assert measured.value == pytest.approx(expected, abs=1e-12)
    assert measured.ci
    assert measured.ci.lower < expected < measured.ci.upper


def test_energy_by_hand() -> None:
    """Ten equal logits of 0 have the energy -log 10, and a sure answer has a lower one."""
    logits = np.zeros((2, 10))
    logits[1, 0] = 8
    energies = out_of_distribution.energy(logits)
    assert energies[0] == pytest.approx(-math.log(10))
    assert energies[1] == pytest.approx(-math.log(math.exp(8) + 9))


def test_a_missing_class_is_no_overfitting() -> None:
    """A class that training hardly had has no part in the gap between training and test, and the slice says so."""
    labels = np.repeat(np.arange(10), 10)
    right = np.eye(10, dtype=np.float32)[labels]
    wrong = right.copy()
    wrong[labels == 5] = np.eye(10, dtype=np.float32)[0]
    kept = np.flatnonzero((labels != 5) | (np.arange(100) == 50))
    train, test = Outputs(right[kept], right[kept], labels[kept]), Outputs(wrong, wrong, labels)
    gap = results._generalisation_gap(train, test)  # noqa: SLF001 - the whole measurement takes a model
    assert gap.value == 0
    assert gap.slice == "without dog, most of which training had not"
    whole = results._generalisation_gap(Outputs(right, right, labels), test)  # noqa: SLF001 - as above
    assert whole.value == pytest.approx(0.1)


def test_the_portraits_sentence_says_what_the_answer_says() -> None:
    """Whether the energy gave it away, and whether the answer was confident, is told as it was."""
    noticed, missed, unsure = (
        portrait._text("dog", confident=confident, noticed=noticed)  # noqa: SLF001 - the sentence alone
        for confident, noticed in ((True, True), (True, False), (False, False))
    )
    assert "adds the caveat 'out-of-distribution'" in noticed
    assert "is confident, and its energy is as usual" in missed
    assert "is not confident, but its energy is as usual" in unsure

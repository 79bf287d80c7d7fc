"""How far to trust each label: worked out by hand."""

import numpy as np
import pytest

from training.measure import label_trust
from training.measure.intervals import Floats, Integers


def answered(*groups: tuple[int, int, float, int]) -> tuple[Floats, Integers]:
    """Probabilities and labels of images: (truth, answer, confidence, how many) by groups."""
    rows, labels = [], []
    for truth, answer, confidence, n in groups:
        row = np.zeros(10)
        row[answer], row[(answer + 1) % 10] = confidence, 1 - confidence
        rows += [row] * n
        labels += [truth] * n
    return np.array(rows), np.array(labels)


# Airplanes: 90 right and sure, 10 unsure; automobiles: 60 right and sure, 40 taken for airplanes, surely.
TEST = answered((0, 0, 0.95, 90), (0, 0, 0.6, 10), (1, 1, 0.95, 60), (1, 0, 0.95, 40))


def test_one_threshold_treats_labels_unlike() -> None:
    """Of 130 sure answers 'airplane' 40 are wrong, of 60 'automobile' none; of 100 sure automobiles 40 are wrong."""
    airplane, automobile, *_, truck = label_trust.measure(TEST, TEST, 0.9).labels
    assert airplane.wrong_as_answer.value == pytest.approx(40 / 130)
    assert automobile.wrong_as_answer.value == 0
    assert (airplane.wrong_as_truth.value, automobile.wrong_as_truth.value) == (0, 0.4)
    assert airplane.false_positive_rate.value == 0.4
    assert (truck.wrong_as_answer.status, truck.ece.status) == ("not_measured", "not_measured")


def test_a_label_is_unreliable_by_validation_alone() -> None:
    """Whose sure answers are wrong above one time in ten, by the whole interval, is named; nobody by few answers."""
    few = answered((0, 0, 0.95, 9), (1, 0, 0.95, 2), (1, 1, 0.95, 60))
    assert label_trust.measure(TEST, few, 0.9).unreliable == ["airplane"]
    assert label_trust.measure(few, TEST, 0.9).unreliable == []


def test_a_label_has_a_threshold_of_its_own() -> None:
    """The lowest confidence from which one answer in ten of that label is wrong; 1 where there is none."""
    validation = answered((0, 0, 0.95, 10), (1, 0, 0.8, 1), (1, 0, 0.7, 5), (1, 1, 0.5, 4), (0, 2, 0.9, 3))
    found = label_trust.measure(validation, TEST, 0.9)
    own = [each.threshold.value for each in found.labels[:3]]
    assert own == pytest.approx([0.8, 0.5, 1.0])
    # On test: 90 + 40 airplanes at 0.95, and 60 automobiles, are at or above their own.
    assert found.coverage.value == pytest.approx(190 / 200)
    assert found.error.value == pytest.approx(40 / 190)


def test_what_a_search_for_something_rare_finds() -> None:
    """Half of the sought found, one in a hundred others too, one in a thousand sought: one alarm in 21 is true."""
    test = answered((1, 1, 0.95, 50), (1, 1, 0.6, 50), (0, 1, 0.95, 1), (0, 0, 0.95, 99))
    found = label_trust.base_rate(test, 0.9, prevalence=0.001)
    assert found
    assert found.true_alarms.value == pytest.approx(0.0005 / (0.0005 + 0.999 * 0.01))
    assert "Of 10,000 pictures 10 show an automobile." in found.arithmetic
    assert "So of 105 alarms 5.0 are true: one in 21, reckoned from 1 false alarm among 100 images." in found.arithmetic
    assert found.true_alarms.ci
    assert found.true_alarms.ci.lower < (found.true_alarms.value or 0) < found.true_alarms.ci.upper


def test_no_false_alarm_no_arithmetic() -> None:
    """Where no other image gets the answer confidently nothing is claimed."""
    assert label_trust.base_rate(answered((1, 1, 0.95, 5), (0, 0, 0.95, 5)), 0.9) is None

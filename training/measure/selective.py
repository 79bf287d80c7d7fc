"""Which answers to accept: the confidence threshold, what it costs whom, and how answers of a label have fared."""

import itertools

import numpy as np
from numpy.typing import NDArray

from models.card import Decision
from models.cifar10_test import LABELS
from models.evidence import RiskPoint, Selective, TrackRecord
from models.measurement import Interval, Number, Split
from training.measure.intervals import LEVEL, RESAMPLES, SEED, Floats, Integers, proportion

TARGET_ERROR = 0.10
# Finer bins would hold too few answers of one label to say anything.
EDGES = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_POINTS = 101

Answered = tuple[Floats, Integers]
"""Probabilities [N, 10] and true labels [N]."""


def decision(validation: Answered, test: Answered) -> Decision:
    """The confidence threshold: chosen on validation, only reported on test (selective prediction).

    It accepts as many validation answers as it can while at most one accepted answer in ten is wrong. Geifman &
    El-Yaniv, "Selective Classification for Deep Neural Networks", 2017, describe the trade.
    """
    confidence, wrong = _confidence(*validation)
    threshold = lowest_threshold(confidence, wrong)
    others, errors = _chosen_anew((confidence, wrong), _confidence(*test))

    def measure(split: Split, data: Answered) -> tuple[Number, Number]:
        sure, mistaken = _confidence(*data)
        accepted = sure >= threshold
        n = int(accepted.sum())
        return (
            proportion(
                int(mistaken[accepted].sum()), n, split, "share of confident answers that are wrong", "confident"
            ),
            proportion(n, len(sure), split, "share of answers that are confident"),
        )

    validation_error, validation_coverage = measure("validation", validation)
    test_error, test_coverage = measure("test", test)
    return Decision(
        rule="An answer is confident when the probability of its label is at least the threshold.",
        threshold=Number(
            value=threshold,
            ci=_interval(others),
            n=len(confidence),
            split="validation",
            method=f"the lowest that keeps the error of confident answers at or below {TARGET_ERROR:.0%}",
            status="measured",
        ),
        validation_error=validation_error,
        validation_coverage=validation_coverage,
        test_error=test_error,
        test_coverage=test_coverage,
        chosen_anew=test_error.model_copy(
            update={
                "ci": _interval(errors),
                "method": "share of confident answers that are wrong; the interval holds the threshold's choice too: "
                "validation images are drawn anew, the threshold is chosen on them, and test images are drawn anew",
            }
        )
        if test_error.value is not None
        else test_error,
    )


def lowest_threshold(confidence: Floats, wrong: NDArray[np.bool_]) -> float:
    """The lowest confidence from which on at most one answer in ten is wrong; 1 if there is none.

    Args:
        confidence: of each answer, [N].
        wrong: whether it is, [N].
    """
    order = np.argsort(-confidence, kind="stable")
    errors = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    # Only where the next confidence is lower: a threshold can't part equal ones.
    last_of_equals = np.append(np.diff(confidence[order]) < 0, np.ones(min(1, len(order)), bool))
    fitting = np.flatnonzero((errors <= TARGET_ERROR) & last_of_equals)
    return float(confidence[order][fitting[-1]]) if len(fitting) else 1.0


_Judged = tuple[Floats, NDArray[np.bool_]]


def _chosen_anew(validation: _Judged, test: _Judged) -> tuple[list[float], list[float]]:
    """Thresholds chosen on validation images drawn anew, and the error of each on test images drawn anew."""
    random = np.random.default_rng(SEED)
    thresholds, errors = [], []
    for _ in range(RESAMPLES):
        drawn = random.integers(0, len(validation[0]), len(validation[0]))
        thresholds.append(lowest_threshold(validation[0][drawn], validation[1][drawn]))
        drawn = random.integers(0, len(test[0]), len(test[0]))
        accepted = test[0][drawn] >= thresholds[-1]
        if accepted.any():
            errors.append(float(test[1][drawn][accepted].mean()))
    return thresholds, errors


def _interval(draws: list[float]) -> Interval | None:
    if not draws:
        return None
    low, high = np.percentile(draws, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Interval(lower=low, upper=high, level=LEVEL, method=f"bootstrap, {RESAMPLES} resamples")


def _risk_area(confidence: Floats, wrong: NDArray[np.bool_]) -> float:
    order = np.argsort(-confidence, kind="stable")
    return float((np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)).mean())


def _aurc(confidence: Floats, wrong: NDArray[np.bool_]) -> Number:
    random, n = np.random.default_rng(SEED), len(wrong)
    drawn = (random.integers(0, n, n) for _ in range(RESAMPLES))
    return Number(
        value=_risk_area(confidence, wrong),
        ci=_interval([_risk_area(confidence[rows], wrong[rows]) for rows in drawn]),
        n=n,
        split="test",
        method="area under the risk-coverage curve: the mean error over all coverages (Geifman & El-Yaniv 2017)",
        status="measured",
    )


def _confidence(probabilities: Floats, labels: Integers) -> tuple[Floats, NDArray[np.bool_]]:
    return probabilities.max(axis=1), probabilities.argmax(axis=1) != labels


def selective(test: Answered, threshold: float) -> Selective:
    """The risk-coverage curve on test at 101 coverages, and each class's coverage at the threshold."""
    confidence, wrong = _confidence(*test)
    order = np.argsort(-confidence, kind="stable")
    errors = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    positions = np.unique(np.linspace(0, len(order) - 1, _POINTS).round().astype(int))
    accepted, labels = confidence >= threshold, test[1]
    return Selective(
        curve=[
            RiskPoint(threshold=float(confidence[order][i]), coverage=(int(i) + 1) / len(order), error=float(errors[i]))
            for i in positions
        ],
        aurc=_aurc(confidence, wrong),
        coverage={
            label: proportion(
                int(accepted[labels == i].sum()),
                int((labels == i).sum()),
                "test",
                "share of this class's images that get a confident answer",
                f"class = {label}",
            )
            for i, label in enumerate(LABELS)
        },
    )


def track_record(validation: Answered) -> list[TrackRecord]:
    """Precision on validation of the answers of each label within each interval of confidence."""
    confidence, wrong = _confidence(*validation)
    answers = validation[0].argmax(axis=1)
    bins = np.digitize(confidence, EDGES[1:-1])
    records = []
    for i, label in enumerate(LABELS):
        for position, (lower, upper) in enumerate(itertools.pairwise(EDGES)):
            chosen = (answers == i) & (bins == position)
            records.append(
                TrackRecord(
                    label=label,
                    lower=lower,
                    upper=upper,
                    precision=proportion(
                        int((~wrong[chosen]).sum()),
                        int(chosen.sum()),
                        "validation",
                        "share of right answers",
                        f"answer = {label}, confidence {lower:g} to {upper:g}",
                    ),
                )
            )
    return records

"""Everything that is measured of a trained model, one measurement after the other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import cifar10_test
from models.card import ClassMetrics, Confusion, Decision, SplitMetrics
from models.cifar10_test import LABELS
from models.evidence import (
    BaseRate,
    Calibration,
    ContractViolation,
    Exercise,
    LabelThresholds,
    OutOfDistribution,
    Portrait,
    Robustness,
    Selective,
    TrackRecord,
)
from models.measurement import Number, Split
from training import onnx_model
from training.data import Data, Splits
from training.measure import (
    calibration,
    cost,
    evaluate,
    intervals,
    label_trust,
    out_of_distribution,
    robustness,
    selective,
)
from training.measure.contract_violations import contract_violations
from training.measure.intervals import Floats, Integers
from training.measure.portrait import portrait

# With fewer hits some resamples of a bootstrap have next to none, and the ratio's interval has no end.
LEAST_FOR_A_RATIO = 20

# The seminar begins with image 16 and goes on with 1 to 15.
EXERCISE = range(1, 17)


@dataclass(frozen=True)
class Outputs:
    """What a model says of one split: logits and probabilities float32 [N, 10], beside the true labels int64 [N]."""

    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    labels: Integers

    @classmethod
    def of(cls, content: bytes, images: Data) -> "Outputs":
        """Run a model (the bytes of model.onnx) on a split."""
        return cls(*onnx_model.run(content, images.images), images.labels)

    @property
    def scored(self) -> tuple[Floats, Integers]:
        """Logits and labels."""
        return self.logits, self.labels

    @property
    def answered(self) -> tuple[Floats, Integers]:
        """Probabilities and labels."""
        return self.probabilities, self.labels

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each answer is right, [N]."""
        right: NDArray[np.bool_] = self.probabilities.argmax(axis=1) == self.labels
        return right


@dataclass(frozen=True)
class Results:
    """What was measured; most fields are fields of the card by the same name.

    Attributes:
        validation: what the model said of the validation images.
        best: the class with the highest recall on the test images.
        worst: the class with the lowest.
        robustness: None where it was not measured; so is `intersectional` then.
    """

    validation: Outputs
    splits: dict[Split, SplitMetrics]
    generalisation_gap: Number
    per_class: dict[str, ClassMetrics]
    best: str
    worst: str
    class_gap: Number
    class_ratio: Number
    confusion_matrix: Integers
    confusions: list[Confusion]
    exercise: list[Exercise]
    decision: Decision
    selective: Selective
    label_thresholds: LabelThresholds
    base_rate: BaseRate | None
    track_record: list[TrackRecord]
    calibration: Calibration
    out_of_distribution: OutOfDistribution
    contract_violations: list[ContractViolation]
    portrait: Portrait
    robustness: Robustness | None
    intersectional: Number | None
    prediction_microseconds: Number
    prediction_percentiles: dict[str, float]


def measure(content: bytes, splits: Splits, robust: Robustness | None = None) -> Results:
    """Measure a model on its splits.

    Args:
        content: the bytes of model.onnx.
        splits: that it was trained with; `test` holds the last of the 10,000 test images.
        robust: the robustness, if it was measured: that takes minutes.
    """
    by_split: dict[Split, Data] = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    outputs = {split: Outputs.of(content, images) for split, images in by_split.items()}
    validation, test = outputs["validation"], outputs["test"]

    # What is chosen is chosen on validation: the threshold, the temperature, the energy's limit.
    decision = selective.decision(validation.answered, test.answered)
    threshold = decision.threshold.value or 1
    classes = evaluate.per_class(*test.answered)
    beyond = out_of_distribution.measure(content, validation.logits, test.logits, threshold)
    microseconds, percentiles = cost.prediction_time(content, splits.test.images[:1])
    worst, *_, best = sorted(classes, key=lambda label: classes[label].recall.value or 0)
    return Results(
        validation=validation,
        splits={split: evaluate.overall(*each.answered, split) for split, each in outputs.items()},
        generalisation_gap=_generalisation_gap(outputs["train"], test),
        per_class=classes,
        best=best,
        worst=worst,
        class_gap=_class_gap(test, best, worst),
        class_ratio=_class_ratio(test, best, worst),
        confusion_matrix=evaluate.confusion(*test.answered),
        confusions=evaluate.confusions(*test.answered, _test_indices(splits.test)),
        exercise=_exercise(test, threshold),
        decision=decision,
        selective=selective.selective(test.answered, threshold),
        label_thresholds=label_trust.measure(validation.answered, test.answered, threshold),
        base_rate=label_trust.base_rate(test.answered, threshold),
        track_record=selective.track_record(validation.answered),
        calibration=calibration.calibrate(validation.scored, test.scored),
        out_of_distribution=beyond,
        contract_violations=contract_violations(content, splits.test, test.logits),
        portrait=portrait(content, threshold, beyond.energy_threshold.value or 0),
        robustness=robust,
        intersectional=robustness.worst(robust, len(splits.test) // len(classes)) if robust else None,
        prediction_microseconds=microseconds,
        prediction_percentiles=percentiles,
    )


def _test_indices(test: Data) -> Integers:
    return np.arange(cifar10_test.SIZE - len(test), cifar10_test.SIZE)


def _exercise(test: Outputs, threshold: float) -> list[Exercise]:
    """The seminar's exercise, where the test split is whole: its first images, one by one."""
    if len(test.labels) < cifar10_test.SIZE:
        return []
    confidence, answers = test.probabilities.max(axis=1), test.probabilities.argmax(axis=1)
    return [
        Exercise(
            index=i,
            truth=LABELS[test.labels[i]],
            answer=LABELS[answers[i]],
            probability=float(confidence[i]),
            confident=bool(confidence[i] >= threshold),
            correct=bool(test.right[i]),
        )
        for i in EXERCISE
    ]


def _generalisation_gap(train: Outputs, test: Outputs) -> Number:
    """Over the classes that training has not lost: else a class that is missing there would pass for overfitting."""
    counts = np.bincount(train.labels, minlength=len(LABELS))
    whole = np.flatnonzero(counts >= counts.max() / 2)
    slice_ = None
    if len(whole) < len(LABELS):
        lost = sorted(set(range(len(LABELS))) - set(whole.tolist()))
        slice_ = f"without {', '.join(LABELS[i] for i in lost)}, most of which training had not"
    method = "training accuracy minus test accuracy"
    known, new = (each.right[np.isin(each.labels, whole)] for each in (train, test))
    return intervals.contrast(known, new, intervals.difference, method, slice_=slice_)


def _class_gap(test: Outputs, best: str, worst: str) -> Number:
    return intervals.contrast(
        *_right_of(test, best, worst),
        intervals.difference,
        "best minus worst recall of a class",
        split="test",
        slice_=f"{best} against {worst}",
    )


def _class_ratio(test: Outputs, best: str, worst: str) -> Number:
    method = "best over worst recall of a class"
    well, badly = _right_of(test, best, worst)
    if badly.sum() < LEAST_FOR_A_RATIO:
        return intervals.unmeasured(method, "The worst recall is too near nought to divide by.")
    return intervals.contrast(well, badly, intervals.ratio, method, split="test", slice_=f"{best} against {worst}")


def _right_of(test: Outputs, best: str, worst: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    first, second = (test.right[test.labels == LABELS.index(label)] for label in (best, worst))
    return first, second

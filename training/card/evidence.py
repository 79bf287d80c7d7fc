"""What trials show: the spread over seeds, and what becomes of a class that was cut down."""

from typing import Any

import numpy as np
from scipy import stats

from models.cifar10_test import LABELS
from models.evidence import GroupRun, SeedRun
from models.measurement import Interval, Number, Split
from training.measure.intervals import LEVEL, proportion

Records = list[dict[str, Any]]
"""Of trials, as `experiments.run` gives them and trials.json keeps them."""


def seed_runs(records: Records) -> list[SeedRun]:
    """The trials of the whole recipe, by seed; seed 0 is the shipped model's."""
    whole = sorted((r for r in records if not r["trial"]["group"]), key=lambda r: r["trial"]["seed"])
    return [
        SeedRun(
            seed=record["trial"]["seed"],
            epochs=len(record["history"]["loss"]),
            validation_accuracy=_accuracy(record, "validation"),
            test_accuracy=_accuracy(record, "test"),
        )
        for record in whole
    ]


def seed_spread(runs: list[SeedRun]) -> Number:
    """Mean test accuracy over the seeds with Student's t interval."""
    values = np.array([run.test_accuracy.value for run in runs], float)
    interval = stats.ttest_1samp(values, 0).confidence_interval(LEVEL)
    return Number(
        value=float(values.mean()),
        ci=Interval(lower=interval.low, upper=interval.high, level=LEVEL, method="Student's t over the seeds"),
        n=len(runs),
        split="test",
        method=(
            f"mean accuracy of {len(runs)} trainings with other seeds; standard deviation {values.std(ddof=1):.4f}, "
            f"from {values.min():.4f} to {values.max():.4f}"
        ),
        status="measured",
    )


def group_runs(records: Records) -> list[GroupRun]:
    """The trials with a class cut down, one entry for each class, share and repair."""
    wholes = [record for record in records if not record["trial"]["group"]]
    cut: dict[tuple[str, float, bool], Records] = {}
    for record in records:
        trial = record["trial"]
        if trial["group"]:
            cut.setdefault((trial["group"], trial["share"], trial["weighted"]), []).append(record)
    for group in {group for group, _, _ in cut}:
        cut[group, 1.0, False] = wholes
    return [
        _group_run(group, share, cut[group, share, weighted], repaired=weighted)
        for group, share, weighted in sorted(cut, key=lambda key: (key[0], -key[1], key[2]))
    ]


def _group_run(group: str, share: float, records: Records, *, repaired: bool) -> GroupRun:
    index = LABELS.index(group)
    matrices = [np.array(record["test"]["confusion_matrix"]) for record in records]
    recalls = [float(matrix[index, index] / matrix[index].sum()) for matrix in matrices]
    accuracies = [float(matrix.trace() / matrix.sum()) for matrix in matrices]

    def mean(values: list[float], method: str) -> Number:
        return Number(value=float(np.mean(values)), n=len(values), split="test", method=method, status="measured")

    return GroupRun(
        group=group,
        share=share,
        repaired=repaired,
        recall=mean(recalls, f"mean recall of {group} over the trainings"),
        recalls=recalls,
        accuracy=mean(accuracies, "mean accuracy over the trainings"),
        accuracies=accuracies,
    )


def _accuracy(record: dict[str, Any], split: Split) -> Number:
    matrix = np.array(record[split]["confusion_matrix"])
    return proportion(int(matrix.trace()), int(matrix.sum()), split, "share of images whose likeliest class is right")

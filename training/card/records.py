"""What the records of trials hold, as `experiments.run` gives them."""

from functools import cache
from typing import Any

import numpy as np

from training import data
from training.measure.intervals import Integers
from training.recipe import SEEDS, Fit

Record = dict[str, Any]
Records = list[Record]
"""Of trials, as `experiments.run` gives them and trials.json keeps them."""


@cache
def test_labels() -> Integers:
    """The true labels of the test images, int64 [10,000]."""
    return data.load_test().labels


def answers(record: Record) -> Integers:
    """A trial's answers to the test images, int64 [10,000]."""
    digits = np.frombuffer(record["test_answers"].encode("ascii"), np.uint8)
    return (digits - ord("0")).astype(np.int64)


def fit(record: Record) -> Fit:
    """How a trial's training went, on the validation images alone."""
    matrix, history = np.array(record["validation_confusion_matrix"]), record["history"]
    return Fit(len(history["loss"]), float(matrix.trace() / matrix.sum()), history["val_loss"][-1])


def moved_seeds(records: Records) -> Records:
    """The trials on the whole data with all three seeds moved from the shipped ones, by how far; shift 0 first."""
    return sorted(
        (record for record in records if _whole(record) and record["trial"]["python"] == SEEDS.python),
        key=lambda record: record["trial"]["shift"],
    )


def candidates(records: Records) -> Records:
    """The trials on the whole data that the shipped seed was chosen from, by Python seed."""
    of_recipe = [record for record in records if _whole(record) and record["trial"]["shift"] == 0]
    return sorted(of_recipe, key=lambda record: record["trial"]["python"])


def _whole(record: Record) -> bool:
    return record["trial"]["group"] is None and record["trial"]["half"] is None

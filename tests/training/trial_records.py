"""Records of trials whose answers are laid out, so that a test can work out what they come to."""

from typing import Any

import numpy as np

from models.cifar10_test import LABELS
from training.card.records import test_labels as true_labels
from training.recipe import SEEDS

Record = dict[str, Any]


def record(
    recalls: float | dict[str, float],
    *,
    python: int = SEEDS.python,
    shift: int = 0,
    group: str | None = None,
    share: float = 1.0,
    weighted: bool = False,
    fit: tuple[int, float, float] = (7, 0.65, 1.092),
) -> Record:
    """A trial with these recalls (one for all classes, or by label, 0.5 for the rest): each class's first are right.

    `fit`: epochs, validation accuracy and validation loss.
    """
    labels, (epochs, accuracy, loss) = true_labels(), fit
    answers = (labels + 1) % len(LABELS)
    for index, label in enumerate(LABELS):
        share_right = recalls.get(label, 0.5) if isinstance(recalls, dict) else recalls
        answers[np.flatnonzero(labels == index)[: round(1000 * share_right)]] = index
    right = round(10_000 * accuracy)
    trial = {"python": python, "shift": shift, "group": group, "share": share, "weighted": weighted, "half": None}
    return {
        "trial": trial,
        "history": {"loss": [1.0] * epochs, "val_loss": [2.0] * (epochs - 1) + [loss]},
        "validation_confusion_matrix": [[right, 10_000 - right], [0, 0]],
        "test_answers": "".join(map(str, answers.tolist())),
    }

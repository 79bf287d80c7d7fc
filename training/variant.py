"""What differs between the models that training makes: the seminar's, the quick toy, and those that miss a group."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.cifar10_test import LABELS
from training import batches, data, recipe
from training.card import text
from training.card.text import Words
from training.data import Data, Splits

SEMINAR_NAME = "seminar-cnn"
QUICK_NAME = "quick-cnn"
_QUICK_EPOCHS = 3


@dataclass(frozen=True)
class Variant:
    """One model to train.

    Attributes:
        name: of the model.
        command: that makes it.
        words: the card's words that are its own.
        splits: its data.
        files: the data's files that its training images are from.
        max_epochs: most epochs.
        class_weight: how much the loss of each class counts; 1 each if None.
    """

    name: str
    command: str
    words: Words
    splits: Splits
    files: tuple[str, ...] = batches.TRAIN
    max_epochs: int = recipe.MAX_EPOCHS
    class_weight: dict[int, float] | None = None


def seminar(folder: Path | None) -> Variant:
    """The seminar's recipe on its data; `folder` is where the dataset is, if the user named one."""
    return Variant(SEMINAR_NAME, "python -m training train", text.SEMINAR, seminar_splits(folder))


def quick() -> Variant:
    """A toy, trained on a part of the embedded test images."""
    images = data.load_test()
    splits = Splits(images[:6000], images[6000:8000], images[8000:])
    command = "python -m training train --quick"
    return Variant(QUICK_NAME, command, text.QUICK, splits, (batches.TEST,), _QUICK_EPOCHS)


def missing(folder: Path | None, group: str, share: float, *, repaired: bool) -> Variant:
    """The seminar's recipe with one class cut down to a share; repaired: its loss counts for as much as was cut."""
    splits = seminar_splits(folder)
    cut = Splits(keep(splits.train, group, share), splits.validation, splits.test)
    return Variant(
        f"missing-{group}{'-repaired' if repaired else ''}",
        f"python -m training train --missing {group} --share {share:g}{' --repaired' if repaired else ''}",
        text.missing(group, share, repaired=repaired),
        cut,
        class_weight=weights(group, share) if repaired else None,
    )


def seminar_splits(folder: Path | None) -> Splits:
    """The seminar's split: the first 10,000 training images validate, the others train.

    Raises:
        DataError: the dataset can't be had, or is not the real one.
    """
    images = data.load_training(folder)
    return Splits(images[recipe.VALIDATION :], images[: recipe.VALIDATION], data.load_test())


def keep(images: Data, group: str, share: float, seed: int = 0) -> Data:
    """The data with this share of one class's images, drawn by the seed; all others stay, in their order."""
    members = np.flatnonzero(images.labels == LABELS.index(group))
    lost = np.random.default_rng(seed).permutation(members)[round(len(members) * share) :]
    positions: NDArray[np.int64] = np.setdiff1d(np.arange(len(images)), lost)
    return Data(images.images[positions], images.labels[positions])


def weights(group: str, share: float) -> dict[int, float]:
    """Class weights that give a class the weight in the loss that it had before it was cut."""
    return dict.fromkeys(range(len(LABELS)), 1.0) | {LABELS.index(group): 1 / share}

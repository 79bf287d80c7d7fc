"""CIFAR-10 as arrays: the training images from where `download` has them, the test images from the project itself."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import cifar10_test
from training import batches, download
from training.batches import TEST, TRAIN
from training.errors import DataError


@dataclass(frozen=True)
class Data:
    """Images uint8 [N, 32, 32, 3] (RGB) and labels int64 [N]."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, part: slice) -> "Data":
        return Data(self.images[part], self.labels[part])

    def counts(self) -> dict[str, int]:
        """How many images there are of each class."""
        counts: list[int] = np.bincount(self.labels, minlength=len(cifar10_test.LABELS)).tolist()
        return dict(zip(cifar10_test.LABELS, counts, strict=True))


@dataclass(frozen=True)
class Splits:
    """The three splits. Only `train` is fitted; `validation` stops the fit and sets thresholds; `test` measures."""

    train: Data
    validation: Data
    test: Data


def load_training(folder: Path | None = None) -> Data:
    """The 50,000 training images in canonical order, fetched if need be.

    Args:
        folder: where the user keeps the dataset; only this folder is looked at then.

    Raises:
        DataError: it can't be had, or it is not the real dataset.
    """
    found = batches.from_folder(folder) if folder else download.fetch()
    return _parse(b"".join(found[name] for name in TRAIN))


def load_test() -> Data:
    """The 10,000 test images that are embedded in the project.

    Raises:
        DataError: the embedded file is damaged.
    """
    data = Data(*cifar10_test.TestSplit().read(range(cifar10_test.SIZE)))
    if cifar10_test.digest(data.images, data.labels) != cifar10_test.SHA256:
        raise DataError(f"{cifar10_test.PATH} is damaged (SHA-256 differs); restore it from the repository.")
    return data


def load_fetched_test() -> Data:
    """The 10,000 test images from the dataset itself.

    Raises:
        DataError: it can't be had, or it is not the real dataset.
    """
    return _parse(download.fetch()[TEST])


def _parse(content: bytes) -> Data:
    rows = np.frombuffer(content, np.uint8).reshape(-1, batches.ROW)
    images = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return Data(np.ascontiguousarray(images), rows[:, 0].astype(np.int64))

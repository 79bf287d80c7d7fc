"""The CIFAR-10 test split, embedded: 10,000 images and labels in canonical order, lossless, in one SQLite file.

Each row holds one image's index, its label and its pixels. The pixels are stored as three 32x32 planes (red minus
green, green, blue minus green), each row of a plane as differences from the pixel to its left, modulo 256, deflated:
smaller than PNG, and read without a picture decoder.
Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PATH = Path(__file__).with_suffix(".sqlite")
SIZE = 10_000
LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHA256 = "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"

# Pages this large keep some thirty images each; SQLite's usual 4 KiB would waste half a page per image.
_PAGE_BYTES = 65_536

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


def digest(images: Images, labels: Labels) -> str:
    """SHA-256 of a split in the dataset's own binary form: per image a label byte, then its R, G and B planes.

    Args:
        images: uint8 [N, 32, 32, 3], RGB.
        labels: integers [N], 0-9.
    """
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return hashlib.sha256(np.column_stack([labels.astype(np.uint8), planes]).tobytes()).hexdigest()


def write(path: Path, images: Images, labels: Labels) -> None:
    """Write a split to a new file at `path`; the inverse of `TestSplit`."""
    planes = images.transpose(0, 3, 1, 2).copy()
    planes[:, 0] -= planes[:, 1]
    planes[:, 2] -= planes[:, 1]
    planes[..., 1:] -= planes[..., :-1].copy()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("CREATE TABLE images (id INTEGER PRIMARY KEY, label INTEGER NOT NULL, planes BLOB NOT NULL)")
        connection.executemany(
            "INSERT INTO images VALUES (?, ?, ?)",
            ((i, int(labels[i]), zlib.compress(planes[i].tobytes(), 9)) for i in range(len(images))),
        )
    connection.close()


class TestSplit:
    """The embedded images, read row by row when asked for; opening the file reads none of them."""

    __test__ = False  # the name starts with "Test", but it is no test

    def __init__(self, path: Path = PATH) -> None:
        # immutable: no lock and no journal file, so that a read-only folder will do. SQLite itself is built
        # thread-safe (serialized), so the connection may be used from the decode threads too.
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)

    def __len__(self) -> int:
        return SIZE

    def read(self, indices: Sequence[int]) -> tuple[Images, Labels]:
        """Images uint8 [N, 32, 32, 3] (RGB) and labels int64 [N] of these indices, in the order given.

        Raises:
            IndexError: an index is not among 0-9999.
        """
        blobs = []
        labels = np.empty(len(indices), np.int64)
        for position, index in enumerate(indices):
            row = self._connection.execute("SELECT label, planes FROM images WHERE id = ?", (index,)).fetchone()
            if row is None:
                raise IndexError(index)
            labels[position] = row[0]
            blobs.append(zlib.decompress(row[1]))
        planes = np.frombuffer(b"".join(blobs), np.uint8).reshape(-1, 3, 32, 32).cumsum(axis=3, dtype=np.uint8)
        planes[:, 0] += planes[:, 1]
        planes[:, 2] += planes[:, 1]
        return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels

    def digest(self) -> str:
        """The digest of the whole file's content; equals `SHA256` when it is the canonical test split."""
        return digest(*self.read(range(SIZE)))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

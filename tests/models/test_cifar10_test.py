"""The embedded test images."""

from pathlib import Path

import pytest

from models import cifar10_test
from models.cifar10_test import TestSplit


def test_the_embedded_test_images_are_cifar_10s() -> None:
    """The embedded file holds all 10,000 images and labels in canonical order: its digest is the dataset's own."""
    assert TestSplit().digest() == cifar10_test.SHA256
    assert cifar10_test.PATH.stat().st_size <= 25_000_000


@pytest.mark.parametrize("index", [-1, 10_000])
def test_an_index_outside_the_split_is_refused(index: int) -> None:
    """The embedded split has no image -1 and none 10,000."""
    with pytest.raises(IndexError):
        TestSplit().read([index])


def test_a_split_written_anew_reads_back(tmp_path: Path) -> None:
    """What is written is read bit for bit, in the order asked for."""
    images, labels = TestSplit().read([5, 3, 9999])
    cifar10_test.write(tmp_path / "copy", images, labels)
    again, same_labels = TestSplit(tmp_path / "copy").read([2, 0, 1])
    assert (again == images[[2, 0, 1]]).all()
    assert (same_labels == labels[[2, 0, 1]]).all()

"""What the tests of training share. Each costs seconds, so it is made once."""

from pathlib import Path

import pytest

from training import data
from training.__main__ import main
from training.data import Data


@pytest.fixture(scope="session")
def images() -> Data:
    """CIFAR-10's 10,000 test images."""
    return data.load_test()


@pytest.fixture(scope="session")
def quick_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the model that `train --quick` made."""
    out = tmp_path_factory.mktemp("quick")
    assert main(["train", "--quick", "--out", str(out)]) == 0
    return out

"""Fixtures of the manifests."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.kustomize import APPLIED, FOLDER, Object, render, unpack


@pytest.fixture(scope="session")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program."""
    return unpack(tmp_path_factory.mktemp("kubectl"))


@pytest.fixture(scope="session")
def rendered(kubectl: Path) -> dict[str, list[Object]]:
    """The objects of everything that can be applied."""
    with ThreadPoolExecutor() as threads:
        return dict(zip(APPLIED, threads.map(lambda name: render(kubectl, FOLDER / name), APPLIED), strict=True))

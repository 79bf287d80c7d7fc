"""Fixtures that more than one test module uses."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import serving, toy
from tests.serving import ROOT, Service

# For a browser that root may start, without a graphics card and without a word to anybody outside.
_CHROMIUM = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """The service as it is shipped, with the seminar's model."""
    with serving.start() as started:
        yield started


@pytest.fixture(scope="session")
def client(service: Service) -> httpx.Client:
    """A client of the shipped service."""
    return service.client


@pytest.fixture(scope="session")
def toy_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the toy, in versions 1 and 2."""
    root = tmp_path_factory.mktemp("models")
    toy.write(root, version=1)
    toy.write(root, version=2)
    return root


@pytest.fixture(scope="session")
def toy_client(toy_models: Path) -> Iterator[httpx.Client]:
    """A client of a service of the toy model, with small limits."""
    limits = {"max_body_bytes": 400_000, "max_pixels": 250_000, "max_images": 3, "max_indices": 20}
    with serving.start(models=toy_models, model="toy", **limits) as started:
        yield started.client


@pytest.fixture(scope="session")
def quick_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with the model that `python -m training train --quick` made."""
    out = tmp_path_factory.mktemp("quick")
    command = [sys.executable, "-m", "training", "train", "--quick", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; tests that want it are skipped where there is none.

    For each module anew: as long as Playwright runs, nothing else can run an event loop.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("NOT TESTED: there is no Chromium here. Install it (apt-get install chromium) and run this again.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=_CHROMIUM)
        yield started
        started.close()

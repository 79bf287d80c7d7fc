"""Fixtures that more than one test module uses."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from xdist.remote import Producer

from service.settings import PREFIX
from tests.support import serving, spreading, toy
from tests.support.serving import Service
from tests.support.virtual import VirtualLoop

_OF_A_TERMINAL = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> spreading.FileByFile | None:
    """How `--dist loadfile` spreads the tests."""
    return spreading.FileByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first."""
    items.sort(key=lambda item: spreading.rank(item.path))


@pytest.fixture(scope="session", autouse=True)
def nobodys_signals() -> Iterator[None]:
    """What is started here minds every signal, even where the tests run in the background or under nohup."""
    ignored = [number for number in _OF_A_TERMINAL if signal.getsignal(number) == signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture(scope="session", autouse=True)
def nobodys_settings() -> Iterator[None]:
    """Settings that are made in this process are those that a test makes, whatever its environment has."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(PREFIX) or name == "PORT"]:
            patch.delenv(name)
        yield


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    """Time that passes when told to."""
    made = VirtualLoop()
    yield made
    for task in asyncio.all_tasks(made):
        task.cancel()
    made.settle()
    made.close()


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """The service as it is shipped, with the seminar's model; patient, as all are here."""
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
def toy_service(toy_models: Path) -> Iterator[Service]:
    """A service of the toy model, with small limits."""
    limits: dict[str, Any] = {"max_body_bytes": 400_000, "max_pixels": 250_000, "max_images": 3, "max_indices": 20}
    with serving.start(models=toy_models, model="toy", **limits) as started:
        yield started


@pytest.fixture(scope="session")
def toy_client(toy_service: Service) -> httpx.Client:
    """A client of the toy's service."""
    return toy_service.client


@pytest.fixture(scope="session")
def guarded(toy_models: Path) -> Iterator[Service]:
    """A service that wants one of two keys, and lets in the pages of one other origin."""
    keys, origins = '["first-key", "second-key"]', '["https://seminar.example"]'
    with serving.start(models=toy_models, model="toy", api_keys=keys, cors_origins=origins) as started:
        yield started


@pytest.fixture(scope="session")
def narrow(toy_models: Path) -> Iterator[Service]:
    """A service that takes little at one time, and lets in the pages of one other origin."""
    bounds: dict[str, Any] = {
        "max_in_flight": 1, "max_connections": 20, "max_header_bytes": 2000, "max_buffered_bytes": 3_000_000,
        "max_frames": 50, "max_decode_bytes": 32 * 1024**2, "cors_origins": '["https://seminar.example"]',
    }  # fmt: skip
    with serving.start(models=toy_models, model="toy", **bounds) as started:
        yield started


@pytest.fixture(scope="session")
def every_answer(client: httpx.Client) -> list[dict[str, Any]]:
    """What the shipped service says about all 10,000 test images, asked by index."""
    predictions: list[dict[str, Any]] = client.post("/predict", json={"indices": list(range(10_000))}).json()[
        "predictions"
    ]
    return predictions

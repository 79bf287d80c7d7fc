"""What is counted, and how: each figure of /metrics is asked of a service that was really started."""

import os
import re
import signal
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from models.cifar10_test import TestSplit
from tests.support import cards, serving
from tests.support.patience import until
from tests.support.pictures import BLUE, RED, encode, plain
from tests.support.problems import check
from tests.support.processes import ended, spawned, workers
from tests.support.serving import Service

# No plain PNG or JPEG, so that it is decoded in a process.
WEBP = encode(plain((255, 0, 0)), "WEBP")
STRANGE = 'seminar_cnn_out_of_distribution_total{{model="seminar-cnn",source="{}",version="2"}}'


def test_what_alarms_is_there_from_the_start(toy_models: Path) -> None:
    """The causes and reasons that alerts ask for stand at 0 before the first: Prometheus would not see it else."""
    with serving.start(models=toy_models, model="toy") as service:
        figures = dict(service.figures())
    for cause in ("model-unavailable", "overloaded", "buffer-full"):
        assert figures[f'seminar_cnn_refusals_total{{cause="{cause}"}}'] == 0
    for reason in ("too-costly", "crashed", "from-outside"):
        assert figures[f'seminar_cnn_decode_processes_ended_total{{reason="{reason}"}}'] == 0


def test_warming_up_is_not_counted(toy_models: Path) -> None:
    """A service that has opened its models has called none of them, by its metrics, until somebody asks one."""
    with serving.start(models=toy_models, model="toy", preload=True) as service:
        names = ("seminar_cnn_inference_seconds_count", "seminar_cnn_batch_images_count")
        before = service.figures()
        assert [before[name] for name in names] == [0, 0]
        service.client.get("/predict?index=3")
        after = service.figures()
        assert [after[name] for name in names] == [1, 1]


def test_answers_are_counted_by_version_and_source(toy_service: Service) -> None:
    """An answer is counted for the version that gave it, as of a test image, a picture that was sent, or pixels."""
    client, before = toy_service.client, toy_service.figures()
    client.get("/predict?index=3&version=1")
    client.post("/predict", files=[("image", RED), ("image", BLUE)])
    client.get("/plain?index=4&version=1")
    tensor = {"name": "image", "shape": [3, 32, 32, 3], "datatype": "UINT8", "data": [0] * 3 * 32 * 32 * 3}
    assert client.post("/v2/models/toy/versions/1/infer", json={"inputs": [tensor]}).status_code == 200
    name = re.compile(r'seminar_cnn_predictions_total\{.*model="toy",source="(\w+)",version="(\d)"\}')
    counted: dict[tuple[str, ...], float] = {}
    for labelled, value in toy_service.figures().items():
        if (found := name.fullmatch(labelled)) and value > before[labelled]:
            counted[found.groups()] = counted.get(found.groups(), 0) + value - before[labelled]
    assert counted == {("index", "1"): 2, ("upload", "2"): 2, ("tensor", "1"): 3}


def test_strange_images_are_counted(service: Service) -> None:
    """Of 500 test images as many are counted as strange as have that caveat, asked by index or sent as pixels."""
    images, _ = TestSplit().read(range(500))
    before = service.figures()
    answers = service.client.post("/predict", json={"indices": list(range(500))}).json()["predictions"]
    strange = sum("out-of-distribution" in {each["name"] for each in answer["caveats"]} for answer in answers)
    for start in range(0, 500, 50):
        part = images[start : start + 50]
        tensor = {"name": "image", "shape": part.shape, "datatype": "UINT8", "data": part.ravel().tolist()}
        assert service.client.post("/v2/models/seminar-cnn/infer", json={"inputs": [tensor]}).status_code == 200
    after = service.figures()
    counted = [after[STRANGE.format(source)] - before[STRANGE.format(source)] for source in ("index", "tensor")]
    assert strange > 0
    assert counted == [strange, strange]


def test_a_picture_within_its_distribution_counts_none(toy_service: Service) -> None:
    """An image that is not strange leaves the count as it is: 0, not absent, so that a share of it is no nothing."""
    name = 'seminar_cnn_out_of_distribution_total{model="toy",source="upload",version="2"}'
    before = toy_service.figures()[name]  # others have asked this service too
    toy_service.client.post("/predict", files={"image": RED})
    assert toy_service.figures().get(name) == before


def test_what_to_expect_is_the_cards(service: Service, toy_service: Service) -> None:
    """The shares to expect are the card's coverage and one in twenty; where a card has no coverage there is none."""
    figures = service.figures()
    for name in ("seminar-cnn", "missing-dog"):
        labels = f'{{model="{name}",version="2"}}'
        coverage = cards.card(name).metrics.decision.test_coverage.value
        assert figures[f"seminar_cnn_expected_confident_ratio{labels}"] == coverage
        assert figures[f"seminar_cnn_expected_out_of_distribution_ratio{labels}"] == 0.05
    assert not [name for name in toy_service.figures() if name.startswith("seminar_cnn_expected_confident")]


def test_several_workers_bounds_are_added_up(toy_models: Path) -> None:
    """With two workers the most predictions and decode processes are twice what one may have, and all are running."""
    bounds: dict[str, Any] = {"workers": 2, "max_in_flight": 7, "decode_processes": 2}
    with serving.start(models=toy_models, model="toy", **bounds) as service:
        _started(service)
        until(service.figures, "all processes", lambda now: now["seminar_cnn_decode_processes"] == 4)
        assert service.figures()["seminar_cnn_decode_processes_limit"] == 4
        assert service.figures()["seminar_cnn_in_flight_limit"] == 14


def test_a_workers_process_metrics_are_its_own(toy_models: Path) -> None:
    """Each of two workers has its `process_` series, which go with it; no figure is that of a process that has gone."""
    with serving.start(models=toy_models, model="toy", workers=2) as service:
        first = _started(service)
        assert _pids(service) == {each.pid for each in first}
        memory = service.figures()[f'process_resident_memory_bytes{{pid="{first[1].pid}"}}']
        assert memory == pytest.approx(first[1].memory_info().rss, rel=0.2)
        os.kill(first[0].pid, signal.SIGKILL)
        second = workers(service, 2, without=first[0].pid)
        expected = {each.pid for each in second}
        until(lambda: _pids(service), "the new worker's figures", lambda found: found == expected)
        until(service.figures, "its bounds", lambda now: now["seminar_cnn_in_flight_limit"] == 2 * 48)


def test_one_process_has_no_pid(toy_service: Service) -> None:
    """A service without workers has one `process_` series of each kind, without a label, about itself."""
    figures = {name: value for name, value in toy_service.figures().items() if name.startswith("process_")}
    assert not [name for name in figures if "{" in name]
    assert figures["process_open_fds"] > 0
    assert figures["process_cpu_seconds_total"] > 0


def test_decode_processes_are_counted_when_they_end(toy_models: Path) -> None:
    """A process killed for a costly picture and one killed by others are counted by why; the next is running."""
    bounds: dict[str, Any] = {"decode_processes": 1, "decode_seconds": 2}
    with serving.start(models=toy_models, model="toy", **bounds) as service:
        assert service.figures()['seminar_cnn_decode_processes_ended_total{reason="too-costly"}'] == 0
        (process,) = until(lambda: spawned(psutil.Process(service.process.pid)), "the process")
        assert service.ask("POST", "/predict", files={"image": WEBP}).status_code == 200
        process.suspend()
        check(service.ask("POST", "/predict", files={"image": WEBP}), 422, "image-too-costly", "2 seconds")
        figures = service.figures()
        assert figures['seminar_cnn_decode_processes_ended_total{reason="too-costly"}'] == 1
        assert figures["seminar_cnn_decode_processes"] == 1
        (process,) = spawned(psutil.Process(service.process.pid))
        process.kill()
        until(lambda: ended(process), "its end")
        service.ask("POST", "/predict", files={"image": WEBP})
        figures = service.figures()
        assert figures['seminar_cnn_decode_processes_ended_total{reason="from-outside"}'] == 1
        assert figures['seminar_cnn_decode_processes_ended_total{reason="crashed"}'] == 0
        assert figures["seminar_cnn_decode_processes"] == 1


def test_what_was_refused_at_the_door_has_no_time(toy_service: Service) -> None:
    """A request refused before the application is counted, and is not among the times; one that it refuses is."""
    before = toy_service.figures()
    toy_service.ask("GET", "/predict?index=x")
    assert toy_service.ask("GET", "/predict", headers={"X": "x" * 20_000}).status_code == 431
    refused = 'seminar_cnn_requests_total{method="OTHER",route="other",status="431"}'
    after = until(toy_service.figures, "the count", lambda now: now[refused] > before[refused])
    times = {name: after[name] - before[name] for name in after if name.startswith("seminar_cnn_request_seconds_count")}
    assert sum(times.values()) == 1 + _asked_for_metrics(before, after)
    assert times['seminar_cnn_request_seconds_count{route="/predict"}'] == 1


@pytest.mark.parametrize("api_keys", [None, '["first-key"]'])
def test_metrics_can_have_a_key_of_their_own(toy_models: Path, api_keys: str | None) -> None:
    """Such a key opens /metrics and nothing else, an API key does not, with API keys or without; an admin's does."""
    own: dict[str, Any] = {"metrics_keys": '["scrape-key"]', "admin_keys": '["admin-key"]', "api_keys": api_keys}
    with serving.start(models=toy_models, model="toy", **own) as service:
        for key, status in (("scrape-key", 200), ("admin-key", 200), ("first-key", 401), ("no-key", 401)):
            assert _with_key(service, "/metrics", key).status_code == status
        opened = _with_key(service, "/predict?index=3", "scrape-key").status_code
        assert opened == (401 if api_keys else 200)


def test_metrics_can_be_open(toy_models: Path) -> None:
    """Where SERVICE_OPEN_PATHS has /metrics it needs no key, while a prediction does."""
    open_paths = '["/metrics"]'
    with serving.start(models=toy_models, model="toy", api_keys='["a-key"]', open_paths=open_paths) as service:
        assert service.client.get("/metrics").status_code == 200
        assert service.client.get("/predict?index=3").status_code == 401


def _started(service: Service) -> list[psutil.Process]:
    """Two workers, once each has come so far as to start a process that decodes."""
    found = workers(service, 2)
    until(lambda: all(spawned(worker) for worker in found), "the workers' decode processes")
    return found


def _with_key(service: Service, path: str, key: str) -> httpx.Response:
    return service.client.get(path, headers={"Authorization": f"Bearer {key}"})


def _pids(service: Service) -> set[int]:
    names = " ".join(service.figures())
    return {int(pid) for pid in re.findall(r'process_resident_memory_bytes\{pid="(\d+)"\}', names)}


def _asked_for_metrics(before: dict[str, float], after: dict[str, float]) -> float:
    name = 'seminar_cnn_request_seconds_count{route="/metrics"}'
    return after[name] - before[name]

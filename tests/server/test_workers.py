"""Several worker processes: one that dies is replaced, and none is left behind."""

import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.support import serving, toy
from tests.support.patience import PATIENCE_S, until
from tests.support.processes import ended, workers

ANSWERED = 'seminar_cnn_requests_total{method="GET",route="/predict",status="200"}'


def test_a_killed_worker_is_replaced(toy_models: Path) -> None:
    """Of two workers one is killed: the other answers on, a new one starts, and both are counted in /metrics.

    Told to stop, the service ends both with exit code 0, and no process is left to listen.
    """
    with serving.start(models=toy_models, model="toy", workers=2) as service:
        first = workers(service, 2)
        os.kill(first[0].pid, signal.SIGKILL)
        second = workers(service, 2, without=first[0].pid)
        assert len({each.pid for each in second} - {each.pid for each in first}) == 1
        for _ in range(20):
            assert service.ask("GET", "/predict?index=3").status_code == 200
        # A worker writes its figures down a moment after it has answered.
        assert until(service.figures, "the count of all requests", lambda now: now[ANSWERED] >= 20)[ANSWERED] == 20
        service.process.send_signal(signal.SIGINT)
        assert service.process.wait(PATIENCE_S) == 0
        until(lambda: all(map(ended, second)), "the end of both")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", httpx.URL(service.url).port or 0), PATIENCE_S)


def test_a_bad_version_keeps_no_worker_from_being_replaced(tmp_path: Path) -> None:
    """With a version in the folder that can't be used, a killed worker is replaced, and the service goes on."""
    toy.write(tmp_path)
    with serving.start(models=tmp_path, model="toy", workers=2, poll_seconds=0.1) as service:
        first = workers(service, 2)
        (toy.write(tmp_path, version=2) / "model.onnx").write_bytes(b"another")
        os.kill(first[0].pid, signal.SIGKILL)
        workers(service, 2, without=first[0].pid)
        for _ in range(20):
            assert service.ask("GET", "/predict?index=3").json()["model"]["version"] == 1
        assert service.process.poll() is None


def test_a_worker_that_cannot_start_stops_the_service(tmp_path: Path) -> None:
    """With several workers too, a missing model is one sentence from each and exit code 1."""
    result = serving.run("service", port=0, workers=2, models=tmp_path)
    assert result.returncode == 1
    assert set(result.stderr.splitlines()) == {result.stderr.splitlines()[0]}
    assert "There is no model in" in result.stderr

"""The service stops when told to, and finishes what it has begun."""

import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import serving
from tests.support.patience import PATIENCE_S, until
from tests.support.pictures import RED
from tests.support.problems import WAYS, check, told
from tests.support.serving import Service
from tests.support.wire import connect, head, post, read_last


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(toy_models: Path, number: int) -> None:
    """SIGTERM (a container's stop) and SIGINT (Ctrl-C) end the service with exit code 0 and no traceback."""
    with serving.start(models=toy_models, model="toy", drain_seconds=0.1) as service:
        assert service.client.get("/predict?index=1").status_code == 200
        service.process.send_signal(number)
        assert service.process.wait(PATIENCE_S) == 0
        assert "Traceback" not in service.log.read_text()


def test_a_stop_is_announced_and_finishes_what_was_begun(toy_models: Path) -> None:
    """After SIGTERM /health is 503 while the rest works on; then nothing new is let in, and what was begun is answered.

    Here a second SIGTERM ends the time in between, which would else be as long as a test may wait.
    """
    patient: dict[str, Any] = {"drain_seconds": PATIENCE_S, "stop_seconds": int(PATIENCE_S)}
    with (
        serving.start(models=toy_models, model="toy", **patient) as service,
        connect(service) as connection,
    ):
        assert _get(service, "/health").status_code == 200  # a SIGTERM before it serves would end it at once
        whole = post(RED)
        connection.sendall(whole[:-50])
        service.process.send_signal(signal.SIGTERM)
        refused = until(lambda: _get(service, "/health"), "the announcement", lambda now: now.status_code != 200)
        check(refused, 503, "draining", "takes nothing new")
        told(_get(service, "/v2/health/ready"), "/v2", 503, "draining", "takes nothing new")
        late = _get(service, "/predict?index=1")
        assert late.status_code == 200
        assert late.headers["connection"] == "close"
        service.process.send_signal(signal.SIGTERM)
        until(lambda: _refused(service), "a refused connection")
        connection.sendall(whole[-50:])
        assert read_last(connection).json()["label"] == "airplane"
        assert service.process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("path", WAYS)
def test_what_can_not_be_finished_is_told_so(toy_models: Path, path: str) -> None:
    """A request that is not whole when the service has waited for SERVICE_STOP_SECONDS gets a 503, logged as such."""
    with (
        serving.start(models=toy_models, model="toy", drain_seconds=0.1, stop_seconds=1) as service,
        connect(service) as connection,
    ):
        assert _get(service, "/health").status_code == 200
        connection.sendall(head("Content-Length: 100\r\nX-Request-ID: unfinished", path) + b"half")
        service.process.send_signal(signal.SIGTERM)
        told(read_last(connection), path, 503, "draining", "stops")
        assert service.process.wait(PATIENCE_S) == 0
        (record,) = service.records("unfinished")
        assert (record["status"], record["problem"], record["level"]) == (503, "draining", "warning")


def _get(service: Service, path: str) -> httpx.Response:
    """An answer on a connection of its own."""
    return service.ask("GET", path)


def _refused(service: Service) -> bool:
    try:
        connect(service).close()
    except ConnectionRefusedError:
        return True
    return False

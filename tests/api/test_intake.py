"""Where what a request has sent is read: the small at once, the large by who has a place in the pool."""

import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.api import intake
from service.app import create_app
from service.http import payload
from service.images.decode_processes import DecodeProcesses
from service.limits.admission import INLINE_BYTES, Admission
from service.limits.pool import Pool
from service.middleware.access_log import AccessLog
from service.middleware.log_stream import LogStream
from service.settings import Settings
from tests.support.pictures import RED

LARGE = bytes(INLINE_BYTES + 1)
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(("sent", "path", "status", "thread"), [
    ({"files": {"image": RED}}, "/predict", 200, False),
    ({"json": {"index": 1}}, "/predict", 200, False),
    ({"files": {"image": RED}}, "/explain", 200, False),
    ({"files": {"image": LARGE}}, "/predict", 415, True),
    ({"files": [("image", RED)] * 600}, "/predict", 413, True),
    ({"files": {"image": LARGE}}, "/explain", 415, True),
    ({"content": b" " * len(LARGE) + b'{"index": 1}', "headers": JSON}, "/predict", 200, True),
    ({"content": b" " * len(LARGE) + b'{"index": 1}', "headers": JSON}, "/explain", 200, True),
    ({"content": LARGE, "headers": {"Content-Type": "image/png"}}, "/predict", 415, False),
    ({"content": LARGE, "headers": {"Content-Type": "text/plain"}}, "/predict", 415, False),
])  # fmt: skip
def test_what_is_large_is_read_in_a_thread(
    toy_models: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    sent: dict[str, Any],
    path: str,
    status: int,
    thread: bool,
) -> None:
    """A form or JSON above 32 KiB is read in the pool, with a place there that it keeps; all else on the event loop."""
    settings = Settings(models=toy_models, model="toy", log_level="error")
    admission, pool = Admission(settings), Pool(settings, 1)
    processes = DecodeProcesses(1, settings.decode_seconds, settings.max_decode_bytes)
    read, readers = payload.read_payload, []

    def note(*arguments: Any) -> Any:
        readers.append(threading.current_thread().name)
        return read(*arguments)

    monkeypatch.setattr(intake, "read_payload", note)
    app = create_app(settings, admission, pool, processes, AccessLog(settings, admission, LogStream()))
    try:
        with TestClient(app) as client:
            assert client.post(path, **sent).status_code == status
            assert client.post(path, **sent).status_code == status  # with one place, which has been given back
    finally:
        processes.close()
        pool.close()
    assert [name.startswith("work") for name in readers] == [thread] * 2

"""Writes the OpenAPI document of this working copy's service; `make check` makes the types of the page from it."""

import sys

from starlette.testclient import TestClient

from service.app import create_app
from service.images.decode_processes import DecodeProcesses
from service.limits.admission import Admission
from service.limits.pool import Pool
from service.middleware.access_log import AccessLog
from service.middleware.log_stream import LogStream
from service.settings import Settings


def document() -> str:
    """What `/openapi.json` answers.

    Raises:
        httpx.HTTPStatusError: the service refuses.
    """
    settings = Settings(api_keys=(), log_level="warning")
    admission = Admission(settings)
    processes = DecodeProcesses(1, settings.decode_seconds, settings.max_decode_bytes)
    client = TestClient(
        create_app(settings, admission, Pool(settings, 1), processes, AccessLog(settings, admission, LogStream()))
    )
    return client.get("/openapi.json").raise_for_status().text


if __name__ == "__main__":
    sys.stdout.write(document())

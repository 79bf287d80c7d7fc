"""The addresses that the application has, read from its routes."""

import re
from functools import cache

import pytest
from fastapi import FastAPI

from service.app import create_app
from service.images.decode_processes import DecodeProcesses
from service.limits.admission import Admission
from service.limits.pool import Pool
from service.middleware.access_log import AccessLog
from service.middleware.log_stream import LogStream
from service.settings import Settings


@cache
def addresses() -> tuple[str, ...]:
    """A path for each route of the application as it is shipped, folders included; 1 stands for every parameter."""
    settings = Settings()
    admission = Admission(settings)
    processes = DecodeProcesses(1, settings.decode_seconds, settings.max_decode_bytes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.app.Gateway", lambda app, *_: app)
        app = create_app(settings, admission, Pool(settings, 1), processes, AccessLog(settings, admission, LogStream()))
    assert isinstance(app, FastAPI)
    return tuple(re.sub(r"{\w+}", "1", getattr(route, "path", "")) for route in app.routes)

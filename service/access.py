"""The log: one line for each request, on standard error. It holds nothing of what was sent but method and path."""

import asyncio
import datetime as dt
import logging
import os
import re
import sys
import time
from collections.abc import Mapping

import orjson

from service.settings import Settings

_GIVEN = re.compile(rb"[\x21-\x7e]{1,128}")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*")
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def request_id(headers: Mapping[bytes, bytes]) -> bytes:
    """The request's name: the client's X-Request-ID, else the trace of its traceparent (W3C), else a new one."""
    given = headers.get(b"x-request-id")
    if given and _GIVEN.fullmatch(given):
        return given
    trace = _TRACEPARENT.fullmatch(headers.get(b"traceparent", b""))
    return trace[1] if trace else os.urandom(8).hex().encode()


class AccessLog:
    """Writes the lines, all those of one turn of the event loop in one go."""

    def __init__(self, settings: Settings) -> None:
        self._level = _LEVELS[settings.log_level]
        self._json = settings.log_format == "json"
        self._lines: list[bytes] = []

    def write(  # noqa: PLR0917 - called once, with what a line consists of
        self, name: bytes, method: str, path: str, status: int, seconds: float, problem: str | None
    ) -> None:
        """Log one answered request."""
        level = logging.INFO if status < 400 else logging.WARNING if status < 500 else logging.ERROR
        if level < self._level:
            return
        fields: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(time.time(), dt.UTC),
            "level": logging.getLevelName(level).lower(),
            "request_id": name.decode("ascii"),
            "method": method,
            "path": path,
            "status": status,
            "milliseconds": round(seconds * 1e3, 3),
        }
        if problem:
            fields["problem"] = problem
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._flush)
        self._lines.append(_as_json(fields) if self._json else _as_text(fields))

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        try:
            sys.stderr.buffer.write(b"".join(lines))
            sys.stderr.buffer.flush()
        except OSError:
            pass  # a log that can't be written (a full disk, a closed pipe) stops no answer


def _as_json(fields: dict[str, object]) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


def _as_text(fields: dict[str, object]) -> bytes:
    return (" ".join(str(value) for value in fields.values()).encode("unicode_escape")) + b"\n"

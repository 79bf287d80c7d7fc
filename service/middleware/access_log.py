"""Counts and logs what was answered, all the answers of one turn of the event loop in one go.

One write, and one change of each counter, then stand for many (benchmarks/ablation.py, "gathered-log", measures what
that brings).
"""

import asyncio
import datetime as dt
import logging
import time
from typing import NamedTuple
from urllib.parse import quote

import orjson
from starlette.types import Scope

from service import metrics
from service.limits.admission import BOUNDED, Admission
from service.middleware.log_stream import LogStream
from service.settings import Settings

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# What a path may hold beside letters, digits and -._~ (RFC 3986, section 3.3); all else is logged percent-encoded.
_OF_A_PATH = "/:@!$&'()*+,;="

# Where more requests than this are refused alike in one turn, one line stands for all: under a flood a line for each
# would cost those who are served.
_SEPARATE = 3

_RETRY_SECONDS = 0.1


class Record(NamedTuple):
    """One answered request; nothing of what was sent but method and path.

    Attributes:
        request_id: its name.
        method: such as GET.
        path: without the query; empty where no head could be read.
        route: the pattern that the path fits.
        status: of the answer; 499 where nobody was there to get it.
        bytes: of the answer's body.
        seconds: from the whole head of the request to its answer; 0 where no head could be read.
        problem: the name of the problem, if it was refused or failed.
    """

    request_id: bytes
    method: str
    path: str
    route: str
    status: int
    bytes: int
    seconds: float
    problem: str | None


class AccessLog:
    """Keeps the records of a turn and writes them down at its end: into the metrics, and to standard error."""

    def __init__(self, settings: Settings, admission: Admission, stream: LogStream) -> None:
        self._admission = admission
        self._level = _LEVELS[settings.log_level]
        self._line = _as_json if settings.log_format == "json" else _as_text
        self._stream = stream
        self._retrying = False
        self._records: list[Record] = []
        self._refused: dict[tuple[str, str, int, str], list[Record]] = {}

    def add(self, record: Record) -> None:
        """Note an answered request."""
        if not self._records and not self._refused:
            asyncio.get_running_loop().call_soon(self.flush)
        self._records.append(record)

    def refuse(self, record: Record) -> None:
        """Note a request that was refused before the application was asked; those refused alike are put together."""
        if not self._records and not self._refused:
            asyncio.get_running_loop().call_soon(self.flush)
        alike = record.method, record.route, record.status, record.problem or ""
        self._refused.setdefault(alike, []).append(record)

    def flush(self) -> None:
        """Write down what has been noted, and what of the log has waited."""
        records, self._records = self._records, []
        refused, self._refused = self._refused, {}
        metrics.IN_FLIGHT.set(self._admission.in_flight)
        lines: list[bytes] = []
        now = dt.datetime.fromtimestamp(time.time(), dt.UTC).isoformat()
        for (_, _, _, problem), alike in refused.items():
            if problem:  # else the client left before it was told
                metrics.REFUSALS[problem,].inc(len(alike))
            self._count(alike)
            if len(alike) <= _SEPARATE:
                for record in alike:
                    self._note(lines, now, record)
            else:
                self._note(lines, now, alike[0], len(alike))
        self._count(records)
        for record in records:
            metrics.SECONDS[record.route,].observe(record.seconds)
            self._note(lines, now, record)
        if lines or self._stream.waiting:
            self._stream.write_lines(lines)
        if self._stream.waiting and not self._retrying:
            self._retrying = True
            asyncio.get_running_loop().call_later(_RETRY_SECONDS, self._retry)

    def _retry(self) -> None:
        """Write what its reader did not take; without this it would wait for the next request."""
        self._retrying = False
        self.flush()

    @staticmethod
    def _count(records: list[Record]) -> None:
        tally: dict[tuple[str, str, int], int] = {}
        for record in records:
            alike = record.method, record.route, record.status
            tally[alike] = tally.get(alike, 0) + 1
        for (method, route, status), n in tally.items():
            metrics.REQUESTS[_method(method), route, str(status)].inc(n)

    def _note(self, lines: list[bytes], now: str, record: Record, requests: int = 1) -> None:
        level = logging.INFO if record.status < 400 else logging.WARNING if record.status < 500 else logging.ERROR
        if record.problem in _EXPECTED:
            level = logging.WARNING
        if level >= self._level:
            lines.append(self._line(_fields(now, record, level, requests)))


# What is the clients' number and no fault of the service's, though its status begins with a 5.
_EXPECTED = frozenset({"overloaded", "buffer-full", "draining"})


def route_of(scope: Scope) -> str:
    """The pattern of the endpoint; pages, /docs and what is nowhere are one thing, lest anybody make up metrics."""
    path: str = scope["path"]
    if path in BOUNDED:
        return path
    route = scope.get("route")
    return getattr(route, "path", "other") or "other"


def _method(method: str) -> str:
    return method if method in _METHODS else "OTHER"


def _fields(now: str, record: Record, level: int, requests: int) -> dict[str, object]:
    """What a line says; no value holds a space, a control character or anything beyond ASCII."""
    fields: dict[str, object] = {
        "time": now,
        "level": logging.getLevelName(level).lower(),
        "request_id": record.request_id.decode("ascii"),
        "method": _method(record.method),
        # Decoded, it may hold anything: spaces and line ends that forge fields and lines, and what terminals obey.
        "path": quote(record.path, _OF_A_PATH),
        "status": record.status,
        "bytes": record.bytes,
        "milliseconds": round(record.seconds * 1e3, 3),
    }
    if record.problem:
        fields["problem"] = record.problem
    if requests > 1:
        fields["requests"] = requests
    return fields


def _as_json(fields: dict[str, object]) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


def _as_text(fields: dict[str, object]) -> bytes:
    """The fields, none of which holds a space, with a space between each two and `-` for an empty one."""
    return " ".join(str(value) or "-" for value in fields.values()).encode("ascii") + b"\n"

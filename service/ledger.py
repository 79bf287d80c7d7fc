"""Counts and logs what was answered, all the answers of one turn of the event loop in one go.

Doing it answer by answer costs several times as much, as each time the processor has to fetch the same code anew
(measured in benchmarks/).
"""

import asyncio
import datetime as dt
import logging
import sys
import time
from collections import Counter
from typing import NamedTuple

import orjson

from service import metrics, problems
from service.admission import BOUNDED, Admission
from service.errors import Overloaded
from service.settings import Settings

_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Entry(NamedTuple):
    """One answered request; nothing of what was sent but method and path.

    Attributes:
        request_id: its name.
        method: such as GET.
        path: without the query.
        route: the pattern that the path fits.
        status: of the answer; 499 where nobody was there to get it.
        seconds: from the head of the request to its answer.
        problem: the name of the problem, if it was refused or failed.
    """

    request_id: bytes
    method: str
    path: str
    route: str
    status: int
    seconds: float
    problem: str | None


class Ledger:
    """Keeps the entries of a turn and writes them down at its end: into the metrics, and to standard error."""

    def __init__(self, settings: Settings, admission: Admission) -> None:
        self._admission = admission
        self._level = _LEVELS[settings.log_level]
        self._line = _as_json if settings.log_format == "json" else _as_text
        self._entries: list[Entry] = []

    def enter(self, entry: Entry) -> None:
        """Note an answered request."""
        if not self._entries:
            asyncio.get_running_loop().call_soon(self.close)
        self._entries.append(entry)

    def close(self) -> None:
        """Write down what has been noted."""
        entries, self._entries = self._entries, []
        metrics.IN_FLIGHT.set(self._admission.in_flight)
        if self._admission.refused:
            self._note_refused()
        tally = Counter((entry.method, entry.route, str(entry.status)) for entry in entries)
        for labels, n in tally.items():
            metrics.REQUESTS[labels].inc(n)
        lines = []
        for entry in entries:
            metrics.SECONDS[entry.route,].observe(entry.seconds)
            level = logging.INFO if entry.status < 400 else logging.WARNING if entry.status < 500 else logging.ERROR
            if level >= self._level:
                lines.append(self._line(_fields(entry, level)))
        if lines:
            self._write(lines)

    def _note_refused(self) -> None:
        """One line for all that were refused in this turn: under a flood a line for each would cost those served."""
        n, self._admission.refused = self._admission.refused, 0
        kind = problems.KINDS[Overloaded]
        metrics.REQUESTS["any", BOUNDED, str(kind.status)].inc(n)
        metrics.REFUSALS[kind.name,].inc(n)
        if self._level <= logging.WARNING:
            now = dt.datetime.fromtimestamp(time.time(), dt.UTC)
            fields = {"time": now, "level": "warning", "problem": kind.name, "requests": n}
            self._write([self._line(fields)])

    @staticmethod
    def _write(lines: list[bytes]) -> None:
        try:
            sys.stderr.buffer.write(b"".join(lines))
            sys.stderr.buffer.flush()
        except OSError:
            pass  # a log that can't be written (a full disk, a closed pipe) stops no answer


def _fields(entry: Entry, level: int) -> dict[str, object]:
    fields: dict[str, object] = {
        "time": dt.datetime.fromtimestamp(time.time(), dt.UTC),
        "level": logging.getLevelName(level).lower(),
        "request_id": entry.request_id.decode("ascii"),
        "method": entry.method,
        "path": entry.path,
        "status": entry.status,
        "milliseconds": round(entry.seconds * 1e3, 3),
    }
    if entry.problem:
        fields["problem"] = entry.problem
    return fields


def _as_json(fields: dict[str, object]) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


def _as_text(fields: dict[str, object]) -> bytes:
    return " ".join(map(str, fields.values())).encode("unicode_escape") + b"\n"

"""Answers given without the application: to what is no request, comes too slowly, or finds no room."""

from collections.abc import Iterable

from service.errors import ServiceError
from service.http import problems
from service.limits.admission import BOUNDED
from service.middleware.access_log import Record
from service.middleware.cors import Cors
from service.middleware.gateway import CLIENT_GONE, NOSNIFF, request_id_of
from service.server.exchange import STATUS_LINES
from service.server.framing import Head


def refuse(
    error: ServiceError,
    head: Head | None,
    seconds: float,
    common: Iterable[tuple[bytes, bytes]],
    cors: Cors,
    *,
    close: bool,
) -> tuple[bytes, Record]:
    """The whole answer, a problem with the headers that every answer has; and what is to be logged of it.

    Args:
        error: what is wrong.
        head: of the request, where it could be read.
        seconds: since that was read.
        common: headers such as Date.
        cors: who may read the answer.
        close: whether the connection ends with it.
    """
    problem_type = problems.PROBLEM_TYPES[type(error)]
    content_type, body = problems.encode(head.path if head else "", problem_type, str(error), error.members)
    sent = {} if head is None else dict(head.headers)
    request_id = request_id_of(sent)
    lines = [STATUS_LINES[problem_type.status]]
    for name, value in (
        *common,
        (b"content-type", content_type.encode()),
        (b"content-length", b"%d" % len(body)),
        *((name.lower().encode(), value.encode()) for name, value in (problem_type.headers or {}).items()),
        (b"x-request-id", request_id),
        NOSNIFF,
        *cors.headers(sent.get(b"origin")),
    ):
        if name != b"connection":
            lines += (name, b": ", value, b"\r\n")
    lines.append(b"connection: close\r\n\r\n" if close else b"\r\n")
    shown = b"" if head is not None and head.method == "HEAD" else body
    record = _record(
        head, request_id, status=problem_type.status, size=len(shown), seconds=seconds, problem=problem_type.name
    )
    return b"".join([*lines, shown]), record


def give_up(head: Head, seconds: float) -> Record:
    """What is to be logged of a request whose client went before it was refused; as `refuse`."""
    return _record(head, request_id_of(dict(head.headers)), status=CLIENT_GONE, size=0, seconds=seconds, problem=None)


def _record(
    head: Head | None, request_id: bytes, *, status: int, size: int, seconds: float, problem: str | None
) -> Record:
    method, path = (head.method, head.path) if head else ("", "")
    route = path.removesuffix("/") if path.removesuffix("/") in BOUNDED else "other"
    return Record(request_id, method, path, route, status, size, seconds, problem)

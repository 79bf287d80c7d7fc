"""Connections: heads and bodies that come slowly, too long, in pieces or not at all."""

import socket
import struct
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support import serving
from tests.support.crowds import occupied
from tests.support.patience import until
from tests.support.pictures import RED
from tests.support.problems import check
from tests.support.serving import Service
from tests.support.wire import (
    GET_HEALTH,
    connect,
    connect_slow_reader,
    crowd,
    head,
    is_closed,
    post,
    read,
    read_all,
    read_last,
    read_one,
)


def test_a_slow_request_is_not_waited_for(toy_models: Path) -> None:
    """A client that sends nothing at all, half a head or half the body it announced gets 408 and is cut off."""
    begun = (
        b"",
        b"GET /predict?in",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        head("Content-Length: 100") + b"half",
    )
    with serving.start(models=toy_models, model="toy", header_seconds=0.5, body_seconds=0.5) as hasty:
        connections = [connect(hasty) for _ in begun]
        for connection, sent in zip(connections, begun, strict=True):
            connection.sendall(sent)
        for connection in connections:
            with connection:
                check(read_last(connection), 408, "client-too-slow", "0.5 seconds")


def test_a_long_head_is_refused(narrow: Service) -> None:
    """A head that never ends is refused as soon as it passes the limit."""
    with connect(narrow) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nX-Long: " + b"a" * 3000)
        check(read_last(connection), 431, "head-too-large", "2,000 bytes")


def test_what_is_not_http_gets_a_problem(narrow: Service) -> None:
    """Bytes that are no HTTP are answered with 400, as a problem document too."""
    with connect(narrow) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        check(read_last(connection), 400, "malformed-body", "HTTP client")


def test_too_many_connections_are_refused(narrow: Service) -> None:
    """While twenty clients send their requests, the next connection is told so; then there is room again.

    A body that has been coming for a while gives way to who is new instead (see `test_crowd`): a machine that was too
    slow to fill the places in time tries again.
    """

    def one_too_many() -> httpx.Response:
        with crowd(narrow, 20, head("Content-Length: 20000") + bytes(15_000)), connect(narrow) as connection:
            connection.sendall(GET_HEALTH)
            response, rest = read_one(connection)
            assert rest == b""
            assert response.status_code == 200 or is_closed(connection)
            return response

    refused = until(one_too_many, "a refusal of one too many", lambda response: response.status_code != 200)
    check(refused, 503, "overloaded", "20 connections")
    with_room = until(lambda: _health_on_a_new_connection(narrow), "room for another connection")
    assert with_room == {"status": "ready"}


def _health_on_a_new_connection(service: Service) -> dict[str, str] | None:
    with connect(service) as connection:
        connection.sendall(GET_HEALTH)
        (response,) = read(connection, 1)
    return {"status": response.json()["status"]} if response.status_code == 200 else None


WHOLE = post(RED)
INSIDE = head(f"Content-Length: {len(WHOLE)}")
CHUNKED = head("Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize(("parts", "n"), [
    ((WHOLE,), 1),
    ((WHOLE[:20], WHOLE[20:]), 1),
    ((WHOLE[:-9], WHOLE[-9:]), 1),
    ((INSIDE, WHOLE), 1),
    ((INSIDE + WHOLE,), 1),
    ((WHOLE + WHOLE[:30], WHOLE[30:]), 2),
    ((CHUNKED,), 1),
], ids=["whole", "head cut", "body cut", "body apart", "body like a request", "two", "chunks"])  # fmt: skip
def test_refusals_keep_requests_and_answers_in_step(narrow: Service, parts: tuple[bytes, ...], n: int) -> None:
    """While there is no room each request gets one 503, in whatever pieces it comes and whatever its body holds."""
    with occupied(narrow), connect(narrow) as connection:
        until(lambda: set(_statuses(narrow, connection, parts, n)) == {503}, "a refusal of every request")
    with connect(narrow) as connection:
        until(lambda: _statuses(narrow, connection, (WHOLE,), 1) == [200], "room for a prediction")
    assert narrow.figures()['seminar_cnn_refusals_total{cause="overloaded"}'] >= n


def _statuses(service: Service, connection: socket.socket, parts: tuple[bytes, ...], n: int) -> list[int]:
    """Those of the `n` answers to these bytes; the answer after them has to be that to the next request."""
    for part in parts:
        connection.sendall(part)
        service.client.get("/health")  # once this is answered, the part has been read by itself
    statuses = [response.status_code for response in read(connection, n)]
    connection.sendall(GET_HEALTH)
    (following,) = read(connection, 1)
    assert following.json()["status"] == "ready"
    return statuses


def test_clients_that_are_gone_before_they_are_accepted_leave_no_trace(toy_service: Service) -> None:
    """Connections reset while they wait to be accepted cost no descriptor and no line of the log."""
    process = psutil.Process(toy_service.process.pid)
    held = process.num_fds()
    process.suspend()
    try:
        for _ in range(200):
            with connect(toy_service) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    finally:
        process.resume()
    assert toy_service.client.get("/health").status_code == 200  # it waited behind them
    # A decode process that starts meanwhile holds a few of its own.
    until(lambda: process.num_fds() < held + 20, "the descriptors of those that are gone")
    assert "Traceback" not in toy_service.log.read_text()


def test_the_kernel_keeps_little_for_a_client_that_does_not_read(service: Service) -> None:
    """Of answers of megabytes that nobody takes, the kernel keeps less than half a megabyte for a connection."""
    with connect(service) as connection:
        connection.sendall(b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n" * 8)
        kept = until(lambda: _unsent(connection), "an answer that waits in the kernel")
        for _ in range(20):  # it would grow now, as the client's window does
            service.client.get("/health")
            kept = max(kept, _unsent(connection))
        assert kept < 500_000


def _unsent(client: socket.socket) -> int:
    """The bytes that the kernel keeps at the other end of a connection, having no room at this one (proc(5))."""
    other, own = (f":{end[1]:04X}" for end in (client.getpeername(), client.getsockname()))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    (queues,) = [fields[4] for fields in lines if fields[1].endswith(other) and fields[2].endswith(own)]
    return int(queues.partition(":")[0], 16)


@pytest.mark.parametrize("behind", [b"", b"\r\n", GET_HEALTH], ids=["nothing", "a line break", "a request"])
def test_who_reads_slowly_gets_all_of_a_last_answer(service: Service, behind: bytes) -> None:
    """An answer that ends its connection comes whole to a client that begins to read late, whatever it has sent."""
    with connect_slow_reader(service) as connection:
        asking = b"GET /model-card?format=html HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        connection.sendall(asking + behind)
        time.sleep(3)  # a client that still sends is listened to for two seconds
        (response,) = read_all(connection)
    assert len(response.content) == int(response.headers["content-length"]) > 400_000

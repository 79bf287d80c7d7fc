"""Requests and responses byte by byte, for what no HTTP client would send."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from tests.support.patience import PATIENCE_S
from tests.support.serving import Service

GET_HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


def connect(service: Service) -> socket.socket:
    """A connection to the service."""
    return socket.create_connection(("127.0.0.1", httpx.URL(service.url).port or 0), timeout=PATIENCE_S)


def connect_slow_reader(service: Service) -> socket.socket:
    """A connection whose client has room for little of an answer until it reads."""
    connection = socket.socket()
    connection.settimeout(PATIENCE_S)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # counts from before it connects
    connection.connect(("127.0.0.1", httpx.URL(service.url).port or 0))
    return connection


def head(framing: str, path: str = "/predict", content_type: str = "image/png") -> bytes:
    """The head of a POST request whose body is framed so, such as by `Content-Length: 5`."""
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n{framing}\r\n\r\n".encode()


def post(body: bytes, path: str = "/predict", content_type: str = "image/png") -> bytes:
    """A POST request."""
    return head(f"Content-Length: {len(body)}", path, content_type) + body


def read_one(connection: socket.socket, rest: bytes = b"") -> tuple[httpx.Response, bytes]:
    """The next response on a connection, of which `rest` has been read already, and what came after it.

    Raises:
        EOFError: the connection ended before; with what came instead of a whole response.
    """
    content = rest
    while (cut := _cut(content)) is None:
        piece = connection.recv(65536)
        if not piece:
            raise EOFError(content)
        content += piece
    return cut


def read(connection: socket.socket, n: int) -> list[httpx.Response]:
    """The next `n` responses on a connection that stays open; nothing may come beside them."""
    found: list[httpx.Response] = []
    rest = b""
    while len(found) < n:
        response, rest = read_one(connection, rest)
        found.append(response)
    assert rest == b""
    return found


def read_all(connection: socket.socket) -> list[httpx.Response]:
    """Every response until the service closes; nothing may come beside them."""
    content = b""
    while piece := connection.recv(65536):
        content += piece
    found: list[httpx.Response] = []
    while content:
        cut = _cut(content)
        assert cut is not None, content
        response, content = cut
        found.append(response)
    return found


def read_last(connection: socket.socket) -> httpx.Response:
    """The one response on a connection that the service then closes."""
    (response,) = read_all(connection)
    return response


def is_closed(connection: socket.socket) -> bool:
    """Whether the service has closed it: waits until it does."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    return True


@contextmanager
def crowd(service: Service, n: int, sent: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections that have sent this much, unless the service has cut them off before."""
    connections = [connect(service) for _ in range(n)]
    try:
        for connection in connections:
            with suppress(ConnectionError):
                connection.sendall(sent)
        yield connections
    finally:
        for connection in connections:
            connection.close()


def _cut(content: bytes) -> tuple[httpx.Response, bytes] | None:
    """The first response and what follows it; None where it is not whole yet."""
    start, end, rest = content.partition(b"\r\n\r\n")
    if not end:
        return None
    status, *lines = start.decode().split("\r\n")
    headers = httpx.Headers([(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)])
    length = int(headers.get("content-length", 0))
    if len(rest) < length:
        return None
    return httpx.Response(int(status.split()[1]), headers=headers, content=rest[:length]), rest[length:]

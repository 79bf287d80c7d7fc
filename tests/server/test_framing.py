"""Requests that a proxy might read otherwise than the service does: they are refused."""

import httpx
import pytest

from tests.support.problems import check
from tests.support.serving import Service
from tests.support.wire import connect, head, read_last, read_one

CHUNKED = head("Transfer-Encoding: chunked")


def answer(service: Service, sent: bytes) -> httpx.Response:
    with connect(service) as connection:
        connection.sendall(sent)
        return read_last(connection)


@pytest.mark.parametrize("sent", [
    b"GET /health HTTP/1.1\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nhost: a\r\n\r\n",
    b"GET /health HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
])  # fmt: skip
def test_a_request_has_one_host(toy_service: Service, sent: bytes) -> None:
    """HTTP/1.1 without Host, and any request with two, is malformed (RFC 9112, section 3.2)."""
    check(answer(toy_service, sent), 400, "malformed-body", "one Host")


def test_http_1_0_needs_no_host(toy_service: Service) -> None:
    """A request of HTTP/1.0 without Host is answered."""
    assert answer(toy_service, b"GET /health HTTP/1.0\r\n\r\n").status_code == 200


@pytest.mark.parametrize("line", [
    b"OPTIONS /health RTSP/1.0", b"DESCRIBE /health RTSP/1.0", b"SOURCE /health ICE/1.0", b"GET /health HTTP/2.0",
    b"GET /health HTTP/0.9", b"GET /health",
])  # fmt: skip
def test_other_protocols_are_refused(toy_service: Service, line: bytes) -> None:
    """A request line of another protocol or version is no HTTP/1.1 request."""
    check(answer(toy_service, line + b"\r\nHost: x\r\n\r\n"), 400, "malformed-body", "no HTTP")


@pytest.mark.parametrize("extension", [b";a\nb", b";a\rb", b";a\0b", b";\x7f", b"\n", b" \n;a"])
def test_a_chunks_extension_holds_no_line_end(toy_service: Service, extension: bytes) -> None:
    """A line end of another kind in the line of a chunk's size is no part of it, nor is any control character."""
    sent = CHUNKED + b"1" + extension + b"\r\na\r\n0\r\n\r\n"
    check(answer(toy_service, sent), 400, "malformed-body", "no size")


@pytest.mark.parametrize("trailer", [b"A: b\nC: d", b"A: b\rC: d", b"A: \0", b"\n"])
def test_a_trailer_holds_no_line_end(toy_service: Service, trailer: bytes) -> None:
    """A line end of another kind in a trailer is no part of it, nor is a NUL."""
    sent = CHUNKED + b"1\r\na\r\n0\r\n" + trailer + b"\r\n\r\n"
    check(answer(toy_service, sent), 400, "malformed-body", "trailer")


def test_extensions_and_trailers_are_passed_over(toy_service: Service) -> None:
    """What an extension or a trailer may hold is read and does not matter."""
    with connect(toy_service) as connection:
        connection.sendall(CHUNKED + b'1 ;a="b\t\xff"\r\na\r\n0;c\r\nX-Sum: \xe9\t1\r\nY:\r\n\r\n')
        check(read_one(connection)[0], 415, "not-an-image", "Send one of")


def test_a_length_of_thousands_of_zeros_is_refused(toy_service: Service) -> None:
    """A Content-Length of more digits than any length has is malformed, and the service's log has no traceback."""
    check(answer(toy_service, head(f"Content-Length: {'0' * 5000}5")), 400, "malformed-body", "digits")
    assert "Traceback" not in toy_service.log.read_text()

"""The edge of the swarm stack, HAProxy with its real configuration, before a real service.

Here it sends a replica two requests at one time, and one large one.
"""

import re
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import unquote

import httpx
import pytest

from service.limits.admission import BOUNDED, is_bounded
from tests.support import edge
from tests.support.edge import Edge
from tests.support.patience import PATIENCE_S, until
from tests.support.pictures import encode, photo
from tests.support.serving import Service

_MOST_BYTES = 16_777_216


@pytest.fixture(scope="module")
def before(toy_service: Service) -> Iterator[Edge]:
    """An edge before the toy's service."""
    with edge.start(toy_service.url.removeprefix("http://")) as started:
        until(lambda: started.client.get("/health").status_code == 200, "the first good check")
        yield started


def connection(before: Edge, content: bytes) -> socket.socket:
    """A connection on which these bytes are sent."""
    address = before.client.base_url
    opened = socket.create_connection((address.host, address.port or 80), PATIENCE_S)
    opened.sendall(content)
    return opened


def answer(before: Edge, content: bytes) -> bytes:
    """All that comes back for these bytes."""
    with connection(before, content) as opened:
        return opened.makefile("rb").read()


def test_a_picture_is_answered(before: Edge) -> None:
    """Small and large, and of no stated length, pictures reach the service and their answers come back."""
    small, large = encode(photo(32, 32), "PNG"), encode(photo(200, 200), "BMP")
    assert len(large) > 65_536
    for content in (small, large, iter([small])):
        answered = before.client.post("/predict", content=content, headers={"Content-Type": "image/png"})
        assert (answered.status_code, "label" in answered.json()) == (200, True)


@pytest.mark.parametrize(
    "path", ["/metrics", "/metrics/", "/metric%73", "/metrics%2f", "/%6d%65trics", "/metrics?x", "/metrics/x"]
)
def test_figures_are_for_those_inside(before: Edge, path: str) -> None:
    """However /metrics is written, the edge answers 404, and passes on what is none."""
    assert before.client.get(httpx.URL(before.client.base_url, raw_path=path.encode())).status_code == 404
    assert before.client.get("/health").status_code == 200


def test_http_2_can_not_be_begun(before: Edge) -> None:
    """Who begins HTTP/2 unasked, with a hundred requests on one connection, is refused at once."""
    said = answer(before, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")
    assert said.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("expect", ["", "Expect: 100-continue\r\n"])
def test_what_is_too_large_is_refused_unread(before: Edge, expect: str) -> None:
    """A body whose length is beyond the limit is refused by its head alone, in a problem document."""
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\n{expect}Content-Length: {_MOST_BYTES + 1}\r\n\r\n"
    began = time.monotonic()
    said = answer(before, head.encode())
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in said
    assert b'"status":413' in said
    assert time.monotonic() - began < 8  # a body that does not come is waited for in vain for ten


def requests_by_backend(before: Edge) -> dict[str, float]:
    """How many requests the edge has handed to replicas, by its backend."""
    found = re.findall(
        r'^haproxy_backend_http_requests_total{proxy="(\w+)"} (\d+)$',
        httpx.get(f"http://{before.metrics}/metrics").text,
        re.MULTILINE,
    )
    return {name: float(n) for name, n in found}


@pytest.mark.parametrize(
    ("path", "backend"),
    [
        *((path, "replicas") for path in (*sorted(BOUNDED), "/v2/models/toy/infer", "/v2/models/stats", "/%70redict/")),
        *(
            (path, "rest")
            for path in ("/", "/health", "/model-card", "/docs", "/v2/models/toy", "/predictx", "/x/predict")
        ),
    ],
)
def test_only_what_costs_work_waits_for_a_place(before: Edge, path: str, backend: str) -> None:
    """What the service counts as work goes where a replica's places are counted; all else does not."""
    assert is_bounded(unquote(path)) == (backend == "replicas")
    earlier = requests_by_backend(before)
    before.client.get(httpx.URL(before.client.base_url, raw_path=path.encode()))
    later = requests_by_backend(before)
    assert {name for name in later if later[name] > earlier[name]} == {backend}


@pytest.mark.parametrize(("length", "sent"), [(100_000, 70_000), (1000, 10)])
def test_slow_bodies_take_nobodys_place(before: Edge, length: int, sent: int) -> None:
    """Three bodies that stop half way, small or large, leave the two places for small ones free."""
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: {length}\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(connection(before, head.encode() + bytes(sent)))
        time.sleep(1)
        content = encode(photo(32, 32), "PNG")
        for _ in range(5):
            answered = before.client.post("/predict", content=content, headers={"Content-Type": "image/png"})
            assert answered.status_code == 200
        assert before.client.get("/health").status_code == 200


def test_one_address_has_half_of_the_connections(before: Edge) -> None:
    """Of 1,010 connections of one address ten are closed at once, and another address is answered."""
    address = before.client.base_url.host, before.client.base_url.port or 80
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    try:
        with ExitStack() as stack:
            opened, reset = [], 0
            for _ in range(1010):
                try:
                    each = socket.create_connection(address, PATIENCE_S, ("127.0.0.3", 0))
                except ConnectionResetError:  # so soon that connecting had not come back yet
                    reset += 1
                    continue
                opened.append(stack.enter_context(each))
                each.setblocking(False)
            until(lambda: reset + sum(map(_is_closed, opened)) >= 10, "the end of ten")
            assert reset + sum(map(_is_closed, opened)) == 10
            assert before.client.get("/health").status_code == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True

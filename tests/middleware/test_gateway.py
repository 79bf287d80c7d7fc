"""What every answer carries."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from service.errors import NotAnImage
from service.http.problems import BY_NAME, MEDIA_TYPE
from service.limits.admission import Admission
from service.middleware.access_log import AccessLog
from service.middleware.gateway import Gateway
from service.middleware.log_stream import LogStream
from service.middleware.shortcuts import Shortcuts
from service.settings import Settings
from tests.support.problems import check
from tests.support.serving import Service


def test_a_request_keeps_its_name(toy_client: httpx.Client) -> None:
    """X-Request-ID comes back; else the trace of a traceparent; else, and for a bad one, a new one each time."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    named = toy_client.get("/health", headers={"X-Request-ID": "a-1"})
    traced = toy_client.get("/health", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert named.headers["x-request-id"] == "a-1"
    assert traced.headers["x-request-id"] == trace
    made = {toy_client.get("/health", headers={"X-Request-ID": "a" * 200}).headers["x-request-id"] for _ in range(3)}
    assert len(made) == 3
    assert all(len(name) == 16 for name in made)


def test_headers_say_little_and_forbid_much(toy_client: httpx.Client) -> None:
    """No answer names the server's software; all forbid sniffing; HTML comes with a content security policy."""
    for path in ("/predict?index=1", "/docs", "/nowhere", "/health"):
        headers = toy_client.get(path).headers
        assert "server" not in headers
        assert headers["x-content-type-options"] == "nosniff"
    headers = toy_client.get("/docs").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"


HEADERS = {"Allow": "GET", "Content-Range": "bytes */9", "ETag": '"x"', "Content-Type": "text/plain"}


async def in_own_words(request: Request) -> Response:
    """An error as a library gives it, in pieces."""

    def pieces() -> Iterator[str]:
        yield "in its"
        yield " own words"

    return StreamingResponse(pieces(), request.path_params["status"], HEADERS)


async def in_ours(_request: Request) -> Response:
    problem = BY_NAME["not-found"]
    return Response(problem.encode("Not here."), problem.status, media_type=MEDIA_TYPE)


class Picture:
    """Stands for what a request has sent."""


def ask(path: str, *direct: Route) -> httpx.Response:
    """The answer of an application behind the gateway that gives errors of its own."""
    settings = Settings(log_level="error")
    admission = Admission(settings)
    app = Starlette(routes=[Route("/ours", in_ours), Route("/{status:int}", in_own_words)])
    gateway = Gateway(
        app,
        settings,
        admission,
        AccessLog(settings, admission, LogStream()),
        Shortcuts(direct),
    )

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://x") as client:
            return await client.get(path)

    return asyncio.run(get())


@pytest.mark.parametrize("status", [each.value for each in HTTPStatus if each >= 400])
def test_an_error_in_other_words_is_a_problem(status: int) -> None:
    """Any error that comes out of the application as something else leaves as one of the table's, whole.

    A status that the table has no such row for is the service's own failure.
    """
    response = ask(f"/{status}")
    names = {404: "not-found", 405: "method-not-allowed"}
    name = names.get(status, "internal-error")
    check(response, BY_NAME[name].status, name, "")
    assert "own words" not in response.text
    assert "etag" not in response.headers
    assert int(response.headers["content-length"]) == len(response.content)
    if status in names:
        assert (response.headers["allow"], response.headers["content-range"]) == ("GET", "bytes */9")


def test_what_is_no_error_is_left_alone() -> None:
    """An answer below 400, and an error that is a problem already, leave as they came."""
    response = ask("/203")
    assert (response.status_code, response.text, response.headers["etag"]) == (203, "in its own words", '"x"')
    check(ask("/ours"), 404, "not-found", "Not here.")


def test_a_refusal_lets_go_of_what_was_sent() -> None:
    """With its answer a refused request's picture is gone, without the garbage collector."""
    sent: list[weakref.ref[Picture]] = []

    async def refuse(_request: Request) -> Response:
        picture = Picture()
        sent.append(weakref.ref(picture))
        error = NotAnImage("No picture.")
        raise error

    gc.disable()
    try:
        check(ask("/refused", Route("/refused", refuse)), 415, "not-an-image", "No picture.")
        assert sent[0]() is None
    finally:
        gc.enable()


def test_a_line_break_is_part_of_a_path(toy_service: Service) -> None:
    """/predict with a line break behind it is another address, and there is nothing at it."""
    for path in ("/predict%0A?index=1", "/health%0A", "/images/3.png%0A"):
        check(toy_service.client.get(path), 404, "not-found", "nothing at this address")

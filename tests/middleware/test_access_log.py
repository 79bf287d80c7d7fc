"""What is written down about a request, and what is not."""

import asyncio
import json
import re
import socket
import uuid
from pathlib import Path
from urllib.parse import unquote

import pytest

from service import metrics
from service.limits.admission import Admission
from service.middleware.access_log import AccessLog, Record, route_of
from service.middleware.log_stream import LogStream
from service.settings import Settings
from tests.support import serving
from tests.support.patience import until
from tests.support.pictures import RED, encode, photo
from tests.support.serving import Service
from tests.support.wire import connect, post, read_all, read_one

PHOTO = encode(photo(1200, 900))

# Paths as they are sent: they would forge fields, lines, or what a terminal shows.
HOSTILE = (
    b"/x%20200%205%200.1%20no-input",
    b"/x%0A2026-11-25T03:38:02.700966+00:00%20info%20a%20GET%20/forged%20200%205%200.1",
    b'/x%0D%0A{"time":"","level":"info","request_id":"a","method":"GET","path":"/forged","status":200}',
    b"/x%22,%22status%22:200,%22path%22:%22/forged",
    b"/x%00%09%0B%0C%1B%5B2J%7F",
    b"/x%C2%85%E2%80%A8%E2%80%A9%C2%A0%E3%80%80%C2%9B2J%E2%80%AE",
    b"/x%2520y",
    b"/x%ED%A0%80%FF",
    b"/-%5C%5Cn%25",
)


def test_each_request_is_one_line(toy_service: Service) -> None:
    """The log has one JSON line for each request, with its id, path, status, time and problem, and no query."""
    right, wrong = uuid.uuid4().hex, uuid.uuid4().hex
    toy_service.client.get("/predict?index=3", headers={"X-Request-ID": right})
    toy_service.client.get("/predict?index=secret", headers={"X-Request-ID": wrong})
    first, second = toy_service.records(right, wrong)
    assert (first["request_id"], first["path"], first["status"], first["level"]) == (right, "/predict", 200, "info")
    assert first["milliseconds"] > 0
    assert "problem" not in first
    assert (second["request_id"], second["path"], second["status"]) == (wrong, "/predict", 422)
    assert (second["level"], second["problem"]) == ("warning", "invalid-parameter")
    assert "secret" not in toy_service.log.read_text()


def test_the_log_says_who_was_not_there(toy_service: Service) -> None:
    """A client that ends its side while it is answered gets no answer, and the log says 499 and no bytes of it."""
    asked = (
        b"GET /predict?index=3 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /missing HTTP/1.1\r\nHost: x\r\n\r\n",
        post(PHOTO),
    )
    answers: dict[str, int | None] = {}
    for request in asked * 4:
        name = uuid.uuid4().hex
        line, _, rest = request.partition(b"\r\n")
        with connect(toy_service) as connection:
            connection.sendall(line + b"\r\nX-Request-ID: " + name.encode() + b"\r\n" + rest)
            connection.shutdown(socket.SHUT_WR)
            answers[name] = next((answer.status_code for answer in read_all(connection)), None)
    records = toy_service.records(*answers)
    assert {record["request_id"]: record["status"] for record in records} == {
        name: status or 499 for name, status in answers.items()
    }
    assert all(record["bytes"] > 0 or record["status"] == 499 for record in records)
    assert None in answers.values()  # of the photographs at least


def test_the_log_can_be_quiet_and_plain(toy_models: Path) -> None:
    """With log_level=warning and log_format=text only refused requests are logged, as text."""
    with serving.start(models=toy_models, model="toy", log_level="warning", log_format="text") as service:
        service.client.get("/predict?index=3")
        service.client.get("/predict?index=x")
        # Lines are written in the order of the requests: with the second's here, the first's would be too.
        log = until(service.log.read_text, "a line", lambda log: "invalid-parameter" in log)
        (line,) = log[log.index("Serving ") :].splitlines()[1:]
        assert " warning " in line
        assert line.endswith(" invalid-parameter")


def test_a_picture_leaves_no_trace_in_the_log(toy_service: Service) -> None:
    """Neither a file's name nor its bytes nor its text blocks reach the log, whether it is answered or refused."""
    names = [uuid.uuid4().hex for _ in range(2)]
    for name, content in zip(names, (RED, b"grandmother's letter"), strict=True):
        files = {"image": ("grandmother.png", content)}
        toy_service.client.post("/predict", files=files, headers={"X-Request-ID": name})
    assert [record["status"] for record in toy_service.records(*names)] == [200, 415]
    assert "grandmother" not in toy_service.log.read_text()


def test_all_of_one_moment_are_counted() -> None:
    """Answers of the same turn of the event loop, which are written down together, are each counted."""
    route = uuid.uuid4().hex

    async def answer() -> None:
        settings = Settings(log_level="error")
        log = AccessLog(settings, Admission(settings), LogStream())
        for status in (200, 200, 404, 200):
            log.add(Record(b"x", "GET", "/", route, status, 10, 0.1, None))
        await asyncio.sleep(0)

    asyncio.run(answer())
    exposed = metrics.expose().decode()
    assert f'seminar_cnn_requests_total{{method="GET",route="{route}",status="200"}} 3.0' in exposed
    assert f'seminar_cnn_requests_total{{method="GET",route="{route}",status="404"}} 1.0' in exposed
    assert f'seminar_cnn_request_seconds_count{{route="{route}"}} 4.0' in exposed


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_path_forges_nothing(toy_models: Path, form: str) -> None:
    """Whatever path is asked for, its line is one line of ASCII with its own fields, and the path can be read back."""
    with serving.start(models=toy_models, model="toy", log_format=form) as service, connect(service) as connection:
        before = len(service.log.read_bytes().splitlines())
        rest = b""
        for number, path in enumerate(HOSTILE):
            connection.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\nX-Request-ID: id-%d\r\n\r\n" % (path, number))
            response, rest = read_one(connection, rest)
            assert response.status_code == 404
        # Lines are written in the order of the requests: nothing of theirs comes after the last one's.
        last = f"id-{len(HOSTILE) - 1}"
        text = until(lambda: service.log.read_bytes().decode(), "the last line", lambda text: last in text)
    lines = text.splitlines()[before:]
    assert len(lines) == len(HOSTILE)
    for number, (line, path) in enumerate(zip(lines, HOSTILE, strict=True)):
        assert re.fullmatch(r"[\x20-\x7e]+", line)
        fields = list(json.loads(line).values()) if form == "json" else line.split(" ")
        assert len(fields) == 9
        _, level, request_id, method, logged, status, _, _, problem = fields
        assert (level, request_id, method, problem) == ("warning", f"id-{number}", "GET", "not-found")
        assert int(status) == 404
        assert unquote(logged) == unquote(path.decode("latin-1"))


def test_a_path_that_is_nobodys_has_no_route_of_its_own() -> None:
    """What matched no route is `other`, however much its path resembles one; a bounded path is its own, always."""
    for path in ("/predict/", "/answers//", "/predictions", "/x"):
        assert route_of({"type": "http", "path": path}) == "other"
    assert route_of({"type": "http", "path": "/predict"}) == "/predict"


def test_an_empty_field_has_its_place(capfd: pytest.CaptureFixture[str]) -> None:
    """A refusal before there is a path has as many fields in a text line as any other, with - for the path."""

    async def refuse() -> None:
        settings = Settings(log_format="text")
        log = AccessLog(settings, Admission(settings), LogStream())
        log.refuse(Record(b"x", "", "", "other", 408, 10, 0.1, "client-too-slow"))
        await asyncio.sleep(0)

    asyncio.run(refuse())
    assert capfd.readouterr().err.split(" ")[1:] == [
        "warning",
        "x",
        "OTHER",
        "-",
        "408",
        "10",
        "100.0",
        "client-too-slow\n",
    ]

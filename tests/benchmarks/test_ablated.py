"""The service with one trick less does what the service does; else its row of the table would compare two services."""

import os
from typing import Any

import httpx
import pytest

from benchmarks import load, program
from benchmarks.load import MULTIPART, form
from benchmarks.payloads import small_picture, upload
from benchmarks.programs.ablated import TRICKS
from service.http.multipart import _MAX_PART_HEAD
from tests.support.serving import Service, newcomer

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
PICTURE = small_picture()
FORM = form(PICTURE)


def with_head(size: int) -> bytes:
    """The form with a part whose head has this many bytes, with the line breaks around it."""
    before, head, rest = FORM.partition(FORM[FORM.index(b"\r\n") : FORM.index(b"\r\n\r\n") + 4])
    place = head.index(b"; filename")
    return before + head[:place] + b"; x=".ljust(size - len(head), b"a") + head[place:] + rest


REQUESTS: dict[str, tuple[str, str, bytes | None]] = {
    "an index": ("/predict?index=16&top=3", "", None),
    "an upload": ("/predict", MULTIPART, FORM),
    "two files": ("/predict?fit=stretch", MULTIPART, form(PICTURE, PICTURE)),
    "bare bytes": ("/predict", "image/png", PICTURE),
    "JSON": ("/predict", "application/json", b'{"indices": [16, 1]}'),
    "the model card": ("/model-card", "", None),
    "a wrong index": ("/predict?index=x", "", None),
    "an index that is not there": ("/predict?index=10000", "", None),
    "an unknown parameter": ("/predict?index=16&indx=1", "", None),
    "an unknown model": ("/predict?index=16&model=typo", "", None),
    "no index": ("/predict", "", None),
    "an upload with a wrong query": ("/predict?top=11", MULTIPART, FORM),
    "an unknown field": ("/predict", MULTIPART, FORM.replace(b'name="image"', b'name="picture"')),
    "text in the field": ("/predict", MULTIPART, FORM.replace(b'; filename="p"', b"")),
    "seventy files": ("/predict", MULTIPART, form(*[PICTURE] * 70)),
    "half a form": ("/predict", MULTIPART, FORM[:1000]),
    "no boundary": ("/predict", "multipart/form-data", FORM),
    "another boundary": ("/predict", MULTIPART + "2", FORM),
    "too long a head": ("/predict", MULTIPART, FORM.replace(b"; filename", b"; x=" + bytes(5000) + b"; filename")),
    "as long a head as may be": ("/predict", MULTIPART, with_head(_MAX_PART_HEAD)),
    "a head a byte too long": ("/predict", MULTIPART, with_head(_MAX_PART_HEAD + 1)),
    "an empty form": ("/predict", MULTIPART, b"--boundary--\r\n"),
    "no such page": ("/nothing", "", None),
}  # fmt: skip
pytestmark = pytest.mark.skipif(not CORES, reason="benchmarks want Linux")


def answers(port: int) -> dict[str, tuple[int, Any]]:
    """Status and content of the answer to each of the requests."""
    found = {}
    with newcomer(f"http://127.0.0.1:{port}") as client:
        for name, (path, content_type, body) in REQUESTS.items():
            method, headers = ("GET", {}) if body is None else ("POST", {"Content-Type": content_type})
            answer = client.request(method, path, headers=headers, content=body)
            found[name] = answer.status_code, answer.text
    return found


@pytest.fixture(scope="module")
def expected(service: Service) -> dict[str, tuple[int, Any]]:
    """What the service itself says."""
    return answers(httpx.URL(service.url).port or 0)


@pytest.mark.parametrize("trick", TRICKS)
def test_without_a_trick_the_answers_are_the_same(trick: str, expected: dict[str, tuple[int, Any]]) -> None:
    """With each trick switched off, every request above gets the status and the very bytes that the service gives."""
    assert {status for status, _ in expected.values()} >= {200, 400, 404, 413, 422}
    with program.start("ablated", CORES, [trick], drain_seconds=0) as ablated:
        assert answers(ablated.port) == expected


def test_without_early_refusal_the_application_refuses() -> None:
    """Where there is no room, requests are still answered by 200 or 503, and both do occur."""
    with program.start(
        "ablated", CORES, ["early-refusal"], max_in_flight=1, log_level="error", drain_seconds=0
    ) as ablated:
        assert set(load.run(ablated.port, upload(PICTURE), 32, 0.5).statuses) == {200, 503}

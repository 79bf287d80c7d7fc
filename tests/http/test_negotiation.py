"""Accept and Accept-Encoding, to their fine points."""

import time

import httpx
import pytest

from service.http.negotiation import best_type, takes_gzip
from tests.support.cards import CHROMIUM, HTML, JSON, MARKDOWN


@pytest.mark.parametrize(("accept", "expected"), [
    ("", JSON),
    ("*/*", JSON),
    (CHROMIUM, HTML),
    ("text/html", HTML),
    ("text/markdown", MARKDOWN),
    ("TEXT/Markdown ; Q=0.5", MARKDOWN),
    ("text/markdown, text/html;q=0.9", MARKDOWN),
    ("text/html;q=0.8, application/json;q=0.9", JSON),
    ("text/html, application/json", JSON),
    ("text/*", HTML),
    ("text/*, text/html;q=0.1", MARKDOWN),
    ("*/*, application/json;q=0", HTML),
    ("text/html;level=1, */*;q=0.1", HTML),
    ("text/html;q=nonsense, text/markdown;q=0.1", MARKDOWN),
    ("image/png", JSON),
    (",;,", JSON),
])  # fmt: skip
def test_the_form_is_the_one_that_the_client_would_rather_have(
    client: httpx.Client, accept: str, expected: str
) -> None:
    """Accept is read with its q-values and the most specific range; JSON comes where all or none is welcome."""
    assert best_type(accept, [JSON, HTML, MARKDOWN]) == expected
    response = client.get("/model-card", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == expected
    assert response.headers["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize(("accept_encoding", "expected"), [
    ("", False), ("gzip", True), ("gzip, deflate, br", True), ("br", False), ("gzip;q=0", False), ("*", True),
    ("*;q=0", False), ("identity, gzip;q=0.5", False), ("x-gzip", True), ("identity;q=0.5, gzip", True),
])  # fmt: skip
def test_gzip_goes_to_who_takes_it(client: httpx.Client, accept_encoding: str, *, expected: bool) -> None:
    """Accept-Encoding is read with its q-values; the same document comes either way."""
    assert takes_gzip(accept_encoding) == expected
    response = client.get("/model-card", headers={"Accept-Encoding": accept_encoding})
    assert (response.headers.get("content-encoding") == "gzip") == expected
    assert response.json()["model_details"]["name"] == "seminar-cnn"


@pytest.mark.parametrize(("before", "form"), [("a, " * 63, HTML), ("a, " * 64, JSON), ("a" * 1100 + ", ", JSON)])
def test_a_header_that_is_far_too_long_says_nothing(client: httpx.Client, before: str, form: str) -> None:
    """Of more than 64 elements or 1 KiB Accept, Accept-Encoding and If-None-Match are as if they were not there."""
    read = form == HTML
    assert best_type(f"{before}text/html", [JSON, HTML]) == form
    assert takes_gzip(f"{before}gzip") == read
    tag = client.get("/model-card", headers={"Accept-Encoding": ""}).headers["etag"]
    asked = {"If-None-Match": before + tag, "Accept-Encoding": ""}
    assert client.get("/model-card", headers=asked).status_code == (304 if read else 200)


@pytest.mark.parametrize("header", ["a," * 8000, ";" * 16_000, "a;q=1," * 2700, ";q=" * 5000])
def test_no_header_costs_more_than_its_bytes(header: str) -> None:
    """A thousand Accept headers of 16 KB, of any bytes, are read in next to no time: they took thirteen seconds."""
    before = time.process_time()
    for _ in range(1000):
        best_type(header, [JSON, HTML])
    assert time.process_time() - before < 2

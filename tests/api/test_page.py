"""The files of the seminar page; what it does stands in `tests/page`."""

import re
from base64 import b64encode
from hashlib import sha256

import httpx
import pytest

from tests.support.answers import body
from tests.support.problems import check
from tests.support.serving import ROOT


def test_the_page_and_its_files_are_served(toy_client: httpx.Client) -> None:
    """/ is the page with a strict policy, its files have types and ETags, and there is no way out of the folder."""
    page = toy_client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in page.text
    for script in re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL):
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy
    for name, kind in (("main.js", "text/javascript"), ("style.css", "text/css"), ("portrait.jpg", "image/jpeg")):
        response = toy_client.get(f"/page/{name}")
        assert response.headers["content-type"].startswith(kind)
        again = toy_client.get(f"/page/{name}", headers={"If-None-Match": response.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert toy_client.get("/page/again-2/main.js").content == toy_client.get("/page/main.js").content
    for path in (
        "/page/",
        "/page/again-/main.js",
        "/page/none.js",
        "/page/package.json",
        "/page/..%2Fapp.py",
        "/page/%2e%2e/app.py",
    ):
        check(toy_client.get(path), 404, "not-found", "/docs")
    check(toy_client.post("/page/main.js"), 405, "method-not-allowed", "Use GET")


def test_the_portrait_is_answered_as_the_card_says(client: httpx.Client) -> None:
    """The portrait that the page sends, a JPEG, gets the card's label, at its probability within 0.02."""
    card = body(client.get("/model-card", headers={"Accept": "application/json"}))["quantitative_analyses"]["portrait"]
    content = (ROOT / "service" / "page" / "portrait.jpg").read_bytes()
    answer = body(client.post("/predict", files={"image": content}))
    assert answer["label"] == card["label"]
    assert answer["probability"] == pytest.approx(card["probability"]["value"], abs=0.02)

"""`/plain`: a browser without scripts gets the same answers, by plain forms."""

import re
import uuid
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import serving, toy
from tests.support.accessibility import of_colours, of_structure
from tests.support.answers import body
from tests.support.browser import Faults, chromium, window
from tests.support.pictures import RED, encode, photo
from tests.support.serving import Service
from tests.support.wire import connect, head


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def page(browser: Browser, faults: Faults, service: Service) -> Iterator[Page]:
    """The seminar page in a phone's window without scripts."""
    with window(browser, faults, size=(360, 740), scripts=False) as context:
        opened = context.new_page()
        opened.goto(service.url)
        yield opened


def words(response: httpx.Response) -> str:
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text)).split())


def test_without_scripts_a_test_image_is_answered(page: Page, service: Service) -> None:
    """From the page without scripts a form leads to the answer about a test image, ten probabilities and the card."""
    expect(page.locator(".without")).to_contain_text("JavaScript is off")
    expect(page.locator("#try")).to_be_hidden()
    page.locator(".without").get_by_label("Test image").fill("8")
    page.get_by_role("button", name="Ask about this image").click()
    answer = body(service.client.get("/predict?index=8"))
    expect(page.locator("h1")).to_have_text(f"It says {answer['label']}.")
    expect(page.locator(".wrong")).to_contain_text(answer["truth"]["label"])
    expect(page.locator(".bars tr")).to_have_count(10)
    page.get_by_role("link", name="The model\u2019s card").click()
    expect(page.locator("h1")).to_contain_text("seminar-cnn")


def test_without_scripts_a_picture_is_answered(page: Page, service: Service, tmp_path: Path) -> None:
    """A photograph sent by the plain form gets the answer that /predict gives, and the pixels that the model saw."""
    content = encode(photo(1200, 1600), "JPEG")
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    page.locator(".without").get_by_label("A picture of your own").set_input_files(path)
    page.get_by_role("button", name="Ask about this picture").click()
    answer = body(service.client.post("/predict", files={"image": content}))
    expect(page.locator("h1")).to_have_text(f"It says {answer['label']}.")
    expect(page.locator(".kind")).to_contain_text("1200 \u00d7 1600")
    seen = body(service.client.post("/explain", files={"image": content}))["seen"]
    assert page.locator(".pictures img").get_attribute("src") == seen
    expect(page.locator("li")).to_have_text([caveat["text"] for caveat in answer["caveats"]])


def test_what_is_refused_is_a_page(page: Page, faults: Faults, tmp_path: Path) -> None:
    """A file that is no picture gets a page with the sentence, and a way back."""
    faults.expect("415")
    path = tmp_path / "letter.txt"
    path.write_text("Dear network")
    page.locator(".without").get_by_label("A picture of your own").set_input_files(path)
    page.get_by_role("button", name="Ask about this picture").click()
    expect(page.locator("h1")).to_have_text("Not an image")
    expect(page.locator(".lead")).to_contain_text("Send one of PNG, JPEG")
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("button", name="Ask about this image")).to_be_visible()


@pytest.mark.parametrize("path", ["/plain", "/plain?index=16", "/plain?index=10000"])
def test_it_can_be_read_by_all(browser: Browser, service: Service, path: str) -> None:
    """The page breaks no rule of accessibility in either theme, and does not scroll aside on a phone."""
    for theme in ("light", "dark"):
        faults = Faults()
        if "10000" in path:
            faults.expect("422")
        with window(browser, faults, size=(360, 740), theme=theme) as context:
            page = context.new_page()
            page.goto(service.url + path)
            assert of_structure(page) == {}
            assert of_colours(page) == {}
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


REFUSED: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "an index too high": ("?index=10000", {}, 422, "they go from 0 to 9999"),
    "no index": ("?index=", {}, 422, "index must be a whole number from 0 to 9999"),
    "another model": ("?index=1&model=%3Cscript%3E", {}, 404, "There is no such model"),
    "another parameter": ("?indx=1", {}, 422, "Did you mean index?"),
    "no file chosen": ("", {"files": {"image": ("", b"")}}, 400, "The form is empty"),
    "no picture": ("", {"files": {"image": ("a", b"<script>")}}, 415, "This is no image"),
    "half a picture": ("", {"files": {"image": ("a", encode(photo(90, 90), "JPEG")[:900])}}, 422, "damaged"),
    "two pictures": ("", {"files": [("image", RED), ("image", RED)]}, 413, "Send them one by one"),
    "too large a body": ("", {"files": {"image": ("a", bytes(400_001))}}, 413, "400,000 bytes"),
    "another type": ("", {"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415, "content type"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_has_its_status(toy_client: httpx.Client, case: str) -> None:
    """Each way of being refused gives the problem's status and sentence, on a page without any markup sent."""
    query, sent, status, says = REFUSED[case]
    response = toy_client.post(f"/plain{query}", **sent) if sent else toy_client.get(f"/plain{query}")
    assert response.status_code == status
    assert says in words(response)
    assert "<script" not in response.text
    assert "form-action 'self'" in response.headers["content-security-policy"]
    assert "script-src" not in response.headers["content-security-policy"]


def test_it_is_counted_and_logged_as_any_request(toy_service: Service) -> None:
    """A refusal on the page is counted by its problem and named in the log; an answer is counted as a prediction."""
    before = toy_service.figures()
    refused = toy_service.client.get("/plain?index=x")
    toy_service.client.get("/plain?index=1")
    after = toy_service.figures()
    cause = 'seminar_cnn_refusals_total{cause="invalid-parameter"}'
    assert after[cause] == before[cause] + 1
    name = "seminar_cnn_predictions_total"
    assert sum(value - before[each] for each, value in after.items() if each.startswith(name + "{")) == 1
    (record,) = toy_service.records(refused.headers["x-request-id"])
    assert (record["status"], record["problem"], record["path"]) == (422, "invalid-parameter", "/plain")


def test_it_keeps_to_the_same_bounds(narrow: Service, guarded: Service) -> None:
    """Where keys are wanted it wants one, and it counts as a prediction being worked on."""
    assert guarded.client.get("/plain?index=1").status_code == 401
    assert narrow.client.get("/plain?index=1").status_code == 200


def test_its_answers_name_their_model(toy_client: httpx.Client) -> None:
    """An answer has its model's digest in its headers, as that of /predict; the bare form has none."""
    sha256 = toy_client.get("/predict?index=1").headers["x-model-sha256"]
    assert toy_client.get("/plain?index=1").headers["x-model-sha256"] == sha256
    assert "x-model-sha256" not in toy_client.get("/plain").headers


def test_names_of_models_are_escaped(tmp_path: Path) -> None:
    """A model with a name that looks like markup is listed by that name, and nothing comes of it."""
    toy.write(tmp_path, "a&amp;b<i>")
    with serving.start(models=tmp_path, model="a&amp;b<i>") as service:
        page = service.client.get("/plain?index=1").text
    assert "a&amp;amp;b&lt;i&gt;" in page
    assert "<i>" not in page


def test_who_leaves_is_no_fault(toy_service: Service) -> None:
    """A client that leaves in the middle of its upload is noted as 499, and nothing is said of a fault."""
    name = uuid.uuid4().hex
    with connect(toy_service) as connection:
        connection.sendall(head(f"Content-Length: 200000\r\nX-Request-ID: {name}", "/plain") + b"x" * 1000)
    (record,) = toy_service.records(name)
    assert (record["status"], record["bytes"]) == (499, 0)
    assert "problem" not in record
    assert "Traceback" not in toy_service.log.read_text()

"""What `/openapi.json` and `/docs` promise is what comes back."""

import asyncio
import re
import signal
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator, ValidationError
from playwright.sync_api import expect
from starlette.requests import Request

from service.api.documentation import Documentation
from service.middleware.auth import Keys
from service.settings import Settings
from tests.support import serving, toy
from tests.support.answers import body
from tests.support.browser import Faults, chromium, window
from tests.support.patience import until
from tests.support.pictures import RED
from tests.support.serving import Service
from tests.support.wire import connect, crowd, head, read_one

MAX_BODY_BYTES = 100_000


def test_answers_keep_to_the_published_schema(client: httpx.Client) -> None:
    """The answer to an index, an upload and a batch validate against /openapi.json (JSON Schema 2020-12)."""
    document = body(client.get("/openapi.json"))
    for name, response in (
        ("Prediction", client.get("/predict?index=16")),
        ("Prediction", client.post("/predict", files={"image": RED})),
        ("PredictionList", client.post("/predict", json={"indices": [16]})),
        ("Explanation", client.get("/explain?index=16")),
        ("AllAnswers", client.get("/answers")),
        ("ModelList", client.get("/models")),
        ("Health", client.get("/health")),
    ):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        validator = Draft202012Validator(schema)
        validator.validate(body(response))
        with pytest.raises(ValidationError, match="is a required property"):
            validator.validate({})


# What to send for each status that an operation has; 401 is what all of it gets without a key.
CACHED = {200: "", 304: ""}
CHOSEN = {404: "?model=none", 422: "?modle=toy"}
QUESTION = {200: "?index=16", 304: "?index=16", 400: "", 404: "?index=16&model=none", 422: "?index=x"} | {
    503: "?index=16&model=broken"
}
ASKED: dict[str, dict[int, str]] = {
    "/predict": QUESTION,
    "/explain": QUESTION,
    "/answers": CACHED | CHOSEN | {503: "?model=broken"},
    "/images/{index}.png": {200: "1", 304: "1", 404: "10000"},
    "/models": {200: ""},
    "/model-card": CACHED | CHOSEN,
    "/model-card/schema": CACHED,
    "/health": {200: ""},
    "/metrics": {200: ""},
    "/problems/{name}": {200: "no-input", 404: "none"},
}
PNG = {"Content-Type": "image/png"}
POSTED: dict[int, tuple[str, bytes, dict[str, str]]] = {
    200: ("", RED, PNG),
    400: ("", b"", {}),
    404: ("?model=none", RED, PNG),
    413: ("", bytes(MAX_BODY_BYTES + 1), PNG),
    415: ("", b"hello", {"Content-Type": "text/plain"}),
    422: ("", b"", PNG),
    503: ("?model=broken", RED, PNG),
}


def test_every_status_is_in_the_documentation(tmp_path: Path) -> None:
    """/openapi.json lists for each operation exactly the statuses that it gives, got here one by one, and an example.

    What any request may get, whatever the operation, stands under `default`.
    """
    toy.write(tmp_path)
    toy.write(tmp_path, "broken", content=b"no model, though its digest is what the card says")
    settings: dict[str, Any] = {
        "max_body_bytes": MAX_BODY_BYTES,
        "body_seconds": 1,
        "api_keys": '["a-key"]',
        "drain_seconds": 300,
    }
    with serving.start(models=tmp_path, model="toy", **settings) as service:
        key = {"Authorization": "Bearer a-key"}
        paths = body(service.client.get("/openapi.json", headers=key))["paths"]
        documented = {
            (method, path): {status for status in operation["responses"] if status != "default"}
            for path, operations in paths.items()
            for method, operation in operations.items()
        }
        given: dict[tuple[str, str], set[str]] = defaultdict(set)

        def note(method: str, path: str, response: httpx.Response) -> None:
            given[method, path].add(str(response.status_code))
            if response.status_code >= 400:
                kind, example = response.headers["content-type"], response.json()["type"].removeprefix("/problems/")
                described = paths[path][method]["responses"][str(response.status_code)]["content"]
                assert list(described) == [kind]
                assert example in described[kind]["examples"]

        for path, requests in ASKED.items():
            for status, asked in requests.items():
                address = re.sub("{.*?}", asked, path) if "{" in path else path + asked
                known = service.client.get(address, headers=key).headers.get("etag") if status == 304 else None
                tagged = {"If-None-Match": known} if known else {}
                note("get", path, service.client.get(address, headers=key | tagged))
                note("get", path, service.client.get(address))
        for path in ("/predict", "/explain"):
            for query, content, headers in POSTED.values():
                note("post", path, service.client.post(path + query, content=content, headers=key | headers))
            note("post", path, service.client.post(path, content=RED, headers=PNG))
            with connect(service) as slow:
                slow.sendall(head(f"Content-Length: {len(RED)}\r\nAuthorization: Bearer a-key", path) + RED[:-1])
                note("post", path, read_one(slow)[0])
        service.process.send_signal(signal.SIGTERM)
        until(lambda: service.client.get("/health").status_code == 503, "draining")
        note("get", "/health", service.client.get("/health"))
    assert given == documented


FILES = {
    "/docs": "text/html; charset=utf-8",
    "/openapi.json": "application/json",
    "/docs/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "/docs/swagger-ui.css": "text/css; charset=utf-8",
    "/docs/favicon.png": "image/png",
}


@pytest.mark.parametrize("path", FILES)
def test_the_documentation_is_sent_once(client: httpx.Client, path: str) -> None:
    """The page /docs, what it shows and its files have a type and an ETag, and come compressed if they gain by it."""
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == FILES[path]
    assert response.headers.get("content-encoding") == (None if path.endswith(".png") else "gzip")
    again = client.get(path, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_documentation_page_needs_no_other_host(client: httpx.Client) -> None:
    """/docs refers to no address outside the service, and to all of its files."""
    page = client.get("/docs").text
    assert "https://" not in page
    assert all(path in page for path in FILES if path != "/docs")


def test_the_documentation_page_shows_the_operations(service: Service) -> None:
    """A browser that opens /docs shows every operation, without an error and without asking another host."""
    operations = body(service.client.get("/openapi.json"))["paths"].values()
    with chromium() as browser, window(browser) as opened:
        page = opened.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{service.url}/docs")
        expect(page.locator(".opblock")).to_have_count(sum(map(len, operations)))
    assert asked
    assert all(url.startswith((service.url, "data:")) for url in asked)


def test_the_documentation_page_asks(service: Service, tmp_path: Path) -> None:
    """In /docs a student presses Try it out and Execute: image 16 is answered at once, and so is a picture chosen."""
    path = tmp_path / "red.png"
    path.write_bytes(RED)
    faults = Faults()
    faults.expect("Could not find component: JsonSchema_string_binary")  # Swagger UI's own, of any file field
    with chromium() as browser, window(browser, faults) as opened:
        page = opened.new_page()
        page.goto(f"{service.url}/docs")
        for name in ("predict_test_image", "predict_picture", "explain_picture"):
            operation = page.locator(f"[id$='-{name}']")
            operation.locator(".opblock-summary-control").click()
            operation.get_by_role("button", name="Try it out").click()
            if name.endswith("_picture"):
                operation.locator("input[type=file]").first.set_input_files(path)
            operation.get_by_role("button", name="Execute").click()
            answer = operation.locator(".live-responses-table .response .response-col_status").first
            expect(answer).to_contain_text("200")


def test_the_documentation_page_takes_a_key(guarded: Service, tmp_path: Path) -> None:
    """Where keys are set, the page's links lead to card and /docs; with a key in Authorize an upload goes."""
    path = tmp_path / "red.png"
    path.write_bytes(RED)
    faults = Faults()
    faults.expect("Could not find component: JsonSchema_string_binary")  # Swagger UI's own, of any file field
    faults.expect("401")
    with chromium() as browser, window(browser, faults) as opened:
        page = opened.new_page()
        page.goto(guarded.url)
        page.locator("footer").get_by_role("link", name="Model card").click()
        expect(page.locator("h1")).to_contain_text("toy")
        page.goto(guarded.url)
        page.locator("footer").get_by_role("link", name="API documentation").click()
        operation = page.locator("[id$='-predict_picture']")
        operation.locator(".opblock-summary-control").click()
        operation.get_by_role("button", name="Try it out").click()
        operation.locator("input[type=file]").first.set_input_files(path)
        operation.get_by_role("button", name="Execute").click()
        answer = operation.locator(".live-responses-table .response .response-col_status").first
        expect(answer).to_contain_text("401")
        page.get_by_role("button", name="Authorize").first.click()
        page.locator(".modal-ux input").fill("first-key")
        page.locator(".modal-ux").get_by_role("button", name="Apply credentials").click()
        page.locator(".modal-ux").get_by_role("button", name="Close").first.click()
        operation.get_by_role("button", name="Execute").click()
        expect(answer).to_contain_text("200")
        expect(operation.locator(".live-responses-table").first).to_contain_text('"label": "airplane"')


def test_who_does_not_read_the_documentation_holds_no_file(toy_models: Path) -> None:
    """Thirty clients that ask for the largest file of /docs and do not read it take a descriptor each, no more."""
    with serving.start(models=toy_models, model="toy") as service:
        process = psutil.Process(service.process.pid)
        assert service.client.get("/docs/swagger-ui-bundle.js").status_code == 200
        before = process.num_fds()
        asking = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
        with crowd(service, 30, asking) as connections:
            for connection in connections:
                assert connection.recv(1) == b"H"
            assert process.num_fds() <= before + 30


def test_a_failure_to_describe_the_service_is_not_kept() -> None:
    """Where making the description failed, as memory may run out, the next who asks for it gets it."""
    app = FastAPI()
    describe, tries = app.openapi, iter([MemoryError()])

    def fail_once() -> dict[str, Any]:
        for error in tries:
            raise error
        return describe()

    app.openapi = fail_once  # type: ignore[method-assign] # FastAPI's own way to change it
    request = Request({"type": "http", "method": "GET", "path": "/openapi.json", "headers": []})

    async def ask_twice() -> int:
        documentation = Documentation(app, dict, Keys(Settings()))
        with pytest.raises(MemoryError):
            await documentation.get("/openapi.json", request)
        return (await documentation.get("/openapi.json", request)).status_code

    assert asyncio.run(ask_twice()) == 200

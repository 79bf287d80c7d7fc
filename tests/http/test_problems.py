"""Bad input gets one clear sentence: a problem document (RFC 9457) with the right status, over real HTTP."""

import base64
from typing import Any

import httpx
import pytest

from service.http.problems import BY_NAME
from tests.support.pictures import RED, encode, photo, plain
from tests.support.problems import check
from tests.support.routes import addresses
from tests.support.serving import ROOT

PHOTO = encode(photo(200, 150), "JPEG")


def form(*files: bytes, name: str = "image") -> dict[str, Any]:
    return {"files": [(name, ("photo.jpg", content)) for content in files]}


def image(content: bytes) -> dict[str, Any]:
    return {"content": content, "headers": {"Content-Type": "image/jpeg"}}


def body(content: bytes, content_type: str) -> dict[str, Any]:
    return {"content": content, "headers": {"Content-Type": content_type}}


MULTIPART = "multipart/form-data; boundary=x"
BREAKS_OFF = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc'
HEAD = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"%b\r\n\r\nabc\r\n--x--'
LONG_HEADS, MANY_PARAMETERS = HEAD % (b";" * 1024), HEAD % (b"; a=1" * 7)

# Query, what is sent, status, name of the problem, and what the sentence must say.
POSTED: dict[str, tuple[str, dict[str, Any], int, str, str]] = {
    "nothing": ("", {}, 400, "no-input", "curl -F image=@photo.jpg"),
    "empty JSON object": ("", {"json": {}}, 400, "no-input", "nothing to classify"),
    "a form without files": ("", body(b"--x--\r\n", MULTIPART), 400, "no-input", "form is empty"),
    "index and a form": ("?index=1", form(RED), 400, "ambiguous-input", "one of them"),
    "index and bare bytes": ("?index=1", image(RED), 400, "ambiguous-input", "one of them"),
    "index and image in JSON": ("", {"json": {"index": 1, "image": "YQ=="}}, 400, "ambiguous-input", "index and image"),
    "no JSON": ("", body(b"{", "application/json"), 400, "malformed-body", '{"index": 16}'),
    "JSON that is no object": ("", {"json": [1]}, 422, "invalid-parameter", "body"),
    "a form without boundary": ("", body(b"x", "multipart/form-data"), 400, "malformed-body", "boundary"),
    "a form that is none": ("", body(b"hello", MULTIPART), 400, "malformed-body", "multipart form"),
    "a form that breaks off": ("", body(BREAKS_OFF, MULTIPART), 400, "malformed-body", "breaks off"),
    "a form of long heads": ("", body(LONG_HEADS, MULTIPART), 400, "malformed-body", "too long a one"),
    "a form of many parameters": ("", body(MANY_PARAMETERS, MULTIPART), 400, "malformed-body", "a header"),
    "a long content type": ("", body(b"x", MULTIPART + ";" * 600), 400, "malformed-body", "type is too long"),
    "another field": ("", form(RED, name="picture"), 422, "unknown-field", "field image: curl -F image=@"),
    "text in the field": ("", {"files": {"image": (None, "photo.jpg")}}, 415, "not-an-image", "mind the @"),
    "unknown JSON field": ("", {"json": {"idx": 1}}, 422, "unknown-field", "index, indices, image"),
    "text posted as an image": ("", image(b"hello"), 415, "not-an-image", "Send one of PNG, JPEG"),
    "a PDF in the form": ("", form(b"%PDF-1.7"), 415, "not-an-image", "Send one of PNG, JPEG"),
    "HEIC": ("", image(b"\0\0\0\x18ftypheic" + bytes(50)), 415, "not-an-image", "HEIC"),
    "plain text": ("", body(b"hello", "text/plain"), 415, "unsupported-content-type", "image/*"),
    "no content type": ("", {"content": b"hello"}, 415, "unsupported-content-type", "image/*"),
    "a form by its old name": ("", {"data": {"index": "1"}}, 415, "unsupported-content-type", "curl -F"),
    "an empty file": ("", form(b""), 422, "empty-image", "not a single byte"),
    "empty bare bytes": ("", image(b""), 422, "empty-image", "not a single byte"),
    "an empty image in JSON": ("", {"json": {"image": ""}}, 422, "empty-image", "not a single byte"),
    "a truncated image": ("", image(PHOTO[: len(PHOTO) // 2]), 422, "damaged-image", "whole file"),
    "a header without a picture": ("", image(PHOTO[:20]), 422, "damaged-image", "whole file"),
    "one bad file of two, strictly": ("?strict=true", form(RED, b"hello"), 415, "not-an-image", "Picture 2 of 2"),
    "no base64": ("", {"json": {"image": "%%%"}}, 422, "invalid-parameter", "base64"),
    "an index too high": ("", {"json": {"index": 10_000}}, 422, "index-out-of-range", "0 to 9999"),
    "one of the indices below 0": ("", {"json": {"indices": [1, -1]}}, 422, "index-out-of-range", "0 to 9999"),
    "an index that is text": ("", {"json": {"index": "16"}}, 422, "invalid-parameter", "whole number"),
    "an index that is no whole number": ("", {"json": {"index": 1.5}}, 422, "invalid-parameter", "whole number"),
    "no index in the list": ("", {"json": {"indices": []}}, 422, "invalid-parameter", "indices"),
    "an unknown model": ("?model=other", form(RED), 404, "model-not-found", "Choose one of toy"),
    "too large a body": ("", image(bytes(400_001)), 413, "body-too-large", "400,000 bytes"),
    "too large a picture": ("", form(encode(plain(0, (501, 500), "L"))), 413, "image-too-large", "250,000"),
    "too many pictures": ("", form(RED, RED, RED, RED), 413, "too-many-images", "more than 3"),
    "too many indices": ("", {"json": {"indices": list(range(21))}}, 413, "too-many-images", "more than 20"),
}  # fmt: skip
ASKED = {
    "/predict": (400, "no-input", "index=16"),
    "/predict?index=10000": (422, "index-out-of-range", "0 to 9999"),
    "/predict?index=-1": (422, "index-out-of-range", "0 to 9999"),
    "/predict?index=abc": (422, "invalid-parameter", "whole number"),
    "/predict?index=1.5": (422, "invalid-parameter", "whole number"),
    "/predict?index=": (422, "invalid-parameter", "whole number"),
    "/predict?index=1&index=2": (422, "invalid-parameter", "once"),
    "/predict?index=1&indx=2": (422, "unknown-field", "index, fit, top"),
    "/predict?index=1&fit=squeeze": (422, "invalid-parameter", "crop"),
    "/predict?index=1&top=0": (422, "invalid-parameter", "from 1 to 10"),
    "/predict?index=1&top=11": (422, "invalid-parameter", "from 1 to 10"),
    "/predict?index=1&model=other": (404, "model-not-found", "toy"),
    "/predict?index=1&version=3": (404, "model-not-found", "1, 2"),
    "/predict?index=1&version=x": (422, "invalid-parameter", "whole number"),
    "/model-card?model=other": (404, "model-not-found", "toy"),
    "/model-card?modle=toy": (422, "unknown-field", "model, version"),
    "/images/10000.png": (404, "image-not-found", "/images/0.png to /images/9999.png"),
    "/images/abc.png": (404, "image-not-found", "/images/0.png to /images/9999.png"),
    "/problems/none": (404, "problem-not-found", "/problems lists those that there are"),
    "/nowhere": (404, "not-found", "/docs"),
    "/docs/nowhere.css": (404, "not-found", "/docs"),
}
FILE = "/docs/swagger-ui.css"


@pytest.mark.parametrize("case", POSTED)
def test_bad_input_gets_its_own_problem(toy_client: httpx.Client, case: str) -> None:
    """Each kind of bad input that can be posted gets its status, its type and a sentence that says what to do."""
    query, sent, status, name, says = POSTED[case]
    check(toy_client.post(f"/predict{query}", **sent), status, name, says)


@pytest.mark.parametrize("address", ASKED)
def test_a_bad_address_gets_its_own_problem(toy_client: httpx.Client, address: str) -> None:
    """Each kind of bad address or parameter gets its status, its type and a sentence that says what to do."""
    check(toy_client.get(address), *ASKED[address])


def test_every_problem_is_tried() -> None:
    """No row of the table of problems goes without a request above that causes it."""
    caused = {name for *_, name, _ in POSTED.values()} | {name for _, name, _ in ASKED.values()}
    elsewhere = {
        "client-too-slow": "server/test_protocol.py",
        "head-too-large": "server/test_protocol.py",
        "overloaded": "limits/test_admission.py",
        "buffer-full": "limits/test_body.py",
        "draining": "server/test_stop.py",
        "unauthorized": "middleware/test_auth.py",
        "model-unavailable": "inference/test_registry.py",
        "image-too-costly": "images/test_decode_processes.py",
        "cross-origin-refused": "test_app.py",
        "method-not-allowed": "http/test_problems.py",
        "invalid-tensor": "api/v2/test_infer.py",
        "forbidden": "api/v2/test_repository.py",
        "internal-error": "middleware/test_gateway.py",
    }
    for name, module in elsewhere.items():
        assert f'"{name}"' in (ROOT / "tests" / module).read_text()
    assert set(BY_NAME) == caused | set(elsewhere)


def test_another_method_is_told_which_there_are(toy_client: httpx.Client) -> None:
    """DELETE /predict answers 405 and allows GET, HEAD and POST, in words and in Allow."""
    response = toy_client.delete("/predict")
    check(response, 405, "method-not-allowed", "Use GET, HEAD, POST")
    assert response.headers["allow"] == "GET, HEAD, POST"
    for path in ("/", "/images/1.png", "/docs", FILE):
        response = toy_client.post(path)
        check(response, 405, "method-not-allowed", "Use GET")
        assert "POST" not in response.headers["allow"]


def test_every_error_is_a_problem(toy_client: httpx.Client) -> None:
    """Whatever address is asked with whatever method, what is refused is a problem; on a page for people in HTML.

    Under /v2 it has the form of the protocol that is spoken there.
    """
    refused: set[int] = set()
    for path in (*addresses(), "/docs/nowhere", "/page/nowhere", "/%00", f"/{'x' * 5000}"):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
            response = toy_client.request(method, path)
            if response.status_code >= 400:
                if path == "/plain" and method in {"GET", "POST"}:
                    assert "text/html" in response.headers["content-type"]
                    continue
                refused.add(response.status_code)
                if path.startswith("/v2"):
                    assert list(response.json()) == ["error"]
                    continue
                name = response.json()["type"].removeprefix("/problems/")
                check(response, BY_NAME[name].status, name, "")
    assert refused == {400, 403, 404, 405}


def test_the_type_of_a_problem_leads_to_its_meaning(toy_client: httpx.Client) -> None:
    """The address in `type` answers with what the problem means."""
    for name, kind in BY_NAME.items():
        document = toy_client.get(f"/problems/{name}").json()
        assert (document["title"], document["detail"]) == (kind.title, kind.meaning)


def test_a_problem_repeats_what_was_sent_as_data_only(toy_client: httpx.Client) -> None:
    """Markup in a parameter, field, address or file comes back in no sentence: only as a field or value, if at all."""
    markup = "<script>alert(1)</script>"
    for response in (
        toy_client.get("/predict", params={"index": markup}),
        toy_client.get("/predict", params={markup: "1"}),
        toy_client.get("/predict", params={"index": 1, "model": markup}),
        toy_client.get(f"/{markup}"),
        toy_client.get(f"/problems/{markup}"),
        toy_client.post("/predict", json={markup: 1}),
        toy_client.post("/predict", files={markup: RED}),
        toy_client.post("/predict", files={"image": (markup, markup.encode())}),
        toy_client.post("/predict", json={"image": base64.b64encode(markup.encode()).decode()}),
    ):
        assert response.status_code >= 400
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["x-content-type-options"] == "nosniff"
        document = response.json()
        repeated = document.pop("field", ""), document.pop("value", "")
        assert all(each in ("", markup) or "script" not in each for each in repeated)
        assert "script" not in str(document)


def test_the_body_limit_holds_without_a_length(toy_client: httpx.Client) -> None:
    """A body in chunks, whose length nobody announced, is refused once it passes the limit."""
    response = toy_client.post(
        "/predict", content=(bytes(1000) for _ in range(401)), headers={"Content-Type": "image/png"}
    )
    check(response, 413, "body-too-large", "400,000 bytes")


def test_the_service_goes_on_after_every_problem(toy_client: httpx.Client) -> None:
    """After all the bad input above a picture is still answered."""
    for query, sent, *_ in POSTED.values():
        toy_client.post(f"/predict{query}", **sent)
    assert toy_client.post("/predict", files={"image": RED}).json()["label"] == "airplane"

"""What the parts become together: which other origins' pages may ask, and that nobody is sent elsewhere."""

import httpx
import pytest

from tests.support.problems import check
from tests.support.routes import addresses
from tests.support.serving import Service

ASKED = {"Origin": "https://seminar.example", "Access-Control-Request-Method": "POST"}
ALLOWED = "access-control-allow-origin"


def test_without_a_setting_no_other_origin_is_let_in(toy_client: httpx.Client) -> None:
    """Where no origin is named no CORS header is sent, so that browsers keep other origins' pages out."""
    assert ALLOWED not in toy_client.get("/predict?index=1", headers=ASKED).headers
    assert ALLOWED not in toy_client.options("/predict", headers=ASKED).headers


def test_other_origins_are_let_in_only_if_named(guarded: Service) -> None:
    """The named origin gets its header, on the question before and on refusals too; no other origin does."""
    assert guarded.client.options("/predict", headers=ASKED).headers[ALLOWED] == "https://seminar.example"
    refused = guarded.client.get("/predict?index=1", headers=ASKED)
    assert refused.status_code == 401
    assert refused.headers[ALLOWED] == "https://seminar.example"
    assert ALLOWED not in guarded.client.get("/predict?index=1", headers={"Origin": "https://evil.example"}).headers


@pytest.mark.parametrize(("header", "says"), [
    ({"Origin": "https://evil.example"}, "Pages of this origin"),
    ({"Access-Control-Request-Method": "DELETE"}, "GET, HEAD, POST"),
    ({"Access-Control-Request-Private-Network": "true"}, "private"),
])  # fmt: skip
def test_a_refused_preflight_says_why(guarded: Service, header: dict[str, str], says: str) -> None:
    """The question before, for another origin, method or network, gets a problem with 400, which browsers heed."""
    response = guarded.client.options("/predict", headers=ASKED | header)
    check(response, 400, "cross-origin-refused", says)
    assert "evil" not in response.text
    assert response.headers["vary"] == "Origin"
    assert response.headers.get(ALLOWED) == (None if "Origin" in header else ASKED["Origin"])


def test_no_address_leads_to_what_the_host_header_says(service: Service) -> None:
    """No path of any route, with or without slashes at its end or beginning, is answered with a redirect."""
    paths = addresses()
    assert {"/", "/docs", "/openapi.json", "/predict", "/images/1.png", "/docs/swagger-ui.css"} <= set(paths)
    for path in (*paths, "/page", "/nowhere"):
        for written in (path, f"{path}/", f"{path}//", f"{path}%2F", f"/{path}", f"//evil.example{path}"):
            for method in ("GET", "POST", "OPTIONS"):
                # Put together by hand: a URL would have its first two slashes read as the beginning of a host.
                url = httpx.URL(service.url).copy_with(raw_path=written.encode())
                response = service.client.request(method, url, headers={"Host": "evil.example"})
                assert not 300 <= response.status_code < 400, written
                assert "location" not in response.headers, written
                assert "evil.example" not in response.text, written

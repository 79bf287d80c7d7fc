"""What every problem document has to be."""

import httpx

from service.http.problems import BY_NAME

# Where predictions are asked for, in this service's way and in the Open Inference Protocol's: with the same bounds.
WAYS = ("/predict", "/v2/models/toy/infer")


def told(response: httpx.Response, path: str, status: int, name: str, says: str) -> None:
    """The response is this problem; where the protocol's own form is due, in that."""
    if not path.startswith("/v2"):
        check(response, status, name, says)
        return
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == ["error"]
    assert says in response.json()["error"]


def check(response: httpx.Response, status: int, name: str, says: str) -> None:
    """The response is this problem, whole, and its sentence says this."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert set(document) - {"field", "value", "allowed", "limit", "position"} == {"type", "title", "status", "detail"}
    assert document["type"] == f"/problems/{name}"
    assert document["status"] == status
    assert document["title"] == BY_NAME[name].title
    assert says in document["detail"]
    assert "Traceback" not in document["detail"]

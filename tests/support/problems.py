"""What every problem document has to be."""

import httpx

from service.http.problems import BY_NAME


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

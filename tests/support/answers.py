"""What the service answers."""

from typing import Any

import httpx


def body(response: httpx.Response) -> dict[str, Any]:
    """The JSON of an answer, which has to be one."""
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def predictions(response: httpx.Response) -> list[dict[str, Any]]:
    """Those of an answer to a batch."""
    found: list[dict[str, Any]] = body(response)["predictions"]
    return found

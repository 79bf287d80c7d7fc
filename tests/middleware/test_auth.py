"""Who is let in, where keys are wanted."""

import pytest

from tests.support.problems import check
from tests.support.serving import Service


@pytest.mark.parametrize("key", ["first-key", "second-key"])
def test_owners_of_a_key_may_ask(guarded: Service, key: str) -> None:
    """With two keys set, either lets in, whatever the case of the scheme's name; neither reaches the log."""
    for scheme in ("Bearer", "bearer"):
        answer = guarded.client.get("/predict?index=1", headers={"Authorization": f"{scheme} {key}"})
        assert answer.status_code == 200
    assert key not in guarded.log.read_text()


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer third"}, {"Authorization": "Basic first-key"}, {"Authorization": "Bearer"}],
)
def test_nobody_else_may(guarded: Service, headers: dict[str, str]) -> None:
    """No key, a wrong one and another scheme get 401 wherever there is something to ask; /health stays open."""
    for path in (
        "/predict?index=1",
        "/explain?index=1",
        "/answers",
        "/model-card",
        "/images/1.png",
        "/metrics",
        "/docs",
    ):
        response = guarded.client.get(path, headers=headers)
        check(response, 401, "unauthorized", "Authorization: Bearer")
        assert response.headers["www-authenticate"] == "Bearer"
    assert guarded.client.get("/health", headers=headers).status_code == 200

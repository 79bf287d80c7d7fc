"""Who is let in, where keys are wanted."""

from pathlib import Path

import httpx
import pytest

from tests.support import serving
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
    """No key, a wrong one and another scheme get 401 wherever there is something to ask."""
    for path in ("/predict?index=1", "/explain?index=1", "/answers", "/images/1.png", "/metrics", "/nowhere"):
        response = guarded.client.get(path, headers=headers)
        check(response, 401, "unauthorized", "Authorization: Bearer")
        assert response.headers["www-authenticate"] == "Bearer"
        assert response.json()["field"] == "Authorization"


@pytest.mark.parametrize(
    "path",
    ["/", "/page/main.js", "/health", "/model-card", "/model-card/schema", "/models", "/docs", "/docs/swagger-ui.css",
     "/openapi.json", "/problems", "/problems/no-input"],
)  # fmt: skip
def test_what_tells_about_the_service_is_open(guarded: Service, path: str) -> None:
    """The page, the card, the documentation and the problems need no key, so that a browser's links lead there."""
    assert guarded.client.get(path).status_code == 200


def test_the_operator_says_what_is_open(toy_models: Path) -> None:
    """With SERVICE_OPEN_PATHS of its own, predictions included, these need no key and nothing else does without."""
    paths = '["/predict", "/docs*"]'
    with serving.start(models=toy_models, model="toy", api_keys='["a-key"]', open_paths=paths) as service:
        for path in ("/predict?index=1", "/predict/?index=1", "/docs", "/docs/swagger-ui.css"):
            assert service.client.get(path).status_code == 200
        for path in ("/", "/health", "/model-card", "/explain?index=1", "/predict/x", "/predictions", "/openapi.json"):
            assert service.client.get(path).status_code == 401
        security = service.client.get("/openapi.json", headers={"Authorization": "Bearer a-key"}).json()["paths"]
        assert "security" not in security["/predict"]["get"]
        assert security["/explain"]["get"]["security"] == [{"key": []}]


def test_what_needs_a_key_is_kept_by_no_shared_cache(client: httpx.Client, guarded: Service) -> None:
    """A test image is public where everybody may ask, and private where keys are set."""
    assert client.get("/images/1.png").headers["cache-control"].startswith("public, max-age=")
    answer = guarded.client.get("/images/1.png", headers={"Authorization": "Bearer first-key"})
    assert answer.headers["cache-control"].startswith("private, max-age=")

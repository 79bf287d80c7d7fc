"""Which requests go past the application's routing, and what their paths say."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.middleware.shortcuts import Shortcuts


async def _endpoint(_request: Request) -> Response:
    return Response()


ROUTES = [
    Route("/predict", _endpoint, methods=["GET"]),
    Route("/v2/models/{name}/infer", _endpoint, methods=["POST"]),
    Route("/v2/models/{name}/versions/{version}/infer", _endpoint, methods=["POST"]),
]


def test_a_path_finds_its_route_and_what_it_names() -> None:
    """The first route whose pattern and methods fit is found, with what stands in place of its placeholders."""
    shortcuts = Shortcuts(ROUTES)
    assert shortcuts.find("GET", "/predict") == (ROUTES[0], {})
    assert shortcuts.find("POST", "/v2/models/a/infer") == (ROUTES[1], {"name": "a"})
    assert shortcuts.find("POST", "/v2/models/a/versions/7/infer") == (ROUTES[2], {"name": "a", "version": "7"})


def test_what_has_no_route_here_is_left_to_the_application() -> None:
    """Another method, and a path that only begins or ends like a route's, find nothing."""
    shortcuts = Shortcuts(ROUTES)
    for method, path in (
        ("POST", "/predict"),
        ("GET", "/predict/x"),
        ("GET", "/x/predict"),
        ("POST", "/v2/models/infer"),
    ):
        assert shortcuts.find(method, path) is None


def test_no_more_is_remembered_than_has_a_bound() -> None:
    """A thousand paths that somebody makes up leave at most 256 behind, and routes are still found."""
    shortcuts = Shortcuts(ROUTES)
    for each in range(1000):
        shortcuts.find("GET", f"/{each}")
    assert shortcuts.find.cache_info().currsize <= 256
    assert shortcuts.find("GET", "/predict") is not None

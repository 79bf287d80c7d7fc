"""The edge of the swarm stack, HAProxy with its real configuration, before a real service."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support import edge
from tests.support.edge import Edge
from tests.support.serving import Service


@pytest.fixture(scope="module")
def before(toy_service: Service) -> Iterator[Edge]:
    """An edge before the toy's service."""
    with edge.start(toy_service.url.removeprefix("http://")) as started:
        yield started


@pytest.mark.parametrize(
    "path", ["/metrics", "/metrics/", "/metric%73", "/metrics%2f", "/%6d%65trics", "/metrics?x", "/metrics/x"]
)
def test_figures_are_for_those_inside(before: Edge, path: str) -> None:
    """However /metrics is written, the edge answers 404, and passes on what is none."""
    assert before.client.get(httpx.URL(before.client.base_url, raw_path=path.encode())).status_code == 404
    assert before.client.get("/health").status_code == 200

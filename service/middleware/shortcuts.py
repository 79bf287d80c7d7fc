"""Finds the routes whose endpoints are called without the application's routing and layers."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from starlette.routing import Match, Route

# As many methods and paths are remembered, whether a route fits them or none.
_REMEMBERED = 256


class Shortcut(NamedTuple):
    """A route that fits a request.

    Attributes:
        route: it.
        parameters: what its path's placeholders stand for.
    """

    route: Route
    parameters: dict[str, Any]


class Shortcuts:
    """The routes that are called directly.

    Attributes:
        routes: they.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = routes
        self.find = lru_cache(_REMEMBERED)(self._find)

    def _find(self, method: str, path: str) -> Shortcut | None:
        """The route for this method and path; None: the application's routing finds what there is."""
        for route in self.routes:
            match, found = route.matches({"type": "http", "method": method, "path": path})
            if match is Match.FULL:
                return Shortcut(route, found["path_params"])
        return None

"""The routes of the protocol; its description is its specification, not `/openapi.json`."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from service.api.intake import Intake
from service.api.v2.infer import Infer
from service.api.v2.repository import Repository
from service.api.v2.status import Status
from service.inference.registry import ModelRegistry
from service.settings import Settings

_MODEL = "/v2/models/{name}"
_VERSION = f"{_MODEL}/versions/{{version}}"


class _NamedRoute(Route):
    """A route that logs and metrics know by its pattern."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route, and says which it was."""
        match, found = super().matches(scope)
        return match, {**found, "route": self}


class InferRoute(_NamedRoute):
    """Calls its endpoint with the request, and nothing in between; what is wrong is the gateway's to tell."""

    def __init__(self, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        super().__init__(path, endpoint, methods=["POST"])

        async def direct(scope: Scope, receive: Receive, send: Send) -> None:
            response = await endpoint(Request(scope, receive))
            await response(scope, receive, send)

        self.app = direct


def routes(registry: ModelRegistry, intake: Intake, settings: Settings) -> list[BaseRoute]:
    """All of them."""
    repository = Repository(registry, intake, settings)
    status, infer = Status(registry, intake), Infer(registry, intake, settings)
    return [
        _NamedRoute("/v2", status.server, methods=["GET"]),
        _NamedRoute("/v2/health/live", status.live, methods=["GET"]),
        _NamedRoute("/v2/health/ready", status.ready, methods=["GET"]),
        _NamedRoute("/v2/models", status.models, methods=["GET"]),
        _NamedRoute("/v2/models/stats", status.all_statistics, methods=["GET"]),
        _NamedRoute("/v2/repository/index", repository.index, methods=["POST"]),
        _NamedRoute("/v2/repository/models/{name}/load", repository.load, methods=["POST"]),
        _NamedRoute("/v2/repository/models/{name}/unload", repository.unload, methods=["POST"]),
        *(
            _NamedRoute(f"{model}{path}", endpoint, methods=["GET"])
            for model in (_MODEL, _VERSION)
            for path, endpoint in (
                ("", status.model),
                ("/ready", status.model_ready),
                ("/stats", status.statistics),
            )
        ),
        *(InferRoute(f"{model}/infer", infer.post) for model in (_MODEL, _VERSION)),
    ]

"""The routes of the protocol; its description is its specification, not `/openapi.json`."""

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

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
            _NamedRoute(f"{model}{path}", endpoint, methods=[method])
            for model in (_MODEL, _VERSION)
            for path, endpoint, method in (
                ("", status.model, "GET"),
                ("/ready", status.model_ready, "GET"),
                ("/stats", status.statistics, "GET"),
                ("/infer", infer.post, "POST"),
            )
        ),
    ]

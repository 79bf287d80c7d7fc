"""`/health` and `/metrics`: what those who run the service ask."""

from typing import Annotated

from pydantic import Field
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute
from typing_extensions import TypedDict

from service import errors, metrics
from service.api.direct_route import json_response
from service.api.documented_route import DocumentedRoute
from service.api.models import LoadedModel
from service.api.shared_work import SharedWork
from service.http import problems
from service.inference.registry import ModelRegistry
from service.limits.admission import Admission


class Health(TypedDict):
    """Whether the service is ready, and with which model."""

    status: Annotated[str, Field(examples=["ready"])]
    model: Annotated[LoadedModel, Field(description="The model that answers when a request names none.")]


class Operations:
    """The endpoints."""

    def __init__(self, registry: ModelRegistry, admission: Admission) -> None:
        self._registry = registry
        self._admission = admission
        self._exposed = SharedWork(metrics.expose)

    async def health(self) -> Response:
        """Whether the service is ready, and with which model."""
        if self._admission.draining:
            raise errors.Draining("The service finishes what it has begun and takes nothing new.")
        details = self._registry.default.card.model_details
        health: Health = {
            "status": "ready",
            "model": {"name": details.name, "version": details.version, "sha256": details.sha256},
        }
        return json_response(health)

    async def metrics(self) -> Response:
        """What the service has counted, for Prometheus."""
        metrics.IN_FLIGHT.set(self._admission.in_flight)  # else as of the last answer
        return Response(await self._exposed.result(), media_type=metrics.CONTENT_TYPE)


def routes(registry: ModelRegistry, admission: Admission) -> list[BaseRoute]:
    """The routes of these resources."""
    operations = Operations(registry, admission)
    return [
        DocumentedRoute(
            "/health",
            operations.health,
            methods=["GET"],
            response_model=Health,
            responses=problems.responses([errors.Draining]),
            summary="Readiness",
            operation_id="get_health",
            tags=["operation"],
        ),
        DocumentedRoute(
            "/metrics",
            operations.metrics,
            methods=["GET"],
            response_class=PlainTextResponse,
            summary="Prometheus metrics",
            operation_id="get_metrics",
            tags=["operation"],
        ),
    ]

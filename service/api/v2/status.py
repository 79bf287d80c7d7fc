"""`/v2`, `/v2/health/...` and `/v2/models/...`: what there is, and whether it is ready."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from models.repository import Model
from service.api.direct_route import json_response
from service.api.intake import Intake
from service.api.v2.path import chosen
from service.errors import Draining
from service.inference.registry import ModelRegistry
from service.oip import metadata, statistics


class Status:
    """The endpoints."""

    def __init__(self, registry: ModelRegistry, intake: Intake) -> None:
        self._registry = registry
        self._intake = intake

    async def server(self, _request: Request) -> Response:
        """What this server is, and which extensions it has."""
        return json_response(metadata.server_metadata())

    async def live(self, _request: Request) -> Response:
        """That it answers."""
        return json_response({"live": True})

    async def ready(self, _request: Request) -> Response:
        """Whether it takes anything new."""
        if self._intake.admission.draining:
            raise Draining("The service finishes what it has begun and takes nothing new.")
        return json_response({"ready": True, "live": True})

    async def models(self, _request: Request) -> Response:
        """The names of all models, as KServe lists them."""
        return json_response({"models": sorted({model.name for model in self._registry})})

    async def model(self, request: Request) -> Response:
        """A model's inputs and outputs, and where its card is."""
        found = self._registry.choose(*chosen(request))
        return json_response(metadata.model_metadata(found, self._registry.versions(found.name)))

    async def model_ready(self, request: Request) -> Response:
        """Whether a model can be asked; it is opened to find out."""
        predictor = await self._registry.predictor(*chosen(request))
        return json_response({"name": predictor.model.name, "ready": True})

    async def statistics(self, request: Request) -> Response:
        """What the inferences of a model took: of one version, or of all."""
        name, version = chosen(request)
        self._registry.choose(name, version)  # or it is told that there is none
        versions = self._registry.versions(name) if version is None else [version]
        return await self._statistics(request, [self._registry.choose(name, each) for each in versions])

    async def all_statistics(self, request: Request) -> Response:
        """The same of every model."""
        return await self._statistics(request, list(self._registry))

    async def _statistics(self, request: Request, models: Sequence[Model]) -> Response:
        with self._intake.place(request):  # with several workers it reads the figures of all, from files
            async with self._intake.pool.place(request):
                return json_response(await self._intake.pool.run(statistics.of_models, models))

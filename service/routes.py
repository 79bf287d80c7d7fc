"""The routes beside `/predict`: test images, model card, health, and what each problem means."""

import io
import json
from functools import cached_property
from typing import Annotated

from fastapi import FastAPI, Path, Query
from PIL import Image
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from models import cifar10_test
from models.card import Card
from service import errors, metrics, problems
from service.answer import ModelName
from service.card.toolkit import ToolkitCard
from service.cards import Cards
from service.document import Document
from service.lifecycle import Lifecycle
from service.options import CardOptions
from service.predictor import Predictors
from service.problems import Problem
from service.route import DirectRoute, respond

_PNG = {"description": "The image", "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
_CARD = {
    "description": "The card; in JSON it is the card itself, or with format=mct model-card-toolkit's",
    "content": {kind: {"schema": {"type": "string"}} for kind in ("text/html", "text/markdown")},
}
_INDEX = Path(description="A CIFAR-10 test image: 0 to 9999.", examples=["16"])
_FOREVER = "public, max-age=31536000, immutable"


class LoadedModel(ModelName):
    """A model and the digest of its file."""

    sha256: str = Field(description="Of model.onnx; equal to the one in its model card.")


class Accuracy(BaseModel):
    """The share of the test images that a model is right about, with its interval."""

    value: float = Field(examples=[0.6416])
    lower: float | None = Field(description="Of the 95 % interval.", examples=[0.6322])
    upper: float | None = Field(examples=[0.6509])
    n: int | None = Field(description="How many images.", examples=[10_000])


class OfferedModel(LoadedModel):
    """A model that answers, what it is, and the two figures of its card that every answer should be read with."""

    description: str
    default: bool = Field(description="Whether it answers when a request names none.")
    labels: list[str] = Field(description="Its classes, in its card's order.")
    threshold: float | None = Field(description="The probability from which on its answers are called confident.")
    accuracy: Accuracy | None = Field(description="On the test images; null where it was not measured.")


class ModelList(BaseModel):
    """All models that answer, by name and version."""

    models: list[OfferedModel]


class Health(BaseModel):
    """Whether the service is ready, and with which model."""

    status: str = Field(examples=["ready"])
    model: LoadedModel = Field(description="The model that answers when a request names none.")


class Routes:
    """The endpoints."""

    def __init__(self, predictors: Predictors, lifecycle: Lifecycle) -> None:
        self._predictors = predictors
        self._lifecycle = lifecycle
        self._cards = Cards([predictor.model for predictor in predictors])

    async def image(self, index: Annotated[str, _INDEX], request: Request) -> Response:
        """The CIFAR-10 test image itself, 32x32 pixels, lossless."""
        if not (index.isdecimal() and index.isascii() and int(index) < cifar10_test.SIZE):
            raise errors.ImageNotFound("Test images are /images/0.png to /images/9999.png.")
        headers = {"ETag": f'"{cifar10_test.SHA256[:16]}-{int(index)}"', "Cache-Control": _FOREVER}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        pixels = self._predictors.test_split.read([int(index)])[0][0]
        png = io.BytesIO()
        Image.fromarray(pixels).save(png, "PNG")
        return Response(png.getvalue(), headers=headers, media_type="image/png")

    async def model_card(self, request: Request, options: Annotated[CardOptions, Query()]) -> Response:
        """What the model is, what it is for and not for, how well it does, and what that rests on.

        As a page to a browser, as JSON to anybody who has no wish, as Markdown on request (`Accept`, or `format`).
        """
        model = self._predictors.choose(options.model, options.version).model
        return await self._cards.respond(request, model, options)

    @cached_property
    def _schema(self) -> Document:
        # Made when first asked for: it takes a tenth of a start.
        return Document(json.dumps(Card.model_json_schema()) + "\n")

    async def card_schema(self, request: Request) -> Response:
        """The JSON Schema that every model card keeps to."""
        return self._schema.respond(request)

    async def models(self) -> Response:
        """The models that can be asked, with `?model=` and `?version=`."""
        listed = []
        for predictor in self._predictors:
            card = predictor.model.card
            details = card.model_details
            listed.append(
                OfferedModel(
                    name=details.name,
                    version=details.version,
                    sha256=details.sha256,
                    description=details.description,
                    default=predictor is self._predictors.default,
                    labels=card.contract.labels,
                    threshold=card.metrics.decision.threshold.value,
                    accuracy=_accuracy(card),
                ).model_dump()
            )
        return respond({"models": listed})

    async def health(self) -> Response:
        """Whether the service is ready, and with which model."""
        if self._lifecycle.draining:
            raise errors.Draining("The service finishes what it has begun and takes nothing new.")
        details = self._predictors.default.model.card.model_details
        model = {"name": details.name, "version": details.version, "sha256": details.sha256}
        return respond({"status": "ready", "model": model})

    async def metrics(self) -> Response:
        """What the service has counted, for Prometheus."""
        return Response(metrics.expose(), media_type=metrics.CONTENT_TYPE)

    async def problem(self, name: str) -> Response:
        """What the `type` of a problem document means."""
        kind = problems.BY_NAME.get(name)
        if kind is None:
            raise errors.ProblemNotFound(f"There is no such problem. There are {', '.join(problems.BY_NAME)}.")
        return Response(kind.encode(kind.meaning), media_type=problems.MEDIA_TYPE)


def _accuracy(card: Card) -> Accuracy | None:
    test = card.quantitative_analyses.splits.get("test")
    number = test.accuracy if test else None
    if number is None or number.value is None:
        return None
    interval = number.ci
    return Accuracy(
        value=number.value,
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        n=number.n,
    )


def add_routes(app: FastAPI, routes: Routes) -> None:
    """Add them to the application."""
    app.add_api_route(
        "/images/{index}.png",
        routes.image,
        methods=["GET"],
        response_class=Response,
        responses={200: _PNG, 304: {"description": "Unchanged"}, **problems.responses([errors.ImageNotFound])},
        summary="A CIFAR-10 test image",
        tags=["data"],
    )
    app.router.routes.append(
        DirectRoute(
            "/model-card",
            routes.model_card,
            methods=["GET"],
            response_model=Card | ToolkitCard,
            responses={
                200: _CARD,
                304: {"description": "Unchanged"},
                **problems.responses([errors.ModelNotFound, errors.InvalidParameter, errors.UnknownField]),
            },
            summary="The model card",
            operation_id="model_card",
            tags=["model"],
        )
    )
    app.add_api_route(
        "/model-card/schema",
        routes.card_schema,
        methods=["GET"],
        responses={304: {"description": "Unchanged"}},
        summary="The model card's JSON Schema",
        tags=["model"],
    )
    app.add_api_route(
        "/models", routes.models, methods=["GET"], response_model=ModelList, summary="The models", tags=["model"]
    )
    app.add_api_route(
        "/health",
        routes.health,
        methods=["GET"],
        response_model=Health,
        responses=problems.responses([errors.Draining]),
        summary="Readiness",
        tags=["operation"],
    )
    app.add_api_route(
        "/metrics",
        routes.metrics,
        methods=["GET"],
        response_class=PlainTextResponse,
        summary="Prometheus metrics",
        tags=["operation"],
    )
    app.add_api_route(
        "/problems/{name}",
        routes.problem,
        methods=["GET"],
        response_model=Problem,
        responses=problems.responses([errors.ProblemNotFound]),
        summary="What a problem means",
        tags=["operation"],
    )

"""`/predict`: a picture or a test index in, the model's answer out."""

from collections.abc import Iterable
from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from service import errors, metrics
from service.api.direct_route import DirectRoute, json_response
from service.api.intake import Intake
from service.errors import NoInput
from service.http import problems
from service.http.payload import JsonBody
from service.http.query import Options
from service.inference.prediction import Prediction, Predictions
from service.inference.predictor import Batch, Predictor
from service.inference.registry import ModelRegistry

ERRORS_GET = (
    errors.Overloaded,
    errors.NoInput,
    errors.ModelNotFound,
    errors.ModelUnavailable,
    errors.IndexOutOfRange,
    errors.InvalidParameter,
    errors.UnknownField,
)
ERRORS_POST = (
    *ERRORS_GET,
    errors.AmbiguousInput,
    errors.MalformedBody,
    errors.BufferFull,
    errors.ClientTooSlow,
    errors.BodyTooLarge,
    errors.ImageTooLarge,
    errors.TooManyImages,
    errors.UnsupportedContentType,
    errors.NotAnImage,
    errors.EmptyImage,
    errors.DamagedImage,
    errors.ImageTooCostly,
)


class Predict:
    """The two endpoints of `/predict`."""

    def __init__(self, registry: ModelRegistry, intake: Intake) -> None:
        self._registry = registry
        self._intake = intake

    async def get(self, _request: Request, options: Annotated[Options, Query()]) -> Response:
        """Classify one of the 10,000 CIFAR-10 test images; the answer says the truth too."""
        if options.index is None:
            raise NoInput("Say which test image: /predict?index=16. To classify a picture of your own, POST it here.")
        predictor = await self._registry.predictor(options.model, options.version)
        with self._intake.admission:
            batch = predictor.load(predictor.ask([options.index], []))
            return _respond(await predictor.predict_batched(batch, options.top), several=False)

    async def post(self, request: Request, options: Annotated[Options, Query()]) -> Response:
        """Classify a picture: a multipart form, its bare bytes, or JSON. Several at once answer `{"predictions": []}`.

        The picture is read the way a person sees it (EXIF orientation, transparency over white, first frame), cut to
        its centred square, reduced to 32x32 pixels and never stored.
        """
        predictor = await self._registry.predictor(options.model, options.version)
        intake = self._intake
        async with intake.read(request, predictor, options) as sent:
            if sent.asked.cheap:
                batch = predictor.load(sent.asked, options.fit)
                return _respond(await predictor.predict_batched(batch, options.top), several=sent.several)
            async with sent.place():
                if sent.asked.few:
                    batch = await intake.load(predictor, sent.asked, options)
                    return _respond(await predictor.predict_batched(batch, options.top), several=sent.several)
                batches = (
                    predictor.load_in_parts(sent.asked, options.fit)
                    if sent.asked.plain
                    else [await predictor.load_apart(sent.asked, options.fit)]
                )
                return await intake.pool.run(_respond_in_parts, predictor, batches, options.top)


def _respond_in_parts(predictor: Predictor, batches: Iterable[Batch], top: int | None) -> Response:
    """The answer about many images, in the thread that calls; of each part only its JSON is kept."""
    parts = []
    for batch in batches:
        predictions = predictor.predict(batch, top)
        metrics.count_predictions(predictions)
        parts.append(orjson.dumps(predictions)[1:-1])
    return Response(b'{"predictions":[' + b",".join(parts) + b"]}\n", media_type="application/json")


def _respond(predictions: list[Prediction], *, several: bool) -> Response:
    metrics.count_predictions(predictions)
    return json_response({"predictions": predictions} if several else predictions[0])


def routes(registry: ModelRegistry, intake: Intake) -> list[BaseRoute]:
    """The routes of this resource."""
    predict = Predict(registry, intake)
    return [
        DirectRoute(
            "/predict",
            predict.get,
            methods=["GET"],
            response_model=Prediction,
            responses=problems.responses(ERRORS_GET),
            summary="Classify a CIFAR-10 test image",
            operation_id="predict_index",
            tags=["predict"],
        ),
        DirectRoute(
            "/predict",
            predict.post,
            methods=["POST"],
            response_model=Prediction | Predictions,
            responses=problems.responses(ERRORS_POST),
            summary="Classify a picture",
            operation_id="predict",
            tags=["predict"],
            openapi_extra={"requestBody": REQUEST_BODY},
        ),
    ]


# One red pixel.
_TINY_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
_BINARY = {"type": "string", "format": "binary"}
REQUEST_BODY: dict[str, Any] = {
    "description": "The picture or pictures. Not needed with ?index=.",
    "required": False,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    # `file` works too, but a page that offers both sends both, the empty one as text.
                    "image": {"type": "array", "items": _BINARY, "description": "The picture; repeat it for a batch."},
                },
                "additionalProperties": False,
            }
        },
        "image/*": {"schema": _BINARY},
        "application/json": {
            "schema": JsonBody.model_json_schema(),
            "examples": {
                "one test image": {"value": {"index": 16}},
                "several test images": {"value": {"indices": [16, 1, 2]}},
                "a picture in base64": {"value": {"image": _TINY_PNG}},
            },
        },
    },
}

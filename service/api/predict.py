"""`/predict`: a picture or a test index in, the model's answer out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from typing_extensions import TypedDict

from service import errors
from service.api.described import UNCHANGED, answered, tagged
from service.api.direct_route import DirectRoute, json_response
from service.api.intake import Intake
from service.errors import NoInput
from service.http import problems
from service.http.conditional import is_known, weak_tag
from service.http.payload import JsonBody
from service.http.problems import Problem
from service.http.query import Options
from service.inference import counting
from service.inference.batch import Batch
from service.inference.prediction import Prediction
from service.inference.predictor import Predictor
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


class RefusedPicture(TypedDict):
    """In place of a prediction: what is wrong with this picture of several."""

    problem: Problem


class PredictionList(TypedDict):
    """The answers to several pictures, in the order sent."""

    predictions: Annotated[
        list[Prediction | RefusedPicture],
        Field(description="Of each picture its prediction, or the problem with it."),
    ]


class Predict:
    """The two endpoints of `/predict`."""

    def __init__(self, registry: ModelRegistry, intake: Intake) -> None:
        self._registry = registry
        self._intake = intake

    async def get(self, request: Request, options: Annotated[Options, Query()]) -> Response:
        """Classify one of the 10,000 CIFAR-10 test images; the answer says the truth too.

        The answer has an ETag, which changes with the model, its card and the program: ask again with `If-None-Match`.
        """
        if options.index is None:
            raise NoInput("Say which test image: /predict?index=16. To classify a picture of your own, POST it here.")
        predictor = await self._registry.predictor(options.model, options.version)
        tag = weak_tag(predictor.digest, request.scope["query_string"])
        headers = predictor.headers | {"ETag": tag, "Cache-Control": self._intake.cache_control}
        if is_known(request, tag):
            return Response(status_code=304, headers=headers)
        with self._intake.place(request):
            batch = predictor.load(predictor.ask([options.index], []))
            predictions = await predictor.predict_batched(batch, options.top)
            return _respond(predictions, batch, headers, several=options.as_list)

    async def post(self, request: Request, options: Annotated[Options, Query()]) -> Response:
        """Classify a picture: a multipart form, its bare bytes, or JSON. Several at once answer `{"predictions": []}`.

        Of several each has its own result: its prediction or, in its place, `{"problem": ...}`; where none can be read,
        or with `strict=true` one can't, the answer is the first one's problem. A picture is read the way a person sees
        it (EXIF orientation, transparency over white, first frame), cut to its centred square, reduced to 32x32 pixels
        and never stored.
        """
        predictor = await self._registry.predictor(options.model, options.version)
        intake = self._intake
        async with intake.read(request, predictor, options) as sent:
            asked, several = sent.asked, sent.several or options.as_list
            if asked.cheap:
                batch = predictor.load(asked, options.fit, strict=options.strict)
                predictions = await predictor.predict_batched(batch, options.top)
                return _respond(predictions, batch, predictor.headers, several=several)
            async with sent.place():
                if asked.few:
                    batch = await intake.load(predictor, asked, options.fit, strict=options.strict)
                    predictions = await predictor.predict_batched(batch, options.top)
                    return _respond(predictions, batch, predictor.headers, several=several)
                batches = (
                    predictor.load_in_parts(asked, options.fit, strict=options.strict)
                    if asked.plain
                    else iter([await predictor.load_apart(asked, options.fit, strict=options.strict)])
                )
                return await intake.pool.run(_respond_in_parts, predictor, batches, options.top)


def _respond_in_parts(predictor: Predictor, batches: Iterator[Batch], top: int | None) -> Response:
    """The answer about many images, in the thread that calls; of each part only its JSON is kept."""
    parts = []
    for batch in batches:
        predictions = predictor.predict(batch, top)
        _count(predictions, batch)
        parts.append(orjson.dumps(results(predictions, batch))[1:-1])
    content = b'{"predictions":[' + b",".join(parts) + b"]}\n"
    return Response(content, headers=predictor.headers, media_type="application/json")


def _respond(predictions: list[Prediction], batch: Batch, headers: Mapping[str, str], *, several: bool) -> Response:
    _count(predictions, batch)
    return json_response({"predictions": results(predictions, batch)} if several else predictions[0], headers)


def _count(predictions: list[Prediction], batch: Batch) -> None:
    counting.count_predictions(predictions)
    if batch.failures:
        counting.count_refused_pictures(problems.PROBLEM_TYPES[type(error)].name for error in batch.failures.values())


def results(predictions: list[Prediction], batch: Batch) -> Sequence[Prediction | RefusedPicture]:
    """The result of each picture of a request, in order."""
    failures = batch.failures
    if not failures:
        return predictions
    following = iter(predictions)
    return [
        {"problem": problems.document_of(failures[place])} if place in failures else next(following)
        for place in range(len(predictions) + len(failures))
    ]


def routes(registry: ModelRegistry, intake: Intake) -> list[BaseRoute]:
    """The routes of this resource."""
    predict = Predict(registry, intake)
    return [
        DirectRoute(
            "/predict",
            predict.get,
            methods=["GET"],
            response_model=Prediction | PredictionList,
            responses={200: tagged("The answer"), 304: UNCHANGED, **problems.responses(ERRORS_GET)},
            summary="Classify a CIFAR-10 test image",
            operation_id="predict_test_image",
            tags=["predict"],
        ),
        DirectRoute(
            "/predict",
            predict.post,
            methods=["POST"],
            response_model=Prediction | PredictionList,
            responses={200: answered("The answer, or those to several"), **problems.responses(ERRORS_POST)},
            summary="Classify a picture",
            operation_id="predict_picture",
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

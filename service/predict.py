"""`/predict`: a picture or a test index in, the model's answer out."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import Response

from service import errors, problems
from service.answer import Prediction, Predictions
from service.errors import NoInput
from service.options import Options
from service.predictor import Answer, Predictor, Predictors
from service.route import DirectRoute
from service.settings import Settings
from service.upload import JsonBody, Submission, read_submission

# Work up to these sizes takes a millisecond or so and is done at once; larger work would hold up everybody else on the
# event loop and goes to a thread.
_INLINE_IMAGES = 8
_INLINE_BYTES = 32 * 1024
_INLINE_PIXELS = 256 * 256

_ERRORS_GET = (
    errors.NoInput,
    errors.ModelNotFound,
    errors.IndexOutOfRange,
    errors.InvalidParameter,
    errors.UnknownField,
)
_ERRORS_POST = (
    *_ERRORS_GET,
    errors.AmbiguousInput,
    errors.MalformedBody,
    errors.BodyTooLarge,
    errors.ImageTooLarge,
    errors.TooManyImages,
    errors.UnsupportedContentType,
    errors.NotAnImage,
    errors.EmptyImage,
    errors.DamagedImage,
)

_Result = TypeVar("_Result")


class Predict:
    """The two endpoints of `/predict`."""

    def __init__(self, predictors: Predictors, settings: Settings, executor: ThreadPoolExecutor) -> None:
        self._predictors = predictors
        self._settings = settings
        self._executor = executor

    async def get(self, _request: Request, options: Annotated[Options, Query()]) -> Response:
        """Classify one of the 10,000 CIFAR-10 test images; the answer says the truth too."""
        if options.index is None:
            raise NoInput("Say which test image: /predict?index=16. To classify a picture of your own, POST it here.")
        predictor = self._predictors.choose(options.model, options.version)
        return _respond(predictor.predict_indices([options.index], options.top)[0])

    async def post(self, request: Request, options: Annotated[Options, Query()]) -> Response:
        """Classify a picture: a multipart form, its bare bytes, or JSON. Several at once answer `{"predictions": []}`.

        The picture is read the way a person sees it (EXIF orientation, transparency over white, first frame), cut to
        its centred square, reduced to 32x32 pixels and never stored.
        """
        predictor = self._predictors.choose(options.model, options.version)
        submission = await read_submission(request, options.index, self._settings)
        if submission.indices:
            answers = await self._predict_indices(predictor, submission.indices, options)
        else:
            answers = await self._predict_pictures(predictor, submission, options)
        return _respond({"predictions": answers} if submission.batch else answers[0])

    async def _predict_indices(self, predictor: Predictor, indices: list[int], options: Options) -> list[Answer]:
        if len(indices) <= _INLINE_IMAGES:
            return predictor.predict_indices(indices, options.top)
        return await self._in_thread(predictor.predict_indices, indices, options.top)

    async def _predict_pictures(self, predictor: Predictor, submission: Submission, options: Options) -> list[Answer]:
        contents = submission.contents
        if len(contents) > _INLINE_IMAGES or sum(map(len, contents)) > _INLINE_BYTES:
            sources = await self._in_thread(predictor.open_pictures, contents)
        else:
            sources = predictor.open_pictures(contents)
            if sum(source.pixels for source in sources) <= _INLINE_PIXELS:
                return predictor.predict_pictures(sources, options.fit, options.top)
        return await self._in_thread(predictor.predict_pictures, sources, options.fit, options.top)

    async def _in_thread(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)


def _respond(answer: Any) -> Response:
    return Response(orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE), media_type="application/json")


def add_routes(app: FastAPI, predict: Predict) -> None:
    """Add `/predict` to the application."""
    app.router.routes += [
        DirectRoute(
            "/predict",
            predict.get,
            methods=["GET"],
            response_model=Prediction,
            responses=problems.responses(_ERRORS_GET),
            summary="Classify a CIFAR-10 test image",
            operation_id="predict_index",
            tags=["predict"],
        ),
        DirectRoute(
            "/predict",
            predict.post,
            methods=["POST"],
            response_model=Prediction | Predictions,
            responses=problems.responses(_ERRORS_POST),
            summary="Classify a picture",
            operation_id="predict",
            tags=["predict"],
            openapi_extra={"requestBody": _REQUEST_BODY},
        ),
    ]


# One red pixel.
_TINY_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
_BINARY = {"type": "string", "format": "binary"}
_REQUEST_BODY: dict[str, Any] = {
    "description": "The picture or pictures. Not needed with ?index=.",
    "required": False,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "image": {"type": "array", "items": _BINARY, "description": "The picture; repeat it for a batch."},
                    "file": {"type": "array", "items": _BINARY, "description": "Another name for image."},
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

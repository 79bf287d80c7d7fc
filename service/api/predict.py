"""`/predict`: a picture or a test index in, the model's answer out."""

from typing import Annotated, Any

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import Response

from service import errors, metrics, problems
from service.admission import INLINE_BYTES, Admission
from service.answer import Prediction, Predictions
from service.body import Bodies, Body
from service.errors import NoInput
from service.options import Options
from service.pool import Pool
from service.predictor import Answer, Predictor, Predictors
from service.route import DirectRoute, respond
from service.settings import Settings
from service.upload import JsonBody, Submission, read_submission

# Work up to these sizes is done at once, as that on a body of up to INLINE_BYTES.
_INLINE_IMAGES = 8
_INLINE_PIXELS = 256 * 256

ERRORS_GET = (
    errors.KeyMissing,
    errors.Overloaded,
    errors.NoInput,
    errors.ModelNotFound,
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
)


class Predict:
    """The two endpoints of `/predict`."""

    def __init__(
        self, predictors: Predictors, settings: Settings, admission: Admission, pool: Pool, bodies: Bodies
    ) -> None:
        self._predictors = predictors
        self._admission = admission
        self._settings = settings
        self._pool = pool
        self._bodies = bodies

    async def get(self, _request: Request, options: Annotated[Options, Query()]) -> Response:
        """Classify one of the 10,000 CIFAR-10 test images; the answer says the truth too."""
        if options.index is None:
            raise NoInput("Say which test image: /predict?index=16. To classify a picture of your own, POST it here.")
        predictor = self._predictors.choose(options.model, options.version)
        with self._admission:
            return _respond(await predictor.answer_soon(predictor.read([options.index]), options.top), batch=False)

    async def post(self, request: Request, options: Annotated[Options, Query()]) -> Response:
        """Classify a picture: a multipart form, its bare bytes, or JSON. Several at once answer `{"predictions": []}`.

        The picture is read the way a person sees it (EXIF orientation, transparency over white, first frame), cut to
        its centred square, reduced to 32x32 pixels and never stored.
        """
        predictor = self._predictors.choose(options.model, options.version)
        with Body(self._bodies) as body:
            content = await body.read(request)
            with self._admission:
                return await self._classify(request, predictor, content, options)

    async def _classify(self, request: Request, predictor: Predictor, content: bytes, options: Options) -> Response:
        content_type = request.headers.get("content-type", "")
        if len(content) > INLINE_BYTES:
            return await self._pool.run(request.receive, self._at_length, predictor, content, content_type, options)
        submission = read_submission(content, content_type, options.index, self._settings)
        if submission.indices and len(submission.indices) <= _INLINE_IMAGES:
            batch = predictor.read(submission.indices)
            return _respond(await predictor.answer_soon(batch, options.top), batch=submission.batch)
        if submission.contents and len(submission.contents) <= _INLINE_IMAGES:
            sources = predictor.open(submission.contents)
            if sum(source.pixels for source in sources) <= _INLINE_PIXELS:
                batch = predictor.decode(sources, options.fit)
                return _respond(await predictor.answer_soon(batch, options.top), batch=submission.batch)
        return await self._pool.run(request.receive, self._answer, predictor, submission, options)

    def _at_length(self, predictor: Predictor, content: bytes, content_type: str, options: Options) -> Response:
        submission = read_submission(content, content_type, options.index, self._settings)
        return self._answer(predictor, submission, options)

    def _answer(self, predictor: Predictor, submission: Submission, options: Options) -> Response:
        batch = predictor.prepare(submission.indices, submission.contents, options.fit)
        return _respond(predictor.answer(batch, options.top), batch=submission.batch)


def _respond(answers: list[Answer], *, batch: bool) -> Response:
    metrics.count_answers(answers)
    return respond({"predictions": answers} if batch else answers[0])


def add_routes(app: FastAPI, predict: Predict) -> list[DirectRoute]:
    """Add `/predict` to the application; its routes."""
    routes = [
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
    app.router.routes += routes
    return routes


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

"""`/explain`: a picture or a test index in, a map of what the answer hangs on out."""

from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from service import explanation, predict, problems
from service.admission import Admission
from service.answer import InputFromIndex, InputFromUpload, ModelName
from service.body import Bodies, Body
from service.errors import InvalidParameter, NoInput, TooManyImages
from service.explanation import Occlusion
from service.options import Index, ModelOptions
from service.pool import Pool
from service.predictor import Batch, Predictor, Predictors
from service.route import DirectRoute, respond
from service.settings import Settings
from service.upload import Submission, read_submission
from service.view import Fit

_DECIMALS = 6


class ExplainOptions(ModelOptions):
    """The options of an explanation."""

    index: Index | None = Field(
        default=None, description="A CIFAR-10 test image: a whole number from 0 to 9999.", examples=[16]
    )
    fit: Fit = Field(
        default="crop", description="crop: the centred square; stretch: the whole picture squeezed into a square."
    )
    target: str | None = Field(
        default=None, alias="class", description="The class to explain, by its label; the likeliest if absent."
    )
    patch: int = Field(default=8, ge=2, le=16, description="Side of the patch that covers, in pixels, from 2 to 16.")
    stride: int = Field(
        default=2, ge=1, le=8, description="From one patch to the next, in pixels, from 1 to 8, at most the patch."
    )
    format: Literal["json", "png"] = Field(
        default="json", description="json: the numbers; png: the map over the picture, 320x320 pixels."
    )


class Largest(BaseModel):
    """The patch that takes most away."""

    drop: float = Field(examples=[0.42])
    left: int = Field(description="Its left edge, in pixels of the 32x32.", examples=[10])
    upper: int = Field(description="Its upper edge.", examples=[8])


class Explanation(BaseModel):
    """What covering parts of a picture does to the probability of one class."""

    model: ModelName
    label: str = Field(description="The class explained.", examples=["dog"])
    class_index: int = Field(description="Its place among the labels of the model card, from 0.", examples=[5])
    probability: float = Field(description="Its probability when nothing is covered.")
    likeliest: str = Field(description="The class that the picture gets when nothing is covered.", examples=["dog"])
    patch: int = Field(description="Side of the patch, in pixels.")
    stride: int = Field(description="From one patch to the next, in pixels.")
    colour: list[int] = Field(description="Of the patch, RGB: the picture's mean colour.", examples=[[120, 114, 100]])
    positions: list[int] = Field(description="Left edges of the patches, in pixels; upper edges likewise.")
    drops: list[list[float]] = Field(
        description="By upper, then left edge: the probability uncovered minus the probability covered."
    )
    map: list[list[float]] = Field(description="32 rows of 32: the mean drop of the patches over each pixel.")
    largest: Largest
    seen: str = Field(description="The 32x32 pixels that the model saw, as a PNG in a data URL.")
    input: InputFromIndex | InputFromUpload = Field(discriminator="source")
    method: str = Field(examples=[explanation.METHOD])
    source: str = Field(examples=[explanation.SOURCE])
    cannot_tell: list[str] = Field(description="What such a map can't tell.", examples=[explanation.CANNOT_TELL])


class Explain:
    """The two endpoints of `/explain`."""

    def __init__(
        self, predictors: Predictors, settings: Settings, admission: Admission, pool: Pool, bodies: Bodies
    ) -> None:
        self._predictors = predictors
        self._settings = settings
        self._admission = admission
        self._pool = pool
        self._bodies = bodies

    async def get(self, request: Request, options: Annotated[ExplainOptions, Query()]) -> Response:
        """Cover a test image patch by patch and measure how far the probability of a class falls: an occlusion map.

        After Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014). The patch has the
        picture's mean colour. Read `cannot_tell` before you believe a map.
        """
        if options.index is None:
            raise NoInput("Say which test image: /explain?index=16. To explain a picture of your own, POST it here.")
        predictor = self._predictors.choose(options.model, options.version)
        submission = Submission(indices=[options.index])
        with self._admission:
            return await self._pool.run(request.receive, self._explain, predictor, submission, options)

    async def post(self, request: Request, options: Annotated[ExplainOptions, Query()]) -> Response:
        """The same for a picture of your own, sent as to `/predict`; one at a time."""
        predictor = self._predictors.choose(options.model, options.version)
        with Body(self._bodies) as body:
            content = await body.read(request)
            with self._admission:
                content_type = request.headers.get("content-type", "")
                return await self._pool.run(
                    request.receive, self._read_and_explain, predictor, content, content_type, options
                )

    def _read_and_explain(
        self, predictor: Predictor, content: bytes, content_type: str, options: ExplainOptions
    ) -> Response:
        submission = read_submission(content, content_type, options.index, self._settings)
        if len(submission.indices) + len(submission.contents) > 1:
            raise TooManyImages("There is more than one picture, the limit here. Send them one by one.")
        return self._explain(predictor, submission, options)

    @staticmethod
    def _explain(predictor: Predictor, submission: Submission, options: ExplainOptions) -> Response:
        labels = predictor.model.card.contract.labels
        if options.target is not None and options.target not in labels:
            raise InvalidParameter(f"class: there is no such class. Choose one of {', '.join(labels)}.")
        if options.stride > options.patch:
            raise InvalidParameter("stride: larger than the patch, so that pixels would stay uncovered. Make it less.")
        batch = predictor.prepare(submission.indices, submission.contents, options.fit)
        target = None if options.target is None else labels.index(options.target)
        found = explanation.occlude(predictor.probabilities, batch.images[0], target, options.patch, options.stride)
        if options.format == "png":
            return Response(explanation.draw(batch.images[0], found.pixels), media_type="image/png")
        return respond(_describe(predictor, batch, found, options))


def _describe(predictor: Predictor, batch: Batch, found: Occlusion, options: ExplainOptions) -> dict[str, Any]:
    """An answer of the form of `Explanation`."""
    labels = predictor.model.card.contract.labels
    row, column = divmod(int(found.drops.argmax()), len(found.positions))
    drops = found.drops.round(_DECIMALS).tolist()
    return {
        "model": {"name": predictor.model.name, "version": predictor.model.version},
        "label": labels[found.target],
        "class_index": found.target,
        "probability": round(found.probability, _DECIMALS),
        "likeliest": labels[found.likeliest],
        "patch": options.patch,
        "stride": options.stride,
        "colour": found.colour,
        "positions": found.positions,
        "drops": drops,
        "map": found.pixels.round(_DECIMALS).tolist(),
        "largest": {
            "drop": drops[row][column],
            "left": found.positions[column],
            "upper": found.positions[row],
        },
        "seen": explanation.data_url(batch.images[0]),
        "input": batch.inputs[0],
        "method": explanation.METHOD,
        "source": explanation.SOURCE,
        "cannot_tell": explanation.CANNOT_TELL,
    }


_OK = {
    "description": "The map, as numbers or as a picture",
    "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
}


def add_routes(app: FastAPI, explain: Explain) -> None:
    """Add `/explain` to the application."""
    app.router.routes += [
        DirectRoute(
            "/explain",
            explain.get,
            methods=["GET"],
            response_model=Explanation,
            responses={200: _OK, **problems.responses(predict.ERRORS_GET)},
            summary="Where covering a test image changes the answer",
            operation_id="explain_index",
            tags=["explain"],
        ),
        DirectRoute(
            "/explain",
            explain.post,
            methods=["POST"],
            response_model=Explanation,
            responses={200: _OK, **problems.responses(predict.ERRORS_POST)},
            summary="Where covering a picture changes the answer",
            operation_id="explain",
            tags=["explain"],
            openapi_extra={"requestBody": predict.REQUEST_BODY},
        ),
    ]

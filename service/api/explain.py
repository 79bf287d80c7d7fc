"""`/explain`: a picture or a test index in, a map of what the answer hangs on out."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Annotated, Literal, NotRequired

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from typing_extensions import TypedDict

from service.api import predict
from service.api.described import UNCHANGED, answered, tagged
from service.api.direct_route import DirectRoute, json_response
from service.api.intake import Intake
from service.errors import InvalidParameter, NoInput, TooManyImages
from service.expectation import shown
from service.http import problems
from service.http.conditional import is_known, weak_tag
from service.http.query import PLAIN, PictureOptions
from service.inference import occlusion
from service.inference.batch import Batch
from service.inference.caveats import PredictionCaveat
from service.inference.figures import DECIMALS
from service.inference.occlusion import Occlusion
from service.inference.prediction import Input, ModelName, Prediction, Truth
from service.inference.predictor import Asked, Predictor
from service.inference.registry import ModelRegistry
from service.inference.track_record import PredictionTrackRecord


class ExplainOptions(PictureOptions):
    """The options of an explanation."""

    target: str | None = Field(
        default=None, alias="class", description="The class to explain, by its label; the likeliest if absent."
    )
    patch: Annotated[int, Field(ge=2, le=16), PLAIN] = Field(
        default=8, description="Side of the patch that covers, in pixels, from 2 to 16."
    )
    stride: Annotated[int, Field(ge=1, le=8), PLAIN] = Field(
        default=2, description="From one patch to the next, in pixels, from 1 to 8, at most the patch."
    )
    format: Literal["json", "png"] = Field(
        default="json", description="json: the numbers; png: the map over the picture, 320x320 pixels."
    )


class Largest(TypedDict):
    """The patch that takes most away."""

    drop: Annotated[float, Field(examples=[0.275628])]
    left: Annotated[int, Field(description="Its left edge, in pixels of the 32x32.", examples=[4])]
    upper: Annotated[int, Field(description="Its upper edge.", examples=[22])]


class Explanation(TypedDict):
    """What covering parts of a picture does to the probability of one class."""

    model: ModelName
    label: Annotated[str, Field(description="The class explained.", examples=["dog"])]
    class_index: Annotated[
        int, Field(description="Its place among the labels of the model card, from 0.", examples=[5])
    ]
    probability: Annotated[float, Field(description="Its probability when nothing is covered.")]
    calibrated_probability: Annotated[
        float | None,
        Field(description="The same after temperature scaling, as in a prediction; null without a temperature."),
    ]
    likeliest: Annotated[
        str, Field(description="The class that the picture gets when nothing is covered.", examples=["dog"])
    ]
    confident: Annotated[
        bool, Field(description="Whether that class's probability reaches the threshold in the model card.")
    ]
    track_record: Annotated[
        PredictionTrackRecord | None, Field(description="Of that class, as in a prediction; null where there is none.")
    ]
    truth: NotRequired[Annotated[Truth, Field(description="Only for a test image; absent for an upload.")]]
    patch: Annotated[int, Field(description="Side of the patch, in pixels.")]
    stride: Annotated[int, Field(description="From one patch to the next, in pixels.")]
    colour: Annotated[
        tuple[int, int, int],
        Field(description="Of the patch, RGB: the picture's mean colour.", examples=[[139, 123, 121]]),
    ]
    positions: Annotated[list[int], Field(description="Left edges of the patches, in pixels; upper edges likewise.")]
    drops: Annotated[
        list[list[float]],
        Field(description="By upper, then left edge: the probability uncovered minus the probability covered."),
    ]
    map: Annotated[list[list[float]], Field(description="32 rows of 32: the mean drop of the patches over each pixel.")]
    largest: Largest
    seen: Annotated[str, Field(description="The 32x32 pixels that the model saw, as a PNG in a data URL.")]
    input: Annotated[Input, Field(discriminator="source")]
    method: Annotated[str, Field(examples=[occlusion.METHOD])]
    source: Annotated[str, Field(examples=[occlusion.SOURCE])]
    cannot_tell: Annotated[
        list[str], Field(description="What such a map can't tell.", examples=[list(occlusion.CANNOT_TELL)])
    ]
    caveats: Annotated[
        list[PredictionCaveat], Field(description="What to beware of with the answer itself, as in a prediction.")
    ]
    card: Annotated[str, Field(description="Where the model's card is.")]


class _Known(TypedDict):
    truth: NotRequired[Truth]


class Explain:
    """The two endpoints of `/explain`."""

    def __init__(self, registry: ModelRegistry, intake: Intake) -> None:
        self._registry = registry
        self._intake = intake

    async def get(self, request: Request, options: Annotated[ExplainOptions, Query()]) -> Response:
        """Cover a test image patch by patch and measure how far the probability of a class falls: an occlusion map.

        After Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014). The patch has the
        picture's mean colour. Read `cannot_tell` before you believe a map.
        """
        if options.index is None:
            raise NoInput("Say which test image: /explain?index=16. To explain a picture of your own, POST it here.")
        predictor = await self._registry.predictor(options.model, options.version)
        _check(predictor, options)
        # Another name than that of /predict with the same query, which would be told apart by its address only.
        tag = weak_tag(f"explain {predictor.digest}", request.scope["query_string"])
        headers = {"ETag": tag, "Cache-Control": self._intake.cache_control}
        if is_known(request, tag):
            return Response(status_code=304, headers=predictor.headers | headers)
        with self._intake.place(request):
            asked, place = predictor.ask([options.index], []), partial(self._intake.pool.place, request)
            response = await self._explain(place, predictor, asked, options)
        response.headers.update(headers)
        return response

    async def post(self, request: Request, options: Annotated[ExplainOptions, Query()]) -> Response:
        """The same for a picture of your own, sent as to `/predict`; one at a time."""
        predictor = await self._registry.predictor(options.model, options.version)
        _check(predictor, options)
        async with self._intake.read(request, predictor, options) as sent:
            if len(sent.asked.indices) + len(sent.asked.contents) > 1:
                raise TooManyImages("There is more than one picture, the limit here. Send them one by one.", limit=1)
            return await self._explain(sent.place, predictor, sent.asked, options)

    async def _explain(
        self,
        place: Callable[[], AbstractAsyncContextManager[None]],
        predictor: Predictor,
        asked: Asked,
        options: ExplainOptions,
    ) -> Response:
        pool = self._intake.pool
        async with place():
            batch = await self._intake.load(predictor, asked, options.fit)
            return await pool.run(_answer, predictor, batch, options)


def _check(predictor: Predictor, options: ExplainOptions) -> None:
    """See that there is such a class and that no pixel would stay uncovered.

    Raises:
        InvalidParameter: there is none, or there would.
    """
    labels = predictor.model.card.contract.labels
    if options.target is not None and options.target not in labels:
        message = f"class: there is no such class. Choose one of {', '.join(labels)}."
        raise InvalidParameter(message, field="class", value=shown(options.target), allowed=labels)
    if options.stride > options.patch:
        message = "stride: larger than the patch, so that pixels would stay uncovered. Make it less."
        raise InvalidParameter(message, field="stride", value=str(options.stride), limit=options.patch)


def _answer(predictor: Predictor, batch: Batch, options: ExplainOptions) -> Response:
    """The explanation as it was asked for; takes some ten milliseconds."""
    if options.format == "json":
        return json_response(describe(predictor, batch, options), predictor.headers)
    _, found = _occlude(predictor, batch, options)
    return Response(occlusion.draw(batch.images[0], found.pixels), headers=predictor.headers, media_type="image/png")


def _occlude(predictor: Predictor, batch: Batch, options: ExplainOptions) -> tuple[Prediction, Occlusion]:
    """The answer about the one picture, and what covering it does to the class that is to be explained."""
    (answer,) = predictor.predict(batch)
    label = answer["label"] if options.target is None else options.target
    target = predictor.model.card.contract.labels.index(label)
    return answer, occlusion.occlude(predictor.probabilities, batch.images[0], target, options.patch, options.stride)


def describe(predictor: Predictor, batch: Batch, options: ExplainOptions) -> Explanation:
    """The explanation in numbers."""
    answer, found = _occlude(predictor, batch, options)
    label = predictor.model.card.contract.labels[found.target]
    row, column = divmod(int(found.drops.argmax()), len(found.positions))
    drops = found.drops.round(DECIMALS).tolist()
    known: _Known = {"truth": answer["truth"]} if "truth" in answer else {}
    return {
        "model": answer["model"],
        "label": label,
        "class_index": found.target,
        "probability": answer["probabilities"][label],
        "calibrated_probability": predictor.calibrate(found.uncovered, found.target),
        "likeliest": answer["label"],
        "confident": answer["confident"],
        "track_record": answer["track_record"],
        **known,
        "patch": options.patch,
        "stride": options.stride,
        "colour": found.colour,
        "positions": found.positions,
        "drops": drops,
        "map": found.pixels.round(DECIMALS).tolist(),
        "largest": {
            "drop": drops[row][column],
            "left": found.positions[column],
            "upper": found.positions[row],
        },
        "seen": occlusion.data_url(batch.images[0]),
        "input": batch.inputs[0],
        "method": occlusion.METHOD,
        "source": occlusion.SOURCE,
        "cannot_tell": list(occlusion.CANNOT_TELL),
        "caveats": answer["caveats"],
        "card": answer["card"],
    }


_WHAT = "The map, as numbers or as a picture"
_PNG = {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}


def routes(registry: ModelRegistry, intake: Intake) -> list[BaseRoute]:
    """The routes of this resource."""
    explain = Explain(registry, intake)
    return [
        DirectRoute(
            "/explain",
            explain.get,
            methods=["GET"],
            response_model=Explanation,
            responses={200: tagged(_WHAT) | _PNG, 304: UNCHANGED, **problems.responses(predict.ERRORS_GET)},
            summary="Where covering a test image changes the answer",
            operation_id="explain_test_image",
            tags=["explain"],
        ),
        DirectRoute(
            "/explain",
            explain.post,
            methods=["POST"],
            response_model=Explanation,
            responses={200: answered(_WHAT) | _PNG, **problems.responses(predict.ERRORS_POST)},
            summary="Where covering a picture changes the answer",
            operation_id="explain_picture",
            tags=["explain"],
            openapi_extra={"requestBody": predict.REQUEST_BODY},
        ),
    ]

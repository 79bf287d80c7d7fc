"""`/answers`: what a model says about all 10,000 test images, so that anybody can look for its mistakes."""

from typing import Annotated
from weakref import WeakKeyDictionary

import numpy as np
import orjson
from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from typing_extensions import TypedDict

from models import cifar10_test
from service import errors
from service.api.described import UNCHANGED, tagged
from service.api.direct_route import DirectRoute
from service.api.intake import Intake
from service.http import problems
from service.http.cached_response import CachedResponse
from service.http.query import ModelOptions
from service.inference.prediction import ModelName
from service.inference.predictor import Predictor
from service.inference.registry import ModelRegistry

# Read this many images at a time: all of them would take 30 MB.
_AT_ONCE = 500


class AllAnswers(TypedDict):
    """What a model says about every test image."""

    model: ModelName
    labels: Annotated[
        list[str], Field(description="The classes, in the model card's order.", examples=[["airplane", "..."]])
    ]
    answers: Annotated[
        list[int], Field(description="The class answered, by its place among labels; one for each test image.")
    ]
    truths: Annotated[list[int], Field(description="The true class, likewise.")]


class Answers:
    """The endpoint. A model's answers are worked out when somebody first asks for them, in about a second, and kept."""

    def __init__(self, registry: ModelRegistry, intake: Intake) -> None:
        self._registry = registry
        self._intake = intake
        # Weak, so that a model that has gone is not kept by its answers.
        self._kept: WeakKeyDictionary[Predictor, CachedResponse] = WeakKeyDictionary()

    async def get(self, request: Request, options: Annotated[ModelOptions, Query()]) -> Response:
        """What the model says about each of the 10,000 CIFAR-10 test images, and the truth.

        The mistakes are where the two differ: `curl -s localhost:8000/answers | jq '[.answers, .truths] | transpose |
        map(.[0] != .[1]) | indices(true)'`.
        """
        predictor = await self._registry.predictor(options.model, options.version)
        document = self._kept.get(predictor)
        if document is None:
            with self._intake.place(request):
                async with self._intake.pool.place(request):
                    document = await self._intake.pool.run(self._document, predictor)
        return document.to(request)

    def _document(self, predictor: Predictor) -> CachedResponse:
        kept = self._kept.get(predictor)  # somebody else may have asked for it while this request was queued
        if kept is None:
            kept = self._kept[predictor] = _work_out(predictor, self._intake.cache_control)
        return kept


def _work_out(predictor: Predictor, cache_control: str) -> CachedResponse:
    answers: list[int] = []
    truths: list[int] = []
    for start in range(0, cifar10_test.SIZE, _AT_ONCE):
        images, true = predictor.test_images(range(start, start + _AT_ONCE))
        answers += np.argmax(predictor.probabilities(images), axis=1).tolist()
        truths += true.tolist()
    model = predictor.model
    content: AllAnswers = {
        "model": {"name": model.name, "version": model.version},
        "labels": model.card.contract.labels,
        "answers": answers,
        "truths": truths,
    }
    headers = predictor.headers | {"Cache-Control": cache_control}
    return CachedResponse(orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE), headers=headers)


def routes(registry: ModelRegistry, intake: Intake) -> list[BaseRoute]:
    """The routes of this resource."""
    refused = (
        errors.Overloaded,
        errors.ModelNotFound,
        errors.ModelUnavailable,
        errors.InvalidParameter,
        errors.UnknownField,
    )
    return [
        DirectRoute(
            "/answers",
            Answers(registry, intake).get,
            methods=["GET"],
            response_model=AllAnswers,
            responses={200: tagged("All answers"), 304: UNCHANGED, **problems.responses(refused)},
            summary="What the model says about every test image",
            operation_id="list_answers",
            tags=["predict"],
        )
    ]

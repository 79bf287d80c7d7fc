"""`/answers`: what a model says about all 10,000 test images, so that anybody can look for its mistakes."""

from typing import Annotated

import numpy as np
import orjson
from fastapi import FastAPI, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from models import cifar10_test
from service import errors, problems
from service.admission import Admission
from service.answer import ModelName
from service.document import Document
from service.options import ModelOptions
from service.pool import Pool
from service.predictor import Predictor, Predictors
from service.route import DirectRoute

# Read this many images at a time: all of them would take 30 MB.
_AT_ONCE = 500


class AllAnswers(BaseModel):
    """What a model says about every test image."""

    model: ModelName
    labels: list[str] = Field(description="The classes, in the model card's order.", examples=[["airplane", "..."]])
    answers: list[int] = Field(description="The class answered, by its place among labels; one for each test image.")
    truths: list[int] = Field(description="The true class, likewise.")


class Answers:
    """The endpoint. A model's answers are worked out when somebody first asks for them, in about a second, and kept."""

    def __init__(self, predictors: Predictors, admission: Admission, pool: Pool) -> None:
        self._predictors = predictors
        self._admission = admission
        self._pool = pool
        self._kept: dict[Predictor, Document] = {}

    async def get(self, request: Request, options: Annotated[ModelOptions, Query()]) -> Response:
        """What the model says about each of the 10,000 CIFAR-10 test images, and the truth.

        The mistakes are where the two differ: `curl -s localhost:8000/answers | jq '[.answers, .truths] | transpose |
        map(.[0] != .[1]) | indices(true)'`.
        """
        predictor = self._predictors.choose(options.model, options.version)
        document = self._kept.get(predictor)
        if document is None:
            with self._admission:
                document = await self._pool.run(request.receive, self._document, predictor)
        return document.respond(request)

    def _document(self, predictor: Predictor) -> Document:
        kept = self._kept.get(predictor)  # somebody else may have asked for it while this request was queued
        if kept is None:
            kept = self._kept[predictor] = _work_out(predictor)
        return kept


def _work_out(predictor: Predictor) -> Document:
    answers: list[int] = []
    truths: list[int] = []
    for start in range(0, cifar10_test.SIZE, _AT_ONCE):
        images, true = predictor.test_images(range(start, start + _AT_ONCE))
        answers += np.argmax(predictor.probabilities(images), axis=1).tolist()
        truths += true.tolist()
    model = predictor.model
    content = {
        "model": {"name": model.name, "version": model.version},
        "labels": model.card.contract.labels,
        "answers": answers,
        "truths": truths,
    }
    return Document(orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE))


def add_routes(app: FastAPI, answers: Answers) -> None:
    """Add `/answers` to the application."""
    refused = (
        errors.KeyMissing,
        errors.Overloaded,
        errors.ModelNotFound,
        errors.InvalidParameter,
        errors.UnknownField,
    )
    app.router.routes.append(
        DirectRoute(
            "/answers",
            answers.get,
            methods=["GET"],
            response_model=AllAnswers,
            responses={304: {"description": "Unchanged"}, **problems.responses(refused)},
            summary="What the model says about every test image",
            tags=["predict"],
        )
    )

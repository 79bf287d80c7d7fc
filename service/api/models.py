"""`/models`: which models can be asked."""

from typing import Annotated

from pydantic import Field
from starlette.responses import Response
from starlette.routing import BaseRoute
from typing_extensions import TypedDict

from models.card import Card
from service.api.direct_route import json_response
from service.api.documented_route import DocumentedRoute
from service.inference.figures import DECIMALS, PredictionInterval, rounded
from service.inference.prediction import ModelName, card_address
from service.inference.registry import ModelRegistry


class LoadedModel(ModelName):
    """A model and the digest of its file."""

    sha256: Annotated[str, Field(description="Of model.onnx; equal to the one in its model card.")]


class Accuracy(TypedDict):
    """The share of the test images that a model is right about, with its interval."""

    value: float
    ci: Annotated[PredictionInterval | None, Field(description="Its confidence interval.")]
    n: Annotated[int | None, Field(description="How many images.")]


class OfferedModel(LoadedModel):
    """A model that answers, what it is, and the two figures of its card that every answer should be read with."""

    description: str
    default: Annotated[bool, Field(description="Whether it answers when a request names none.")]
    labels: Annotated[list[str], Field(description="Its classes, in its card's order.")]
    threshold: Annotated[
        float | None, Field(description="The probability from which on its answers are called confident.")
    ]
    accuracy: Annotated[Accuracy | None, Field(description="On the test images; null where it was not measured.")]
    card: Annotated[str, Field(description="Where its card is.")]


class ModelList(TypedDict):
    """All models that answer, by name and version."""

    models: list[OfferedModel]


class Models:
    """The endpoint."""

    def __init__(self, registry: ModelRegistry) -> None:
        self._registry = registry

    async def get(self) -> Response:
        """The models that can be asked, with `?model=` and `?version=`."""
        listed: list[OfferedModel] = []
        for model in self._registry:
            card = model.card
            listed.append(
                {
                    "name": model.name,
                    "version": model.version,
                    "sha256": card.model_details.sha256,
                    "description": card.model_details.description,
                    "default": model is self._registry.default,
                    "labels": card.contract.labels,
                    "threshold": card.metrics.decision.threshold.value,
                    "accuracy": _accuracy(card),
                    "card": card_address(model.name, model.version),
                }
            )
        models: ModelList = {"models": listed}
        return json_response(models)


def _accuracy(card: Card) -> Accuracy | None:
    test = card.quantitative_analyses.splits.get("test")
    number = test.accuracy if test else None
    if number is None or number.value is None:
        return None
    return {"value": round(number.value, DECIMALS), "ci": rounded(number.ci), "n": number.n}


def routes(registry: ModelRegistry) -> list[BaseRoute]:
    """The routes of this resource."""
    return [
        DocumentedRoute(
            "/models",
            Models(registry).get,
            methods=["GET"],
            response_model=ModelList,
            summary="The models",
            operation_id="list_models",
            tags=["model"],
        )
    ]

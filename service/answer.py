"""What the service answers: the schema of a prediction, and predictions made from probabilities."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from models.card import Card
from service.view import Picture

# Six decimals of a float32 probability are exact enough for any reader, and the JSON stays short.
_DECIMALS = 6


class ModelName(BaseModel):
    """Which model answered."""

    name: str = Field(examples=["seminar-cnn"])
    version: int = Field(examples=[1])


class Truth(BaseModel):
    """The true label of a test image."""

    label: str = Field(examples=["dog"])
    correct: bool = Field(description="Whether the model's label is the true one.")


class InputFromIndex(BaseModel):
    """A CIFAR-10 test image."""

    source: Literal["index"]
    index: int = Field(examples=[16])
    width: Literal[32]
    height: Literal[32]
    fit: Literal["none"]


class InputFromUpload(BaseModel):
    """A picture that was sent."""

    source: Literal["upload"]
    format: str = Field(examples=["JPEG"])
    width: int = Field(description="Of the upright picture, in pixels.", examples=[4000])
    height: int = Field(description="Of the upright picture, in pixels.", examples=[3000])
    fit: Literal["crop", "stretch", "none"] = Field(description='"none": the picture had the model\'s size already.')


class Prediction(BaseModel):
    """The answer for one image."""

    model: ModelName
    label: str = Field(description="The likeliest class.", examples=["dog"])
    class_index: int = Field(description="Its place among the labels of the model card, from 0.", examples=[5])
    probability: float = Field(description="The model's probability of that class, rounded to six decimals.")
    confident: bool = Field(description="Whether the probability reaches the threshold in the model card.")
    probabilities: dict[str, float] = Field(description="All classes in the card's order; with `top`, the likeliest.")
    truth: Truth | None = Field(default=None, description="Only for a test image; absent for an upload.")
    input: InputFromIndex | InputFromUpload = Field(discriminator="source")


class Predictions(BaseModel):
    """The answers for a batch, in the order sent."""

    predictions: list[Prediction]


class Narrator:
    """Puts a model's probabilities into words: label, confidence, truth."""

    def __init__(self, card: Card) -> None:
        self._model = {"name": card.model_details.name, "version": card.model_details.version}
        self._labels = card.contract.labels
        threshold = card.metrics.decision.threshold.value
        # A card without a measured threshold promises nothing: no answer is confident.
        self._threshold = math.inf if threshold is None else threshold

    def describe(
        self,
        probabilities: NDArray[np.float32],
        inputs: Sequence[Mapping[str, Any]],
        truths: Sequence[int] | None = None,
        top: int | None = None,
    ) -> list[dict[str, Any]]:
        """Answers, each of the form of `Prediction`.

        Args:
            probabilities: float32 [N, labels].
            inputs: N of them, from `from_index` or `from_picture`.
            truths: N true classes, where they are known.
            top: list only this many of the likeliest classes, likeliest first.
        """
        answers = []
        for i, row in enumerate(probabilities.tolist()):
            highest = max(row)
            winner = row.index(highest)
            rounded = [round(value, _DECIMALS) for value in row]
            answer: dict[str, Any] = {
                "model": self._model,
                "label": self._labels[winner],
                "class_index": winner,
                "probability": rounded[winner],
                "confident": highest >= self._threshold,
                "probabilities": self._likeliest(rounded, winner, top)
                if top
                else dict(zip(self._labels, rounded, strict=True)),
            }
            if truths is not None:
                answer["truth"] = {"label": self._labels[truths[i]], "correct": truths[i] == winner}
            answer["input"] = inputs[i]
            answers.append(answer)
        return answers

    def _likeliest(self, row: list[float], winner: int, top: int) -> dict[str, float]:
        # The winner goes first even where rounding makes it a tie.
        order = sorted(range(len(row)), key=lambda i: (i != winner, -row[i]))
        return {self._labels[i]: row[i] for i in order[:top]}


def from_index(index: int) -> dict[str, Any]:
    """The "input" part of an answer about a test image."""
    return {"source": "index", "index": index, "width": 32, "height": 32, "fit": "none"}


def from_picture(picture: Picture) -> dict[str, Any]:
    """The "input" part of an answer about a picture that was sent."""
    return {
        "source": "upload",
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "fit": picture.fit,
    }

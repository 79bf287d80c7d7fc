"""What the service answers: the schema of a prediction, and predictions made from a model's scores."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from models.card import Card
from models.number import Interval
from service.caveats import Caveat, Named, ScoreCaveats
from service.classifier import Scores
from service.track_record import TrackRecords
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


class AnswersLikeIt(BaseModel):
    """How answers of this label, this sure, have fared on the validation images."""

    text: str = Field(
        description="The same in words.",
        examples=["said dog at 0.6 to 0.7: right 60 % of the time, n = 114 validation images"],
    )
    lower: float = Field(description="The least probability of the answers counted.", examples=[0.6])
    upper: float = Field(description="The probability that they stay below, save for 1 itself.", examples=[0.7])
    precision: float = Field(description="The share of them that were right, rounded.", examples=[0.5965])
    ci: Interval | None = Field(description="Its confidence interval.")
    n: int = Field(description="How many such answers there were.", examples=[305])


class Prediction(BaseModel):
    """The answer for one image."""

    model: ModelName
    label: str = Field(description="The likeliest class.", examples=["dog"])
    class_index: int = Field(description="Its place among the labels of the model card, from 0.", examples=[5])
    probability: float = Field(description="The model's probability of that class, rounded to six decimals.")
    calibrated_probability: float | None = Field(
        description="The same after temperature scaling (Guo et al. 2017) with the card's temperature, which brings it "
        "closer to how often such answers are right; null where the card has none."
    )
    confident: bool = Field(description="Whether the probability reaches the threshold in the model card.")
    probabilities: dict[str, float] = Field(description="All classes in the card's order; with `top`, the likeliest.")
    track_record: AnswersLikeIt | None = Field(description="null where there were no such answers.")
    truth: Truth | None = Field(default=None, description="Only for a test image; absent for an upload.")
    input: InputFromIndex | InputFromUpload = Field(discriminator="source")
    caveats: list[Caveat] = Field(description="What to beware of with this very answer.")
    card: str = Field(description="Where the model's card is.", examples=["/model-card?model=seminar-cnn&version=1"])


class Predictions(BaseModel):
    """The answers for a batch, in the order sent."""

    predictions: list[Prediction]


class Narrator:
    """Puts a model's scores into words: label, confidence, track record, truth, caveats."""

    def __init__(self, card: Card) -> None:
        details = card.model_details
        self._model = {"name": details.name, "version": details.version}
        self._card = f"/model-card?model={details.name}&version={details.version}"
        self._labels = card.contract.labels
        threshold = card.metrics.decision.threshold.value
        # A card without a measured threshold promises nothing: no answer is confident.
        self._threshold = math.inf if threshold is None else threshold
        temperature = card.quantitative_analyses.calibration.temperature.value
        self._exponent = None if temperature is None else 1 / temperature
        self._records = TrackRecords(card)
        self._caveats = ScoreCaveats(card)

    def describe(
        self,
        scores: Scores,
        inputs: Sequence[Mapping[str, Any]],
        caveats: Sequence[Sequence[Named]],
        truths: Sequence[int] | None = None,
        top: int | None = None,
    ) -> list[dict[str, Any]]:
        """Answers, each of the form of `Prediction`.

        Args:
            scores: of N images.
            inputs: N of them, from `from_index` or `from_picture`.
            caveats: N times those about the picture.
            truths: N true classes, where they are known.
            top: list only this many of the likeliest classes, likeliest first.
        """
        answers = []
        energies = scores.energies.tolist()
        for i, row in enumerate(scores.probabilities.tolist()):
            highest = max(row)
            winner = row.index(highest)
            rounded = [round(value, _DECIMALS) for value in row]
            confident = highest >= self._threshold
            answer: dict[str, Any] = {
                "model": self._model,
                "label": self._labels[winner],
                "class_index": winner,
                "probability": rounded[winner],
                "calibrated_probability": self._calibrate(row),
                "confident": confident,
                "probabilities": self._likeliest(rounded, winner, top)
                if top
                else dict(zip(self._labels, rounded, strict=True)),
                "track_record": self._records.find(winner, highest),
            }
            if truths is not None:
                answer["truth"] = {"label": self._labels[truths[i]], "correct": truths[i] == winner}
            answer["input"] = inputs[i]
            answer["caveats"] = [*self._caveats.of(energies[i], confident=confident), *caveats[i]]
            answer["card"] = self._card
            answers.append(answer)
        return answers

    def _calibrate(self, row: Sequence[float]) -> float | None:
        """The highest of softmax(logits / T): that is the probabilities to the power of 1 / T, made to add up to 1."""
        exponent = self._exponent
        if exponent is None:
            return None
        powers: list[float] = [value**exponent for value in row]
        return round(max(powers) / sum(powers), _DECIMALS)

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

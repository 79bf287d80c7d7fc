"""What the service answers: the schema of a prediction, and predictions made from a model's scores."""

import math
from collections.abc import Sequence
from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from models.card import Card
from service.images.preprocess import Fit, Picture
from service.inference.caveats import PredictionCaveat, ScoreCaveats
from service.inference.classifier import Scores
from service.inference.figures import DECIMALS
from service.inference.track_record import PredictionTrackRecord, TrackRecords


class ModelName(TypedDict):
    """Which model answered."""

    name: Annotated[str, Field(examples=["seminar-cnn"])]
    version: Annotated[int, Field(examples=[2])]


class Truth(TypedDict):
    """The true label of a test image."""

    label: Annotated[str, Field(examples=["dog"])]
    correct: Annotated[bool, Field(description="Whether the model's label is the true one.")]


class InputFromIndex(TypedDict):
    """A CIFAR-10 test image."""

    source: Literal["index"]
    index: Annotated[int, Field(examples=[16])]
    width: Literal[32]
    height: Literal[32]
    fit: Literal["none"]


class InputFromUpload(TypedDict):
    """A picture that was sent."""

    source: Literal["upload"]
    format: Annotated[str, Field(examples=["JPEG"])]
    width: Annotated[int, Field(description="Of the upright picture, in pixels.", examples=[4000])]
    height: Annotated[int, Field(description="Of the upright picture, in pixels.", examples=[3000])]
    fit: Annotated[Fit | Literal["none"], Field(description='"none": the picture had the model\'s size already.')]


Input = InputFromIndex | InputFromUpload


class Prediction(TypedDict):
    """The answer for one image."""

    model: ModelName
    label: Annotated[str, Field(description="The likeliest class.", examples=["dog"])]
    class_index: Annotated[
        int, Field(description="Its place among the labels of the model card, from 0.", examples=[5])
    ]
    probability: Annotated[float, Field(description="The model's probability of that class, rounded to six decimals.")]
    calibrated_probability: Annotated[
        float | None,
        Field(
            description="The same after temperature scaling (Guo et al. 2017) with the card's temperature. Whether "
            "that brings it closer to how often such answers are right, the card says: it does where the ECE of the "
            "calibrated probabilities is the lower one. null where the card has no temperature."
        ),
    ]
    confident: Annotated[bool, Field(description="Whether the probability reaches the threshold in the model card.")]
    probabilities: Annotated[
        dict[str, float], Field(description="All classes in the card's order; with `top`, the likeliest.")
    ]
    track_record: Annotated[PredictionTrackRecord | None, Field(description="null where there were no such answers.")]
    truth: NotRequired[Annotated[Truth, Field(description="Only for a test image; absent for an upload.")]]
    input: Annotated[Input, Field(discriminator="source")]
    caveats: Annotated[
        list[PredictionCaveat],
        Field(
            description="What to beware of with this very answer: that it is unsure (below-threshold); that it is "
            "confident, of a label whose confident answers are wrong too often (unreliable-label); that the picture is "
            "strange to the model (out-of-distribution), was cut or squeezed (not-square), enlarged (tiny), or has no "
            "colour (grey), or moves, of which only the first frame counts (animation); that the model can't say 'none "
            "of these' (closed-set)."
        ),
    ]
    card: Annotated[
        str, Field(description="Where the model's card is.", examples=["/model-card?model=seminar-cnn&version=2"])
    ]


class _Known(TypedDict):
    truth: NotRequired[Truth]


class PredictionBuilder:
    """Puts a model's scores into words: label, confidence, track record, truth, caveats."""

    def __init__(self, card: Card) -> None:
        details = card.model_details
        self._model: ModelName = {"name": details.name, "version": details.version}
        self._card = card_address(details.name, details.version)
        self._labels = card.contract.labels
        threshold = card.metrics.decision.threshold.value
        # A card without a measured threshold promises nothing: no answer is confident.
        self._threshold = math.inf if threshold is None else threshold
        temperature = card.quantitative_analyses.calibration.temperature.value
        self._exponent = None if temperature is None else 1 / temperature
        self._records = TrackRecords(card)
        self._caveats = ScoreCaveats(card)

    def build(
        self,
        scores: Scores,
        inputs: Sequence[Input],
        caveats: Sequence[Sequence[PredictionCaveat]],
        truths: Sequence[int] | None = None,
        top: int | None = None,
    ) -> list[Prediction]:
        """The answers about N images.

        Args:
            scores: of N images.
            inputs: N of them, from `from_index` or `from_picture`.
            caveats: N times those about the picture.
            truths: N true classes, where they are known.
            top: list only this many of the likeliest classes, likeliest first.
        """
        predictions: list[Prediction] = []
        energies = scores.energies.tolist()
        for i, row in enumerate(scores.probabilities.tolist()):
            highest = max(row)
            winner = row.index(highest)
            rounded = [round(value, DECIMALS) for value in row]
            confident = highest >= self._threshold
            known: _Known = {}
            if truths is not None:
                known["truth"] = {"label": self._labels[truths[i]], "correct": truths[i] == winner}
            predictions.append(
                {
                    "model": self._model,
                    "label": self._labels[winner],
                    "class_index": winner,
                    "probability": rounded[winner],
                    "calibrated_probability": self.calibrate(row, winner),
                    "confident": confident,
                    "probabilities": self._likeliest(rounded, winner, top)
                    if top
                    else dict(zip(self._labels, rounded, strict=True)),
                    "track_record": self._records.find(winner, highest),
                    **known,
                    "input": inputs[i],
                    "caveats": [
                        *self._caveats.of(
                            self._labels[winner], energies[i], confident=confident, known=truths is not None
                        ),
                        *caveats[i],
                    ],
                    "card": self._card,
                }
            )
        return predictions

    def calibrate(self, row: Sequence[float], place: int) -> float | None:
        """A class's softmax(logits / T): that is the probabilities to the power of 1 / T, made to add up to 1.

        Args:
            row: the probabilities of all classes.
            place: the class's among them.
        """
        exponent = self._exponent
        if exponent is None:
            return None
        powers: list[float] = [value**exponent for value in row]
        return round(powers[place] / sum(powers), DECIMALS)

    def _likeliest(self, row: list[float], winner: int, top: int) -> dict[str, float]:
        # The winner goes first even where rounding makes it a tie.
        order = sorted(range(len(row)), key=lambda i: (i != winner, -row[i]))
        return {self._labels[i]: row[i] for i in order[:top]}


def card_address(name: str, version: int) -> str:
    """Where a model's card is, beside this answer."""
    return f"/model-card?model={name}&version={version}"


def from_index(index: int) -> InputFromIndex:
    """The "input" part of an answer about a test image."""
    return {"source": "index", "index": index, "width": 32, "height": 32, "fit": "none"}


def from_picture(picture: Picture) -> InputFromUpload:
    """The "input" part of an answer about a picture that was sent."""
    return {
        "source": "upload",
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "fit": picture.fit,
    }

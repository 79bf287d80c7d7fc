"""How often answers of one label, as sure as this one, were right on the validation images, by the card."""

from bisect import bisect
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from models import evidence
from models.card import Card
from service.inference.caveats import NBSP
from service.inference.figures import DECIMALS, PredictionInterval, rounded


class PredictionTrackRecord(TypedDict):
    """How answers of this label, this sure, have fared on the validation images."""

    text: Annotated[
        str,
        Field(
            description="The same in words.",
            examples=[f"said dog at 0.6 to 0.7: right 62{NBSP}% of the time, n{NBSP}={NBSP}105 validation images"],
        ),
    ]
    lower: Annotated[float, Field(description="The least probability of the answers counted.", examples=[0.6])]
    upper: Annotated[float, Field(description="The probability that they stay below, save for 1.", examples=[0.7])]
    precision: Annotated[float, Field(description="The share of them that were right, rounded.", examples=[0.619048])]
    ci: Annotated[PredictionInterval | None, Field(description="Its confidence interval.")]
    n: Annotated[int | None, Field(description="How many such answers there were.", examples=[105])]


class TrackRecords:
    """A card's records, ready to be put into answers."""

    def __init__(self, card: Card) -> None:
        self._found: list[tuple[list[float], list[PredictionTrackRecord | None]]] = []
        for label in card.contract.labels:
            records = [each for each in card.quantitative_analyses.track_record if each.label == label]
            records.sort(key=lambda each: each.lower)
            self._found.append(([each.lower for each in records], [_describe(each) for each in records]))

    def find(self, class_index: int, probability: float) -> PredictionTrackRecord | None:
        """The record of answers of this class at this probability; None where the card has none."""
        lowers, described = self._found[class_index]
        place = bisect(lowers, probability) - 1
        return described[place] if place >= 0 else None


def _describe(record: evidence.TrackRecord) -> PredictionTrackRecord | None:
    precision = record.precision
    if precision.value is None:
        return None
    return {
        "text": f"said {record.label} at {record.lower:g} to {record.upper:g}: right "
        f"{100 * precision.value:.0f}{NBSP}% of the time, n{NBSP}={NBSP}{precision.n} {precision.split} images",
        "lower": record.lower,
        "upper": record.upper,
        "precision": round(precision.value, DECIMALS),
        "ci": rounded(precision.ci),
        "n": precision.n,
    }

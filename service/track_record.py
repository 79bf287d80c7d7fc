"""How often answers of one label, as sure as this one, were right on the validation images, by the card."""

from bisect import bisect
from typing import Any

from models import evidence
from models.card import Card
from models.number import Interval


class TrackRecords:
    """A card's records, ready to be put into answers."""

    def __init__(self, card: Card) -> None:
        self._found: list[tuple[list[float], list[dict[str, Any] | None]]] = []
        for label in card.contract.labels:
            records = [each for each in card.quantitative_analyses.track_record if each.label == label]
            records.sort(key=lambda each: each.lower)
            self._found.append(([each.lower for each in records], [_describe(each) for each in records]))

    def find(self, class_index: int, probability: float) -> dict[str, Any] | None:
        """The record of answers of this class at this probability; None where the card has none."""
        lowers, described = self._found[class_index]
        place = bisect(lowers, probability) - 1
        return described[place] if place >= 0 else None


def _describe(record: evidence.TrackRecord) -> dict[str, Any] | None:
    precision = record.precision
    if precision.value is None:
        return None
    return {
        "text": f"said {record.label} at {record.lower:g} to {record.upper:g}: right {100 * precision.value:.0f} % of "
        f"the time, n = {precision.n} {precision.split} images",
        "lower": record.lower,
        "upper": record.upper,
        "precision": round(precision.value, 4),
        "ci": _round(precision.ci) if precision.ci else None,
        "n": precision.n,
    }


def _round(interval: Interval) -> dict[str, Any]:
    return interval.model_dump() | {"lower": round(interval.lower, 4), "upper": round(interval.upper, 4)}

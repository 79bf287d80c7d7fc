"""Figures as answers give them: one rounding, and one form of interval, the card's."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from models.measurement import Interval

# Six decimals of a float32 probability are exact enough for any reader, and the JSON stays short.
DECIMALS = 6


class PredictionInterval(TypedDict):
    """A confidence interval, as a model card has it."""

    lower: float
    upper: float
    level: Annotated[float, Field(examples=[0.95])]
    method: Annotated[str, Field(examples=["Wilson score"])]


def rounded(interval: Interval | None) -> PredictionInterval | None:
    """A card's interval; None where it has none."""
    if interval is None:
        return None
    return {
        "lower": round(interval.lower, DECIMALS),
        "upper": round(interval.upper, DECIMALS),
        "level": interval.level,
        "method": interval.method,
    }

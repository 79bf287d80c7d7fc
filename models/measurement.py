"""The building blocks of a model card: a strict record, and a number with what it rests on."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Split = Literal["train", "validation", "test"]
Status = Literal["measured", "cited", "declared", "not_measured"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Record(BaseModel):
    """Base of every part of a card: unknown fields are refused, values do not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Interval(Record):
    """A confidence interval."""

    lower: float
    upper: float
    level: float = Field(gt=0, lt=1, examples=[0.95])
    method: str = Field(examples=["Wilson score"])


class Source(Record):
    """A work that something rests on."""

    title: str = Field(description="Author, year and title.")
    url: str | None = Field(default=None, description="Where it can be read; null for what was never published.")


class Number(Record):
    """One figure and what it rests on."""

    value: float | None
    ci: Interval | None = None
    n: int | None = Field(default=None, description="How many images (or runs) the value was computed from.")
    split: Split | None = None
    slice: str | None = Field(default=None, description="The part of the split, such as 'class = automobile'.")
    method: str = Field(description="How the value was computed; for a number not measured, how it would be.")
    status: Status
    source: Source | None = Field(default=None, description="Where a cited number stands.")
    reason: str | None = Field(default=None, description="Why a number was not measured.")

    @model_validator(mode="after")
    def _status_agrees(self) -> Self:
        if (self.status == "not_measured") != (self.value is None):
            raise ValueError("a number has a value exactly when its status is not 'not_measured'")
        if self.status == "not_measured" and not self.reason:
            raise ValueError("a number that was not measured says why in 'reason'")
        if self.status == "cited" and not self.source:
            raise ValueError("a cited number names its source")
        if self.status == "measured" and self.n is None:
            raise ValueError("a measured number says its n")
        return self

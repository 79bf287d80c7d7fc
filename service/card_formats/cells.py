"""What stands in a place of a card's document: a name, a value, a link."""

from dataclasses import dataclass, field
from typing import ClassVar

from models.measurement import Source
from service.card_formats.formatting import Datum, Measure, Series


@dataclass(frozen=True)
class Images:
    """Test images, by their indices."""

    kind: ClassVar[str] = "images"
    indices: list[int]


@dataclass(frozen=True)
class Code:
    """A name, digest or command, letter by letter."""

    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True)
class Works:
    """Works that something rests on, each with a link to where it can be read."""

    kind: ClassVar[str] = "works"
    sources: list[Source]


Cell = str | Datum | Series | Measure | Images | Code | Works


@dataclass(frozen=True)
class Picture:
    """A test image in a grid.

    Attributes:
        index: of the test image.
        lines: what is said under it.
        correct: whether the model is right about it; None where that is said of all of them at once.
    """

    index: int
    lines: list[Cell] = field(default_factory=list)
    correct: bool | None = None

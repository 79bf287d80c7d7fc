"""What a card's document is built of; each form of it says how a block looks."""

from dataclasses import dataclass, field
from typing import ClassVar

from service.card_formats.formatting import Datum, Measure, Series, shared

NONE = "The card has no entry here."


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


Cell = str | Datum | Series | Measure | Images | Code


@dataclass(frozen=True)
class Heading:
    """Begins a part of a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    kind: ClassVar[str] = "items"
    items: list[str]


@dataclass(frozen=True)
class Facts:
    """Names, and what is to be said of each."""

    kind: ClassVar[str] = "facts"
    facts: list[tuple[str, Cell]]


@dataclass(frozen=True)
class Numbers:
    """Numbers of different kinds, each with all that it rests on."""

    kind: ClassVar[str] = "numbers"
    measures: list[Measure]


@dataclass(frozen=True)
class Table:
    """Rows of cells; what the numbers of a column have in common is said once, in a note.

    Attributes:
        caption: what the table shows.
        columns: their names; the first cell of each row is its name.
        rows: as long as there are columns.
        long: whether it is folded away until asked for.
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: list[str]
    rows: list[list[Cell]]
    long: bool = False

    def measures(self, column: int) -> list[Measure]:
        """The numbers of a column."""
        return [cell for row in self.rows if isinstance(cell := row[column], Measure)]

    @property
    def notes(self) -> list[str]:
        """What the numbers of each column have in common; columns that agree share a note."""
        said: dict[str, list[str]] = {}
        for column, name in enumerate(self.columns):
            common = shared(self.measures(column))
            if common:
                said.setdefault("; ".join(common.values()), []).append(name)
        return [f"{', '.join(names)}: {text}." for text, names in said.items()]

    def details(self, measure: Measure, column: int, row: Cell) -> list[str]:
        """What a number rests on and neither the note nor the row's name says already ("class = dog" of row "dog")."""
        details = measure.details(shared(self.measures(column)))
        return [text for text in details if row not in (text.rpartition("= ")[2], text.removesuffix(" split"))]


@dataclass(frozen=True)
class Figure:
    """A drawing; the tables after it hold its data.

    Attributes:
        name: of its file, without the ending.
        description: what it shows, in words.
        svg: to be set into a page; None where the file is missing.
        tables: its data.
    """

    kind: ClassVar[str] = "figure"
    name: str
    description: str
    svg: str | None
    tables: list[Table] = field(default_factory=list)


Block = Heading | Text | Items | Facts | Numbers | Table | Figure


@dataclass(frozen=True)
class Section:
    """One of the card's sections.

    Attributes:
        anchor: its address in the page.
        title: its name.
        blocks: what it says, in order.
    """

    anchor: str
    title: str
    blocks: list[Block]


def if_any(table: Table) -> Block:
    """The table, or the sentence that there is none."""
    return table if table.rows else Text(NONE)

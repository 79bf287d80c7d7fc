"""What a card's document is built of; each form of it says how a block looks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from models.measurement import Source
from service.card_formats.cells import Cell, Picture
from service.card_formats.formatting import Detail, Measure, shared

NONE = "The card has no entry here."


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
    """A list of sentences, or of commands."""

    kind: ClassVar[str] = "items"
    items: list[str]
    code: bool = False


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
    def notes(self) -> list[tuple[str, list[Detail]]]:
        """What the numbers of each column have in common; columns that agree share a note."""
        said: dict[tuple[Detail, ...], list[str]] = {}
        for column, name in enumerate(self.columns):
            common = shared(self.measures(column))
            if common:
                said.setdefault(tuple(common.values()), []).append(name)
        return [(", ".join(names), list(details)) for details, names in said.items()]

    def details(self, measure: Measure, column: int, row: Cell) -> list[Detail]:
        """What a number rests on and neither the note nor the row's name says already ("class = dog" of row "dog")."""
        details = measure.details(shared(self.measures(column)))
        return [
            each
            for each in details
            if isinstance(each, Source) or row not in (each.rpartition("= ")[2], each.removesuffix(" split"))
        ]


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


@dataclass(frozen=True)
class Pictures:
    """Test images to look at."""

    kind: ClassVar[str] = "pictures"
    caption: str
    pictures: list[Picture]


@dataclass(frozen=True)
class Concern:
    """A point of what such a technology does to people; `said` names each of its parts.

    Attributes:
        topic: in a few words.
        said: what happens, who bears it, what is seen of it here, what is done about it.
        measures: what is seen rests on these.
        sources: of what is said.
    """

    kind: ClassVar[str] = "concern"
    topic: str
    said: list[tuple[str, str]]
    measures: list[Measure]
    sources: list[Source]


@dataclass(frozen=True)
class Fold:
    """Blocks that are folded away under a title until somebody asks for them."""

    kind: ClassVar[str] = "fold"
    title: str
    blocks: "list[Block]"


Block = Heading | Text | Items | Facts | Numbers | Table | Figure | Pictures | Concern | Fold


@dataclass(frozen=True)
class Section:
    """One of the card's sections.

    Attributes:
        anchor: its address in the page.
        title: its name.
        blocks: what it says, in order.
        alias: another address, by which others may know it.
        columns: whether its blocks stand side by side where there is room.
    """

    anchor: str
    title: str
    blocks: list[Block]
    alias: str = ""
    columns: bool = False


def if_any(table: Table) -> Block:
    """The table, or the sentence that there is none."""
    return table if table.rows else Text(NONE)


def fold(title: str, blocks: list[Block]) -> Block:
    """A fold, which says so where there is nothing in it."""
    return Fold(title, blocks or [Text(NONE)])


def folded(title: str, blocks: list[Block]) -> list[Block]:
    """A fold, or nothing where there is nothing to fold."""
    return [Fold(title, blocks)] if blocks else []


def measures_in(blocks: Iterable[Block]) -> Iterator[Measure]:
    """Every number that these blocks show."""
    for block in blocks:
        match block:
            case Numbers() | Concern():
                yield from block.measures
            case Table():
                yield from (cell for row in block.rows for cell in row if isinstance(cell, Measure))
            case Figure():
                yield from measures_in(block.tables)
            case Fold():
                yield from measures_in(block.blocks)
            case _:
                pass

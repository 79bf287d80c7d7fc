"""What every form of a card is made from."""

from dataclasses import dataclass
from pathlib import Path

from models.card import Card


@dataclass(frozen=True)
class Sibling:
    """A card that is served, by the name and version of its model."""

    name: str
    version: int


@dataclass(frozen=True)
class CardSource:
    """What a form is made from.

    Attributes:
        card: the card.
        figures: the folder with its figures.
        siblings: all cards that are served, this one among them.
    """

    card: Card
    figures: Path
    siblings: list[Sibling]

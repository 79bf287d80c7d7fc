"""Whom the technology may hurt, point by point, and what to beware of."""

from collections.abc import Mapping

from models.card import Card, Consideration
from models.measurement import Number
from service.card_formats.blocks import NONE, Block, Concern, Text
from service.card_formats.formatting import Measure, Unit


def concerns(card: Card, units: Mapping[Number, Unit]) -> list[Block]:
    """The ethical considerations.

    Args:
        card: the card.
        units: what its numbers are counted in, as far as that is known.
    """
    return [_concern(each, units) for each in card.ethical_considerations] or [Text(NONE)]


def _concern(each: Consideration, units: Mapping[Number, Unit]) -> Block:
    return Concern(
        each.topic,
        [
            ("", each.harm),
            ("Who bears it", each.who_bears_it),
            ("Seen here", each.mechanism),
            ("What is done about it", each.mitigation),
        ],
        [Measure(name, number, units.get(number) or _unit(number)) for name, number in each.numbers.items()],
        each.sources,
    )


def _unit(number: Number) -> Unit:
    """A guess: the card's shares are from 0 to 1."""
    return Unit.SHARE if number.value is not None and 0 <= number.value <= 1 else Unit.PLAIN


def caveats(card: Card) -> list[Block]:
    """The caveats, worst first."""
    found: list[Block] = [
        Concern(each.caveat, [("What to do", each.recommendation), ("Measured", each.measurement)], [], each.sources)
        for each in card.caveats_and_recommendations
    ]
    return found or [Text(NONE)]

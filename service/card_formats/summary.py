"""The card in one screen: what the model is, is for and is not for, four numbers and three caveats."""

from dataclasses import dataclass

from models.card import Card, Caveat
from service.card_formats.formatting import Measure, Unit

_CAVEATS = 3


@dataclass(frozen=True)
class Summary:
    """What somebody must know who reads nothing else.

    Attributes:
        description: what it is.
        labels: the only answers there are.
        uses: what it is for.
        out_of_scope: what it is not for.
        numbers: the four that matter most.
        caveats: the card's first three; it has the worst first.
    """

    description: str
    labels: list[str]
    uses: list[str]
    out_of_scope: list[str]
    numbers: list[Measure]
    caveats: list[Caveat]


def summarise(card: Card) -> Summary:
    """The summary of a card."""
    return Summary(
        card.model_details.description,
        card.contract.labels,
        card.intended_use.uses,
        card.intended_use.out_of_scope,
        [_accuracy(card), _worst_class(card), _sure_and_wrong(card), _strangers(card)],
        card.caveats_and_recommendations[:_CAVEATS],
    )


def _accuracy(card: Card) -> Measure:
    quantities = card.quantitative_analyses
    figures = quantities.splits.get("test") or next(iter(quantities.splits.values()))
    return Measure("Right answers", figures.accuracy, note="of all test images: the accuracy")


def _worst_class(card: Card) -> Measure:
    """The lowest recall; the average hides it."""
    quantities = card.quantitative_analyses
    values = {label: each.recall.value for label, each in quantities.per_class.items() if each.recall.value is not None}
    if not values:
        return Measure("Gap between classes", quantities.class_gap, Unit.POINTS, "best recall minus worst")
    worst = min(values, key=values.__getitem__)
    return Measure(
        f"Worst class: {worst}", quantities.per_class[worst].recall, note="of its pictures are recognised: the recall"
    )


def _sure_and_wrong(card: Card) -> Measure:
    return Measure(
        "Confident, yet wrong", card.metrics.decision.test_error, note="of the answers that are called confident"
    )


def _strangers(card: Card) -> Measure:
    """Confident answers about what is none of its classes, where there are most; else what spoilt pictures do to it."""
    quantities = card.quantitative_analyses
    measured = {each.name: each.confident for each in quantities.out_of_distribution.sets}
    if not measured:
        return Measure("Wrong on spoilt pictures", quantities.robustness.mean_error, note="noise, blur, bad light")
    name = max(measured, key=lambda name: measured[name].value or 0)
    return Measure(
        "Confident about strangers", measured[name], note=f"of pictures that show none of its classes ({name})"
    )

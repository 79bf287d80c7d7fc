"""The card in one screen: what the model is, is for and is not for, four numbers and three caveats."""

from collections import Counter
from dataclasses import dataclass

from models.card import Card, Caveat
from models.trials import SeedSpread
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
    note = "of its pictures are recognised here" + _by_seed(quantities.seeds)
    return Measure(f"Worst class: {worst}", quantities.per_class[worst].recall, note=note)


def _by_seed(seeds: SeedSpread | None) -> str:
    """That the worst class is of this file only, and which it was in how many trainings."""
    if seeds is None or not seeds.runs:
        return ""
    (most, times), *others = Counter(run.worst for run in seeds.runs).most_common()
    tally = ", ".join([f"{most} {times} {'time' if times == 1 else 'times'}", *(f"{each} {n}" for each, n in others)])
    among = ", this one among them," if any(run.shift == 0 for run in seeds.runs) else ""
    return f"; in {len(seeds.runs)} trainings with different seeds{among} the worst was {tally}"


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

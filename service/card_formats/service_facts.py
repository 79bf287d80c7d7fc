"""What goes in and comes out, what is written down, what laws ask, and what it costs."""

from models.card import Card
from service.card_formats.blocks import Block, Facts, Fold, Heading, Numbers, Table, Text, if_any
from service.card_formats.cells import Cell, Code
from service.card_formats.details import shape
from service.card_formats.formatting import NBSP, Datum, Measure, Unit


def contract(card: Card) -> list[Block]:
    """What the model takes and gives."""
    taken = card.contract.input
    return [
        Text(taken.description),
        Fold(
            "Names, types and shapes",
            [
                Facts(
                    [
                        ("Input", Code(taken.name)),
                        ("Type and layout", f"{taken.dtype}, {taken.layout}, {taken.colour}"),
                        ("Shape", shape(taken.shape)),
                        ("Fit", f"{taken.fit}, reduced with the filter {taken.resize_filter}"),
                    ]
                ),
                Table(
                    "Outputs",
                    ["Output", "Type", "Shape"],
                    [[Code(output.name), output.dtype, shape(output.shape)] for output in card.contract.outputs],
                ),
                Facts([("Labels, in the order of the outputs", ", ".join(card.contract.labels))]),
            ],
        ),
    ]


def privacy(card: Card) -> list[Block]:
    """What is kept of a picture, and what is logged of a request."""
    return [Text(card.privacy), Heading("Logging"), Text(card.logging)]


def regulation(card: Card) -> list[Block]:
    """What a law asks, and where this card says something of it."""
    table = Table(
        "A voluntary mapping, no claim of compliance",
        ["What the law asks", "Where this card says something of it"],
        [[each.demand, each.place] for each in card.regulation],
    )
    return [Fold("Demands of the EU's AI Act, and where this card says something of them", [if_any(table)])]


def cost(card: Card) -> list[Block]:
    """What training and predicting take."""
    run = card.run
    percentiles: list[tuple[str, Cell]] = [
        (f"{name}{NBSP}% of the calls take at most", Datum(value, Unit.MICROSECONDS))
        for name, value in card.cost.percentiles.items()
    ]
    single: list[Block] = [Heading("Single calls, by percentile"), Facts(percentiles)] if percentiles else []
    return [
        Numbers([Measure("Time of one picture", card.cost.prediction_microseconds, Unit.MICROSECONDS)]),
        Fold(
            "The single predictions, and the training run",
            [
                *single,
                Heading("Of the training"),
                Numbers(
                    [
                        Measure("Time", run.wall_seconds, Unit.SECONDS),
                        Measure("Processor time", run.cpu_seconds, Unit.SECONDS),
                    ]
                ),
                Facts(
                    [
                        ("Command", Code(run.command)),
                        ("Started", run.started),
                        ("Machine", run.machine),
                        ("Epochs", Datum(run.epochs, Unit.COUNT)),
                        ("Versions", ", ".join(f"{name} {version}" for name, version in run.versions.items())),
                    ]
                ),
            ],
        ),
    ]

"""How the model fares where a picture is strange, spoilt or tampered with, or the contract is broken."""

from models.card import Quantities
from service.card_formats.blocks import NONE, Block, Facts, Fold, Heading, Items, Numbers, Table, Text, folded, if_any
from service.card_formats.cells import Cell
from service.card_formats.figure import Drawings
from service.card_formats.formatting import Datum, Measure, Unit


def blocks(quantities: Quantities, drawings: Drawings) -> list[Block]:
    """The experiments, those with intersections of class and corruption among them."""
    return [
        *_strangers(quantities),
        *_portrait(quantities),
        *_robustness(quantities, drawings),
        *_adversarial(quantities, drawings),
        *_broken_contract(quantities),
    ]


def _strangers(quantities: Quantities) -> list[Block]:
    beyond = quantities.out_of_distribution
    columns = {
        "auroc_softmax": ("AUROC, by probability", Unit.PLAIN),
        "fpr95_softmax": ("Taken for known, by probability", Unit.SHARE),
        "auroc_energy": ("AUROC, by energy", Unit.PLAIN),
        "fpr95_energy": ("Taken for known, by energy", Unit.SHARE),
        "confident": ("Answered confidently", Unit.SHARE),
    }
    table = Table(
        "How well strangers are told from test images, by two scores",
        ["Pictures", *(title for title, _ in columns.values())],
        [
            [each.name, *(Measure(title, getattr(each, name), unit) for name, (title, unit) in columns.items())]
            for each in beyond.sets
        ],
    )
    return [
        Fold(
            "Strangers: how often it is confident about them, and how well two scores tell them from test images",
            [
                *([table, Facts([(each.name, f"{each.description} Source: {each.source}.") for each in beyond.sets])]
                  if beyond.sets else [Text(NONE)]),
                Numbers([Measure("Energy threshold", beyond.energy_threshold, Unit.PLAIN)]),
            ],
        ),
    ]  # fmt: skip


def _portrait(quantities: Quantities) -> list[Block]:
    portrait = quantities.portrait
    title = "What it calls a person: a portrait, and all its probabilities"
    probability = Numbers([Measure("Probability of its answer", portrait.probability)])
    if portrait.probability.value is None:
        return [Fold(title, [probability])]
    return [
        Fold(
            title,
            [
                Text(portrait.text),
                Facts(
                    [
                        ("Picture", portrait.picture),
                        ("Source", portrait.source),
                        ("Answer", portrait.label),
                        ("Called confident", "yes" if portrait.confident else "no"),
                        ("Energy", Datum(portrait.energy)),
                    ]
                ),
                probability,
                Table(
                    "All its probabilities for that picture",
                    ["Class", "Probability"],
                    [[label, Datum(value, Unit.SHARE)] for label, value in portrait.probabilities.items()],
                ),
            ],
        ),
    ]


def _robustness(quantities: Quantities, drawings: Drawings) -> list[Block]:
    measured = quantities.robustness
    labels = list(dict.fromkeys(label for each in measured.corruptions for label in each.recalls))
    lowest: list[Block] = [Heading("Where a recall is lowest of all"), Items(measured.lowest)]
    drawn = drawings.draw(
        "robustness",
        Table(
            "Accuracy under each corruption, severity 1 to 5",
            ["Corruption", "Accuracy"],
            [
                [f"{each.corruption}, severity {each.severity}", Measure("Accuracy", each.accuracy)]
                for each in measured.corruptions
            ],
            long=True,
        ),
        Table(
            "Recall of each class under each corruption",
            ["Corruption", *labels],
            [
                [
                    f"{each.corruption}, severity {each.severity}",
                    *(Datum(each.recalls.get(label), Unit.SHARE) for label in labels),
                ]
                for each in measured.corruptions
            ],
            long=True,
        ),
    )
    return [
        Heading("Spoilt pictures, and intersections of class and corruption"),
        Numbers(
            [
                Measure("Mean error on spoilt pictures", measured.mean_error),
                Measure("Lowest recall of a class under a corruption", quantities.intersectional),
            ]
        ),
        Fold("Each corruption, and each class under it", [*(lowest if measured.lowest else []), *drawn]),
    ]


def _adversarial(quantities: Quantities, drawings: Drawings) -> list[Block]:
    rows: list[list[Cell]] = [
        [Datum(each.epsilon, Unit.COUNT), Measure("Accuracy", each.accuracy)] for each in quantities.adversarial
    ]
    table = Table(
        "Accuracy when each value of a pixel, 0 to 255, moves a little in the direction that hurts most",
        ["By at most", "Accuracy"],
        rows,
    )
    return folded("Pictures that were tampered with: small changes made to deceive", drawings.draw("adversarial", table)
                  if rows else [])  # fmt: skip


def _broken_contract(quantities: Quantities) -> list[Block]:
    table = Table(
        "Accuracy on the test images, by how the pixels were prepared",
        ["What a client does to the pixels", "Accuracy"],
        [[each.change, Measure("Accuracy", each.accuracy)] for each in quantities.contract_violations],
    )
    return [Fold("When the contract is broken: pixels prepared in another way", [if_any(table)])]

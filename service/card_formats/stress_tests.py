"""How the model fares where a group is missing, a picture is strange or spoilt, or the contract is broken."""

from models.card import Quantities
from service.card_formats.blocks import NONE, Block, Cell, Facts, Heading, Numbers, Table, Text, if_any
from service.card_formats.figure import Drawings
from service.card_formats.formatting import Datum, Measure, Series, Unit


def blocks(quantities: Quantities, drawings: Drawings) -> list[Block]:
    """The experiments, those with intersections of class and corruption among them."""
    return [
        *_missing_group(quantities, drawings),
        *_strangers(quantities),
        *_portrait(quantities),
        *_robustness(quantities, drawings),
        *_broken_contract(quantities),
    ]


def _missing_group(quantities: Quantities, drawings: Drawings) -> list[Block]:
    def table(group: str) -> Table:
        rows: list[list[Cell]] = [
            [
                Datum(run.share, Unit.SHARE).text + (", repaired" if run.repaired else ""),
                Measure("Recall", run.recall), Series(run.recalls, Unit.SHARE),
                Measure("Accuracy", run.accuracy), Series(run.accuracies, Unit.SHARE),
            ]
            for run in quantities.missing_group
            if run.group == group
        ]  # fmt: skip
        columns = ["Images left", f"Recall of {group}", "in each training", "Accuracy over all classes",
                   "in each training"]  # fmt: skip
        return Table(f"Training images of {group} taken away", columns, rows)

    groups = dict.fromkeys(run.group for run in quantities.missing_group)
    return [
        Heading("When a group is missing from the training data"),
        Text(
            "Most of one class's training images are taken away, and the network is trained again. It shows how an "
            "average hides a group; it is no measurement of bias between people. Repaired: the loss counts what is "
            "left for as much as was taken away."
        ),
        *drawings.draw("missing_group", *(table(group) for group in groups)),
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
        Heading("Does it notice what is none of its classes?"),
        *([table, Facts([(f"{each.name}", f"{each.description} Source: {each.source}.") for each in beyond.sets])]
          if beyond.sets else [Text(NONE)]),
        Numbers([Measure("Energy threshold", beyond.energy_threshold, Unit.PLAIN)]),
    ]  # fmt: skip


def _portrait(quantities: Quantities) -> list[Block]:
    portrait = quantities.portrait
    probability = Numbers([Measure("Probability of its answer", portrait.probability)])
    if portrait.probability.value is None:
        return [Heading("What it calls a person"), probability]
    return [
        Heading("What it calls a person"),
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
            long=True,
        ),
    ]


def _robustness(quantities: Quantities, drawings: Drawings) -> list[Block]:
    measured = quantities.robustness
    labels = list(dict.fromkeys(label for each in measured.corruptions for label in each.recalls))
    return [
        Heading("Spoilt pictures"),
        Numbers([Measure("Mean error on spoilt pictures", measured.mean_error)]),
        Heading("Intersections: class and corruption"),
        Numbers([Measure("Lowest recall of a class under a corruption", quantities.intersectional)]),
        *drawings.draw(
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
        ),
    ]  # fmt: skip


def _broken_contract(quantities: Quantities) -> list[Block]:
    table = Table(
        "Accuracy on the test images, by how the pixels were prepared",
        ["What a client does to the pixels", "Accuracy"],
        [[each.change, Measure("Accuracy", each.accuracy)] for each in quantities.contract_violations],
    )
    return [Heading("When the contract is broken"), if_any(table)]

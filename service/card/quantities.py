"""The section with the figures: how well the model does, on what, and for whom less well."""

from pathlib import Path

from models.card import Card, Quantities
from models.evidence import Bin
from service.card import figure
from service.card.blocks import Block, Cell, Facts, Figure, Heading, Images, Numbers, Table, Text
from service.card.number import Datum, Measure, Series, Unit

NONE = "The card has no entry here."


def blocks(card: Card, folder: Path) -> list[Block]:
    """The unitary analyses, then the intersectional ones.

    Args:
        card: the card.
        folder: with the figures.
    """
    quantities = card.quantitative_analyses
    drawings = _Drawings(quantities.figures, folder)
    return [
        *_overall(quantities, drawings),
        *_classes(quantities, drawings),
        *_mistakes(quantities, card.contract.labels, drawings),
        *_calibration(quantities, drawings),
        *_selective(quantities, drawings),
        *_seeds(quantities),
        *_missing_group(quantities, drawings),
        *_strangers(quantities),
        *_portrait(quantities),
        *_robustness(quantities, drawings),
        *_broken_contract(quantities),
        *drawings.rest(),
    ]


class _Drawings:
    """The card's figures, each to be set beside its data; those that nobody asked for come last."""

    def __init__(self, described: dict[str, str], folder: Path) -> None:
        self._left = dict(described)
        self._folder = folder

    def draw(self, name: str, *tables: Table) -> list[Block]:
        """The figure with its data, or the data alone where the card has no such figure."""
        tables = tuple(table for table in tables if table.rows)
        description = self._left.pop(f"{name}.svg", None)
        if description is None:
            return list(tables) or [Text(NONE)]
        # A card names files in its own folder, and nothing above it.
        path = self._folder / Path(f"{name}.svg").name
        return [Figure(name, description, figure.inline(path, name, description), list(tables))]

    def rest(self) -> list[Block]:
        others = [block for name in list(self._left) for block in self.draw(name.removesuffix(".svg"))]
        return [Heading("Other figures"), *others] if others else []


def _overall(quantities: Quantities, drawings: _Drawings) -> list[Block]:
    metrics = [("accuracy", "Accuracy", Unit.SHARE), ("top2_accuracy", "Top-2 accuracy", Unit.SHARE),
               ("nll", "NLL", Unit.NATS), ("brier", "Brier score", Unit.PLAIN)]  # fmt: skip
    return [
        Heading("All classes together"),
        Table(
            "Right answers, and how good the probabilities are, on each split",
            ["Split", *(title for _, title, _ in metrics)],
            [
                [split, *(Measure(title, getattr(figures, name), unit) for name, title, unit in metrics)]
                for split, figures in quantities.splits.items()
            ],
        ),
        Heading("Learning and overfitting"),
        Text(quantities.overfitting),
        Numbers(
            [
                Measure("Gap between training and test", quantities.generalisation_gap, Unit.POINTS,
                        "how much better it knows the images it has learnt from")
            ]
        ),
        *drawings.draw(
            "learning_curves",
            Table(
                "Learning curves, epoch by epoch",
                ["Epoch", "Accuracy", "Loss", "Validation accuracy", "Validation loss"],
                [
                    [
                        Datum(epoch.epoch, Unit.COUNT), Datum(epoch.accuracy, Unit.SHARE), Datum(epoch.loss),
                        Datum(epoch.val_accuracy, Unit.SHARE), Datum(epoch.val_loss),
                    ]
                    for epoch in quantities.learning_curve
                ],
                long=True,
            ),
        ),
    ]  # fmt: skip


def _classes(quantities: Quantities, drawings: _Drawings) -> list[Block]:
    columns = {
        "recall": "Recall",
        "precision": "Precision",
        "f1": "F1",
    }
    return [
        Heading("Class by class"),
        Text(
            "Recall: of all pictures of the class, the share that is recognised. Precision: of all answers of the "
            "class, the share that is right. F1: one figure out of the two."
        ),
        Numbers(
            [
                Measure("Gap between best and worst class", quantities.class_gap, Unit.POINTS),
                Measure("Best class against worst", quantities.class_ratio, Unit.TIMES),
            ]
        ),
        *drawings.draw(
            "recall",
            Table(
                "Each class",
                ["Class", *columns.values()],
                [
                    [
                        label,
                        *(
                            Measure(title, getattr(figures, name), Unit.PLAIN if name == "f1" else Unit.SHARE)
                            for name, title in columns.items()
                        ),
                    ]
                    for label, figures in quantities.per_class.items()
                ],
            ),
        ),
    ]


def _mistakes(quantities: Quantities, labels: list[str], drawings: _Drawings) -> list[Block]:
    matrix: list[list[Cell]] = [
        [label, *(Datum(count, Unit.COUNT) for count in counts)]
        for label, counts in zip(labels, quantities.confusion_matrix, strict=False)
    ]
    return [
        Heading("What is taken for what"),
        *drawings.draw(
            "confusion_matrix",
            Table("Test images by truth (rows) and answer (columns)", ["Truth", *labels], matrix, long=True),
        ),
        Table(
            "The most frequent mistakes, and one of the seminar's",
            ["Truth", "Answer", "Images", "Some of them"],
            [
                [each.truth, each.answer, Datum(each.count, Unit.COUNT), Images(each.examples)]
                for each in quantities.confusions
            ],
        ),
    ]


def _calibration(quantities: Quantities, drawings: _Drawings) -> list[Block]:
    calibration = quantities.calibration
    return [
        Heading("Can its probabilities be believed?"),
        Text(
            "A probability of 70 % should mean: right 70 times in 100. The expected calibration error (ECE) says how "
            "far it is from that. Dividing by a temperature makes it less sure of itself, without changing an answer."
        ),
        Numbers(
            [
                Measure("ECE, as the model says", calibration.ece, Unit.PLAIN),
                Measure("ECE, after temperature scaling", calibration.ece_calibrated, Unit.PLAIN),
                Measure("NLL, after temperature scaling", calibration.nll_calibrated, Unit.NATS),
                Measure("Temperature", calibration.temperature, Unit.PLAIN),
            ]
        ),
        *drawings.draw(
            "reliability",
            _bins("As the model says", calibration.bins),
            _bins("After temperature scaling", calibration.bins_calibrated),
        ),
        Heading("How often it was right, by label and confidence"),
        _if_any(
            Table(
                "Answers on the validation split",
                ["Answer", "Least confidence", "Confidence below", "Right"],
                [
                    [
                        each.label, Datum(each.lower, Unit.SHARE), Datum(each.upper, Unit.SHARE),
                        Measure("Right", each.precision),
                    ]
                    for each in quantities.track_record
                ],
                long=True,
            )
        ),
    ]  # fmt: skip


def _bins(caption: str, bins: list[Bin]) -> Table:
    return Table(
        f"{caption}: answers by confidence",
        ["Confidence above", "At most", "Answers", "Mean confidence", "Right"],
        [
            [
                Datum(each.lower, Unit.SHARE), Datum(each.upper, Unit.SHARE), Datum(each.count, Unit.COUNT),
                Datum(each.confidence, Unit.SHARE), Datum(each.accuracy, Unit.SHARE),
            ]
            for each in bins
        ],
        long=True,
    )  # fmt: skip


def _selective(quantities: Quantities, drawings: _Drawings) -> list[Block]:
    selective = quantities.selective
    return [
        Heading("Who is refused a confident answer?"),
        *drawings.draw(
            "risk_coverage",
            Table(
                "Images of each class that get a confident answer",
                ["Class", "Confident"],
                [[label, Measure("Confident", number)] for label, number in selective.coverage.items()],
            ),
            Table(
                "If only answers at or above a threshold were accepted",
                ["Threshold", "Accepted", "Wrong among those"],
                [
                    [Datum(point.threshold), Datum(point.coverage, Unit.SHARE), Datum(point.error, Unit.SHARE)]
                    for point in selective.curve
                ],
                long=True,
            ),
        ),
    ]


def _seeds(quantities: Quantities) -> list[Block]:
    rows: list[list[Cell]] = [
        [
            str(run.seed), Datum(run.epochs, Unit.COUNT), Measure("Validation", run.validation_accuracy),
            Measure("Test", run.test_accuracy),
        ]
        for run in quantities.seed_runs
    ]  # fmt: skip
    table = Table(
        "Accuracy of the same recipe, trained with other seeds",
        ["Seed", "Epochs", "Validation accuracy", "Test accuracy"],
        rows,
    )
    return [Heading("What chance does"), _if_any(table)]


def _missing_group(quantities: Quantities, drawings: _Drawings) -> list[Block]:
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


def _robustness(quantities: Quantities, drawings: _Drawings) -> list[Block]:
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
        [[each.change, Measure("Accuracy", each.accuracy)] for each in quantities.broken_contract],
    )
    return [Heading("When the contract is broken"), _if_any(table)]


def _if_any(table: Table) -> Block:
    return table if table.rows else Text(NONE)

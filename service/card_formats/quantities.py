"""The section with the figures: how well the model does, on what, and for whom less well."""

from pathlib import Path

from models.card import Card, Quantities
from models.evidence import Bin
from service.card_formats import stress_tests
from service.card_formats.blocks import Block, Cell, Heading, Images, Numbers, Table, Text, if_any
from service.card_formats.figure import Drawings
from service.card_formats.formatting import Datum, Measure, Unit


def blocks(card: Card, folder: Path) -> list[Block]:
    """The unitary analyses, then the intersectional ones.

    Args:
        card: the card.
        folder: with the figures.
    """
    quantities = card.quantitative_analyses
    drawings = Drawings(quantities.figures, folder)
    return [
        *_overall(quantities, drawings),
        *_classes(quantities, drawings),
        *_mistakes(quantities, card.contract.labels, drawings),
        *_calibration(quantities, drawings),
        *_selective(quantities, drawings),
        *_seeds(quantities),
        *stress_tests.blocks(quantities, drawings),
        *drawings.rest(),
    ]


def _overall(quantities: Quantities, drawings: Drawings) -> list[Block]:
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


def _classes(quantities: Quantities, drawings: Drawings) -> list[Block]:
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


def _mistakes(quantities: Quantities, labels: list[str], drawings: Drawings) -> list[Block]:
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


def _calibration(quantities: Quantities, drawings: Drawings) -> list[Block]:
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
        if_any(
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


def _selective(quantities: Quantities, drawings: Drawings) -> list[Block]:
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
    return [Heading("What chance does"), if_any(table)]

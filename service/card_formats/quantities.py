"""The section with the figures: how well the model does, on what, and for whom less well."""

from pathlib import Path

from models.card import Card, Quantities
from service.card_formats import groups, learnt, probabilities, stress_tests
from service.card_formats.blocks import (
    NONE,
    Block,
    Fold,
    Heading,
    Numbers,
    Pictures,
    Table,
    Text,
    fold,
    folded,
)
from service.card_formats.cells import Cell, Images, Picture
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
        *_overall(quantities),
        *_exercise(quantities),
        *_classes(quantities, drawings),
        *groups.blocks(quantities, drawings),
        *_mistakes(quantities, card.contract.labels, drawings),
        *probabilities.blocks(quantities, drawings),
        *learnt.blocks(quantities, drawings),
        *stress_tests.blocks(quantities, drawings),
        *drawings.rest(),
    ]


def _overall(quantities: Quantities) -> list[Block]:
    metrics = [("accuracy", "Accuracy", Unit.SHARE), ("top2_accuracy", "Top-2 accuracy", Unit.SHARE),
               ("nll", "NLL", Unit.NATS), ("brier", "Brier score", Unit.PLAIN)]  # fmt: skip
    tested = quantities.splits.get("test")
    right = [Measure("Right answers", tested.accuracy, note="about the test images")] if tested else []
    return [
        Heading("All classes together"),
        Numbers([*right, Measure("Right answers of people", quantities.people, note="about such pictures")]),
        Fold(
            "Right answers, and how good the probabilities are, on each split",
            [
                Table(
                    "The overall figures on each split",
                    ["Split", *(title for _, title, _ in metrics)],
                    [
                        [split, *(Measure(title, getattr(figures, name), unit) for name, title, unit in metrics)]
                        for split, figures in quantities.splits.items()
                    ],
                )
            ],
        ),
    ]  # fmt: skip


def _exercise(quantities: Quantities) -> list[Block]:
    pictures = [
        Picture(
            each.index,
            [
                f"is: {each.truth}",
                f"says: {each.answer}",
                Datum(each.probability, Unit.SHARE),
                *(["confident"] if each.confident else []),
            ],
            correct=each.correct,
        )
        for each in quantities.exercise
    ]
    if not pictures:
        return []
    right = sum(each.correct for each in quantities.exercise)
    text = (
        f"It is right about {right} of these {len(pictures)}. So few pictures hardly tell models apart: a worse one "
        "may well be right about more of them. The accuracy above is that of all test images."
    )
    return [
        Heading("The seminar's exercise"),
        Text(text),
        Pictures("Test images, what they are, and what it says", pictures),
    ]


def _classes(quantities: Quantities, drawings: Drawings) -> list[Block]:
    columns = {"recall": "Recall", "precision": "Precision", "f1": "F1"}
    rows: list[list[Cell]] = [
        [
            label,
            *(
                Measure(title, getattr(figures, name), Unit.PLAIN if name == "f1" else Unit.SHARE)
                for name, title in columns.items()
            ),
        ]
        for label, figures in quantities.per_class.items()
    ]
    return [
        Heading("Class by class"),
        *drawings.draw("recall"),
        Numbers(
            [
                Measure("Gap between best and worst class", quantities.class_gap, Unit.POINTS),
                Measure("Best class against worst", quantities.class_ratio, Unit.TIMES),
            ]
        ),
        *folded(
            "Recall, precision and F1 of each class",
            [
                Text(
                    "Recall: of all pictures of the class, the share that is recognised. Precision: of all answers of "
                    "the class, the share that is right. F1: one figure out of the two."
                ),
                Table("Each class", ["Class", *columns.values()], rows),
            ]
            if rows
            else [],
        ),
    ]


def _mistakes(quantities: Quantities, labels: list[str], drawings: Drawings) -> list[Block]:
    matrix: list[list[Cell]] = [
        [label, *(Datum(count, Unit.COUNT) for count in counts)]
        for label, counts in zip(labels, quantities.confusion_matrix, strict=False)
    ]
    rows: list[list[Cell]] = [
        [each.truth, each.answer, Datum(each.count, Unit.COUNT), Images(each.examples)]
        for each in quantities.confusions
    ]
    seen: list[Block] = [
        Pictures(f"Is: {each.truth}. Says: {each.answer}.", [Picture(index) for index in each.examples])
        for each in quantities.confusions
    ]
    drawn = drawings.draw(
        "confusion_matrix", Table("Test images by truth (rows) and answer (columns)", ["Truth", *labels], matrix)
    )
    return [
        Heading("What is taken for what"),
        fold("The confusion matrix: how often each class is taken for each", drawn),
        *(
            [
                Fold(
                    "The most frequent mistakes, and one of the seminar's, in pictures",
                    [
                        Table("How often", ["Truth", "Answer", "Images", "Some of them"], rows),
                        *seen,
                    ],
                )
            ]
            if rows
            else [Text(NONE)]
        ),
    ]

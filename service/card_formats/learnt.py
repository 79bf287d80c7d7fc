"""How the model learnt, and what it gives away of the pictures that it learnt from."""

from models.card import Quantities
from service.card_formats.blocks import Block, Fold, Heading, Numbers, Pictures, Table, Text, fold
from service.card_formats.cells import Picture
from service.card_formats.figure import Drawings
from service.card_formats.formatting import Datum, Measure, Unit


def blocks(quantities: Quantities, drawings: Drawings) -> list[Block]:
    """Overfitting, membership inference, and test images with a near-duplicate in training."""
    return [
        Heading("Learning and overfitting"),
        Text(quantities.overfitting),
        Numbers(
            [
                Measure("Gap between training and test", quantities.generalisation_gap, Unit.POINTS,
                        "how much better it knows the images it has learnt from")
            ]
        ),
        fold("Learning curves, epoch by epoch", _curves(quantities, drawings)),
        *_membership(quantities),
        *_near_duplicates(quantities),
    ]  # fmt: skip


def _curves(quantities: Quantities, drawings: Drawings) -> list[Block]:
    return drawings.draw(
        "learning_curves",
        Table(
            "Accuracy and loss by epoch: on the training images the mean during it, on the validation images after it",
            ["Epoch", "Accuracy", "Loss", "Validation accuracy", "Validation loss"],
            [
                [
                    Datum(epoch.epoch, Unit.COUNT), Datum(epoch.accuracy, Unit.SHARE), Datum(epoch.loss),
                    Datum(epoch.val_accuracy, Unit.SHARE), Datum(epoch.val_loss),
                ]
                for epoch in quantities.learning_curve
            ],
        ),
    )  # fmt: skip


def _membership(quantities: Quantities) -> list[Block]:
    found = quantities.membership
    if found is None:
        return []
    return [
        Fold(
            "What it gives away about whose pictures it learnt from: membership inference",
            [
                Text(found.text),
                Numbers(
                    [
                        Measure("Right guesses by a loss threshold", found.loss_accuracy, Unit.SHARE,
                                "half are right by guessing"),
                        Measure("AUROC of the loss", found.loss_auroc, Unit.PLAIN),
                        Measure("AUROC of the likelihood ratio", found.likelihood_auroc, Unit.PLAIN,
                                f"with {found.shadows} models on halves of the training images"),
                        Measure("Members found by the likelihood ratio", found.likelihood_tpr),
                    ]
                )
            ],
        ),
    ]  # fmt: skip


def _near_duplicates(quantities: Quantities) -> list[Block]:
    found = quantities.near_duplicates
    if found is None:
        return []
    return [
        Fold(
            "Test images with a near-duplicate in training, against the rest",
            [
                Text(found.method),
                Numbers(
                    [
                        Measure("Test images with a near-duplicate", found.share),
                        Measure("Accuracy on those", found.accuracy_with),
                        Measure("Accuracy on the rest", found.accuracy_without),
                        Measure("Difference", found.difference, Unit.POINTS),
                    ]
                ),
                Pictures(
                    f"Some of them, the most similar first; the least similarity counted is {found.least_similarity:g}",
                    [Picture(index, [str(index)]) for index in found.examples],
                ),
            ],
        )
    ]

"""What the model is, what it is for, which groups and which figures matter."""

from models.card import Card, Reference
from service.card_formats.blocks import NONE, Block, Facts, Fold, Heading, Items, Numbers, Table, Text, folded
from service.card_formats.cells import Cell, Code, Images, Works
from service.card_formats.formatting import Datum, Measure, Unit


def model(card: Card) -> list[Block]:
    """What the model is and where it comes from."""
    found = card.model_details
    return [
        Text(found.description),
        Facts(
            [
                ("Name", found.name),
                ("Version", str(found.version)),
                ("Made by", found.developers),
                ("Date", found.date),
                ("Type", found.type),
                ("Licence", found.licence),
                ("Questions and complaints", found.contact),
            ]
        ),
        *folded("How to get started", [Items(found.get_started, code=True)] if found.get_started else []),
        *(_reference(found.reference) if found.reference else []),
        Fold(
            "Lifetime, funding, citation and sources",
            [
                Facts(
                    [
                        ("Lifetime and changes", found.lifetime),
                        ("Funding", found.funding),
                        ("Citation", found.citation),
                        ("Sources", Works(found.sources) if found.sources else NONE),
                    ]
                )
            ],
        ),
        Fold("How it was trained", _training(card)),
        Fold("The file: digest, operations, agreement with the model it came from", _file(card)),
    ]


def _reference(found: Reference) -> list[Block]:
    rows: list[list[Cell]] = [
        ["Epochs", Measure("Epochs", found.epochs, Unit.COUNT), Datum(found.own_epochs, Unit.COUNT)],
        [
            "Validation accuracy", Measure("Reported", found.validation_accuracy),
            Measure("Measured", found.own_validation_accuracy),
        ],
        [
            "Validation loss", Measure("Reported", found.validation_loss, Unit.PLAIN),
            Measure("Measured", found.own_validation_loss, Unit.PLAIN),
        ],
    ]  # fmt: skip
    return [
        Fold(
            "The seminar's own run, and this model beside it",
            [
                Table("What the seminar reports, and what came out here", ["Figure", "The seminar's", "This"], rows),
                Text(found.difference),
                Facts([("Source", Works([found.source]))]),
            ],
        )
    ]


def _training(card: Card) -> list[Block]:
    training = card.model_details.training
    return [
        Facts(
            [
                ("Optimiser", training.optimizer),
                ("Loss", training.loss),
                ("Batch size", Datum(training.batch_size, Unit.COUNT)),
                ("Most epochs", Datum(training.max_epochs, Unit.COUNT)),
                ("Stopped", training.stopping),
                ("Scaling", training.scaling),
                ("Seed of Python", Code(str(training.python_seed))),
                ("Seed of NumPy", Code(str(training.numpy_seed))),
                ("Seed of TensorFlow", Code(str(training.tensorflow_seed))),
                ("What was fixed", training.kernels),
            ]
        ),
        *_listed("Processors seen to make the same bits", training.machines),
    ]


def _file(card: Card) -> list[Block]:
    found = card.model_details
    agreement = found.agreement
    return [
        Facts([("SHA-256 of model.onnx", Code(found.sha256)), ("Size of model.onnx", Datum(found.bytes, Unit.BYTES))]),
        Numbers(
            [
                Measure("Parameters", found.parameters, Unit.COUNT, "the numbers that training has set"),
                Measure("Largest difference of a probability", agreement.max_probability_difference, Unit.PLAIN),
                Measure("Same answer", agreement.argmax_agreement),
            ]
        ),
        Facts([("Ties: test images with two likeliest classes", Images(agreement.ties) if agreement.ties else "none")]),
        Table(
            "The network's operations, read from model.onnx",
            ["Name", "Operation", "Shape of what comes out", "Parameters"],
            [
                [Code(layer.name), layer.operation, shape(layer.output_shape), Datum(layer.parameters, Unit.COUNT)]
                for layer in found.layers
            ],
        ),
    ]


def intended_use(card: Card) -> list[Block]:
    """What it is for and not for, how it may be misused, and who watches."""
    use = card.intended_use
    return [
        *_listed("What it is for", use.uses),
        *_listed("Who it is for", use.users),
        *_listed("What it is not for", use.out_of_scope),
        *_listed("Misuse that can be foreseen", use.foreseeable_misuse),
        Heading("Human oversight"),
        Text(use.human_oversight),
    ]


def factors(card: Card) -> list[Block]:
    """Which groups and conditions matter."""
    found = card.factors
    return [
        Heading("Groups of people"),
        Text(found.demographics),
        Fold(
            "What may matter, and what of it was evaluated",
            [*_listed("What may matter", found.relevant), *_listed("What was evaluated", found.evaluated)],
        ),
    ]


def metrics(card: Card) -> list[Block]:
    """Which figures are reported, when an answer is confident, and how the figures vary."""
    found = card.metrics
    decision = found.decision
    return [
        Heading("When an answer is called confident"),
        Text(decision.rule),
        Numbers([Measure("Confident answers that are wrong, test", decision.test_error)]),
        Fold(
            "The threshold, and what it comes to",
            [
                Numbers(
                    [
                        Measure("Threshold", decision.threshold, Unit.PLAIN,
                                "the least probability of a confident answer"),
                        Measure("Confident answers that are wrong, validation", decision.validation_error),
                        Measure("Answers that are confident, validation", decision.validation_coverage),
                        Measure("Answers that are confident, test", decision.test_coverage),
                        Measure("Confident answers that are wrong, the threshold chosen anew", decision.chosen_anew),
                    ]
                )
            ],
        ),
        Heading("What another training would come to"),
        Numbers([Measure("The next training's accuracy", found.next_training)]),
        Fold(
            "What is reported and why, and how the figures vary",
            [
                Facts(list(found.reported.items())),
                *_listed("How the figures vary", found.variation),
                Numbers([Measure("Accuracy over trainings with other seeds", found.seed_spread)]),
            ],
        ),
    ]  # fmt: skip


def _listed(title: str, items: list[str]) -> list[Block]:
    return [Heading(title), Items(items) if items else Text(NONE)]


def shape(sides: list[int | None]) -> str:
    """The shape of a tensor; N stands for the batch size."""
    return "[" + ", ".join("N" if side is None else str(side) for side in sides) + "]"

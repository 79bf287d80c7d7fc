"""What the card's document says, section by section, in the order of Mitchell et al. 2019."""

from pathlib import Path

from models.card import Card, Dataset
from service.card_formats import quantities
from service.card_formats.blocks import (
    NONE,
    Block,
    Cell,
    Code,
    Facts,
    Heading,
    Images,
    Items,
    Numbers,
    Section,
    Table,
    Text,
)
from service.card_formats.formatting import Datum, Measure, Unit


def sections(card: Card, figures: Path) -> list[Section]:
    """All of the card: the nine sections, then what is shown beside them.

    Args:
        card: the card.
        figures: the folder with its figures.
    """
    return [
        Section("model-details", "Model details", _details(card)),
        Section("intended-use", "Intended use", _intended_use(card)),
        Section("factors", "Factors", _factors(card)),
        Section("metrics", "Metrics", _metrics(card)),
        Section("evaluation-data", "Evaluation data", _data(card.evaluation_data)),
        Section("training-data", "Training data", _data(card.training_data)),
        Section("quantitative-analyses", "Quantitative analyses", quantities.blocks(card, figures)),
        Section("ethical-considerations", "Ethical considerations", _ethics(card)),
        Section("caveats", "Caveats and recommendations", _caveats(card)),
        Section("contract", "Contract: what goes in, what comes out", _contract(card)),
        Section("datasheet", "Datasheet of the data", _datasheet(card)),
        Section("privacy", "Privacy", [Text(card.privacy)]),
        Section("cost", "Cost", _cost(card)),
    ]


def _details(card: Card) -> list[Block]:
    details = card.model_details
    training = details.training
    return [
        Text(details.description),
        Facts(
            [
                ("Name", details.name),
                ("Version", str(details.version)),
                ("Made by", details.developers),
                ("Date", details.date),
                ("Type", details.type),
                ("Licence", details.licence),
                ("Citation", details.citation),
                ("Questions and complaints", details.contact),
                ("SHA-256 of model.onnx", Code(details.sha256)),
                ("Size of model.onnx", Datum(details.bytes, Unit.BYTES)),
            ]
        ),
        Heading("The network"),
        Numbers([Measure("Parameters", details.parameters, Unit.COUNT, "the numbers that training has set")]),
        Table(
            "The network's operations, read from model.onnx",
            ["Name", "Operation", "Shape of what comes out", "Parameters"],
            [
                [Code(layer.name), layer.operation, _shape(layer.output_shape), Datum(layer.parameters, Unit.COUNT)]
                for layer in details.layers
            ],
            long=True,
        ),
        Heading("Training algorithm"),
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
            ]
        ),
        Heading("The exported file against the model it came from"),
        Numbers(
            [
                Measure("Largest difference of a probability", details.agreement.max_probability_difference,
                        Unit.PLAIN),
                Measure("Same answer", details.agreement.argmax_agreement),
            ]
        ),
        Facts([("Ties: test images with two likeliest classes", _images(details.agreement.ties))]),
    ]  # fmt: skip


def _intended_use(card: Card) -> list[Block]:
    use = card.intended_use
    return [
        *_listed("What it is for", use.uses),
        *_listed("Who it is for", use.users),
        *_listed("What it is not for", use.out_of_scope),
    ]


def _factors(card: Card) -> list[Block]:
    factors = card.factors
    return [
        *_listed("What may matter", factors.relevant),
        *_listed("What was evaluated", factors.evaluated),
        Heading("Groups of people"),
        Text(factors.demographics),
    ]


def _metrics(card: Card) -> list[Block]:
    metrics = card.metrics
    decision = metrics.decision
    return [
        Heading("What is reported, and why"),
        Facts(list(metrics.reported.items())),
        Heading("When an answer is called confident"),
        Text(decision.rule),
        Numbers(
            [
                Measure("Threshold", decision.threshold, Unit.PLAIN, "the least probability of a confident answer"),
                Measure("Confident answers that are wrong, validation", decision.validation_error),
                Measure("Answers that are confident, validation", decision.validation_coverage),
                Measure("Confident answers that are wrong, test", decision.test_error),
                Measure("Answers that are confident, test", decision.test_coverage),
            ]
        ),
        *_listed("How the figures vary", metrics.variation),
        Numbers([Measure("Accuracy over trainings with other seeds", metrics.seed_spread)]),
    ]


def _data(dataset: Dataset) -> list[Block]:
    splits = list(dataset.counts)
    classes = list(dict.fromkeys(label for counts in dataset.counts.values() for label in counts))
    rows: list[list[Cell]] = [
        [label, *(Datum(dataset.counts[split].get(label), Unit.COUNT) for split in splits)] for label in classes
    ]
    return [
        Text(dataset.description),
        Facts(
            [("Name", dataset.name), ("Why this data", dataset.motivation), ("Preprocessing", dataset.preprocessing)]
        ),
        Table("Images of each class", ["Class", *splits], rows),
        Heading("Known defects"),
        Numbers([Measure(_sentence(number.method), number) for number in dataset.known_defects]),
        Facts([(f"SHA-256 of {name}", Code(digest)) for name, digest in dataset.sha256.items()]),
    ]


def _ethics(card: Card) -> list[Block]:
    blocks: list[Block] = []
    for each in card.ethical_considerations:
        blocks += [
            Heading(each.topic),
            Text(each.text),
            Facts([("Source", each.source), ("Seen here", each.mechanism)]),
        ]
    return blocks or [Text(NONE)]


def _caveats(card: Card) -> list[Block]:
    blocks: list[Block] = []
    for each in card.caveats_and_recommendations:
        blocks += [
            Heading(each.caveat),
            Facts([("What to do", each.recommendation), ("Measured", each.measurement)]),
        ]
    return blocks or [Text(NONE)]


def _contract(card: Card) -> list[Block]:
    taken = card.contract.input
    return [
        Text(taken.description),
        Facts(
            [
                ("Input", Code(taken.name)),
                ("Type and layout", f"{taken.dtype}, {taken.layout}, {taken.colour}"),
                ("Shape", _shape(taken.shape)),
                ("Fit", f"{taken.fit}, reduced with the filter {taken.resize_filter}"),
            ]
        ),
        Table(
            "Outputs",
            ["Output", "Type", "Shape"],
            [[Code(output.name), output.dtype, _shape(output.shape)] for output in card.contract.outputs],
        ),
        Facts([("Labels, in the order of the outputs", ", ".join(card.contract.labels))]),
    ]


def _datasheet(card: Card) -> list[Block]:
    return [
        Text("The questions of Gebru et al., Datasheets for Datasets (2021)."),
        Facts([(name.capitalize(), answer) for name, answer in card.datasheet]),
    ]


def _cost(card: Card) -> list[Block]:
    run = card.run
    return [
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
        Heading("Of a prediction"),
        Numbers([Measure("Time of one picture", card.cost.prediction_microseconds, Unit.MICROSECONDS)]),
    ]


def _listed(title: str, items: list[str]) -> list[Block]:
    return [Heading(title), Items(items) if items else Text(NONE)]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shape(shape: list[int | None]) -> str:
    return "[" + ", ".join("N" if side is None else str(side) for side in shape) + "]"


def _images(indices: list[int]) -> Cell:
    return Images(indices) if indices else "none"

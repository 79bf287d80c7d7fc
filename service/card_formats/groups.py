"""Errors by group, where averages hide them: by seed, by answer and truth, and where a group is missing."""

from models.card import Quantities
from models.trials import Comparison, SeedRun, SeedSpread
from service.card_formats.blocks import Block, Facts, Fold, Heading, Numbers, Table, Text, folded
from service.card_formats.cells import Cell
from service.card_formats.figure import Drawings
from service.card_formats.formatting import Datum, Measure, Series, Unit


def blocks(quantities: Quantities, drawings: Drawings) -> list[Block]:
    """What chance does to each class, how far to trust each label, and what becomes of a group that is missing."""
    return [
        *_seeds(quantities.seeds),
        *_labels(quantities, drawings),
        *_base_rate(quantities),
        *_missing_group(quantities, drawings),
        *_comparison(quantities.comparison),
    ]


def _seeds(seeds: SeedSpread | None) -> list[Block]:
    if seeds is None:
        return []
    rows: list[list[Cell]] = [
        [
            label, Measure("Recall", each.recall), Datum(each.deviation, Unit.POINTS), Datum(each.lowest, Unit.SHARE),
            Datum(each.highest, Unit.SHARE), Datum(each.times_worst, Unit.COUNT),
        ]
        for label, each in seeds.classes.items()
    ]  # fmt: skip
    return [
        Heading("What chance does: other trainings of the same recipe"),
        Numbers([Measure("Gap between best and worst class of a training", seeds.gap, Unit.POINTS)]),
        Fold(
            "Each class over the trainings: who is worst, and how often",
            [
                Table(
                    "Recall of each class over the trainings",
                    ["Class", "Mean recall", "Standard deviation", "Lowest", "Highest", "Times worst"],
                    rows,
                ),
                Facts([("Best recall minus worst, of each training", Series(seeds.gaps, Unit.POINTS))]),
            ],
        ),
        *folded("Each training: accuracy and recalls", _trainings("With all seeds moved", seeds.runs)),
        *folded(
            "The trainings among which this seed was chosen",
            [Text(seeds.choice), *_trainings("Candidates", seeds.candidates)],
        ),
    ]


def _trainings(caption: str, runs: list[SeedRun]) -> list[Block]:
    labels = list(dict.fromkeys(label for run in runs for label in run.recalls))
    rows: list[list[Cell]] = [
        [
            f"Python seed {run.python_seed}, shift {run.shift}", Datum(run.epochs, Unit.COUNT),
            Measure("Validation", run.validation_accuracy), Datum(run.validation_loss),
            Measure("Test", run.test_accuracy), run.worst,
            *(Datum(run.recalls.get(label), Unit.SHARE) for label in labels),
        ]
        for run in runs
    ]  # fmt: skip
    columns = [
        "Training", "Epochs", "Validation accuracy", "Validation loss", "Test accuracy", "Worst class",
        *(f"Recall of {label}" for label in labels),
    ]  # fmt: skip
    return (
        [Table(f"{caption}: accuracy of the same recipe, and the recall of each class", columns, rows)] if rows else []
    )


def _labels(quantities: Quantities, drawings: Drawings) -> list[Block]:
    found = quantities.label_thresholds
    columns = {
        "wrong_as_answer": ("Wrong, of its confident answers", Unit.SHARE),
        "wrong_as_truth": ("Wrong, of its images answered confidently", Unit.SHARE),
        "false_positive_rate": ("Others taken for it", Unit.SHARE),
        "ece": ("ECE of its answers", Unit.PLAIN),
        "threshold": ("A threshold of its own", Unit.PLAIN),
        "threshold_error": ("Wrong from there on", Unit.SHARE),
    }
    rows: list[list[Cell]] = [
        [each.label, *(Measure(title, getattr(each, name), unit) for name, (title, unit) in columns.items())]
        for each in found.labels
    ]
    table = Table(
        "Each label, as an answer and as the truth", ["Label", *(title for title, _ in columns.values())], rows
    )
    overall = Numbers(
        [
            Measure("Answers at or above their label's own threshold", found.coverage),
            Measure("Wrong among those", found.error),
        ]
    )
    unreliable = ", ".join(found.unreliable) or "none"
    return [
        Heading("How far to trust each label"),
        Facts([("Wrong too often even when confident, by the validation split", unreliable)]),
        Fold(
            "Each label: confident and wrong, taken for it, and a threshold of its own",
            [*drawings.draw("label_trust", table), overall],
        ),
    ]


def _base_rate(quantities: Quantities) -> list[Block]:
    found = quantities.base_rate
    if found is None:
        return []
    return [
        Fold(
            "Searching for something rare: how many alarms would be true",
            [
                Text(found.arithmetic),
                Text(found.limits),
                Numbers(
                    [
                        Measure(f"Of pictures of {found.label}, the share found", found.recall),
                        Measure("Of other pictures, the share that raises an alarm", found.false_positive_rate),
                        Measure("What is sought, assumed", found.prevalence),
                        Measure("Alarms that are true", found.true_alarms),
                    ]
                ),
            ],
        )
    ]


def _missing_group(quantities: Quantities, drawings: Drawings) -> list[Block]:
    def table(group: str) -> Table:
        rows: list[list[Cell]] = [
            [
                Datum(run.share, Unit.SHARE).text + (", repaired" if run.repaired else ""),
                Measure("Recall", run.recall), Series(run.recalls, Unit.SHARE),
                Measure("Accuracy", run.accuracy), Series(run.accuracies, Unit.SHARE),
                Measure("Accuracy over the others", run.others), Series(run.shifts, Unit.COUNT),
            ]
            for run in quantities.missing_group
            if run.group == group
        ]  # fmt: skip
        columns = ["Images left", f"Recall of {group}", "in each training", "Accuracy over all classes",
                   "in each training", "Accuracy over the other classes", "Shift of the seeds"]  # fmt: skip
        return Table(f"Training images of {group} taken away", columns, rows)

    names = list(dict.fromkeys(run.group for run in quantities.missing_group))
    if not names:
        return []
    drawn = drawings.draw("missing_group")
    return [
        Heading("When a group is missing from the training data"),
        Text(
            "Most of one class's training images are taken away, and the network is trained again. It shows how an "
            "average hides a group; it is no measurement of bias between people. Repaired: the loss counts what is "
            "left for as much as was taken away."
        ),
        *drawn,
        *(Fold(f"The trainings with {name} taken away", [table(name)]) for name in names),
    ]


def _comparison(found: Comparison | None) -> list[Block]:
    if found is None:
        return []
    rows: list[list[Cell]] = [
        [
            f"shift {pair.shift}", Datum(pair.gained, Unit.COUNT), Datum(pair.lost, Unit.COUNT), Datum(pair.p),
            Measure("Accuracy", pair.accuracy, Unit.POINTS), Measure("Recall", pair.recall, Unit.POINTS),
            Measure("Others", pair.others, Unit.POINTS),
        ]
        for pair in found.pairs
    ]  # fmt: skip
    columns = ["Seeds", "Gained: only this one is right", "Lost: only the other is", "p", "Accuracy, difference",
               "Recall of the group, difference", "Accuracy over the others, difference"]  # fmt: skip
    return [
        Heading("Against its kin: what was taken from the group, and what a repair gives back"),
        Facts([("Compared with", found.compared_with)]),
        Text(found.bound),
        Text(found.verdict),
        *folded("Pair by pair: McNemar's exact test", [Table("This model minus the other", columns, rows)]),
    ]

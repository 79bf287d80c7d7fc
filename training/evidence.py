"""A card taken up again: measured anew without training, or with what the trials show put in."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from models.card import Card
from models.cifar10_test import LABELS
from models.evidence import GroupRun, SeedRun
from models.number import Interval, Number
from training import evaluate, figures, report, robustness
from training.data import write_whole
from training.errors import WrongModelError
from training.evaluate import proportion
from training.export import Comparison
from training.report import Outcome
from training.variant import Variant

Records = list[dict[str, Any]]


def evaluate_again(folder: Path, variant: Variant) -> Card:
    """Measure a model that is there already, its robustness too, and write its card and figures anew.

    What only its training could tell (its run, the learning curve, the agreement with Keras) and what trials showed
    stays as it is.

    Args:
        folder: such as models/seminar-cnn/1.
        variant: what it was trained as.

    Raises:
        WrongModelError: it was trained as something else.
    """
    before = Card.read(folder / "card.json")
    details, stated = before.model_details, before.quantitative_analyses
    counts = {label: int((variant.splits.train.labels == i).sum()) for i, label in enumerate(LABELS)}
    if details.name != variant.name or counts != before.training_data.counts["train"]:
        raise WrongModelError(
            f"{folder} holds {details.name}, trained on other data than {variant.name}: say --missing, --share and "
            "--repaired as it was trained."
        )
    content = (folder / "model.onnx").read_bytes()
    epochs = [epoch.model_dump(exclude={"epoch"}) for epoch in stated.learning_curve]
    n = details.agreement.argmax_agreement.n or 0
    outcome = Outcome(
        version=details.version,
        content=content,
        variant=variant,
        history={name: [epoch[name] for epoch in epochs] for name in epochs[0]},
        comparison=Comparison(
            details.agreement.max_probability_difference.value or 0,
            round((details.agreement.argmax_agreement.value or 0) * n),
            n,
            details.agreement.ties,
        ),
        run=before.run,
        robustness=robustness.measure(content, variant.splits.test),
    )
    card = report.write(outcome, folder)
    kept = card.model_dump()
    kept["metrics"]["seed_spread"] = before.metrics.seed_spread.model_dump()
    for name in ("seed_runs", "missing_group"):
        kept["quantitative_analyses"][name] = stated.model_dump()[name]
    kept["quantitative_analyses"]["figures"] = stated.figures | card.quantitative_analyses.figures
    made = Card.model_validate(kept)
    write_whole(folder / "card.json", made.model_dump_json(indent=1).encode() + b"\n")
    return made


def write(folder: Path, records: Records) -> Card:
    """Add the evidence to the card in a version folder, with its figure and the records it rests on.

    Args:
        folder: such as models/seminar-cnn/1.
        records: of the trials, as `experiments.run` gives them.
    """
    card = Card.read(folder / "card.json")
    runs, groups = seed_runs(records), group_runs(records)
    write_whole(folder / "trials.json", json.dumps(records, separators=(",", ":")).encode() + b"\n")
    shown = figures.missing_group(groups, folder / "figures" / "missing_group.svg")
    changed = card.model_dump()
    changed["metrics"]["seed_spread"] = seed_spread(runs).model_dump()
    changed["quantitative_analyses"] |= {
        "seed_runs": [run.model_dump() for run in runs],
        "missing_group": [run.model_dump() for run in groups],
        "figures": card.quantitative_analyses.figures | {"missing_group.svg": shown},
    }
    made = Card.model_validate(changed)
    write_whole(folder / "card.json", made.model_dump_json(indent=1).encode() + b"\n")
    return made


def seed_runs(records: Records) -> list[SeedRun]:
    """The trials of the whole recipe, by seed; seed 0 is the shipped model's."""
    whole = sorted((r for r in records if not r["trial"]["group"]), key=lambda r: r["trial"]["seed"])
    return [
        SeedRun(
            seed=record["trial"]["seed"],
            epochs=len(record["history"]["loss"]),
            validation_accuracy=_accuracy(record, "validation"),
            test_accuracy=_accuracy(record, "test"),
        )
        for record in whole
    ]


def seed_spread(runs: list[SeedRun]) -> Number:
    """Mean test accuracy over the seeds with Student's t interval."""
    values = np.array([run.test_accuracy.value for run in runs], float)
    interval = stats.ttest_1samp(values, 0).confidence_interval(evaluate.LEVEL)
    return Number(
        value=float(values.mean()),
        ci=Interval(lower=interval.low, upper=interval.high, level=evaluate.LEVEL, method="Student's t over the seeds"),
        n=len(runs),
        split="test",
        method=(
            f"mean accuracy of {len(runs)} trainings with other seeds; standard deviation {values.std(ddof=1):.4f}, "
            f"from {values.min():.4f} to {values.max():.4f}"
        ),
        status="measured",
    )


def group_runs(records: Records) -> list[GroupRun]:
    """The trials with a class cut down, one entry for each class, share and repair."""
    wholes = [record for record in records if not record["trial"]["group"]]
    cut: dict[tuple[str, float, bool], Records] = {}
    for record in records:
        trial = record["trial"]
        if trial["group"]:
            cut.setdefault((trial["group"], trial["share"], trial["weighted"]), []).append(record)
    for group in {group for group, _, _ in cut}:
        cut[group, 1.0, False] = wholes
    return [
        _group_run(group, share, cut[group, share, weighted], repaired=weighted)
        for group, share, weighted in sorted(cut, key=lambda key: (key[0], -key[1], key[2]))
    ]


def _group_run(group: str, share: float, records: Records, *, repaired: bool) -> GroupRun:
    index = LABELS.index(group)
    matrices = [np.array(record["test"]["confusion_matrix"]) for record in records]
    recalls = [float(matrix[index, index] / matrix[index].sum()) for matrix in matrices]
    accuracies = [float(matrix.trace() / matrix.sum()) for matrix in matrices]

    def mean(values: list[float], method: str) -> Number:
        return Number(value=float(np.mean(values)), n=len(values), split="test", method=method, status="measured")

    return GroupRun(
        group=group,
        share=share,
        repaired=repaired,
        recall=mean(recalls, f"mean recall of {group} over the trainings"),
        recalls=recalls,
        accuracy=mean(accuracies, "mean accuracy over the trainings"),
        accuracies=accuracies,
    )


def _accuracy(record: dict[str, Any], split: Any) -> Number:
    matrix = np.array(record[split]["confusion_matrix"])
    return proportion(int(matrix.trace()), int(matrix.sum()), split, "share of images whose likeliest class is right")

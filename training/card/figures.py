"""The card's figures, as SVG files that are the same for the same numbers, each with a text that its numbers give."""

from pathlib import Path

from matplotlib import pyplot as plt

from models.card import ClassMetrics, Epoch
from models.evidence import Attacked, LabelThresholds
from models.trials import GroupRun, SeedSpread
from training.card import plots, words
from training.card.plots import BLUE, DARK, ORANGE
from training.measure.results import Results

LEARNING_CURVES = "learning_curves.svg"
CONFUSION_MATRIX = "confusion_matrix.svg"
RECALL = "recall.svg"
RELIABILITY = "reliability.svg"
RISK_COVERAGE = "risk_coverage.svg"
LABEL_TRUST = "label_trust.svg"
ROBUSTNESS = "robustness.svg"
MISSING_GROUP = "missing_group.svg"
ADVERSARIAL = "adversarial.svg"

_TOLERATED = 0.1
"""The share of wrong answers that the thresholds aim at."""


def draw(results: Results, epochs: list[Epoch], folder: Path) -> dict[str, str]:
    """Draw what was measured into `folder`, which is there; each file's name and what the figure shows."""
    drawn = {
        LEARNING_CURVES: plots.learning_curves(epochs, folder / LEARNING_CURVES),
        CONFUSION_MATRIX: plots.confusion_matrix(results.confusion_matrix, folder / CONFUSION_MATRIX),
        RECALL: recall(results.per_class, folder / RECALL),
        RELIABILITY: plots.reliability(results.calibration, folder / RELIABILITY),
        RISK_COVERAGE: plots.risk_coverage(results.selective, results.decision, folder / RISK_COVERAGE),
        LABEL_TRUST: label_trust(results.label_thresholds, folder / LABEL_TRUST),
    }
    if results.robustness:
        drawn[ROBUSTNESS] = plots.robustness(results.robustness, folder / ROBUSTNESS)
    return drawn


def recall(classes: dict[str, ClassMetrics], path: Path, spread: SeedSpread | None = None) -> str:
    """Recall of each class with its interval, and with other seeds; returns what the figure shows."""
    ordered = sorted(classes.items(), key=lambda item: item[1].recall.value or 0)
    others = [run for run in spread.runs if run.shift] if spread else []
    figure, axis = plt.subplots(figsize=(6.4, 3.6))
    for row, (label, metrics) in enumerate(ordered):
        axis.plot([run.recalls[label] for run in others], [row] * len(others), "o", color="#999999", markersize=3)
        if metrics.recall.ci and metrics.recall.value is not None:
            axis.plot([metrics.recall.ci.lower, metrics.recall.ci.upper], [row, row], color=BLUE, linewidth=3)
            axis.plot(metrics.recall.value, row, "o", color=BLUE)
    axis.set_yticks(range(len(ordered)), [label for label, _ in ordered])
    axis.set(xlim=(0, 1), xlabel="recall on the test images, with 95 % Wilson interval")
    axis.grid(axis="x", alpha=0.3)
    plots.save(figure, path)
    (least, low), *_, (most, high) = ordered
    text = (
        "Share of each class's test images that are recognised, worst class lowest, with 95 % intervals: from "
        f"{words.share(low.recall.value)} ({least}) to {words.share(high.recall.value)} ({most})."
    )
    if others:
        found = [run.recalls[least] for run in others]
        text += (
            f" Grey dots: {len(others)} other trainings, with other seeds; of {least} from {words.share(min(found))} "
            f"to {words.share(max(found))}."
        )
    return text


def missing_group(runs: list[GroupRun], path: Path) -> str:
    """Recall of a class and accuracies by how much of the class was left; returns what the figure shows."""
    groups = list(dict.fromkeys(run.group for run in runs))
    figure, axes = plt.subplots(1, len(groups), figsize=(4.2 * len(groups), 4.2), sharey=True, squeeze=False)
    for axis, group in zip(axes[0], groups, strict=True):
        for repaired, style in ((False, "o-"), (True, "s")):
            chosen = [run for run in runs if run.group == group and run.repaired == repaired]
            shares = [100 * run.share for run in chosen]
            which = ", repaired" if repaired else ""
            for name, colour, label in (
                ("recall", ORANGE, f"recall of {group}"),
                ("accuracy", BLUE, "accuracy"),
                ("others", DARK, "accuracy, other nine"),
            ):
                fill = "white" if repaired else colour
                values = [getattr(run, name).value for run in chosen]
                axis.plot(shares, values, style, color=colour, markerfacecolor=fill, label=label + which)
        axis.set(xscale="log", xlabel=f"% of the training images of {group} left", ylim=(0, 1))
        axis.set_xticks([1, 5, 10, 25, 50, 100], ["1", "5", "10", "25", "50", "100"])
        axis.minorticks_off()
        axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2, frameon=False, fontsize=7)
    plots.save(figure, path)
    told = " ".join(_cut_down([run for run in runs if run.group == group and not run.repaired]) for group in groups)
    return f"Recall of a class and accuracy by the share of its training images left, means over trainings. {told}"


def _cut_down(runs: list[GroupRun]) -> str:
    whole, least = max(runs, key=lambda run: run.share), min(runs, key=lambda run: run.share)
    return (
        f"With {words.share(least.share, 0)} of {least.group} left its recall is {words.share(least.recall.value)} "
        f"instead of {words.share(whole.recall.value)}, the accuracy {words.share(least.accuracy.value)} instead of "
        f"{words.share(whole.accuracy.value)}."
    )


def adversarial(attacked: list[Attacked], path: Path) -> str:
    """Accuracy by how far each value of a pixel moves at most; returns what the figure shows."""
    ordered = sorted(attacked, key=lambda each: each.epsilon)
    figure, axis = plt.subplots(figsize=(6.4, 3.2))
    epsilons = [each.epsilon for each in ordered]
    axis.plot(epsilons, [each.accuracy.value or 0 for each in ordered], "o-", color=BLUE)
    for each in ordered:
        if each.accuracy.ci:
            axis.plot([each.epsilon] * 2, [each.accuracy.ci.lower, each.accuracy.ci.upper], color=BLUE, linewidth=3)
    axis.set(xlabel="most that a value of 0 to 255 moves", ylabel="accuracy on the test images", ylim=(0, 1))
    axis.set_xticks(epsilons)
    axis.grid(axis="y", alpha=0.3)
    plots.save(figure, path)
    first, last = ordered[0], ordered[-1]
    falls = "falls" if (last.accuracy.value or 0) < (first.accuracy.value or 0) else "does not fall: it goes"
    return (
        "Accuracy on the test images when each value moves in the direction that hurts most (FGSM). It "
        f"{falls} from {words.share(first.accuracy.value)} (moved by {first.epsilon} of 255) to "
        f"{words.share(last.accuracy.value)} (by {last.epsilon})."
    )


def label_trust(thresholds: LabelThresholds, path: Path) -> str:
    """Of the confident answers of each label, how many are wrong; returns what the figure shows."""
    values = {each.label: each.wrong_as_answer.value for each in thresholds.labels}
    ordered = sorted(thresholds.labels, key=lambda each: values[each.label] or 0, reverse=True)
    figure, axis = plt.subplots(figsize=(6.4, 3.6))
    for row, each in enumerate(ordered):
        number = each.wrong_as_answer
        if number.value is not None and number.ci:
            axis.plot([number.ci.lower, number.ci.upper], [row, row], color=ORANGE, linewidth=3)
            axis.plot(number.value, row, "o", color=ORANGE)
    axis.axvline(_TOLERATED, color=DARK, linestyle=":")
    axis.set_yticks(range(len(ordered)), [each.label for each in ordered])
    axis.set(xlim=(0, None), xlabel="share of its confident answers that are wrong, with 95 % interval")
    plots.save(figure, path)
    known = {label: value for label, value in values.items() if value is not None}
    text = "Of the confident answers of each label on the test images, the share that is wrong; dotted: 10 %."
    if not known:
        return f"{text} No label has any."
    above = sum(value > _TOLERATED for value in known.values())
    worst, best = max(known, key=lambda label: known[label]), min(known, key=lambda label: known[label])
    return (
        f"{text} {above} of {len(known)} labels are above it; from {words.share(known[best])} ({best}) to "
        f"{words.share(known[worst])} ({worst})."
    )

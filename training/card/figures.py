"""The card's figures, as SVG files that are the same for the same numbers."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

mpl.use("svg")
mpl.rcParams.update(
    {"svg.hashsalt": "seminar-cnn", "svg.fonttype": "none", "font.family": "sans-serif", "axes.spines.top": False,
     "axes.spines.right": False, "figure.constrained_layout.use": True}
)  # fmt: skip

from matplotlib import pyplot as plt  # noqa: E402 - after the settings above
from matplotlib.figure import Figure  # noqa: E402

from models.card import ClassMetrics, Decision, Epoch  # noqa: E402
from models.cifar10_test import LABELS  # noqa: E402
from models.evidence import Calibration, GroupRun, Robustness, Selective  # noqa: E402
from training.measure.results import Results  # noqa: E402

MISSING_GROUP = "missing_group.svg"
_TRAIN, _VALIDATION, _DARK = "#0072b2", "#d55e00", "#333333"


def draw(results: Results, epochs: list[Epoch], folder: Path) -> dict[str, str]:
    """Draw what was measured into `folder`, which is there; each file's name and what the figure shows."""
    drawn = {
        "learning_curves.svg": learning_curves(epochs, folder / "learning_curves.svg"),
        "confusion_matrix.svg": confusion_matrix(results.confusion_matrix, folder / "confusion_matrix.svg"),
        "recall.svg": recall(results.per_class, folder / "recall.svg"),
        "reliability.svg": reliability(results.calibration, folder / "reliability.svg"),
        "risk_coverage.svg": risk_coverage(results.selective, results.decision, folder / "risk_coverage.svg"),
    }
    if results.robustness:
        drawn["robustness.svg"] = robustness(results.robustness, folder / "robustness.svg")
    return drawn


def learning_curves(epochs: list[Epoch], path: Path) -> str:
    """Loss and accuracy by epoch; returns what the figure shows."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2))
    numbers = [epoch.epoch for epoch in epochs]
    for axis, name, title in zip(axes, ("loss", "accuracy"), ("Loss", "Accuracy"), strict=True):
        for prefix, colour, who in (("", _TRAIN, "training"), ("val_", _VALIDATION, "validation")):
            values = [getattr(epoch, prefix + name) for epoch in epochs]
            axis.plot(numbers, values, "o-", color=colour, label=who)
        axis.set(title=title, xlabel="epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
    best = min(epochs, key=lambda epoch: epoch.val_loss).epoch
    axes[0].axvline(best, color=_DARK, linestyle=":")
    axes[0].annotate("from here on it overfits", (best, axes[0].get_ylim()[1]), (4, -10), textcoords="offset points")
    axes[1].legend(frameon=False)
    _save(figure, path)
    return f"Loss and accuracy by epoch; the lowest validation loss is in epoch {best} of {len(epochs)}."


def confusion_matrix(counts: NDArray[np.int64], path: Path) -> str:
    """Counts [10, 10], rows the truth; returns what the figure shows."""
    figure, axis = plt.subplots(figsize=(6.4, 5.6))
    axis.imshow(counts, cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        axis.text(column, row, str(count), ha="center", va="center", fontsize=8,
                  color="white" if count > counts.max() / 2 else _DARK)  # fmt: skip
    axis.set_xticks(range(len(LABELS)), LABELS, rotation=45, ha="right")
    axis.set_yticks(range(len(LABELS)), LABELS)
    axis.set(xlabel="answer", ylabel="truth")
    axis.spines[:].set_visible(False)
    _save(figure, path)
    return "How many test images of each class (rows) got which answer (columns)."


def recall(classes: dict[str, ClassMetrics], path: Path) -> str:
    """Recall of each class with its interval; returns what the figure shows."""
    ordered = sorted(classes.items(), key=lambda item: item[1].recall.value or 0)
    figure, axis = plt.subplots(figsize=(6.4, 3.6))
    for row, (_, metrics) in enumerate(ordered):
        if metrics.recall.ci and metrics.recall.value is not None:
            axis.plot([metrics.recall.ci.lower, metrics.recall.ci.upper], [row, row], color=_TRAIN, linewidth=3)
            axis.plot(metrics.recall.value, row, "o", color=_TRAIN)
    axis.set_yticks(range(len(ordered)), [label for label, _ in ordered])
    axis.set(xlim=(0, 1), xlabel="recall on the test images, with 95 % Wilson interval")
    axis.grid(axis="x", alpha=0.3)
    _save(figure, path)
    return "Share of each class's test images that are recognised, worst class lowest, with 95 % intervals."


def missing_group(runs: list[GroupRun], path: Path) -> str:
    """Recall of a class and overall accuracy by how much of the class was left; returns what the figure shows."""
    groups = list(dict.fromkeys(run.group for run in runs))
    figure, axes = plt.subplots(1, len(groups), figsize=(4.2 * len(groups), 3.6), sharey=True, squeeze=False)
    for axis, group in zip(axes[0], groups, strict=True):
        for repaired, style in ((False, "o-"), (True, "s")):
            chosen = [run for run in runs if run.group == group and run.repaired == repaired]
            shares = [100 * run.share for run in chosen]
            which = ", repaired" if repaired else ""
            for name, colour, label in (
                ("recall", _VALIDATION, f"recall of {group}"),
                ("accuracy", _TRAIN, "accuracy"),
            ):
                fill = "white" if repaired else colour
                values = [getattr(run, name).value for run in chosen]
                axis.plot(shares, values, style, color=colour, markerfacecolor=fill, label=label + which)
        axis.set(xscale="log", xlabel=f"% of the training images of {group} left", ylim=(0, 1))
        axis.set_xticks([1, 5, 10, 25, 50, 100], ["1", "5", "10", "25", "50", "100"])
        axis.minorticks_off()
        axis.legend(frameon=False, fontsize=8)
    _save(figure, path)
    return "Cut a class down, and its recall falls to nothing while the overall accuracy hardly moves; two classes."


def reliability(calibration: Calibration, path: Path) -> str:
    """Accuracy by confidence, raw and calibrated; returns what the figure shows."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.8), sharey=True)
    for axis, title, bins, ece in (
        (axes[0], "as the model says", calibration.bins, calibration.ece),
        (axes[1], "after temperature scaling", calibration.bins_calibrated, calibration.ece_calibrated),
    ):
        filled = [each for each in bins if each.count]
        axis.bar([each.lower for each in filled], [each.accuracy for each in filled], 1 / len(bins),
                 align="edge", color=_TRAIN, edgecolor="white")  # fmt: skip
        axis.plot([0, 1], [0, 1], ":", color=_DARK)
        axis.set(title=f"{title}: ECE {ece.value:.3f}", xlabel="confidence", xlim=(0, 1), ylim=(0, 1))
    axes[0].set_ylabel("share of right answers")
    _save(figure, path)
    return (
        "How often answers of each confidence are right on the test images; on the dotted line confidence would be "
        "true. Bars below it: it is surer than it has reason to be."
    )


def risk_coverage(selective: Selective, decision: Decision, path: Path) -> str:
    """Error by coverage, and each class's coverage at the threshold; returns what the figure shows."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.6))
    coverages, errors = [p.coverage for p in selective.curve], [p.error for p in selective.curve]
    axes[0].plot(coverages, errors, color=_TRAIN)
    axes[0].plot(decision.test_coverage.value, decision.test_error.value, "o", color=_VALIDATION)
    axes[0].set(xlabel="share of answers accepted", ylabel="share of those wrong", xlim=(0, 1), ylim=(0, None))
    ordered = sorted(selective.coverage.items(), key=lambda item: item[1].value or 0)
    axes[1].barh([label for label, _ in ordered], [number.value or 0 for _, number in ordered], color=_TRAIN)
    axes[1].set(xlabel="share of the class with a confident answer", xlim=(0, 1))
    _save(figure, path)
    return (
        "Left: the fewer answers are accepted, the fewer of them are wrong; the point is the card's threshold. Right: "
        "whose pictures get a confident answer there."
    )


def robustness(measured: Robustness, path: Path) -> str:
    """Recall of each class under each corruption at the middle severity; returns what the figure shows."""
    middle = [each for each in measured.corruptions if each.severity == 3]
    values = np.array([[each.recalls[label] for label in LABELS] for each in middle])
    figure, axis = plt.subplots(figsize=(7.2, 5.6))
    axis.imshow(values, cmap="Blues", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(values):
        axis.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=8,
                  color="white" if value > 0.5 else _DARK)  # fmt: skip
    axis.set_xticks(range(len(LABELS)), LABELS, rotation=45, ha="right")
    axis.set_yticks(range(len(middle)), [each.corruption for each in middle])
    axis.spines[:].set_visible(False)
    _save(figure, path)
    return "Recall in per cent of each class (columns) under each corruption (rows) at severity 3 of 5."


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)

"""The figures that need nothing but a model's own numbers, and what all figures share."""

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

from models.card import Decision, Epoch  # noqa: E402
from models.cifar10_test import LABELS  # noqa: E402
from models.evidence import Calibration, Robustness, Selective  # noqa: E402

BLUE, ORANGE, DARK = "#0072b2", "#d55e00", "#333333"


def learning_curves(epochs: list[Epoch], path: Path) -> str:
    """Loss and accuracy by epoch; returns what the figure shows."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2))
    numbers = [epoch.epoch for epoch in epochs]
    for axis, name, title in zip(axes, ("loss", "accuracy"), ("Loss", "Accuracy"), strict=True):
        for prefix, colour, who in (("", BLUE, "training"), ("val_", ORANGE, "validation")):
            values = [getattr(epoch, prefix + name) for epoch in epochs]
            axis.plot(numbers, values, "o-", color=colour, label=who)
        axis.set(title=title, xlabel="epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
    best = min(epochs, key=lambda epoch: epoch.val_loss).epoch
    axes[0].axvline(best, color=DARK, linestyle=":")
    axes[0].annotate("from here on it overfits", (best, axes[0].get_ylim()[1]), (4, -10), textcoords="offset points")
    axes[1].legend(frameon=False)
    save(figure, path)
    return f"Loss and accuracy by epoch; the lowest validation loss is in epoch {best} of {len(epochs)}."


def confusion_matrix(counts: NDArray[np.int64], path: Path) -> str:
    """Counts [10, 10], rows the truth; returns what the figure shows."""
    figure, axis = plt.subplots(figsize=(6.4, 5.6))
    axis.imshow(counts, cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        axis.text(column, row, str(count), ha="center", va="center", fontsize=8,
                  color="white" if count > counts.max() / 2 else DARK)  # fmt: skip
    axis.set_xticks(range(len(LABELS)), LABELS, rotation=45, ha="right")
    axis.set_yticks(range(len(LABELS)), LABELS)
    axis.set(xlabel="answer", ylabel="truth")
    axis.spines[:].set_visible(False)
    save(figure, path)
    return "How many test images of each class (rows) got which answer (columns)."


def reliability(calibration: Calibration, path: Path) -> str:
    """Accuracy by confidence, raw and calibrated; returns what the figure shows."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.8), sharey=True)
    for axis, title, bins, ece in (
        (axes[0], "as the model says", calibration.bins, calibration.ece),
        (axes[1], "after temperature scaling", calibration.bins_calibrated, calibration.ece_calibrated),
    ):
        filled = [each for each in bins if each.count]
        axis.bar([each.lower for each in filled], [each.accuracy for each in filled], 1 / len(bins),
                 align="edge", color=BLUE, edgecolor="white")  # fmt: skip
        axis.plot([0, 1], [0, 1], ":", color=DARK)
        axis.set(title=f"{title}: ECE {ece.value:.3f}", xlabel="confidence", xlim=(0, 1), ylim=(0, 1))
    axes[0].set_ylabel("share of right answers")
    save(figure, path)
    return (
        "How often answers of each confidence are right on the test images; on the dotted line confidence would be "
        "true. Bars below it: it is surer than it has reason to be."
    )


def risk_coverage(selective: Selective, decision: Decision, path: Path) -> str:
    """Error by coverage, and each class's coverage at the threshold; returns what the figure shows."""
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.6))
    coverages, errors = [p.coverage for p in selective.curve], [p.error for p in selective.curve]
    axes[0].plot(coverages, errors, color=BLUE)
    axes[0].plot(decision.test_coverage.value, decision.test_error.value, "o", color=ORANGE)
    axes[0].set(xlabel="share of answers accepted", ylabel="share of those wrong", xlim=(0, 1), ylim=(0, None))
    ordered = sorted(selective.coverage.items(), key=lambda item: item[1].value or 0)
    axes[1].barh([label for label, _ in ordered], [number.value or 0 for _, number in ordered], color=BLUE)
    axes[1].set(xlabel="share of the class with a confident answer", xlim=(0, 1))
    save(figure, path)
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
                  color="white" if value > 0.5 else DARK)  # fmt: skip
    axis.set_xticks(range(len(LABELS)), LABELS, rotation=45, ha="right")
    axis.set_yticks(range(len(middle)), [each.corruption for each in middle])
    axis.spines[:].set_visible(False)
    save(figure, path)
    return "Recall in per cent of each class (columns) under each corruption (rows) at severity 3 of 5."


def save(figure: Figure, path: Path) -> None:
    """Write a figure as SVG, the same bytes for the same figure, and forget it."""
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)

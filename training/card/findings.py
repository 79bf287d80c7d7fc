"""What was found, in words: the measurements that the card's considerations and caveats rest on."""

from dataclasses import dataclass

from models.card import ClassMetrics, Confusion, Decision, Epoch
from models.evidence import (
    Calibration,
    ContractViolation,
    OutOfDistribution,
    Portrait,
    Robustness,
    Selective,
)
from models.measurement import Number
from training.measure.results import Results


@dataclass(frozen=True)
class Findings:
    """One finding each, a sentence or two."""

    accuracy: str
    recalls: str
    coverage: str
    confident: str
    overfitting: str
    automobile_for_bird: str
    calibration: str
    robustness: str
    out_of_distribution: str
    contract_violations: str
    portrait: str


def findings(results: Results, learning_curve: list[Epoch]) -> Findings:
    """What was found of a model."""
    return Findings(
        accuracy=f"Accuracy on the test images: {percent(results.splits['test'].accuracy)}.",
        recalls=_recalls(results.per_class, results.best, results.worst),
        coverage=_coverage(results.selective),
        confident=_confident(results.decision),
        overfitting=_overfitting(learning_curve, results.generalisation_gap.value or 0),
        automobile_for_bird=_automobile_for_bird(results.confusions),
        calibration=_calibration(results.calibration),
        robustness=_robustness(results.robustness),
        out_of_distribution=_out_of_distribution(results.out_of_distribution),
        contract_violations=_contract_violations(results.contract_violations),
        portrait=_portrait(results.portrait),
    )


def percent(number: Number) -> str:
    """A share in words, with its interval."""
    if number.value is None:
        return "not measured"
    text = f"{number.value:.1%}"
    if number.ci:
        text += f" ({number.ci.level:.0%} interval {number.ci.lower:.1%} to {number.ci.upper:.1%}, n = {number.n:,})"
    return text


def _recalls(classes: dict[str, ClassMetrics], best: str, worst: str) -> str:
    return f"Recall of {best}: {percent(classes[best].recall)}; of {worst}: {percent(classes[worst].recall)}."


def _coverage(selective: Selective) -> str:
    (least, refused), *_, (most, accepted) = sorted(selective.coverage.items(), key=lambda item: item[1].value or 0)
    return (
        f"A confident answer goes to {percent(accepted)} of the test images of {most}, to {percent(refused)} of those "
        f"of {least}: who is refused depends on the class."
    )


def _confident(decision: Decision) -> str:
    return (
        f"Of the confident answers on the test images {percent(decision.test_error)} are wrong; "
        f"{percent(decision.test_coverage)} of the answers are confident."
    )


def _overfitting(epochs: list[Epoch], gap: float) -> str:
    best = min(epochs, key=lambda epoch: epoch.val_loss)
    text = f"Accuracy on the training images is {100 * gap:.1f} points above that on the test images."
    if best is epochs[-1]:
        return f"{text} The validation loss was still falling when training stopped, after {len(epochs)} epochs."
    return (
        f"{text} The validation loss was lowest ({best.val_loss:.3f}) in epoch {best.epoch}; in the last, epoch "
        f"{len(epochs)}, it was {epochs[-1].val_loss:.3f}, while the training loss kept falling: overfitting."
    )


def _automobile_for_bird(confusions: list[Confusion]) -> str:
    seminar = next(each for each in confusions if (each.truth, each.answer) == ("automobile", "bird"))
    return f"{seminar.count} test automobiles are called a bird, such as images {seminar.examples}."


def _calibration(calibration: Calibration) -> str:
    return (
        f"On the test images the expected calibration error is {calibration.ece.value:.3f}; with the temperature "
        f"{calibration.temperature.value:.2f}, chosen on validation, {calibration.ece_calibrated.value:.3f}."
    )


def _robustness(robustness: Robustness | None) -> str:
    if robustness is None:
        return "Not measured for this model."
    return f"Mean error over twelve corruptions and five severities: {robustness.mean_error.value:.3f}."


def _out_of_distribution(measured: OutOfDistribution) -> str:
    hardest = max(measured.sets, key=lambda each: each.fpr95_energy.value or 0)
    return (
        f"With 95 % of the test images let through, {percent(hardest.fpr95_energy)} of the {hardest.name} pass too; "
        f"{percent(hardest.confident)} of them get a confident answer."
    )


def _contract_violations(violations: list[ContractViolation]) -> str:
    accuracies = "; ".join(f"{each.change}: {each.accuracy.value:.3f}" for each in violations)
    return f"Accuracy, when pixels are prepared otherwise: {accuracies}."


def _portrait(portrait: Portrait) -> str:
    return (
        f"The portrait of a person is called '{portrait.label}' with probability {portrait.probability.value:.2f}. "
        f"{portrait.text}"
    )

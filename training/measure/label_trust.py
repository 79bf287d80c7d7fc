"""How far to trust each label, where one threshold is chosen for all; and what a search for something rare would find.

Jones et al., "Selective Classification Can Magnify Disparities Across Groups", ICLR 2021: a threshold that is right on
average can make the errors of some groups worse.
"""

import numpy as np
from numpy.typing import NDArray

from models.cifar10_test import LABELS
from models.evidence import BaseRate, LabelThresholds, LabelTrust
from models.measurement import Interval, Number
from training.measure import calibration
from training.measure.intervals import LEVEL, RESAMPLES, SEED, Floats, Integers, proportion
from training.measure.selective import TARGET_ERROR, Answered, lowest_threshold

Truths = NDArray[np.bool_]


def measure(validation: Answered, test: Answered, threshold: float) -> LabelThresholds:
    """Each label's errors among the confident answers, and what a threshold of its own would do.

    Args:
        validation: probabilities and labels that the labels' own thresholds are chosen on.
        test: those that everything is measured on.
        threshold: the one for all, from which on an answer is confident.
    """
    own = [_own_threshold(*validation, i) for i in range(len(LABELS))]
    confidence, answers, right = _answered(*test)
    accepted = confidence >= np.array(own)[answers]
    return LabelThresholds(
        labels=[
            _trust(i, own[i], int((validation[0].argmax(axis=1) == i).sum()), test, threshold)
            for i in range(len(LABELS))
        ],
        coverage=proportion(
            int(accepted.sum()), len(right), "test", "share of answers at or above their label's own threshold"
        ),
        error=proportion(
            int((~right[accepted]).sum()),
            int(accepted.sum()),
            "test",
            "share of answers at or above their label's own threshold that are wrong",
        ),
        unreliable=[label for i, label in enumerate(LABELS) if _is_unreliable(i, validation, threshold)],
    )


def _answered(probabilities: Floats, labels: Integers) -> tuple[Floats, Integers, Truths]:
    answers = probabilities.argmax(axis=1)
    return probabilities.max(axis=1), answers, answers == labels


def _own_threshold(probabilities: Floats, labels: Integers, i: int) -> float:
    confidence, answers, right = _answered(probabilities, labels)
    return lowest_threshold(confidence[answers == i], ~right[answers == i])


def _is_unreliable(i: int, validation: Answered, threshold: float) -> bool:
    """Whether more than one in ten of its confident answers is wrong, the whole interval above that."""
    confidence, answers, right = _answered(*validation)
    said = (answers == i) & (confidence >= threshold)
    wrong = proportion(int((~right[said]).sum()), int(said.sum()), "validation", "share that is wrong")
    return wrong.ci is not None and wrong.ci.lower > TARGET_ERROR


def _trust(i: int, own: float, n: int, test: Answered, threshold: float) -> LabelTrust:
    confidence, answers, right = _answered(*test)
    labels, label = test[1], LABELS[i]
    sure, said, shown = confidence >= threshold, answers == i, labels == i
    own_said = said & (confidence >= own)

    def share(chosen: Truths, method: str, slice_: str) -> Number:
        return proportion(int((~right[chosen]).sum()), int(chosen.sum()), "test", method, slice_)

    return LabelTrust(
        label=label,
        wrong_as_answer=share(
            sure & said, "share of confident answers of this label that are wrong", f"answer = {label}"
        ),
        wrong_as_truth=share(
            sure & shown,
            "share of this class's confidently answered images that are answered wrongly",
            f"class = {label}",
        ),
        false_positive_rate=proportion(
            int((said & ~shown).sum()),
            int((~shown).sum()),
            "test",
            "share of the images of other classes that get this answer",
            f"answer = {label}",
        ),
        ece=calibration.ece(
            confidence[said],
            right[said],
            "expected calibration error of the answers of this label",
            f"answer = {label}",
        ),
        threshold=Number(
            value=own,
            n=n,
            split="validation",
            slice=f"answer = {label}",
            method=f"the lowest that keeps the error of this label's answers at or below {TARGET_ERROR:.0%}",
            status="measured",
        ),
        threshold_error=share(
            own_said, "share of answers at or above this label's own threshold that are wrong", f"answer = {label}"
        ),
    )


def base_rate(test: Answered, threshold: float, prevalence: float = 1e-5, label: str = "automobile") -> BaseRate | None:
    """An illustration: somebody searches for one class, of which there is one in so many, by confident answers.

    By Bayes' rule, from the class's confident recall and confident false positive rate; not from the overall error,
    which holds the ten classes' equal base rates already.

    Returns:
        None where too little is confident for the arithmetic to say anything.
    """
    confidence, answers, _ = _answered(*test)
    shown = test[1] == LABELS.index(label)
    alarm = (confidence >= threshold) & (answers == LABELS.index(label))
    recall = proportion(
        int((alarm & shown).sum()), int(shown.sum()), "test", "share of its images that get it as a confident answer",
        f"class = {label}",
    )  # fmt: skip
    false_positives = proportion(
        int((alarm & ~shown).sum()), int((~shown).sum()), "test", "share of other images that get it confidently",
        f"answer = {label}",
    )  # fmt: skip
    if not recall.value or not false_positives.value:
        return None
    draws = np.random.default_rng(SEED)
    hits = draws.binomial(recall.n or 0, recall.value, RESAMPLES) / (recall.n or 1)
    false = draws.binomial(false_positives.n or 0, false_positives.value, RESAMPLES) / (false_positives.n or 1)
    precisions = _true_share(prevalence, hits, np.maximum(false, 1 / (false_positives.n or 1)))
    low, high = np.percentile(precisions, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    value = float(_true_share(prevalence, np.array([recall.value]), np.array([false_positives.value]))[0])
    crowd, counted = 10 / prevalence, round(false_positives.value * (false_positives.n or 0))
    found, alarms = 10 * recall.value, (crowd - 10) * false_positives.value
    return BaseRate(
        label=label,
        recall=recall,
        false_positive_rate=false_positives,
        prevalence=Number(value=prevalence, method="assumed: one in so many shows what is sought", status="declared"),
        true_alarms=Number(
            value=value,
            ci=Interval(lower=low, upper=high, level=LEVEL, method=f"parametric bootstrap, {RESAMPLES} draws"),
            n=len(shown),
            split="test",
            slice=f"sought = {label}",
            method="share of alarms that are true, by Bayes' rule from the two rates and the prevalence assumed",
            status="measured",
        ),
        arithmetic=(
            f"Of {crowd:,.0f} pictures 10 show an {label}."
            if label[0] in "aeiou"
            else f"Of {crowd:,.0f} pictures 10 show a {label}."
        )
        + (
            f" The model finds {100 * recall.value:.1f}\N{NO-BREAK SPACE}% of those with a confident answer: "
            f"{found:.1f}. It gives the same answer about {100 * false_positives.value:.2f}\N{NO-BREAK SPACE}% of the "
            f"others: {alarms:,.0f}. So of {found + alarms:,.0f} alarms {found:.1f} are true: one in "
            f"{(found + alarms) / found:,.0f}, "
            f"reckoned from {counted:,} false alarm{'s' * (counted != 1)} among {false_positives.n or 0:,} images."
        ),
        limits=(
            "The others are test images of the nine other classes, not a street; the share of one in "
            f"{1 / prevalence:,.0f} is assumed. It is not computed from the overall error, which holds the ten "
            "classes' equal shares already. The figure says how the arithmetic goes, and nothing about any other "
            "system."
        ),
    )


def _true_share(prevalence: float, recall: Floats, false_positives: Floats) -> Floats:
    true = prevalence * recall
    share: Floats = true / (true + (1 - prevalence) * false_positives)
    return share

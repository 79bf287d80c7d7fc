"""Does a model notice pictures that show none of its classes?

Two scores are asked: the highest probability (Hendrycks & Gimpel, ICLR 2017) and the energy, -logsumexp of the logits
(Liu et al., "Energy-based Out-of-distribution Detection", NeurIPS 2020).
"""

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm, rankdata

from models.evidence import ENERGY_KEPT, OutOfDistribution, OutOfDistributionSet
from models.measurement import Interval, Number
from training import onnx_model
from training.measure.intervals import LEVEL, Floats, proportion
from training.measure.ood_sets import SETS, PictureSet

KEPT = 0.95


def measure(content: bytes, validation: Floats, test: Floats, threshold: float) -> OutOfDistribution:
    """How well a model's scores tell out-of-distribution pictures from test images.

    Args:
        content: the bytes of model.onnx.
        validation: logits [N, 10] of the validation images, which the energy's threshold is chosen on.
        test: logits [N, 10] of the test images.
        threshold: from which probability on an answer is confident.
    """
    return OutOfDistribution(
        energy_threshold=energy_threshold(validation),
        sets=[_measure_set(each, *onnx_model.run(content, each.pictures()), test, threshold) for each in SETS],
    )


def _measure_set(
    chosen: PictureSet, logits: Floats, probabilities: Floats, test: Floats, threshold: float
) -> OutOfDistributionSet:
    uncertainties = -_top(test), -_top(logits)
    energies = energy(test), energy(logits)
    return OutOfDistributionSet(
        name=chosen.name,
        description=chosen.description,
        source=chosen.source,
        auroc_softmax=auroc(*uncertainties),
        fpr95_softmax=_fpr(*uncertainties),
        auroc_energy=auroc(*energies),
        fpr95_energy=_fpr(*energies),
        confident=proportion(
            int((probabilities.max(axis=1) >= threshold).sum()),
            len(logits),
            None,
            "share of them that get a confident answer",
            chosen.name,
        ),
    )


def energy(logits: Floats) -> Floats:
    """-logsumexp of logits [N, 10]: low where the network finds much that it knows; float64 [N]."""
    energies: Floats = -logsumexp(logits.astype(np.float64), axis=1)
    return energies


def energy_threshold(validation: Floats) -> Number:
    """The energy that 95 % of the validation images, logits [N, 10], stay at or below."""
    return Number(
        value=float(np.quantile(energy(validation), ENERGY_KEPT)),
        n=len(validation),
        split="validation",
        method=f"the energy that {ENERGY_KEPT:.0%} of the images stay at or below",
        status="measured",
    )


def _top(logits: Floats) -> Floats:
    exact = logits.astype(np.float64)
    top: Floats = np.exp(exact.max(axis=1) - logsumexp(exact, axis=1))
    return top


def auroc(inside: Floats, outside: Floats) -> Number:
    """The chance that a picture of `outside` [M] scores higher than one of `inside` [N], equal scores counting half.

    With DeLong's interval (DeLong et al. 1988).
    """
    m, n = len(outside), len(inside)
    ranks = rankdata(np.concatenate([outside, inside]))
    # Of each picture: the share of the other kind that it is told from.
    placed_outside = (ranks[:m] - rankdata(outside)) / n
    placed_inside = 1 - (ranks[m:] - rankdata(inside)) / m
    value = float(placed_outside.mean())
    error = np.sqrt(placed_outside.var(ddof=1) / m + placed_inside.var(ddof=1) / n)
    reach = norm.ppf((1 + LEVEL) / 2) * error
    return Number(
        value=value,
        ci=Interval(lower=max(0, value - reach), upper=min(1, value + reach), level=LEVEL, method="DeLong"),
        n=m + n,
        method="AUROC: the chance that a stranger scores as stranger than a test image; 0.5 is guessing",
        status="measured",
    )


def _fpr(inside: Floats, outside: Floats) -> Number:
    limit = np.quantile(inside, KEPT)
    return proportion(
        int((outside <= limit).sum()),
        len(outside),
        None,
        f"share of strangers taken for known where {KEPT:.0%} of the test images are",
    )

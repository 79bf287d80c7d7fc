"""Whether probabilities mean what they say: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax

from models.evidence import Bin, Calibration
from models.measurement import Interval, Number
from training.measure.intervals import LEVEL, RESAMPLES, SEED, Floats, Integers, mean

BINS = 15

Scored = tuple[Floats, Integers]
"""Logits [N, 10] and true labels [N]."""


def calibrate(validation: Scored, test: Scored) -> Calibration:
    """Fit the temperature on validation; measure the expected calibration error (ECE) on test without and with it."""
    temperature = fit_temperature(*validation)
    logits, labels = test[0].astype(np.float64), test[1]
    raw, calibrated = softmax(logits, axis=1), softmax(logits / temperature, axis=1)
    return Calibration(
        temperature=Number(
            value=temperature,
            n=len(validation[1]),
            split="validation",
            method="the temperature with the least negative log-likelihood",
            status="measured",
        ),
        ece=_ece(raw, labels),
        ece_calibrated=_ece(calibrated, labels),
        nll_calibrated=mean(
            _surprise(logits / temperature, labels),
            "test",
            "mean negative log-likelihood of the right class after temperature scaling, in nats",
        ),
        bins=bins(raw, labels),
        bins_calibrated=bins(calibrated, labels),
    )


def fit_temperature(logits: Floats, labels: Integers) -> float:
    """The temperature that gives these labels [N] the greatest likelihood under softmax(logits [N, 10] / T)."""
    exact = logits.astype(np.float64)
    result = minimize_scalar(
        lambda log_t: _surprise(exact / np.exp(log_t), labels).mean(), bounds=(-3, 3), method="bounded"
    )
    return float(np.exp(result.x))


def bins(probabilities: Floats, labels: Integers) -> list[Bin]:
    """The reliability diagram: 15 equal intervals of confidence with count, mean confidence and accuracy."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = _place(confidence)
    counts = np.bincount(place, minlength=BINS)
    sums = np.bincount(place, confidence, BINS), np.bincount(place, right, BINS)
    return [
        Bin(
            lower=i / BINS,
            upper=(i + 1) / BINS,
            count=int(n),
            confidence=float(sums[0][i] / n) if n else None,
            accuracy=float(sums[1][i] / n) if n else None,
        )
        for i, n in enumerate(counts)
    ]


def _place(confidence: Floats) -> Integers:
    return np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)


def _surprise(logits: Floats, labels: Integers) -> Floats:
    surprise: Floats = logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]
    return surprise


def expected_error(confidence: Floats, right: Integers) -> float:
    """The expected calibration error: the mean over the bins, weighted by their counts, of |confidence - accuracy|.

    Args:
        confidence: of each answer, [N].
        right: whether each answer is, [N].
    """
    return float(np.abs(np.bincount(_place(confidence), confidence - right, BINS)).sum() / len(confidence))


def _ece(probabilities: Floats, labels: Integers) -> Number:
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    random = np.random.default_rng(SEED)
    n = len(labels)
    resamples = (random.integers(0, n, n) for _ in range(RESAMPLES))
    draws = [expected_error(confidence[chosen], right[chosen]) for chosen in resamples]
    low, high = np.percentile(draws, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Number(
        value=expected_error(confidence, right),
        ci=Interval(lower=low, upper=high, level=LEVEL, method=f"bootstrap, {RESAMPLES} resamples"),
        n=n,
        split="test",
        method=f"expected calibration error over {BINS} equal bins of confidence",
        status="measured",
    )

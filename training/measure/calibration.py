"""Whether probabilities mean what they say: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp, softmax

from models.evidence import Bin, Calibration
from models.measurement import Interval, Number
from training.measure.intervals import LEVEL, RESAMPLES, SEED, Floats, Integers, mean, unmeasured

BINS = 15
# Each is a fit of its own.
_TEMPERATURE_RESAMPLES = 200

Scored = tuple[Floats, Integers]
"""Logits [N, 10] and true labels [N]."""


def calibrate(validation: Scored, test: Scored) -> Calibration:
    """Fit the temperature on validation; measure the expected calibration error (ECE) on test without and with it."""
    temperature = _temperature(validation)
    logits, labels = test[0].astype(np.float64), test[1]
    cooled = logits / (temperature.value or 1)
    raw, calibrated = softmax(logits, axis=1), softmax(cooled, axis=1)
    right = logits.argmax(axis=1) == labels
    over = f"over {BINS} equal bins of confidence"
    return Calibration(
        temperature=temperature,
        ece=ece(raw.max(axis=1), right, f"expected calibration error {over}"),
        ece_calibrated=ece(calibrated.max(axis=1), right, f"expected calibration error {over}"),
        ece_floor=floor(raw.max(axis=1)),
        ece_equal_mass=_resampled(
            raw.max(axis=1),
            right,
            equal_mass_error,
            f"expected calibration error over {BINS} bins of as many answers each",
        ),
        nll_calibrated=mean(
            _surprise(cooled, labels),
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


def expected_error(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """The expected calibration error: the mean over the bins, weighted by their counts, of |confidence - accuracy|.

    Args:
        confidence: of each answer, [N].
        right: whether each answer is, [N].
    """
    return float(np.abs(np.bincount(_place(confidence), confidence - right, BINS)).sum() / len(confidence))


def ece(confidence: Floats, right: NDArray[np.bool_], method: str, slice_: str | None = None) -> Number:
    """The expected calibration error of answers on the test split, with its bootstrap interval.

    It can't be below nought, so that chance alone makes it larger, the more so the fewer answers: see `floor`.

    Args:
        confidence: of each answer, [N].
        right: whether each answer is, [N].
        method: in words.
        slice_: which answers.
    """
    return _resampled(confidence, right, expected_error, method, slice_)


def _resampled(
    confidence: Floats,
    right: NDArray[np.bool_],
    statistic: Callable[[Floats, NDArray[np.bool_]], float],
    method: str,
    slice_: str | None = None,
) -> Number:
    n = len(right)
    if n == 0:
        return unmeasured(method, "No such answer.")
    random = np.random.default_rng(SEED)
    resamples = (random.integers(0, n, n) for _ in range(RESAMPLES))
    draws = [statistic(confidence[chosen], right[chosen]) for chosen in resamples]
    return Number(
        value=statistic(confidence, right),
        ci=_interval(draws, f"bootstrap, {RESAMPLES} resamples"),
        n=n,
        split="test",
        slice=slice_,
        method=method,
        status="measured",
    )


def equal_mass_error(confidence: Floats, right: NDArray[np.bool_]) -> float:
    """As `expected_error`, over bins of as many answers each."""
    order = np.argsort(confidence, kind="stable")
    gaps = (confidence[order] - right[order]).astype(np.float64)
    return float(sum(abs(part.sum()) for part in np.array_split(gaps, BINS)) / len(gaps))


def floor(confidence: Floats) -> Number:
    """What the ECE would be if each answer were right with just the probability that it is given with.

    Args:
        confidence: of each answer, [N].
    """
    random = np.random.default_rng(SEED)
    draws = [expected_error(confidence, random.random(len(confidence)) < confidence) for _ in range(RESAMPLES)]
    return Number(
        value=float(np.mean(draws)),
        ci=_interval(draws, f"percentiles of {RESAMPLES} draws"),
        n=len(confidence),
        split="test",
        method="mean ECE of perfectly calibrated answers as sure as these, drawn at random: what chance alone makes",
        status="measured",
    )


def _temperature(validation: Scored) -> Number:
    logits, labels = validation
    random, n = np.random.default_rng(SEED), len(labels)
    chosen = (random.integers(0, n, n) for _ in range(_TEMPERATURE_RESAMPLES))
    draws = [fit_temperature(logits[rows], labels[rows]) for rows in chosen]
    return Number(
        value=fit_temperature(logits, labels),
        ci=_interval(draws, f"bootstrap, {_TEMPERATURE_RESAMPLES} resamples"),
        n=n,
        split="validation",
        method="the temperature with the least negative log-likelihood",
        status="measured",
    )


def _interval(draws: Sequence[float], method: str) -> Interval:
    low, high = np.percentile(draws, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Interval(lower=low, upper=high, level=LEVEL, method=method)

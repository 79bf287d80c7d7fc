"""Numbers with what they rest on: shares, means and contrasts with their intervals, and why one is missing."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, bootstrap

from models.measurement import Interval, Number, Split

LEVEL = 0.95
RESAMPLES = 1000
SEED = 888

Floats = NDArray[np.floating]
Integers = NDArray[np.int64]


def unmeasured(method: str, reason: str) -> Number:
    """A figure that is missing, and why."""
    return Number(value=None, method=method, status="not_measured", reason=reason)


def proportion(successes: int, n: int, split: Split | None, method: str, slice_: str | None = None) -> Number:
    """A share with its Wilson score interval (Wilson 1927); not measured where n is 0."""
    if n == 0:
        return Number(
            value=None, split=split, slice=slice_, method=method, status="not_measured", reason="No such image."
        )
    interval = binomtest(successes, n).proportion_ci(LEVEL, method="wilson")
    return Number(
        value=successes / n,
        ci=Interval(lower=interval.low, upper=interval.high, level=LEVEL, method="Wilson score"),
        n=n,
        split=split,
        slice=slice_,
        method=method,
        status="measured",
    )


def mean(values: Floats, split: Split, method: str) -> Number:
    """The mean of one value per image, with its bootstrap interval."""
    return _bootstrapped((values,), np.mean, method, split=split)


def contrast(
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    statistic: Callable[..., Floats],
    method: str,
    *,
    split: Split | None = None,
    slice_: str | None = None,
) -> Number:
    """What two shares of right answers come to together, with its bootstrap interval.

    Args:
        first: whether each answer is right, [N].
        second: the same of other images, [M].
        statistic: of both, with an `axis`, such as the difference of their means.
        method: in words.
        split: that both are from, if it is one.
        slice_: what is compared.
    """
    samples = first.astype(float), second.astype(float)
    return _bootstrapped(samples, statistic, method, split=split, slice_=slice_)


def _bootstrapped(
    samples: tuple[Floats, ...],
    statistic: Callable[..., Any],
    method: str,
    *,
    split: Split | None,
    slice_: str | None = None,
) -> Number:
    interval = bootstrap(
        samples,
        statistic,
        n_resamples=RESAMPLES,
        batch=50,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return Number(
        value=float(statistic(*samples, axis=0)),
        ci=Interval(lower=interval.low, upper=interval.high, level=LEVEL, method=f"bootstrap, {RESAMPLES} resamples"),
        n=sum(map(len, samples)),
        split=split,
        slice=slice_,
        method=method,
        status="measured",
    )


def difference(first: Floats, second: Floats, axis: int = 0) -> Floats:
    """The difference of two means, for `contrast`."""
    result: Floats = first.mean(axis=axis) - second.mean(axis=axis)
    return result


def ratio(first: Floats, second: Floats, axis: int = 0) -> Floats:
    """The ratio of two means, for `contrast`."""
    result: Floats = first.mean(axis=axis) / second.mean(axis=axis)
    return result

"""Measures a model by its probabilities: scikit-learn and SciPy where they have the method."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from scipy.stats import binomtest, bootstrap
from sklearn.metrics import confusion_matrix as count_confusions
from sklearn.metrics import precision_recall_fscore_support

from models.card import ClassMetrics, Confusion, SplitMetrics
from models.cifar10_test import LABELS
from models.number import Interval, Number, Split
from models.repository import session_options

LEVEL = 0.95
RESAMPLES = 1000
SEED = 888
CALLS = 2000

Floats = NDArray[np.floating]
Integers = NDArray[np.int64]


def proportion(successes: int, n: int, split: Split, method: str, slice_: str | None = None) -> Number:
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


def overall(probabilities: Floats, labels: Integers, split: Split) -> SplitMetrics:
    """Accuracy, top-2 accuracy, NLL and Brier score of probabilities [N, 10] on true labels [N]."""
    n = len(labels)
    exact = probabilities.astype(np.float64)
    top2 = np.argsort(-exact, axis=1, kind="stable")[:, :2]
    squares = ((exact - np.eye(exact.shape[1])[labels]) ** 2).sum(axis=1)
    return SplitMetrics(
        accuracy=proportion(
            int((top2[:, 0] == labels).sum()), n, split, "share of images whose likeliest class is right"
        ),
        top2_accuracy=proportion(
            int((top2 == labels[:, None]).any(axis=1).sum()),
            n,
            split,
            "share with the right class among the likeliest two",
        ),
        nll=mean(
            negative_log_likelihoods(exact, labels), split, "mean negative log-likelihood of the right class, in nats"
        ),
        brier=mean(
            squares, split, "mean squared distance of the ten probabilities from the truth (Brier 1950), 0 to 2"
        ),
    )


def negative_log_likelihoods(probabilities: Floats, labels: Integers) -> Floats:
    """Of the right class of each image, in nats, float64 [N]."""
    true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    # Never exactly zero: the logarithm of a float32 that was rounded to zero would be infinite.
    surprise: Floats = -np.log(np.clip(true, np.finfo(np.float64).tiny, None))
    return surprise


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


def confusion(probabilities: Floats, labels: Integers) -> Integers:
    """Counts [10, 10]; rows are the truth."""
    return count(probabilities.argmax(axis=1), labels)


def count(answers: Integers, labels: Integers) -> Integers:
    """The same from answers [N]."""
    matrix: Integers = count_confusions(labels, answers, labels=range(len(LABELS)))
    return matrix


def per_class(probabilities: Floats, labels: Integers) -> dict[str, ClassMetrics]:
    """Precision, recall (Wilson) and F1 (bootstrap, as it is no proportion) of each class on the test split."""
    matrix = confusion(probabilities, labels)
    answers = probabilities.argmax(axis=1)
    random = np.random.default_rng(SEED)
    draws = np.stack([_f1(labels[i], answers[i]) for i in random.integers(0, len(labels), (RESAMPLES, len(labels)))])
    low, high = np.percentile(draws, [50 * (1 - LEVEL), 50 * (1 + LEVEL)], axis=0)
    f1 = _f1(labels, answers)
    measured = {}
    for i, label in enumerate(LABELS):
        hits = int(matrix[i, i])
        said, there = int(matrix[:, i].sum()), int(matrix[i].sum())
        measured[label] = ClassMetrics(
            precision=proportion(
                hits, said, "test", "share of answers of this class that are right", f"answer = {label}"
            ),
            recall=proportion(
                hits, there, "test", "share of this class's images that are recognised", f"class = {label}"
            ),
            f1=Number(
                value=float(f1[i]),
                ci=Interval(lower=low[i], upper=high[i], level=LEVEL, method=f"bootstrap, {RESAMPLES} resamples"),
                n=len(labels),
                split="test",
                slice=f"class = {label}",
                method="harmonic mean of precision and recall",
                status="measured",
            ),
        )
    return measured


def _f1(labels: Integers, answers: Integers) -> Floats:
    scores: Floats = precision_recall_fscore_support(labels, answers, labels=range(len(LABELS)), zero_division=0)[2]
    return scores


def confusions(probabilities: Floats, labels: Integers, indices: Integers, most: int = 8) -> list[Confusion]:
    """The most frequent mistakes on the test split, with example indices; automobile for bird is always among them."""
    matrix = confusion(probabilities, labels)
    np.fill_diagonal(matrix, 0)
    pairs = [divmod(int(flat), len(LABELS)) for flat in np.argsort(-matrix, axis=None, kind="stable")[:most]]
    seminar = (LABELS.index("automobile"), LABELS.index("bird"))
    if seminar not in pairs:
        pairs.append(seminar)
    answers = probabilities.argmax(axis=1)
    return [
        Confusion(
            truth=LABELS[truth],
            answer=LABELS[answer],
            count=int(matrix[truth, answer]),
            examples=indices[(labels == truth) & (answers == answer)][:5].tolist(),
        )
        for truth, answer in pairs
    ]


def prediction_time(content: bytes, image: NDArray[np.uint8]) -> Number:
    """Microseconds of one onnxruntime call for one image, uint8 [1, 32, 32, 3]: one thread, median of many calls."""
    session = ort.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])
    times = np.array([_microseconds(lambda: session.run(["probabilities"], {"image": image})) for _ in range(CALLS)])
    times = times[CALLS // 10 :]  # the first calls warm up
    low, high = np.percentile(times, [2.5, 97.5])
    return Number(
        value=float(np.median(times)),
        ci=Interval(lower=low, upper=high, level=LEVEL, method="2.5th and 97.5th percentile of the calls"),
        n=len(times),
        method="median of single-image calls of onnxruntime on one thread, in microseconds",
        status="measured",
    )


def _microseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e6

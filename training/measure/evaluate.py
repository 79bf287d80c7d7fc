"""Measures a model by its probabilities: how often it is right, of which class, and what it mixes up."""

import numpy as np

from models.card import ClassMetrics, Confusion, SplitMetrics
from models.cifar10_test import LABELS
from models.measurement import Interval, Number, Split
from training.measure.intervals import LEVEL, RESAMPLES, SEED, Floats, Integers, mean, proportion


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


def confusion(probabilities: Floats, labels: Integers) -> Integers:
    """Counts int64 [10, 10] of answers given as probabilities [N, 10]; rows are the truth."""
    return count(probabilities.argmax(axis=1), labels)


def count(answers: Integers, labels: Integers) -> Integers:
    """Counts int64 [10, 10] of answers [N] to images of true labels [N]; rows are the truth."""
    classes = len(LABELS)
    return np.bincount(labels * classes + answers, minlength=classes**2).reshape(classes, classes)


def per_class(probabilities: Floats, labels: Integers) -> dict[str, ClassMetrics]:
    """Precision, recall (Wilson) and F1 (bootstrap, as it is no proportion) of each class on the test split."""
    matrix, f1 = confusion(probabilities, labels), _f1_with_interval(probabilities.argmax(axis=1), labels)
    return {label: _class_metrics(i, matrix, f1[i]) for i, label in enumerate(LABELS)}


def _class_metrics(i: int, matrix: Integers, f1: Number) -> ClassMetrics:
    hits, said, there = int(matrix[i, i]), int(matrix[:, i].sum()), int(matrix[i].sum())
    return ClassMetrics(
        precision=proportion(
            hits, said, "test", "share of answers of this class that are right", f"answer = {LABELS[i]}"
        ),
        recall=proportion(
            hits, there, "test", "share of this class's images that are recognised", f"class = {LABELS[i]}"
        ),
        f1=f1,
    )


def f1_scores(matrix: Integers) -> Floats:
    """F1 of each class, float64 [10], from counts [10, 10]; 0 for a class that is neither there nor said."""
    hits, either = matrix.diagonal(), matrix.sum(axis=0) + matrix.sum(axis=1)
    scores: Floats = 2 * hits / np.maximum(either, 1)
    return scores


def _f1_with_interval(answers: Integers, labels: Integers) -> list[Number]:
    random = np.random.default_rng(SEED)
    n = len(labels)
    resamples = (random.integers(0, n, n) for _ in range(RESAMPLES))
    draws = [f1_scores(count(answers[chosen], labels[chosen])) for chosen in resamples]
    low, high = np.percentile(draws, [50 * (1 - LEVEL), 50 * (1 + LEVEL)], axis=0)
    return [
        Number(
            value=value,
            ci=Interval(lower=low[i], upper=high[i], level=LEVEL, method=f"bootstrap, {RESAMPLES} resamples"),
            n=n,
            split="test",
            slice=f"class = {LABELS[i]}",
            method="harmonic mean of precision and recall",
            status="measured",
        )
        for i, value in enumerate(f1_scores(count(answers, labels)).tolist())
    ]


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

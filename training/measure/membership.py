"""What a model gives away about the images that it learnt from: membership inference.

Two attacks: the loss threshold of Yeom et al. (2018), which takes an image for a member if the model's loss on it is
below the mean loss on members; and the likelihood-ratio attack of Carlini et al. (2022), offline, which compares how
sure the model is of an image's class with how sure models are that have not learnt from it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from models.evidence import Membership
from models.measurement import Interval, Number
from training.measure.intervals import LEVEL, RESAMPLES, SEED, Floats, Integers
from training.measure.out_of_distribution import auroc

FALSE = 0.01
_GUESSING = 0.5


@dataclass(frozen=True)
class Scores:
    """What is known of each training image (a member) and each test image (none), float32 each.

    Attributes:
        train_losses: negative log-likelihood of the right class, in nats, [N].
        test_losses: the same, [M].
        train_ratios: how much surer the model is than others, in their standard deviations, [N].
        test_ratios: the same, [M].
    """

    train_losses: NDArray[np.float32]
    test_losses: NDArray[np.float32]
    train_ratios: NDArray[np.float32]
    test_ratios: NDArray[np.float32]


def losses(logits: Floats, labels: Integers) -> NDArray[np.float32]:
    """Negative log-likelihood of the right class, in nats, float32 [N], from logits [N, 10] and labels [N]."""
    exact = logits.astype(np.float64)
    surprise: NDArray[np.float32] = (logsumexp(exact, axis=1) - exact[np.arange(len(labels)), labels]).astype(
        np.float32
    )
    return surprise


def sureness(logits: Floats, labels: Integers) -> Floats:
    """log(p / (1 - p)) of the right class's probability p, float64 [N]: about normal, unlike p itself."""
    exact = logits.astype(np.float64)
    rows = np.arange(len(labels))
    true = exact[rows, labels].copy()
    exact[rows, labels] = -np.inf
    result: Floats = true - logsumexp(exact, axis=1)
    return result


def ratios(target: Floats, others: Floats, chosen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How far the target is above others that have not learnt from an image, in standard deviations, float32 [N].

    Args:
        target: its sureness, [N].
        others: that of other models, [S, N].
        chosen: which of them have not learnt from each image, [S, N]; equally many of each.
    """
    n = chosen.sum(axis=0)
    mean = np.where(chosen, others, 0).sum(axis=0) / n
    # Few models see each image, so all images share one deviation (Carlini et al., section VI.C).
    deviation = np.sqrt((np.where(chosen, others - mean, 0) ** 2).sum() / (n - 1).sum())
    score: NDArray[np.float32] = ((target - mean) / deviation).astype(np.float32)
    return score


def one_of_each_pair(models: int, n: int) -> NDArray[np.bool_]:
    """Which models are asked about each of n images that none of them has learnt from, [models, n].

    About an image that half of them have learnt from, one of each pair is asked: the one that has not. Here one of each
    pair is drawn, for each image anew; the same ones for all would make a difference of their own, as models differ.
    """
    drawn = np.random.default_rng(SEED).integers(0, 2, (models // 2, n))
    asked = np.zeros((models, n), bool)
    asked[2 * np.arange(models // 2)[:, None] + drawn, np.arange(n)] = True
    return asked


def membership(scores: Scores, shadows: int) -> Membership:
    """What the two attacks come to.

    Args:
        scores: of each image.
        shadows: how many models the second one had.
    """
    accuracy = _loss_accuracy(scores.train_losses, scores.test_losses)
    likelihood = auroc(-scores.train_ratios, -scores.test_ratios)
    found = _found(scores)
    return Membership(
        loss_accuracy=accuracy,
        loss_auroc=_told_apart(scores.train_losses, scores.test_losses, "by the loss"),
        likelihood_auroc=_told_apart(-scores.train_ratios, -scores.test_ratios, "by the likelihood ratio"),
        likelihood_tpr=found,
        shadows=shadows,
        text=_text(accuracy, likelihood, found),
    )


def _told_apart(members: Floats, others: Floats, how: str) -> Number:
    method = f"AUROC: the chance that a training image is told from a test image {how}; 0.5 is guessing"
    return auroc(members, others).model_copy(update={"method": method})


def _loss_accuracy(members: Floats, others: Floats) -> Number:
    """Right guesses over as many members as others, at the mean loss of members."""

    def of(inside: Floats, outside: Floats) -> float:
        limit = inside.mean()
        return float(((inside <= limit).mean() + (outside > limit).mean()) / 2)

    random = np.random.default_rng(SEED)
    draws = [of(random.choice(members, len(members)), random.choice(others, len(others))) for _ in range(RESAMPLES)]
    low, high = np.percentile(draws, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Number(
        value=of(members, others),
        ci=Interval(lower=low, upper=high, level=LEVEL, method=f"bootstrap, {RESAMPLES} resamples"),
        n=len(members) + len(others),
        method="share of right guesses, half of them about training images, half about test images, by the loss "
        "(Yeom et al. 2018)",
        status="measured",
    )


def _found(scores: Scores) -> Number:
    """Members found where so few others are taken for one."""

    def of(inside: Floats, outside: Floats) -> float:
        limit = np.quantile(outside, 1 - FALSE)
        return float((inside > limit).mean())

    random = np.random.default_rng(SEED)
    members, others = scores.train_ratios, scores.test_ratios
    draws = [of(random.choice(members, len(members)), random.choice(others, len(others))) for _ in range(RESAMPLES)]
    low, high = np.percentile(draws, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Number(
        value=of(members, others),
        ci=Interval(lower=low, upper=high, level=LEVEL, method=f"bootstrap, {RESAMPLES} resamples"),
        n=len(members) + len(others),
        method=f"share of training images found where {FALSE * 100:g} % of the test images are taken for one, by the "
        "likelihood ratio (Carlini et al. 2022, offline)",
        status="measured",
    )


def _text(accuracy: Number, likelihood: Number, found: Number) -> str:
    nbsp = "\N{NO-BREAK SPACE}"
    value = accuracy.value or 0
    text = (
        f"A guess whether a picture was among its training images, by the loss alone, is right {100 * value:.1f}{nbsp}"
        f"% of the time, where tossing a coin is right 50{nbsp}%"
    )
    if accuracy.ci and accuracy.ci.lower <= _GUESSING <= accuracy.ci.upper:
        return f"{text}: no difference could be shown."
    text += (
        ". A second attack, which compares it with models trained on halves of the data, tells them apart with an "
        f"AUROC of {likelihood.value or 0:.2f} (0.5 is guessing); where it accuses 1{nbsp}% of the others it finds "
        f"{100 * (found.value or 0):.1f}{nbsp}% of the training images"
    )
    if found.ci and found.ci.lower <= FALSE:
        text += ", no more than guessing could"
    return f"{text}."

"""Pictures that show none of the ten classes: does the model notice?

Two scores are asked: the highest probability (Hendrycks & Gimpel, ICLR 2017) and the energy, -logsumexp of the logits
(Liu et al., "Energy-based Out-of-distribution Detection", NeurIPS 2020).
"""

from collections.abc import Callable

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image
from scipy.special import logsumexp
from scipy.stats import norm, rankdata
from sklearn.datasets import load_digits

from models.evidence import OutOfDistribution, Strangers
from models.number import Interval, Number
from training import evaluate, export
from training.evaluate import LEVEL, Floats

KEPT = 0.95
_SEED = 888
_EACH = 100
_SIDE = 32
_SCIKIT_IMAGE = "scikit-image's data (van der Walt et al. 2014)"


def measure(content: bytes, validation: Floats, test: Floats, threshold: float) -> OutOfDistribution:
    """How well a model's scores tell strangers from test images.

    Args:
        content: the bytes of model.onnx.
        validation: logits [N, 10] of the validation images, which the energy's threshold is chosen on.
        test: logits [N, 10] of the test images.
        threshold: from which probability on an answer is confident.
    """
    known = -_top(test), energy(test)
    sets = []
    for name, (description, source, make) in _SETS.items():
        logits, probabilities = export.run(content, make())
        strange = -_top(logits), energy(logits)
        n = len(logits)
        scores = [
            (_auroc(inside, outside), _fpr(inside, outside)) for inside, outside in zip(known, strange, strict=True)
        ]
        sets.append(
            Strangers(
                name=name,
                description=description,
                source=source,
                auroc_softmax=scores[0][0],
                fpr95_softmax=scores[0][1],
                auroc_energy=scores[1][0],
                fpr95_energy=scores[1][1],
                confident=Number.model_validate(
                    evaluate.proportion(
                        int((probabilities.max(axis=1) >= threshold).sum()),
                        n,
                        "test",
                        "share of them that get a confident answer",
                        name,
                    ).model_dump()
                    | {"split": None}
                ),
            )
        )
    return OutOfDistribution(energy_threshold=energy_threshold(validation), sets=sets)


def energy(logits: Floats) -> Floats:
    """-logsumexp of logits [N, 10]: low where the network finds much that it knows; float64 [N]."""
    energies: Floats = -logsumexp(logits.astype(np.float64), axis=1)
    return energies


def energy_threshold(validation: Floats) -> Number:
    """The energy that 95 % of the validation images, logits [N, 10], stay at or below."""
    return Number(
        value=float(np.quantile(energy(validation), KEPT)),
        n=len(validation),
        split="validation",
        method=f"the energy that {KEPT:.0%} of the images stay at or below",
        status="measured",
    )


def portrait() -> NDArray[np.uint8]:
    """The face of the astronaut Eileen Collins (NASA, public domain), uint8 [192, 192, 3]."""
    return np.ascontiguousarray(skimage.data.astronaut()[0:192, 128:320])


def _top(logits: Floats) -> Floats:
    exact = logits.astype(np.float64)
    top: Floats = np.exp(exact.max(axis=1) - logsumexp(exact, axis=1))
    return top


def _auroc(inside: Floats, outside: Floats) -> Number:
    """The chance that a stranger scores higher than a test image, with DeLong's interval (DeLong et al. 1988)."""
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
    measured = evaluate.proportion(
        int((outside <= limit).sum()),
        len(outside),
        "test",
        f"share of strangers taken for known where {KEPT:.0%} of the test images are",
    )
    return measured.model_copy(update={"split": None})


def _crops(names: tuple[str, ...]) -> NDArray[np.uint8]:
    """100 squares out of each picture, a third of its height and more, reduced to 32x32."""
    random = np.random.default_rng(_SEED)
    crops = []
    for name in names:
        picture = Image.fromarray(getattr(skimage.data, name)()).convert("RGB")
        least = min(picture.size) // 3
        for _ in range(_EACH):
            side = int(random.integers(least, min(picture.size) + 1))
            left, upper = (int(random.integers(0, whole - side + 1)) for whole in picture.size)
            box = (left, upper, left + side, upper + side)
            crops.append(np.asarray(picture.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS, box=box)))
    return np.stack(crops)


def _photographs() -> NDArray[np.uint8]:
    return _crops(("coffee", "coins", "hubble_deep_field", "immunohistochemistry", "moon", "page", "retina", "text"))


def _textures() -> NDArray[np.uint8]:
    return _crops(("brick", "grass", "gravel"))


def _digits() -> NDArray[np.uint8]:
    grey = [Image.fromarray((pixels * 255 / 16).astype(np.uint8)) for pixels in load_digits().images]
    return np.stack([np.asarray(each.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC).convert("RGB")) for each in grey])


def _noise() -> NDArray[np.uint8]:
    return np.random.default_rng(_SEED).integers(0, 256, (1000, _SIDE, _SIDE, 3), np.uint8)


_SETS: dict[str, tuple[str, str, Callable[[], NDArray[np.uint8]]]] = {
    "photographs": (
        "100 squares out of each of eight pictures: coffee, coins, galaxies, tissue, the moon, a retina, two pages of "
        "text. Squares of one picture are alike, so the intervals are too narrow.",
        _SCIKIT_IMAGE,
        _photographs,
    ),
    "textures": (
        "100 squares out of each of three: brick, grass, gravel. As alike as those.",
        _SCIKIT_IMAGE,
        _textures,
    ),
    "handwritten digits": (
        "1,797 digits of 8x8 pixels, enlarged.",
        "scikit-learn's load_digits (Alpaydin & Kaynak 1998)",
        _digits,
    ),
    "noise": ("1,000 pictures of random pixels.", "made here", _noise),
}

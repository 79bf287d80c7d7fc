"""What to beware of with one answer: what applies to this very picture, in words."""

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from typing_extensions import TypedDict

from models.card import Card
from models.evidence import LabelTrust
from service.images.preprocess import SIDE, Picture, is_grey

NBSP = "\N{NO-BREAK SPACE}"

Name = Literal[
    "below-threshold",
    "unreliable-label",
    "out-of-distribution",
    "not-square",
    "tiny",
    "grey",
    "animation",
    "closed-set",
]
# How often a confident answer may be wrong, by what the card calls an unreliable label: one time in ten.
_TOLERATED = 0.1

# From these proportions on, those of 35 mm film, a third of a picture or more is cut off, or it is squeezed as much.
_FAR_FROM_SQUARE = 1.5


class PredictionCaveat(TypedDict):
    """One thing to beware of with an answer."""

    name: Annotated[Name, Field(description="Which one it is, for programs.")]
    text: Annotated[str, Field(description="The same in words.")]


def _caveat(name: Name, text: str) -> PredictionCaveat:
    return {"name": name, "text": text}


_CLOSED_SET = _caveat(
    "closed-set", "The model can't say 'none of these': whatever a picture shows, it names one of its classes."
)
_CUT = _caveat("not-square", "The picture is far from square: only its middle was looked at (?fit=stretch: all).")
_SQUEEZED = _caveat("not-square", "The picture is far from square: it was squeezed, and things in it look misshapen.")
_TINY = _caveat("tiny", f"The picture has fewer pixels than the model looks at ({SIDE}x{SIDE}): it was enlarged.")
_GREY = _caveat("grey", "The picture has no colour, and the model goes by colour too.")
_ANIMATION = _caveat(
    "animation", "The file says that it holds several pictures (an animation): only the first was looked at."
)
_STRANGE = f"To the model the picture is stranger, by its energy, than 95{NBSP}% of the validation images"
_OUT_OF_DISTRIBUTION = _caveat("out-of-distribution", f"{_STRANGE}: it may show none of its classes.")
# A test image shows one of them, which is known.
_STRANGE_TEST_IMAGE = _caveat("out-of-distribution", f"{_STRANGE}.")


def of_picture(picture: Picture) -> list[PredictionCaveat]:
    """The caveats about a picture that was sent, whatever the model says of it."""
    found = []
    if max(picture.width, picture.height) >= _FAR_FROM_SQUARE * min(picture.width, picture.height):
        found.append(_SQUEEZED if picture.fit == "stretch" else _CUT)
    if min(picture.width, picture.height) < SIDE:
        found.append(_TINY)
    if picture.grey:
        found.append(_GREY)
    if picture.animated:
        found.append(_ANIMATION)
    found.append(_CLOSED_SET)
    return found


def of_test_image(pixels: NDArray[np.uint8]) -> list[PredictionCaveat]:
    """The caveats about a test image, uint8 [32, 32, 3]; that it shows one of the classes is known."""
    return [_GREY] if is_grey(pixels.tobytes()) else []


class ScoreCaveats:
    """The caveats that a model's scores give reason for, by its card."""

    def __init__(self, card: Card) -> None:
        limit = card.quantitative_analyses.out_of_distribution.energy_threshold.value
        # A card without a measured limit calls nothing out-of-distribution.
        self._limit = math.inf if limit is None else limit
        self._below_threshold = _caveat("below-threshold", _below_threshold(card))
        by_label = card.quantitative_analyses.label_thresholds
        trust = {each.label: each for each in by_label.labels}
        self._unreliable = {
            label: _caveat("unreliable-label", _unreliable(label, trust.get(label))) for label in by_label.unreliable
        }

    def of(self, label: str, energy: float, *, confident: bool, known: bool) -> list[PredictionCaveat]:
        """The caveats about an answer.

        Args:
            label: that it names.
            energy: the picture's (see `classifier.Scores`).
            confident: whether it is.
            known: whether the picture is known to show one of the classes.
        """
        found = [] if confident else [self._below_threshold]
        if confident and label in self._unreliable:
            found.append(self._unreliable[label])
        if energy > self._limit:
            found.append(_STRANGE_TEST_IMAGE if known else _OUT_OF_DISTRIBUTION)
        return found


def _below_threshold(card: Card) -> str:
    decision, splits = card.metrics.decision, card.quantitative_analyses.splits
    threshold, coverage, error = decision.threshold.value, decision.test_coverage.value, decision.test_error.value
    if threshold is None:
        return "The card of this model has no threshold for confident answers, so that none is."
    accuracy = splits["test"].accuracy.value if "test" in splits else None
    text = f"The probability is below the card's threshold of {threshold:.3f}."
    if accuracy is None or coverage is None or error is None or coverage == 1:
        return text
    wrong = (1 - accuracy - coverage * error) / (1 - coverage)
    return f"{text} Of such answers about the test images {_percent(wrong)} were wrong."


def _unreliable(label: str, trust: LabelTrust | None) -> str:
    """Why a confident answer of this label is worth less than others; it was found on the validation images."""
    wrong = trust.wrong_as_answer if trust else None
    if wrong is None or wrong.value is None:
        return f'Of the confident answers "{label}" about the validation images more than one in ten were wrong.'
    seen = f"{_percent(wrong.value)} were wrong (n = {wrong.n:,})".replace("n = ", f"n{NBSP}={NBSP}")
    if wrong.value > _TOLERATED:
        return (
            f'Of the confident answers "{label}" about the test images {seen}, more than the one in ten that the '
            "threshold is chosen for."
        )
    return (
        f'Of the confident answers "{label}" about the validation images more than one in ten were wrong; of those '
        f"about the test images {seen}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}{NBSP}%"

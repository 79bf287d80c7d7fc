"""What pairs of measurements say a trick is worth, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# What brings less than this in every profile, by its whole interval, is not worth its lines.
LEAST = 0.03
_LEAST_TEXT = f"{LEAST * 100:g} %"
_ERROR = 0.05
_RESAMPLES = 20_000


@dataclass(frozen=True)
class Figures:
    """What one turn of a load came to.

    Attributes:
        rate: good answers per second.
        p99: of their latency, in milliseconds.
    """

    rate: float
    p99: float


@dataclass(frozen=True)
class Worth:
    """A trick's worth in one column of the table.

    In answers it is rate with / rate without - 1, in latency p99 without / p99 with - 1: 0.1 is a tenth more answered
    with the trick, or a p99 that is a tenth longer without it.

    Attributes:
        median: over the pairs.
        lower: of its 95 % bootstrap interval.
        upper: of that.
        surely: the lower end of the interval that is corrected for the number of columns looked at (Bonferroni).
    """

    median: float
    lower: float
    upper: float
    surely: float

    def __str__(self) -> str:
        return f"{self.median:+.1%} ({self.lower:+.1%} to {self.upper:+.1%})".replace("%", " %")


def worth(ratios: NDArray[np.float64], looks: int) -> Worth:
    """The median of the pairs' ratios less one, with its intervals.

    Args:
        ratios: one for each pair.
        looks: how many such intervals a verdict is made from.
    """
    random = np.random.default_rng(0)
    medians = np.median(random.choice(ratios, (_RESAMPLES, len(ratios))), axis=1) - 1
    lower, upper, surely = np.quantile(medians, [_ERROR / 2, 1 - _ERROR / 2, _ERROR / looks / 2])
    return Worth(float(np.median(ratios)) - 1, float(lower), float(upper), float(surely))


def judge(found: Sequence[Worth]) -> str:
    """The verdict on a trick: `goes`, `stays`, or `uncertain, stays`."""
    if all(each.upper < LEAST for each in found):
        return "goes"
    return "stays" if any(each.surely > 0 for each in found) else "uncertain, stays"


def enough(rounds: int, looks: int) -> bool:
    """Whether so many pairs can show anything: fewer all fall on one side too often where there is no difference."""
    return 2.0 ** (1 - rounds) <= _ERROR / looks


def blind(control: Mapping[str, Worth]) -> str:
    """A sentence on what a run can tell, by what the control, worth nothing, seems to be worth in each column."""
    unseen = [name for name, each in control.items() if not -LEAST <= each.lower <= 0 <= each.upper <= LEAST]
    if not unseen:
        return f"The control's intervals all hold 0 and lie within {_LEAST_TEXT}: such a difference can be seen."
    return f"A difference of {_LEAST_TEXT} could not have been seen in: {'; '.join(unseen)} (see the control)."

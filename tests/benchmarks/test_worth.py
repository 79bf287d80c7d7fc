"""What the table of tricks makes of pairs whose worth is known."""

import numpy as np
import pytest

from benchmarks.worth import Worth, blind, judge, worth

LOOKS = 8


@pytest.mark.parametrize(("ratios", "verdict"), [
    ([1.01] * 12, "goes"),  # surely something, but less than 3 %
    ([0.9] * 12, "goes"),  # it harms
    ([1.2] * 12, "stays"),
    ([0.9, 1.1] * 6, "uncertain, stays"),
])  # fmt: skip
def test_the_verdict_follows_the_intervals(ratios: list[float], verdict: str) -> None:
    """A trick goes if all its intervals end below 3 %, stays if one surely begins above 0, and stays uncertain else."""
    nothing = worth(np.ones(12), LOOKS)
    assert judge([nothing, worth(np.array(ratios), LOOKS)]) == verdict


def test_one_lucky_column_of_eight_proves_nothing() -> None:
    """An interval above 0 that holds 0 once it is corrected for eight looks leaves a trick uncertain."""
    lucky = worth(np.array([0.94, 0.95, 1.02, 1.03, 1.04, 1.05, 1.05, 1.06, 1.06, 1.07, 1.07, 1.08]), LOOKS)
    assert lucky.surely < 0 < lucky.lower
    assert judge([lucky]) == "uncertain, stays"


def test_the_control_says_what_could_not_be_seen() -> None:
    """A control whose interval leaves 0 out or is wider than 3 % either way names its column; else a run can tell."""
    good = Worth(0.001, -0.02, 0.02, -0.03)
    assert "all hold 0" in blind({"a, p99": good})
    for bad in (Worth(0.02, 0.01, 0.025, 0.0), Worth(0.0, -0.05, 0.02, -0.1), Worth(0.0, -0.01, 0.04, -0.1)):
        sentence = blind({"a, p99": good, "b, p99": bad})
        assert "b, p99" in sentence
        assert "a, p99" not in sentence


def test_a_worth_is_printed_to_one_decimal() -> None:
    """The median stands before its interval, each as a percentage with its sign."""
    assert str(Worth(0.0261, -0.004, 0.1, -0.1)) == "+2.6 % (-0.4 % to +10.0 %)"

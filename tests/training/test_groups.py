"""What the missing-group experiment comes to, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.trial_records import Record, record
from training.card import groups
from training.card.verdicts import Change, bound, repair_verdict, verdict

CHANGE = Change(shifts=(0, 1, 2), images=10_000, group_images=1_000, recall=-0.4, accuracy=-0.031, others=0.01)
"""A group's 0.4 of recall are 0.04 of the accuracy; 0.9 x 0.01 = 0.009 of it came back from the others."""


def trials() -> list[Record]:
    """Whole data at 0.5; dogs cut to 0 at the cost of 0.1 of cats; repaired to 0.2, ship at 0.4."""
    found = []
    for shift in range(2):
        found += [record(0.5, shift=shift), record({"dog": 0.0, "cat": 0.4}, shift=shift, group="dog", share=0.1)]
        found.append(record({"dog": 0.2, "ship": 0.4}, shift=shift, group="dog", share=0.1, weighted=True))
    return [*found, record(0.9, shift=7), record(0.9, python=3)]


def test_mcnemar_by_hand() -> None:
    """0 won and 5 lost: two tails of 1/32; 1 and 3: (1 + 4) / 16 twice; evenly, or none at all: 1."""
    assert groups.mcnemar(0, 5) == pytest.approx(2 / 32)
    assert groups.mcnemar(1, 3) == pytest.approx(10 / 16)
    assert groups.mcnemar(4, 4) == groups.mcnemar(0, 0) == 1


def test_a_paired_difference_draws_whole_images() -> None:
    """Of 100 images 10 are lost and none won: -0.1, within what a binomial of 0.1 gives (SD 0.03)."""
    number = groups.paired(np.arange(100) < 40, np.arange(100) < 50, "difference")
    assert number.value == -0.1
    assert number.ci
    assert number.ci.lower == pytest.approx(-0.16, abs=0.015)
    assert number.ci.upper == pytest.approx(-0.04, abs=0.015)
    same = groups.paired(np.ones(9, bool), np.ones(9, bool), "difference")
    assert same.ci
    assert same.value == same.ci.lower == same.ci.upper == 0


def test_the_whole_datas_trainings_of_the_same_seeds_are_share_one() -> None:
    """Seeds moved by 7 and other initial weights have no kin among the cut ones, and don't count."""
    whole, cut, repaired = groups.group_runs(trials())
    assert [(run.share, run.repaired) for run in (whole, cut, repaired)] == [(1, False), (0.1, False), (0.1, True)]
    assert whole.shifts == cut.shifts == [0, 1]
    assert (whole.recalls, cut.recalls, repaired.recalls) == ([0.5, 0.5], [0, 0], [0.2, 0.2])
    assert cut.accuracies == pytest.approx([0.44, 0.44])  # 10 x 0.5, less 0.5 and 0.1, over 10
    assert cut.others.value == pytest.approx(4.4 / 9)


def test_a_comparison_by_hand() -> None:
    """500 dogs and 100 cats lost, none won, in each of two pairs: -0.5 of recall, -0.06 of all, -0.1/9 of others."""
    found = groups.comparison("seminar-cnn", trials(), "dog", 0.1, repaired=False)
    assert found.compared_with.startswith("seminar-cnn's recipe on the whole data")
    assert [(pair.shift, pair.gained, pair.lost) for pair in found.pairs] == [(0, 0, 600), (1, 0, 600)]
    pair = found.pairs[0]
    assert pair.p < 1e-100
    assert (pair.recall.value, pair.recall.n) == (-0.5, 1000)
    assert (pair.accuracy.value, pair.accuracy.n) == (-0.06, 10_000)
    assert pair.others.value == pytest.approx(-0.1 / 9)
    assert pair.others.n == 9000
    assert "by itself costs the accuracy 5.0 points" in found.bound
    assert found.bound.endswith("whose accuracy fell by 1.1 points, cost it 1.0 points of that.")
    assert "(shifts 0 and 1, n = 2)" in found.verdict


def test_a_repair_is_compared_with_the_unrepaired() -> None:
    """Recall 0.2 instead of 0; cats win back 0.1, ships lose 0.1: the accuracy rises by 0.02."""
    found = groups.comparison("seminar-cnn", trials(), "dog", 0.1, repaired=True)
    assert "wins back 20.0 points of recall and costs nothing: the accuracy rose by 2.0 points." in found.verdict
    assert "kind fell by 30.0 points and the accuracy fell by 4.0 points." in found.verdict


def test_what_was_not_tried_is_not_compared() -> None:
    """No trial of that share, or no unrepaired one beside a repaired: an error each."""
    with pytest.raises(ValueError, match="No trial with"):
        groups.comparison("seminar-cnn", trials(), "dog", 0.5, repaired=False)
    alone = [record(0.5), record(0.4, group="dog", share=0.1, weighted=True)]
    with pytest.raises(ValueError, match="unrepaired"):
        groups.comparison("seminar-cnn", alone, "dog", 0.1, repaired=True)


def test_the_bound_says_who_moved_the_average() -> None:
    """The others won back, cost, added or had no part, as the numbers have it; recall that rose can't cost."""
    assert "fell by 40.0 points, which by itself costs the accuracy 4.0 points" in bound("dog", CHANGE)
    assert bound("dog", CHANGE).endswith("rose by 1.0 points, won back 0.9 points.")
    assert bound("dog", replace(CHANGE, others=-0.02)).endswith("fell by 2.0 points, cost it 1.8 points of that.")
    assert bound("dog", replace(CHANGE, others=0.0)).endswith("next to no part in it.")
    risen = bound("dog", replace(CHANGE, recall=0.1, accuracy=0.019))
    assert "by itself adds 1.0 points" in risen
    assert risen.endswith("added 0.9 points.")


def test_the_verdict_says_what_the_average_shows() -> None:
    """0.031 of 0.4 is 8 %; an average that stands shows nothing; one that falls as far hides nothing."""
    text = verdict("dog", 0.1, CHANGE, [0.01, 0.2, 0.04])
    assert "sees 8\N{NO-BREAK SPACE}% of it" in text
    assert "p < 0.05 in 2 of 3 pairs" in text
    assert "(shifts 0, 1 and 2, n = 3)" in text
    assert "shows nothing of it: it did not move" in verdict("dog", 0.1, replace(CHANGE, accuracy=0.0), [])
    assert "hides nothing" in verdict("dog", 0.1, replace(CHANGE, accuracy=-0.4), [])
    assert "lost nothing: its recall rose by 1.0 points" in verdict("dog", 0.1, replace(CHANGE, recall=0.01), [])


@pytest.mark.parametrize(
    ("recall", "accuracy", "said"),
    [
        (0.0, -0.01, "wins back nothing"),
        (-0.1, 0.01, "wins back nothing"),
        (0.1, 0.01, "costs nothing"),
        (0.1, -0.12, "is not worth it"),
        (0.1, -0.02, "in all 200 more images are wrong"),
    ],
)
def test_the_verdict_on_a_repair(recall: float, accuracy: float, said: str) -> None:
    """Recall won against accuracy lost: nothing won, nothing lost, more lost than won, or 0.02 of 10,000 images."""
    change = replace(CHANGE, recall=recall, accuracy=accuracy)
    text = repair_verdict("dog", 0.01, {0.01: change}, CHANGE)
    outcomes = ("wins back nothing", "costs nothing", "is not worth it", "more images are wrong")
    assert [outcome for outcome in outcomes if outcome in text] == [each for each in outcomes if each in said]
    assert said in text


def test_the_models_own_share_comes_first() -> None:
    """Of two repaired shares the model's own is told before the other."""
    text = repair_verdict("dog", 0.1, {0.01: CHANGE, 0.1: CHANGE}, CHANGE)
    assert text.index("At 10\N{NO-BREAK SPACE}%") < text.index("At 1\N{NO-BREAK SPACE}%")

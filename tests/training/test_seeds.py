"""The spread over seeds, and what is said of it."""

import pytest

from models.measurement import Number
from models.trials import SeedSpread
from tests.training.trial_records import Record, record
from training.card import seeds
from training.recipe import PYTHON_SEEDS, SEEDS


def ends(number: Number) -> list[float]:
    assert number.ci
    return [number.ci.lower, number.ci.upper]


def spread(*accuracies: float) -> SeedSpread:
    """Of trainings with these test accuracies, the shipped one's first."""
    return seeds.seed_spread([record(accuracy, shift=shift) for shift, accuracy in enumerate(accuracies)])


def candidates(nearest: int) -> list[Record]:
    """All candidates; one fits exactly what the seminar reports."""
    return [record(0.6, python=each, fit=(7, 0.65 if each == nearest else 0.6, 1.092)) for each in PYTHON_SEEDS]


def test_epochs_come_before_accuracy_and_accuracy_before_loss() -> None:
    """The seminar's 7 epochs, 65 %, 1.092: 7 epochs at 60 % are nearer than 8 at 65 %; at 7, 64 % beats 63 %."""
    eight = record(0.6, python=3, fit=(8, 0.65, 1.092))
    poor = record(0.6, python=4, fit=(7, 0.60, 1.3))
    better, best = record(0.6, python=5, fit=(7, 0.63, 1.092)), record(0.6, python=6, fit=(7, 0.64, 1.3))
    assert seeds.chosen([eight, poor]) == 4
    assert seeds.chosen([eight, poor, better, best]) == 6
    assert seeds.chosen([best, record(0.6, python=9, fit=(7, 0.64, 1.2))]) == 9


def test_the_shipped_seed_must_be_the_nearest() -> None:
    """With all candidates there the choice is told; another nearest than the shipped one is an error."""
    choice = seeds.seed_spread(candidates(SEEDS.python)).choice
    assert choice.startswith("Chosen among Python seeds 0-15")
    assert "16 of the 16 took as many epochs" in choice
    assert "the test images had no part in it" in choice
    with pytest.raises(ValueError, match="Python seed 3 comes nearest"):
        seeds.seed_spread(candidates(3))


def test_a_choice_with_candidates_missing_is_not_claimed() -> None:
    """With one of 16 candidates there, it is said that the choice can't be shown."""
    assert "can't be shown: of the 16 candidates 15 are not" in spread(0.6, 0.7).choice


def test_without_the_shipped_training_there_is_no_spread() -> None:
    """Its seeds moved, but not the training itself: an error."""
    with pytest.raises(ValueError, match="is not among the trials"):
        seeds.seed_spread([record(0.6, shift=1)])


def test_the_mean_and_the_next_training_leave_the_chosen_seed_out() -> None:
    """Others at 0.5, 0.6, 0.7: mean 0.6, SD 0.1, t(2) = 4.3027.

    The mean's interval reaches 4.3027 x 0.1 / √3 = 0.2484, one training's 4.3027 x 0.1 x √(4/3) = 0.4968.
    """
    found = spread(0.9, 0.5, 0.6, 0.7)
    mean, one = seeds.accuracy_spread(found), seeds.next_training(found)
    assert mean.n == one.n == 3
    assert mean.value == one.value == pytest.approx(0.6)
    assert ends(mean) == pytest.approx([0.3516, 0.8484], abs=1e-4)
    assert ends(one) == pytest.approx([0.1032, 1.0968], abs=1e-4)
    assert "standard deviation 0.1000, from 0.5000 to 0.7000" in mean.method


def test_where_the_shipped_one_lies_is_said() -> None:
    """Others at 0.59, 0.60, 0.61 predict 0.5503 to 0.6497: 0.9 lies above, 0.1 below, 0.6 inside."""
    for shipped, where in ((0.9, "lies above it"), (0.1, "lies below it"), (0.6, "lies inside")):
        assert seeds.next_training(spread(shipped, 0.59, 0.60, 0.61)).method.endswith(where)


def test_one_other_training_gives_no_interval() -> None:
    """A spread needs two: with one other training neither number is measured."""
    found = spread(0.6, 0.7)
    assert seeds.accuracy_spread(found).status == seeds.next_training(found).status == "not_measured"


def test_who_is_worst_and_the_gap() -> None:
    """Dog at 0.2, then cat at 0.3, then both at 0.1, best always 0.5: gaps 0.3, 0.2, 0.4, each worst twice."""
    found = seeds.seed_spread(
        [record({"dog": 0.2}), record({"cat": 0.3}, shift=1), record({"dog": 0.1, "cat": 0.1}, shift=2)]
    )
    assert found.gaps == pytest.approx([0.3, 0.2, 0.4])
    assert found.gap.value == pytest.approx(0.3)
    assert ends(found.gap) == pytest.approx([0.3 - 0.2484, 0.3 + 0.2484], abs=1e-4)
    assert [found.classes[label].times_worst for label in ("dog", "cat", "ship")] == [2, 2, 0]
    dog = found.classes["dog"]
    assert dog.recall.value == pytest.approx(0.8 / 3)
    assert (dog.lowest, dog.highest) == (0.1, 0.5)
    lesson = seeds.lesson(found)
    assert lesson.startswith("Who is worst depends on the seed: over 3 trainings")
    assert "dog in 2 of 3, cat in 2 (equals counted for each)" in lesson
    assert "in the shipped one, which is among them, dog." in lesson
    assert "was 20.0 to 40.0 points in all of them." in lesson


def test_a_class_that_is_always_worst_is_said_not_to_depend_on_the_seed() -> None:
    """Dog at 0.2 in both of two trainings, and where only the initial weights differ too."""
    trials = [record({"dog": 0.2}), record({"dog": 0.2}, shift=1), record({"dog": 0.3}, python=2)]
    lesson = seeds.lesson(seeds.seed_spread(trials))
    assert "depends" not in lesson
    assert lesson.startswith("In all 2 trainings, each with other seeds, the worst class was dog. The gap")
    assert lesson.endswith("Where only the initial weights differed, the worst was dog in all 2.")


def test_one_training_says_nothing_of_other_seeds() -> None:
    """The shipped training alone: its worst class, and that nothing is known of others."""
    assert "nothing is known of other seeds" in seeds.lesson(seeds.seed_spread([record({"dog": 0.2})]))


def test_equal_values_have_no_interval() -> None:
    """Three trainings that came to the same say nothing of how far the next may lie."""
    assert seeds.over_trainings([0.0, 0.0, 0.0], "mean").ci is None

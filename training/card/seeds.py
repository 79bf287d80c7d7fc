"""What trainings with other seeds show: how the shipped seed was chosen, and how far figures depend on the seed."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from models.cifar10_test import LABELS
from models.measurement import Interval, Number, Split
from models.trials import ClassSpread, SeedRun, SeedSpread
from training.card import words
from training.card.records import Record, Records, answers, candidates, fit, moved_seeds, test_labels
from training.measure import evaluate, intervals
from training.measure.intervals import LEVEL
from training.recipe import PYTHON_SEEDS, REPORTED, SEEDS, Fit


def chosen(records: Records) -> int:
    """The Python seed whose candidate comes nearest to what the seminar reports; of equals the lowest.

    Raises:
        ValueError: there is no candidate.
    """
    nearest: int = min((REPORTED.distance(fit(each)), each["trial"]["python"]) for each in candidates(records))[1]
    return nearest


def seed_spread(records: Records) -> SeedSpread:
    """The spread over seeds, of all trials of the whole recipe among the records.

    Raises:
        ValueError: the shipped training is not among them, or all candidates are and another seed is the nearest.
    """
    tried, moved = candidates(records), moved_seeds(records)
    if not moved or moved[0]["trial"]["shift"]:
        raise ValueError(f"The training that is shipped (Python seed {SEEDS.python}) is not among the trials.")
    runs = [_run(record) for record in moved]
    gaps = [max(run.recalls.values()) - min(run.recalls.values()) for run in runs]
    return SeedSpread(
        runs=runs,
        candidates=[_run(record) for record in tried],
        choice=_choice(tried),
        classes={label: _class(label, runs) for label in LABELS},
        gap=over_trainings(gaps, "best minus worst recall of a training; mean over all trainings, the shipped one too"),
        gaps=gaps,
    )


def accuracy_spread(spread: SeedSpread) -> Number:
    """Mean test accuracy over the other trainings, without the chosen seed's, with Student's t interval."""
    values = _others(spread)
    method = "mean test accuracy of the trainings with all three seeds moved; the shipped one, chosen, is left out"
    if len(values) < 2:
        return intervals.unmeasured(method, "It takes at least two other trainings.")
    found = f"standard deviation {np.std(values, ddof=1):.4f}, from {min(values):.4f} to {max(values):.4f}"
    return over_trainings(values, f"{method}; {found}")


def next_training(spread: SeedSpread) -> Number:
    """Where the test accuracy of one new training will lie: mean ± t s √(1 + 1/n), of n others without the chosen."""
    values = _others(spread)
    method = "mean test accuracy of the other trainings; the interval is one for a single new training"
    if len(values) < 2:
        return intervals.unmeasured(method, "It takes at least two other trainings.")
    n, mean, deviation = len(values), float(np.mean(values)), float(np.std(values, ddof=1))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * deviation * float(np.sqrt(1 + 1 / n))
    lower, upper, shipped = mean - reach, mean + reach, spread.runs[0].test_accuracy.value or 0
    where = "lies below it" if shipped < lower else "lies above it" if shipped > upper else "lies inside"
    return Number(
        value=mean,
        ci=Interval(lower=lower, upper=upper, level=LEVEL, method="prediction interval, Student's t, if normal"),
        n=n,
        split="test",
        method=f"{method}, not of the mean; the shipped one ({words.share(shipped)}), left out of it, {where}",
        status="measured",
    )


def lesson(spread: SeedSpread) -> str:
    """Whether it depends on the seed which class is worst, in words for the summary."""
    runs, n, shipped = spread.runs, len(spread.runs), " and ".join(worst(spread.runs[0]))
    low, high = (f"{100 * end(spread.gaps):.1f}" for end in (min, max))
    gap = f"{low} points" if low == high else f"{low} to {high} points"
    among = {label for run in runs for label in worst(run)}
    if n == 1:
        text = f"In the one training there is, the worst class was {shipped}: nothing is known of other seeds."
    elif len(among) == 1:
        text = f"In all {n} trainings, each with other seeds, the worst class was {shipped}."
    else:
        text = (
            f"Who is worst depends on the seed: over {n} trainings, each with other seeds, the worst class was "
            f"{_counted(runs)}; in the shipped one, which is among them, {shipped}."
        )
    text += f" The gap between the best and the worst class was {gap}{' in all of them' if n > 1 else ''}."
    if len(spread.candidates) > 1:
        text += f" Where only the initial weights differed, the worst was {_counted(spread.candidates)}."
    return text


def worst(run: SeedRun) -> list[str]:
    """The class that no other has a lower recall than; more than one where they are equal."""
    lowest = min(run.recalls.values())
    return [label for label, recall in run.recalls.items() if recall == lowest]


def over_trainings(values: Sequence[float], method: str, slice_: str | None = None, split: Split = "test") -> Number:
    """A mean over trainings with Student's t interval, kept within 0 and 1; none where all are the same."""
    n, mean = len(values), float(np.mean(values))
    ci = None
    if n > 1 and len(set(values)) > 1:
        reach = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * float(np.std(values, ddof=1)) / float(np.sqrt(n))
        how = "Student's t over the trainings" + (", cut off at 0 and 1" if mean < reach or mean + reach > 1 else "")
        ci = Interval(lower=max(mean - reach, 0), upper=min(mean + reach, 1), level=LEVEL, method=how)
    return Number(value=mean, ci=ci, n=n, split=split, slice=slice_, method=method, status="measured")


def _run(record: Record) -> SeedRun:
    validation, trial = np.array(record["validation_confusion_matrix"]), record["trial"]
    matrix = evaluate.count(answers(record), test_labels())
    shares = (matrix.diagonal() / matrix.sum(axis=1)).tolist()
    recalls = dict(zip(LABELS, shares, strict=True))
    right = "share of images whose likeliest class is right"
    return SeedRun(
        python_seed=trial["python"] + trial["shift"],
        shift=trial["shift"],
        epochs=fit(record).epochs,
        validation_accuracy=intervals.proportion(int(validation.trace()), int(validation.sum()), "validation", right),
        validation_loss=fit(record).validation_loss,
        test_accuracy=intervals.proportion(int(matrix.trace()), int(matrix.sum()), "test", right),
        recalls=recalls,
        worst=min(recalls, key=lambda label: recalls[label]),
    )


def _class(label: str, runs: list[SeedRun]) -> ClassSpread:
    recalls = [run.recalls[label] for run in runs]
    return ClassSpread(
        recall=over_trainings(
            recalls,
            "mean recall over all trainings with all three seeds moved, the shipped one too",
            f"class = {label}",
        ),
        deviation=float(np.std(recalls, ddof=1)) if len(recalls) > 1 else 0.0,
        lowest=min(recalls),
        highest=max(recalls),
        times_worst=sum(label in worst(run) for run in runs),
    )


def _choice(tried: Records) -> str:
    seeds = {record["trial"]["python"] for record in tried}
    shipped = next(fit(record) for record in tried if record["trial"]["python"] == SEEDS.python)
    if missing := set(PYTHON_SEEDS) - seeds:
        return (
            f"Python seed {SEEDS.python}. How it was chosen can't be shown: of the {len(PYTHON_SEEDS)} candidates "
            f"{len(missing)} are not among the trials."
        )
    nearest = chosen(tried)
    if nearest != SEEDS.python:
        raise ValueError(f"Python seed {nearest} comes nearest to the seminar's run, yet {SEEDS.python} is shipped.")
    same = sum(fit(record).epochs == shipped.epochs for record in tried)
    return (
        f"Chosen among Python seeds {min(PYTHON_SEEDS)}-{max(PYTHON_SEEDS)}, from which Keras draws the initial "
        f"weights, as the one whose training comes nearest to what the seminar reports ({_told(REPORTED)}): by "
        f"epochs first, then validation accuracy, then validation loss. It came to {_told(shipped)}; {same} of the "
        f"{len(PYTHON_SEEDS)} took as many epochs. Only validation figures chose; the test images had no part in it. "
        "What another training would come to, the spread over seeds says, not this one."
    )


def _told(run: Fit) -> str:
    return (
        f"{run.epochs} epochs, validation accuracy {words.share(run.validation_accuracy)}, "
        f"loss {run.validation_loss:.3f}"
    )


def _others(spread: SeedSpread) -> list[float]:
    return [run.test_accuracy.value or 0 for run in spread.runs if run.shift]


def _counted(runs: list[SeedRun]) -> str:
    labels = [label for run in runs for label in worst(run)]
    times = sorted(((labels.count(label), label) for label in dict.fromkeys(labels)), key=lambda each: -each[0])
    (most, first), *rest = times
    if not rest:
        return f"{first} in all {len(runs)}"
    text = ", ".join([f"{first} in {most} of {len(runs)}", *(f"{label} in {count}" for count, label in rest)])
    return text + (" (equals counted for each)" if len(labels) > len(runs) else "")

"""What trainings with most of a class taken away show, each beside its kin: whole data, the same seeds."""

from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from models.cifar10_test import LABELS
from models.measurement import Interval, Number
from models.trials import Comparison, GroupRun, Pair
from training.card import words
from training.card.records import Records, answers, moved_seeds, test_labels
from training.card.seeds import over_trainings
from training.card.verdicts import Change, bound, repair_verdict, verdict
from training.measure.intervals import LEVEL, RESAMPLES, SEED

Booleans = NDArray[np.bool_]


def group_runs(records: Records) -> list[GroupRun]:
    """The trials with a class cut down, one entry for each class, share and repair; share 1 is that of their kin."""
    cut = sorted((record["trial"] for record in records if record["trial"]["group"]), key=_kind)
    runs = []
    for group, trials in groupby(cut, key=lambda trial: str(trial["group"])):
        kinds = dict.fromkeys((float(trial["share"]), bool(trial["weighted"])) for trial in trials)
        parts = {kind: _right(records, group, *kind) for kind in kinds}
        shifts = {shift for part in parts.values() for shift in part}
        whole = {shift: right for shift, right in _whole(records).items() if shift in shifts}
        if whole:
            parts = {(1.0, False): whole} | parts
        runs += [_group_run(group, share, part, repaired=repaired) for (share, repaired), part in parts.items()]
    return runs


def comparison(name: str, records: Records, group: str, share: float, *, repaired: bool) -> Comparison:
    """A model that misses most of a class, over all its trainings, against its kin.

    Args:
        name: of the model trained on the whole data.
        records: of the trials.
        group: the class that was cut down.
        share: how much of it was left.
        repaired: whether the loss counted what was left for as much as was taken away.

    Raises:
        ValueError: no such trial has its kin, or (of a repaired one) its unrepaired kin, among the records.
    """
    here, whole = _right(records, group, share, repaired), _whole(records)
    shifts = sorted(here.keys() & whole.keys())
    if not shifts:
        raise ValueError(f"No trial with {share:g} of {group} has one on the whole data with its seeds beside it.")
    pairs = [_pair(shift, here[shift], whole[shift], group) for shift in shifts]
    change = _change(here, whole, group)
    if repaired:
        shares = [share, *(other for other in _repaired_shares(records, group) if other != share)]
        repairs = {each: _repair(records, group, each) for each in shares}
        text = repair_verdict(group, share, {each: found for each, found in repairs.items() if found}, change)
    else:
        text = verdict(group, share, change, [pair.p for pair in pairs])
    seeds = words.listed(map(str, shifts))
    return Comparison(
        compared_with=f"{name}'s recipe on the whole data, in each pair with the same three seeds (shifts {seeds})",
        pairs=pairs,
        bound=bound(group, change),
        verdict=text,
    )


def mcnemar(gained: int, lost: int) -> float:
    """McNemar's exact test, two-sided (McNemar 1947): whether answers that one of two gets right fall evenly."""
    return float(stats.binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def paired(first: Booleans, second: Booleans, method: str, slice_: str | None = None) -> Number:
    """The difference of two shares of right answers to the same images, both [N], with its bootstrap interval.

    Whole images are drawn, so that pairs stay together. All that counts of one is whether only the first, only the
    second, or both or none got it right: to draw N images is to draw these three counts.
    """
    n, gained, lost = len(first), int((first & ~second).sum()), int((~first & second).sum())
    draws = np.random.default_rng(SEED).multinomial(n, [gained / n, lost / n, (n - gained - lost) / n], RESAMPLES)
    low, high = np.percentile((draws[:, 0] - draws[:, 1]) / n, [50 * (1 - LEVEL), 50 * (1 + LEVEL)]).tolist()
    return Number(
        value=(gained - lost) / n,
        ci=Interval(lower=low, upper=high, level=LEVEL, method=f"paired bootstrap over images, {RESAMPLES} resamples"),
        n=n,
        split="test",
        slice=slice_,
        method=method,
        status="measured",
    )


def _kind(trial: dict[str, object]) -> tuple[str, float, bool]:
    return str(trial["group"]), -float(str(trial["share"])), bool(trial["weighted"])


def _right(records: Records, group: str, share: float, repaired: bool) -> dict[int, Booleans]:
    wanted = (group, share, repaired)
    trials = [each for each in records if tuple(each["trial"][key] for key in ("group", "share", "weighted")) == wanted]
    return {each["trial"]["shift"]: answers(each) == test_labels() for each in trials}


def _whole(records: Records) -> dict[int, Booleans]:
    return {each["trial"]["shift"]: answers(each) == test_labels() for each in moved_seeds(records)}


def _of(group: str) -> Booleans:
    is_group: Booleans = test_labels() == LABELS.index(group)
    return is_group


def _group_run(group: str, share: float, right: dict[int, Booleans], *, repaired: bool) -> GroupRun:
    shifts, inside = sorted(right), _of(group)
    recalls = [float(right[shift][inside].mean()) for shift in shifts]
    accuracies = [float(right[shift].mean()) for shift in shifts]
    others = [float(right[shift][~inside].mean()) for shift in shifts]
    return GroupRun(
        group=group,
        share=share,
        repaired=repaired,
        shifts=shifts,
        recall=over_trainings(recalls, "mean recall over the trainings", f"class = {group}"),
        recalls=recalls,
        accuracy=over_trainings(accuracies, "mean accuracy over the trainings"),
        accuracies=accuracies,
        others=over_trainings(others, "mean accuracy over the trainings", f"class not {group}"),
    )


def _pair(shift: int, here: Booleans, kin: Booleans, group: str) -> Pair:
    inside, gained, lost = _of(group), int((here & ~kin).sum()), int((~here & kin).sum())
    return Pair(
        shift=shift,
        gained=gained,
        lost=lost,
        p=mcnemar(gained, lost),
        accuracy=paired(here, kin, "accuracy minus that on the whole data"),
        recall=paired(here[inside], kin[inside], "recall minus that on the whole data", f"class = {group}"),
        others=paired(here[~inside], kin[~inside], "accuracy minus that on the whole data", f"class not {group}"),
    )


def _change(here: dict[int, Booleans], kin: dict[int, Booleans], group: str) -> Change:
    shifts, inside = sorted(here.keys() & kin.keys()), _of(group)
    moved = np.array([here[shift].astype(float) - kin[shift] for shift in shifts])
    return Change(
        shifts=tuple(shifts),
        images=len(inside),
        group_images=int(inside.sum()),
        recall=float(moved[:, inside].mean()),
        accuracy=float(moved.mean()),
        others=float(moved[:, ~inside].mean()),
    )


def _repaired_shares(records: Records, group: str) -> list[float]:
    trials = [record["trial"] for record in records if record["trial"]["group"] == group]
    return sorted({float(trial["share"]) for trial in trials if trial["weighted"]})


def _repair(records: Records, group: str, share: float) -> Change | None:
    repaired, unrepaired = (_right(records, group, share, weighted) for weighted in (True, False))
    return _change(repaired, unrepaired, group) if repaired.keys() & unrepaired.keys() else None

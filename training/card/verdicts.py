"""What the missing-group experiment comes to, in sentences that its numbers give."""

from dataclasses import dataclass

from training.card import words

UNMOVED = 0.0005
"""A share that changed by less than this, half of the tenth of a point that is written, is said not to have moved."""


@dataclass(frozen=True)
class Change:
    """Mean differences between two kinds of trainings with the same seeds, on the same test images.

    Attributes:
        shifts: of the seeds, one for each pair.
        images: how many test images there are.
        group_images: how many of them are the group's.
        recall: difference of the group's recalls, as a share.
        accuracy: difference of the accuracies over all images.
        others: difference of the accuracies over the images of the other classes.
    """

    shifts: tuple[int, ...]
    images: int
    group_images: int
    recall: float
    accuracy: float
    others: float

    @property
    def matched(self) -> str:
        """Which trainings it is the mean of."""
        if len(self.shifts) == 1:
            return f"one pair of trainings with the same seeds (shift {self.shifts[0]}, n = 1)"
        seeds = words.listed(map(str, self.shifts))
        return f"{len(self.shifts)} pairs of trainings with the same seeds (shifts {seeds}, n = {len(self.shifts)})"


def moved(value: float) -> str:
    """What became of a figure, such as 'fell by 2.1 points'."""
    if abs(value) < UNMOVED:
        return "did not move"
    return f"{'rose' if value > 0 else 'fell'} by {words.points(value)}"


def bound(group: str, change: Change) -> str:
    """Why the average falls by so little: what a group can cost it, and what came from the other classes."""
    weight = change.group_images / change.images
    own, rest = weight * change.recall, (1 - weight) * change.others
    text = (
        f"{change.group_images:,} of the {change.images:,} test images are of the group '{group}', "
        f"{words.share(weight, 0)}: x points of its recall are x/{1 / weight:g} points of the accuracy. "
        f"Over {change.matched} its recall {moved(change.recall)}"
    )
    if change.recall <= -UNMOVED:
        text += f", which by itself costs the accuracy {words.points(own)} and can't cost it more"
    elif change.recall >= UNMOVED:
        text += f", which by itself adds {words.points(own)} to the accuracy"
    text += f". The accuracy {moved(change.accuracy)}: "
    if abs(rest) < UNMOVED:
        return text + "the other classes have next to no part in it."
    if rest < 0:
        return text + f"the other classes, whose accuracy {moved(change.others)}, cost it {words.points(rest)} of that."
    won = "won back" if own < 0 else "added"
    return text + f"the other classes, whose accuracy {moved(change.others)}, {won} {words.points(rest)}."


def verdict(group: str, share: float, change: Change, p: list[float]) -> str:
    """What the average shows of what a group lost, and whether the pairs differ by more than chance.

    Args:
        group: the class that was cut down.
        share: how much of it was left.
        change: against the whole data.
        p: of McNemar's test, one for each pair.
    """
    start = f"With {words.share(share, 0)} of {group} left, over {change.matched}, "
    if change.recall > -UNMOVED:
        text = f"the group lost nothing: its recall {moved(change.recall)}, the accuracy {moved(change.accuracy)}."
    elif change.accuracy > -UNMOVED:
        text = (
            f"{group} lost {words.points(change.recall)} of recall, and the average shows nothing of it: it "
            f"{moved(change.accuracy)}."
        )
    elif change.accuracy <= change.recall:
        text = (
            f"{group} lost {words.points(change.recall)} of recall and the accuracy {words.points(change.accuracy)}: "
            "here the average hides nothing."
        )
    else:
        text = (
            f"{group} lost {words.points(change.recall)} of recall, the accuracy {words.points(change.accuracy)}: who "
            f"looks at the average sees {words.share(change.accuracy / change.recall, 0)} of it."
        )
    below = sum(each < 0.05 for each in p)
    return start + text + f" McNemar's exact test has p < 0.05 in {below} of {len(p)} pairs."


def repair_verdict(group: str, share: float, repairs: dict[float, Change], whole: Change) -> str:
    """What class weights win and cost against the same trainings without them.

    Args:
        group: the class that was cut down.
        share: how much of it was left in this model.
        repairs: by share, against the unrepaired trainings with that share and the same seeds.
        whole: this model against the whole data.

    Raises:
        ValueError: this share has no unrepaired training among them.
    """
    if share not in repairs:
        raise ValueError(f"No repaired trial with {share:g} of {group} has an unrepaired one with its seeds beside it.")
    found = [_repair(each, change) for each, change in sorted(repairs.items(), key=lambda item: item[0] != share)]
    return (
        f"Compared are the recall of {group} and the accuracy over all images, with the repair and without it, as "
        f"means over {repairs[share].matched}. {' '.join(found)} Against the whole data, the recall of this model's "
        f"kind {moved(whole.recall)} and the accuracy {moved(whole.accuracy)}."
    )


def _repair(share: float, change: Change) -> str:
    at, net = f"At {words.share(share, 0)}", round(abs(change.accuracy) * change.images)
    if change.recall < UNMOVED:
        accuracy = moved(change.accuracy)
        return f"{at} the repair wins back nothing: the recall {moved(change.recall)}, the accuracy {accuracy}."
    wins = f"{at} the repair wins back {words.points(change.recall)} of recall"
    if change.accuracy > -UNMOVED:
        return f"{wins} and costs nothing: the accuracy {moved(change.accuracy)}. It works."
    costs = f"{wins} and costs {words.points(change.accuracy)} of overall accuracy"
    if -change.accuracy >= change.recall:
        return f"{costs}: it costs at least as many points as it wins, and is not worth it."
    return (
        f"{costs}: more points won than lost, but a point of accuracy is {change.images / 100:g} images, one of "
        f"recall {change.group_images / 100:g}: in all {net:,} more images are wrong than without it. Whether that is "
        "worth it depends on who counts."
    )

"""Counts answers, one for each image, for /metrics."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from service import metrics
from service.inference.prediction import Prediction


class Answer(NamedTuple):
    """What is counted of an answer about one image.

    Attributes:
        model: its name.
        version: its version.
        source: where the image came from: index, upload or tensor.
        label: that the answer names.
        confident: whether the answer is.
        out_of_distribution: whether the image is stranger than the card's limit.
    """

    model: str
    version: str
    source: str
    label: str
    confident: bool
    out_of_distribution: bool


def count_refused_pictures(causes: Iterable[str]) -> None:
    """Count the pictures of a batch that were refused while others of it were answered."""
    for cause in causes:
        metrics.PICTURES_REFUSED[cause,].inc()


def count_predictions(predictions: Iterable[Prediction]) -> None:
    """Count what was answered."""
    count_answers(
        Answer(
            each["model"]["name"],
            str(each["model"]["version"]),
            each["input"]["source"],
            each["label"],
            each["confident"],
            any(caveat["name"] == "out-of-distribution" for caveat in each["caveats"]),
        )
        for each in predictions
    )


def count_answers(answers: Iterable[Answer]) -> None:
    """Count answers about one image each."""
    for answer, n in Counter(answers).items():
        sort = answer.model, answer.version, answer.source
        metrics.PREDICTIONS[*sort, answer.label, "yes" if answer.confident else "no"].inc(n)
        # Where there is none it is 0, not absent: a share of it is then 0 too.
        metrics.OUT_OF_DISTRIBUTION[sort].inc(n if answer.out_of_distribution else 0)

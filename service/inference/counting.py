"""Counts answers, one for each image, for /metrics."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from models.repository import Model
from service import metrics
from service.gathered import Gathered
from service.inference.classifier import Scores, joined
from service.inference.outputs import Outputs
from service.inference.prediction import Prediction

# Where an image came from (index, upload or tensor) and which model answered: name, version and source.
_Sort = tuple[str, str, str]


def count_refused_pictures(causes: Iterable[str]) -> None:
    """Count the pictures of a batch that were refused while others of it were answered."""
    for cause in causes:
        metrics.PICTURES_REFUSED[cause,].inc()


def count_predictions(predictions: Iterable[Prediction]) -> None:
    """Count what was answered."""
    sorts: dict[_Sort, tuple[dict[tuple[str, bool], int], list[str]]] = {}
    for each in predictions:
        model = each["model"]
        answers, caveats = sorts.setdefault((model["name"], str(model["version"]), each["input"]["source"]), ({}, []))
        answer = each["label"], each["confident"]
        answers[answer] = answers.get(answer, 0) + 1
        caveats += [caveat["name"] for caveat in each["caveats"]]
    for sort, (answers, caveats) in sorts.items():
        _count(sort, answers, caveats.count("out-of-distribution"))


def count_scores(model: Model, source: str, outputs: Outputs, scores: Scores) -> None:
    """Count what is answered about images whose answers are named outputs."""
    _SCORES.add(_Answered((model.name, str(model.version), source), outputs, scores))


class _Answered(NamedTuple):
    """One answer: of which sort, and the scores of its images."""

    sort: _Sort
    outputs: Outputs
    scores: Scores


def _count_answered(notes: list[_Answered]) -> None:
    alike: dict[tuple[_Sort, Outputs], list[Scores]] = {}
    for sort, outputs, scores in notes:
        alike.setdefault((sort, outputs), []).append(scores)
    for (sort, outputs), several in alike.items():
        scores = Scores(*joined(several))
        counts = np.bincount(2 * outputs.winners(scores) + outputs.compute("confident", scores)).tolist()
        answers = {(outputs.labels[code // 2], bool(code % 2)): n for code, n in enumerate(counts) if n}
        _count(sort, answers, int(np.count_nonzero(outputs.out_of_distribution(scores))))


_SCORES = Gathered(_count_answered)


def _count(sort: _Sort, answers: Mapping[tuple[str, bool], int], strange: int) -> None:
    """Count answers of one sort, by their label and whether they are confident, and those about strange images."""
    for (label, confident), n in answers.items():
        metrics.PREDICTIONS[*sort, label, "yes" if confident else "no"].inc(n)
    # Where there is none it is 0, not absent: a share of it is then 0 too.
    metrics.OUT_OF_DISTRIBUTION[sort].inc(strange)

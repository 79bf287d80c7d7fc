"""Counts answers, one for each image, for /metrics."""

from collections import Counter
from collections.abc import Iterable, Mapping

from models.repository import Model
from service import metrics
from service.inference.classifier import Scores
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
    winners, confident = outputs.winners(scores).tolist(), outputs.compute("confident", scores).tolist()
    counted = Counter(zip(winners, confident, strict=True))
    answers = {(outputs.labels[place], sure): n for (place, sure), n in counted.items()}
    strange = sum(outputs.out_of_distribution(scores).tolist())
    _count((model.name, str(model.version), source), answers, strange)


def _count(sort: _Sort, answers: Mapping[tuple[str, bool], int], strange: int) -> None:
    """Count answers of one sort, by their label and whether they are confident, and those about strange images."""
    for (label, confident), n in answers.items():
        metrics.PREDICTIONS[*sort, label, "yes" if confident else "no"].inc(n)
    # Where there is none it is 0, not absent: a share of it is then 0 too.
    metrics.OUT_OF_DISTRIBUTION[sort].inc(strange)

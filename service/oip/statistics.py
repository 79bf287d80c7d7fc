"""What inferences took, by model and version (Triton's statistics extension); with several workers, of all together."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from models.repository import Model
from service import metrics
from service.gathered import Gathered

_STAGES = ("queue", "compute_input", "compute_infer", "compute_output")
_NANOSECONDS = 1_000_000_000
_MILLISECONDS = 1000


class Watch:
    """Times one inference and its stages.

    Attributes:
        images: how many it was about.
    """

    def __init__(self) -> None:
        self.images = 0
        self._began = time.perf_counter()
        self._marks: list[tuple[str, float]] = []

    def mark(self, stage: str) -> None:
        """The stage ends here; it began where the one before ended."""
        self._marks.append((stage, time.perf_counter()))

    def seconds(self, result: str, ended: float) -> dict[str, float]:
        """How long all of it took, by its result, and, where it succeeded, each stage."""
        spent = {result: ended - self._began}
        if result == "success":
            spent |= dict.fromkeys(_STAGES, 0.0)
            before = self._began
            for stage, at in self._marks:
                spent[stage] += at - before
                before = at
        return spent


class Counted:
    """Counts the inference in a block: as a success, or as a failure where it raises something."""

    def __init__(self, model: Model, watch: Watch) -> None:
        self._model = model
        self._watch = watch

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        result = "success" if kind is None else "fail"
        _INFERENCES.add(((self._model.name, str(self._model.version), result), self._watch, time.perf_counter()))


_Note = tuple[tuple[str, str, str], Watch, float]


def _count(notes: list[_Note]) -> None:
    alike: dict[tuple[str, str, str], list[_Note]] = {}
    for note in notes:
        alike.setdefault(note[0], []).append(note)
    for (name, version, result), found in alike.items():
        metrics.INFERENCES[name, version, result].inc(len(found))
        watches = [watch for _, watch, _ in found]
        spent = [watch.seconds(result, ended) for _, watch, ended in found]
        for stage in spent[0]:
            metrics.INFERENCE_STAGES[name, version, stage].inc(sum(each[stage] for each in spent))
        if result == "success":
            metrics.INFERENCE_IMAGES[name, version].inc(sum(watch.images for watch in watches))
            metrics.LAST_INFERENCE[name, version].set(time.time())


_INFERENCES = Gathered(_count)


def of_models(models: Sequence[Model]) -> dict[str, Any]:
    """The statistics of these models, in Triton's form. An execution is a request: several may share a batch."""
    counts = metrics.by_labels("seminar_cnn_inferences_total", ("model", "version", "result"))
    images = metrics.by_labels("seminar_cnn_inference_images_total", ("model", "version"))
    seconds = metrics.by_labels("seminar_cnn_inference_stage_seconds_total", ("model", "version", "stage"))
    last = metrics.by_labels("seminar_cnn_last_inference_timestamp_seconds", ("model", "version"))
    listed = []
    for model in models:
        key = model.name, str(model.version)
        succeeded, failed = (int(counts.get((*key, result), 0)) for result in ("success", "fail"))

        def took(stage: str, count: int, key: tuple[str, str] = key) -> dict[str, int]:
            return {"count": count, "ns": int(_NANOSECONDS * seconds.get((*key, stage), 0))}

        listed.append(
            {
                "name": model.name,
                "version": str(model.version),
                "last_inference": int(_MILLISECONDS * last.get(key, 0)),
                "inference_count": int(images.get(key, 0)),
                "execution_count": succeeded,
                "inference_stats": {"success": took("success", succeeded), "fail": took("fail", failed)}
                | {stage: took(stage, succeeded) for stage in _STAGES},
                "batch_stats": [],
            }
        )
    return {"model_stats": listed}

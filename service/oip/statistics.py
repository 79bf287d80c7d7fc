"""What inferences took, by model and version (Triton's statistics extension); with several workers, of all together."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from models.repository import Model
from service import metrics
from service.gathered import Gathered

_STAGES = ("queue", "compute_input", "compute_infer", "compute_output")
_NANOSECONDS = 1_000_000_000
_MILLISECONDS = 1000


class Watch:
    """Tells for how long each stage of one inference took."""

    def __init__(self) -> None:
        self.began = self._last = time.perf_counter()
        self.images = 0
        self.seconds = dict.fromkeys(_STAGES, 0.0)

    def mark(self, stage: str) -> None:
        """The stage ends here; it began where the one before ended."""
        now = time.perf_counter()
        self.seconds[stage] += now - self._last
        self._last = now


@contextmanager
def counted(model: Model, watch: Watch) -> Iterator[None]:
    """Count the inference in this block: as a success, or as a failure where it raises something."""
    result = "fail"
    try:
        yield
        result = "success"
    finally:
        watch.seconds[result] = time.perf_counter() - watch.began
        _INFERENCES.add(((model.name, str(model.version), result), watch))


def _count(notes: list[tuple[tuple[str, str, str], Watch]]) -> None:
    alike: dict[tuple[str, str, str], list[Watch]] = {}
    for key, watch in notes:
        alike.setdefault(key, []).append(watch)
    for (name, version, result), watches in alike.items():
        metrics.INFERENCES[name, version, result].inc(len(watches))
        for stage in (result, *_STAGES) if result == "success" else (result,):
            metrics.INFERENCE_STAGES[name, version, stage].inc(sum(watch.seconds[stage] for watch in watches))
        if result == "success":
            metrics.INFERENCE_IMAGES[name, version].inc(sum(watch.images for watch in watches))
            metrics.LAST_INFERENCE[name, version].set(time.time())


_INFERENCES = Gathered(_count)


def of_models(models: Sequence[Model]) -> dict[str, Any]:
    """The statistics of these models, in Triton's form. An execution is a request: several may share a call of it."""
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

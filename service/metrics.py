"""What the service counts, in Prometheus's terms.

With several workers each writes its figures into a folder that all share (prometheus_client's multiprocess mode), and
whichever is asked adds them up.
"""

import os
from collections.abc import Sequence
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from service.worker_processes import WorkerProcesses

# prometheus_client's own name: where several workers keep the figures that they share.
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_STEPS = (0.00005, 0.0001, *_SECONDS)


class Family:
    """A metric with labels, by them: `REQUESTS["GET", "/predict", "200"].inc()`.

    The children are kept, as looking one up in prometheus_client costs more than counting with it.
    """

    def __init__(self, parent: Counter | Histogram | Gauge) -> None:
        self._parent = parent
        self._known: dict[tuple[str, ...], Any] = {}

    def __getitem__(self, labels: tuple[str, ...]) -> Any:
        child = self._known.get(labels)
        if child is None:
            child = self._known[labels] = self._parent.labels(*labels)
        return child


REQUESTS = Family(Counter("seminar_cnn_requests_total", "Requests answered.", ["method", "route", "status"]))
SECONDS = Family(
    Histogram(
        "seminar_cnn_request_seconds",
        "From a request's head to the application's answer; what was refused before the application is not in it.",
        ["route"],
        buckets=_SECONDS,
    )
)
IN_FLIGHT = Gauge("seminar_cnn_in_flight", "Predictions being worked on.", multiprocess_mode="livesum")
IN_FLIGHT_LIMIT = Gauge(
    "seminar_cnn_in_flight_limit",
    "Predictions worked on at one time from which on only addresses that have few get more.",
    multiprocess_mode="livesum",
)
REFUSALS = Family(Counter("seminar_cnn_refusals_total", "Requests refused, by the name of the problem.", ["cause"]))
PICTURES_REFUSED = Family(
    Counter(
        "seminar_cnn_refused_pictures_total",
        "Pictures refused in batches that were answered, by the problem.",
        ["cause"],
    )
)
LOG_LINES_DROPPED = Counter("seminar_cnn_log_lines_dropped_total", "Lines that the log's reader was too slow for.")
DECODE_SECONDS = Histogram("seminar_cnn_decode_seconds", "Decoding the pictures of one request.", buckets=_STEPS)
DECODE_PROCESSES = Gauge(
    "seminar_cnn_decode_processes", "Processes started to decode and not ended since.", multiprocess_mode="livesum"
)
DECODE_PROCESSES_LIMIT = Gauge(
    "seminar_cnn_decode_processes_limit", "Most processes that decode at one time.", multiprocess_mode="livesum"
)
DECODE_PROCESSES_ENDED = Family(
    Counter("seminar_cnn_decode_processes_ended_total", "Processes that decoded and were replaced, by why.", ["reason"])
)
INFERENCE_SECONDS = Histogram("seminar_cnn_inference_seconds", "Classifying one batch of images.", buckets=_STEPS)
BATCH_IMAGES = Histogram("seminar_cnn_batch_images", "Images in one batch.", buckets=(1, 2, 4, 8, 16, 32, 64))
PREDICTIONS = Family(
    Counter(
        "seminar_cnn_predictions_total",
        "Answers about one image each, by where that came from, the label and whether confident.",
        ["model", "version", "source", "label", "confident"],
    )
)
OUT_OF_DISTRIBUTION = Family(
    Counter(
        "seminar_cnn_out_of_distribution_total",
        "Of the answers those about images stranger, by their energy, than the card's limit.",
        ["model", "version", "source"],
    )
)
EXPECTED_CONFIDENT = Family(
    Gauge(
        "seminar_cnn_expected_confident_ratio",
        "Share of the answers about the test images that is confident, by the card.",
        ["model", "version"],
        multiprocess_mode="mostrecent",
    )
)
EXPECTED_OUT_OF_DISTRIBUTION = Family(
    Gauge(
        "seminar_cnn_expected_out_of_distribution_ratio",
        "Share of the validation images stranger than the card's limit, which was chosen for that.",
        ["model", "version"],
        multiprocess_mode="mostrecent",
    )
)
INFERENCES = Family(
    Counter(
        "seminar_cnn_inferences_total",
        "Requests of the Open Inference Protocol, by result.",
        ["model", "version", "result"],
    )
)
INFERENCE_IMAGES = Family(
    Counter("seminar_cnn_inference_images_total", "Images in those that succeeded.", ["model", "version"])
)
INFERENCE_STAGES = Family(
    Counter(
        "seminar_cnn_inference_stage_seconds_total",
        "What they took: those that succeeded and those that failed as a whole, and of the former each stage.",
        ["model", "version", "stage"],
    )
)
LAST_INFERENCE = Family(
    Gauge(
        "seminar_cnn_last_inference_timestamp_seconds", "When the last of them succeeded.", ["model", "version"],
        multiprocess_mode="max",
    )
)  # fmt: skip
MODEL = Gauge(
    "seminar_cnn_model_info",
    "1 for each model served, 0 for one that has gone.",
    ["model", "version", "sha256"],
    multiprocess_mode="livemax",  # not "max": what a dead worker served would be served for ever
)

CONTENT_TYPE = CONTENT_TYPE_LATEST

# Those that are alarming are there from the start: of a counter that comes into being Prometheus misses the first.
for _reason in ("too-costly", "crashed", "from-outside", "worn-out", "unwanted"):
    DECODE_PROCESSES_ENDED[_reason,].inc(0)
for _cause in ("model-unavailable", "overloaded", "buffer-full"):
    REFUSALS[_cause,].inc(0)


def expose() -> bytes:
    """Everything, in Prometheus's text format."""
    return generate_latest(_of_all_workers())


def by_labels(name: str, labels: Sequence[str]) -> dict[tuple[str, ...], float]:
    """The values of a metric, of all workers together, by the values of these labels."""
    return {
        tuple(sample.labels[label] for label in labels): sample.value
        for family in _of_all_workers().collect()
        for sample in family.samples
        if sample.name == name
    }


def _of_all_workers() -> CollectorRegistry:
    if SHARED_FOLDER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # the library has no types there
    registry.register(WorkerProcesses(os.environ[SHARED_FOLDER]))
    return registry

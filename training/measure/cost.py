"""What a prediction costs."""

import time
from collections.abc import Callable

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.measurement import Interval, Number
from models.repository import session_options
from training.measure.intervals import LEVEL, RESAMPLES, SEED

CALLS = 2000
PERCENTILES = (2.5, 50, 97.5, 99)


def prediction_time(content: bytes, image: NDArray[np.uint8]) -> tuple[Number, dict[str, float]]:
    """Microseconds of one onnxruntime call for one image, uint8 [1, 32, 32, 3]: one thread.

    Returns:
        The median of many calls, and percentiles of the single calls.
    """
    session = ort.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])
    times = np.array([_microseconds(lambda: session.run(["probabilities"], {"image": image})) for _ in range(CALLS)])
    times = times[CALLS // 10 :]  # the first calls warm up
    random = np.random.default_rng(SEED)
    medians = np.median(random.choice(times, (RESAMPLES, len(times))), axis=1)
    low, high = np.percentile(medians, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    median = Number(
        value=float(np.median(times)),
        ci=Interval(lower=low, upper=high, level=LEVEL, method=f"bootstrap, {RESAMPLES} resamples"),
        n=len(times),
        method="median of single-image calls of onnxruntime on one thread, in microseconds",
        status="measured",
    )
    return median, {f"{p:g}": round(float(np.percentile(times, p)), 1) for p in PERCENTILES}


def _microseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e6

"""What a prediction costs."""

import time
from collections.abc import Callable

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.measurement import Interval, Number
from models.repository import session_options
from training.measure.intervals import LEVEL

CALLS = 2000


def prediction_time(content: bytes, image: NDArray[np.uint8]) -> Number:
    """Microseconds of one onnxruntime call for one image, uint8 [1, 32, 32, 3]: one thread, median of many calls."""
    session = ort.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])
    times = np.array([_microseconds(lambda: session.run(["probabilities"], {"image": image})) for _ in range(CALLS)])
    times = times[CALLS // 10 :]  # the first calls warm up
    low, high = np.percentile(times, [2.5, 97.5])
    return Number(
        value=float(np.median(times)),
        ci=Interval(lower=low, upper=high, level=LEVEL, method="2.5th and 97.5th percentile of the calls"),
        n=len(times),
        method="median of single-image calls of onnxruntime on one thread, in microseconds",
        status="measured",
    )


def _microseconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e6

"""The same sums in the same order on every machine: the kernels and the threads that TensorFlow computes with.

A sum of floats depends on its order, and with it every weight after some steps. oneDNN, which computes TensorFlow's
convolutions, takes the widest instructions that it finds, and shares its work out over as many threads as there are
processors; so both are fixed here, before TensorFlow is imported. See oneDNN's documentation of CPU dispatcher control.
"""

import os
import platform
from pathlib import Path

from training.errors import ProcessorError

INSTRUCTIONS = "AVX2"
THREADS = 1
ENVIRONMENT = {
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "ONEDNN_MAX_CPU_ISA": INSTRUCTIONS,
    "TF_NUM_INTRAOP_THREADS": str(THREADS),
    "TF_NUM_INTEROP_THREADS": str(THREADS),
}


def fix_kernels() -> None:
    """Fix what TensorFlow computes with, for this process and its children, unless it runs already."""
    os.environ.update(ENVIRONMENT)


def check() -> None:
    """See that this processor has the instructions.

    Raises:
        ProcessorError: it has not; other ones would make another model.
    """
    flags = _lines("flags")
    if flags and INSTRUCTIONS.lower() not in flags[0].split():
        raise ProcessorError(
            f"This processor has no {INSTRUCTIONS} instructions, which the recipe computes with; train on one that has."
        )


def name() -> str:
    """The processor's model and how many of them, without the machine's name."""
    model = next(iter(_lines("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, {platform.system()}"


def _lines(key: str) -> list[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    return [line.partition(":")[2].strip() for line in lines if line.startswith(key)]

"""The same sums in the same order: what TensorFlow computes with is fixed before it is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.serving import ROOT
from training import processor
from training.errors import ProcessorError

_PROGRAM = """
import training.network
import os, tensorflow as tf
print(os.environ["ONEDNN_MAX_CPU_ISA"], tf.config.threading.get_intra_op_parallelism_threads(),
      tf.config.threading.get_inter_op_parallelism_threads(), os.environ["TF_NUM_INTRAOP_THREADS"])
"""


def test_whoever_imports_training_computes_alike() -> None:
    """Importing `training` fixes the instructions and one thread, whatever the environment said before."""
    result = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "ONEDNN_MAX_CPU_ISA": "SSE41", "TF_NUM_INTRAOP_THREADS": "4"},
        capture_output=True,
        text=True,
        check=True,
    )
    instructions, *_, threads = result.stdout.split()
    assert (instructions, threads) == ("AVX2", "1")


def test_a_processor_without_the_instructions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without AVX2 among the processor's flags nothing is trained, and one sentence says why."""
    monkeypatch.setattr(Path, "read_text", lambda _path: "model name\t: Old\nflags\t\t: sse4_1 avx\n")
    with pytest.raises(ProcessorError, match="no AVX2 instructions"):
        processor.check()


def test_a_processor_that_does_not_tell_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system lists no flags, or only others' (as on ARM), nothing is refused that can't be known."""
    monkeypatch.setattr(Path, "read_text", lambda _path: "model name\t: Some\n")
    processor.check()
    assert processor.name().startswith("Some, ")

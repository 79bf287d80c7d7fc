"""Trainings beside the shipped one: candidates for its seed, other seeds, a group cut out, halves of the data.

Each trial is kept as soon as it is done, so that an interrupted run goes on where it stopped. As one training computes
on one thread, so that its weights are the same everywhere, as many run side by side as there are processors.
"""

import json
import multiprocessing
import os
import platform
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models.cifar10_test import LABELS
from training import onnx_model, recipe, variant
from training.data import Data, Splits
from training.files import write_whole
from training.measure import evaluate
from training.recipe import SEEDS, Seeds

CACHE = Path(__file__).parent.parent / ".cache" / "trials"

OTHERS = range(1, 16)
GROUPS = ("automobile", "dog")
SHARES = (0.1, 0.01, 0.5, 0.25, 0.05)
REPAIRED = (0.1, 0.01)
REPEATS = 3
HALVES = 16


@dataclass(frozen=True)
class Trial:
    """One training.

    Attributes:
        python: seed of Python's generator.
        shift: how far all three seeds are moved then.
        group: the class cut down; None leaves the data whole.
        share: how much of that class's training images is left.
        weighted: whether the loss counts that class more, by as much as it was cut.
        half: which half of the training images; None for all. Halves 2i and 2i + 1 are what the other is not.
    """

    python: int = SEEDS.python
    shift: int = 0
    group: str | None = None
    share: float = 1.0
    weighted: bool = False
    half: int | None = None

    @property
    def name(self) -> str:
        """Its file's name, without suffix."""
        data = "whole"
        if self.group:
            data = f"{self.group}-{self.share * 100:g}-percent{'-weighted' if self.weighted else ''}"
        elif self.half is not None:
            data = f"half-{self.half}"
        return f"{data}-python-{self.python}-shift-{self.shift}"

    @property
    def seeds(self) -> Seeds:
        """Of its three generators."""
        return Seeds(self.python).shifted(self.shift)


def candidates() -> list[Trial]:
    """The recipe with each seed of Python's generator that one was chosen from; the shipped one is among them."""
    return [Trial(python) for python in recipe.PYTHON_SEEDS]


def others() -> list[Trial]:
    """The recipe with all three seeds moved."""
    return [Trial(shift=shift) for shift in OTHERS]


def missing_group() -> Iterator[Trial]:
    """One class cut down, and the repair; their kin with the whole data have the same seeds."""
    for share in SHARES:
        for shift in range(REPEATS):
            for group in GROUPS:
                yield Trial(shift=shift, group=group, share=share)
                if share in REPAIRED:
                    yield Trial(shift=shift, group=group, share=share, weighted=True)


def halves() -> list[Trial]:
    """The recipe on halves of the training images, each image in every second of them."""
    return [Trial(shift=half, half=half) for half in range(HALVES)]


def members(half: int, n: int) -> NDArray[np.bool_]:
    """Which of n training images belong to a half, [n]."""
    first = np.zeros(n, bool)
    first[np.random.default_rng(half // 2).permutation(n)[: n // 2]] = True
    return ~first if half % 2 else first


def path(trial: Trial) -> Path:
    """Where a trial's record is kept; its model lies beside it."""
    return CACHE / f"{trial.name}.json"


def run(trials: list[Trial]) -> list[dict[str, Any]]:
    """Train each that is not in the cache yet, as many at once as there are processors; the records of all of them."""
    todo = [trial for trial in dict.fromkeys(trials) if not path(trial).exists()]
    if todo:
        variant.seminar_splits(None)  # fetched once, before many processes want it
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(os.cpu_count() or 1, len(todo)), mp_context=spawn) as pool:
            started = [pool.submit(_keep, trial) for trial in todo]
            try:
                for each in tqdm(as_completed(started), "Trials", len(todo), unit="trial"):
                    each.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return [json.loads(path(trial).read_bytes()) for trial in trials]


@dataclass(frozen=True)
class Shadows:
    """What models that learnt from halves of the training images say of all images.

    Attributes:
        train: logits of the training images, float32 [S, N, 10].
        test: those of the test images, float32 [S, M, 10].
        members: which training images each has learnt from, [S, N].
    """

    train: NDArray[np.float32]
    test: NDArray[np.float32]
    members: NDArray[np.bool_]


def shadows(splits: Splits) -> Shadows:
    """What the models of `halves`, which have been trained, say."""
    contents = [path(trial).with_suffix(".onnx").read_bytes() for trial in halves()]
    return Shadows(
        train=np.stack([onnx_model.run(content, splits.train.images)[0] for content in contents]),
        test=np.stack([onnx_model.run(content, splits.test.images)[0] for content in contents]),
        members=np.stack([members(half, len(splits.train)) for half in range(HALVES)]),
    )


def _keep(trial: Trial) -> None:
    record, content = _train(trial, variant.seminar_splits(None))
    write_whole(path(trial).with_suffix(".onnx"), content)
    write_whole(path(trial), json.dumps(record, indent=1).encode())


def _train(trial: Trial, splits: Splits) -> tuple[dict[str, Any], bytes]:
    from training import export, network  # noqa: PLC0415 - TensorFlow takes seconds to start; records need none

    train, weights = splits.train, None
    if trial.group:
        train = variant.keep(train, trial.group, trial.share, trial.shift)
        weights = variant.weights(trial.group, trial.share) if trial.weighted else None
    elif trial.half is not None:
        chosen = members(trial.half, len(train))
        train = Data(train.images[chosen], train.labels[chosen])
    cut = Splits(train, splits.validation, splits.test)
    wall, cpu = time.perf_counter(), time.process_time()
    model, history = network.fit(cut, seeds=trial.seeds, class_weight=weights, progress=False)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    content = export.export(model)
    record: dict[str, Any] = {
        "trial": asdict(trial),
        "training_images": len(train),
        "group_images": int((train.labels == LABELS.index(trial.group)).sum()) if trial.group else None,
        "history": history,
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "versions": {"python": platform.python_version()} | {n: version(n) for n in ("tensorflow", "keras", "numpy")},
    }
    validation = onnx_model.run(content, splits.validation.images)[1]
    record["validation_confusion_matrix"] = evaluate.confusion(validation, splits.validation.labels).tolist()
    answers = onnx_model.run(content, splits.test.images)[1].argmax(axis=1)
    record["test_answers"] = "".join(map(str, answers.tolist()))
    return record, content

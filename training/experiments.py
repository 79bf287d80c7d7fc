"""Trainings beside the shipped one: other seeds, and a group of images cut out of the training data.

Each trial is kept as soon as it is done, so that an interrupted run goes on where it stopped.
"""

import json
import platform
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from models.cifar10_test import LABELS
from training import export, network, onnx_model, variant
from training.data import Splits
from training.files import write_whole
from training.measure import evaluate
from training.recipe import SEEDS

CACHE = Path(__file__).parent.parent / ".cache" / "trials"

TRAININGS = 7
GROUPS = ("automobile", "dog")
SHARES = (0.5, 0.25, 0.1, 0.05, 0.01)
REPAIRED = (0.1, 0.01)
REPEATS = 3


@dataclass(frozen=True)
class Trial:
    """One training.

    Attributes:
        seed: how far its seeds are from the shipped model's.
        group: the class cut down; None leaves the data whole.
        share: how much of that class's training images is left.
        weighted: whether the loss counts that class more, by as much as it was cut.
    """

    seed: int = 0
    group: str | None = None
    share: float = 1.0
    weighted: bool = False

    @property
    def name(self) -> str:
        """Its file's name, without suffix."""
        cut = f"{self.group}-{self.share:.0%}".replace("%", "-percent") if self.group else "whole"
        return f"{cut}{'-weighted' if self.weighted else ''}-seed-{self.seed}"


def seeds() -> Iterator[Trial]:
    """The whole recipe, with other seeds."""
    return (Trial(seed) for seed in range(TRAININGS))


def missing_group() -> Iterator[Trial]:
    """One class cut down, and the repair; the whole data's trials are those of `seeds`."""
    for seed in range(REPEATS):
        for share in (*SHARES[2:], *SHARES[:2]):
            for group in GROUPS:
                yield Trial(seed, group, share)
                if share in REPAIRED:
                    yield Trial(seed, group, share, weighted=True)


def run(trials: list[Trial]) -> list[dict[str, object]]:
    """Train each that is not in the cache yet; the records of all of them."""
    splits: Splits | None = None
    records = []
    for trial in tqdm(trials, "Trials", unit="trial"):
        path = CACHE / f"{trial.name}.json"
        if not path.exists():
            splits = splits or variant.seminar_splits(None)
            record, content = _train(trial, splits)
            write_whole(path.with_suffix(".onnx"), content)
            write_whole(path, json.dumps(record, indent=1).encode())
        records.append(json.loads(path.read_bytes()))
    return records


def _train(trial: Trial, splits: Splits) -> tuple[dict[str, object], bytes]:
    weights = None
    train = splits.train
    if trial.group:
        train = variant.keep(train, trial.group, trial.share, trial.seed)
        weights = variant.weights(trial.group, trial.share) if trial.weighted else None
    cut = Splits(train, splits.validation, splits.test)
    wall, cpu = time.perf_counter(), time.process_time()
    model, history = network.fit(cut, seeds=SEEDS.shifted(trial.seed), class_weight=weights)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    content = export.export(model)
    record: dict[str, object] = {
        "trial": asdict(trial),
        "training_images": len(train),
        "group_images": int((train.labels == LABELS.index(trial.group)).sum()) if trial.group else None,
        "history": history,
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "versions": {"python": platform.python_version()} | {n: version(n) for n in ("tensorflow", "keras", "numpy")},
    }
    for split, part in (("validation", splits.validation), ("test", splits.test)):
        probabilities = onnx_model.run(content, part.images)[1]
        record[split] = {
            "confusion_matrix": evaluate.confusion(probabilities, part.labels).tolist(),
            "nll": float(evaluate.negative_log_likelihoods(probabilities, part.labels).mean()),
        }
    return record, content

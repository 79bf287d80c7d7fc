"""How a model stands corrupted images: accuracy and every class's recall under each corruption and severity.

Each measurement is kept as soon as it is done, so that an interrupted run goes on where it stopped.
"""

import hashlib
from pathlib import Path

import numpy as np
from tqdm import tqdm

from models.cifar10_test import LABELS
from models.evidence import Corrupted, Robustness
from models.measurement import Number
from training import onnx_model
from training.data import Data
from training.files import write_whole
from training.measure import corruptions, evaluate
from training.measure.intervals import Integers, mean, proportion

CACHE = Path(__file__).parents[2] / ".cache" / "corruptions"
METHOD = "mean error over corruptions and severities"
METHOD_WORST = "lowest recall of a class under a corruption"


def measure(content: bytes, test: Data) -> Robustness:
    """The robustness of a model (the bytes of model.onnx) on the test images."""
    folder = CACHE / hashlib.sha256(content).hexdigest()[:16]
    tasks = [(name, severity) for name in corruptions.CORRUPTIONS for severity in corruptions.SEVERITIES]
    measured, wrong = [], []
    for name, severity in tqdm(tasks, "Corruptions", unit="set"):
        path = folder / f"{name.replace(' ', '-')}-{severity}.answers"
        if not path.exists():
            answers = onnx_model.run(content, corruptions.corrupt(test.images, name, severity))[1].argmax(axis=1)
            write_whole(path, answers.astype(np.uint8).tobytes())
        answers = np.frombuffer(path.read_bytes(), np.uint8).astype(np.int64)
        measured.append(_corrupted(name, severity, evaluate.count(answers, test.labels)))
        wrong.append(answers != test.labels)
    # The same images are corrupted in every way, so it is the images that the interval's resamples are drawn from.
    mean_error = mean(np.mean(wrong, axis=0), "test", METHOD)
    sets = f"{len(corruptions.CORRUPTIONS)} corruptions in {len(corruptions.SEVERITIES)} severities"
    return Robustness(
        mean_error=mean_error.model_copy(update={"slice": sets}), corruptions=measured, lowest=_lowest(measured)
    )


def worst(robustness: Robustness, per_class: int) -> Number:
    """The lowest recall of a class under a corruption, of `per_class` images each; of several it names the number."""
    first, *rest = robustness.lowest
    value = min(recall for each in robustness.corruptions for recall in each.recalls.values())
    return proportion(
        round(value * per_class),
        per_class,
        "test",
        METHOD_WORST,
        f"{first}{f', and {len(rest)} more that are as low' if rest else ''}",
    )


def _lowest(corruptions_: list[Corrupted]) -> list[str]:
    """Where a recall is lowest of all, each class and corruption of equals."""
    low = min(recall for each in corruptions_ for recall in each.recalls.values())
    return [
        f"class = {label}, {each.corruption}, severity {each.severity}"
        for each in corruptions_
        for label, recall in each.recalls.items()
        if recall == low
    ]


def _corrupted(name: str, severity: int, matrix: Integers) -> Corrupted:
    method = "share of spoilt images whose likeliest class is right"
    recalls = matrix.diagonal() / matrix.sum(axis=1)
    return Corrupted(
        corruption=name,
        severity=severity,
        accuracy=proportion(int(matrix.trace()), int(matrix.sum()), "test", method, f"{name}, severity {severity}"),
        recalls=dict(zip(LABELS, recalls.tolist(), strict=True)),
    )

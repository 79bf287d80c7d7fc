"""The whole way: data, training, export, comparison, measurement, card; written to its place in one step."""

import datetime as dt
import os
import platform
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from models import repository
from models.card import Run
from models.number import Number
from training import data, export, recipe, report
from training.errors import OutputError
from training.variant import Variant

_LIBRARIES = ("tensorflow", "keras", "tf2onnx", "onnx", "onnxslim", "onnxruntime", "numpy", "scikit-learn", "scipy")


def train(out: Path, prepare: Callable[[], Variant]) -> Path:
    """Train a model and write it, with its card and figures, as the next version under `out`.

    Args:
        out: a models folder; made if need be.
        prepare: gets the data and says what to train.

    Returns:
        The folder that was written.

    Raises:
        TrainingError: with one sentence; nothing was written.
    """
    _make_folder(out)
    started, wall, cpu = dt.datetime.now(dt.UTC), time.perf_counter(), time.process_time()

    print("1/4  Data")
    variant = prepare()
    name, splits = variant.name, variant.splits
    print(
        f"     {len(splits.train):,} training, {len(splits.validation):,} validation, {len(splits.test):,} test images"
    )

    print("2/4  Training")
    model, history = recipe.fit(splits, variant.max_epochs, class_weight=variant.class_weight)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu

    print("3/4  Export to ONNX, compared with Keras on the 10,000 test images")
    content = export.export(model)
    comparison = export.compare(model, content, data.load_test().images)

    print("4/4  Measurement")
    run = Run(
        command=variant.command,
        started=started.isoformat(timespec="seconds"),
        machine=_machine(),
        versions={"python": platform.python_version()} | {library: version(library) for library in _LIBRARIES},
        epochs=len(history["loss"]),
        wall_seconds=_seconds(wall, "wall clock, data and training"),
        cpu_seconds=_seconds(cpu, "processor time of all threads, data and training"),
    )
    # The version folder appears in one step, so that an interruption leaves nothing half-written.
    try:
        with tempfile.TemporaryDirectory(dir=out, prefix=".partial-") as partial:
            made = Path(partial) / "model"
            (made / "figures").mkdir(parents=True)
            (made / "model.onnx").write_bytes(content)
            number = _next_version(out / name)
            card = report.write(report.Outcome(number, content, variant, history, comparison, run), made)
            (made / "card.json").write_text(card.model_dump_json(indent=1) + "\n")
            (out / name).mkdir(exist_ok=True)
            target = out / name / str(number)
            made.rename(target)
    except OSError as error:
        raise OutputError(f"The model can't be written to {out} ({error.strerror}); nothing was left there.") from None
    repository.open_model(out, name, number)
    return target


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):  # better now than after the training
            pass
    except OSError as error:
        raise OutputError(f"{out} can't be written to ({error.strerror}).") from None


def _next_version(folder: Path) -> int:
    return max((int(path.name) for path in folder.glob("*") if path.name.isdecimal()), default=0) + 1


def _seconds(value: float, method: str) -> Number:
    return Number(value=round(value, 1), n=1, method=method, status="measured")


def _machine() -> str:
    """The processor's model and how many of them, without the machine's name."""
    model = platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {os.cpu_count()} cores, {platform.system()}"

"""The whole way: data, training, export, comparison, measurement, card; written to its place in one step."""

import datetime as dt
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from models import repository
from models.card import Run
from models.measurement import Number
from training import data, processor
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
    _check_writable(out)
    started, clock = dt.datetime.now(dt.UTC), _Stopwatch()

    print("1/4  Data")
    with clock:
        variant = prepare()
    splits = variant.splits
    print(
        f"     {len(splits.train):,} training, {len(splits.validation):,} validation, {len(splits.test):,} test images"
    )

    # TensorFlow and the libraries that measure take seconds to start; what is refused needs none of them.
    from training import export, network  # noqa: PLC0415
    from training.card import build  # noqa: PLC0415

    print("2/4  Training")
    with clock:
        model, history = network.fit(splits, variant.max_epochs, class_weight=variant.class_weight)

    print("3/4  Export to ONNX, compared with Keras on the 10,000 test images")
    content = export.export(model)
    agreement = export.compare(model, content, data.load_test().images)

    print("4/4  Measurement")
    curve, run = network.learning_curve(history), _record(variant.command, started, clock, len(history["loss"]))
    with new_version(out, variant.name) as (number, folder):
        (folder / "model.onnx").write_bytes(content)
        card = build.build(build.Outcome(number, content, variant, curve, agreement, run), folder)
        (folder / "card.json").write_bytes(build.to_json(card))
    repository.verify(out, variant.name, number).open()
    return out / variant.name / str(number)


@contextmanager
def new_version(out: Path, name: str) -> Iterator[tuple[int, Path]]:
    """A folder to write the next version of a model into; it gets its place under `out` when the block is done.

    Whatever ends the block early, an interruption too, leaves nothing behind.

    Yields:
        The version's number, and the folder, with an empty folder `figures` in it.

    Raises:
        OutputError: something can't be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=out, prefix=".partial-") as partial:
            made, number = Path(partial) / "model", _next_version(out / name)
            (made / "figures").mkdir(parents=True)
            yield number, made
            (out / name).mkdir(exist_ok=True)
            made.rename(out / name / str(number))
    except OSError as error:
        raise OutputError(f"The model can't be written to {out} ({error.strerror}); nothing was left there.") from None


def _check_writable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):  # better now than after the training
            pass
    except OSError as error:
        raise OutputError(f"{out} can't be written to ({error.strerror}).") from None


def _next_version(folder: Path) -> int:
    return max((int(path.name) for path in folder.glob("*") if path.name.isdecimal()), default=0) + 1


class _Stopwatch:
    """Adds up the seconds that pass inside its blocks, by the wall clock and of the processor."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def __enter__(self) -> None:
        self.wall -= time.perf_counter()
        self.cpu -= time.process_time()

    def __exit__(self, *_raised: object) -> None:
        self.wall += time.perf_counter()
        self.cpu += time.process_time()


def _record(command: str, started: dt.datetime, clock: _Stopwatch, epochs: int) -> Run:
    return Run(
        command=command,
        started=started.isoformat(timespec="seconds"),
        machine=processor.name(),
        versions={"python": platform.python_version()} | {library: version(library) for library in _LIBRARIES},
        epochs=epochs,
        wall_seconds=_seconds(clock.wall, "wall clock, data and training"),
        cpu_seconds=_seconds(clock.cpu, "processor time of all threads, data and training"),
    )


def _seconds(value: float, method: str) -> Number:
    return Number(value=round(value, 1), n=1, method=method, status="measured")

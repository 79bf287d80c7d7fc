"""The whole way: data, training, export, comparison, measurement, card; written to its place in one step."""

import datetime
import hashlib
import os
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from models import cifar10_test, repository
from models.card import (
    Agreement,
    Card,
    Cost,
    Epoch,
    Metrics,
    ModelDetails,
    Number,
    Quantities,
    Run,
    Split,
)
from models.card import Training as Settings
from training import data, document, evaluate, export, figures, recipe
from training.document import unmeasured
from training.errors import OutputError
from training.recipe import Splits

SEMINAR_NAME = "seminar-cnn"
QUICK_NAME = "quick-cnn"
_QUICK_EPOCHS = 3
_LIBRARIES = ("tensorflow", "keras", "tf2onnx", "onnx", "onnxslim", "onnxruntime", "numpy", "scikit-learn", "scipy")


def train(out: Path, folder: Path | None, *, quick: bool) -> Path:
    """Train a model and write it, with its card and figures, as the next version under `out`.

    Args:
        out: a models folder; made if need be.
        folder: where the dataset is, if the user named one.
        quick: train a toy on a part of the embedded test images instead.

    Returns:
        The folder that was written.

    Raises:
        TrainingError: with one sentence; nothing was written.
    """
    name = QUICK_NAME if quick else SEMINAR_NAME
    _make_folder(out)
    started, wall, cpu = datetime.datetime.now(datetime.UTC), time.perf_counter(), time.process_time()

    print("1/4  Data")
    splits = _quick_splits() if quick else _seminar_splits(folder)
    print(
        f"     {len(splits.train):,} training, {len(splits.validation):,} validation, {len(splits.test):,} test images"
    )

    print("2/4  Training")
    model, history = recipe.fit(splits, _QUICK_EPOCHS if quick else recipe.MAX_EPOCHS)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu

    print("3/4  Export to ONNX, compared with Keras on the 10,000 test images")
    content = export.export(model)
    comparison = export.compare(model, content, data.load_test().images)

    print("4/4  Measurement")
    run = Run(
        command="python -m training train" + (" --quick" if quick else ""),
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
            card = _card(name, number, content, splits, history, comparison, run, made, quick=quick)
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


def _seminar_splits(folder: Path | None) -> Splits:
    images = data.load_training(folder)
    return Splits(images[recipe.VALIDATION :], images[: recipe.VALIDATION], data.load_test())


def _quick_splits() -> Splits:
    images = data.load_test()
    return Splits(images[:6000], images[6000:8000], images[8000:])


def _card(
    name: str,
    number: int,
    content: bytes,
    splits: Splits,
    history: dict[str, list[float]],
    comparison: export.Comparison,
    run: Run,
    folder: Path,
    *,
    quick: bool,
) -> Card:
    by_split: dict[Split, data.Data] = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    probabilities = {split: export.run(content, part.images)[1] for split, part in by_split.items()}
    overall = {split: evaluate.overall(probabilities[split], part.labels, split) for split, part in by_split.items()}
    on_test = probabilities["test"], splits.test.labels
    first_test = cifar10_test.SIZE - len(splits.test)
    decision = evaluate.decision((probabilities["validation"], splits.validation.labels), on_test)
    classes = evaluate.per_class(*on_test)
    matrix = evaluate.confusion(*on_test)
    confusions = evaluate.confusions(*on_test, np.arange(first_test, cifar10_test.SIZE))
    ranked = sorted(classes, key=lambda label: classes[label].recall.value or 0)
    epochs = [Epoch(epoch=i + 1, **{key: history[key][i] for key in history}) for i in range(run.epochs)]
    gap = (overall["train"].accuracy.value or 0) - (overall["test"].accuracy.value or 0)
    overfitting = _overfitting(epochs, gap)
    facts = document.facts(
        {
            "accuracy": overall["test"].accuracy,
            "decision": decision,
            "best": (ranked[-1], classes[ranked[-1]].recall),
            "worst": (ranked[0], classes[ranked[0]].recall),
            "overfitting": overfitting,
            "seminar": next(c for c in confusions if (c.truth, c.answer) == ("automobile", "bird")),
        }
    )
    words = document.QUICK if quick else document.SEMINAR
    layers = export.layers(content)
    return Card(
        model_details=ModelDetails(
            name=name,
            version=number,
            date=run.started[:10],
            type="convolutional neural network, image classification",
            description=words.description,
            layers=layers,
            parameters=Number(
                value=sum(layer.parameters for layer in layers),
                n=len(layers),
                method="sum over the ONNX graph's operations",
                status="measured",
            ),
            training=Settings(
                optimizer="Adam, Keras's defaults (learning rate 0.001)",
                loss="categorical cross-entropy",
                batch_size=recipe.BATCH,
                max_epochs=_QUICK_EPOCHS if quick else recipe.MAX_EPOCHS,
                stopping=f"when the validation loss has not fallen for {recipe.PATIENCE} epochs; last weights kept",
                scaling=document.PREPROCESSING,
                python_seed=recipe.PYTHON_SEED,
                numpy_seed=recipe.NUMPY_SEED,
                tensorflow_seed=recipe.TENSORFLOW_SEED,
            ),
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            agreement=Agreement(
                max_probability_difference=Number(
                    value=comparison.max_difference,
                    n=comparison.total,
                    method="largest difference of any probability, Keras against ONNX, on all test images",
                    status="measured",
                ),
                argmax_agreement=Number(
                    value=comparison.agreeing / comparison.total,
                    n=comparison.total,
                    method="share of all test images with the same likeliest class in Keras and ONNX",
                    status="measured",
                ),
                ties=comparison.ties,
            ),
            licence=document.LICENCE,
            citation=document.CITATION,
            contact=document.CONTACT,
        ),
        intended_use=document.INTENDED_USE,
        factors=document.FACTORS,
        metrics=Metrics(
            reported=document.REPORTED,
            decision=decision,
            variation=[
                "Proportions: Wilson score intervals. Means and F1: bootstrap over the images.",
                "These intervals say how much the figure depends on which images were drawn, not on the training's seed.",
            ],
            seed_spread=unmeasured("accuracy over several seeds: mean and spread", document.NOT_YET),
        ),
        evaluation_data=document.dataset(words.evaluation_data, {"test": splits.test}, [data.TEST]),
        training_data=document.dataset(
            words.training_data,
            {"train": splits.train, "validation": splits.validation},
            [data.TEST] if quick else list(data.TRAIN),
        ),
        quantitative_analyses=Quantities(
            splits=overall,
            generalisation_gap=Number(
                value=gap,
                n=len(splits.train) + len(splits.test),
                method="training accuracy minus test accuracy",
                status="measured",
            ),
            learning_curve=epochs,
            overfitting=overfitting,
            per_class=classes,
            class_gap=Number(
                value=(classes[ranked[-1]].recall.value or 0) - (classes[ranked[0]].recall.value or 0),
                n=len(splits.test),
                split="test",
                slice=f"{ranked[-1]} against {ranked[0]}",
                method="best minus worst recall of a class",
                status="measured",
            ),
            confusion_matrix=matrix.tolist(),
            confusions=confusions,
            intersectional=unmeasured("accuracy by class and corruption", document.NOT_YET),
            figures={
                "learning_curves.svg": figures.learning_curves(epochs, folder / "figures" / "learning_curves.svg"),
                "confusion_matrix.svg": figures.confusion_matrix(matrix, folder / "figures" / "confusion_matrix.svg"),
                "recall.svg": figures.recall(classes, folder / "figures" / "recall.svg"),
            },
        ),
        ethical_considerations=document.considerations(facts),
        caveats_and_recommendations=document.caveats(facts),
        contract=document.contract(),
        privacy=document.PRIVACY,
        run=run,
        cost=Cost(prediction_microseconds=evaluate.prediction_time(content, splits.test.images[:1])),
    )


def _overfitting(epochs: list[Epoch], gap: float) -> str:
    best = min(epochs, key=lambda epoch: epoch.val_loss)
    text = f"Accuracy on the training images is {100 * gap:.1f} points above that on the test images."
    if best is epochs[-1]:
        return f"{text} The validation loss was still falling when training stopped, after {len(epochs)} epochs."
    return (
        f"{text} The validation loss was lowest ({best.val_loss:.3f}) in epoch {best.epoch}; in the last, epoch "
        f"{len(epochs)}, it was {epochs[-1].val_loss:.3f}, while the training loss kept falling: overfitting."
    )


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

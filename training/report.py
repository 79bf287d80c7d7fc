"""The model card of one training: measured, drawn and put together."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import cifar10_test
from models.card import (
    Agreement,
    Card,
    Cost,
    Epoch,
    Metrics,
    ModelDetails,
    Quantities,
    Run,
    Training,
)
from models.cifar10_test import LABELS
from models.evidence import Robustness
from models.number import Number, Split
from training import (
    calibration,
    data,
    document,
    evaluate,
    export,
    figures,
    misuse,
    recipe,
    robustness,
    selective,
    strangers,
)
from training.document import unmeasured
from training.export import Comparison
from training.variant import Variant

VALIDATION = "validation.npz"

# With fewer hits some resamples of a bootstrap have next to none, and the ratio's interval has no end.
LEAST_FOR_A_RATIO = 20


@dataclass(frozen=True)
class Outcome:
    """What a training came to.

    Attributes:
        version: of the model.
        content: the bytes of model.onnx.
        variant: what was trained.
        history: of the fit, by metric, one value per epoch.
        comparison: of the Keras model with the ONNX model.
        run: the record of the run.
        robustness: of the model, where it was measured.
    """

    version: int
    content: bytes
    variant: Variant
    history: dict[str, list[float]]
    comparison: Comparison
    run: Run
    robustness: Robustness | None = None


def write(outcome: Outcome, folder: Path) -> Card:
    """Measure the model and draw its figures into `folder`/figures; the card of it all.

    What the model says of the validation images is kept beside the card, so that what was chosen on them (threshold,
    temperature, track records) can be checked without the training data.
    """
    content, history, run, variant = outcome.content, outcome.history, outcome.run, outcome.variant
    splits = variant.splits
    by_split: dict[Split, data.Data] = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    outputs = {split: export.run(content, part.images) for split, part in by_split.items()}
    logits = {split: both[0] for split, both in outputs.items()}
    probabilities = {split: both[1] for split, both in outputs.items()}
    overall = {split: evaluate.overall(probabilities[split], part.labels, split) for split, part in by_split.items()}
    on_test = probabilities["test"], splits.test.labels
    first_test = cifar10_test.SIZE - len(splits.test)
    on_validation = probabilities["validation"], splits.validation.labels
    np.savez_compressed(
        folder / VALIDATION, logits=logits["validation"], labels=splits.validation.labels.astype(np.uint8)
    )
    decision = selective.decision(on_validation, on_test)
    threshold = decision.threshold.value or 1
    calibrated = calibration.calibrate(
        (logits["validation"], splits.validation.labels), (logits["test"], splits.test.labels)
    )
    selected = selective.selective(on_test, threshold)
    strange = strangers.measure(content, logits["validation"], logits["test"], threshold)
    misused = misuse.broken_contract(content, splits.test)
    portrait = misuse.portrait(content, threshold)
    robust = outcome.robustness
    classes = evaluate.per_class(*on_test)
    matrix = evaluate.confusion(*on_test)
    confusions = evaluate.confusions(*on_test, np.arange(first_test, cifar10_test.SIZE))
    ranked = sorted(classes, key=lambda label: classes[label].recall.value or 0)
    epochs = [Epoch(epoch=i + 1, **{key: history[key][i] for key in history}) for i in range(run.epochs)]
    right = {split: probabilities[split].argmax(axis=1) == part.labels for split, part in by_split.items()}
    gap = evaluate.contrast(right["train"], right["test"], evaluate.difference, "training accuracy minus test accuracy")
    overfitting = _overfitting(epochs, gap.value or 0)
    best, worst = (right["test"][splits.test.labels == LABELS.index(label)] for label in (ranked[-1], ranked[0]))
    compared = f"{ranked[-1]} against {ranked[0]}"
    facts = document.facts(
        {
            "accuracy": overall["test"].accuracy,
            "decision": decision,
            "best": (ranked[-1], classes[ranked[-1]].recall),
            "worst": (ranked[0], classes[ranked[0]].recall),
            "overfitting": overfitting,
            "calibration": calibrated,
            "selective": selected,
            "strangers": strange,
            "misuse": misused,
            "portrait": portrait,
            "robustness": robust,
            "seminar": next(c for c in confusions if (c.truth, c.answer) == ("automobile", "bird")),
        }
    )
    seeds = recipe.Seeds()
    layers = export.layers(content)
    return Card(
        model_details=ModelDetails(
            name=variant.name,
            version=outcome.version,
            developers=document.DEVELOPERS,
            date=run.started[:10],
            type="convolutional neural network, image classification",
            description=variant.words.description,
            layers=layers,
            parameters=Number(
                value=sum(layer.parameters for layer in layers),
                n=len(layers),
                method="sum over the ONNX graph's operations",
                status="measured",
            ),
            training=Training(
                optimizer="Adam, Keras's defaults (learning rate 0.001)",
                loss="categorical cross-entropy",
                batch_size=recipe.BATCH,
                max_epochs=variant.max_epochs,
                stopping=f"when the validation loss has not fallen for {recipe.PATIENCE} epochs; last weights kept",
                scaling=document.PREPROCESSING,
                python_seed=seeds.python,
                numpy_seed=seeds.numpy,
                tensorflow_seed=seeds.tensorflow,
            ),
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            agreement=Agreement(
                max_probability_difference=Number(
                    value=outcome.comparison.max_difference,
                    n=outcome.comparison.total,
                    method="largest difference of any probability, Keras against ONNX, on all test images",
                    status="measured",
                ),
                argmax_agreement=Number(
                    value=outcome.comparison.agreeing / outcome.comparison.total,
                    n=outcome.comparison.total,
                    method="share of all test images with the same likeliest class in Keras and ONNX",
                    status="measured",
                ),
                ties=outcome.comparison.ties,
            ),
            licence=document.LICENCE,
            citation=document.CITATION,
            contact=document.CONTACT,
        ),
        intended_use=document.INTENDED_USE,
        factors=document.factors(robust),
        metrics=Metrics(
            reported=document.REPORTED,
            decision=decision,
            variation=[
                "Proportions: Wilson score intervals. Means and F1: bootstrap over the images.",
                "These intervals say how much a figure depends on which images were drawn, not on the training's seed.",
            ],
            seed_spread=unmeasured("accuracy over several seeds: mean and spread", document.NOT_YET),
        ),
        evaluation_data=document.dataset(
            variant.words.evaluation_data, document.MOTIVATION_EVALUATION, {"test": splits.test}, [data.TEST]
        ),
        training_data=document.dataset(
            variant.words.training_data,
            document.MOTIVATION_TRAINING,
            {"train": splits.train, "validation": splits.validation},
            list(variant.files),
        ),
        datasheet=document.DATASHEET,
        quantitative_analyses=Quantities(
            splits=overall,
            generalisation_gap=gap,
            learning_curve=epochs,
            overfitting=overfitting,
            per_class=classes,
            class_gap=evaluate.contrast(
                best, worst, evaluate.difference, "best minus worst recall of a class", split="test", slice_=compared
            ),
            class_ratio=evaluate.contrast(
                best, worst, evaluate.ratio, "best over worst recall of a class", split="test", slice_=compared
            )
            if worst.sum() >= LEAST_FOR_A_RATIO
            else unmeasured("best over worst recall of a class", "The worst recall is too near nought to divide by."),
            confusion_matrix=matrix.tolist(),
            confusions=confusions,
            calibration=calibrated,
            track_record=selective.track_record(on_validation),
            selective=selected,
            robustness=robust or Robustness(mean_error=unmeasured(robustness.METHOD, document.NOT_YET), corruptions=[]),
            out_of_distribution=strange,
            broken_contract=misused,
            portrait=portrait,
            intersectional=robustness.worst(robust, len(splits.test) // len(classes))
            if robust
            else unmeasured("lowest recall of a class under a corruption", document.NOT_YET),
            figures={
                "learning_curves.svg": figures.learning_curves(epochs, folder / "figures" / "learning_curves.svg"),
                "confusion_matrix.svg": figures.confusion_matrix(matrix, folder / "figures" / "confusion_matrix.svg"),
                "recall.svg": figures.recall(classes, folder / "figures" / "recall.svg"),
                "reliability.svg": figures.reliability(calibrated, folder / "figures" / "reliability.svg"),
                "risk_coverage.svg": figures.risk_coverage(
                    selected, decision, folder / "figures" / "risk_coverage.svg"
                ),
            }
            | ({"robustness.svg": figures.robustness(robust, folder / "figures" / "robustness.svg")} if robust else {}),
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

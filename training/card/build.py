"""The model card of a trained model: measured, drawn, and put together section by section."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.card import (
    Agreement,
    Card,
    Cost,
    Dataset,
    Decision,
    Epoch,
    Metrics,
    ModelDetails,
    Quantities,
    Reference,
    Run,
    Training,
)
from models.evidence import Attacked, NearDuplicates, Robustness
from models.measurement import Number, Split
from training import batches, onnx_model, recipe
from training.card import figures, findings, sources, text
from training.card.caveats import caveats
from training.card.considerations import considerations
from training.data import Data
from training.measure import robustness
from training.measure.intervals import unmeasured
from training.measure.results import Outputs, Results, measure
from training.variant import SEMINAR_NAME, Variant

VALIDATION = "validation.npz"


@dataclass(frozen=True)
class Stress:
    """What takes minutes to measure, or the training images: only `evaluate` does it."""

    robustness: Robustness
    near_duplicates: NearDuplicates
    adversarial: list[Attacked]


@dataclass(frozen=True)
class Outcome:
    """What a training came to.

    Attributes:
        version: of the model.
        content: the bytes of model.onnx.
        variant: what was trained.
        learning_curve: of the fit.
        agreement: of the ONNX model with the Keras model.
        run: the record of the run.
        stress: what else was measured, if it was.
    """

    version: int
    content: bytes
    variant: Variant
    learning_curve: list[Epoch]
    agreement: Agreement
    run: Run
    stress: Stress | None = None


def build(outcome: Outcome, folder: Path) -> Card:
    """Measure a model, draw its figures into `folder`/figures and put its card together, which nobody has written yet.

    What the model says of the validation images is kept in `folder` too, so that what was chosen on them (threshold,
    temperature, track records) can be checked without the training data.
    """
    stress = outcome.stress
    results = measure(outcome.content, outcome.variant.splits, stress.robustness if stress else None)
    _keep(results.validation, folder / VALIDATION)
    drawn = figures.draw(results, outcome.learning_curve, folder / "figures")
    if stress:
        drawn[figures.ADVERSARIAL] = figures.adversarial(stress.adversarial, folder / "figures" / figures.ADVERSARIAL)
    return worded(_put_together(outcome, results, drawn))


def worded(card: Card) -> Card:
    """A card whose sentences are those that its numbers give."""
    found = card.quantitative_analyses
    overfitting = findings.overfitting(
        found.learning_curve, found.generalisation_gap, weighted="--repaired" in card.run.command
    )
    card = card.model_copy(update={"quantitative_analyses": found.model_copy(update={"overfitting": overfitting})})
    sentences = {"ethical_considerations": considerations(card), "caveats_and_recommendations": caveats(card)}
    return card.model_copy(update=sentences)


def to_json(card: Card) -> bytes:
    """A card as the content of its card.json."""
    return card.model_dump_json(indent=1).encode() + b"\n"


def _keep(validation: Outputs, path: Path) -> None:
    np.savez_compressed(path, logits=validation.logits, labels=validation.labels.astype(np.uint8))


def _put_together(outcome: Outcome, results: Results, drawn: dict[str, str]) -> Card:
    words, splits = outcome.variant.words, outcome.variant.splits
    return Card(
        model_details=_model_details(outcome, results),
        intended_use=text.INTENDED_USE,
        factors=text.factors(corrupted=results.robustness is not None),
        metrics=_metrics(results.decision),
        evaluation_data=_dataset(
            words.evaluation_data,
            text.MOTIVATION_EVALUATION,
            {"test": splits.test},
            (batches.TEST,),
            text.EVALUATION_DEFECTS,
        ),
        training_data=_dataset(
            words.training_data,
            text.MOTIVATION_TRAINING,
            {"train": splits.train, "validation": splits.validation},
            outcome.variant.files,
            text.TRAINING_DEFECTS,
        ),
        datasheet=text.DATASHEET,
        quantitative_analyses=_quantities(results, outcome, drawn),
        ethical_considerations=[],
        caveats_and_recommendations=[],
        contract=text.CONTRACT,
        privacy=text.PRIVACY,
        logging=text.LOGGING,
        regulation=text.REGULATION,
        run=outcome.run,
        cost=Cost(prediction_microseconds=results.prediction_microseconds, percentiles=results.prediction_percentiles),
    )


def _model_details(outcome: Outcome, results: Results) -> ModelDetails:
    layers = onnx_model.layers(outcome.content)
    return ModelDetails(
        name=outcome.variant.name,
        version=outcome.version,
        developers=text.DEVELOPERS,
        date=outcome.run.started[:10],
        type="convolutional neural network, image classification",
        description=outcome.variant.words.description,
        layers=layers,
        parameters=Number(
            value=sum(layer.parameters for layer in layers),
            n=len(layers),
            method="sum over the ONNX graph's operations",
            status="measured",
        ),
        training=_training(outcome.variant.max_epochs),
        sha256=hashlib.sha256(outcome.content).hexdigest(),
        bytes=len(outcome.content),
        agreement=outcome.agreement,
        reference=_reference(outcome, results) if outcome.variant.name == SEMINAR_NAME else None,
        get_started=text.GET_STARTED,
        lifetime=text.LIFETIME,
        funding=text.FUNDING,
        licence=text.LICENCE,
        citation=text.CITATION,
        sources=[sources.NOTEBOOK, sources.CIFAR, *sources.METHODS],
        contact=text.CONTACT,
    )


def _training(max_epochs: int) -> Training:
    return Training(
        optimizer="Adam, Keras's defaults (learning rate 0.001)",
        loss="categorical cross-entropy",
        batch_size=recipe.BATCH,
        max_epochs=max_epochs,
        stopping=f"when the validation loss has not fallen for {recipe.PATIENCE} epochs; last weights kept",
        scaling=text.PREPROCESSING,
        python_seed=recipe.SEEDS.python,
        numpy_seed=recipe.SEEDS.numpy,
        tensorflow_seed=recipe.SEEDS.tensorflow,
        kernels=text.KERNELS,
        machines=text.MACHINES,
    )


def _reference(outcome: Outcome, results: Results) -> Reference:
    def reported(value: float, method: str) -> Number:
        return Number(value=value, method=method, status="cited", source=sources.NOTEBOOK)

    validation = results.splits["validation"]
    return Reference(
        source=sources.NOTEBOOK,
        epochs=reported(recipe.REPORTED.epochs, "epochs until it stopped"),
        validation_accuracy=reported(recipe.REPORTED.validation_accuracy, "accuracy on validation"),
        validation_loss=reported(recipe.REPORTED.validation_loss, "loss on validation"),
        own_epochs=outcome.run.epochs,
        own_validation_accuracy=validation.accuracy,
        own_validation_loss=validation.nll,
        difference=text.REFERENCE_DIFFERENCE,
    )


def _metrics(decision: Decision) -> Metrics:
    return Metrics(
        reported=text.REPORTED,
        decision=decision,
        variation=text.VARIATION,
        seed_spread=unmeasured("accuracy over several seeds: mean and spread", text.NOT_YET),
        next_training=unmeasured("prediction interval for the accuracy of another training", text.NOT_YET),
    )


def _dataset(
    description: str, motivation: str, splits: dict[Split, Data], files: tuple[str, ...], defects: list[Number]
) -> Dataset:
    return Dataset(
        name="CIFAR-10",
        description=description,
        motivation=motivation,
        counts={split: images.counts() for split, images in splits.items()},
        sha256={name: batches.SHA256[name] for name in files},
        preprocessing=text.PREPROCESSING,
        known_defects=defects,
    )


def _quantities(results: Results, outcome: Outcome, drawn: dict[str, str]) -> Quantities:
    stress = outcome.stress
    return Quantities(
        splits=results.splits,
        generalisation_gap=results.generalisation_gap,
        learning_curve=outcome.learning_curve,
        overfitting="",
        per_class=results.per_class,
        class_gap=results.class_gap,
        class_ratio=results.class_ratio,
        confusion_matrix=results.confusion_matrix.tolist(),
        confusions=results.confusions,
        exercise=results.exercise,
        people=text.PEOPLE,
        label_thresholds=results.label_thresholds,
        base_rate=results.base_rate,
        near_duplicates=stress.near_duplicates if stress else None,
        adversarial=stress.adversarial if stress else [],
        calibration=results.calibration,
        track_record=results.track_record,
        selective=results.selective,
        robustness=results.robustness
        or Robustness(mean_error=unmeasured(robustness.METHOD, text.NOT_YET), corruptions=[]),
        out_of_distribution=results.out_of_distribution,
        contract_violations=results.contract_violations,
        portrait=results.portrait,
        intersectional=results.intersectional or unmeasured(robustness.METHOD_WORST, text.NOT_YET),
        figures=drawn,
    )

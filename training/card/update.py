"""A card taken up again: measured anew without training, or with what the trials show put in."""

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from models.card import Card
from models.trials import SeedSpread
from training import experiments
from training.card import build, figures, groups, seeds
from training.card.build import Outcome, Stress
from training.card.records import Records
from training.data import Splits
from training.errors import WrongModelError
from training.experiments import Shadows
from training.files import write_whole
from training.measure import adversarial, membership, near_duplicates, robustness
from training.measure.membership import Scores
from training.measure.results import Outputs
from training.variant import Variant

CARD = "card.json"
IMAGES = "images.npz"
MEMBERSHIP = "membership.npz"
TRIALS = "trials.json"


def measure_again(folder: Path, variant: Variant) -> Card:
    """Measure a model that is there already, its robustness too, and write its card and figures anew.

    What only its training could tell (its run, the learning curve, the agreement with Keras) and what trials showed
    stays as it is. What was found image by image is kept beside the card, so that its figures can be checked without
    the training data.

    Args:
        folder: such as models/seminar-cnn/2.
        variant: what it was trained as.

    Raises:
        WrongModelError: it was trained as something else.
        OutputError: the card can't be written.
    """
    before = Card.read(folder / CARD)
    _check_same(before, variant, folder)
    content = (folder / "model.onnx").read_bytes()
    again = build.build(
        Outcome(
            version=before.model_details.version,
            content=content,
            variant=variant,
            learning_curve=before.quantitative_analyses.learning_curve,
            agreement=before.model_details.agreement,
            run=before.run,
            stress=_stress(content, variant.splits, folder),
        ),
        folder,
    )
    return _write(folder, _with_trials_of(again, before, folder))


def _stress(content: bytes, splits: Splits, folder: Path) -> Stress:
    test = splits.test
    similarity, index = near_duplicates.nearest(splits.train.images, test.images)
    answers = adversarial.attack(content, test.images, test.labels)
    _keep(folder / IMAGES, similarity=similarity, nearest=index, attacked=answers)
    right = Outputs.of(content, test).right
    return Stress(
        robustness.measure(content, test),
        near_duplicates.measure(similarity, right),
        adversarial.measure(answers, test.labels),
    )


def add_trials(folder: Path, records: Records, scores: Scores) -> Card:
    """Add what trials showed to the card in a version folder, with its figures and the records it rests on.

    Args:
        folder: such as models/seminar-cnn/2.
        records: of the trials, as `experiments.run` gives them.
        scores: of membership inference, image by image.

    Raises:
        OutputError: something can't be written.
    """
    card = Card.read(folder / CARD)
    spread, runs = seeds.seed_spread(records), groups.group_runs(records)
    write_whole(folder / TRIALS, json.dumps(records, separators=(",", ":")).encode() + b"\n")
    _keep(folder / MEMBERSHIP, **asdict(scores))
    found = membership.membership(scores, experiments.HALVES)
    quantities = card.quantitative_analyses
    drawn = quantities.figures | {
        figures.MISSING_GROUP: figures.missing_group(runs, folder / "figures" / figures.MISSING_GROUP),
        figures.RECALL: _recall(card, folder, spread),
    }
    changed = {"seeds": spread, "missing_group": runs, "membership": found, "figures": drawn}
    return _write(
        folder,
        _changed(
            card,
            {"seed_spread": seeds.accuracy_spread(spread), "next_training": seeds.next_training(spread)},
            changed,
        ),
    )


def add_comparison(folder: Path, records: Records, group: str, share: float, *, repaired: bool) -> Card:
    """Add to the card of a model that misses most of a class how it compares with its kin on the whole data."""
    found = groups.comparison("seminar-cnn", records, group, share, repaired=repaired)
    return _write(folder, _changed(Card.read(folder / CARD), {}, {"comparison": found}))


def membership_scores(content: bytes, splits: Splits, shadows: Shadows) -> Scores:
    """The scores of membership inference against a model, image by image.

    Args:
        content: the bytes of model.onnx.
        splits: that it was trained with.
        shadows: what models that have learnt from halves of the training images say.
    """
    train, test = Outputs.of(content, splits.train), Outputs.of(content, splits.test)
    return Scores(
        train_losses=membership.losses(train.logits, train.labels),
        test_losses=membership.losses(test.logits, test.labels),
        train_ratios=membership.ratios(
            membership.sureness(train.logits, train.labels),
            np.stack([membership.sureness(each, train.labels) for each in shadows.train]),
            ~shadows.members,
        ),
        test_ratios=membership.ratios(
            membership.sureness(test.logits, test.labels),
            np.stack([membership.sureness(each, test.labels) for each in shadows.test]),
            membership.one_of_each_pair(len(shadows.test), len(splits.test)),
        ),
    )


def _keep(path: Path, **arrays: Any) -> None:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    write_whole(path, file.getvalue())


def _write(folder: Path, card: Card) -> Card:
    write_whole(folder / CARD, build.to_json(card))
    return card


def _changed(card: Card, metrics: dict[str, Any], quantities: dict[str, Any]) -> Card:
    changed = {
        "metrics": card.metrics.model_copy(update=metrics),
        "quantitative_analyses": card.quantitative_analyses.model_copy(update=quantities),
    }
    return build.worded(card.model_copy(update=changed))


def _check_same(card: Card, variant: Variant, folder: Path) -> None:
    name = card.model_details.name
    if name != variant.name or variant.splits.train.counts() != card.training_data.counts["train"]:
        raise WrongModelError(
            f"{folder} holds {name}, trained on other data than {variant.name}: say --missing, --share and "
            "--repaired as it was trained."
        )


def _with_trials_of(card: Card, before: Card, folder: Path) -> Card:
    stated = before.quantitative_analyses
    kept = {name: getattr(stated, name) for name in ("seeds", "missing_group", "comparison", "membership")}
    drawn = stated.figures | card.quantitative_analyses.figures
    if stated.seeds is not None:
        drawn[figures.RECALL] = _recall(card, folder, stated.seeds)
    metrics = {name: getattr(before.metrics, name) for name in ("seed_spread", "next_training")}
    return _changed(card, metrics, kept | {"figures": drawn})


def _recall(card: Card, folder: Path, spread: SeedSpread) -> str:
    return figures.recall(card.quantitative_analyses.per_class, folder / "figures" / figures.RECALL, spread)

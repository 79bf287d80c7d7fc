"""A card taken up again: measured anew without training, or with what the trials show put in."""

import json
from pathlib import Path

from models.card import Card
from training.card import build, figures
from training.card.build import Outcome
from training.card.evidence import Records, group_runs, seed_runs, seed_spread
from training.errors import WrongModelError
from training.files import write_whole
from training.measure import robustness
from training.variant import Variant

CARD = "card.json"


def measure_again(folder: Path, variant: Variant) -> Card:
    """Measure a model that is there already, its robustness too, and write its card and figures anew.

    What only its training could tell (its run, the learning curve, the agreement with Keras) and what trials showed
    stays as it is.

    Args:
        folder: such as models/seminar-cnn/1.
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
            robustness=robustness.measure(content, variant.splits.test),
        ),
        folder,
    )
    card = _with_trials_of(again, before)
    write_whole(folder / CARD, build.to_json(card))
    return card


def add_trials(folder: Path, records: Records) -> Card:
    """Add what trials showed to the card in a version folder, with its figure and the records it rests on.

    Args:
        folder: such as models/seminar-cnn/1.
        records: of the trials, as `experiments.run` gives them.

    Raises:
        OutputError: something can't be written.
    """
    card = Card.read(folder / CARD)
    runs, groups = seed_runs(records), group_runs(records)
    write_whole(folder / "trials.json", json.dumps(records, separators=(",", ":")).encode() + b"\n")
    shown = figures.missing_group(groups, folder / "figures" / figures.MISSING_GROUP)
    found = card.quantitative_analyses
    changes = {"seed_runs": runs, "missing_group": groups, "figures": found.figures | {figures.MISSING_GROUP: shown}}
    changed = card.model_copy(
        update={
            "metrics": card.metrics.model_copy(update={"seed_spread": seed_spread(runs)}),
            "quantitative_analyses": found.model_copy(update=changes),
        }
    )
    write_whole(folder / CARD, build.to_json(changed))
    return changed


def _check_same(card: Card, variant: Variant, folder: Path) -> None:
    name = card.model_details.name
    if name != variant.name or variant.splits.train.counts() != card.training_data.counts["train"]:
        raise WrongModelError(
            f"{folder} holds {name}, trained on other data than {variant.name}: say --missing, --share and "
            "--repaired as it was trained."
        )


def _with_trials_of(card: Card, before: Card) -> Card:
    found, stated = card.quantitative_analyses, before.quantitative_analyses
    kept = {
        "seed_runs": stated.seed_runs,
        "missing_group": stated.missing_group,
        "figures": stated.figures | found.figures,
    }
    return card.model_copy(
        update={
            "metrics": card.metrics.model_copy(update={"seed_spread": before.metrics.seed_spread}),
            "quantitative_analyses": found.model_copy(update=kept),
        }
    )

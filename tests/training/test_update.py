"""A card taken up again keeps what can't be measured anew."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.card import Card
from tests.support import cards
from training import variant
from training.__main__ import _made_by
from training.card import text, update
from training.data import Data, Splits
from training.errors import WrongModelError
from training.measure import corruptions, robustness
from training.measure.membership import Scores
from training.variant import Variant

SEMINAR = cards.folder()


def test_a_card_is_not_overwritten_by_another_models_figures(images: Data) -> None:
    """`evaluate` refuses to measure a model as something that it was not trained as."""
    other = Variant("seminar-cnn", "none", text.SEMINAR, Splits(images[:9], images[9:18], images))
    with pytest.raises(WrongModelError, match="trained on other data"):
        update.measure_again(SEMINAR, other)


def test_a_card_measured_again_keeps_its_training(
    quick_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured again, a model has the same card but for its robustness, which was missing, and the time it takes."""
    folder = tmp_path / "1"
    shutil.copytree(quick_models / "quick-cnn" / "1", folder)
    quick, before = variant.quick(), Card.read(folder / "card.json").model_dump()
    _pretend_measured(tmp_path, (folder / "model.onnx").read_bytes(), quick.splits.test)
    monkeypatch.setattr(robustness, "CACHE", tmp_path)
    after = update.measure_again(folder, quick).model_dump()
    assert Card.read(folder / "card.json").model_dump() == after
    assert after["quantitative_analyses"]["robustness"]["mean_error"]["value"] == 0
    assert (folder / "figures" / "robustness.svg").is_file()
    assert (folder / "images.npz").is_file()
    for card in (before, after):
        del card["factors"], card["caveats_and_recommendations"], card["cost"]
        for name in ("robustness", "intersectional", "near_duplicates", "adversarial"):
            del card["quantitative_analyses"][name]
        for name in ("robustness.svg", "adversarial.svg"):
            card["quantitative_analyses"]["figures"].pop(name, None)
    assert before == after


def test_the_shipped_trials_make_the_shipped_card(tmp_path: Path) -> None:
    """Adding the shipped trials to the shipped card again changes neither the card nor a figure."""
    folder = tmp_path / "1"
    shutil.copytree(SEMINAR, folder)
    scores = Scores(**dict(np.load(SEMINAR / "membership.npz")))
    update.add_trials(folder, json.loads((SEMINAR / "trials.json").read_bytes()), scores)
    for path in (path for path in SEMINAR.rglob("*") if path.is_file()):
        assert (folder / path.relative_to(SEMINAR)).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("model", [model for model in cards.MODELS if model != cards.SEMINAR])
def test_the_shipped_trials_make_the_comparisons(model: str, tmp_path: Path) -> None:
    """Comparing each model that misses a class with its kin again changes nothing of its card."""
    folder = tmp_path / "2"
    shutil.copytree(cards.folder(model), folder)
    records = json.loads((SEMINAR / "trials.json").read_bytes())
    made_by = _made_by(folder)
    update.add_comparison(folder, records, made_by.missing, made_by.share, repaired=made_by.repaired)
    assert (folder / "card.json").read_bytes() == (cards.folder(model) / "card.json").read_bytes()


def _pretend_measured(cache: Path, content: bytes, test: Data) -> None:
    """Put right answers about all corrupted images where `robustness` looks for what it measured before."""
    kept = cache / hashlib.sha256(content).hexdigest()[:16]
    kept.mkdir()
    for name in corruptions.CORRUPTIONS:
        for severity in corruptions.SEVERITIES:
            answers = test.labels.astype(np.uint8).tobytes()
            (kept / f"{name.replace(' ', '-')}-{severity}.answers").write_bytes(answers)

"""A sentence of the card is made from its numbers, and says another thing where they are others."""

from typing import Any

import pytest

from models.card import Card, Epoch
from models.measurement import Interval, Number
from tests.support import cards
from training.card import build, caveats, considerations, findings, sources

CARD = cards.card()


def changed(path: str, value: Any, card: Card = CARD) -> Card:
    """A card with one field changed, such as quantitative_analyses.calibration.ece_calibrated.value."""
    whole: Any = card.model_dump()
    *names, last = path.split(".")
    inner = whole
    for name in names:
        inner = inner[int(name) if name.isdecimal() else name]
    inner[last] = value
    return Card.model_validate(whole)


@pytest.mark.parametrize("model", cards.MODELS)
def test_the_shipped_cards_say_what_their_numbers_say(model: str) -> None:
    """Worded anew, each shipped card is the same."""
    assert build.worded(cards.card(model)) == cards.card(model)


def test_a_temperature_that_makes_it_worse_is_not_recommended() -> None:
    """Where the calibrated probabilities' error is larger than the others', nothing says to read them."""
    worse = changed("quantitative_analyses.calibration.ece_calibrated.value", 0.5)
    assert findings.temperature_helps(CARD)
    advice = [(each.recommendation, each.measurement) for each in caveats.caveats(worse)]
    assert not any("alibrated probability" in recommendation for recommendation, _ in advice)
    assert any("the temperature makes it no better" in measurement for _, measurement in advice)


def test_a_share_of_a_few_answers_is_compared_with_nothing() -> None:
    """A label with fewer than twenty confident answers is named neither best nor worst."""
    labels, few = CARD.quantitative_analyses.label_thresholds.labels, CARD
    assert f"'{max(labels, key=lambda each: each.wrong_as_answer.value or 0).label}'" in findings.confident_by_label(
        few
    )
    for i in range(10):
        few = changed(f"quantitative_analyses.label_thresholds.labels.{i}.wrong_as_answer.n", 19, few)
    assert findings.confident_by_label(few).endswith("too few to compare them.")


def test_the_seminars_example_is_left_out_where_there_is_none() -> None:
    """A model that calls no automobile a bird has no caveat that says it does."""
    confusions = CARD.quantitative_analyses.confusions
    (i,) = [i for i, each in enumerate(confusions) if (each.truth, each.answer) == ("automobile", "bird")]
    without = changed(f"quantitative_analyses.confusions.{i}.count", 0)
    names = [[each.caveat for each in caveats.caveats(card)] for card in (CARD, without)]
    assert set(names[0]) - set(names[1]) == {"It takes an automobile for a bird now and then."}


EPOCHS = [Epoch(epoch=i, accuracy=0.5, loss=2 - i / 10, val_accuracy=0.5, val_loss=abs(i - 3)) for i in (1, 2, 3, 4)]


def gap(value: float, slice_: str | None = None) -> Number:
    return Number(value=value, n=1, method="m", status="measured", slice=slice_)


def test_overfitting_is_named_where_it_is_there() -> None:
    """Only where validation got worse while training went on, and training is better than test."""
    assert findings.overfitting(EPOCHS, gap(0.1)).endswith("while the training loss kept falling: overfitting.")
    assert "overfitting" not in findings.overfitting(EPOCHS[:3], gap(0.1))
    assert "overfitting" not in findings.overfitting(EPOCHS, gap(-0.1))
    assert "10.0 points below" in findings.overfitting(EPOCHS, gap(-0.1))
    assert "(without dog)" in findings.overfitting(EPOCHS, gap(0.1, "without dog"))
    weighted = findings.overfitting(EPOCHS, gap(0.1), weighted=True)
    assert "overfitting" not in weighted
    assert "does not compare" in weighted
    bumpy = [*EPOCHS[:3], EPOCHS[3].model_copy(update={"loss": 1.9})]
    assert "overfitting" not in findings.overfitting(bumpy, gap(0.1))


def test_sets_that_look_familiar_are_named_where_the_interval_says_so() -> None:
    """A set whose AUROC by energy lies below a half, interval and all, is said to look more familiar than others."""
    auroc = "quantitative_analyses.out_of_distribution.sets.0.auroc_energy"
    low = Interval(lower=0.3, upper=0.4, level=0.95, method="m").model_dump()
    high = low | {"lower": 0.6, "upper": 0.7}
    name = CARD.quantitative_analyses.out_of_distribution.sets[0].name
    for ci, named in ((low, True), (high, False)):
        text = findings.out_of_distribution(changed(f"{auroc}.ci", ci))
        familiar = text.partition("By their energy")[2].partition("look more familiar")[0]
        assert (name in familiar) == named


def test_ties_for_the_hardest_strangers_are_all_named() -> None:
    """Where several sets pass equally often all of them are named."""
    tied, sets = CARD, CARD.quantitative_analyses.out_of_distribution.sets
    for i in range(len(sets)):
        tied = changed(f"quantitative_analyses.out_of_distribution.sets.{i}.fpr95_energy.value", 1.0, tied)
    *most, last = [each.name for each in sets]
    assert f"of the {', '.join(most)} and {last} pass too (each)" in findings.out_of_distribution(tied)


def test_a_label_is_called_unreliable_where_the_card_lists_it() -> None:
    """The sentence names the card's list, or says that there is none."""
    listed = changed("quantitative_analyses.label_thresholds.unreliable", ["cat", "dog"])
    assert "answers 'cat' and 'dog' were wrong" in findings.unreliable(listed)
    none = changed("quantitative_analyses.label_thresholds.unreliable", [])
    assert findings.unreliable(none).startswith("No label's")


def test_a_rate_of_nought_gives_no_factor() -> None:
    """The factor between false positive rates is left out where it would divide by nought."""
    whole = CARD
    assert "a factor of" in findings.false_positives(whole)
    for i in range(10):
        whole = changed(f"quantitative_analyses.label_thresholds.labels.{i}.false_positive_rate.value", i / 100, whole)
    assert "a factor of" not in findings.false_positives(whole)


def test_near_duplicates_without_effect_are_told_as_such() -> None:
    """Where the interval of the difference includes nought the sentence says so."""
    interval = Interval(lower=-0.1, upper=0.1, level=0.95, method="m").model_dump()
    text = findings.near_duplicates(changed("quantitative_analyses.near_duplicates.difference.ci", interval))
    assert text.endswith("the interval of the difference includes nought.")


SEMINAR = {
    "Benefit": sources.WALL, "Accuracy": sources.WALL, "Privacy": sources.WALL, "Scale": sources.PREEZ,
    "Data vulnerability": sources.WALL, "Fraud and crime": sources.WALL, "Transparency": sources.GARGARO,
    "Biased data": sources.WALL, "What would help": sources.WALL,
}  # fmt: skip


@pytest.mark.parametrize("model", cards.MODELS)
def test_the_seminars_argument_is_complete(model: str) -> None:
    """Each of the seminar's points is a consideration of each card, with who bears it, what is done, and its source."""
    points = considerations.considerations(cards.card(model))
    for begins, source in SEMINAR.items():
        (point,) = [each for each in points if each.topic.startswith(begins)]
        assert source in point.sources
        assert "As the seminar reads it" in point.harm
        assert point.who_bears_it
        assert point.mitigation
        assert (
            point.numbers
            or considerations.NOTHING in point.mechanism
            or "Not measured" in point.mechanism
            or ("not measured" in point.mechanism)
        )


def test_every_source_has_an_address() -> None:
    """Every work that the card cites can be opened, save for the seminar's notebook, which is not published."""
    cited = [source for each in CARD.ethical_considerations for source in each.sources]
    found = {(each.title, each.url) for each in cited + CARD.model_details.sources + CARD.datasheet.sources}
    assert {title for title, url in found if url is None} == {sources.NOTEBOOK.title}
    assert all(url.startswith(("https://", "http://")) for _, url in found if url)

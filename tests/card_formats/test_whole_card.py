"""Every form of a card that has all that a card may have, made by hand."""

import re
from collections import Counter
from typing import Any

import pytest

from models.card import Card
from models.measurement import Number
from service.card_formats import html, markdown, toolkit
from service.card_formats.blocks import Section, measures_in
from service.card_formats.sections import sections
from service.card_formats.summary import summarise
from tests.card_formats import completeness, made
from tests.support import cards
from tests.support.parsed_page import ParsedPage, as_read


@pytest.fixture(scope="module")
def card() -> Card:
    """The card."""
    return made.full()


@pytest.fixture(scope="module")
def page(card: Card) -> ParsedPage:
    """Its page."""
    return ParsedPage(html.render(made.source(card)))


@pytest.fixture(scope="module")
def text(card: Card) -> str:
    """Its Markdown, without the escapes."""
    return re.sub(r"\\(.)", r"\1", markdown.render(made.source(card)))


def section(card: Card, anchor: str) -> Section:
    (found,) = (each for each in sections(card, made.source().figures) if each.anchor == anchor)
    return found


def changed(card: Card, field: str, **changes: Any) -> Card:
    copy = card.model_dump()
    copy["quantitative_analyses"][field] |= changes
    return Card.model_validate(copy)


def test_the_page_leaves_nothing_out(card: Card, page: ParsedPage) -> None:
    """Each number with its interval and n, each text and each address of the whole card is in the page."""
    completeness.check_numbers(page, card)
    assert completeness.left_out(page, card) == []


def test_the_markdown_leaves_no_number_out(card: Card, text: str) -> None:
    """Every number of the card is among those that the sections show, and the Markdown has each with its interval."""
    shown = [each for part in sections(card, made.source().figures) for each in measures_in(part.blocks)]
    held = Counter(Number.model_validate(each) for each in cards.numbers(card.model_dump()))
    assert not held - Counter(each.number for each in shown)
    for each in shown:
        assert each.text in text
        assert each.interval in text


def test_the_markdown_leaves_no_text_out(card: Card, text: str) -> None:
    """Every text of the card is in the Markdown too, and every address that is safe to link to."""
    read = as_read(text)
    for path, leaf in cards.leaves(card.model_dump()):
        if isinstance(leaf, str) and not path.endswith((".slice", ".status", ".url")):
            assert as_read(leaf) in read, path
    assert f"[{made.TITLE}](<{made.URL}>)" in text
    assert made.UNSAFE["url"] not in text


def test_only_addresses_on_the_web_are_links(page: ParsedPage) -> None:
    """A source with an https address is a link with rel=noopener; "javascript:" and none at all are no links."""
    assert made.URL in page.links
    assert not [link for link in page.links if link.startswith("javascript")]
    assert page.attributes.count(("rel", "noopener")) == page.links.count(made.URL) > 0
    assert as_read(str(made.UNSAFE["title"])) in page.text


def test_whom_it_may_hurt_comes_first(card: Card, page: ParsedPage) -> None:
    """The order is: summary, whom it may hurt, Mitchell's other sections in theirs; both of its addresses are there."""
    anchors = [each.anchor for each in sections(card, made.source().figures)]
    assert anchors[:9] == [
        "ethical-considerations", "model-details", "intended-use", "factors", "metrics", "evaluation-data",
        "training-data", "quantitative-analyses", "caveats",
    ]  # fmt: skip
    wanted = ["summary", "whom-it-may-hurt", *anchors]
    assert [each for each in page.ids if each in wanted] == wanted


def test_the_worst_class_is_of_this_file_only(card: Card) -> None:
    """The summary says which class was the worst in how many trainings; without others it says nothing of them.

    The made card's three trainings have dog once and cat twice.
    """
    note = summarise(card).numbers[1].note
    assert note.endswith("in 3 trainings with different seeds, this one among them, the worst was cat 2 times, dog 1")
    alone = made.full(seeds=None)
    assert summarise(alone).numbers[1].note == "of its pictures are recognised here"


def test_an_interval_promises_no_other_training(page: ParsedPage) -> None:
    """The legend says what a 95 % interval is, and that it is not about the next training, whose number it names."""
    assert "if the images are a random draw" in page.text
    assert as_read("They say nothing about another training") in page.text
    assert "most likely" not in page.text
    assert "the next training's accuracy" in page.text


@pytest.mark.parametrize(("before", "after", "said"), [
    (0.059, 0.069, "raises the ECE: read its own probability"),
    (0.069, 0.059, "lowers the ECE"),
])  # fmt: skip
def test_what_scaling_does_is_said_of_this_model(card: Card, before: float, after: float, said: str) -> None:
    """That scaling lowers the ECE is said only where it does; where it raises it, its own is the better one."""
    calibration = card.model_dump()["quantitative_analyses"]["calibration"]
    model = changed(
        card,
        "calibration",
        ece=calibration["ece"] | {"value": before},
        ece_calibrated=calibration["ece_calibrated"] | {"value": after},
    )
    assert as_read(said) in ParsedPage(html.render(made.source(model))).text
    assert said in markdown.render(made.source(model))


def test_right_and_wrong_are_told_without_colour(page: ParsedPage, text: str) -> None:
    """Under each picture of the exercise stands a mark and a word; in Markdown the word."""
    assert page.text.count("✓ right") == page.text.count("✗ wrong") == 1
    assert "Test image 1, right: is: ship; says: ship; 87.5" in text
    assert "Test image 2, wrong: is: ship; says: bird; 37.5" in text
    for index in (1, 2, 7, 9, 11, 13):
        assert ("src", f"/images/{index}.png") in page.attributes
        assert ("alt", f"Test image {index}") in page.attributes


def test_the_long_parts_are_folded(card: Card, page: ParsedPage) -> None:
    """Digests, operations, class counts, tables by seed and the laws are in folds, whose titles are all different."""
    assert page.tags["details"] > 20
    titles = re.findall(r"<summary><h3>(.+?)</h3>", html.render(made.source(card)))
    assert len(set(titles) - {"Why this data, preprocessing, known defects"}) > 20
    assert section(card, "regulation").title == "Regulation: a voluntary mapping, no claim of compliance"


def test_a_number_of_the_discussion_is_counted_as_in_its_section(card: Card) -> None:
    """What a consideration rests on has the unit of the section that shows the same number; a gap is in points."""
    copy = card.model_dump()
    copy["ethical_considerations"][0]["numbers"] = {
        "gap": copy["quantitative_analyses"]["seeds"]["gap"],
        "AUROC": copy["quantitative_analyses"]["membership"]["likelihood_auroc"],
    }
    concern = section(Card.model_validate(copy), "ethical-considerations").blocks[0]
    gap, auroc = measures_in([concern])
    assert gap.text.endswith("points")
    assert re.fullmatch(r"0\.\d{3}", auroc.text)


def test_the_toolkit_has_risks_trade_offs_and_references(card: Card) -> None:
    """A risk is topic and harm, its strategy the mitigation; trade-offs name both sides in numbers or a verdict."""
    translated = toolkit.translate(card)
    first, _ = translated.considerations.ethical_considerations
    assert first.name.startswith("Accuracy: Innocent people are harmed. Who bears it: The innocent.")
    assert first.mitigation_strategy == "Caveats."
    threshold, by_label, repair = (each.description for each in translated.considerations.tradeoffs)
    assert as_read("accepted: 50.0 %; wrong among those: 12.0 %") in as_read(threshold)
    assert "a threshold for each label" in by_label
    assert repair.endswith("The repair costs more than it gains.")
    assert [each.reference for each in translated.model_details.references] == [made.URL]


def test_per_cent_is_written_in_one_way(card: Card) -> None:
    """No form has a number with "%" right after it or after a common space."""
    for form in (html.render(made.source(card)), markdown.render(made.source(card))):
        without_style = re.sub(r"<style>.*?</style>| style=\"[^\"]*\"", "", form, flags=re.DOTALL)
        assert re.findall(r"\d ?%", without_style.replace("&nbsp;", "\N{NO-BREAK SPACE}")) == []

"""What all forms have in common: they are made from the card, and from nothing else."""

from models.card import Card
from service.card_formats import html, markdown, toolkit
from tests.support import cards
from tests.support.parsed_page import ParsedPage, as_read


def test_a_changed_card_changes_every_form() -> None:
    """One number changed in the card is another number in the page, in the Markdown and in the toolkit's JSON."""
    card = cards.card().model_dump()
    card["quantitative_analyses"]["splits"]["test"]["accuracy"]["value"] = 0.123456
    card["quantitative_analyses"]["per_class"]["cat"]["recall"] |= {
        "value": None, "ci": None, "n": None, "status": "not_measured", "reason": "The cat was away.",
    }  # fmt: skip
    changed = cards.source(changed=Card.model_validate(card))
    page, text = ParsedPage(html.render(changed)), markdown.render(changed)
    assert 0.123456 in page.values
    assert "12.3 %" in page.text
    assert as_read("not measured: The cat was away.") in page.text
    assert "not measured: The cat was away." in text
    assert "value: 0.123456" in text
    metrics = {
        each.type: each.value for each in toolkit.translate(changed.card).quantitative_analysis.performance_metrics
    }
    assert metrics["quantitative_analyses.splits.test.accuracy"] == "0.123456"
    assert metrics["quantitative_analyses.per_class.cat.recall"] == "not measured: The cat was away."


def test_what_a_card_says_is_no_markup() -> None:
    """Text in a card that looks like HTML or Markdown is shown, not obeyed."""
    card = cards.card().model_dump()
    card["privacy"] = "<script>alert(1)</script> *bold* | `code`"
    changed = cards.source(changed=Card.model_validate(card))
    page = ParsedPage(html.render(changed))
    assert page.tags["script"] == 0
    assert card["privacy"] in page.text
    assert "\\<script>alert(1)\\</script> \\*bold\\* \\| \\`code\\`" in markdown.render(changed)

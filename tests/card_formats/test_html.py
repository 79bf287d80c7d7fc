"""The card as a page says all that the card says, and nothing on it is markup from elsewhere."""

from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.card_formats import html
from service.card_formats.source import CardSource
from tests.support import cards
from tests.support.cards import MODELS
from tests.support.parsed_page import ParsedPage, as_read

# What a page could fetch something with.
FETCHING = {"script", "img", "iframe", "object", "embed", "audio", "video", "source", "base", "form"}


@pytest.mark.parametrize("model", MODELS)
def test_the_page_is_sound(client: httpx.Client, model: str) -> None:
    """The page is well-formed, its ids are unique, it has no script, and every link leads somewhere in the service."""
    page = ParsedPage(client.get("/model-card", params={"model": model, "format": "html"}).text)
    assert len(page.ids) == len(set(page.ids))
    assert FETCHING.isdisjoint(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    for link in set(page.links):
        if link.startswith("#"):
            assert link[1:] in page.ids, link
        elif not link.startswith("data:"):
            assert link.startswith("/")
            if not link.startswith("/images/"):
                assert client.get(link, follow_redirects=True).status_code == 200, link
    assert not [value for _, value in page.attributes if "url(" in value and "url(#" not in value]
    assert page.tags["svg"] == page.tags["figure"] == len(cards.card(model).quantitative_analyses.figures)
    assert page.attributes.count(("role", "img")) == page.tags["svg"]


@pytest.mark.parametrize("model", MODELS)
def test_no_number_is_left_out(model: str) -> None:
    """Each number of the card is in the page to its last digit as often as it is in the card, with interval and n."""
    page = cards.page(model)
    shown = Counter(page.values)
    for number in cards.numbers(cards.card(model).model_dump()):
        if number["value"] is None:
            assert as_read(f"not measured: {number['reason']}") in page.text
        else:
            shown[number["value"]] -= 1
        if number["ci"]:
            shown[number["ci"]["lower"]] -= 1
            shown[number["ci"]["upper"]] -= 1
            assert f"{number['ci']['level'] * 100:g} % interval by {number['ci']['method']}".casefold() in page.text
        if number["n"] is not None:
            assert f"n = {number['n']:,}" in page.text
    assert min(shown.values()) >= 0


@pytest.mark.parametrize("model", MODELS)
def test_no_field_is_left_out(model: str) -> None:
    """Everything that the card says, be it text, count or value, is in the page."""
    page = cards.page(model)
    found = list(cards.leaves(cards.card(model).model_dump()))
    assert len(found) > 1000
    assert [(path, leaf) for path, leaf in found if not said(page, path, leaf)] == []


def said(page: ParsedPage, path: str, leaf: Any) -> bool:
    """Whether a page says a leaf of the card."""
    if isinstance(leaf, bool):
        return True  # in words: "repaired", "Called confident: yes"
    if isinstance(leaf, str):
        # "class = dog" is not repeated in the row "dog".
        text = as_read(leaf.replace("not_measured", "not measured"))
        return text in page.text or (path.endswith(".slice") and text.rpartition("= ")[2] in page.text)
    return leaf in page.values or f"{leaf:,}" in page.text or str(leaf) in page.text or path.endswith(".level")


def test_a_figure_without_its_file_is_told(tmp_path: Path) -> None:
    """A card whose figure files are missing is shown with their descriptions, their data, and what is missing."""
    page = ParsedPage(html.render(CardSource(cards.card(), tmp_path, [])))
    assert page.tags["svg"] == 0
    assert "its file recall.svg is missing." in page.text

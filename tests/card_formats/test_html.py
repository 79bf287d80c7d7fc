"""The card as a page says all that the card says, and nothing on it is markup from elsewhere."""

from pathlib import Path

import httpx
import pytest

from service.card_formats import html, links
from service.card_formats.source import CardSource
from tests.card_formats import completeness
from tests.support import cards
from tests.support.cards import MODELS
from tests.support.parsed_page import ParsedPage

# What a page could fetch something with; images are looked at one by one.
FETCHING = {"script", "iframe", "object", "embed", "audio", "video", "source", "base", "form"}


@pytest.mark.parametrize("model", MODELS)
def test_the_page_is_sound(client: httpx.Client, model: str) -> None:
    """The page is well-formed, its ids are unique, it has no script; each link leads to the service or to a source."""
    page = ParsedPage(client.get("/model-card", params={"model": model, "format": "html"}).text)
    assert len(page.ids) == len(set(page.ids))
    assert FETCHING.isdisjoint(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    works = {source.url for source in links.works(cards.card(model))}
    assert page.attributes.count(("rel", "noopener")) == sum(link.startswith("http") for link in page.links)
    assert {value.rpartition("/")[0] for name, value in page.attributes if name == "src"} <= {"/images"}
    for link in set(page.links):
        if link.startswith("#"):
            assert link[1:] in page.ids, link
        elif link.startswith(("http://", "https://")):
            assert link in works
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
    completeness.check_numbers(cards.page(model), cards.card(model))


@pytest.mark.parametrize("model", MODELS)
def test_no_field_is_left_out(model: str) -> None:
    """Everything that the card says, be it text, count or value, is in the page, and every address is a link."""
    assert len(list(cards.leaves(cards.card(model).model_dump()))) > 1000
    assert completeness.left_out(cards.page(model), cards.card(model)) == []


def test_a_figure_without_its_file_is_told(tmp_path: Path) -> None:
    """A card whose figure files are missing is shown with their descriptions, their data, and what is missing."""
    page = ParsedPage(html.render(CardSource(cards.card(), tmp_path, [])))
    assert page.tags["svg"] == 0
    assert "its file recall.svg is missing." in page.text

"""The address: back, forward, links that reproduce a view, and values that can't be used."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.answers import body
from tests.support.seminar_page import at, says, settle, show, slide
from tests.support.serving import Service


def test_back_and_forward_go_through_what_was_chosen(page: Page, service: Service) -> None:
    """Each picture and model chosen is one entry of the history, and back and forward show it again."""
    page.fill("#index", "3")
    expect(page).to_have_url(at(3))
    page.select_option("#model", label="missing-dog")
    expect(page).to_have_url(re.compile("index=3&model=missing-dog"))
    page.click("#next")
    expect(page).to_have_url(re.compile("index=4&model=missing-dog"))
    page.go_back()
    expect(page.locator("#given-caption")).to_contain_text("Test image 3")
    page.go_back()
    expect(page).to_have_url(at(3))
    expect(page.locator("#model")).to_have_value(re.compile(r"\d+"))
    page.go_back()
    expect(page.locator("#given-caption")).to_contain_text("Test image 16")
    page.go_forward()
    expect(page.locator("#given-caption")).to_contain_text("Test image 3")
    assert says(page) == body(service.client.get("/predict?index=3"))["label"]


def test_a_drag_is_one_entry(page: Page) -> None:
    """A slider that is dragged over many images leaves one entry, so that one step back leads to where it began."""
    for index in (100, 200, 300):
        slide(page, "#slider", index)
        expect(page).to_have_url(at(index))
    page.go_back()
    expect(page.locator("#given-caption")).to_contain_text("Test image 16")


def test_a_link_carries_all_of_a_view(page: Page, service: Service) -> None:
    """The link of a view with model, spoilt picture, patch, step and class shows all of that again elsewhere."""
    show(page, f"{service.url}/?index=3&model=missing-dog")
    settle(page)
    slide(page, "#spoil-noise", 40)
    slide(page, "#patch", 12)
    page.select_option("#explained", "cat")
    expect(page.locator("#readout")).to_contain_text("takes cat")
    expect(page.locator("#spoilt-verdict")).to_contain_text("Before:")
    page.get_by_text("Do the same again").click()
    link = page.locator("#link a").get_attribute("href") or ""
    said = page.locator("#spoilt-verdict").inner_text()
    for each in ("index=3", "model=missing-dog", "noise=40", "patch=12", "class=cat"):
        assert each in link
    other = page.context.new_page()
    show(other, f"{service.url}/{link}")
    settle(other)
    expect(other.locator("#spoil-noise")).to_have_value("40")
    expect(other.locator("#patch")).to_have_value("12")
    expect(other.locator("#readout")).to_contain_text("takes cat")
    expect(other.locator("#spoilt-verdict")).to_have_text(said)


WRONG = {
    "index=10000": "index=10000, but test images go from 0 to 9999; image 16 is shown.",
    "index=1e3": "index=1e3, but test images go from 0 to 9999; image 16 is shown.",
    "index=-1": "index=-1, but test images",
    "model=nope": "model=nope, but the models are",
    "version=99": "version=99, but seminar-cnn has version 2; version 2 answers.",
    "patch=99": "patch=99, but",
    "class=nope": "class=nope, but",
    "noise=abc": "noise=abc, but",
    "fit=round": "fit=round, but it is crop or stretch",
    "index=1&index=2": "names index more than once; the first one counts.",
}


@pytest.mark.parametrize("query", WRONG)
def test_what_can_not_be_used_is_told(page: Page, service: Service, query: str) -> None:
    """A value in the address that makes no sense is named, with what there is and what is shown instead."""
    show(page, f"{service.url}/?{query}")
    expect(page.locator("#address-note")).to_contain_text(WRONG[query])


def test_several_wrong_values_are_all_told(page: Page, service: Service) -> None:
    """Of two wrong values both are told; the note goes with the next picture."""
    show(page, f"{service.url}/?index=99999&model=nope")
    expect(page.locator("#address-note")).to_contain_text("index=99999")
    expect(page.locator("#address-note")).to_contain_text("model=nope")
    page.click("#next")
    expect(page.locator("#address-note")).to_be_hidden()


def test_an_index_that_is_typed_wrong_is_told(page: Page) -> None:
    """10000 in the field is not made 9999: the page says how far they go, and what is on show stays."""
    page.fill("#index", "10000")
    expect(page.locator("#index-note")).to_contain_text("they go from 0 to 9999")
    expect(page.locator("#given-caption")).to_contain_text("Test image 16")
    page.fill("#index", "9999")
    expect(page).to_have_url(at(9999))
    expect(page.locator("#index-note")).to_be_empty()
    page.click("#next")
    expect(page).to_have_url(at(9999))

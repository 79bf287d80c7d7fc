"""Guess first: the answer waits until somebody has said what the picture shows."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from models.cifar10_test import LABELS
from tests.support.accessibility import of_colours, of_structure
from tests.support.answers import body
from tests.support.browser import Theme, window
from tests.support.seminar_page import guess, show, show_guessing
from tests.support.serving import Service

NONE = "none of these"
# Parts of the page that would tell the answer.
TELLING = ("#verdict", "#bars", "#readout", "#spoilt-verdict", "#models", "#explained")


@pytest.fixture
def first_visit(context: BrowserContext, service: Service) -> Page:
    """The page as it opens for who has never been there."""
    page = context.new_page()
    show_guessing(page, service.url)
    return page


def test_nothing_tells_before_the_guess(first_visit: Page, service: Service) -> None:
    """On a first visit what tells the answer is hidden, and the picture's own text does not name what it shows."""
    for part in TELLING:
        expect(first_visit.locator(part)).to_be_hidden()
    label = body(service.client.get("/predict?index=16"))["label"]
    assert label == "dog"
    assert "dog" not in first_visit.locator(".pictures").inner_text().lower()
    for picture in first_visit.locator("#try img").all():
        assert "dog" not in (picture.get_attribute("alt") or "")
    buttons = first_visit.locator("#guess-classes button")
    assert buttons.all_inner_texts() == [*LABELS, NONE]


def test_a_guess_brings_the_answer(first_visit: Page) -> None:
    """After the guess stand the answer, the truth and who was right; the keyboard is there too."""
    first_visit.locator("#guess").get_by_role("button", name="cat", exact=True).press("Enter")
    verdict = first_visit.locator("#verdict")
    expect(verdict).to_contain_text("It says dog")
    expect(verdict).to_contain_text("You said cat")
    expect(verdict).to_be_focused()
    for part in TELLING:
        expect(first_visit.locator(part)).to_be_visible()
    expect(first_visit.locator(".interval.you .figure")).to_contain_text("0 of 1")
    expect(first_visit.locator(".interval.network .figure")).to_contain_text("1 of 1")
    first_visit.click("#next")
    expect(first_visit.locator("#guess-question")).to_contain_text("test image 17")
    guess(first_visit, "horse")
    expect(first_visit.locator(".interval.you .figure")).to_contain_text("1 of 2")
    first_visit.click("#previous")  # what was told is not asked again
    expect(verdict).to_contain_text("It says dog")


def test_none_of_these_is_a_guess(first_visit: Page) -> None:
    """Who says that it is none of the classes is wrong about a test image, as each shows one."""
    guess(first_visit, NONE)
    expect(first_visit.locator(".interval.you .figure")).to_contain_text("0 of 1")


def test_nobody_has_to_guess(first_visit: Page) -> None:
    """Who would rather be shown the answer is, and then it counts for nobody."""
    first_visit.click("#no-guess")
    expect(first_visit.locator("#verdict")).to_contain_text("It says dog")
    expect(first_visit.locator("#strip li")).to_have_count(0)


def test_the_switch_is_remembered(first_visit: Page, service: Service) -> None:
    """Switched off it shows what waits, and stays off on the next visit; switched on it asks again."""
    first_visit.get_by_label("Guess first").uncheck()
    expect(first_visit.locator("#verdict")).to_contain_text("It says dog")
    first_visit.goto(f"{service.url}/?index=3")
    expect(first_visit.locator("#verdict .judged")).to_be_visible()
    first_visit.get_by_label("Guess first").check()
    first_visit.click("#next")
    expect(first_visit.locator("#guess-question")).to_contain_text("test image 4")


def test_a_link_can_switch_it_for_a_visit(context: BrowserContext, service: Service) -> None:
    """?guess=no shows answers at once and is not remembered; what is neither yes nor no is told."""
    page = context.new_page()
    show(page, f"{service.url}/?index=3&guess=no")
    assert page.evaluate("localStorage.length") == 0
    show_guessing(page, f"{service.url}/?index=3&guess=perhaps")
    expect(page.locator("#address-note")).to_contain_text("guess=perhaps, but it is yes or no")


def test_a_mistake_that_was_picked_is_told_by_who_guesses(first_visit: Page) -> None:
    """The next mistake can be guessed too, but counts for nobody, as it was chosen for the network's answer."""
    guess(first_visit, "dog")
    first_visit.click("#mistake")
    expect(first_visit.locator("#guess-question")).not_to_contain_text("image 16")
    guess(first_visit, "ship")
    expect(first_visit.locator(".interval.you .figure")).to_contain_text("1 of 1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_used_by_all(browser: Browser, service: Service, theme: Theme) -> None:
    """The page that waits for a guess breaks no rule of accessibility in either theme, and fits a phone."""
    with window(browser, size=(360, 740), theme=theme) as context:
        page = context.new_page()
        show_guessing(page, service.url)
        assert of_structure(page) == {}
        assert of_colours(page) == {}
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

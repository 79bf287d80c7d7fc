"""The card's page as a person meets it: on a phone, on a desktop, in light, in dark, on paper, without scripts."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from tests.support import accessibility
from tests.support.browser import DESKTOP, PHONE, Theme, chromium, window
from tests.support.serving import Service

# One with all the evidence, and one that lacks a class.
SHOWN = ["seminar-cnn", "missing-dog"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser."""
    with chromium() as started:
        yield started


@contextmanager
def shown(
    browser: Browser, service: Service, model: str, size: tuple[int, int] = DESKTOP, theme: Theme = "light"
) -> Iterator[Page]:
    """The page of a model's card, all of it unfolded; it has asked the network for nothing but itself."""
    with window(browser, size=size, theme=theme) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        address = f"{service.url}/model-card?model={model}"
        page.goto(address)
        unfold(page)
        yield page
        assert asked == [address]


def unfold(page: Page, *, opened: bool = True) -> None:
    page.evaluate("opened => document.querySelectorAll('details').forEach(each => each.open = opened)", opened)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("model", SHOWN)
def test_the_page_is_accessible(browser: Browser, service: Service, model: str, size: tuple[int, int]) -> None:
    """Axe finds no serious or critical fault on a phone or a desktop, colours left aside."""
    with shown(browser, service, model, size) as page:
        assert accessibility.of_structure(page) == {}


@pytest.mark.parametrize("model", SHOWN)
def test_its_colours_are_accessible(browser: Browser, service: Service, model: str) -> None:
    """Axe finds no colours that are too close to each other, in light or dark; on a phone they are the very same."""
    with shown(browser, service, model) as light, shown(browser, service, model, theme="dark") as dark:
        for page in (light, dark):
            assert accessibility.of_colours(page) == {}
            on_a_desktop = accessibility.colours(page)
            assert len(on_a_desktop) > 1000
            page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
            assert accessibility.colours(page) == on_a_desktop
        assert accessibility.colours(light) != accessibility.colours(dark)


def test_a_fault_is_noticed(browser: Browser, service: Service) -> None:
    """The checks above find a drawing without a text alternative, and pale text, be it one of a thousand cells."""
    with shown(browser, service, "missing-dog", PHONE) as page:
        page.evaluate("document.querySelector('.note').style.color = '#ddd'")
        page.evaluate("document.querySelector('svg').removeAttribute('aria-labelledby')")
        page.evaluate("document.querySelector('svg title').remove()")
        assert set(accessibility.of_structure(page)) == {"svg-img-alt"}
        page.evaluate("document.querySelectorAll('td:first-of-type data')[100].style.color = '#ddd'")
        found = accessibility.of_colours(page)
        assert set(found) == {"color-contrast"}
        assert [element.partition(" ")[0] for element in found["color-contrast"]] == ["<p", "<data"]


@pytest.mark.parametrize("model", SHOWN)
def test_the_page_fits_a_phone(browser: Browser, service: Service, model: str) -> None:
    """At 375 pixels the page does not scroll sideways, opened up or not; wide tables scroll within themselves."""
    with shown(browser, service, model, PHONE) as page:
        for opened in (True, False):
            unfold(page, opened=opened)
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]


def test_the_summary_comes_first(browser: Browser, service: Service) -> None:
    """On a desktop the four numbers, what it is for and not for, and three caveats stand on the first screen."""
    size = (1280, 812)
    with shown(browser, service, "seminar-cnn", size) as page:
        assert page.locator(".tiles > div").count() == 4
        box = page.locator(".summary").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= size[1]


def test_what_is_folded_away_is_printed(browser: Browser, service: Service) -> None:
    """On paper every table is open and the paper is white, whatever the screen's theme."""
    with shown(browser, service, "seminar-cnn", theme="dark") as page:
        unfold(page, opened=False)
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        heights = page.evaluate(
            "[...document.querySelectorAll('details table')].map(each => each.getBoundingClientRect().height)"
        )
        assert len(heights) > 5
        assert min(heights) > 20


def test_the_page_needs_no_script(browser: Browser, service: Service) -> None:
    """With JavaScript switched off a folded table opens with a click, and nothing is missing."""
    with window(browser, scripts=False) as context:
        page = context.new_page()
        page.goto(f"{service.url}/model-card")
        assert page.title() == "Model card: seminar-cnn 1"
        table = page.locator("details table").first
        assert not table.is_visible()
        page.locator("summary").first.click()
        assert table.is_visible()

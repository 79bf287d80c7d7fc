"""The card's page as a person meets it: on a phone, on a desktop, in light, in dark, on paper, without scripts."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page

from tests.support import accessibility, cards
from tests.support.browser import DESKTOP, PHONE, Theme, chromium, window
from tests.support.cards import MODELS
from tests.support.serving import Service

# One with all the evidence, and one that lacks a class.
SHOWN = ["seminar-cnn", "missing-dog"]
MOST_PX = 12_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser."""
    with chromium() as started:
        yield started


@contextmanager
def shown(
    browser: Browser, service: Service, model: str, size: tuple[int, int] = DESKTOP, theme: Theme = "light"
) -> Iterator[Page]:
    """The page of a model's card, all of it unfolded; it has asked for nothing but itself and the test images in it."""
    with window(browser, size=size, theme=theme) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        address = f"{service.url}/model-card?model={model}"
        page.goto(address)
        unfold(page)
        yield page
        assert asked[0] == address
        assert all(each.startswith(f"{service.url}/images/") for each in asked[1:])


def unfold(page: Page, *, opened: bool = True) -> None:
    page.evaluate("opened => document.querySelectorAll('details').forEach(each => each.open = opened)", opened)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("model", SHOWN)
def test_the_page_is_accessible(browser: Browser, service: Service, model: str, size: tuple[int, int]) -> None:
    """Axe finds no serious or critical fault on a phone or a desktop, colours left aside."""
    with shown(browser, service, model, size) as page:
        assert accessibility.of_structure(page) == {}


@pytest.mark.parametrize(("model", "theme"), [(SHOWN[0], "light"), (SHOWN[0], "dark"), (SHOWN[1], "light")])
def test_its_colours_are_accessible(browser: Browser, service: Service, model: str, theme: Theme) -> None:
    """Axe finds no colours that are too close to each other, in light or dark; on a phone they are the very same."""
    with shown(browser, service, model, theme=theme) as page:
        assert accessibility.of_colours(page) == {}
        on_a_desktop = accessibility.colours(page)
        assert len(on_a_desktop) > 1000
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        assert accessibility.colours(page) == on_a_desktop
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 128")
        assert dark == (theme == "dark")


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
    """At 375 and 390 pixels the page does not scroll sideways, opened or not; wide tables scroll within themselves."""
    with shown(browser, service, model, PHONE) as page:
        for width in (PHONE[0], 390):
            page.set_viewport_size({"width": width, "height": PHONE[1]})
            for opened in (True, False):
                unfold(page, opened=opened)
                assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("model", SHOWN)
def test_nothing_is_cut_off_on_a_phone(browser: Browser, service: Service, model: str) -> None:
    """At 390 pixels every caption and every drawing lies within the screen; only tables are wider, in a box to scroll.

    Each such box can be focused and has a name.
    """
    with shown(browser, service, model, (390, 844)) as page:
        assert (
            page.evaluate("""[...document.querySelectorAll("caption span, figcaption, svg, .title, dd, li, p")]
            .filter((each) => !each.closest("tbody") && each.getBoundingClientRect().right > 390)
            .map((each) => each.outerHTML.slice(0, 200))""")
            == []
        )
        assert (
            page.evaluate("""[...document.querySelectorAll("main *")]
            .filter((each) => each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).overflowX === "auto")
            .filter((each) => each.tabIndex !== 0 || !each.getAttribute("aria-label")).length""")
            == 0
        )


@pytest.mark.parametrize("model", MODELS)
def test_it_is_short_when_folded(browser: Browser, service: Service, model: str) -> None:
    """With all its parts folded, as it comes, a card is at most 12,000 pixels long at 1,440 pixels wide."""
    with shown(browser, service, model, (1440, 900)) as page:
        assert page.evaluate("document.documentElement.scrollHeight") > MOST_PX  # unfolded
        unfold(page, opened=False)
        assert page.evaluate("document.documentElement.scrollHeight") <= MOST_PX


@pytest.mark.parametrize("model", SHOWN)
def test_headings_are_in_order(browser: Browser, service: Service, model: str) -> None:
    """No heading is more than one level below the one before it, folded parts included; none is empty."""
    with shown(browser, service, model) as page:
        found = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map(h => [+h.tagName[1], h.innerText])")
        levels = [level for level, _ in found]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert all(text.strip() for _, text in found)


def test_whom_it_may_hurt_comes_before_the_evidence(browser: Browser, service: Service) -> None:
    """After the summary come the points of the discussion, none of them folded, each with its harm and who bears it."""
    with shown(browser, service, "seminar-cnn", (1440, 900)) as page:
        unfold(page, opened=False)
        titles = page.locator("h2").all_inner_texts()
        assert titles[0] == "In short"
        assert titles[1].endswith("Whom it may hurt: ethical considerations")
        points = page.locator("section[aria-labelledby=ethical-considerations] article")
        expected = cards.card().ethical_considerations
        assert points.count() == len(expected)
        for point, each in zip(points.all(), expected, strict=True):
            assert point.is_visible()
            assert point.locator("h3").inner_text() == each.topic
            assert point.locator(".works a").count() == sum(source.url is not None for source in each.sources)


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
        details = cards.card().model_details
        assert page.title() == f"Model card: {details.name} {details.version}"
        table = page.locator("details table").first
        assert not table.is_visible()
        page.locator("details", has=page.locator("table")).first.locator("summary").first.click()
        assert table.is_visible()

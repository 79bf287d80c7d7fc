"""The page by keyboard alone, for axe, and at widths from a small phone to a large screen."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import accessibility
from tests.support.answers import body
from tests.support.browser import DESKTOP, PHONE, Theme, window
from tests.support.seminar_page import at, settle, show, slide
from tests.support.serving import Service

WIDTHS = (320, 375, 820, 1440, 1920)


def focused(page: Page) -> str:
    """The element that has the focus, by its id or what it says."""
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


def test_the_page_works_by_keyboard_alone(page: Page, service: Service) -> None:
    """Tab reaches the controls in order, focus can be seen, and index, mistake, map and matrix work without a mouse."""
    settle(page)
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the picture"
    page.keyboard.press("Enter")
    order = []
    for _ in range(40):
        page.keyboard.press("Tab")
        order.append(focused(page))
        width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        # The file field is hidden; its label wears the outline.
        assert width > 0 or order[-1] == "file", order[-1]
    wanted = ["index", "slider", "previous", "next", "random", "mistake", "model", "file", "camera", "map"]
    assert [name for name in order if name in wanted] == wanted
    page.focus("#index")
    page.keyboard.press("ArrowUp")
    expect(page).to_have_url(at(17))
    page.focus("#mistake")
    page.keyboard.press("Enter")
    expect(page.locator(".judgement.wrong").first).to_be_visible()
    page.locator("#figures").scroll_into_view_if_needed()
    page.locator(".confusion [tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    second = body(service.client.get("/answers"))["labels"][1]
    expect(page.locator("#gallery h4")).to_contain_text(f"{second} called {second}")


@contextmanager
def all_shown(browser: Browser, service: Service, size: tuple[int, int], theme: Theme = "light") -> Iterator[Page]:
    """The page with everything on it that can be shown."""
    with window(browser, size=size, theme=theme) as context:
        page = context.new_page()
        show(page, service.url)
        settle(page)
        for part in ("#models", "#portrait-title", "#figures"):
            page.locator(part).scroll_into_view_if_needed()
        page.locator(".confusion [tabindex='0']").click()
        expect(page.locator("#gallery h4")).to_be_visible()
        page.get_by_text("Do the same again").click()
        for summary in page.locator("summary", has_text="The numbers").all():
            summary.click()
        slide(page, "#spoil-noise", 40)
        expect(page.locator("#spoilt-verdict")).to_contain_text("Before")
        expect(page.locator("#portrait-verdict")).to_contain_text("it calls her")
        yield page


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_barriers(browser: Browser, service: Service, size: tuple[int, int]) -> None:
    """Axe finds no serious or critical fault on a phone or a laptop, all shown, colours left aside."""
    with all_shown(browser, service, size) as page:
        assert accessibility.of_structure(page) == {}


def test_no_barriers_of_colour(browser: Browser, service: Service) -> None:
    """Axe finds no colours that are too close to each other, in light or dark; on a phone they are the very same."""
    with all_shown(browser, service, DESKTOP) as light, all_shown(browser, service, DESKTOP, "dark") as dark:
        for page in (light, dark):
            assert accessibility.of_colours(page) == {}
            on_a_desktop = accessibility.colours(page)
            page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
            assert accessibility.colours(page) == on_a_desktop
        assert accessibility.colours(light) != accessibility.colours(dark)


def test_nothing_is_cut_off(browser: Browser, service: Service) -> None:
    """From 320 to 1920 pixels wide the page never scrolls sideways, and the bars are on it."""
    with all_shown(browser, service, (WIDTHS[0], 800)) as page:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            box = page.locator("#bars table").bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width

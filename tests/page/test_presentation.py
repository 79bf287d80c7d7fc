"""The view for a projector: all on one screen, in type that the back row can read."""

import itertools
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Theme, window
from tests.support.seminar_page import show
from tests.support.serving import Service

SIZES = [(1280, 720), (1920, 1080)]
# Least sizes of letters at 1280x720, in CSS pixels.
LETTERS = {".says": 40, "#step-question": 28, "#bars th": 20, ".judged": 20, "#index": 16}
SHOWN = (
    "#menu",
    "#step-question",
    "#seen img",
    "#verdict .says",
    ".sureness",
    "#bars",
    "#previous",
    "#next",
    "#mistake",
    "#model",
)


@pytest.fixture(scope="module", params=SIZES)
def presented(request: pytest.FixtureRequest, browser: Browser, service: Service) -> Iterator[Page]:
    """Step 4 in the presentation view."""
    with window(browser, size=request.param) as context:
        page = context.new_page()
        show(page, f"{service.url}/?step=4")
        expect(page.locator(".sureness")).to_be_visible()
        expect(page.locator("#readout")).to_contain_text("places tried")  # until then what the model saw comes and goes
        page.keyboard.press("f")
        expect(page.locator("body")).to_have_class(re.compile("presenting"))
        expect(page.locator("#seen img")).to_be_visible()
        yield page


def test_all_of_it_is_on_one_screen(presented: Page) -> None:
    """Menu, question, picture, answer, bars and controls lie within the window, which does not scroll."""
    inside = presented.evaluate("[innerWidth, innerHeight]")
    for selector in SHOWN:
        box = presented.locator(selector).bounding_box()
        assert box is not None, selector
        assert box["x"] >= 0, selector
        assert box["y"] >= 0, selector
        assert box["x"] + box["width"] <= inside[0] + 1, selector
        assert box["y"] + box["height"] <= inside[1] + 1, selector
    assert presented.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    assert presented.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def test_nothing_lies_over_anything_else(presented: Page) -> None:
    """Question, pictures, answer and controls are each in a place of their own."""
    boxes = [presented.locator(part).bounding_box() for part in ("#sequence", ".stage", ".browse")]
    for upper, lower in itertools.pairwise(boxes):
        assert upper is not None
        assert lower is not None
        assert upper["y"] + upper["height"] <= lower["y"] + 1


def test_the_back_row_can_read_it(presented: Page) -> None:
    """Verdict, question and bars have the letters named above at 1280x720, and as much larger on a larger screen."""
    scale = presented.evaluate("innerHeight") / 720
    for selector, least in LETTERS.items():
        size = presented.locator(selector).first.evaluate("each => parseFloat(getComputedStyle(each).fontSize)")
        assert size >= least * scale, selector


def test_escape_leads_back(page: Page) -> None:
    """The button and f begin it, f and Escape end it, and the rest of the page is there again, however quick one is."""
    page.get_by_role("button", name="Presentation view").click()
    expect(page.locator("#why")).to_be_hidden()
    for _ in range(5):
        page.keyboard.press("Escape")
        expect(page.locator("#why")).to_be_visible()
        page.keyboard.press("f")
        expect(page.locator("#why")).to_be_hidden()
    page.keyboard.press("f")
    expect(page.locator("#why")).to_be_visible()


def test_the_menu_leads_to_other_parts_in_the_view(page: Page) -> None:
    """A link of the menu brings its part of the page onto the same screen, and Try brings the picture back."""
    page.keyboard.press("f")
    page.locator("#menu").get_by_role("link", name="Evidence").click()
    expect(page.locator("#evidence-title")).to_be_in_viewport()
    expect(page.locator("#try")).to_be_hidden()
    expect(page.locator("body")).to_have_class(re.compile("presenting"))
    assert page.evaluate("document.scrollingElement.scrollHeight <= innerHeight")
    page.locator("#menu").get_by_role("link", name="Try").click()
    expect(page.locator("#seen img")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("number", "place"),
    [
        (2, ".figure svg"),
        (3, "#map"),
        (5, "#spoil-noise"),
        (6, "#models"),
        (7, "#portrait-verdict strong"),
        (8, "#discuss-benefit"),
    ],
)
def test_a_step_shows_what_it_is_about(browser: Browser, service: Service, number: int, place: str) -> None:
    """Whether the view is opened in a step or the step in the view: what it works with is on the screen, below it."""
    with window(browser, size=SIZES[0]) as context:
        page = context.new_page()
        show(page, f"{service.url}/?step=4")
        page.keyboard.press("f")
        for _ in range(abs(number - 4)):
            page.keyboard.press("n" if number > 4 else "p")
        expect(page.locator(place).first).to_be_in_viewport()
        page.keyboard.press("f")
        page.keyboard.press("f")
        expect(page.locator(place).first).to_be_in_viewport()
        panel, part = page.locator("#sequence").bounding_box(), page.locator(place).first.bounding_box()
        assert panel is not None
        assert part is not None
        assert part["y"] >= panel["y"] + panel["height"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_works_in_both_themes(browser: Browser, service: Service, theme: Theme) -> None:
    """In either theme the controls work there: the next image is asked about and answered on the same screen."""
    with window(browser, size=SIZES[0], theme=theme) as context:
        page = context.new_page()
        show(page, service.url)
        page.keyboard.press("f")
        page.locator("#next").click()
        expect(page.locator("#seen img")).to_have_attribute("alt", re.compile("test image"))
        expect(page).to_have_url(re.compile("index=17"))
        expect(page.locator("#verdict .judged")).to_be_in_viewport()


@pytest.mark.parametrize("number", [1, 4])
def test_notes_lie_over_nothing(presented: Page, number: int) -> None:
    """With the notes open question, picture, answer and controls are all on the screen, beside them."""
    while f"Step {number} of" not in presented.locator(".step-of").inner_text():
        presented.keyboard.press("p" if number == 1 else "n")
    presented.keyboard.press("l")
    expect(presented.locator("#step-notes p").first).to_be_visible()
    notes, inside = presented.locator("#step-notes").bounding_box(), presented.evaluate("[innerWidth, innerHeight]")
    assert notes is not None
    for part in ("#sequence", ".stage", ".browse", ".choices"):
        box = presented.locator(part).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= notes["x"], part
        assert box["y"] + box["height"] <= inside[1], part
    presented.keyboard.press("l")


def test_the_address_is_at_hand(page: Page) -> None:
    """The menu of the presentation shows the page's address for phones, as the key q does; Escape closes that alone."""
    page.keyboard.press("f")
    button = page.locator("#menu").get_by_role("button", name="On your phone")
    for way in ("click", "key"):
        if way == "click":
            button.click()
        else:
            page.keyboard.press("q")
        expect(page.get_by_role("dialog", name="On your phone")).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator("body")).to_have_class(re.compile("presenting"))

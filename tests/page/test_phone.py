"""The page in a hand: controls under the thumb, the verdict in sight."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import window
from tests.support.seminar_page import settle, show, show_guessing
from tests.support.serving import Service

PHONE = (360, 740)
LEAST = 44  # CSS pixels, for a finger (WCAG 2.2, 2.5.5)


@pytest.fixture
def phone(browser: Browser, service: Service) -> Iterator[Page]:
    """The page with its first answer, in a phone's window."""
    with window(browser, size=PHONE) as context:
        page = context.new_page()
        show(page, service.url)
        yield page


def test_the_next_mistake_brings_its_verdict(phone: Page) -> None:
    """The buttons are in reach as soon as the picture is; the verdict of the next mistake is in sight, above them."""
    phone.locator("#try").scroll_into_view_if_needed()
    expect(phone.locator("#mistake")).to_be_in_viewport()
    for _ in range(2):
        phone.click("#mistake")
        expect(phone.locator(".judgement.wrong").first).to_be_in_viewport()
        verdict, buttons = (
            phone.locator("#verdict .says").bounding_box(),
            phone.locator(".browse .buttons").bounding_box(),
        )
        assert verdict is not None
        assert buttons is not None
        assert verdict["y"] >= 0
        assert verdict["y"] + verdict["height"] <= buttons["y"]


def test_a_guess_is_asked_in_sight(browser: Browser, service: Service) -> None:
    """Where one guesses first, the next mistake brings the question into sight."""
    with window(browser, size=PHONE) as context:
        page = context.new_page()
        show_guessing(page, service.url)
        page.click("#mistake")
        expect(page.locator("#guess-question")).not_to_contain_text("image 16 ")
        expect(page.locator("#guess-question")).to_be_in_viewport()


def test_the_slider_stands_by_its_field(phone: Page) -> None:
    """The slider comes right below the field whose number it changes, and above the buttons."""
    field, slider = phone.locator("#index").bounding_box(), phone.locator("#slider").bounding_box()
    assert field is not None
    assert slider is not None
    assert 0 <= slider["y"] - (field["y"] + field["height"]) < LEAST


def test_the_longest_name_and_its_tag_have_room(phone: Page, service: Service) -> None:
    """Test image 629 is an automobile: in the bars its name and "truth" are not cut."""
    show(phone, f"{service.url}/?index=629")
    name = phone.locator("#bars th").filter(has_text="truth")
    expect(name).to_contain_text("automobile")
    assert name.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_fingers_hit_what_they_aim_at(phone: Page) -> None:
    """The controls that are used all the time are at least 44 pixels high and as wide."""
    for control in ("#previous", "#next", "#random", "#mistake", "#model", "#camera", ".own .button"):
        box = phone.locator(control).bounding_box()
        assert box is not None, control
        assert box["height"] >= LEAST, control
        assert box["width"] >= LEAST, control


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_is_cut_off(browser: Browser, service: Service, width: int) -> None:
    """Down to 320 pixels nothing scrolls aside, and the boxes to choose from show their longest entry's beginning."""
    with window(browser, size=(width, 740)) as context:
        page = context.new_page()
        show(page, service.url)
        settle(page)
        page.locator("#figures").scroll_into_view_if_needed()
        expect(page.locator("#figures .plot").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for box in ("#model", "#explained"):
            place = page.locator(box).bounding_box()
            assert place is not None
            assert place["x"] >= 0
            assert place["x"] + place["width"] <= width


def test_enlarged_twice_it_can_be_used(browser: Browser, service: Service) -> None:
    """At 200 % of a laptop's screen (640x430) nothing scrolls aside, and what has the focus is not covered."""
    with window(browser, size=(640, 430)) as context:
        page = context.new_page()
        show(page, f"{service.url}/?step=5")
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for control in ("#index", "#model", "#file", "#spoil-noise", "#patch"):
            page.focus(control)
            covered = page.locator(control).evaluate(
                """each => {
                  const box = (each.labels?.[0] ?? each).getBoundingClientRect();
                  const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height, 40) / 2);
                  return !(top && (each.labels?.[0] ?? each).contains(top) || top === each);
                }"""
            )
            assert not covered, control


def test_with_the_systems_own_colours_lengths_are_seen(browser: Browser, service: Service) -> None:
    """With forced colours the bars have a colour that differs from what lies under them."""
    with window(browser) as context:
        page = context.new_page()
        page.emulate_media(forced_colors="active")
        show(page, service.url)
        bar = page.locator("#bars .said .bar")
        other = page.locator("#bars tr:not(.said) .bar").first
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        colours = {each.evaluate("each => getComputedStyle(each).backgroundColor") for each in (bar, other)}
        assert paper not in colours
        assert len(colours) == 2

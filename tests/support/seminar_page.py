"""The seminar page, as tests use it and as it writes."""

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from playwright.sync_api import Page, Response, expect

# The page's own numbers: a patch of 8 pixels moves by 2, over the 32 of the picture.
PLACES = 13 * 13


def unguessed(address: str) -> str:
    """The same address of the page, opened so that answers are shown at once, for this visit only: `guess=no`."""
    if "guess=" in address:
        return address
    start, hash_, place = address.partition("#")
    return f"{start}{'&' if '?' in start else '?'}guess=no{hash_}{place}"


def show(page: Page, address: str) -> None:
    """Open the page with guessing off, as a link with `guess=no` does, and wait for its first answer."""
    page.goto(unguessed(address))
    expect(page.locator("#verdict .judged").first).to_be_visible()


def show_guessing(page: Page, address: str) -> None:
    """Open the page as on a first visit, and wait until it asks what the first picture shows."""
    page.goto(address)
    expect(page.locator("#guess")).to_be_visible()


def guess(page: Page, label: str) -> None:
    """Say what the picture on show is."""
    page.locator("#guess").get_by_role("button", name=label, exact=True).click()
    expect(page.locator("#verdict .judged").first).to_be_visible()


def settle(page: Page) -> None:
    """Wait until all that the page does by itself is done: answer, map, the picture to spoil, thumbnails."""
    expect(page.locator("#verdict .judged").first).to_be_visible()
    expect(page.locator("#readout")).to_contain_text("places tried")
    expect(page.locator("#spoilt-verdict")).not_to_be_empty()
    for picture in page.locator("#given img, #seen img, #thumbnails img").all():
        expect(picture).to_have_js_property("complete", True)


def at(index: int) -> re.Pattern[str]:
    """The end of the page's address, with this test image on show."""
    return re.compile(rf"\?index={index}(&|#|$)")


def says(page: Page) -> str:
    """The label that the page says the network says."""
    return page.locator("#verdict strong").inner_text()


def slide(page: Page, selector: str, value: int) -> None:
    """Move a slider, as a hand would."""
    page.locator(selector).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', { bubbles: true })); }",
        value,
    )


def asks_about_a_picture(response: Response) -> bool:
    """Whether this is the answer to a picture that the page has sent."""
    return response.request.method == "POST" and "/predict" in response.url


def percent(share: float) -> str:
    """A share as the page writes it: with as many digits as keep 0 % and 100 % for exactly that."""
    value = 100 * share
    if 0 < value < 0.05:
        return "<\u00a00.1\u00a0%"
    if 99.9 < value < 100:
        return ">\u00a099.9\u00a0%"
    digits = "0.1" if 0 < value < 9.95 or 99.5 <= value < 100 else "1"
    return f"{Decimal(value).quantize(Decimal(digits), ROUND_HALF_UP)}\u00a0%"


def a(word: str) -> str:
    """The word with its article."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def judgement(truth: dict[str, Any]) -> str:
    """What the page says of an answer whose truth is known."""
    return f"{'✓ Right' if truth['correct'] else '✗ Wrong'}: it is {a(truth['label'])}."


def problem(name: str, status: int, detail: str) -> str:
    """A problem document."""
    return json.dumps({"type": f"/problems/{name}", "title": "", "status": status, "detail": detail})

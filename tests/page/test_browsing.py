"""Going from one test image to another, and counting how often the network is right."""

import re

from playwright.sync_api import BrowserContext, Page, Request, Route, expect
from scipy.stats import binomtest

from tests.support.answers import body, predictions
from tests.support.browser import until_in
from tests.support.seminar_page import at, percent, says, show, slide
from tests.support.serving import Service


def test_an_index_by_field_slider_arrows_and_neighbours(page: Page) -> None:
    """Field, slider, arrow keys, buttons and thumbnails lead to an image; the address follows, and leads back to it."""
    page.fill("#index", "4")
    expect(page).to_have_url(at(4))
    expect(page.locator("#given-caption")).to_contain_text("Test image 4")
    slide(page, "#slider", 100)
    expect(page).to_have_url(at(100))
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(at(101))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(at(99))
    page.click("#next")
    expect(page).to_have_url(at(100))
    page.get_by_role("button", name="Test image 103", exact=True).click()
    expect(page).to_have_url(at(103))
    page.evaluate("Math.random = () => 0.4321")
    page.click("#random")
    expect(page).to_have_url(at(4321))
    said, address = says(page), page.url
    show(page, address)
    assert (says(page), page.url) == (said, address)


def test_the_next_mistake_is_one(page: Page, service: Service) -> None:
    """The next mistake is the first test image after this one that the model gets wrong; it does not count as a try."""
    answers = body(service.client.get("/answers"))
    expected = next(i for i in range(17, 10_000) if answers["answers"][i] != answers["truths"][i])
    page.click("#mistake")
    expect(page).to_have_url(at(expected))
    expect(page.locator(".judgement.wrong").first).to_contain_text("✗ Wrong")
    expect(page.locator("#strip li")).to_have_count(0)


def test_only_the_last_move_counts(page: Page) -> None:
    """An answer that is overtaken is dropped: one for 30 that comes after that for 31 does not replace it."""
    held: list[Route] = []
    ended: list[Request] = []

    def hold(route: Route) -> None:
        held.append(route)

    def note(request: Request) -> None:
        ended.append(request)

    page.route("**/predict?index=30*", hold)
    page.on("requestfinished", note)
    page.on("requestfailed", note)
    page.fill("#index", "30")
    until_in(page, lambda: held, "the question about 30")
    page.fill("#index", "31")
    expect(page).to_have_url(at(31))
    held[0].continue_()
    until_in(page, lambda: held[0].request in ended, "an end of the question about 30")
    # Whatever the page makes of it, it does before it next draws.
    page.evaluate("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
    expect(page).to_have_url(at(31))
    expect(page.locator("#given-caption")).to_contain_text("Test image 31")


def test_tries_are_counted_with_their_interval(page: Page, service: Service) -> None:
    """Of four images chosen without a guess the network's tries have SciPy's Wilson interval, beside the card's own."""
    indices = [0, 1, 2, 3]  # not 16, which the page opened with
    for index in [*indices, 0]:  # 0 once more: it counts once
        page.fill("#index", str(index))
        expect(page).to_have_url(at(index))
    found = predictions(service.client.post("/predict", json={"indices": indices}))
    right = sum(answer["truth"]["correct"] for answer in found)
    wilson = binomtest(right, len(indices)).proportion_ci(method="wilson")
    figure = page.locator(".interval.unguessed .figure")
    expect(figure).to_contain_text(f"{right} of {len(indices)}")
    expect(figure).to_contain_text(f"{percent(wilson.low)} to {percent(wilson.high)}")
    (model,) = (each for each in body(service.client.get("/models"))["models"] if each["default"])
    ci = model["accuracy"]["ci"]
    stated = f"{percent(ci['lower'])} to {percent(ci['upper'])}"
    expect(page.locator(".interval.card .figure")).to_contain_text(stated)


def test_what_is_asked_before_the_models_are_known(context: BrowserContext, service: Service) -> None:
    """An image chosen while the page still waits for the list of models is shown as soon as it has come."""
    opened = context.new_page()
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    opened.route("**/models", hold)
    opened.goto(service.url)
    until_in(opened, lambda: waiting, "the question for the models")
    opened.clock.install()
    opened.fill("#index", "4")
    opened.click("#mistake")
    opened.clock.run_for(1000)  # longer than the page waits for whoever types to go on
    expect(opened.locator("#trouble")).to_be_hidden()
    opened.clock.resume()
    waiting[0].continue_()
    expect(opened).to_have_url(re.compile(r"\?index=4$"))
    expect(opened.locator("#given-caption")).to_contain_text("Test image 4")

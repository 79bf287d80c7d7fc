"""A service that is away, busy, or wants a key: the page says so, keeps all, and goes on by itself."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.support import serving
from tests.support.browser import Faults
from tests.support.seminar_page import at, problem, settle, show, slide, unguessed
from tests.support.serving import Service

REFUSED_SECONDS = 3600
AWAY = "net::ERR_CONNECTION_REFUSED"


def refuse(route: Route) -> None:
    """As nobody does who listens at no port."""
    route.abort("connectionrefused")


def test_a_service_that_is_away_and_comes_back(page: Page, context: BrowserContext, faults: Faults) -> None:
    """Offline the page says so and keeps all; back online it goes on by itself with what was asked last."""
    faults.expect("net::ERR_INTERNET_DISCONNECTED")
    settle(page)
    slide(page, "#spoil-noise", 30)
    expect(page.locator("#spoilt-verdict")).to_contain_text("Before")
    context.set_offline(True)
    page.fill("#index", "77")
    expect(page.locator("#trouble")).to_contain_text("The service is away. Your picture and settings are kept")
    expect(page.locator("#given-caption")).to_contain_text("Test image 16")
    assert page.input_value("#spoil-noise") == "30"
    context.set_offline(False)
    expect(page.locator("#given-caption")).to_contain_text("Test image 77")
    expect(page.locator("#trouble")).to_be_hidden()
    assert page.input_value("#spoil-noise") == "30"


def test_a_service_that_stops_and_starts_again(context: BrowserContext, faults: Faults, toy_models: Path) -> None:
    """The service stopped and started on the same port: the page notices both, and its tries are still counted."""
    faults.expect("net::ERR_CONNECTION_REFUSED")
    page = context.new_page()
    with serving.start(models=toy_models, model="toy") as first:
        show(page, first.url)
        settle(page)  # so that nothing is cut off by the stop
        port = first.url.rpartition(":")[2]
    page.click("#next")
    expect(page.locator("#trouble")).to_contain_text("The service is away")
    with serving.start(models=toy_models, model="toy", port=port):
        expect(page.locator("#given-caption")).to_contain_text("Test image 17")
        expect(page.locator(".interval.unguessed .figure")).to_contain_text("of 1")
        settle(page)  # so that nothing is cut off by this stop either


def test_a_busy_service_is_asked_again(page: Page, faults: Faults) -> None:
    """A 503 with Retry-After is told with its sentence, and asked again after that time and not before, by itself."""
    faults.expect(r"status of 503 .*/predict\?index=20")
    asked: list[Route] = []

    def refuse_once(route: Route) -> None:
        asked.append(route)
        if len(asked) > 1:
            route.continue_()
            return
        body = problem("overloaded", 503, "48 at one time, the limit.")
        headers = {"Retry-After": str(REFUSED_SECONDS)}
        route.fulfill(status=503, headers=headers, content_type="application/problem+json", body=body)

    page.route("**/predict?index=20*", refuse_once)
    page.clock.install()
    page.fill("#index", "20")
    page.clock.run_for(1000)
    told = f"48 at one time, the limit. Trying again in {REFUSED_SECONDS} s"
    expect(page.locator("#trouble")).to_contain_text(told)
    page.clock.run_for(1000 * REFUSED_SECONDS - 5000)
    expect(page.locator("#trouble")).to_contain_text(told)
    assert len(asked) == 1
    page.clock.run_for(5000)
    expect(page.locator("#given-caption")).to_contain_text("Test image 20")
    expect(page.locator("#trouble")).to_be_hidden()


def test_a_service_that_wants_a_key(context: BrowserContext, faults: Faults, guarded: Service) -> None:
    """Where a key is wanted the page asks for it, shows the pictures with it, and keeps it nowhere."""
    faults.expect("status of 401")
    page = context.new_page()
    page.goto(f"{guarded.url}/?guess=no")
    expect(page.locator("#trouble")).to_contain_text("This service wants a key")
    page.fill("#key", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#key")).to_have_value("")
    page.fill("#key", "first-key")
    page.keyboard.press("Enter")
    expect(page.locator("#verdict .judged")).to_be_visible()
    expect(page.locator("#given img")).to_have_js_property("naturalWidth", 32)
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


@pytest.mark.parametrize("last", ["*", "tries.js"], ids=["all", "script"])
def test_a_service_that_goes_while_the_page_comes(
    context: BrowserContext, faults: Faults, toy_service: Service, last: str
) -> None:
    """Whatever of the page's files the service does not send any more, the page says so, and starts once it is back."""
    faults.expect(AWAY)
    page = context.new_page()

    def go_away(route: Route) -> None:
        context.route(re.compile("/(page|health)"), refuse)
        refuse(route)

    context.route(f"**/page/{last}", go_away, times=1)
    page.goto(unguessed(toy_service.url))
    expect(page.locator("#trouble")).to_contain_text("The service is away")
    context.unroute_all()
    expect(page.locator("#verdict .judged")).to_be_visible()
    expect(page.locator("#trouble")).to_be_hidden()


def test_a_style_that_does_not_come_is_fetched_again(
    context: BrowserContext, faults: Faults, toy_service: Service
) -> None:
    """A style sheet that did not come comes later, and the page is styled."""
    faults.expect(AWAY)
    context.route("**/page/style.css", refuse, times=1)
    page = context.new_page()
    show(page, toy_service.url)
    expect(page.locator("#map")).to_have_css("cursor", "crosshair")


def test_images_come_later(page: Page, faults: Faults) -> None:
    """Images that do not come are told of, on paper too, and come as soon as the service is back."""
    faults.expect(AWAY)
    settle(page)
    page.route("**/images/*", refuse)
    page.click("#next")
    expect(page).to_have_url(at(17))
    expect(page.locator("#trouble")).to_contain_text("The service is away")
    for part in ("#figures svg", "#models .small-verdict strong", "#portrait-verdict strong"):
        page.locator(part.partition(" ")[0]).scroll_into_view_if_needed()
        expect(page.locator(part).first).to_be_attached()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert not page.locator("#paper-note").evaluate("note => note.hidden")
    page.unroute_all()
    for picture in page.locator("#given img, #seen img, #thumbnails img").all():
        expect(picture).to_have_js_property("naturalWidth", 32)
    expect(page.locator("#trouble")).to_be_hidden()


def test_to_close_the_words_ends_no_waiting(context: BrowserContext, faults: Faults, toy_service: Service) -> None:
    """What is to be tried again is, at its time, although words that came in between have been closed."""
    faults.expect("status of 503")
    faults.expect("status of 404")
    page = context.new_page()
    page.route("**/page/portrait.jpg", lambda route: route.fulfill(status=404, body=problem("not-found", 404, "Gone.")))
    show(page, toy_service.url)
    settle(page)
    body, headers = problem("overloaded", 503, "48 at one time, the limit."), {"Retry-After": "3"}
    page.route("**/explain?*", lambda route: route.fulfill(status=503, headers=headers, body=body), times=1)
    page.click("#next")
    expect(page.locator("#trouble")).to_contain_text("Trying again in 3 s")
    page.locator("#portrait-title").scroll_into_view_if_needed()
    expect(page.locator("#trouble")).to_contain_text("Gone.")
    with page.expect_response(re.compile("/explain")):
        page.locator("#trouble").get_by_role("button", name="Close").click()
        expect(page.locator("#trouble")).to_be_hidden()


def test_a_service_that_wants_a_key_for_its_health_is_back(page: Page, faults: Faults) -> None:
    """Where /health wants a key, too, its refusal is an answer: the service is back, and what waited is asked again."""
    faults.expect(AWAY)
    faults.expect("status of 401")
    settle(page)
    page.route("**/health", lambda route: route.fulfill(status=401, body=problem("unauthorized", 401, "")))
    page.route("**/predict?index=17*", refuse, times=1)
    page.click("#next")
    expect(page.locator("#trouble")).to_contain_text("The service is away")
    expect(page.locator("#given-caption")).to_contain_text("Test image 17")

"""What stands on the page when it opens."""

import math

from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.support.answers import body
from tests.support.browser import window
from tests.support.seminar_page import judgement, percent, says, settle, show
from tests.support.serving import Service

LEAST_BYTES, MOST_BYTES = 20_000, 150_000


def test_the_first_view_is_image_16_with_its_bars(page: Page, service: Service) -> None:
    """At / stands the answer about image 16: label, truth, ten bars that add up to 1, and the threshold marked."""
    answer = body(service.client.get("/predict?index=16"))
    (model,) = (each for each in body(service.client.get("/models"))["models"] if each["default"])
    assert says(page) == answer["label"]
    expect(page.locator(".judgement").first).to_have_text(judgement(answer["truth"]))
    expect(page.locator("#bars tr")).to_have_count(10)
    widths = [
        float(width)
        for width in page.locator("#bars .bar").evaluate_all("bars => bars.map(bar => parseFloat(bar.style.width))")
    ]
    assert math.isclose(sum(widths), 100, abs_tol=0.01)
    marked = page.locator("#bars .threshold").get_attribute("data-text")
    assert marked == f"confident from {percent(model['threshold'])}"
    expect(page.locator("#caveats li")).to_have_text([caveat["text"] for caveat in answer["caveats"]])
    sureness = page.locator(".sureness")
    expect(sureness).to_contain_text(f"It is {percent(answer['probability'])} sure")
    expect(sureness).to_contain_text(f"calibrated, {percent(answer['calibrated_probability'])}")
    expect(sureness).to_contain_text(f"({answer['track_record']['n']} validation images)")


def test_first_load_is_small_and_asks_nobody_else(context: BrowserContext, service: Service) -> None:
    """The first view takes less than 150 kB over the wire, all from the service itself; no policy is broken.

    Pictures below it that the page marks as lazy are left out: how early they come is the browser's choice.
    """
    page = context.new_page()
    sizes: dict[str, int] = {}

    def finished(request: Request) -> None:
        size = request.sizes()
        sizes[request.url] = sizes.get(request.url, 0) + size["responseBodySize"] + size["responseHeadersSize"]

    page.on("requestfinished", finished)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    show(page, service.url)
    settle(page)
    below = page.evaluate("""[...document.querySelectorAll("img[loading=lazy]")]
        .filter((each) => each.getBoundingClientRect().top > innerHeight).map((each) => each.src)""")
    assert LEAST_BYTES < sum(size for url, size in sizes.items() if url not in below) < MOST_BYTES
    assert len(asked) > 20
    assert [url for url in asked if not url.startswith((service.url, "data:", "blob:"))] == []
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert not context.cookies()


def test_the_address_reproduces_model_and_image(page: Page, service: Service) -> None:
    """?index=16&model=missing-dog shows that model's answer, the link says so, and the curl command asks the same."""
    show(page, f"{service.url}/?index=16&model=missing-dog")
    assert says(page) == body(service.client.get("/predict?index=16&model=missing-dog"))["label"]
    page.get_by_text("Do the same again").click()
    assert page.locator("#link a").get_attribute("href") == "?index=16&model=missing-dog&guess=no"
    expect(page.locator("#code")).to_have_text(f"curl '{service.url}/predict?index=16&model=missing-dog'")
    page.select_option("#model", label="seminar-cnn")
    expect(page).to_have_url(f"{service.url}/?index=16&guess=no")
    assert says(page) == body(service.client.get("/predict?index=16"))["label"]


def test_without_scripts_there_is_a_way(browser: Browser, service: Service) -> None:
    """With JavaScript off the page says so, has plain forms and the command, and nothing that waits for scripts."""
    with window(browser, scripts=False) as context:
        page = context.new_page()
        page.goto(service.url)
        expect(page.locator(".without")).to_contain_text("JavaScript is off")
        expect(page.locator(".without form")).to_have_count(2)
        expect(page.locator(".without code")).to_contain_text("/predict?index=16")
        for part in ("#try", "#why", "#doubt", "#evidence"):
            expect(page.locator(part)).to_be_hidden()
        assert "Asking" not in page.locator("body").inner_text()
        expect(page.locator("#discuss")).to_be_visible()


def test_a_card_without_evidence_breaks_nothing(context: BrowserContext, toy_service: Service) -> None:
    """With the toy, whose card has no curves and no matrix, the page shows what there is and throws no error."""
    page = context.new_page()
    show(page, toy_service.url)
    settle(page)
    page.locator("#figures").scroll_into_view_if_needed()
    expect(page.locator("#figures")).to_contain_text("holds none of these figures")
    page.locator("#portrait-title").scroll_into_view_if_needed()
    expect(page.locator("#portrait-verdict")).to_contain_text("it calls her")
    expect(page.locator("#trouble")).to_be_hidden()

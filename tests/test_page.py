"""What a lecturer and a student do with the page at `/`, in a real browser."""

import json
import math
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests import serving
from tests.pictures import encode, photo
from tests.serving import Service

MOST_BYTES = 150_000
PHOTO = encode(photo(300, 200), "JPEG")
# What the page may say of the browser's own doing, when a test cuts its network.
CUT = ("net::ERR_INTERNET_DISCONNECTED", "net::ERR_CONNECTION_REFUSED", "503", "401", "415")
DROP = """([name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
  const target = document.querySelector("main");
  target.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, bubbles: true, cancelable: true }));
  if (document.querySelector("#curtain").hidden) throw new Error("no curtain");
  target.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""
PASTE = """([name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser's window, of a laptop's size."""
    with browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce") as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext, service: Service) -> Iterator[Page]:
    """The page, with its first answer; at the end nothing may have gone wrong in it."""
    opened = context.new_page()
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    show(opened, service.url)
    yield opened
    assert [fault for fault in faults if not any(cut in fault for cut in CUT)] == []


def show(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#verdict .judged")).to_be_visible()


def says(page: Page) -> str:
    return page.locator("#verdict strong").inner_text()


def slide(page: Page, selector: str, value: int) -> None:
    page.locator(selector).evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', { bubbles: true })); }",
        value,
    )


def test_the_first_view_is_image_16_with_its_bars(page: Page, service: Service) -> None:
    """At / stands the answer about image 16: label, truth, ten bars that add up to 1, and the threshold marked."""
    answer = service.client.get("/predict?index=16").json()
    assert says(page) == answer["label"]
    expect(page.locator(".judgement").first).to_have_text("✓ Right: it is a dog.")
    expect(page.locator("#bars tr")).to_have_count(10)
    widths = [
        float(width)
        for width in page.locator("#bars .bar").evaluate_all("bars => bars.map(bar => parseFloat(bar.style.width))")
    ]
    assert math.isclose(sum(widths), 100, abs_tol=0.01)
    assert "confident from 90" in (page.locator("#bars .threshold").get_attribute("data-text") or "")
    expect(page.locator("#caveats li")).to_have_text([caveat["text"] for caveat in answer["caveats"]])
    expect(page.locator(".sureness")).to_contain_text(f"calibrated, {100 * answer['calibrated_probability']:.0f}")
    expect(page.locator(".sureness")).to_contain_text(f"({answer['track_record']['n']} validation images)")


def test_first_load_is_small_and_asks_nobody_else(context: BrowserContext, service: Service) -> None:
    """The first view takes less than 150 kB over the wire, all from the service itself, and breaks no policy."""
    opened = context.new_page()
    faults: list[str] = []
    sizes: list[int] = []
    opened.on("console", lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None)
    opened.on(
        "requestfinished",
        lambda request: sizes.append(request.sizes()["responseBodySize"] + request.sizes()["responseHeadersSize"]),
    )
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    show(opened, service.url)
    opened.wait_for_load_state("networkidle")
    assert faults == []
    assert 20_000 < sum(sizes) < MOST_BYTES
    assert [url for url in asked if not url.startswith((service.url, "data:", "blob:"))] == []
    assert opened.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert not context.cookies()


def test_an_index_by_field_slider_arrows_and_neighbours(page: Page) -> None:
    """Field, slider, arrow keys, buttons and thumbnails lead to an image; the address follows, and leads back to it."""
    page.fill("#index", "4")
    expect(page).to_have_url(re.compile(r"\?index=4$"))
    expect(page.locator("#given-caption")).to_contain_text("Test image 4")
    slide(page, "#slider", 100)
    expect(page).to_have_url(re.compile(r"\?index=100$"))
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"\?index=101$"))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"\?index=99$"))
    page.click("#next")
    expect(page).to_have_url(re.compile(r"\?index=100$"))
    page.get_by_role("button", name="Test image 103", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?index=103$"))
    page.click("#random")
    expect(page).not_to_have_url(re.compile(r"\?index=103$"))
    said, address = says(page), page.url
    show(page, address)
    assert (says(page), page.url) == (said, address)


def test_the_next_mistake_is_one(page: Page, service: Service) -> None:
    """The next mistake is the first test image after this one that the model gets wrong; it does not count as a try."""
    answers = service.client.get("/answers").json()
    expected = next(i for i in range(17, 10_000) if answers["answers"][i] != answers["truths"][i])
    page.click("#mistake")
    expect(page).to_have_url(re.compile(rf"\?index={expected}$"))
    expect(page.locator(".judgement.wrong").first).to_contain_text("✗ Wrong")
    expect(page.locator(".interval.mine .figure")).to_contain_text("1 of 1")


def test_the_address_reproduces_model_and_image(page: Page, service: Service) -> None:
    """?index=16&model=missing-dog shows that model's answer, the link says so, and the curl command asks the same."""
    show(page, f"{service.url}/?index=16&model=missing-dog")
    answer = service.client.get("/predict?index=16&model=missing-dog").json()
    assert says(page) == answer["label"]
    page.get_by_text("Do the same again").click()
    assert page.locator("#link a").get_attribute("href") == "?index=16&model=missing-dog"
    expect(page.locator("#curl")).to_have_text(f"curl -s '{service.url}/predict?index=16&model=missing-dog'")
    page.select_option("#model", label="seminar-cnn")
    expect(page).to_have_url(re.compile(r"\?index=16$"))


def test_a_wrong_address_is_told(page: Page, service: Service) -> None:
    """An index that does not exist shows image 16 and says which there are."""
    show(page, f"{service.url}/?index=10000")
    expect(page.locator("#trouble")).to_contain_text("0 to 9999")
    expect(page.locator("#given-caption")).to_contain_text("Test image 16")


def uploaded(page: Page) -> None:
    """The photo is on show: as given, with the outline of its middle, and as seen."""
    expect(page.locator("#given-caption")).to_have_text("Your picture, 300 \u00d7 200 pixels")
    expect(page.locator("#given .cut")).to_be_visible()
    expect(page.locator("#seen img")).to_have_attribute("src", re.compile("^data:image/png"))
    expect(page.locator("#verdict .judged")).to_have_text("Only you know what it is.")


def test_a_picture_by_file(page: Page, service: Service, tmp_path: Path) -> None:
    """A file is answered as /predict answers it; what the model saw is shown; squeezing it is answered anew."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(PHOTO)
    page.set_input_files("#file", path)
    uploaded(page)
    assert says(page) == service.client.post("/predict", files={"image": PHOTO}).json()["label"]
    assert page.locator("#seen img").evaluate("img => [img.naturalWidth, img.naturalHeight]") == [32, 32]
    page.select_option("#fit", "stretch")
    expect(page.locator("#given .cut")).to_have_count(0)
    expect(page.locator("#curl")).to_have_text(f"curl -s -F 'image=@photo.jpg' '{service.url}/predict?fit=stretch'")


@pytest.mark.parametrize("script", [DROP, PASTE], ids=["drop", "paste"])
def test_a_picture_by_drop_or_paste(page: Page, script: str) -> None:
    """A picture dropped on the page or pasted into it is answered."""
    page.evaluate(script, ["photo.jpg", list(PHOTO)])
    uploaded(page)
    expect(page.locator("#curtain")).to_be_hidden()


def test_what_is_no_picture_is_refused_and_nothing_is_lost(page: Page, tmp_path: Path) -> None:
    """A text file gets the service's sentence; the picture on show and its answer stay."""
    before = says(page)
    path = tmp_path / "letter.txt"
    path.write_text("Dear service")
    page.set_input_files("#file", path)
    expect(page.locator("#trouble")).to_contain_text("no image that can be read here")
    expect(page.locator("#given-caption")).to_contain_text("Test image 16")
    assert says(page) == before
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#trouble")).to_be_hidden()


def test_a_file_above_the_limit_is_reduced_in_the_browser(page: Page, tmp_path: Path) -> None:
    """A picture of more than 16 MB is made smaller before it is sent, and the page says so."""
    path = tmp_path / "large.bmp"
    path.write_bytes(encode(photo(2800, 2200), "BMP"))
    assert path.stat().st_size > 16 * 1024**2
    page.set_input_files("#file", path)
    expect(page.locator("#own-note")).to_contain_text("made smaller here first")
    expect(page.locator("#given-caption")).to_have_text("Your picture, 2000 \u00d7 1571 pixels")


def test_a_camera_that_is_refused(page: Page) -> None:
    """Without permission the page says in a sentence that the camera was refused, and what else there is."""
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
    )
    page.click("#camera")
    expect(page.locator("#own-note")).to_have_text(
        "The camera was refused. Choose a file, drop or paste a picture, or pick a test image instead."
    )
    expect(page.locator("#viewfinder")).to_be_hidden()


def test_a_picture_by_camera(page: Page) -> None:
    """What the camera sees is answered when the picture is taken, and the camera is off afterwards."""
    page.evaluate("""() => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [64, 48];
      canvas.getContext("2d").fillRect(0, 0, 64, 48);
      window.stream = canvas.captureStream(10);
      setInterval(() => canvas.getContext("2d").fillRect(0, 0, 64, 48), 50);
      navigator.mediaDevices.getUserMedia = () => Promise.resolve(window.stream);
    }""")
    page.click("#camera")
    page.get_by_role("button", name="Take the picture").click()
    expect(page.locator("#given-caption")).to_have_text("Your picture, 64 \u00d7 48 pixels")
    assert page.evaluate("window.stream.getTracks().map((track) => track.readyState)") == ["ended"]


def test_the_map_explains_and_the_patch_moves(page: Page, service: Service) -> None:
    """The map tells of 169 places and what it can't tell; patch and class change it; the arrow keys cover a place."""
    explained = service.client.get("/explain?index=16").json()
    expect(page.locator("#readout")).to_contain_text("169 places tried")
    expect(page.locator("#readout")).to_contain_text(f"{explained['largest']['left']} pixels from the left")
    expect(page.locator("#cannot li")).to_have_count(len(explained["cannot_tell"]))
    slide(page, "#patch", 16)
    expect(page.locator("#readout")).to_contain_text("81 places tried")
    page.select_option("#explained", "cat")
    expect(page.locator("#readout")).to_contain_text("takes cat from 37")
    page.focus("#map")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#readout")).to_contain_text("Covered here, cat goes from 37")
    page.keyboard.press("Escape")
    expect(page.locator("#readout")).to_contain_text("81 places tried")
    slide(page, "#patch", 2)
    slide(page, "#stride", 4)
    expect(page.locator("#patch-value")).to_have_text("4")
    expect(page.locator("#readout")).to_contain_text("64 places tried")


def test_a_spoilt_picture_is_answered_live(page: Page) -> None:
    """A slider's spoilt picture gets an answer of its own; many moves cost few requests; "as it was" goes back."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    for value in range(1, 81):
        slide(page, "#spoil-noise", value)
    expect(page.locator("#spoilt-verdict")).to_contain_text("Before: dog, 63")
    assert len(asked) < 20
    expect(page.locator("#spoilt-bars .ghost").first).to_be_attached()
    slide(page, "#spoil-brightness", -80)
    slide(page, "#spoil-jpeg", 90)
    slide(page, "#spoil-rotation", 180)
    slide(page, "#spoil-blur", 3)
    slide(page, "#spoil-pixels", 8)
    slide(page, "#spoil-contrast", 50)
    page.wait_for_timeout(400)
    expect(page.locator("#spoilt-caption")).to_have_text("Spoilt, as it is sent")
    page.click("#unspoil")
    expect(page.locator("#spoilt-caption")).to_contain_text("Not spoilt yet")
    expect(page.locator("#spoilt-verdict")).to_contain_text("It says dog, 63")
    assert "dog" in says(page)


def test_no_spoiling_is_no_change(page: Page, service: Service) -> None:
    """The canvas of the unspoilt test image holds its very pixels: rotation by 0 and no filter change nothing."""
    expect(page.locator("#spoilt-verdict")).to_contain_text("It says dog")
    png = page.locator("#spoilt").evaluate("canvas => canvas.toDataURL()")
    answer = service.client.post("/predict", json={"image": png}).json()
    assert answer["probabilities"] == service.client.get("/predict?index=16").json()["probabilities"]


def wilson(right: int, n: int) -> tuple[float, float]:
    """The interval by SciPy."""
    from scipy.stats import binomtest  # noqa: PLC0415

    interval = binomtest(right, n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def test_tries_are_counted_with_their_interval(page: Page, service: Service) -> None:
    """After five images the counter has what was right of 5 with SciPy's Wilson interval, beside the card's figure."""
    indices = [16, 0, 1, 2, 3]
    for index in indices[1:]:
        page.fill("#index", str(index))
        expect(page).to_have_url(re.compile(rf"\?index={index}$"))
    page.fill("#index", "0")  # once more: it counts once
    expect(page).to_have_url(re.compile(r"\?index=0$"))
    answers = service.client.post("/predict", json={"indices": indices}).json()["predictions"]
    right = sum(answer["truth"]["correct"] for answer in answers)
    lower, upper = wilson(right, 5)
    figure = page.locator(".interval.mine .figure")
    expect(figure).to_contain_text(f"{right} of 5")
    expect(figure).to_contain_text(f"{100 * lower:.0f}\u00a0% to {100 * upper:.0f}\u00a0%")
    expect(page.locator(".interval.card .figure")).to_contain_text("63\u00a0% to 65\u00a0%")


def test_the_models_stand_side_by_side(page: Page, service: Service) -> None:
    """All five models answer about the same picture; one that they disagree on can be found."""
    page.locator("#models").scroll_into_view_if_needed()
    for model in service.client.get("/models").json()["models"]:
        answer = service.client.get(f"/predict?index=16&model={model['name']}").json()
        expect(page.get_by_role("region", name=model["name"], exact=True)).to_contain_text(f"Says {answer['label']}")
    page.click("#disagree")
    expect(page).not_to_have_url(re.compile(r"\?index=16$"))
    expect(page.locator(".model.default .judgement")).to_contain_text("✓ Right")


def test_the_portrait_is_asked_live(page: Page) -> None:
    """The astronaut's face gets one of the ten words from the service itself, credited to NASA, with the questions."""
    with page.expect_response(
        lambda response: response.request.method == "POST" and "/predict" in response.url
    ) as caught:
        page.locator("#portrait-title").scroll_into_view_if_needed()
    answer = caught.value.json()
    expect(page.locator("#portrait-verdict")).to_contain_text(f"it calls her {answer['label']}")
    expect(page.locator(".portrait figcaption")).to_contain_text("NASA")
    expect(page.locator(".questions li")).to_have_count(4)


def test_the_evidence_and_a_cells_gallery(page: Page, service: Service) -> None:
    """The card's figures appear when they come near; the cell dog-cat opens 320 images, one of which goes to Try."""
    matrix = service.client.get("/model-card", headers={"Accept": "application/json"}).json()["quantitative_analyses"][
        "confusion_matrix"
    ]
    page.locator("#figures").scroll_into_view_if_needed()
    expect(page.locator("#figures svg")).to_have_count(5)
    expect(page.locator("#figures")).to_contain_text("overfitting")
    expect(page.locator("#reliability")).to_contain_text("This answer is 63")
    expect(page.locator("#reliability .bin.mine")).to_have_count(1)
    page.get_by_role("button", name="320 of 1,000 dogs called cat").click()
    expect(page.locator("#gallery h4")).to_have_text(f"{matrix[5][3]} \u00d7 dog called cat")
    expect(page.locator("#gallery .images button")).to_have_count(60)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#gallery .images button")).to_have_count(120)
    page.locator("#gallery .images button").first.click()
    expect(page).to_have_url(re.compile(r"\?index=33"))
    assert says(page) == "cat"
    expect(page.locator(".judgement.wrong").first).to_contain_text("it is a dog")


def test_a_service_that_is_away_and_comes_back(page: Page, context: BrowserContext) -> None:
    """Offline the page says so and keeps all; back online it goes on by itself with what was asked last."""
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


def test_a_service_that_stops_and_starts_again(context: BrowserContext, toy_models: Path) -> None:
    """The service stopped and started on the same port: the page notices both, and its tries are still counted."""
    opened = context.new_page()
    with serving.start(models=toy_models, model="toy") as first:
        show(opened, first.url)
        port = first.url.rpartition(":")[2]
    opened.click("#next")
    expect(opened.locator("#trouble")).to_contain_text("The service is away")
    with serving.start(models=toy_models, model="toy", port=port):
        expect(opened.locator("#given-caption")).to_contain_text("Test image 17", timeout=10_000)
        expect(opened.locator(".interval.mine .figure")).to_contain_text("of 2")


def test_a_busy_service_is_asked_again(page: Page) -> None:
    """A 503 with Retry-After is told with its sentence, and asked again after that time without a click."""
    refused = threading.Event()

    def once(route: Route) -> None:
        if refused.is_set():
            route.continue_()
            return
        refused.set()
        problem = {"type": "/problems/overloaded", "title": "", "status": 503, "detail": "48 at one time, the limit."}
        route.fulfill(
            status=503, headers={"Retry-After": "1"}, content_type="application/problem+json", body=json.dumps(problem)
        )

    page.route("**/predict?index=20*", once)
    page.fill("#index", "20")
    expect(page.locator("#trouble")).to_contain_text("48 at one time, the limit. Trying again in 1 s")
    expect(page.locator("#given-caption")).to_contain_text("Test image 20")
    expect(page.locator("#trouble")).to_be_hidden()


def test_only_the_last_move_counts(page: Page) -> None:
    """An answer that is overtaken is dropped: a slow one for 30 does not replace the later one for 31."""

    def slowly(route: Route) -> None:
        time.sleep(0.3)
        route.continue_()

    page.route("**/predict?index=30*", slowly)
    page.fill("#index", "30")
    page.wait_for_timeout(200)
    page.fill("#index", "31")
    expect(page).to_have_url(re.compile(r"\?index=31$"))
    page.wait_for_timeout(500)
    expect(page.locator("#given-caption")).to_contain_text("Test image 31")


def test_a_service_that_wants_a_key(context: BrowserContext, toy_models: Path) -> None:
    """Where a key is wanted the page asks for it, shows the pictures with it, and keeps it nowhere."""
    opened = context.new_page()
    with serving.start(models=toy_models, model="toy", api_keys='["secret"]') as service:
        opened.goto(service.url)
        expect(opened.locator("#trouble")).to_contain_text("This service wants a key")
        opened.fill("#key", "wrong")
        opened.keyboard.press("Enter")
        expect(opened.locator("#key")).to_have_value("")
        opened.fill("#key", "secret")
        opened.keyboard.press("Enter")
        expect(opened.locator("#verdict .judged")).to_be_visible()
        expect(opened.locator("#given img")).to_have_js_property("naturalWidth", 32)
        assert opened.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_a_card_without_evidence_breaks_nothing(context: BrowserContext, toy_models: Path) -> None:
    """With the toy, whose card has no curves and no matrix, the page shows what there is and throws no error."""
    opened = context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    with serving.start(models=toy_models, model="toy") as service:
        show(opened, service.url)
        opened.locator("#figures").scroll_into_view_if_needed()
        opened.wait_for_load_state("networkidle")
        expect(opened.locator("#figures")).to_contain_text("holds none of these figures")
        expect(opened.locator("#trouble")).to_be_hidden()
    assert faults == []


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


def test_the_page_works_by_keyboard_alone(page: Page) -> None:
    """Tab reaches the controls in order, focus can be seen, and index, mistake, map and matrix work without a mouse."""
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
    expect(page).to_have_url(re.compile(r"\?index=17\b"))
    page.focus("#mistake")
    page.keyboard.press("Enter")
    expect(page.locator(".judgement.wrong").first).to_be_visible()
    page.locator("#figures").scroll_into_view_if_needed()
    page.locator(".confusion [tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#gallery h4")).to_contain_text("automobile called automobile")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_no_barriers(browser: Browser, service: Service, width: int, scheme: str) -> None:
    """axe-core finds no serious or critical violation, on phone and laptop, light and dark, all shown."""
    with browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        reduced_motion="reduce",  # type: ignore[arg-type]
    ) as context:
        opened = context.new_page()
        show(opened, service.url)
        for part in ("#models", "#portrait-title", "#figures"):
            opened.locator(part).scroll_into_view_if_needed()
        opened.locator(".confusion [tabindex='0']").click()
        expect(opened.locator("#gallery h4")).to_be_visible()
        opened.get_by_text("Do the same again").click()
        for summary in opened.locator("summary", has_text="The numbers").all():
            summary.click()
        slide(opened, "#spoil-noise", 40)
        expect(opened.locator("#spoilt-verdict")).to_contain_text("Before")
        expect(opened.locator("#portrait-verdict")).to_contain_text("it calls her")
        # Polling would not do on this page: its policy forbids evaluated scripts; axe itself comes by the debugger.
        violations = Axe().run(opened).response["violations"]
        grave = [violation for violation in violations if violation["impact"] in {"serious", "critical"}]
        assert grave == [], json.dumps([(v["id"], [n["html"] for n in v["nodes"]]) for v in grave], indent=1)


@pytest.mark.parametrize("width", [320, 375, 820, 1440, 1920])
def test_nothing_is_cut_off(browser: Browser, service: Service, width: int) -> None:
    """From 320 to 1920 pixels wide the page never scrolls sideways, and the bars are on it."""
    with browser.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce") as context:
        opened = context.new_page()
        show(opened, service.url)
        opened.locator("#figures").scroll_into_view_if_needed()
        expect(opened.locator("#figures svg").first).to_be_visible()
        opened.get_by_text("Do the same again").click()
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        box = opened.locator("#bars table").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_without_scripts_there_is_a_way(browser: Browser, service: Service) -> None:
    """With JavaScript off the page says so and names the command."""
    with browser.new_context(java_script_enabled=False) as context:
        opened = context.new_page()
        opened.goto(service.url)
        expect(opened.locator("noscript p")).to_be_visible()
        assert "curl -s" in opened.locator("noscript p").inner_html()

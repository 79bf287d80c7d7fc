"""A picture of one's own: by file, drop, paste or camera."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.answers import body
from tests.support.browser import Faults, until_in
from tests.support.pictures import encode, photo
from tests.support.seminar_page import problem, says, settle, show
from tests.support.serving import Service

PHOTO = encode(photo(300, 200), "JPEG")
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
CAMERA = """() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [64, 48];
  canvas.getContext("2d").fillRect(0, 0, 64, 48);
  window.stream = canvas.captureStream(10);
  setInterval(() => canvas.getContext("2d").fillRect(0, 0, 64, 48), 50);
  navigator.mediaDevices.getUserMedia = () => Promise.resolve(window.stream);
}"""
NO_CAMERA = (
    "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError')); }"
)


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
    assert says(page) == body(service.client.post("/predict", files={"image": PHOTO}))["label"]
    assert page.locator("#seen img").evaluate("img => [img.naturalWidth, img.naturalHeight]") == [32, 32]
    page.select_option("#fit", "stretch")
    expect(page.locator("#given .cut")).to_have_count(0)
    expect(page.locator("#code")).to_have_text(f"curl -F 'image=@photo.jpg' '{service.url}/predict?fit=stretch'")


@pytest.mark.parametrize("script", [DROP, PASTE], ids=["drop", "paste"])
def test_a_picture_by_drop_or_paste(page: Page, script: str) -> None:
    """A picture dropped on the page or pasted into it is answered."""
    page.evaluate(script, ["photo.jpg", list(PHOTO)])
    uploaded(page)
    expect(page.locator("#curtain")).to_be_hidden()


def test_what_is_no_picture_is_refused_and_nothing_is_lost(page: Page, faults: Faults, tmp_path: Path) -> None:
    """A text file gets the service's sentence in the place of the answer; nothing of the last picture stands there."""
    faults.expect(r"status of 415 .*/predict\?")
    before = says(page)
    path = tmp_path / "letter.txt"
    path.write_text("Dear service")
    page.set_input_files("#file", path)
    expect(page.locator("#verdict")).to_contain_text("letter.txt: This is no image that can be read here")
    expect(page.locator("#given img, #seen img")).to_have_count(0)
    expect(page.locator("#bars")).to_be_hidden()
    expect(page.locator("#trouble")).to_be_hidden()
    page.get_by_role("button", name="back to test image 16").click()
    expect(page.locator("#given-caption")).to_contain_text("Test image 16")
    assert says(page) == before


@pytest.mark.parametrize(("name", "content"), [
    ("IMG_1.HEIC", b"anything"), ("photo.jpg", b"\0\0\0\x18ftypheic" + bytes(50)),
])  # fmt: skip
def test_an_iphones_own_format_is_told_what_to_do(
    page: Page, faults: Faults, tmp_path: Path, name: str, content: bytes
) -> None:
    """A HEIC file, known by its name or its bytes, is refused with the setting of an iPhone that helps."""
    faults.expect(r"status of 415 .*/predict\?")
    path = tmp_path / name
    path.write_bytes(content)
    page.set_input_files("#file", path)
    expect(page.locator("#verdict")).to_contain_text("Settings > Camera > Formats")


def test_a_refusal_goes_with_the_next_answer(page: Page, faults: Faults, tmp_path: Path) -> None:
    """What was said of a file that is no picture goes when the next one is answered."""
    faults.expect(r"status of 415 .*/predict\?")
    for name, content in (("letter.txt", b"Dear service"), ("photo.jpg", PHOTO)):
        path = tmp_path / name
        path.write_bytes(content)
        page.set_input_files("#file", path)
        expect(page.get_by_text("This file was refused.")).to_be_visible(visible=name == "letter.txt")
    uploaded(page)


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
    page.evaluate(NO_CAMERA)
    page.click("#camera")
    expect(page.locator("#own-note")).to_have_text(
        "The camera was refused. Choose a file, drop or paste a picture, or pick a test image instead."
    )
    expect(page.locator("#viewfinder")).to_be_hidden()


def test_a_picture_by_camera(page: Page) -> None:
    """What the camera sees is answered when the picture is taken, and the camera is off afterwards."""
    page.evaluate(CAMERA)
    page.click("#camera")
    page.get_by_role("button", name="Take the picture").click()
    expect(page.locator("#given-caption")).to_have_text("Your picture, 64 \u00d7 48 pixels")
    assert page.evaluate("window.stream.getTracks().map((track) => track.readyState)") == ["ended"]


CORNER = """img => {
  const context = Object.assign(document.createElement("canvas"), { width: 32, height: 32 }).getContext("2d");
  context.drawImage(img, 0, 0);
  return [...context.getImageData(1, 1, 1, 1).data];
}"""
# The browser's decoding waits until it is let go, and says when it is over.
HELD = """() => {
  const decode = createImageBitmap;
  window.createImageBitmap = (...given) =>
    new Promise((resolve) => { window.letGo ??= () => resolve(decode(...given)); });
  const { toBlob } = HTMLCanvasElement.prototype;
  window.reduced = new Promise((resolve) => {
    HTMLCanvasElement.prototype.toBlob = function (callback, ...given) {
      toBlob.call(this, (blob) => { callback(blob); setTimeout(resolve); }, ...given);
    };
  });
}"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of more than 16 MB, transparent, with a red square in the middle."""
    pixels = np.zeros((2100, 2100, 4), np.uint8)
    pixels[700:1400, 700:1400] = 200, 30, 30, 255
    path = tmp_path_factory.mktemp("large") / "large.png"
    Image.fromarray(pixels).save(path, compress_level=0)
    assert path.stat().st_size > 16 * 1024**2
    return path


def test_what_is_transparent_is_white_in_a_large_file_too(page: Page, large: Path) -> None:
    """A transparent picture that is made smaller in the browser lies on white, as every one does in the service."""
    page.set_input_files("#file", large)
    expect(page.locator("#given-caption")).to_have_text("Your picture, 2000 \u00d7 2000 pixels")
    expect(page.locator("#seen img")).to_have_attribute("src", re.compile("^data:image/png"))
    assert min(page.locator("#seen img").evaluate(CORNER)) >= 250


def test_the_file_chosen_last_is_shown(page: Page, large: Path, tmp_path: Path) -> None:
    """A file that is chosen while a large one is still being made smaller is shown, and stays."""
    (tmp_path / "small.jpg").write_bytes(PHOTO)
    settle(page)
    page.evaluate(HELD)
    page.set_input_files("#file", large)
    until_in(page, lambda: page.evaluate("'letGo' in window"), "the decoding of the large file")
    page.set_input_files("#file", tmp_path / "small.jpg")
    uploaded(page)
    page.evaluate("async () => { window.letGo(); await window.reduced; }")
    expect(page.locator("#own-note")).to_be_empty()
    uploaded(page)


def test_nothing_stands_beside_a_picture_that_is_about_another(page: Page, faults: Faults, tmp_path: Path) -> None:
    """While /explain is busy, map, words and what the model saw of the last picture are out of sight."""
    faults.expect("status of 503")
    for name, size in (("one.jpg", (300, 200)), ("two.jpg", (200, 300))):
        (tmp_path / name).write_bytes(encode(photo(*size), "JPEG"))
    page.set_input_files("#file", tmp_path / "one.jpg")
    uploaded(page)
    seen = page.locator("#seen img").get_attribute("src") or ""
    expect(page.locator("#readout")).to_contain_text("places tried")
    busy, headers = problem("overloaded", 503, "Full."), {"Retry-After": "1"}
    page.route("**/explain?*", lambda route: route.fulfill(status=503, headers=headers, body=busy))
    with page.expect_response(lambda response: response.status == 503):
        page.set_input_files("#file", tmp_path / "two.jpg")
    expect(page.locator("#given-caption")).to_have_text("Your picture, 200 \u00d7 300 pixels")
    for part in ("#seen img", "#map", "#readout"):
        expect(page.locator(part)).to_be_hidden()
    page.unroute_all()
    for part in ("#seen img", "#map", "#readout"):
        expect(page.locator(part)).to_be_visible()
    assert page.locator("#seen img").get_attribute("src") != seen


def test_each_picture_has_a_number_whatever_was_stored(context: BrowserContext, service: Service) -> None:
    """A number in the browser's storage after which there is none is left out, so that pictures differ in theirs."""
    attempt = {
        "time": "2026-01-01T00:00:00Z", "model": "seminar-cnn", "version": 2, "source": "own", "index": 2**53 - 1,
        "truth": "cat", "guess": None, "answer": "dog", "probability": 0.5,
    }  # fmt: skip
    stored = json.dumps(json.dumps({"form": 1, "guessing": False, "tries": [attempt]}))
    context.add_init_script(f"if (location.protocol === 'http:') localStorage.setItem('ten-words', {stored});")
    page = context.new_page()
    show(page, service.url)
    for number in (1, 2):
        page.set_input_files("#file", {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": PHOTO})
        expect(page).to_have_url(re.compile(rf"[?&]own={number}(&|$)"))

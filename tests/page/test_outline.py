"""The outline on a picture of one's own frames what the model sees of it."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Browser, Page, expect

from tests.support.answers import body
from tests.support.browser import window
from tests.support.pictures import encode, photo
from tests.support.seminar_page import show
from tests.support.serving import Service

SIDE = 32
# Levels of 255, on average over the 32x32 pixels: the browser reduces in another way, and from a smaller picture.
TOLERANCE = 14
SHAPES = {"3:4": (600, 800), "4:3": (800, 600), "1:6": (500, 3000), "6:1": (3000, 500), "2:3": (400, 600)}


@pytest.fixture(scope="module", params=[360, 1280])
def narrow_or_wide(request: pytest.FixtureRequest, browser: Browser, service: Service) -> Iterator[Page]:
    """The page in a phone's or a laptop's window."""
    with window(browser, size=(request.param, 900)) as context:
        page = context.new_page()
        show(page, service.url)
        yield page


def framed(page: Page) -> Image.Image:
    """What the outline frames on the screen, without the outline."""
    outline = page.locator("#given .cut")
    expect(page.locator("#given img")).to_have_js_property("complete", True)
    page.locator("#given").scroll_into_view_if_needed()
    frame, cut = page.locator("#given").bounding_box(), outline.bounding_box()
    assert frame is not None
    assert cut is not None
    outline.evaluate("outline => { outline.style.visibility = 'hidden'; }")
    shot = Image.open(io.BytesIO(page.locator("#given").screenshot())).convert("RGB")
    left, upper = cut["x"] - frame["x"], cut["y"] - frame["y"]
    return shot.resize(
        (SIDE, SIDE), Image.Resampling.BOX, box=(left, upper, left + cut["width"], upper + cut["height"])
    )


def send(page: Page, tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    page.locator("#file").set_input_files(path)
    expect(page.locator("#given-caption")).to_contain_text(says)
    expect(page.locator("#given .cut")).to_be_visible()


def seen(service: Service, content: bytes) -> Image.Image:
    """The very pixels that the service used."""
    address = body(service.client.post("/explain?patch=16&stride=8", files={"image": content}))["seen"]
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).mean())


@pytest.mark.parametrize("shape", SHAPES)
def test_it_frames_what_the_model_sees(narrow_or_wide: Page, service: Service, tmp_path: Path, shape: str) -> None:
    """Whatever the shape, what the outline frames is, reduced to 32x32, what the service saw (mean difference: 14)."""
    width, height = SHAPES[shape]
    content = encode(photo(width, height), "JPEG", quality=95)
    send(narrow_or_wide, tmp_path, content, f"{width} \u00d7 {height}")
    assert difference(framed(narrow_or_wide), seen(service, content)) < TOLERANCE


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_frames_it_however_the_camera_was_held(
    page: Page, service: Service, tmp_path: Path, orientation: int
) -> None:
    """With each of the eight EXIF orientations the outline frames what the service saw, upright."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    content = encode(photo(600, 900), "JPEG", quality=95, exif=exif)
    width, height = (600, 900) if orientation <= 4 else (900, 600)
    send(page, tmp_path, content, f"{width} \u00d7 {height}")
    found, expected = framed(page), seen(service, content)
    assert difference(found, expected) < TOLERANCE
    # A picture that lies on its side, or is mirrored, is another one: the measure tells them apart.
    for turned in (Image.Transpose.ROTATE_90, Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM):
        assert difference(found.transpose(turned), expected) > 2 * TOLERANCE

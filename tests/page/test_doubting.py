"""Covering parts of the picture, and spoiling it."""

from playwright.sync_api import Page, Request, expect

from tests.support.answers import body
from tests.support.seminar_page import asks_about_a_picture, percent, slide
from tests.support.serving import Service


def test_the_map_explains_and_the_patch_moves(page: Page, service: Service) -> None:
    """The map tells of 169 places and what it can't tell; patch and class change it; the arrow keys cover a place."""
    readout = page.locator("#readout")
    explained = body(service.client.get("/explain?index=16"))
    expect(readout).to_contain_text(f"{len(explained['positions']) ** 2} places tried")
    expect(readout).to_contain_text(f"{explained['largest']['left']} pixels from the left")
    expect(page.locator("#cannot li")).to_have_count(len(explained["cannot_tell"]))
    slide(page, "#patch", 16)
    expect(readout).to_contain_text("81 places tried")
    page.select_option("#explained", "cat")
    explained = body(service.client.get("/explain?index=16&patch=16&class=cat"))
    before = percent(explained["probability"])
    expect(readout).to_contain_text(f"takes cat from {before} to")
    page.focus("#map")
    page.keyboard.press("ArrowRight")
    middle = len(explained["positions"]) // 2
    after = percent(max(0, explained["probability"] - explained["drops"][middle][middle]))
    expect(readout).to_contain_text(f"Covered here, cat goes from {before} to {after}")
    page.keyboard.press("Escape")
    expect(readout).to_contain_text("81 places tried")
    slide(page, "#patch", 2)
    slide(page, "#stride", 4)
    expect(page.locator("#patch-value")).to_have_text("4")
    expect(readout).to_contain_text("64 places tried")


def test_a_spoilt_picture_is_answered_live(page: Page, service: Service) -> None:
    """A slider's spoilt picture gets an answer of its own; many moves cost one request; "as it was" goes back."""
    before = body(service.client.get("/predict?index=16"))
    verdict, caption = page.locator("#spoilt-verdict"), page.locator("#spoilt-caption")
    expect(verdict).to_contain_text(f"It says {before['label']}, {percent(before['probability'])}")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if request.method == "POST" else None)
    page.clock.install(time="2026-01-01T00:00:00")
    page.clock.pause_at("2026-01-01T00:00:10")  # until then it goes on by itself, too fast for a slow machine
    for value in range(1, 81):
        slide(page, "#spoil-noise", value)
        page.clock.run_for(20)
    with page.expect_response(asks_about_a_picture) as caught:
        page.clock.resume()
    said = caught.value.json()
    expect(verdict).to_contain_text(f"it says {said['label']}, {percent(said['probability'])}")
    expect(verdict).to_contain_text(f"Before: {before['label']}, {percent(before['probability'])}.")
    assert len(asked) == 1
    expect(page.locator("#spoilt-bars .ghost").first).to_be_attached()
    for name, value in {"brightness": -80, "jpeg": 90, "rotation": 180, "blur": 3, "pixels": 8, "contrast": 50}.items():
        slide(page, f"#spoil-{name}", value)
    with page.expect_response(asks_about_a_picture) as caught:
        slide(page, "#spoil-noise", 40)
    said = caught.value.json()
    expect(verdict).to_contain_text(f"says {said['label']}, {percent(said['probability'])}")
    expect(caption).to_have_text("Spoilt, as it is sent")
    page.click("#unspoil")
    expect(caption).to_contain_text("Not spoilt yet")
    expect(verdict).to_contain_text(f"It says {before['label']}, {percent(before['probability'])}")


def test_no_spoiling_is_no_change(page: Page, service: Service) -> None:
    """The canvas of the unspoilt test image holds its very pixels: rotation by 0 and no filter change nothing."""
    expected = body(service.client.get("/predict?index=16"))
    expect(page.locator("#spoilt-verdict")).to_contain_text(f"It says {expected['label']}")
    png = page.locator("#spoilt").evaluate("canvas => canvas.toDataURL()")
    answer = body(service.client.post("/predict", json={"image": png}))
    assert answer["probabilities"] == expected["probabilities"]

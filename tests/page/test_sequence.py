"""A seminar hour in eight steps: linkable, by keys, with what it says in numbers asked of the service."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support import toy
from tests.support.accessibility import of_colours, of_structure
from tests.support.answers import body
from tests.support.browser import Theme, until_in, window
from tests.support.seminar_page import guess, percent, show
from tests.support.serving import Service, start

STEPS = 8
SIXTEEN = range(1, 17)


def step(page: Page) -> str:
    return page.locator(".step-of").inner_text()


def answers(service: Service, model: str) -> tuple[list[str], list[str]]:
    """What a model says about every test image, and the truth, in labels."""
    found = body(service.client.get("/answers", params={"model": model}))
    labels = found["labels"]
    return [labels[i] for i in found["answers"]], [labels[i] for i in found["truths"]]


def test_the_hour_has_sixty_minutes(page: Page) -> None:
    """Eight steps, gone through by the button, take 60 minutes together; each has a question, a task and a place."""
    page.locator("#hour").click()
    minutes = 0
    for number in range(1, STEPS + 1):
        expect(page.locator(".step-of")).to_contain_text(f"Step {number} of {STEPS}")
        match = re.search(r"(\d+) minutes", step(page))
        assert match
        minutes += int(match[1])
        assert page.locator("#step-question").inner_text().endswith("?")
        assert page.locator(page.locator(".step-task a").get_attribute("href") or "").count() == 1
        if number < STEPS:
            page.get_by_role("button", name="Next", exact=True).click()
    assert minutes == 60
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_disabled()


def test_a_link_leads_to_a_step_and_back_leads_out(page: Page, service: Service) -> None:
    """?step=3 shows an automobile that the network takes for a bird; back and forward go through the steps."""
    show(page, f"{service.url}/?step=3")
    expect(page.locator(".step-of")).to_contain_text("Step 3")
    expect(page).to_have_url(re.compile(r"index=\d+&.*step=3"))
    expect(page.locator("#verdict strong")).to_have_text("bird")
    expect(page.locator("#verdict")).to_contain_text("it is an automobile")
    said, truths = answers(service, "seminar-cnn")
    first = next(i for i in range(10_000) if (said[i], truths[i]) == ("bird", "automobile"))
    expect(page).to_have_url(re.compile(rf"index={first}&.*step=3"))
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page).to_have_url(re.compile("step=4"))
    page.go_back()
    expect(page.locator(".step-of")).to_contain_text("Step 3")
    expect(page.locator("#verdict strong")).to_have_text("bird")
    page.go_forward()
    expect(page.locator(".step-of")).to_contain_text("Step 4")


@pytest.mark.parametrize("size", [(1280, 860), (1920, 1080)])
def test_a_link_to_a_step_leads_to_its_place(browser: Browser, service: Service, size: tuple[int, int]) -> None:
    """?step=7 opened anew stands at the portrait, whose heading is below the question and not behind it."""
    with window(browser, size=size) as context:
        page = context.new_page()
        show(page, f"{service.url}/?step=7")
        title = page.locator("#portrait-title")
        expect(title).to_be_in_viewport()
        expect(page.locator("#portrait-verdict strong")).to_be_visible()
        until_in(page, lambda: _below(page, "#portrait-title"), "the heading below the question")
        page.keyboard.press("l")
        expect(page.locator("#step-notes p").first).to_be_visible()
        page.locator(".step-task a").click()
        until_in(page, lambda: _below(page, "#portrait-title"), "the heading below the notes")


def _below(page: Page, selector: str) -> bool:
    """Whether this begins below the panel of the steps, and in the window."""
    panel, part = page.locator("#sequence").bounding_box(), page.locator(selector).bounding_box()
    if panel is None or part is None:
        return False
    return panel["y"] + panel["height"] <= part["y"] < float(page.evaluate("innerHeight"))


def test_a_step_that_does_not_exist_is_told(page: Page, service: Service) -> None:
    """?step=9 opens none, and says which there are."""
    show(page, f"{service.url}/?step=9")
    expect(page.locator("#address-note")).to_contain_text("steps go from 1 to 8")
    expect(page.locator("#sequence")).to_be_hidden()


def test_keys_of_a_presenter_turn_the_steps(page: Page, service: Service) -> None:
    """Page Down and n go on, Page Up and p go back, while the sequence is open; else Page Down scrolls."""
    page.keyboard.press("PageDown")
    expect(page.locator("#sequence")).to_be_hidden()
    show(page, f"{service.url}/?step=7")
    for pressed, number in (("PageDown", 8), ("n", 8), ("PageUp", 7), ("p", 6), ("PageUp", 5), ("n", 6)):
        page.keyboard.press(pressed)
        expect(page.locator(".step-of")).to_contain_text(f"Step {number} of")


def test_sure_and_wrong_is_a_mistake_that_it_is_sure_of(page: Page, service: Service) -> None:
    """Step 4 shows, of the first 300 mistakes, the one with the highest probability."""
    said, truths = answers(service, "seminar-cnn")
    wrong = [i for i in range(10_000) if said[i] != truths[i]][:300]
    found = body(service.client.post("/predict?top=1", json={"indices": wrong}))["predictions"]
    surest = max(found, key=lambda each: each["probability"])
    show(page, f"{service.url}/?step=4")
    expect(page).to_have_url(re.compile(rf"index={surest['input']['index']}&.*step=4"))
    expect(page.locator(".wrong").first).to_contain_text(surest["truth"]["label"])


def test_spoilt_pictures_begin_spoilt(page: Page, service: Service) -> None:
    """Step 5 sets the noise, and the next step takes it away again."""
    show(page, f"{service.url}/?step=5")
    expect(page.locator("#spoil-noise")).to_have_value("25")
    page.keyboard.press("n")
    expect(page.locator("#spoil-noise")).to_have_value("0")


def test_the_missing_group_is_missed(page: Page, service: Service) -> None:
    """Step 6 asks a model about a picture of the group kept away from it: it is wrong, the shipped one right."""
    show(page, f"{service.url}/?step=6")
    expect(page).to_have_url(re.compile(r"index=(\d+)&model=missing-(\w+)&.*step=6"))
    match = re.search(r"index=(\d+)&model=missing-(\w+)&", page.url)
    assert match
    index, group = match.groups()
    assert body(service.client.get(f"/predict?index={index}"))["label"] == group
    assert body(service.client.get(f"/predict?index={index}&model=missing-{group}"))["label"] != group
    expect(page.locator("#verdict .judged")).to_contain_text(group)


def test_notes_are_for_who_asks_and_their_numbers_are_true(page: Page, service: Service) -> None:
    """The notes of step 6 come by the key l alone, and count as /answers does, on images 1 to 16 and on all."""
    show(page, f"{service.url}/?step=6")
    expect(page.locator("#step-notes")).to_be_hidden()
    page.keyboard.press("l")
    notes = page.locator("#step-notes")
    for model in ("seminar-cnn", "missing-dog", "missing-automobile"):
        said, truths = answers(service, model)
        few = sum(said[i] == truths[i] for i in SIXTEEN)
        share = sum(map(str.__eq__, said, truths)) / len(truths)
        expect(notes).to_contain_text(f"{model}: {few} of images 1 to 16, {percent(share)} of all")
    page.keyboard.press("l")
    expect(notes).to_be_hidden()


def test_the_first_step_has_everybody_guess(page: Page, service: Service) -> None:
    """?step=1 asks what image 16 shows before the network answers; another step shows its answer at once."""
    page.goto(f"{service.url}/?step=1")
    expect(page.locator("#guess")).to_be_visible()
    expect(page.locator("#verdict")).to_be_hidden()
    guess(page, "dog")
    expect(page.locator("#verdict")).to_contain_text("dog")
    page.keyboard.press("n")
    page.keyboard.press("n")
    expect(page.locator("#verdict strong")).to_have_text("bird")
    expect(page.locator("#guess")).to_be_hidden()


@pytest.mark.parametrize("number", [2, 3, 4, 5, 7, 8])
def test_every_step_has_notes(page: Page, service: Service, number: int) -> None:
    """Each step's notes say something, and nothing in them was not measured."""
    show(page, f"{service.url}/?step={number}")
    page.keyboard.press("l")
    expect(page.locator("#step-notes p").first).to_be_visible()
    assert "not measured" not in page.locator("#step-notes").inner_text()
    assert "undefined" not in page.locator("#step-notes").inner_text()


def test_another_operators_models_break_no_step(tmp_path: Path, browser: Browser) -> None:
    """With the toy alone, of which nothing was measured, every step opens, and step 6 says what it can't show."""
    toy.write(tmp_path)
    with start(models=tmp_path, model="toy") as service, window(browser) as context:
        page = context.new_page()
        page.goto(f"{service.url}/?step=1")
        expect(page.locator("#sequence")).to_be_visible()
        page.keyboard.press("l")
        for number in range(1, STEPS + 1):
            expect(page.locator(".step-of")).to_contain_text(f"Step {number} of")
            expect(page.locator("#step-notes p").first).to_be_visible()
            if number == 6:
                expect(page.locator("#step-notes")).to_contain_text("There is no model here")
            page.keyboard.press("n")


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_handout_has_two_pages(page: Page, service: Service, paper: str) -> None:
    """On either paper the handout is two pages: the steps with room to write, and the figures of the card."""
    page.evaluate("window.print = () => { window.printed = document.querySelector('#handout').textContent; }")
    page.get_by_role("button", name="Print its handout").click()
    until_in(page, lambda: page.evaluate("window.printed"), "the handout")
    text = page.evaluate("window.printed")
    card = body(service.client.get("/model-card", headers={"Accept": "application/json"}))
    accuracy = card["quantitative_analyses"]["splits"]["test"]["accuracy"]
    assert f"{percent(accuracy['value'])} (95 % interval {percent(accuracy['ci']['lower'])} to" in text
    assert text.count(" min). ") == STEPS
    assert "Wall, M. (2019)" in text
    page.emulate_media(media="print")
    for section in page.locator("#handout section").all():
        # What does not fit would be cut off at the end of the page.
        assert section.evaluate("part => part.scrollHeight <= part.clientHeight + 1")
    pdf = page.pdf(format=paper)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_used_by_all(browser: Browser, service: Service, theme: Theme) -> None:
    """With a step, its notes and the list of keys open the page breaks no rule of accessibility, in either theme."""
    with window(browser, theme=theme) as context:
        page = context.new_page()
        show(page, f"{service.url}/?step=6")
        page.keyboard.press("l")
        expect(page.locator("#step-notes li").first).to_be_visible()
        assert of_structure(page) == {}
        assert of_colours(page) == {}
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert of_structure(page) == {}
        assert of_colours(page) == {}


def test_letters_can_be_turned_off(page: Page, service: Service) -> None:
    """In the list of keys a switch turns those of a single letter off; they do nothing in a field, nor with Ctrl."""
    show(page, f"{service.url}/?step=2")
    page.locator("#index").focus()
    page.keyboard.press("n")
    page.keyboard.press("f")
    page.locator("#step-question").focus()
    page.keyboard.press("Control+l")
    expect(page.locator(".step-of")).to_contain_text("Step 2 of")
    expect(page.locator("#step-notes")).to_be_hidden()
    expect(page.locator("body")).not_to_have_class(re.compile("presenting"))
    page.keyboard.press("?")
    page.get_by_label("Keys of a single letter work").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.keyboard.press("n")
    expect(page.locator(".step-of")).to_contain_text("Step 2 of")
    page.keyboard.press("PageDown")
    expect(page.locator(".step-of")).to_contain_text("Step 3 of")


def test_tries_are_not_of_what_a_step_shows(context: BrowserContext, service: Service) -> None:
    """A picture that a step has chosen for its answer is not counted as a try."""
    page = context.new_page()
    show(page, f"{service.url}/?step=3")
    expect(page.locator("#verdict strong")).to_have_text("bird")
    expect(page.locator("#strip li")).to_have_count(0)


def test_a_step_stays_where_it_leads(page: Page, service: Service) -> None:
    """Step 2 leads to the evidence although what stands above is filled on the way there: it is in sight, and stays."""
    page.goto(f"{service.url}/?step=1")
    expect(page.locator("#guess")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator("#figures .plot").first).to_be_visible()
    expect(page.locator("#evidence-title")).to_be_in_viewport()
    # Whatever is still to come has come when the other models have answered.
    expect(page.locator(".model .bars").last).to_be_attached()
    expect(page.locator("#evidence-title")).to_be_in_viewport()


@pytest.mark.parametrize("size", [(640, 360), (960, 540)])
def test_the_question_is_in_sight_in_a_small_window(browser: Browser, service: Service, size: tuple[int, int]) -> None:
    """At 200 % zoom of a laptop's or projector's window the question does not stay: a step leads to it first."""
    with window(browser, size=size) as context:
        page = context.new_page()
        page.goto(f"{service.url}/?step=2")
        expect(page.locator("#figures")).not_to_be_empty()
        expect(page.locator("#step-question")).to_be_in_viewport()
        page.get_by_role("button", name="Next", exact=True).click()
        expect(page.locator(".step-of")).to_contain_text("Step 3")
        expect(page.locator("#step-question")).to_be_in_viewport()


def test_a_link_to_a_step_is_one_entry_of_the_history(page: Page, service: Service) -> None:
    """Back from a step that a link has opened leads to the page before the link, whatever the step has set up."""
    for number in (2, 3):
        page.goto("about:blank")
        show(page, f"{service.url}/?step={number}")
        if number > 2:
            expect(page).not_to_have_url(re.compile("index=16"))
        expect(page).to_have_url(re.compile(rf"index=\d+.*step={number}"))
        page.go_back()
        expect(page).to_have_url("about:blank")


def test_a_link_to_the_first_step_may_say_not_to_guess(page: Page, service: Service) -> None:
    """?step=1&guess=no shows the answer at once, and the address stays as it was given."""
    page.goto(f"{service.url}/?step=1&guess=no")
    expect(page.locator("#verdict .judged")).to_be_visible()
    expect(page).to_have_url(f"{service.url}/?index=16&step=1&guess=no")
    expect(page.locator("#guess")).to_be_hidden()

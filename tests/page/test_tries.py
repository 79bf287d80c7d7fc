"""You against the network: what counts, what is kept, and what can be taken away."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from scipy.stats import binomtest

from models.cifar10_test import LABELS
from tests.support.answers import predictions
from tests.support.pictures import encode, photo
from tests.support.seminar_page import at, guess, percent, show, show_guessing
from tests.support.serving import Service

GUESSES = {16: "dog", 0: "cat", 1: "truck", 2: "frog", 3: "bird"}


@pytest.fixture
def tried(context: BrowserContext, service: Service) -> Page:
    """The page after five guesses."""
    page = context.new_page()
    show_guessing(page, service.url)
    for index, label in GUESSES.items():
        page.fill("#index", str(index))
        expect(page).to_have_url(at(index))
        expect(page.locator("#guess-question")).to_contain_text(f"image {index} ")
        guess(page, label)
    return page


def test_both_scores_have_their_intervals(tried: Page, service: Service) -> None:
    """On the same five pictures yours and the network's score have SciPy's Wilson intervals, and the card its own."""
    found = predictions(service.client.post("/predict", json={"indices": list(GUESSES)}))
    truths = [answer["truth"]["label"] for answer in found]
    scores = {
        "you": sum(map(str.__eq__, GUESSES.values(), truths)),
        "network": sum(answer["truth"]["correct"] for answer in found),
    }
    assert len(set(scores.values())) == 2
    for who, right in scores.items():
        interval = binomtest(right, len(GUESSES)).proportion_ci(method="wilson")
        figure = tried.locator(f".interval.{who} .figure")
        expect(figure).to_contain_text(f"{right} of {len(GUESSES)}")
        expect(figure).to_contain_text(f"{percent(interval.low)} to {percent(interval.high)}")
    expect(tried.locator(".interval.card .figure")).to_contain_text("10,000")


def test_tries_survive_a_reload_and_can_be_forgotten(tried: Page) -> None:
    """After a reload the score is the same; the button forgets tries and switch, in the browser's storage too."""
    before = tried.locator(".interval.you .figure").text_content() or ""
    tried.reload()
    expect(tried.locator(".interval.you .figure")).to_have_text(before)
    expect(tried.locator("#strip li")).to_have_count(len(GUESSES))
    kept = tried.evaluate("JSON.stringify(localStorage)")
    assert "data:" not in kept
    assert len(kept) < 2000
    tried.click("#forget")
    expect(tried.locator("#strip li")).to_have_count(0)
    assert tried.evaluate("localStorage.length") == 0
    tried.reload()
    expect(tried.locator("#guess")).to_be_visible()


@pytest.mark.parametrize("stored", [
    "", "{", "[]", "null", '{"form":99}', '{"form":1,"tries":5}',
    '{"form":1,"tries":[null,{},{"time":1}],"guessing":"x"}',
    json.dumps({"form": 1, "tries": [{"time": "<img>", "model": "x"}] * 5000}),
])  # fmt: skip
def test_what_was_stored_by_others_breaks_nothing(context: BrowserContext, service: Service, stored: str) -> None:
    """Whatever stands under the page's key, the page opens as on a first visit, without an error."""
    context.add_init_script(
        f"if (location.protocol.startsWith('http')) localStorage.setItem('ten-words', {json.dumps(stored)});"
    )
    page = context.new_page()
    show_guessing(page, service.url)
    guess(page, "dog")
    expect(page.locator(".interval.you .figure")).to_contain_text("1 of 1")


def test_without_storage_tries_last_for_the_visit(context: BrowserContext, service: Service) -> None:
    """Where the browser stores nothing, guesses count all the same."""
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError'); } });"
    )
    page = context.new_page()
    show_guessing(page, service.url)
    guess(page, "cat")
    expect(page.locator(".interval.you .figure")).to_contain_text("0 of 1")


def rows(page: Page, tmp_path: Path) -> list[dict[str, Any]]:
    """The CSV file as it is downloaded."""
    with page.expect_download() as download:
        page.click("#csv")
    path = tmp_path / "tries.csv"
    download.value.save_as(path)
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_csv_has_every_try(tried: Page, tmp_path: Path, service: Service) -> None:
    """The CSV file has a row for each try: image, truth, guess, answer, probability, and who was right."""
    found = rows(tried, tmp_path)
    answers = predictions(service.client.post("/predict", json={"indices": list(GUESSES)}))
    assert [int(row["index"]) for row in found] == list(GUESSES)
    for row, answer, label in zip(found, answers, GUESSES.values(), strict=True):
        assert (row["truth"], row["network's answer"]) == (answer["truth"]["label"], answer["label"])
        assert float(row["probability"]) == pytest.approx(answer["probability"], abs=2e-6)
        assert row["your guess"] == label
        assert row["you right"] == str(label == answer["truth"]["label"]).lower()
        assert row["network right"] == str(answer["truth"]["correct"]).lower()
        assert row["model"] == "seminar-cnn"


def test_the_strip_marks_who_was_right(tried: Page) -> None:
    """Each picture of the strip says in words and by a sign whether you and the network were right; it leads there."""
    first = tried.locator("#strip li").first  # the last try: an airplane, guessed as a bird
    expect(first.locator("img")).to_have_attribute("alt", "Test image 3: airplane; you said bird, it said airplane")
    expect(first).to_contain_text("✗ you")
    expect(first).to_contain_text("✓ it")
    tried.locator("#strip button").last.click()
    expect(tried).to_have_url(at(16))


def test_a_picture_of_ones_own_counts_by_ones_word(page: Page, tmp_path: Path) -> None:
    """Asked "What is it?", one's word judges the network; such tries stand apart, and nothing of the file is kept."""
    path = tmp_path / "my secret.jpg"
    path.write_bytes(encode(photo(300, 200), "JPEG"))
    page.set_input_files("#file", path)
    expect(page.locator("#own-question")).to_be_visible()
    said = page.locator("#verdict strong").first.inner_text()
    other = next(label for label in LABELS if label != said)
    page.locator("#own-question").get_by_role("button", name=other, exact=True).click()
    expect(page.locator(".interval.own-tries .figure")).to_contain_text("0 of 1")
    expect(page.locator("#tries-text")).to_contain_text("by your word alone")
    (row,) = rows(page, tmp_path)
    assert (row["source"], row["truth"], row["your guess"], row["network right"]) == ("own picture", other, "", "false")
    assert "secret" not in page.evaluate("JSON.stringify(localStorage)")


def test_nothing_counts_that_nobody_tried(page: Page, service: Service) -> None:
    """What the page opens with, the next mistake and a disagreement do not count; an image that was chosen does."""
    page.click("#mistake")
    expect(page.locator(".judgement.wrong").first).to_be_visible()
    page.locator("#disagree").click()
    expect(page.locator("#given-caption")).to_contain_text("Test image")
    expect(page.locator("#strip li")).to_have_count(0)
    page.fill("#index", "5")
    expect(page).to_have_url(at(5))
    expect(page.locator("#strip li")).to_have_count(1)
    show(page, f"{service.url}/?index=7")
    expect(page.locator("#strip li")).to_have_count(1)


def test_no_field_of_the_csv_is_a_formula(context: BrowserContext, service: Service, tmp_path: Path) -> None:
    """A stored word that a spreadsheet takes for a formula, be it after a line break, begins with an apostrophe."""
    words = ["=1+1", "\n=1+1", " \t@sum", "\u200b-1", "dog"]
    tries = [
        {
            "time": "2026-01-01T00:00:00Z", "model": "seminar-cnn", "version": 2, "source": "test", "index": index,
            "truth": "cat", "guess": None, "answer": word, "probability": 0.5,
        }
        for index, word in enumerate(words)
    ]  # fmt: skip
    stored = json.dumps(json.dumps({"form": 1, "guessing": False, "tries": tries}))
    context.add_init_script(f"if (location.protocol === 'http:') localStorage.setItem('ten-words', {stored});")
    page = context.new_page()
    page.goto(service.url)
    found = [row["network's answer"] for row in rows(page, tmp_path)]
    assert found == [word if word == "dog" else f"'{word}" for word in words]

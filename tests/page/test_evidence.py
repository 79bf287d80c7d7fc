"""Other models, a face, and the card's figures with the images behind them."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.support.answers import body
from tests.support.browser import Faults
from tests.support.seminar_page import a, asks_about_a_picture, at, judgement, percent, says, show
from tests.support.serving import Service

# Of the images behind a cell, so many are shown at a time.
AT_ONCE = 60


def test_the_models_stand_side_by_side(page: Page, service: Service) -> None:
    """All models answer about the same picture; any that is picked because they disagree the default one gets right."""
    names = [model["name"] for model in body(service.client.get("/models"))["models"]]
    assert len(names) > 1
    # A ship: what is picked is of a class that some model lacks, so that the address will change.
    show(page, f"{service.url}/?index=1")
    page.locator("#models").scroll_into_view_if_needed()
    for name in names:
        answer = body(service.client.get(f"/predict?index=1&model={name}"))
        expect(page.get_by_role("region", name=name, exact=True)).to_contain_text(f"Says {answer['label']}")
    for chance in (0.1, 0.3, 0.5, 0.7, 0.9):
        before = page.url
        page.evaluate(f"Math.random = () => {chance}")
        page.click("#disagree")
        expect(page).not_to_have_url(before)
        index = page.url.partition("index=")[2].partition("&")[0]
        answers = {name: body(service.client.get(f"/predict?index={index}&model={name}")) for name in names}
        assert answers["seminar-cnn"]["truth"]["correct"]
        assert len({answer["label"] for answer in answers.values()}) > 1
        expect(page.locator(".model.default .judgement")).to_contain_text(judgement(answers["seminar-cnn"]["truth"]))


def test_the_portrait_is_asked_live(page: Page) -> None:
    """The astronaut's face gets one of the ten words from the service itself, credited to NASA."""
    with page.expect_response(asks_about_a_picture) as caught:
        page.locator("#portrait-title").scroll_into_view_if_needed()
    answer = caught.value.json()
    expect(page.locator("#portrait-verdict")).to_contain_text(f"it calls her {answer['label']}")
    expect(page.locator(".portrait figcaption")).to_contain_text("NASA")


def test_the_evidence_and_a_cells_gallery(page: Page, service: Service) -> None:
    """The card's figures appear when they come near; the fullest cell of mistakes opens, and one goes to Try."""
    card = body(service.client.get("/model-card", headers={"Accept": "application/json"}))
    analyses, labels = card["quantitative_analyses"], card["contract"]["labels"]
    answer = body(service.client.get("/predict?index=16"))
    page.locator("#figures").scroll_into_view_if_needed()
    # Two learning curves, the reliability diagram, and one plot for each group that was taken away.
    groups = {run["group"] for run in analyses["missing_group"]}
    expect(page.locator("#figures svg")).to_have_count(3 + len(groups))
    expect(page.locator("#figures")).to_contain_text(analyses["overfitting"])
    expect(page.locator("#reliability")).to_contain_text(f"This answer is {percent(answer['probability'])}")
    expect(page.locator("#reliability .bin.mine")).to_have_count(1)

    mistakes = np.array(analyses["confusion_matrix"])
    total = int(mistakes.sum(axis=1)[0])
    np.fill_diagonal(mistakes, 0)
    truth, said = (int(i) for i in np.unravel_index(mistakes.argmax(), mistakes.shape))
    count = int(mistakes[truth, said])
    assert count > 2 * AT_ONCE, "this model makes too few mistakes for what is tried here"
    page.get_by_role("button", name=f"{count} of {total:,} {labels[truth]}s called {labels[said]}").click()
    expect(page.locator("#gallery h4")).to_have_text(f"{count} \u00d7 {labels[truth]} called {labels[said]}")
    expect(page.locator("#gallery .images button")).to_have_count(AT_ONCE)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#gallery .images button")).to_have_count(2 * AT_ONCE)
    answers = body(service.client.get("/answers"))
    pairs = zip(answers["truths"], answers["answers"], strict=True)
    first = next(i for i, pair in enumerate(pairs) if pair == (truth, said))
    page.locator("#gallery .images button").first.click()
    expect(page).to_have_url(at(first))
    assert says(page) == labels[said]
    expect(page.locator(".judgement.wrong").first).to_contain_text(f"it is {a(labels[truth])}")


@pytest.mark.parametrize(("script", "times"), [("curves.js", 1), ("figures.js", 2)])
def test_a_script_of_the_figures_that_does_not_come_is_fetched_again(
    page: Page, faults: Faults, script: str, times: int
) -> None:
    """However often one of the scripts that draw the figures does not come, they are drawn in the end, and work."""
    faults.expect("net::ERR_CONNECTION_REFUSED")
    page.route(f"**/{script}", lambda route: route.abort("connectionrefused"), times=times)
    page.locator("#figures").scroll_into_view_if_needed()
    expect(page.locator("#figures svg").first).to_be_visible()
    expect(page.locator("#trouble")).to_be_hidden()
    page.locator(".confusion [tabindex='0']").click()
    page.locator("#gallery .images button").first.click()
    expect(page.locator("#figures svg").first).not_to_be_in_viewport()
    expect(page).not_to_have_url(at(16))

"""The seminar's argument on the page: every point as a question, and the way to the card and to what it reads."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support import cards
from tests.support.serving import Service

# The points, and words by which each is found.
POINTS = {
    "Benefit": ["save lives", "terrorism", "crime"],
    "Accuracy": ["not completely accurate", "innocent people", "harmed"],
    "Privacy": ["Live recognition and tracking"],
    "Scale": ["one in a hundred thousand"],
    "Data that can be stolen": ["Biometric", "changed like a password"],
    "Fraud and crime": ["collected and stored"],
    "Transparency and accountability": ["lacking", "who answers"],
    "Biased data sets": ["marginalised groups"],
    "What would help": ["controlled and transparent", "oversight", "security", "permission", "debate"],
}
READ = {
    "Wall, M. (2019)": "https://www.bbc.co.uk/news/business-48842750",
    "Preez, D. (2024)": "https://diginomica.com/further-concerns-raised-about-use-facial-recognition-technology-uk-"
    "effectively-privatized-policing",
    "Gargaro, D. (2024)": "https://www.itpro.com/security/privacy/356882/the-pros-and-cons-of-facial-recognition-"
    "technology",
}


@pytest.mark.parametrize("point", POINTS)
def test_every_point_of_the_seminar_is_a_question(page: Page, point: str) -> None:
    """Each point stands under its own name, in its words, and asks something."""
    article = page.locator(".discussion > div").filter(has=page.locator("dt", has_text=re.compile(f"^{point}$")))
    expect(article).to_have_count(1)
    for words in POINTS[point]:
        expect(article).to_contain_text(words)
    expect(article).to_contain_text("?")


def test_there_are_no_other_points(page: Page) -> None:
    """The discussion has these nine points, and the navigation leads to it."""
    expect(page.locator(".discussion dt")).to_have_text(list(POINTS))
    page.get_by_role("navigation").get_by_role("link", name="Discuss").click()
    expect(page.locator("#discuss-title")).to_be_in_viewport()


def test_what_the_seminar_reads_is_linked(page: Page) -> None:
    """Each of the three works is a link to where it can be read; the card has the same addresses."""
    links = page.locator(".references a")
    expect(links).to_have_count(len(READ))
    held = {source.url for each in cards.card().ethical_considerations for source in each.sources}
    for work, address in READ.items():
        link = links.filter(has_text=work)
        expect(link).to_have_attribute("href", address)
        expect(link).to_have_attribute("rel", "noopener")
        assert address in held


def test_the_discussion_leads_to_the_card(page: Page, service: Service) -> None:
    """The link opens the card where it says whom such a technology may hurt."""
    page.locator("#discuss").get_by_role("link", name="Whom it may hurt").click()
    expect(page).to_have_url(f"{service.url}/model-card#ethical-considerations")
    expect(page.locator("#ethical-considerations")).to_be_in_viewport()

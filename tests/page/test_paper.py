"""The page on paper."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser import Faults, until_in

PARTS = ("#figures svg", "#models .small-verdict strong", "#portrait-verdict strong", "#readout", "#spoilt-verdict")


def test_ctrl_p_waits_for_what_nobody_has_scrolled_to(page: Page) -> None:
    """Ctrl+P at the top of the page prints once figures, models, portrait and map are there, and then no note."""
    page.evaluate(
        """parts => { window.print = () => {
        window.dispatchEvent(new Event("beforeprint"));
        window.printed = parts.map(part => document.querySelector(part)?.textContent);
        window.noted = !document.querySelector("#paper-note").hidden;
    }; }""",
        PARTS,
    )
    expect(page.locator("#figures svg")).to_have_count(0)
    page.keyboard.press("Control+p")
    until_in(page, lambda: page.evaluate("window.printed"), "the page on paper")
    assert all(page.evaluate("window.printed"))
    assert not page.evaluate("window.noted")


def test_the_paper_says_when_the_service_was_away(page: Page, context: BrowserContext, faults: Faults) -> None:
    """With the service away, Ctrl+P prints what is there, with the note; back, the parts come by themselves."""
    faults.expect("net::ERR_INTERNET_DISCONNECTED")
    page.evaluate("""() => { window.print = () => {
        window.dispatchEvent(new Event("beforeprint"));
        window.noted = !document.querySelector("#paper-note").hidden;
    }; }""")
    context.set_offline(True)
    page.keyboard.press("Control+p")
    until_in(page, lambda: page.evaluate("window.noted !== undefined"), "the page on paper")
    assert page.evaluate("window.noted")
    context.set_offline(False)
    for part in PARTS:
        expect(page.locator(part).first).to_be_attached()
    expect(page.locator("#trouble")).to_be_hidden()
    page.evaluate("window.print()")
    assert not page.evaluate("window.noted")


def test_a_page_printed_too_early_says_so(page: Page) -> None:
    """Printed by a menu, before anybody has scrolled, the paper says that parts are missing, and how to have them."""
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#paper-note")).to_be_visible()
    expect(page.locator("#paper-note")).to_contain_text("Ctrl+P")
    page.emulate_media(media="screen")
    expect(page.locator("#paper-note")).to_be_hidden()

"""A browser's window with the seminar page in it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browser import Faults, chromium, window
from tests.support.seminar_page import show
from tests.support.serving import Service


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser, one for all the modules of this folder: to start one takes a second."""
    with chromium() as started:
        yield started


@pytest.fixture
def faults() -> Faults:
    """What may go wrong in the window: nothing, but what the test expects of it."""
    return Faults()


@pytest.fixture
def context(browser: Browser, faults: Faults) -> Iterator[BrowserContext]:
    """A browser's window, of a laptop's size."""
    with window(browser, faults) as opened:
        yield opened


@pytest.fixture
def page(context: BrowserContext, service: Service) -> Page:
    """The page of the shipped service, with its first answer."""
    opened = context.new_page()
    show(opened, service.url)
    return opened

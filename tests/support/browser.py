"""A real browser, its windows, and what goes wrong in them."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    WebError,
    expect,
    sync_playwright,
)

from tests.support.patience import PATIENCE_S, until

# The first that is there; the shell draws no window and takes less of the processor.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# For a browser that root may start, without a graphics card and without a word to anybody outside.
_CHROMIUM = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
_PAUSE_MS = 20

Theme = Literal["light", "dark"]
DESKTOP = (1280, 860)
PHONE = (375, 812)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Chromium; who wants it is skipped where there is none. As long as it runs, nothing else can run an event loop."""
    path = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if path is None:
        pytest.skip(
            "NOT TESTED: there is no Chromium here (apt-get install chromium-headless-shell). Run this again with it."
        )
    expect.set_options(timeout=1000 * PATIENCE_S)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=_CHROMIUM, timeout=1000 * PATIENCE_S)
        yield started
        started.close()


class Faults:
    """What goes wrong in the pages of a window: errors that they throw, and errors and warnings on the console."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._expected: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """Take note of what goes wrong in this window."""
        context.on("console", self._note)
        context.on("weberror", self._note_thrown)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._found.append(f"{message.text} {message.location['url']}")

    def _note_thrown(self, error: WebError) -> None:
        self._found.append(str(error.error))

    def expect(self, pattern: str) -> None:
        """A fault that the test is about: its text and address fit this pattern, and it has to come."""
        self._expected.append(pattern)

    def check(self) -> None:
        """Nothing went wrong but what was expected, and that did."""
        for pattern in self._expected:
            assert any(re.search(pattern, fault) for fault in self._found), f"{pattern} did not come: {self._found}"
        others = [fault for fault in self._found if not any(re.search(each, fault) for each in self._expected)]
        assert not others, others


@contextmanager
def window(
    browser: Browser,
    faults: Faults | None = None,
    size: tuple[int, int] = DESKTOP,
    theme: Theme = "light",
    *,
    scripts: bool = True,
) -> Iterator[BrowserContext]:
    """A window of this size in CSS pixels, in which nothing may go wrong but what `faults` expect."""
    noted = faults or Faults()
    viewport: ViewportSize = {"width": size[0], "height": size[1]}
    with browser.new_context(
        viewport=viewport, color_scheme=theme, reduced_motion="reduce", java_script_enabled=scripts
    ) as context:
        context.set_default_timeout(1000 * PATIENCE_S)
        noted.watch(context)
        yield context
        for page in context.pages:
            page.title()  # what the page has told so far has arrived when this has
        noted.check()


def until_in(page: Page, find: Callable[[], object], what: str) -> None:
    """As `until`, while the page's events are heard: `find` looks at what they have left."""

    def heard() -> object:
        page.wait_for_timeout(_PAUSE_MS)
        return find()

    until(heard, what)

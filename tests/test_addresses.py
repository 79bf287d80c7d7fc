"""Where others reach the service: told at the start, and on the page."""

import ipaddress
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import segno
from playwright.sync_api import expect

from service import addresses
from tests.support import serving
from tests.support.browser import chromium, window
from tests.support.patience import until
from tests.support.seminar_page import show
from tests.support.serving import ROOT, Service

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what the tests are about


@pytest.mark.parametrize(("host", "here"), [
    ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
    (EVERYWHERE, False), ("::", False), ("192.168.1.5", False), ("seminar.example", False),
])  # fmt: skip
def test_what_only_this_machine_reaches(host: str, here: bool) -> None:
    """Loopback addresses are for this machine only, all others are not."""
    assert addresses.is_only_here(host) is here


def test_the_machines_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """For all addresses come those of the machine that are neither loopback nor of one link; for one that one."""
    monkeypatch.setattr(addresses, "_IN_A_CONTAINER", ())
    for url in addresses.reachable(EVERYWHERE, 8000):
        match = re.fullmatch(r"http://([0-9.]+):8000/", url)
        assert match
        assert not ipaddress.ip_address(match[1]).is_loopback
    assert addresses.reachable("192.168.1.5", 80) == ["http://192.168.1.5:80/"]
    assert addresses.reachable("fd00::5", 80) == ["http://[fd00::5]:80/"]
    assert addresses.reachable("127.0.0.1", 80) == []


def test_a_container_does_not_tell_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container, whose addresses nobody outside can use, none is told."""
    monkeypatch.setattr(addresses, "_IN_A_CONTAINER", (Path(__file__),))
    assert addresses.reachable(EVERYWHERE, 8000) == []


def test_the_code_is_of_the_address() -> None:
    """The SVG and the text are the code of the very address, by the library's own encoder."""
    url = "http://192.168.1.5:8000/"
    assert addresses.qr_as_data_url(url).startswith("data:image/svg+xml")
    rows = [row for row in addresses.qr_in_terminal(url).splitlines() if row]
    # Half blocks: two rows of modules in each line, with a border of 2 modules.
    assert len(rows) == -(-segno.make(url, micro=False).symbol_size(border=2)[1] // 2)


def on_a_terminal(toy_models: Path, host: str) -> str:
    """What the start writes to a terminal, up to the line that says that it serves."""
    ours, theirs = pty.openpty()
    environment = serving.environment(models=toy_models, model="toy", host=host, port=0)
    process = subprocess.Popen(
        [sys.executable, "-m", "service"], cwd=ROOT, env=environment, stdout=theirs, stderr=subprocess.DEVNULL
    )
    os.close(theirs)
    said = b""

    def heard() -> bool:
        nonlocal said
        said += os.read(ours, 65536)
        return b"Serving toy" in said

    try:
        until(heard, "the start")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        os.close(ours)
    return said.decode()


def test_the_start_says_how_others_reach_it(toy_models: Path) -> None:
    """On loopback it says what lets others in; on all addresses it names each, with a code in a terminal."""
    here = on_a_terminal(toy_models, "127.0.0.1")
    assert "SERVICE_HOST=0.0.0.0 make serve" in here
    assert "\u2580" not in here
    everywhere = on_a_terminal(toy_models, EVERYWHERE)
    port = re.search(r"Serving toy on http://0\.0\.0\.0:(\d+)", everywhere)
    assert port
    known = addresses.reachable(EVERYWHERE, int(port[1]))
    assert re.findall(r"Others reach it at (\S+)", everywhere) == known
    assert ("\u2580" in everywhere) == bool(known)
    with serving.start(models=toy_models, model="toy", host=EVERYWHERE) as service:
        assert "\u2580" not in service.log.read_text()


@pytest.mark.parametrize(("headers", "origin", "first"), [
    ({"Host": "seminar.example"}, "https://seminar.example", "https://seminar.example/"),
    ({"Host": "10.0.0.7:8000"}, "http://10.0.0.7:8000", "http://10.0.0.7:8000/"),
    ({"Host": "[fd00::7]:8000"}, "http://[fd00::7]:8000", "http://[fd00::7]:8000/"),
    ({"Host": "seminar.example"}, "https://elsewhere.example", None),
    ({"Host": "seminar.example"}, "javascript://seminar.example", None),
    ({"Host": "seminar.example"}, "https://seminar.example/path", None),
    ({"Host": "localhost:8000"}, "http://localhost:8000", None),
    *(({"Host": host}, f"http://{host}", None) for host in (
        "LOCALHOST", "localhost.", "x.localhost", "127.0.0.2", "127.1", "2130706433", EVERYWHERE, "[::1]", "[::]",
        "[::ffff:127.0.0.1]", "[::127.0.0.1]", "ip6-localhost", "localhost.localdomain",
        "[:::::]", "[::ffff:0.0.0.0]", "seminar.example:0",
        "seminar.example:00080",
        "seminar.example:99999",
    )),
    ({"Host": "a" * 300}, "http://" + "a" * 300, None),
])  # fmt: skip
def test_the_page_names_its_own_address(
    client: httpx.Client, headers: dict[str, str], origin: str, first: str | None
) -> None:
    """The address that a page came by is first, if others can use it; no other that somebody names gets a code."""
    answer = client.get("/share", params={"origin": origin}, headers=headers).json()
    assert [each["url"] for each in answer["addresses"]] == ([first] if first else [])
    assert bool(answer["note"]) == (first is None)


def test_the_panel_shows_the_code(service: Service, toy_models: Path) -> None:
    """On loopback the panel says what to do; where others reach the service, it shows the code of an address."""
    with chromium() as browser, window(browser) as context:
        page = context.new_page()
        show(page, service.url)
        page.get_by_role("button", name="On your phone").click()
        expect(page.get_by_role("dialog")).to_contain_text("SERVICE_HOST=0.0.0.0 make serve")
        known = addresses.reachable(EVERYWHERE, 1)
        with serving.start(models=toy_models, model="toy", host=EVERYWHERE) as everywhere:
            port = everywhere.url.rpartition(":")[2]
            show(page, f"http://127.0.0.1:{port}")
            page.get_by_role("button", name="On your phone").click()
            code = page.get_by_role("dialog").locator("img")
            if known:
                expect(code).to_have_js_property("complete", True)
                expect(code).to_have_attribute("alt", re.compile(rf"QR code of http://.*:{port}/"))
            else:
                expect(page.get_by_role("dialog")).to_contain_text("does not know at which address")

"""`/problems`: the address in every problem document tells people what it means."""

import json
import re
import subprocess
from html import unescape

import httpx
import pytest

from service.http.cures import CURES
from service.http.problems import BY_NAME
from tests.support.accessibility import of_colours, of_structure
from tests.support.browser import Theme, chromium, window
from tests.support.problems import check
from tests.support.serving import Service

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
BLOCK = re.compile(r"<pre[^>]*><code>(.*?)</code></pre>", re.DOTALL)


def test_every_problem_has_its_cure() -> None:
    """There is a cure for each problem of the table, and for nothing else."""
    assert list(CURES) == [name for name in BY_NAME if name in CURES]
    assert set(CURES) == set(BY_NAME)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_problem_is_a_page_to_a_browser(client: httpx.Client, name: str) -> None:
    """A browser gets title, meaning, cure and an example; a program that has no wish gets the document."""
    response = client.get(f"/problems/{name}", headers=BROWSER)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["vary"] == "Accept"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    text = unescape(re.sub(r"<[^>]+>", "", response.text))
    for says in (BY_NAME[name].title, BY_NAME[name].meaning, CURES[name].text):
        assert says in text
    assert json.loads(unescape(BLOCK.findall(response.text)[-1]))["type"] == f"/problems/{name}"
    plain = client.get(f"/problems/{name}")
    assert plain.headers["content-type"] == "application/problem+json"
    assert plain.headers["vary"] == "Accept"
    assert plain.json()["detail"] == BY_NAME[name].meaning


@pytest.mark.parametrize("name", [name for name, cure in CURES.items() if cure.command])
def test_an_example_is_what_really_happens(service: Service, name: str) -> None:
    """The command on a problem's page is answered with the document on that page."""
    command, document = map(unescape, BLOCK.findall(service.client.get(f"/problems/{name}", headers=BROWSER).text))
    here = command.replace("localhost:8000", service.url.removeprefix("http://"))
    ran = subprocess.run(["bash", "-c", here], capture_output=True, text=True, check=True)  # noqa: S607 - the PATH's
    assert json.loads(ran.stdout) == json.loads(document)


def test_a_problem_that_does_not_exist(client: httpx.Client) -> None:
    """A misspelt name is told which was probably meant, and nothing that was sent comes back as markup."""
    check(client.get("/problems/no-inptu"), 404, "problem-not-found", "Did you mean no-input?")
    hostile = client.get("/problems/%3Cscript%3E", headers=BROWSER)
    assert hostile.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_problems_are_listed(service: Service, theme: Theme) -> None:
    """/problems links every one; on a phone they can be read, by axe and without scrolling aside."""
    listed = service.client.get("/problems").text
    assert {f"/problems/{name}" for name in BY_NAME} == set(re.findall(r'href="(/problems/[\w-]+)"', listed))
    with chromium() as browser, window(browser, size=(360, 740), theme=theme) as context:
        page = context.new_page()
        for path in ("/problems", "/problems/invalid-parameter"):
            page.goto(service.url + path)
            assert of_structure(page) == {}
            assert of_colours(page) == {}
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

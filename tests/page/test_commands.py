"""The same request as a program: what the page shows is what works."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.answers import body
from tests.support.pictures import encode, photo
from tests.support.seminar_page import show
from tests.support.serving import Service


def program(page: Page, language: str) -> str:
    """The program that the page shows in this language."""
    page.get_by_text("Do the same again").click()
    page.get_by_role("radio", name=language).check()
    return page.locator("#code").inner_text()


def test_python_asks_the_same(page: Page, service: Service) -> None:
    """The program in Python, run as it stands, prints the answer's label."""
    show(page, f"{service.url}/?index=3&model=missing-dog")
    ran = subprocess.run([sys.executable, "-c", program(page, "Python")], capture_output=True, text=True, check=True)
    assert ran.stdout.split()[0] == body(service.client.get("/predict?index=3&model=missing-dog"))["label"]


def test_javascript_asks_the_same(page: Page, service: Service) -> None:
    """The program in JavaScript, run in the page, logs the answer's label."""
    show(page, f"{service.url}/?index=3")
    text = program(page, "JavaScript")
    with page.expect_console_message() as logged:
        page.evaluate(f"(async () => {{ {text} }})()")
    assert logged.value.text.split()[0] == body(service.client.get("/predict?index=3"))["label"]


@pytest.mark.parametrize("name", ["photo.jpg", 'it\'s "mine" $(x) `y` \\ é.jpg', 'day 1, noon; "it\'s" \\.jpg'])
def test_a_picture_of_ones_own(page: Page, service: Service, tmp_path: Path, name: str) -> None:
    """Whatever the file is called, the programs for curl and Python send that very file."""
    content = encode(photo(300, 200), "JPEG")
    (tmp_path / name).write_bytes(content)
    page.set_input_files("#file", tmp_path / name)
    expect(page.locator("#given-caption")).to_contain_text("300")
    expected = body(service.client.post("/predict", files={"image": content}))["label"]
    python, curl = program(page, "Python"), ""
    page.get_by_role("radio", name="curl").check()
    curl = page.locator("#code").inner_text()
    ran = subprocess.run([sys.executable, "-c", python], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ran.stdout.split()[0] == expected
    ran = subprocess.run(["bash", "-c", curl], capture_output=True, text=True, check=True, cwd=tmp_path)  # noqa: S607
    assert f'"label":"{expected}"' in ran.stdout

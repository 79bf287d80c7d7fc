"""The pages of deploy/ name what there is."""

import re
from pathlib import Path

import pytest

from service.settings import PREFIX, Settings
from tests.deploy.test_schemas import VERSIONS
from tests.deploy.test_systemd import COMMENTED, UNIT, values
from tests.support.kustomize import FOLDER
from tests.support.serving import ROOT

PAGES = sorted((ROOT / "deploy").rglob("README.md"))
# What a Service named service-a would set: no setting, which is the point.
_NO_SETTINGS = {"SERVICE_A_PORT"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    """Links lead to files and headings, `-k` to folders that can be applied, and every variable is a setting."""
    text = page.read_text()
    for target, heading in re.findall(r"\]\(([^)#]+)#?([^)]*)\)", text):
        linked = (page.parent / target).resolve()
        assert linked.exists()
        headings = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE) if heading else []
        assert not heading or heading in {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}
    for applied in re.findall(r" -k (\S+)", text):
        assert (ROOT / applied / "kustomization.yaml").exists()
    named = set(re.findall(r"SERVICE_[A-Z_]*[A-Z]", text))
    assert named
    assert named - _NO_SETTINGS <= {PREFIX + name.upper() for name in Settings.model_fields}


def test_the_page_lists_every_folder() -> None:
    """Each overlay is in the table, and the versions are those that the tests validate for."""
    text = (FOLDER / "README.md").read_text()
    folders = ("base", "components", *(f"overlays/{path.name}" for path in (FOLDER / "overlays").iterdir()))
    assert sorted(re.findall(r"^\| `([\w/-]+)` \|", text, re.MULTILINE)) == sorted(folders)
    assert f"Kubernetes {', '.join(VERSIONS[:-1])} and {VERSIONS[-1]}" in text
    assert f"Wants Kubernetes {VERSIONS[0]} or newer" in text


def test_the_commands_for_systemd_are_the_units() -> None:
    """The page puts the unit where its own paths lead, and names the files of settings and keys that it reads."""
    text = (ROOT / "deploy" / "README.md").read_text()
    assert f"cd {values('WorkingDirectory')[0]} && make install" in text
    assert f"`{values('EnvironmentFile')[0].removeprefix('-')}`" in text
    (credential,) = values("LoadCredential", COMMENTED.sub("", UNIT))
    assert f"`{credential.partition(':')[2]}`" in text


# Of which row of the benchmarks' page each rate is, commas left out.
SOURCES = {
    "small uploads": "small upload against obvious FastAPI requests/s",
    "photographs of 12 megapixels": "12-megapixel JPEG against obvious FastAPI requests/s",
    "images in batches of 64, `/v2` in binary over HTTP": "images/s batches of 64 REST in-process",
}


def test_the_plan_adds_up() -> None:
    """Core-hours and prices follow from the rates, and those of the benchmarks' page are the rates."""
    text = (ROOT / "deploy" / "README.md").read_text()
    measured = (ROOT / "benchmarks" / "README.md").read_text().replace(",", "")
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.MULTILINE)
    assert [what for what, *_ in rows] == list(SOURCES)
    for what, rate, hours, price in rows:
        exact = 1_000_000 / int(rate) / 3600
        assert (f"{exact:.2f}", f"{0.04 * exact:.3f}") == (hours, price)
        # Rounded to tens, of the first such row there.
        (found,) = re.findall(rf"^{SOURCES[what]}\D*?(\d+) ", measured, re.MULTILINE)[:1]
        assert int(rate) == (round(int(found), -1) if int(found) > 100 else int(found))
    edge = 1e6 / 105
    assert f"{edge:,.0f} a second and core, as many as {edge / 1450:.1f} cores of replicas answer" in text
    assert f"{190 / 1450 + 10 / 17:.2f} together; {1.5 * (190 / 1450 + 10 / 17):.1f} with" in text
    assert f"= {10_000 / 1450:.1f} cores, {1.5 * 10_000 / 1450:.1f} with a third free" in text
    assert f"{10_000 / 17:.0f} cores, {1.5 * 10_000 / 17:.0f} with a third free" in text

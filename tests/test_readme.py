"""The README is true: its commands run, its JSON is what comes back, its figures are the card's."""

import json
import re
import shlex
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from models.card import Card
from models.repository import FOLDER
from service.settings import PREFIX, Settings
from tests.pictures import encode, photo
from tests.serving import ROOT, Service, environment

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
CURLS = [command for command in COMMANDS if command.startswith("curl")]
MAKES = [command for command in COMMANDS if " make " in f" {command} " and "my-models" not in command]
# What the commands above don't cover, and why it is not run here.
ELSEWHERE = {
    "docker compose up": "needs a container engine, which a test machine has not",
    ".venv/bin/python -m training train --quick --out my-models": "run by test_training.py, with another folder",
    "SERVICE_MODELS=my-models SERVICE_MODEL=quick-cnn PORT=8123 make serve": "served by test_training.py",
}


def test_every_command_is_accounted_for() -> None:
    """Each command of the README is run below, or named here with the reason why not."""
    assert set(COMMANDS) == {*CURLS, *MAKES, *ELSEWHERE}


@pytest.mark.parametrize("command", CURLS)
def test_every_curl_works(service: Service, tmp_path: Path, command: str) -> None:
    """Each curl command, run in a folder with a photo.jpg, answers with JSON or the file that it names."""
    (tmp_path / "photo.jpg").write_bytes(encode(photo(640, 480), "JPEG"))
    arguments = shlex.split(command.replace("localhost:8000", service.url.removeprefix("http://")))
    result = subprocess.run([*arguments, "--fail-with-body"], cwd=tmp_path, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout
    if "-o" in arguments:
        assert (tmp_path / arguments[arguments.index("-o") + 1]).read_bytes().startswith(b"\x89PNG")
    else:
        assert json.loads(result.stdout)


def test_the_json_is_what_comes_back(client: httpx.Client) -> None:
    """The answer in the README is the service's answer to the command above it (probabilities within 2e-6)."""
    (text,) = [block for kind, block in BLOCKS if kind == "json"]
    printed, real = json.loads(text), client.get("/predict?index=16").json()
    assert list(printed) == list(real)
    for shown, answered in ((printed, real), (printed["probabilities"], real["probabilities"])):
        for key, value in answered.items():
            if isinstance(value, float):
                assert shown[key] == pytest.approx(value, abs=2e-6)
            elif key != "probabilities":
                assert shown[key] == value


@pytest.mark.parametrize("command", [command for command in MAKES if "serve" in command])
def test_make_serve_serves(command: str, tmp_path: Path) -> None:
    """`make serve` answers /health at the port that the command says, and Ctrl-C ends it."""
    if "PORT=" not in command:
        command = f"PORT=8765 {command}"  # the default port may be taken on this machine
    url = "http://localhost:" + re.findall(r"PORT=(\d+)", command)[0]
    log = (tmp_path / "log").open("wb")
    with subprocess.Popen(
        ["/bin/sh", "-c", f"exec env {command}"], cwd=ROOT, env=environment(), stdout=log, stderr=log
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    assert httpx.get(f"{url}/health").json()["status"] == "ready"
                    break
                except httpx.ConnectError:
                    assert process.poll() is None, (tmp_path / "log").read_text()
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
        finally:
            process.terminate()


@pytest.mark.parametrize("command", [command for command in MAKES if "serve" not in command])
def test_make_targets_exist(command: str) -> None:
    """The other make commands, which take minutes, are targets that make knows (shown by a dry run)."""
    subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, check=True, capture_output=True)


def test_the_figures_are_the_cards() -> None:
    """The accuracy, threshold and error that the README names are the card's, rounded."""
    card = Card.read(FOLDER / "seminar-cnn" / "1" / "card.json")
    splits, decision = card.quantitative_analyses.splits, card.metrics.decision
    text = " ".join(README.split())
    assert f"right about {splits['test'].accuracy.value:.0%} of the test".replace("%", " %") in text
    assert f"more often ({splits['train'].accuracy.value:.0%})".replace("%", " %") in text
    assert (card.quantitative_analyses.calibration.temperature.value or 0) > 1, "its probabilities are too high"
    assert f"threshold ({decision.threshold.value:.3f})" in text
    assert f"On the test images {decision.test_error.value:.1%} of them".replace("%", " %") in text


def test_the_missing_groups_figures_are_the_cards() -> None:
    """What the README says of the missing groups is in the card: recall with all and with 1 %, accuracy lost."""
    card = Card.read(FOLDER / "seminar-cnn" / "1" / "card.json")
    runs = {(r.group, r.share): r for r in card.quantitative_analyses.missing_group if not r.repaired}
    text = " ".join(README.split())
    lost = []
    for group in ("dog", "automobile"):
        whole, cut = runs[group, 1.0], runs[group, 0.01]
        assert f"{group}s" in text
        assert f"from {whole.recall.value:.2f} to {cut.recall.value:.2f}" in text
        lost.append(f"{(whole.accuracy.value or 0) - (cut.accuracy.value or 0):.2f}")
    assert f"fell by {' and '.join(lost)} only" in text


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_table(name: str) -> None:
    """The README's table has each setting with its default and the meaning that the code gives it."""
    field = Settings.model_fields[name]
    default = field.default
    if isinstance(default, Path):
        default = default.relative_to(ROOT)
    if isinstance(default, tuple):
        default = json.dumps(default, separators=(",", ":"))
    assert f"| `{PREFIX}{name.upper()}` | `{default}` | {field.description} |" in README.splitlines()


def test_the_table_has_nothing_else() -> None:
    """No setting stands in the README that the service does not know."""
    named = re.findall(rf"^\| `{PREFIX}(\w+)`", README, re.MULTILINE)
    assert [name.lower() for name in named] == list(Settings.model_fields)

"""The READMEs are true: their commands run, their JSON is what comes back, their figures are the card's."""

import functools
import json
import re
import shlex
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from typing import Any

import httpx
import pytest

from models.measurement import Number
from tests.support import cards
from tests.support.browser import chromium, window
from tests.support.patience import until
from tests.support.pictures import encode, photo
from tests.support.serving import ROOT, Service, environment, newcomer

NAMES = ("README.md", "service/README.md", "benchmarks/README.md", "training/README.md", "deploy/swarm/README.md")
TEXTS = {name: (ROOT / name).read_text() for name in NAMES if (ROOT / name).exists()}
README = TEXTS["README.md"]
README_LINE = " ".join(README.split())
CARD, MISSING_DOG = cards.card(), cards.card("missing-dog")
BLOCKS = {name: re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL) for name, text in TEXTS.items()}
COMMANDS = sorted(
    {line for blocks in BLOCKS.values() for kind, block in blocks if kind == "sh" for line in block.splitlines()}
)
# What is run below; the programs whose commands take long are asked whether they know all of the command's words.
CURLS = [command for command in COMMANDS if re.match(r"(printf .* \| )?curl ", command)]
SERVES = [command for command in COMMANDS if command.endswith(("make serve", "-m service"))]
MAKES = [command for command in COMMANDS if re.match(r"make (?!serve)", command)]
TESTS = [command for command in COMMANDS if " -m pytest " in command]
PROGRAMS = [command for command in COMMANDS if re.search(r" -m (training|benchmarks)\b", command)]
# What is not, and why.
ELSEWHERE = {
    "docker compose up": "needs a container engine, which a test machine has not",
    "SERVICE_PORT=9000 docker compose up": "needs a container engine; where it publishes: test_containers.py",
    "docker build -f service/Dockerfile -t seminar-cnn .": "needs a container engine; make deploy-check runs it",
    "docker build -t seminar-cnn-edge deploy/swarm/edge": "the same",
    "TLS_FILE=$PWD/tls.pem docker stack deploy -c deploy/swarm/stack.yml seminar": "the same",
    "cat certificate.pem key.pem > tls.pem": "needs a certificate; tests/deploy/ makes one so",
    "python3 -m venv .venv": "would make the environment anew that this test runs in",
    ".venv/bin/python -m pip install --require-hashes -r service/requirements.txt": "the same; make serve runs it",
}
KEY = "YOUR-KEY"


def test_every_command_is_accounted_for() -> None:
    """Each command of the READMEs is run below, or named here with the reason why not, and nothing else is."""
    assert sorted({*CURLS, *SERVES, *MAKES, *TESTS, *PROGRAMS, *ELSEWHERE}) == COMMANDS


@pytest.mark.parametrize("command", CURLS)
def test_every_curl_works(service: Service, tmp_path: Path, command: str) -> None:
    """Each curl command, run in a folder with a photo.jpg, answers with JSON, metrics or the file that it names."""
    (tmp_path / "photo.jpg").write_bytes(encode(photo(640, 480), "JPEG"))
    command = command.replace("localhost:8000", service.url.removeprefix("http://"))
    arguments = shlex.split(command)
    result = subprocess.run(
        ["bash", "-c", f"{command} --fail-with-body"],  # noqa: S607 - wherever it is
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
    if "-o" in arguments:
        assert (tmp_path / arguments[arguments.index("-o") + 1]).read_bytes().startswith(b"\x89PNG")
    elif command.endswith("/metrics"):
        assert result.stdout.startswith(b"# HELP")
    else:
        assert json.loads(result.stdout)


def test_the_json_is_what_comes_back(client: httpx.Client) -> None:
    """The answer in the README is the service's answer to the command above it (probabilities within 2e-6)."""
    (text,) = [block for kind, block in BLOCKS["README.md"] if kind == "json"]
    printed, real = json.loads(text), client.get("/predict?index=16").json()
    assert list(printed) == list(real)
    for shown, answered in ((printed, real), (printed["probabilities"], real["probabilities"])):
        for key, value in answered.items():
            if isinstance(value, float):
                assert shown[key] == pytest.approx(value, abs=2e-6)
            elif key != "probabilities":
                assert shown[key] == value


def test_the_programs_work(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those in Python and JavaScript say what curl does; the test in service/README.md passes, or fails."""
    answer = service.client.get("/predict?index=16").json()
    programs = {(name, kind): block for name, blocks in BLOCKS.items() for kind, block in blocks}
    python = programs["README.md", "python"].replace("http://localhost:8000", service.url)
    ran = subprocess.run([sys.executable, "-c", python], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == answer["label"]
    with chromium() as browser, window(browser) as context:
        page = context.new_page()
        page.goto(service.url)
        with page.expect_console_message() as logged:
            page.evaluate(f"(async () => {{ {programs['README.md', 'javascript']} }})()")
        assert logged.value.text == answer["label"]
    (tmp_path / "photo.jpg").write_bytes(encode(photo(640, 480), "JPEG"))
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    in_python = [block for kind, block in BLOCKS["service/README.md"] if kind == "python"]
    a_test, a_client = (block.replace("localhost:8000", service.url.removeprefix("http://")) for block in in_python)
    ran = subprocess.run([sys.executable, "-c", a_client], capture_output=True, text=True, check=True, cwd=tmp_path)
    with (tmp_path / "photo.jpg").open("rb") as photograph:
        said = service.client.post("/predict", files={"image": photograph}).json()
    assert ran.stdout.split()[0] == said["label"]
    assert float(ran.stdout.split()[1]) == pytest.approx(said["calibrated_probability"], abs=1e-6)
    exec(a_test, found)  # noqa: S102
    found["test_a_photograph_is_answered"]()
    (tmp_path / "photo.jpg").write_bytes(b"no picture")
    with pytest.raises(AssertionError):
        found["test_a_photograph_is_answered"]()


def test_the_queries_ask_what_is_counted(service: Service) -> None:
    """Each figure that the PromQL in service/README.md asks for is one of /metrics, with the labels that it names."""
    (queries,) = [block for kind, block in BLOCKS["service/README.md"] if kind == "promql"]
    service.client.get("/predict?index=x")
    known = service.client.get("/predict?index=16").status_code == 200 and service.figures()
    assert known
    names = {name.partition("{")[0] for name in known}
    asked = re.findall(r"seminar_cnn_\w+", queries)
    assert asked
    assert set(asked) <= names
    for labels, name in re.findall(r"by \(([\w, ]+)\) \(rate\((\w+)", queries):
        for label in labels.split(", "):
            assert any(each.startswith(name) and f'{label}="' in each for each in known)


def test_image_8_is_a_cat_taken_for_a_dog(client: httpx.Client) -> None:
    """Test image 8 is what the README says."""
    answer = client.get("/predict?index=8").json()
    assert (answer["truth"]["label"], answer["label"]) == ("cat", "dog")
    assert "8, a cat, it takes for a dog" in README_LINE


def test_who_is_worst_is_the_cards() -> None:
    """What the README says of the worst class, here and over the trainings, and of the gap, is in the card."""
    found = CARD.quantitative_analyses
    assert found.seeds
    worst = min(found.per_class, key=lambda label: found.per_class[label].recall.value or 0)
    counts = Counter(run.worst for run in found.seeds.runs).most_common()
    (first, n), (second, m) = counts[:2]
    gaps = [100 * gap for gap in found.seeds.gaps]
    assert (
        f"Which class fares worst depends on the training's seed: here it is {worst}; of {len(found.seeds.runs)} "
        f"trainings it was {first} in {n}, {second} in {m}. The gap to the best class was {min(gaps):.1f} to "
        f"{max(gaps):.1f} points in all of them."
    ) in README_LINE


@contextmanager
def running(command: str, log: Path) -> Iterator[str]:
    """The address of a service that a command starts, on a free port as the one it names may be taken."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = f"exec env PORT={port} {re.sub(r'PORT=[0-9]+ ', '', command)}"
    settings = environment(drain_seconds=0)
    with (
        log.open("wb") as output,
        subprocess.Popen(["/bin/sh", "-c", line], cwd=ROOT, env=settings, stdout=output, stderr=output) as process,
    ):
        try:
            wait(process, f"http://localhost:{port}/health", log)
            yield f"http://localhost:{port}"
        finally:
            process.terminate()


def get(url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    with newcomer() as client:
        return client.get(url, headers=headers)


def wait(process: subprocess.Popen[bytes], health: str, log: Path) -> None:
    """Until the service is ready, or the command ends, or patience does."""

    def answered() -> httpx.Response | None:
        try:
            return get(health)
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            return None

    response = until(answered, f"an answer of {health}")
    assert response is not None
    assert response.json()["status"] == "ready"


@pytest.mark.parametrize("command", SERVES)
def test_every_way_to_serve_serves(command: str, tmp_path: Path) -> None:
    """Each command that starts the service does, with the settings before it; with a key it lets the key in alone."""
    with running(command, tmp_path / "log") as url:
        bare = get(f"{url}/predict?index=16")
        key = {"Authorization": f"Bearer {KEY}"}
        known = get(f"{url}/predict?index=16", key)
        assert known.status_code == 200
        assert bare.status_code == (401 if KEY in command else 200)
        lines = (tmp_path / "log").read_text().splitlines()
        assert lines[-1].startswith("{") != ("SERVICE_LOG_FORMAT=text" in command)


@pytest.mark.parametrize("command", MAKES)
def test_make_targets_exist(command: str) -> None:
    """The other make commands, which take minutes, are targets that make knows (shown by a dry run)."""
    subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("command", TESTS)
def test_the_tests_named_exist(command: str) -> None:
    """A command that runs some tests finds them: others than this one, whose own name holds the command's words."""
    arguments = [sys.executable, *shlex.split(command)[1:], "--collect-only", "-q"]
    result = subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True, text=True)
    found = [line for line in result.stdout.splitlines() if "::" in line]
    assert [line for line in found if f"::{test_the_tests_named_exist.__name__}[" not in line]


@pytest.mark.parametrize("command", PROGRAMS)
def test_the_programs_know_their_commands(command: str) -> None:
    """Commands of training and benchmarks, which take minutes or hours, are in the program's own help, word by word."""
    _, _, module, *words = shlex.split(command)
    known = set(re.findall(r"[\w-]+", help_of(module, *(words[:1] if module == "training" else []))))
    chosen = words if module != "training" else [word for word in words if word.startswith("--")]
    assert {word for word in chosen if not word.isdecimal()} <= known
    assert {"usage", "help"} <= known  # asked for help, it does nothing else


@functools.cache
def help_of(module: str, *verb: str) -> str:
    """What a program, or its verb, says about itself."""
    command = [sys.executable, "-m", module, *verb, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_the_readme_takes_two_minutes() -> None:
    """The README has at most 600 words, its code among them."""
    assert len(README.split()) <= 600


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_somewhere(name: str) -> None:
    """What the READMEs link to within the repository is there."""
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", TEXTS[name]):
        assert (ROOT / name).parent.joinpath(target).exists(), target


def test_the_figures_are_the_cards() -> None:
    """The accuracies, threshold and errors that the README names are the card's, rounded, each with its n."""
    found, decision = CARD.quantitative_analyses, CARD.metrics.decision
    test, train = found.splits["test"].accuracy, found.splits["train"].accuracy
    assert f"right about {percent(test)} of {test.n:,} test images" in README_LINE
    assert f"more often ({percent(train)}) about its {train.n:,} training images" in README_LINE
    assert f"threshold ({decision.threshold.value:.3f})" in README_LINE
    assert (decision.threshold.split, percent(decision.validation_error)) == ("validation", "10 %")
    assert "chosen on other images so that one such answer in ten is wrong" in README_LINE
    assert f"On test images {percent(decision.test_error, 1)} of {decision.test_error.n:,} were" in README_LINE


def test_the_probabilities_are_too_high() -> None:
    """On the test images the mean confidence is above the accuracy, in all, and in each bin of 0.27 or more."""
    assert "Its probabilities are too high" in README_LINE
    bins = [each for each in CARD.quantitative_analyses.calibration.bins if each.count]
    n = sum(each.count for each in bins)
    assert n == CARD.quantitative_analyses.splits["test"].accuracy.n
    said = sum(each.count * (each.confidence or 0) for each in bins) / n
    assert said > sum(each.count * (each.accuracy or 0) for each in bins) / n + 0.05
    assert all((each.confidence or 0) > (each.accuracy or 0) for each in bins if each.lower >= 0.25)


def test_the_missing_groups_figures_are_the_cards() -> None:
    """What the README says of the missing dogs is in the cards: the share kept, and means over the seeds of both."""
    found = CARD.quantitative_analyses
    runs = {(run.group, run.share): run for run in found.missing_group if not run.repaired}
    whole, cut = runs["dog", 1.0], runs["dog", 0.01]
    assert len(cut.recalls) == len(whole.recalls) == 3
    assert whole.shifts == cut.shifts
    assert (
        f"Over three trainings each (same seeds) the mean recall of dogs fell from {fmean(whole.recalls):.2f} "
        f"to {fmean(cut.recalls):.2f}, the accuracy from {fmean(whole.accuracies):.3f} "
        f"to {fmean(cut.accuracies):.3f}."
    ) in README_LINE
    kept, all_of_them = (card.training_data.counts["train"]["dog"] for card in (MISSING_DOG, CARD))
    assert f"`missing-dog` learnt from {kept / all_of_them:.0%} of the dogs".replace("%", " %") in README_LINE


def percent(number: Number, decimals: int = 0) -> str:
    """A share as the README writes it."""
    return f"{(number.value or 0) * 100:.{decimals}f} %"

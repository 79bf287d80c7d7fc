"""What deploy/prometheus says is right, by promtool: Debian's, in the package prometheus."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import Settings
from tests.support import cards
from tests.support.prometheus import FOLDER, promtool
from tests.support.serving import ROOT, environment

ALERTS = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
PAGE = (FOLDER / "README.md").read_text()
HAPROXY = (ROOT / "deploy" / "swarm" / "edge" / "haproxy.cfg").read_text()


def configuration(name: str) -> dict[str, Any]:
    """A scrape configuration."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    return loaded


@pytest.mark.parametrize("name", ["compose", "swarm"])
def test_the_configurations_are_valid(name: str) -> None:
    """Prometheus takes each configuration, with the rules and alerts that it names."""
    assert f"{name}.yml is valid" in promtool("check", "config", f"{name}.yml")


def test_kubernetes_configuration_is_valid_but_for_the_discovery(tmp_path: Path) -> None:
    """Prometheus takes the one for Kubernetes, with an address in place of the pods: Debian's knows none."""
    text = configuration("kubernetes")
    (job,) = text["scrape_configs"]
    (discovery,) = job.pop("kubernetes_sd_configs")
    assert discovery["role"] == "pod"
    assert discovery["selectors"] == [{"role": "pod", "label": "app.kubernetes.io/name=seminar-cnn"}]
    job["static_configs"] = [{"targets": ["service:8000"]}]
    text["rule_files"] = [str(FOLDER / path) for path in text["rule_files"]]
    (tmp_path / "kubernetes.yml").write_text(yaml.safe_dump(text))
    promtool("check", "config", "kubernetes.yml", folder=tmp_path)


def test_the_configurations_ask_where_the_service_listens() -> None:
    """Each asks the port that the container's image exposes, under the job's name that the alerts know."""
    port = Settings.model_fields["port"].default
    assert f"EXPOSE {port}\n" in (ROOT / "service" / "Dockerfile").read_text()
    jobs = {name: configuration(name)["scrape_configs"][0] for name in ("compose", "swarm", "kubernetes")}
    assert {job["job_name"] for job in jobs.values()} == {"seminar-cnn"}
    assert "service" in yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert jobs["compose"]["static_configs"] == [{"targets": [f"service:{port}"]}]
    replicas, edges = (job["dns_sd_configs"] for job in configuration("swarm")["scrape_configs"])
    (listening,) = re.findall(r"^frontend metrics from edge\n  bind :(\d+)$", HAPROXY, re.MULTILINE)
    interval = {"type": "A", "refresh_interval": "15s"}
    assert replicas == [{"names": ["tasks.service"], "port": port} | interval]
    assert edges == [{"names": ["tasks.edge"], "port": int(listening)} | interval]
    assert jobs["kubernetes"]["relabel_configs"][0]["regex"] == str(port)


def test_the_stack_brings_its_files_and_opens_nothing() -> None:
    """On Swarm all files come as configurations, into the other stack's network, without a port; compose reads it."""
    compose = shutil.which("docker-compose") or "/usr/bin/docker-compose"
    command = [compose, "-f", "stack.yml", "config"]
    result = subprocess.run(command, cwd=FOLDER, env=environment(), capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    stack = yaml.safe_load(result.stdout)
    service = stack["services"]["prometheus"]
    files = {Path(each["target"]): Path(stack["configs"][each["source"]]["file"]) for each in service["configs"]}
    assert {target.name for target in files} == {"swarm.yml", *configuration("swarm")["rule_files"]}
    for target, source in files.items():
        assert source == FOLDER / target.name
    assert f"--config.file={next(iter(files))}" in service["command"]
    assert "ports" not in service
    (network,) = service["networks"]
    assert stack["networks"][network] == {"external": True, "name": "seminar_inside"}
    assert "inside" in yaml.safe_load((ROOT / "deploy" / "swarm" / "stack.yml").read_text())["networks"]


def test_the_alerts_fire_when_they_should() -> None:
    """Each alert fires on figures that are made for it, with the labels and texts written there, and not before."""
    promtool("test", "rules", "tests/alerts.yml")


def test_every_alert_is_tried() -> None:
    """For each alert the tests have a moment at which it fires and one at which it does not."""
    tests = yaml.safe_load((FOLDER / "tests" / "alerts.yml").read_text())["tests"]
    tried = {(each["alertname"], bool(each["exp_alerts"])) for test in tests for each in test["alert_rule_test"]}
    assert tried == {(rule["alert"], fires) for rule in ALERTS for fires in (True, False)}


def test_every_alert_is_explained() -> None:
    """The README has a line for each alert, and for nothing else."""
    assert re.findall(r"^\| `(SeminarCnn\w+)` \|", PAGE, re.MULTILINE) == [rule["alert"] for rule in ALERTS]


def test_the_models_that_never_are_too_unsure_are_the_cards() -> None:
    """The README names the models whose cards expect so few confident answers that no share is 0.1 beyond that."""
    names = [path.parent.parent.name for path in sorted(ROOT.glob("models/*/2/card.json"))]
    silent = [name for name in names if (cards.card(name).metrics.decision.test_coverage.value or 0) < 0.1]
    assert f"{' and '.join(f'`{name}`' for name in silent)} can never set `SeminarCnnUnconfident` off" in " ".join(
        PAGE.split()
    )


def test_what_the_alert_misses_is_the_cards() -> None:
    """The limit misses nearly all handwritten digits and most photographs of other things, as alert and README say."""
    sets = {
        each.name: each.fpr95_energy.value or 0 for each in cards.card().quantitative_analyses.out_of_distribution.sets
    }
    assert sets["handwritten digits"] > 0.95
    assert sets["photographs"] > 0.5
    said = "the limit misses nearly all handwritten digits, and most photographs of other things"
    assert said in " ".join(PAGE.split())
    assert said in ALERTS[-1]["annotations"]["description"]

"""What deploy/prometheus says is right, by promtool: Debian's, in the package prometheus."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import Settings
from tests.support import cards
from tests.support.prometheus import FOLDER, promtool
from tests.support.serving import ROOT

ALERTS = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
PAGE = (FOLDER / "README.md").read_text()


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
    (dns,) = jobs["swarm"]["dns_sd_configs"]
    assert (dns["names"], dns["type"], dns["port"]) == (["tasks.service"], "A", port)
    assert jobs["kubernetes"]["relabel_configs"][0]["regex"] == str(port)


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

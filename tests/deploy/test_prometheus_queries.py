"""Rules, alerts and dashboard ask for what there is: a real Prometheus scrapes a service that is really asked."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.support import prometheus, serving
from tests.support.patience import until
from tests.support.pictures import RED, encode, plain
from tests.support.prometheus import FOLDER, Prometheus
from tests.support.serving import Service

DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
RULES = [
    rule
    for name in ("rules", "alerts")
    for group in yaml.safe_load((FOLDER / f"{name}.yml").read_text())["groups"]
    for rule in group["rules"]
]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
# What Grafana puts in, here for a Prometheus that scrapes five times a second.
VARIABLES = {"$__rate_interval": "10s", "$job": ".+"}
# Empty where all is well: it lists the alerts that are pending or firing.
MAY_BE_EMPTY = {'ALERTS{alertname=~"SeminarCnn.*"}'}


def queries() -> list[str]:
    """Every query of the dashboard, with its variables filled in."""
    found = [target["expr"] for panel in PANELS for target in panel["targets"]]
    for name, value in VARIABLES.items():
        found = [expression.replace(name, value) for expression in found]
    return found


def load(service: Service) -> None:
    """Ask for what is counted: test images, pictures, pixels, an explanation, mistakes, the Open Inference Protocol."""
    client, infer = service.client, "/v2/models/seminar-cnn/infer"
    webp = encode(plain((255, 0, 0)), "WEBP")
    tensor = {"name": "image", "shape": [1, 32, 32, 3], "datatype": "UINT8", "data": [0] * 32 * 32 * 3}
    statuses = [
        client.get("/predict?index=16").status_code,
        client.get("/explain?index=16").status_code,
        client.get("/predict?index=x").status_code,
        client.post("/predict", files=[("image", RED), ("image", b"no picture")]).status_code,
        client.post("/predict", files={"image": webp}).status_code,
        client.post(infer, json={"inputs": [tensor]}).status_code,
        client.post(infer, json={"inputs": []}).status_code,
    ]
    assert statuses == [200, 200, 422, 200, 200, 200, 400]


@pytest.fixture(scope="module")
def asked() -> Iterator[Service]:
    """A service with two workers, which is asked by `load`."""
    with serving.start(workers=2, decode_processes=1, metrics_keys='["scrape-key"]') as service:
        service.client.headers["Authorization"] = "Bearer scrape-key"
        load(service)
        yield service


@pytest.fixture(scope="module")
def watching(asked: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus with compose's configuration, but for the address, its key and the pace, which here is fast."""
    folder = tmp_path_factory.mktemp("prometheus")
    text = yaml.safe_load((FOLDER / "compose.yml").read_text())
    text["global"] = {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "200ms"}
    text["rule_files"] = [str(FOLDER / path) for path in text["rule_files"]]
    (job,) = text["scrape_configs"]
    (folder / "key").write_text("scrape-key")
    job["authorization"] = {"credentials_file": str(folder / "key")}
    job["static_configs"] = [{"targets": [asked.url.removeprefix("http://")]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(text))
    with prometheus.start(folder / "prometheus.yml") as started:
        yield started


def test_every_query_of_the_dashboard_has_data(asked: Service, watching: Prometheus) -> None:
    """While the service is asked, each query gives a number, but for those that may be empty, which are run too."""
    missing = set(queries())
    assert missing > MAY_BE_EMPTY

    def look() -> set[str]:
        load(asked)
        missing.difference_update([each for each in missing if each in MAY_BE_EMPTY or _numbers(watching.query(each))])
        return missing

    for expression in MAY_BE_EMPTY:
        watching.query(expression)
    until(look, "data of every query", lambda found: not found)


def test_every_rule_is_evaluated(asked: Service, watching: Prometheus) -> None:
    """Prometheus evaluates each rule and alert without an error, and each that is recorded has a number."""

    def look() -> list[str]:
        load(asked)
        return [each for each in RECORDED if not _numbers(watching.query(each))]

    until(look, "data of every rule", lambda found: not found)
    evaluated = [rule for group in watching.get("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in evaluated} == {rule.get("record") or rule["alert"] for rule in RULES}
    assert [rule for rule in evaluated if rule["health"] != "ok"] == []


def test_nothing_is_asked_for_that_is_not_there(asked: Service, watching: Prometheus) -> None:
    """Each metric that rules, alerts and dashboard name is one of /metrics or is recorded, and so is each label."""
    expressions = [*queries(), *(rule["expr"] for rule in RULES)]
    known = {name.partition("{")[0] for name in asked.figures()} | RECORDED | {"up", "ALERTS"}
    for expression in expressions:
        named = re.findall(r"[\w:]*seminar_cnn_[\w:]+|\bprocess_\w+|\bup\b|\bALERTS\b", expression)
        assert named, expression
        assert set(named) <= known, expression
    labels = set(watching.get("labels"))
    for expression in expressions:
        selected = re.findall(r"(\w+)(?:=~|!=|=)\"", expression)
        grouped = re.findall(r"(?:by|on) \(([\w, ]+)\)", expression)
        assert {*selected, *", ".join(grouped).split(", ")} - {"", "alertname"} <= labels, expression


def test_the_dashboard_can_be_read() -> None:
    """Grafana gets panels with ids of their own, which do not overlap, and queries of the data source chosen."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    sources = {target["datasource"]["uid"] for panel in PANELS for target in panel["targets"]}
    assert sources == {"${datasource}"}
    assert {variable["name"] for variable in DASHBOARD["templating"]["list"]} == {"datasource", "job"}


def _numbers(series: list[dict[str, Any]]) -> list[float]:
    """The finite values: a share of nothing is not a number."""
    values = [float(each["value"][1]) for each in series]
    return [value for value in values if math.isfinite(value)]

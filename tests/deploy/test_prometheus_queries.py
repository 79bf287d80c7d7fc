"""Rules, alerts and dashboard ask for what there is: a real Prometheus scrapes a service that is really asked."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from service.grpc.probes import HEALTH, NAME
from tests.support import edge as edges
from tests.support import prometheus, serving
from tests.support.edge import Edge
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
RATE_INTERVAL = "10s"
# Empty where all is well: it lists the alerts that are pending or firing.
MAY_BE_EMPTY = {'ALERTS{alertname=~"SeminarCnn.*"}'}


def queries(watching: Prometheus) -> list[str]:
    """Every query of the dashboard, with its variables filled in: of the jobs all, as that is chosen at first."""
    (variable,) = (each for each in DASHBOARD["templating"]["list"] if each["name"] == "job")
    assert variable["current"]["value"] == "$__all"
    assert "allValue" not in variable  # else Grafana puts that in, in place of the values
    asks = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"])
    assert asks
    jobs = until(lambda: watching.get(f"label/{asks[2]}/values", **{"match[]": asks[1]}), "the jobs")
    return [
        target["expr"].replace("$job", "|".join(jobs)).replace("$__rate_interval", RATE_INTERVAL)
        for panel in PANELS
        for target in panel["targets"]
    ]


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
        *(client.get(path).status_code for path in ("/health", "/v2/health/live", "/v2/health/ready")),
    ]
    assert statuses == [200, 200, 422, 200, 200, 200, 400, 200, 200, 200]


@pytest.fixture(scope="module")
def asked() -> Iterator[Service]:
    """A service with two workers, which is asked by `load`."""
    with serving.start(workers=2, decode_processes=1, metrics_keys='["scrape-key"]') as service:
        service.client.headers["Authorization"] = "Bearer scrape-key"
        load(service)
        yield service


@pytest.fixture(scope="module")
def edge(asked: Service) -> Iterator[Edge]:
    """Swarm's edge before that service, which it has found."""
    with edges.start(asked.url.removeprefix("http://")) as started:
        until(lambda: started.client.get("/health").is_success, "the edge to find its replica")
        yield started


@pytest.fixture(scope="module")
def watching(asked: Service, edge: Edge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus with compose's and swarm's configuration, but for addresses, key and pace, which here is fast."""
    folder = tmp_path_factory.mktemp("prometheus")
    text = yaml.safe_load((FOLDER / "compose.yml").read_text())
    text["global"] = {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "200ms"}
    text["rule_files"] = [str(FOLDER / path) for path in text["rule_files"]]
    (job,) = text["scrape_configs"]
    (folder / "key").write_text("scrape-key")
    job["authorization"] = {"credentials_file": str(folder / "key")}
    job["static_configs"] = [{"targets": [asked.url.removeprefix("http://")]}]
    _, job = yaml.safe_load((FOLDER / "swarm.yml").read_text())["scrape_configs"]
    text["scrape_configs"].append({"job_name": job["job_name"], "static_configs": [{"targets": [edge.metrics]}]})
    (folder / "prometheus.yml").write_text(yaml.safe_dump(text))
    with prometheus.start(folder / "prometheus.yml") as started:
        yield started


def test_every_query_of_the_dashboard_has_data(asked: Service, edge: Edge, watching: Prometheus) -> None:
    """While the service is asked, each query gives a number, but for those that may be empty, which are run too."""
    missing = set(queries(watching))
    assert missing > MAY_BE_EMPTY

    def look() -> set[str]:
        load(asked)
        assert edge.client.get("/health").is_success
        missing.difference_update([each for each in missing if each in MAY_BE_EMPTY or _numbers(watching.query(each))])
        return missing

    for expression in MAY_BE_EMPTY:
        watching.query(expression)
    until(look, "data of every query", lambda found: not found)


def test_other_jobs_are_not_counted(watching: Prometheus) -> None:
    """Where all jobs are chosen the dashboard counts the service's replicas, and not the edge that answers too."""
    (answering,) = (query for query in queries(watching) if query.startswith("sum(up{"))
    until(lambda: _numbers(watching.query("sum(up)")), "both", lambda found: found == [2])
    assert _numbers(watching.query(answering)) == [1]


def test_probes_and_predictions_are_told_apart(asked: Service) -> None:
    """Of the routes of /metrics and gRPC the shares leave out the probes, and "slow" looks at the predictions alone."""
    routes = {found for name in asked.figures() for found in re.findall(r'route="(.*?)"', name)}
    grpc = {f"/{NAME}/{method}" for method in ("ServerLive", "ServerReady", "ModelInfer", "ModelReady")}
    routes |= {*grpc, f"/{HEALTH}/Check", "/plain", "/v2/models/{name}/versions/{version}/infer"}
    probes = ["/health", "/metrics", "/v2/health/live", "/v2/health/ready", f"/{HEALTH}/Check"]
    predictions = ["/plain", "/predict", "/v2/models/{name}/infer", "/v2/models/{name}/versions/{version}/infer"]
    expressions = "\n".join([*(rule["expr"] for rule in RULES), *(target["expr"] for target in PANELS[4]["targets"])])
    (left_out,) = set(re.findall(r'route!~"(.*?)"', expressions))
    (looked_at,) = set(re.findall(r'route=~"(.*?)"', expressions))
    assert {each for each in routes if re.fullmatch(left_out, each)} == {
        *probes, f"/{NAME}/ServerLive", f"/{NAME}/ServerReady"
    }  # fmt: skip
    assert {each for each in routes if re.fullmatch(looked_at, each)} == {*predictions, f"/{NAME}/ModelInfer"}


def test_every_rule_is_evaluated(asked: Service, edge: Edge, watching: Prometheus) -> None:
    """Prometheus evaluates each rule and alert without an error, and each that is recorded has a number."""

    def look() -> list[str]:
        load(asked)
        assert edge.client.get("/health").is_success
        return [each for each in RECORDED if not _numbers(watching.query(each))]

    until(look, "data of every rule", lambda found: not found)
    evaluated = [rule for group in watching.get("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in evaluated} == {rule.get("record") or rule["alert"] for rule in RULES}
    assert [rule for rule in evaluated if rule["health"] != "ok"] == []


def test_nothing_is_asked_for_that_is_not_there(asked: Service, watching: Prometheus) -> None:
    """Each metric that rules, alerts and dashboard name is one of /metrics or is recorded, and so is each label."""
    expressions = [*queries(watching), *(rule["expr"] for rule in RULES)]
    known = {name.partition("{")[0] for name in asked.figures()} | RECORDED | {"up", "ALERTS"}
    known |= {name for name in watching.get("label/__name__/values") if name.startswith("haproxy_")}
    for expression in expressions:
        named = re.findall(r"[\w:]*seminar_cnn_[\w:]+|\bhaproxy_\w+|\bprocess_\w+|\bup\b|\bALERTS\b", expression)
        assert named, expression
        assert set(named) <= known, expression
    labels = set(watching.get("labels"))
    for expression in expressions:
        selected = re.findall(r"(\w+)(?:=~|!~|!=|=)\"", expression)
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

"""What the overlays add: metrics, KServe, models in a volume."""

import shutil
import subprocess
from pathlib import Path

import httpx

from tests.support.kustomize import Object, kind, serving_pod, variables


def test_prometheus_is_let_in(client: httpx.Client, rendered: dict[str, list[Object]]) -> None:
    """The ServiceMonitor means the Service, a port of it and the metrics' page; the policy lets in who reads it."""
    objects = rendered["overlays/monitoring"]
    monitor, service = kind(objects, "ServiceMonitor")["spec"], kind(objects, "Service")
    (endpoint,) = monitor["endpoints"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert endpoint["port"] in {port["name"] for port in service["spec"]["ports"]}
    assert "seminar_cnn_requests_total" in client.get(endpoint["path"]).text
    ours, theirs = kind(objects, "NetworkPolicy")["spec"]["ingress"]
    assert [theirs["ports"], len(theirs["from"])] == [ours["ports"], 1]


def test_kserve_starts_the_same(rendered: dict[str, list[Object]], client: httpx.Client) -> None:
    """The InferenceService has the model's name, and the Deployment's pod but for names, probes' route and protocol."""
    ours, theirs = (serving_pod(rendered[name]) for name in ("base", "overlays/kserve"))
    assert variables(theirs) == {**variables(ours), "PROTOCOL": "v2"}
    for name in ("terminationGracePeriodSeconds", "securityContext"):
        assert theirs[name] == ours[name]
    here, there = ours["containers"][0], theirs["containers"][0]
    for name in ("image", "resources", "securityContext"):
        assert there[name] == here[name]
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        where = ("httpGet", "tcpSocket")
        assert [{k: v for k, v in each[name].items() if k not in where} for each in (here, there)] == [
            {k: v for k, v in here[name].items() if k not in where}
        ] * 2
    scaler = kind(rendered["base"], "HorizontalPodAutoscaler")["spec"]
    assert [theirs["minReplicas"], theirs["maxReplicas"]] == [scaler["minReplicas"], scaler["maxReplicas"]]
    assert theirs["scaleTarget"] == scaler["metrics"][0]["resource"]["target"]["averageUtilization"]
    model = kind(rendered["overlays/kserve"], "InferenceService")["metadata"]["name"]
    assert client.get(f"/v2/models/{model}/ready").json() == {"name": model, "ready": True}


def test_the_writer_copies_what_is_missing(rendered: dict[str, list[Object]], tmp_path: Path) -> None:
    """The Job copies the image's models, finishes what was left half copied, and leaves what the volume has."""
    image, volume = tmp_path / "image", tmp_path / "volume"
    for version in ("dog/1", "dog/2", "cat/1"):
        (image / version / "figures").mkdir(parents=True)
        (image / version / "card.json").write_text(version)
    (image / "__pycache__").mkdir()
    (volume / "dog" / ".2").mkdir(parents=True)
    (volume / "dog" / ".2" / "half").touch()
    (volume / "cat" / "1").mkdir(parents=True)
    (volume / "cat" / "1" / "card.json").write_text("another")
    (copy,) = kind(rendered["overlays/models-volume"], "Job")["spec"]["template"]["spec"]["initContainers"]
    (script,) = copy["args"]
    script = script.replace("/app/models", str(image)).replace("/models/", f"{volume}/")
    for _ in range(2):
        subprocess.run([str(shutil.which(copy["command"][0])), *copy["command"][1:], script], check=True)
        files = {str(path.relative_to(volume)): path.read_text() for path in volume.rglob("*") if path.is_file()}
        assert files == {"dog/1/card.json": "dog/1", "dog/2/card.json": "dog/2", "cat/1/card.json": "another"}
        assert not list(volume.rglob(".*"))

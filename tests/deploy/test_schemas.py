"""Every manifest is one that Kubernetes, KServe and the Prometheus Operator take."""

import functools
import json
import re
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from tests.support.kustomize import APPLIED, FOLDER, Object, kind, pods, render, serving_pod

# The first with all that is used (unhealthyPodEvictionPolicy, taken without a switch), one between, the newest known.
VERSIONS = ("1.27", "1.32", "1.37")
CUSTOM = {"InferenceService": "inference-service", "ServiceMonitor": "service-monitor"}
# What KServe has beside a pod's own fields.
_OF_KSERVE = {"minReplicas", "maxReplicas", "scaleMetric", "scaleTarget", "deploymentStrategy"}
_COMMENTED = re.compile(r"^( *)# (?=- \{|  - \{|volumeMounts: |volumes: |authorization: |images:)", re.MULTILINE)


def check(objects: list[Object], version: str) -> None:
    """Validate, custom resources by our own schemas; a kind that nobody knows is an error, not a warning."""
    for each in objects:
        _check(json.dumps(each), version)


@functools.cache  # most objects are in several renderings
def _check(text: str, version: str) -> None:
    each = json.loads(text)
    if each["kind"] in CUSTOM:
        schema = json.loads((Path(__file__).parent / "schemas" / f"{CUSTOM[each['kind']]}.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(each)
    if each["kind"] == "InferenceService":
        pod = {name: value for name, value in each["spec"]["predictor"].items() if name not in _OF_KSERVE}
        each = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": pod}
    if each["kind"] not in CUSTOM:
        assert kubernetes_validate.validate(each, version, strict=True) == version


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", APPLIED)
def test_everything_is_valid(rendered: dict[str, list[Object]], name: str, version: str) -> None:
    """What kubectl renders is valid for that version of Kubernetes, with no field that it does not know."""
    check(rendered[name], version)


@pytest.mark.parametrize(("name", "place", "wrong"), [
    ("base", "Deployment spec template spec containers 0 readinessProb", {}),
    ("base", "Deployment spec strategy rollingUpdate maxSurge", 1.5),
    ("base", "Service kind", "Servce"),
    ("base", "HorizontalPodAutoscaler apiVersion", "autoscaling/v2beta2"),
    ("overlays/monitoring", "ServiceMonitor spec endpoints 0 intervall", "30s"),
    ("overlays/kserve", "InferenceService spec predictor minReplica", 2),
    ("overlays/kserve", "InferenceService spec predictor containers 0 name", "service"),
    ("overlays/kserve", "InferenceService spec predictor containers 0 livenessProb", {}),
])  # fmt: skip
def test_a_mistake_is_found(rendered: dict[str, list[Object]], name: str, place: str, wrong: object) -> None:
    """A field that does not exist, a value of the wrong type or an unknown kind fails the test above."""
    objects = deepcopy(rendered[name])
    first, *path, last = place.split()
    found: Any = kind(objects, first)
    whole = found
    for step in path:
        found = found[int(step) if step.isdigit() else step]
    found[last] = wrong
    with pytest.raises((
        jsonschema.ValidationError, kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError
    )):  # fmt: skip
        check([whole], VERSIONS[-1])


def test_what_is_commented_out_is_right(kubectl: Path, tmp_path: Path) -> None:
    """Without their # the lines for keys and for another registry are valid too, and go with everything else.

    The Secret's entry comes to lie where the variable says, beside the volume of models.
    """
    folder = shutil.copytree(FOLDER, tmp_path / "kubernetes")
    changed = 0
    for path in folder.rglob("*.yaml"):
        text, lines = _COMMENTED.subn(r"\1", path.read_text())
        path.write_text(text)
        changed += lines
    assert changed == 6
    objects = render(kubectl, folder / "overlays" / "seminar")
    check(objects, VERSIONS[0])
    pod = serving_pod(objects)
    (container,) = pod["containers"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert volumes.keys() == mounts.keys() == {"api-keys", "models"}
    (item,) = volumes["api-keys"]["secret"]["items"]
    assert {"name": "SERVICE_API_KEYS_FILE", "value": f"{mounts['api-keys']}/{item['path']}"} in container["env"]
    (endpoint,) = kind(objects, "ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["authorization"]["credentials"]["name"] == volumes["api-keys"]["secret"]["secretName"]
    images = {each["image"] for one in pods(objects) for each in (*one["containers"], *one.get("initContainers", ()))}
    assert images == {"registry.example/seminar-cnn:1.0.0"}

"""The manifests fit together, and the service that they start."""

import re
import tomllib

import httpx
import pytest
import yaml

from service import settings
from service.settings import Settings, SettingsError
from tests.support.kustomize import APPLIED, FOLDER, Object, kind, pods, serving_pod, variables
from tests.support.serving import ROOT
from tests.test_containers import DOCKERFILE, compose

FROM_BASE = [name for name in APPLIED if name != "overlays/kserve"]


def given(monkeypatch: pytest.MonkeyPatch, pod: Object) -> Settings:
    """The settings that the service reads in a pod."""
    for name, value in variables(pod).items():
        monkeypatch.setenv(name, value)
    return settings.read()


def test_every_file_is_part_of_something() -> None:
    """Each file is named by the kustomization beside it, and each component by the overlay that has them all."""
    for path in FOLDER.rglob("*.yaml"):
        if path.name != "kustomization.yaml":
            assert path.name in yaml.safe_load((path.parent / "kustomization.yaml").read_text())["resources"]
    everything = yaml.safe_load((FOLDER / "overlays" / "seminar" / "kustomization.yaml").read_text())
    assert everything["components"] == [f"../../components/{path.name}" for path in sorted(FOLDER.glob("components/*"))]


@pytest.mark.parametrize("name", APPLIED)
def test_the_settings_are_the_services(
    rendered: dict[str, list[Object]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Every variable is a setting with a right value, and each port is one that the container names."""
    pod = serving_pod(rendered[name])
    read = given(monkeypatch, pod)
    ports = {port["containerPort"] for port in pod["containers"][0]["ports"]}
    assert ports == {port for port in (read.port, read.grpc_port) if port is not None}
    mounts = {mount["mountPath"] for mount in pod["containers"][0].get("volumeMounts", ())}
    assert mounts == ({str(read.models)} - {str(Settings.model_fields["models"].default)})


@pytest.mark.parametrize("name", APPLIED)
def test_a_pod_has_time_to_stop(rendered: dict[str, list[Object]], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The time before the kill is at least that of draining and of stopping; and it drains for a while."""
    pod = serving_pod(rendered[name])
    read = given(monkeypatch, pod)
    assert read.drain_seconds >= 1
    assert pod["terminationGracePeriodSeconds"] >= read.drain_seconds + read.stop_seconds


def test_a_service_of_another_name_would_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Kubernetes says of a Service that is named service-a is no setting, so that it must not be said."""
    monkeypatch.setenv("SERVICE_A_PORT", "tcp://10.0.0.1:80")
    with pytest.raises(SettingsError):
        settings.read()


@pytest.mark.parametrize("name", APPLIED)
def test_a_pod_may_do_little(rendered: dict[str, list[Object]], name: str) -> None:
    """Each pod: the Dockerfile's user, nothing to write to, no capability, a filter on calls, the stack's bounds."""
    user, group = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)[-1]
    for pod in pods(rendered[name]):
        whole = pod["securityContext"]
        assert (str(whole["runAsUser"]), str(whole["runAsGroup"])) == (user, group)
        assert whole["runAsNonRoot"] is True
        assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
        assert (pod["enableServiceLinks"], pod["automountServiceAccountToken"]) == (False, False)
        for container in (*pod["containers"], *pod.get("initContainers", ())):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            resources = container["resources"]
            assert resources["requests"].keys() == resources["limits"].keys() == {"cpu", "memory"}
    limits = serving_pod(rendered[name])["containers"][0]["resources"]["limits"]
    assert limits["memory"] == "768Mi"
    assert "${MEMORY:-768M}" in (ROOT / "deploy" / "swarm" / "stack.yml").read_text()


@pytest.mark.parametrize("name", APPLIED)
def test_every_container_is_of_one_image(rendered: dict[str, list[Object]], name: str) -> None:
    """Every container runs the image of this version of the project."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    found = {
        each["image"] for pod in pods(rendered[name]) for each in (*pod["containers"], *pod.get("initContainers", ()))
    }
    assert found == {f"{compose()['image']}:{version}"}


@pytest.mark.parametrize("name", APPLIED)
def test_the_probes_ask_what_there_is(client: httpx.Client, rendered: dict[str, list[Object]], name: str) -> None:
    """The probes' routes answer with 200 and need no key; whether a pod lives is asked by TCP, at one of its ports."""
    (container,) = serving_pod(rendered[name])["containers"]
    ports = {port["name"] for port in container["ports"]}
    for probe in ("startupProbe", "readinessProbe"):
        asked = container[probe]["httpGet"]
        assert client.get(asked["path"]).status_code == 200
        assert asked["path"] == "/health" or asked["path"].startswith("/v2/health/")
        assert asked["port"] in ports
    assert {"/health", "/v2/health/*"} <= set(Settings().open_paths)
    assert container["livenessProbe"]["tcpSocket"]["port"] in ports
    assert "httpGet" not in container["livenessProbe"]
    assert "lifecycle" not in container


@pytest.mark.parametrize("name", FROM_BASE)
def test_the_parts_mean_each_other(rendered: dict[str, list[Object]], name: str) -> None:
    """Service, budget, policy and autoscaler mean the Deployment's pods and no others, and ports that these have."""
    objects = rendered[name]
    deployment, service, policy = (kind(objects, each) for each in ("Deployment", "Service", "NetworkPolicy"))
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    budget = kind(objects, "PodDisruptionBudget")["spec"]
    selectors = [deployment["spec"]["selector"], budget["selector"], policy["spec"]["podSelector"]]
    assert all(selector == {"matchLabels": labels} for selector in selectors)
    assert service["spec"]["selector"] == labels
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert [port["targetPort"] for port in service["spec"]["ports"]] == list(ports)
    assert [port["port"] for port in policy["spec"]["ingress"][0]["ports"]] == list(ports.values())
    target = kind(objects, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", deployment["metadata"]["name"])
    others = [each["spec"]["template"]["metadata"]["labels"] for each in objects if each["kind"] == "Job"]
    assert labels not in others


@pytest.mark.parametrize("name", FROM_BASE)
def test_there_is_always_one_that_answers(rendered: dict[str, list[Object]], name: str) -> None:
    """Rolling takes none before another is ready, emptying a node one of two or more; the autoscaler alone counts."""
    objects = rendered[name]
    deployment = kind(objects, "Deployment")["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert "replicas" not in deployment
    assert kind(objects, "HorizontalPodAutoscaler")["spec"]["minReplicas"] >= 2
    assert kind(objects, "PodDisruptionBudget")["spec"]["maxUnavailable"] == 1

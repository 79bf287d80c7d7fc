"""Runs a real Prometheus, and promtool, which checks what is written for it."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.patience import PATIENCE_S, until
from tests.support.serving import ROOT, newcomer

FOLDER = ROOT / "deploy" / "prometheus"


@dataclass
class Prometheus:
    """A running Prometheus."""

    client: httpx.Client

    def get(self, path: str, **parameters: str) -> Any:
        """What its API has at a path."""
        answer = self.client.get(f"/api/v1/{path}", params=parameters).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that a query gives at this moment."""
        series: list[dict[str, Any]] = self.get("query", query=expression)["result"]
        return series


@contextmanager
def start(config: Path) -> Iterator[Prometheus]:
    """Run it with this configuration, on a free port, until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = [_program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={folder}/data"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, "--web.listen-address=127.0.0.1:0"], stdout=output, stderr=subprocess.STDOUT
            )
        try:
            with newcomer(f"http://{until(lambda: _address(process, log), 'the address of Prometheus')}") as client:
                until(lambda: client.get("/-/ready").is_success, "Prometheus to be ready")
                yield Prometheus(client)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def promtool(*arguments: str, folder: Path = FOLDER) -> str:
    """What promtool says, which must be that all is well."""
    result = subprocess.run(
        [_program("promtool"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def _program(name: str) -> str:
    path = shutil.which(name)
    assert path, f"There is no {name}: apt-get install --no-install-recommends prometheus"
    return path


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    found = re.search(r'"?Listening on"? .*?address=(\S+:\d+)', log.read_text())
    assert found or process.poll() is None, f"Prometheus did not start:\n{log.read_text()}"
    return found[1] if found else ""

"""Starts the real service in a process of its own."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx

ROOT = Path(__file__).parent.parent
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 30


@dataclass
class Service:
    """A running service."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    client: httpx.Client


def environment(**settings: object) -> dict[str, str]:
    """This process's environment without the service's settings, plus these (`max_pixels=1` for SERVICE_MAX_PIXELS)."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SERVICE_") and name != "PORT"}
    return clean | {f"SERVICE_{name.upper()}": str(value) for name, value in settings.items() if value is not None}


@contextmanager
def start(*, extra: Mapping[str, str] = MappingProxyType({}), **settings: object) -> Iterator[Service]:
    """Run `python -m service` on a free port until the block ends; `extra` variables go into its environment as is."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "service"],
                cwd=ROOT,
                env=environment(**{"port": 0} | settings) | dict(extra),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            url = _wait_for_url(process, log)
            with httpx.Client(base_url=url, timeout=20) as client:
                yield Service(url, process, log, client)
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run `python -m ...` to its end, for starts that fail."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT_S,
        check=False,
    )


def _wait_for_url(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        found = re.search(r"Serving \S+ on (http://\S+)", log.read_text())
        if found:
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise AssertionError(f"The service did not start:\n{log.read_text()}")

"""Starts the real service in a process of its own."""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from tests.support.patience import PATIENCE_S, until

ROOT = Path(__file__).parents[2]

# A client on a busy machine is slow, and so is the work on what it asks: a service under test lets both take their
# time. Where a test is about one of these, it says how long.
PATIENT = dict.fromkeys(
    (
        "header_seconds", "body_seconds", "keep_alive_seconds", "send_seconds", "queue_seconds", "decode_seconds",
        "hang_seconds",
    ),
    PATIENCE_S,
)  # fmt: skip

# Without a context of its own a client reads all the world's certificates, which takes longer than most requests do.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def newcomer(url: str = "") -> httpx.Client:
    """A client with connections of its own, as patient as all here."""
    return httpx.Client(base_url=url, timeout=PATIENCE_S, verify=NO_TLS)


@dataclass
class Service:
    """A running service."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    client: httpx.Client

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer to one request on a connection of its own; `options` are those of `httpx.request`."""
        with newcomer(self.url) as client:
            return client.request(method, path, **options)

    def figures(self) -> dict[str, float]:
        """What `/metrics` says, by the names of the figures with their labels; 0 where it says nothing."""
        lines = (line for line in self.client.get("/metrics").text.splitlines() if not line.startswith("#"))
        return defaultdict(float, {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)})

    def total(self, name: str) -> float:
        """A figure of `/metrics`, summed over its labels."""
        return sum(value for labelled, value in self.figures().items() if labelled.partition("{")[0] == name)

    def records(self, *request_ids: str) -> list[dict[str, Any]]:
        """The log's records of these requests in the order logged, once all have come; nothing may come between."""
        wanted = set(request_ids)

        def find() -> list[dict[str, Any]]:
            lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
            places = [place for place, line in enumerate(lines) if line.get("request_id") in wanted]
            return lines[places[0] : places[-1] + 1] if len(places) >= len(wanted) else []

        return until(find, f"the log's records of {wanted}")


def environment(**settings: object) -> dict[str, str]:
    """This process's environment without the service's settings, plus these (`max_pixels=1` for SERVICE_MAX_PIXELS)."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SERVICE_") and name != "PORT"}
    return clean | {f"SERVICE_{name.upper()}": str(value) for name, value in settings.items() if value is not None}


@contextmanager
def start(
    *, under: Sequence[str] = (), extra: Mapping[str, str] = MappingProxyType({}), **settings: object
) -> Iterator[Service]:
    """Run `python -m service`, on a free port and patient, until the block ends.

    Args:
        under: the command that starts it and then becomes it, such as nohup.
        extra: variables that go into its environment as they are.
        settings: the service's, if not the default ones.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*under, sys.executable, "-m", "service"],
                cwd=ROOT,
                env=environment(**{"port": 0} | PATIENT | settings) | dict(extra),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            url = until(lambda: _url(process, log), "the service's address")
            with newcomer(url) as client:
                yield Service(url, process, log, client)
        finally:
            # As Ctrl-C does: SIGTERM would go on serving for a second.
            process.send_signal(signal.SIGINT)
            try:
                process.wait(PATIENCE_S)
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
        timeout=PATIENCE_S,
        check=False,
    )


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    """The address that the service has told; empty as long as it has not.

    Raises:
        AssertionError: it has ended.
    """
    found = re.search(r"Serving \S+ on (http://\S+)", log.read_text())
    assert found or process.poll() is None, f"The service did not start:\n{log.read_text()}"
    return found[1] if found else ""

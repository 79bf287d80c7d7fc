"""Runs the edge of deploy/swarm before one service: a real HAProxy with its configuration, but for TLS and DNS."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.support.patience import PATIENCE_S
from tests.support.serving import ROOT, newcomer


class Edge(NamedTuple):
    """A running edge.

    Attributes:
        client: asks what it stands before.
        metrics: where its own figures are, as HOST:PORT.
    """

    client: httpx.Client
    metrics: str


@contextmanager
def start(replica: str) -> Iterator[Edge]:
    """Run it before the replica at HOST:PORT until the block ends."""
    text = (ROOT / "deploy" / "swarm" / "edge" / "haproxy.cfg").read_text()
    with ExitStack() as stack:
        # Open before it starts, so that nobody else gets the ports, and who comes too early waits.
        front, metrics = (stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(2))
        for pattern, ours in (
            (r"bind :8443 .*", f"bind fd@{front.fileno()}"),
            (r"bind :8404", f"bind fd@{metrics.fileno()}"),
            (r"server-template .*", f"server replica1 {replica}"),
        ):
            text, found = re.subn(pattern, ours, text)
            assert found, pattern
        config = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "haproxy.cfg"
        config.write_text(text)
        process = subprocess.Popen(
            [shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", str(config)],
            env=os.environ | {"MAX_IN_FLIGHT": "2", "MAX_UPLOADS": "1", "MAX_BODY_BYTES": "16777216"},
            pass_fds=[front.fileno(), metrics.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in (front, metrics)]
            yield Edge(stack.enter_context(newcomer(f"http://{addresses[0]}")), addresses[1])
        finally:
            process.kill()
            process.wait(PATIENCE_S)

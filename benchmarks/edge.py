"""What the swarm stack's edge costs a request: `python -m benchmarks.edge`.

HAProxy with its real configuration and TLS stands before another HAProxy that answers at once, so that the edge's own
processor time is all that is measured: small uploads, by h2load over HTTP/1.1, on connections that are kept.
"""

import argparse
import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks import program
from benchmarks.load import MULTIPART, form
from benchmarks.payloads import small_picture
from benchmarks.program import ROOT
from deploy.check.swarm import make_secrets

_ROUNDS, _CONNECTIONS, _SECONDS = 9, 16, 3
# About as long as an answer of /predict.
_ANSWER = "x" * 800


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(prog="python -m benchmarks.edge", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _edge(folder) as (port, process):
            (folder / "body").write_bytes(form(small_picture()))
            found = [_cost(port, process, folder / "body") for _ in range(_ROUNDS + 1)][1:]
            microseconds = statistics.median(found)
            print(
                f"small upload: {microseconds:,.0f} µs of the edge's processor time ({min(found):,.0f} - "
                f"{max(found):,.0f} in {_ROUNDS} rounds), {1e6 / microseconds:,.0f} a second and core"
            )


@contextmanager
def _edge(folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """The edge's port, and its process."""
    make_secrets(folder, "127.0.0.1")
    front, figures, behind = program.free_port(), program.free_port(), program.free_port()
    text = (ROOT / "deploy" / "swarm" / "edge" / "haproxy.cfg").read_text()
    for pattern, ours in (
        (r"bind :8443 ssl crt \S+", f"bind 127.0.0.1:{front} ssl crt {folder / 'tls.pem'}"),
        (r"bind :8404", f"bind 127.0.0.1:{figures}"),
        (r"server-template .*", f"server replica1 127.0.0.1:{behind}"),
    ):
        text = re.sub(pattern, ours, text)
    (folder / "edge.cfg").write_text(text)
    (folder / "behind.cfg").write_text(
        "defaults\n  mode http\n  timeout client 60s\n  timeout http-keep-alive 60s\n"
        f"frontend behind\n  bind 127.0.0.1:{behind}\n"
        "  http-request wait-for-body time 60s if { method POST }\n"
        f"  http-request return status 200 content-type application/json string {_ANSWER}\n"
    )
    limits = {"MAX_IN_FLIGHT": "48", "MAX_UPLOADS": "12", "MAX_BODY_BYTES": "16777216"}
    started = [
        subprocess.Popen(
            ["haproxy", "-db", "-f", str(folder / f"{name}.cfg")],  # noqa: S607 - wherever it is
            env=os.environ | limits, preexec_fn=pinned,  # noqa: PLW1509 - there are no threads here
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for name, pinned in (("edge", program.on_server_cores), ("behind", program.on_load_cores))
    ]  # fmt: skip
    try:
        time.sleep(3)  # until it has found its replica well
        yield front, psutil.Process(started[0].pid)
    finally:
        for each in started:
            each.kill()
            each.wait()


def _cost(port: int, process: psutil.Process, body: Path) -> float:
    """Microseconds of the edge's processor time for each request.

    Raises:
        RuntimeError: not all were answered well.
    """
    before = sum(process.cpu_times()[:2])
    done = subprocess.run(
        [  # noqa: S607 - as above
         "h2load", "--h1", "--duration", str(_SECONDS), "--clients", str(_CONNECTIONS), "--data", str(body),
         "--header", f"content-type: {MULTIPART}", f"https://127.0.0.1:{port}/predict"],
        stdout=subprocess.PIPE, text=True, check=True, preexec_fn=program.on_load_cores,
    )  # fmt: skip
    spent = sum(process.cpu_times()[:2]) - before
    counts = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout)
    if counts is None or int(counts[1]) == 0 or any(int(each) for each in counts.groups()[1:]):
        raise RuntimeError(f"h2load said:\n{done.stdout}")
    return float(1e6 * spent / int(counts[1]))


if __name__ == "__main__":
    main()

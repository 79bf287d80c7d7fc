"""Starts a program on a core of its own and knows what it costs."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.load import MULTIPART, form
from benchmarks.payloads import small_picture

ROOT = Path(__file__).parent.parent
SERVER_CORES = [0]
LOAD_CORES = [1]
_START_SECONDS = 120


@dataclass
class Program:
    """A running program.

    Attributes:
        port: where it listens.
        started_ms: from its start to its first good answer to an upload.
    """

    port: int
    started_ms: float
    _process: psutil.Process

    @property
    def pid(self) -> int:
        """The program's process."""
        return int(self._process.pid)

    def _family(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    def cpu_seconds(self) -> float:
        """Processor time of the program and all its children."""
        return float(sum(sum(process.cpu_times()[:2]) for process in self._family()))

    def megabytes(self) -> float:
        """Memory (proportional set size) of the program and all its children."""
        total = 0.0
        for process in self._family():
            with suppress(psutil.NoSuchProcess):  # one that has just ended
                total += process.memory_full_info().pss
        return total / 1e6


COMMANDS = {
    "service": ["-m", "service"],
    "ablated": ["-m", "benchmarks.programs.ablated"],
    "obvious FastAPI": ["-m", "uvicorn", "benchmarks.programs.obvious:app", "--no-access-log"],
    "bare ASGI": ["-m", "uvicorn", "benchmarks.programs.bare:app", "--no-access-log"],
    "LitServe": ["-m", "benchmarks.programs.litserve_program"],
    "MLServer": ["-m", "benchmarks.programs.mlserver_program"],
    "BentoML": ["-m", "bentoml", "serve", "benchmarks.programs.bentoml_program:Classifier"],
}
# They can't be installed beside the service's version of FastAPI.
INTERPRETERS = {
    name: str(Path(sys.prefix) / folder / "bin" / "python")
    for name, folder in (("BentoML", "bentoml"), ("MLServer", "mlserver"))
}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def start(
    name: str, cores: Sequence[int] = SERVER_CORES, arguments: Sequence[str] = (), **settings: object
) -> Iterator[Program]:
    """Run one of the programs, from its first good answer to an upload until the block ends.

    Args:
        name: among `COMMANDS`.
        cores: that it may use.
        arguments: of its command line, beside the port.
        settings: of the service.

    Raises:
        RuntimeError: it ends, or gives no good answer in time.
    """
    port = free_port()
    listen = {"service": [], "ablated": [], "LitServe": [str(port)], "MLServer": [str(port)]}
    environment = os.environ | {
        "PORT": str(port),
        "ORT_DISABLE_TELEMETRY": "1",
        "LITSERVE_DISABLE_USAGE": "1",
        "BENTOML_DO_NOT_TRACK": "True",
    }
    environment |= {f"SERVICE_{key.upper()}": str(value) for key, value in settings.items()}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [INTERPRETERS.get(name, sys.executable), *COMMANDS[name], *listen.get(name, ["--port", str(port)]), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),  # noqa: PLW1509 - there are no threads here
    )
    try:
        _wait(process, port, begun + _START_SECONDS, ready=name == "MLServer")
        started = (time.perf_counter() - begun) * 1e3
        yield Program(port, started, psutil.Process(process.pid))
    finally:
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for child in family:
            if child.is_running():
                child.kill()


def on_server_cores() -> None:
    """Leave the other cores to the load."""
    os.sched_setaffinity(0, SERVER_CORES)


def on_load_cores() -> None:
    """Leave the server's core to the server."""
    os.sched_setaffinity(0, LOAD_CORES)


def _wait(process: subprocess.Popen[bytes], port: int, deadline: float, *, ready: bool) -> None:
    """Until an upload is answered well; of one that takes none, until it says that it is ready."""
    last: object = "none"
    content, headers = form(small_picture()), {"Content-Type": MULTIPART}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:
        while time.perf_counter() < deadline:
            try:
                if ready:
                    last = client.get("/v2/models/seminar-cnn/ready").status_code
                else:
                    last = client.post("/predict", content=content, headers=headers).status_code
            except httpx.TransportError:
                if process.poll() is not None:
                    raise RuntimeError(f"{process.args!r} ended with {process.returncode}") from None
            if last == 200:
                return
            time.sleep(0.005)
    raise RuntimeError(f"{process.args!r} gave no good answer in {_START_SECONDS} s; the last status: {last}")

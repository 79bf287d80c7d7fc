"""`python -m benchmarks.chaos_tests rolling|crash|hostile`: what the service stands, stopped, killed or attacked.

Each ends with exit code 1 if it does not keep what it promises.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterable
from pathlib import Path

import httpx
import psutil
import uvloop

from benchmarks import program
from benchmarks.hostile import hostile
from benchmarks.load import Load, drive, drive_reconnecting, get
from benchmarks.load_tests import run
from benchmarks.payloads import small_picture, upload
from benchmarks.program import free_port

_HAPROXY = """
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
  retries 3
frontend front
  bind 127.0.0.1:{front}
  default_backend back
backend back
  option httpchk GET /health
  default-server inter 200ms fall 1 rise 1
  server a 127.0.0.1:{a} check
  server b 127.0.0.1:{b} check
"""


def rolling(seconds: float) -> dict[str, bool]:
    """Two instances behind HAProxy are restarted one after the other under a constant load."""
    front, a, b = (free_port() for _ in range(3))
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        configuration = Path(folder) / "haproxy.cfg"
        configuration.write_text(_HAPROXY.format(front=front, a=a, b=b))
        instances = {port: _instance(port) for port in (a, b)}
        stack.callback(lambda: _kill(instances.values()))
        proxy = subprocess.Popen(["haproxy", "-q", "-f", str(configuration)])  # noqa: S607
        stack.callback(proxy.kill)
        _until_healthy(front)
        codes: list[int] = []
        outlasted: list[bool] = []

        async def load_through_restarts() -> Load:
            request = upload(small_picture())
            task = asyncio.create_task(drive(front, request, 8, seconds + 12))
            for port in (a, b):
                await asyncio.sleep(seconds / 3)
                instances[port].send_signal(signal.SIGTERM)
                codes.append(await asyncio.to_thread(instances[port].wait, 30))
                instances[port] = _instance(port)
                await asyncio.to_thread(_until_healthy, port)
                await asyncio.sleep(1)
            outlasted.append(not task.done())
            return await task

        result = uvloop.run(load_through_restarts())
    print(f"{len(result.latencies):,} requests through two restarts: {result.statuses}, {result.lost} connections lost")
    return {
        "no request failed": set(result.statuses) == {200} and not result.lost,
        "both ended with exit code 0": codes == [0, 0],
        "the load outlasted both restarts": outlasted == [True],
    }


_BACK_SECONDS = 5


def crash(seconds: float) -> dict[str, bool]:
    """One of two workers is killed under load."""
    with program.start("service", workers=2, log_level="error") as service:
        parent = psutil.Process(service.pid)
        before = {child.pid for child in _workers(parent)}

        async def load_through_crash() -> tuple[Load, float]:
            task = asyncio.create_task(drive_reconnecting(service.port, upload(small_picture()), 16, seconds))
            await asyncio.sleep(seconds / 2)
            os.kill(min(before), signal.SIGKILL)
            killed = time.perf_counter()
            await _until_another_answers(parent, before, service.port)
            back = time.perf_counter() - killed
            return await task, back

        result, back = uvloop.run(load_through_crash())
    print(f"{len(result.latencies):,} answers {result.statuses}, {result.lost} connections lost")
    print(f"a new worker answered after {back:.2f} s")
    return {
        "at most the requests it was working on are lost (16 connections)": result.lost <= 16,
        "every answer is a good one": set(result.statuses) == {200},
        f"a new worker answers within {_BACK_SECONDS} seconds": back <= _BACK_SECONDS,
    }


async def _until_another_answers(parent: psutil.Process, before: set[int], port: int) -> None:
    """Wait until a worker that is none of those before has answered a request.

    All workers share a listener, so new connections are made until one of them is found to be a new worker's.

    Raises:
        TimeoutError: none does.
    """
    answered: dict[int, asyncio.StreamWriter] = {}
    try:
        async with asyncio.timeout(60):
            while not any(_clients(worker, port) & set(answered) for worker in _workers(parent, before)):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(get("/health"))
                if (await reader.readline()).startswith(b"HTTP/1.1 200"):
                    answered[writer.get_extra_info("sockname")[1]] = writer
                await asyncio.sleep(0.02)
    finally:
        for writer in answered.values():
            writer.close()


def _clients(worker: psutil.Process, port: int) -> set[int]:
    """The ports of the clients that a worker has connections with."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return {each.raddr.port for each in worker.net_connections("tcp") if each.raddr and each.laddr.port == port}
    return set()


def _workers(parent: psutil.Process, but: Collection[int] = ()) -> list[psutil.Process]:
    """The worker processes, not multiprocessing's own helper, but for those of these numbers."""
    found = []
    for child in parent.children():
        if child.pid in but:
            continue
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE and "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def _kill(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.kill()


def _instance(port: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PORT": str(port), "SERVICE_LOG_LEVEL": "error"}
    process = subprocess.Popen([sys.executable, "-m", "service"], cwd=program.ROOT, env=environment,
                               stdout=subprocess.DEVNULL)  # fmt: skip
    _until_healthy(port)
    return process


def _until_healthy(port: int) -> None:
    for _ in range(500):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nothing healthy at port {port}")


if __name__ == "__main__":
    sys.exit(run({"rolling": rolling, "crash": crash, "hostile": hostile}, __doc__ or ""))

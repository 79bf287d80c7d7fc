"""`python -m benchmarks.endurance overload|slow|rolling|crash|soak`: what the service stands.

Each ends with exit code 1 if it does not keep what it promises.
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import numpy as np
import psutil
import uvloop

from benchmarks import load, program
from benchmarks.__main__ import ask_indices, checked, photo, small_picture, upload, web_picture
from benchmarks.load import Load, drive, get, post, take_status
from benchmarks.program import Program, free_port


def main() -> int:
    """Run one; the exit code."""
    commands: dict[str, Callable[[float], dict[str, bool]]] = {
        "overload": overload, "slow": slow, "rolling": rolling, "crash": crash, "soak": soak,
    }  # fmt: skip
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endurance", description=__doc__)
    parser.add_argument("what", choices=commands)
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, program.LOAD_CORES)
    kept = commands[arguments.what](arguments.seconds)
    for promise, holds in kept.items():
        print(f"{'kept  ' if holds else 'BROKEN'}  {promise}")
    return 0 if all(kept.values()) else 1


def overload(seconds: float) -> dict[str, bool]:
    """Four times the rate that it can serve, of photographs for the web and of the smallest pictures."""
    kept = {}
    for name, picture, connections in (("photographs", web_picture(), 8), ("small pictures", small_picture(), 16)):
        # Of 512 connections some may wait long for their first turn.
        with program.start("service", log_level="error", header_seconds=60) as service:
            result = _floods(service, upload(picture), connections, seconds)
        kept |= {f"{name}: {promise}": holds for promise, holds in result.items()}
    return kept


_FLOODS = 5


def _floods(service: Program, request: bytes, connections: int, seconds: float) -> dict[str, bool]:
    """Floods, each between two measurements of the peak, as the machine's speed drifts."""

    def peak() -> float:
        return checked(load.run(service.port, request, connections, 1)).rate

    peak()
    before, shares, tails, statuses, lost = service.megabytes(), [], [], set[int](), 0
    for _ in range(_FLOODS):
        first = peak()
        flood = uvloop.run(_open_loop(service.port, request, 4 * first, 512, seconds))
        time.sleep(1)  # recovered within a second
        peaks = first, peak()
        served, refused = flood.good.rate, flood.bad.rate
        shares.append(served / np.mean(peaks))
        tails.append(flood.good.percentile(99))
        statuses |= set(flood.statuses)
        lost += flood.lost
        print(
            f"  {len(request):,} bytes: offered {served + refused:,.0f}/s, peak {peaks[0]:,.0f} and {peaks[1]:,.0f}/s; "
            f"served {served:,.0f}/s ({shares[-1]:.0%}), p99 {tails[-1]:.1f} ms; "
            f"refused {refused:,.0f}/s, p99 {flood.bad.percentile(99):.1f} ms",
            flush=True,
        )
    after = service.megabytes()
    share, tail = float(np.median(shares)), float(np.median(tails))
    print(f"median of {_FLOODS}: {share:.0%} of the peak, p99 {tail:.1f} ms; memory {before:.0f} -> {after:.0f} MB")
    return {
        "goodput at least 85% of the peak": share >= 0.85,
        "p99 of what is answered at most 100 ms": tail <= 100,
        "nothing but 200 and 503": statuses <= {200, 503} and not lost,
        "memory flat (within 20 MB)": after - before < 20,
    }


class _Flood:
    def __init__(self) -> None:
        self.good, self.bad = Load(), Load()
        self.lost = 0
        self.statuses: Counter[int] = Counter()


class _Sender(asyncio.Protocol):
    """One connection of an open loop: it sends when told, and reports when it is free again."""

    def __init__(self, flood: _Flood, free: list["_Sender"]) -> None:
        self._flood, self._free = flood, free
        self._buffer = bytearray()
        self._sent = 0.0
        self.closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    @property
    def gone(self) -> bool:
        """Whether the service has closed it, idle for longer than it keeps a connection."""
        return self._transport.is_closing()

    def send(self, request: bytes) -> None:
        self._sent = time.perf_counter()
        self._transport.write(request)  # type: ignore[attr-defined] # a TCP transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        status = take_status(self._buffer)
        if status is None:
            return
        self._flood.statuses[status] += 1
        to = self._flood.good if status == 200 else self._flood.bad
        to.latencies.append(time.perf_counter() - self._sent)
        self._free.append(self)

    def connection_lost(self, _error: Exception | None) -> None:
        if self in self._free:
            self._free.remove(self)
        elif not self.closing:
            self._flood.lost += 1

    def close(self) -> None:
        self.closing = True
        self._transport.close()


async def _open_loop(port: int, request: bytes, rate: float, connections: int, seconds: float) -> _Flood:
    """Send at a rate, whatever comes back, as long as one of the connections is free."""
    loop = asyncio.get_running_loop()
    flood, free = _Flood(), []
    senders = [
        (await loop.create_connection(lambda: _Sender(flood, free), "127.0.0.1", port))[1] for _ in range(connections)
    ]
    free.extend(senders)
    started, due = time.perf_counter(), 0.0
    last = started
    while (now := time.perf_counter()) - started < seconds:
        due = min(due + (now - last) * rate, connections)
        last = now
        while due >= 1 and free:
            sender = free.pop()
            if not sender.gone:
                sender.send(request)
                due -= 1
        await asyncio.sleep(0)
    flood.good.seconds = flood.bad.seconds = time.perf_counter() - started
    for sender in senders:
        sender.close()
    return flood


def slow(seconds: float) -> dict[str, bool]:
    """500 connections that send one byte a second, half of them in the head and half in the body."""
    request = upload(small_picture())
    with program.start("service", log_level="error", header_seconds=60, body_seconds=60) as service:
        checked(load.run(service.port, request, 16, 2))
        alone = [checked(load.run(service.port, request, 16, seconds / 5)) for _ in range(3)]
        beside = [uvloop.run(_beside_slow(service.port, request, seconds / 5)) for _ in range(3)]
    ratio = max(each.rate for each in beside) / max(each.rate for each in alone)
    tails = min(each.percentile(99) for each in alone), min(each.percentile(99) for each in beside)
    print(f"rate beside 500 slow clients: {ratio:.0%} of that without; p99 {tails[0]:.1f} -> {tails[1]:.1f} ms")
    return {"at least 90 % of the rate": ratio >= 0.9, "p99 at most twice": tails[1] <= 2 * tails[0]}


async def _beside_slow(port: int, request: bytes, seconds: float) -> Load:
    async with contextlib.AsyncExitStack() as stack:
        for i in range(500):
            whole = request if i % 2 else get("/predict?index=16")
            start = request.index(b"\r\n\r\n") + 4 if i % 2 else 0
            await stack.enter_async_context(_dripping(port, whole, start))
        return checked(await drive(port, request, 16, seconds))


@contextlib.asynccontextmanager
async def _dripping(port: int, request: bytes, start: int) -> AsyncIterator[None]:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request[:start])

    async def drip() -> None:
        for byte in request[start:]:
            await asyncio.sleep(1)
            writer.write(bytes([byte]))

    task = asyncio.create_task(drip())
    yield
    task.cancel()
    writer.close()


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
        stack.callback(lambda: [process.kill() for process in instances.values()])
        proxy = subprocess.Popen(["haproxy", "-q", "-f", str(configuration)])  # noqa: S607
        stack.callback(proxy.kill)
        _until_healthy(front)
        codes = []

        async def run() -> Load:
            request = upload(small_picture())
            task = asyncio.create_task(drive(front, request, 8, seconds + 12))
            for port in (a, b):
                await asyncio.sleep(seconds / 3)
                instances[port].send_signal(signal.SIGTERM)
                codes.append(await asyncio.to_thread(instances[port].wait, 30))
                instances[port] = _instance(port)
                await asyncio.to_thread(_until_healthy, port)
                await asyncio.sleep(1)
            return await task

        result = uvloop.run(run())
    print(f"{len(result.latencies):,} requests through two restarts: {result.statuses}, {result.lost} connections lost")
    return {
        "no request failed": set(result.statuses) == {200} and not result.lost,
        "both ended with exit code 0": codes == [0, 0],
    }


def crash(seconds: float) -> dict[str, bool]:
    """One of two workers is killed under load."""
    with program.start("service", workers=2, log_level="error") as service:
        parent = psutil.Process(service.pid)
        before = {child.pid for child in _workers(parent)}
        victim = min(before)

        async def run() -> tuple[Load, float]:
            task = asyncio.create_task(_reconnecting(service.port, upload(small_picture()), 16, seconds))
            await asyncio.sleep(seconds / 2)
            os.kill(victim, signal.SIGKILL)
            killed = time.perf_counter()
            while len({child.pid for child in _workers(parent)} - {victim}) < 2:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.02)
            back = time.perf_counter() - killed
            return await task, back

        result, back = uvloop.run(run())
    print(f"{len(result.latencies):,} answers {result.statuses}, {result.lost} connections lost")
    print(f"a new process after {back:.2f} s, which then starts")
    return {
        "at most the requests it was working on are lost (16 connections)": result.lost <= 16,
        "every answer is a good one": set(result.statuses) == {200},
        "back within two seconds": back <= 2,
    }


async def _reconnecting(port: int, request: bytes, connections: int, seconds: float) -> Load:
    """As `drive`, but a connection that breaks is made anew."""
    total, until = Load(seconds=seconds), time.perf_counter() + seconds

    async def one() -> None:
        while (left := until - time.perf_counter()) > 0:
            part = await drive(port, request, 1, left)
            total.latencies += part.latencies
            total.lost += part.lost
            for status, n in part.statuses.items():
                total.statuses[status] = total.statuses.get(status, 0) + n

    await asyncio.gather(*(one() for _ in range(connections)))
    return total


def soak(seconds: float) -> dict[str, bool]:
    """Mixed traffic for as long as wanted; memory at the beginning and at the end."""
    picture, large = small_picture(), photo()
    kinds = [
        (upload(picture), 6), (get("/predict?index=16"), 4), (upload(large), 1),
        (ask_indices(500), 1),
        (post("/predict", load.MULTIPART, load.form(*[picture] * 20)), 1), (get("/model-card"), 1),
        (get("/metrics"), 1), (get("/images/5.png"), 1),
    ]  # fmt: skip
    bad = [(post("/predict", "image/png", picture[: random.randrange(len(picture))]), 1), (get("/predict?index=x"), 1)]  # noqa: S311
    with program.start("service", log_level="error") as service:
        rounds = max(2, int(seconds / 20))
        memory, errors, answered = [], 0, 0
        for i in range(rounds):
            good = load.run_together(service.port, kinds + bad, seconds / rounds)
            errors += sum(result.lost + result.statuses.get(500, 0) for result in good)
            errors += sum(len(result.latencies) - result.statuses.get(200, 0) for result in good[: len(kinds)])
            answered += sum(len(result.latencies) for result in good)
            memory.append(service.megabytes())
            print(f"{i + 1:3}/{rounds}  {answered:>9,} answers, {errors} errors, {memory[-1]:.0f} MB", flush=True)
    # Its pools are filled by the first rounds; from there on it may not grow.
    growth = memory[-1] - max(memory[: max(1, rounds // 5)])
    print(f"{answered:,} answers in {seconds:,.0f} s, {errors} errors; memory {memory[0]:.0f} -> {memory[-1]:.0f} MB")
    return {"no errors": errors == 0, "memory flat (within 10 MB after the first fifth)": growth < 10}


def _workers(parent: psutil.Process) -> list[psutil.Process]:
    """The processes that listen, not multiprocessing's own helper."""
    found = []
    for child in parent.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE and "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


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
    sys.exit(main())

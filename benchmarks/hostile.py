"""The service under every attack of `programs/attackers.py` at once."""

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import time

import httpx
import psutil
import uvloop

from benchmarks import load, program
from benchmarks.load import Load, checked, drive_reconnecting
from benchmarks.payloads import small_picture, upload
from benchmarks.program import Program

_SETTLE_SECONDS = 10
_STOP_SECONDS = 20
_HEALTH_TIMEOUT = 5.0
_MEMORY_MB = 150 + 256 + 128 + 64
# What service/settings.py has by default, less what the honest client and the service itself need.
_CONNECTIONS = 1900


def hostile(seconds: float) -> dict[str, bool]:
    """Every attack of `programs/attackers.py` at once, beside honest small uploads that connect anew if need be."""
    request = upload(small_picture())
    before = _alone(request, seconds / 4)
    with program.start("service", [0, 1], log_level="error", stop_seconds=_STOP_SECONDS) as service:
        command = [sys.executable, "-m", "benchmarks.programs.attackers", str(service.port), str(seconds + 60)]
        attackers = subprocess.Popen(command, cwd=program.ROOT, stdout=subprocess.PIPE)
        try:
            time.sleep(_SETTLE_SECONDS)
            spent = _cpu_seconds(attackers)
            result, watch = uvloop.run(_beside(service, request, seconds))
            share_of_core = (_cpu_seconds(attackers) - spent) / seconds
            told = _ask(attackers)
            os.kill(service.pid, signal.SIGTERM)
            begun = time.perf_counter()
            psutil.Process(service.pid).wait(_STOP_SECONDS + 30)
            stopped = time.perf_counter() - begun
        finally:
            attackers.kill()
            attackers.wait()
    after = _alone(request, seconds / 4)
    share, median = result.rate / statistics.mean((before, after)), statistics.median(watch.health) * 1e3
    print(
        f"alone {before:,.0f}/s before and {after:,.0f}/s after, attacked {result.rate:,.0f}/s ({share:.0%}), "
        f"{result.statuses}, {result.lost} lost; "
        f"/health median {median:.1f} ms, worst {max(watch.health) * 1e3:.0f} ms of {len(watch.health)}, "
        f"{watch.failed} failed; peak {watch.megabytes:.0f} MB; stopped after {stopped:.1f} s"
    )
    print(
        f"the attackers: {told['connections']:,} connections open at one time, {told['closed']:,} of those held closed "
        f"by the service, {told['cut off']} of {told['not taken']} answers not taken cut off; {share_of_core:.0%} of a "
        f"core; the service had up to {watch.descriptors:,} files and connections open"
    )
    return {
        "at least 70 % of the rate alone": share >= 0.7,
        "no honest upload failed": set(result.statuses) == {200} and not result.lost,
        f"memory within {_MEMORY_MB} MB": watch.megabytes <= _MEMORY_MB,
        "/health answers in 30 ms (median)": median <= 30,
        "every /health answers 200": not watch.failed,
        f"ends within {_STOP_SECONDS + 2} s of SIGTERM": stopped <= _STOP_SECONDS + 2,
        "the attack was one: connections and answers not taken went over their bounds": (
            watch.descriptors >= _CONNECTIONS and told["closed"] > 0 and told["cut off"] > 0
        ),
    }


def _alone(request: bytes, seconds: float) -> float:
    """The rate of the honest load where nobody attacks; before the attack and after it, as the machine drifts."""
    with program.start("service", [0, 1], log_level="error") as service:
        checked(load.run(service.port, request, 16, 2))
        return checked(load.run(service.port, request, 16, seconds)).rate


class _Watch:
    """What is seen of the service from outside while it is attacked.

    Attributes:
        health: seconds that each `/health` took; one that failed counts as the time-out.
        failed: how many did not answer 200.
        megabytes: the most memory.
        descriptors: the most files and connections open.
    """

    def __init__(self) -> None:
        self.health: list[float] = []
        self.failed = self.descriptors = 0
        self.megabytes = 0.0

    async def ask(self, client: httpx.AsyncClient) -> None:
        begun = time.perf_counter()
        try:
            good = (await client.get("/health")).status_code == 200
        except httpx.TransportError:
            good = False
        self.health.append(time.perf_counter() - begun if good else _HEALTH_TIMEOUT)
        self.failed += not good


async def _beside(service: Program, request: bytes, seconds: float) -> tuple[Load, _Watch]:
    """The honest load, and what is seen meanwhile.

    Raises:
        TimeoutError: answers no longer come.
    """
    watch = _Watch()
    async with (
        asyncio.timeout(seconds + 60),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.port}", timeout=_HEALTH_TIMEOUT) as client,
    ):
        task = asyncio.create_task(drive_reconnecting(service.port, request, 16, seconds))
        while not task.done():
            await watch.ask(client)
            watch.megabytes = max(watch.megabytes, service.megabytes())
            watch.descriptors = max(watch.descriptors, psutil.Process(service.pid).num_fds())
            await asyncio.sleep(0.2)
        return await task, watch


def _cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


def _ask(attackers: subprocess.Popen[bytes]) -> dict[str, int]:
    """What the attackers have counted so far."""
    assert attackers.stdout is not None  # noqa: S101 - for the type
    attackers.send_signal(signal.SIGUSR1)
    counts: dict[str, int] = json.loads(attackers.stdout.readline())
    return counts

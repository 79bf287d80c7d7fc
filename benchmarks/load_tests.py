"""`python -m benchmarks.load_tests overload|slow|soak`: what the service stands.

Each ends with exit code 1 if it does not keep what it promises.
"""

import argparse
import asyncio
import contextlib
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable

import numpy as np
import uvloop

from benchmarks import load, program
from benchmarks.load import Load, checked, drive, get, post
from benchmarks.open_loop import open_loop
from benchmarks.payloads import ask_indices, photo, small_picture, upload, web_picture
from benchmarks.program import Program


def run(tests: dict[str, Callable[[float], dict[str, bool]]], description: str) -> int:
    """Run the test that the command line names; the exit code."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("what", choices=tests)
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, program.LOAD_CORES)
    kept = tests[arguments.what](arguments.seconds)
    for promise, holds in kept.items():
        print(f"{'kept  ' if holds else 'BROKEN'}  {promise}")
    return 0 if all(kept.values()) else 1


def overload(seconds: float) -> dict[str, bool]:
    """Four times the rate that it can serve, of photographs for the web and of the smallest pictures."""
    kept: dict[str, bool] = {}
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
        flood = uvloop.run(open_loop(service.port, request, 4 * first, 512, seconds))
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


if __name__ == "__main__":
    sys.exit(run({"overload": overload, "slow": slow, "soak": soak}, __doc__ or ""))

"""`python -m benchmarks`: the table of speed. The server has one core, the load another; nothing else should run."""

import argparse
import os
from collections.abc import Callable
from contextlib import ExitStack

from benchmarks import load, program, protocol
from benchmarks.load import MULTIPART, checked, form, get, post
from benchmarks.payloads import ask_indices, photo, small_picture, upload
from benchmarks.program import Program
from benchmarks.table import tell

OTHERS = ("obvious FastAPI", "bare ASGI", "LitServe", "BentoML")
ROUNDS = 15
SECONDS = 1.0


def main() -> None:
    """Run what was asked for and print a line for each figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each pair, alternating")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each round")
    parser.add_argument("--only", choices=[*SCENARIOS], nargs="*", default=[*SCENARIOS])
    arguments = parser.parse_args()
    os.sched_setaffinity(0, program.LOAD_CORES)
    print(f"{'':<44} {'service':>9} {'other':>9}   ratio (lowest - highest of {arguments.rounds} rounds)")
    for name in arguments.only:
        SCENARIOS[name](arguments.rounds, arguments.seconds)


def small_uploads(rounds: int, seconds: float) -> None:
    """One 32x32 PNG as a multipart upload, 16 connections."""
    request = upload(small_picture())
    for other in OTHERS:
        compare(f"small upload, against {other}", other, request, request, rounds, seconds)


def by_index(rounds: int, seconds: float) -> None:
    """One test image by its index, against the obvious program's upload."""
    request = upload(small_picture())
    compare("by index, against its upload", OTHERS[0], get("/predict?index=16"), request, rounds, seconds)


def photos(rounds: int, seconds: float) -> None:
    """A 12-megapixel JPEG, 4 connections."""
    request = upload(photo())
    compare("12-megapixel JPEG, against obvious FastAPI", OTHERS[0], request, request, rounds, seconds * 2, 4)


def photos_beside(rounds: int, seconds: float) -> None:
    """Small uploads on 4 connections, alone and while 2 others send 12-megapixel photos without a pause."""
    small, large = upload(small_picture()), upload(photo())
    with program.start("service") as service:
        for warm_up in (small, large):
            checked(load.run(service.port, warm_up, 4, 1))
        idle, busy = [], []
        for _ in range(rounds):
            idle.append(checked(load.run(service.port, small, 4, seconds)).percentile(99))
            both = [checked(each) for each in load.run_together(service.port, [(small, 4), (large, 2)], seconds)]
            busy.append(both[0].percentile(99))
        tell("p99 of small uploads beside photos, ms", busy, idle, "{:.1f}")


def batches(rounds: int, seconds: float) -> None:
    """Images per second of large batches, against one by one."""
    pictures = form(*[small_picture()] * 64)
    indices = ask_indices(1000)
    with program.start("service") as service:
        for name, batch, n, single in (
            (
                "images/s, 64 files in one form, against one",
                post("/predict", MULTIPART, pictures),
                64,
                upload(small_picture()),
            ),
            ("images/s, 1,000 indices, against one", indices, 1000, get("/predict?index=16")),
        ):
            many, one = [], []
            for warm_up in (batch, single):
                checked(load.run(service.port, warm_up, 2, 1))
            for _ in range(rounds):
                many.append(checked(load.run(service.port, batch, 2, seconds)).rate * n)
                one.append(checked(load.run(service.port, single, 16, seconds)).rate)
            tell(name, many, one)


def workers(rounds: int, seconds: float) -> None:
    """Processor time per request of two workers on both cores, against one on one; 16 connections for each."""
    request = upload(small_picture())
    costs: tuple[list[float], list[float]] = ([], [])
    with program.start("service", [0, 1], workers=2) as two, program.start("service") as one:
        for each in (two, one):
            checked(load.run(each.port, request, 32, 1))
        for _ in range(rounds):
            for each, connections, cost in zip((two, one), (32, 16), costs, strict=True):
                before = each.cpu_seconds()
                answered = len(checked(load.run(each.port, request, connections, seconds)).latencies)
                cost.append((each.cpu_seconds() - before) / answered * 1e6)
    tell("CPU µs per request, two workers against one", *costs)


def start_up(rounds: int, _seconds: float) -> None:
    """Milliseconds from the start to the first good answer to an upload, and memory after a second of them."""
    started: dict[str, list[float]] = {"service": [], OTHERS[0]: []}
    memory: dict[str, list[float]] = {"service": [], OTHERS[0]: []}
    request = upload(small_picture())
    for _ in range(rounds):
        for name, times in started.items():
            with program.start(name) as running:
                times.append(running.started_ms)
                checked(load.run(running.port, request, 16, 1))
                memory[name].append(running.megabytes())
    tell("ms from start to first good answer", started["service"], started[OTHERS[0]])
    tell("MB of memory after 1 s of load", memory["service"], memory[OTHERS[0]])


SCENARIOS: dict[str, Callable[[int, float], None]] = {
    "small": small_uploads,
    "index": by_index,
    "photo": photos,
    "beside": photos_beside,
    "batch": batches,
    "workers": workers,
    "start": start_up,
    "tensors": protocol.batches,
    "tensor": protocol.single,
}


def compare(
    name: str, other: str, ours: bytes, theirs: bytes, rounds: int, seconds: float, connections: int = 16
) -> None:
    """Requests per second and p99 of the service and another program, in turns."""
    rates: tuple[list[float], list[float]] = ([], [])
    tails: tuple[list[float], list[float]] = ([], [])
    with ExitStack() as stack:
        running: list[Program] = [stack.enter_context(program.start(each)) for each in ("service", other)]
        for each, request in zip(running, (ours, theirs), strict=True):
            checked(load.run(each.port, request, connections, 1))
        for _ in range(rounds):
            for i, request in enumerate((ours, theirs)):
                result = checked(load.run(running[i].port, request, connections, seconds))
                rates[i].append(result.rate)
                tails[i].append(result.percentile(99))
    tell(f"{name}, requests/s", *rates)
    tell("   p99, ms", *tails, "{:.1f}")


if __name__ == "__main__":
    main()

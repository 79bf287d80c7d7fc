"""`python -m benchmarks.ablation`: what each trick on the hot path is worth, by switching it off.

The service as it is and the same with one trick less (`programs/ablated.py`) run side by side and are loaded in short
turns, so that the machine's drift meets both alike; both are started anew several times, as one process is quicker than
another of the same program, by how its memory happens to lie. The trick `nothing` is the control: both are the service
as it is. As it stands by default it takes some 18 minutes: 9 tricks x 4 starts x 4 profiles x 12 rounds x 2 turns of
0.2 seconds, and starting.
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import uvloop

from benchmarks import load, program
from benchmarks.load import checked, get
from benchmarks.open_loop import open_loop
from benchmarks.payloads import small_picture, upload
from benchmarks.program import Program
from benchmarks.programs.ablated import TRICKS
from benchmarks.worth import Figures, Worth, blind, enough, judge, worth

CONTROL = "nothing"
_FLOOD = 4
_WARM_UP_SECONDS = 0.3

# Loads one of the two services for its turn.
Turn = Callable[[Program], Figures]


def uploads(_whole: Program, seconds: float) -> Turn:
    """Small pictures, 16 connections."""
    return _closed(upload(small_picture()), 16, seconds)


def alone(_whole: Program, seconds: float) -> Turn:
    """Small pictures, one connection."""
    return _closed(upload(small_picture()), 1, seconds)


def indices(_whole: Program, seconds: float) -> Turn:
    """Test images by their index, 16 connections."""
    return _closed(get("/predict?index=16"), 16, seconds)


def flood(whole: Program, seconds: float) -> Turn:
    """Small pictures, 512 connections, at four times the peak of the whole service just before; refusals do not count.

    Raises:
        RuntimeError: an answer is neither 200 nor 503, or a connection broke.
    """
    request = upload(small_picture())
    rate = _FLOOD * checked(load.run(whole.port, request, 16, seconds)).rate

    def turn(service: Program) -> Figures:
        came = uvloop.run(open_loop(service.port, request, rate, 512, seconds))
        if not set(came.statuses) <= {200, 503} or came.lost:
            raise RuntimeError(f"answers {dict(came.statuses)}, {came.lost} connections lost")
        if not came.good.latencies:  # as if the only one had come at the end of the turn
            return Figures(1 / seconds, seconds * 1e3)
        return Figures(came.good.rate, came.good.percentile(99))

    return turn


# By name, what makes the two turns of a pair: of the whole service, and the seconds of each.
PROFILES: dict[str, Callable[[Program, float], Turn]] = {
    "uploads": uploads, "alone": alone, "indices": indices, "flood": flood,
}  # fmt: skip


def _closed(request: bytes, connections: int, seconds: float) -> Turn:
    def turn(service: Program) -> Figures:
        result = checked(load.run(service.port, request, connections, seconds))
        return Figures(result.rate, result.percentile(99))

    return turn


def measure(trick: str, profiles: list[str], starts: int, rounds: int, seconds: float) -> list[Worth]:
    """The worth of a trick: for each profile in answers, then in the 99th percentile of their latency."""
    pairs: defaultdict[str, list[tuple[Figures, Figures]]] = defaultdict(list)
    for start in range(starts):
        with _started(trick, whole_first=start % 2 == 0) as (whole, without):
            for name in profiles:
                warm_up = PROFILES[name](whole, _WARM_UP_SECONDS)
                for each in (whole, without):
                    warm_up(each)
                for i in range(rounds):
                    turn = PROFILES[name](whole, seconds)
                    order = (whole, without) if i % 2 else (without, whole)
                    figures = {each.port: turn(each) for each in order}
                    pairs[name].append((figures[whole.port], figures[without.port]))
    found, looks = [], 2 * len(profiles)
    for each_pairs in pairs.values():
        found += [
            worth(np.array([with_.rate / less.rate for with_, less in each_pairs]), looks),
            worth(np.array([less.p99 / with_.p99 for with_, less in each_pairs]), looks),
        ]
    return found


@contextmanager
def _started(trick: str, *, whole_first: bool) -> Iterator[tuple[Program, Program]]:
    """The service, and the same without the trick."""
    start_whole = program.start("service", log_level="info", header_seconds=60, drain_seconds=0)
    start_without = program.start("ablated", arguments=[trick], log_level="info", header_seconds=60, drain_seconds=0)
    if whole_first:
        with start_whole as whole, start_without as without:
            yield whole, without
    else:
        with start_without as without, start_whole as whole:
            yield whole, without


def main() -> None:
    """Print a table in Markdown: the control, then each trick with its verdict; then what the run can tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description=__doc__)
    parser.add_argument("--starts", type=int, default=4, help="of the two services")
    parser.add_argument("--rounds", type=int, default=12, help="pairs in each profile at each start")
    parser.add_argument("--seconds", type=float, default=0.2, help="of each turn")
    parser.add_argument("--only", choices=TRICKS, nargs="*", default=[*TRICKS], help="the control is always measured")
    parser.add_argument("--profiles", choices=PROFILES, nargs="*", default=[*PROFILES])
    arguments = parser.parse_args()
    os.sched_setaffinity(0, program.LOAD_CORES)
    columns = [f"{name}, {figure}" for name in arguments.profiles for figure in ("answers", "p99")]
    print(f"| trick | {' | '.join(columns)} | verdict |")
    print(f"|---|{'---|' * len(columns)}---|")
    control: list[Worth] = []
    judged = enough(arguments.starts * arguments.rounds, len(columns))
    for trick in [CONTROL, *(name for name in arguments.only if name != CONTROL)]:
        found = measure(trick, arguments.profiles, arguments.starts, arguments.rounds, arguments.seconds)
        control = control or found
        verdict = "control" if trick == CONTROL else judge(found) if judged else "too few rounds"
        print(f"| {trick} | {' | '.join(map(str, found))} | {verdict} |", flush=True)
    print(f"\n{blind(dict(zip(columns, control, strict=True)))}")


if __name__ == "__main__":
    main()

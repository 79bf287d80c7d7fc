"""How much more four replicas answer than one, each with a fifth of a core."""

import asyncio
import ssl
import time

from deploy.check import traffic
from deploy.check.connections import Client
from deploy.check.load import Outcome
from deploy.check.rows import Bench, Row
from deploy.check.swarm import KEY

_CONNECTIONS = 16
_SECONDS = 15.0
_CPUS = "0.2"


def four_against_one(bench: Bench) -> Row:
    """A closed loop against one replica, then against four."""
    outcome, rates = Outcome(), []
    for replicas in (1, 4):
        bench.swarm.deploy(replicas=replicas, CPUS=_CPUS)
        rates.append(asyncio.run(_measure(bench.swarm.url, bench.tls, outcome)))
    one, four = rates
    said = f"{four:.0f}/s against {one:.0f}/s: {four / one:.2f} times as many, {_CPUS} CPU each"
    return Row("four replicas, closed loop", said, four >= 3.2 * one and not outcome.failed, outcome)


async def _measure(url: str, tls: ssl.SSLContext, outcome: Outcome) -> float:
    ask, client, answered = traffic.heavy(), Client(url, tls, KEY), 0
    begin = time.perf_counter() + 3  # warm
    end = begin + _SECONDS

    async def one() -> None:
        nonlocal answered
        while (started := time.perf_counter()) < end:
            outcome.sent += 1
            answer = await client.post(ask.path, ask.content_type, ask.body)
            if answer.status != 200:
                outcome.failures[f"{ask.kind} {answer.status}"] += 1
            elif begin < (now := time.perf_counter()) < end:
                outcome.latencies.append(now - started)
                answered += 1

    await asyncio.gather(*(one() for _ in range(_CONNECTIONS)))
    client.close()
    return answered / _SECONDS

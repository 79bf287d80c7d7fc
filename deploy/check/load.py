"""An open-loop load: requests leave at a constant rate, whatever comes back, and each failure is counted by kind."""

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from deploy.check.connections import BrokenAnswer, Client


@dataclass(frozen=True)
class Ask:
    """A request that the load sends.

    Attributes:
        kind: what it is, in a word.
        path: where it goes.
        content_type: of its body.
        body: its body.
    """

    kind: str
    path: str
    content_type: str
    body: bytes


@dataclass
class Outcome:
    """What came back.

    Attributes:
        sent: how many requests left.
        failures: how many failed, by kind of request and of failure.
        unsendable: how many of these the edge could not send again, as it keeps no more of a request than its buffer.
        versions: how many answers each version of the model gave.
        latencies: of the answers, in seconds.
        late: how much later than due the latest request left, in seconds.
    """

    sent: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    unsendable: int = 0
    versions: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    late: float = 0.0

    @property
    def failed(self) -> int:
        """How many requests failed."""
        return self.failures.total()

    @property
    def p99(self) -> float:
        """What all but a hundredth of the answers took at most, in milliseconds."""
        return statistics.quantiles(self.latencies, n=100)[98] * 1e3 if len(self.latencies) > 1 else 0.0


class Load:
    """Requests at a constant rate, in turn those of a list.

    Attributes:
        outcome: what came back so far.
    """

    def __init__(self, client: Client, asks: Sequence[Ask], *, rate: float, largest: int) -> None:
        """A load that has not begun.

        Args:
            client: that sends it.
            asks: the requests.
            rate: how many leave in a second.
            largest: how many bytes the edge can send again.
        """
        self.outcome = Outcome()
        self._client, self._asks, self._rate, self._largest = client, asks, rate, largest

    @asynccontextmanager
    async def running(self, at_least: int) -> AsyncIterator[Outcome]:
        """Send as long as the block lasts and until so many were sent; afterwards all answers are there."""
        done = asyncio.Event()
        sending = asyncio.create_task(self._send(done, at_least))
        try:
            yield self.outcome
        finally:
            done.set()
            await sending
            self._client.close()

    async def _send(self, done: asyncio.Event, at_least: int) -> None:
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            while not (done.is_set() and self.outcome.sent >= at_least):
                wait = started + self.outcome.sent / self._rate - time.perf_counter()
                await asyncio.sleep(max(0.0, wait))
                self.outcome.late = max(self.outcome.late, -wait)
                ask = self._asks[self.outcome.sent % len(self._asks)]
                self.outcome.sent += 1
                group.create_task(self._one(ask))

    async def _one(self, ask: Ask) -> None:
        started = time.perf_counter()
        try:
            answer = await self._client.post(ask.path, ask.content_type, ask.body)
        except (OSError, BrokenAnswer) as error:
            self._fail(ask, type(error).__name__)
            return
        if answer.status != 200:
            self._fail(ask, str(answer.status))
            return
        self.outcome.latencies.append(time.perf_counter() - started)
        said = json.loads(answer.body)
        version = str(said["model_version"] if "model_version" in said else said["model"]["version"])
        self.outcome.versions[version] += 1

    def _fail(self, ask: Ask, reason: str) -> None:
        self.outcome.failures[f"{ask.kind} {reason}"] += 1
        # So it says that a replica went away without an answer.
        self.outcome.unsendable += reason == "502" and len(ask.body) > self._largest

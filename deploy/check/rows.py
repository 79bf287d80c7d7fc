"""What is done to the swarm under load, each with what must come of it."""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from deploy.check import traffic
from deploy.check.connections import Client
from deploy.check.engine import wait_for
from deploy.check.load import Load, Outcome
from deploy.check.swarm import KEY, SERVICE, Swarm, largest_sent_again

# Less than the edge gives a replica to answer its check, and so long that a check falls into it.
_STALL_SECONDS = 1.5


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        what: was done.
        said: about it beside the counts.
        good: whether it came out as it must.
        outcome: of the load.
    """

    what: str
    said: str
    good: bool
    outcome: Outcome

    def line(self) -> str:
        """The row, in Markdown."""
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.outcome.failures.most_common())
        cells = (
            self.what,
            f"{self.outcome.sent:,}",
            f"{self.outcome.failed}" + (f" ({kinds})" if kinds else ""),
            f"{self.outcome.p99:.0f} ms"
            + (f" (sent {self.outcome.late:.1f} s late)" if self.outcome.late > 0.5 else ""),
            self.said,
            "yes" if self.good else "NO",
        )
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True)
class Bench:
    """What every row needs.

    Attributes:
        swarm: with the stack.
        tls: which certificates the load trusts.
        rate: requests a second.
        least: requests a row sends at least.
    """

    swarm: Swarm
    tls: ssl.SSLContext
    rate: float
    least: int

    def under_load(self, event: Callable[[Outcome], str]) -> tuple[Outcome, str]:
        """Let something happen under load; what came back, and what the event says of itself."""
        return asyncio.run(self._under_load(event))

    async def _under_load(self, event: Callable[[Outcome], str]) -> tuple[Outcome, str]:
        client = Client(self.swarm.url, self.tls, KEY)
        load = Load(client, traffic.mix(), rate=self.rate, largest=largest_sent_again())
        async with load.running(self.least) as outcome:
            await asyncio.sleep(1)  # the load is there before the event
            said = await asyncio.to_thread(event, outcome)
            await asyncio.sleep(1)
        return outcome, said


def nothing(bench: Bench) -> Row:
    """The load alone: a machine on which it fails is too slow, or too busy, to tell anything."""
    outcome, said = bench.under_load(lambda _outcome: "")
    return Row("nothing", said, not outcome.failed, outcome)


def rolling_updates(bench: Bench) -> Row:
    """Three updates, one after the other."""

    def event(_outcome: Outcome) -> str:
        for release in range(3):
            bench.swarm.update("--env-add", f"RELEASE={release}")
        return bench.swarm.update_state()

    outcome, said = bench.under_load(event)
    return Row("rolling update x3", said, said == "completed" and not outcome.failed, outcome)


def kills(bench: Bench) -> Row:
    """A replica is killed, three times."""

    def event(_outcome: Outcome) -> str:
        back = [_kill(bench.swarm) for _ in range(3)]
        return f"back at full strength after {max(back):.0f} s"

    outcome, said = bench.under_load(event)
    said += f"; {outcome.unsendable} larger than the edge's buffer, in flight there"
    return Row("SIGKILL of a replica x3", said, outcome.failed == outcome.unsendable, outcome)


def stop(bench: Bench) -> Row:
    """A replica is told to stop behind the swarm's back, so that the edge hears of it by its checks alone."""
    drain = bench.swarm.drain_seconds

    def event(_outcome: Outcome) -> str:
        container = bench.swarm.containers()[0]
        bench.swarm.manager.run("kill", "--signal", "TERM", container)
        started = time.monotonic()
        bench.swarm.manager.run("wait", container)
        took = time.monotonic() - started
        _wait_for_replicas(bench.swarm, 2, container)
        return f"{took:.1f} s"

    outcome, said = bench.under_load(event)
    good = float(said.split()[0]) <= drain + 1 and not outcome.failed
    return Row("SIGTERM of a replica", f"stopped in {said}, draining {drain:g} s of them", good, outcome)


def stall(bench: Bench) -> Row:
    """All replicas stand still for a while, as where others have taken the processor."""
    outcome, said = bench.under_load(lambda _outcome: stand_still(bench.swarm))
    return Row("replicas stand still", said, not outcome.failed, outcome)


def stand_still(swarm: Swarm) -> str:
    """Stop every replica's processes for a while; what was done."""
    containers = swarm.containers()
    swarm.manager.run("pause", *containers)
    time.sleep(_STALL_SECONDS)
    swarm.manager.run("unpause", *containers)
    return f"{len(containers)} replicas, for {_STALL_SECONDS:g} s"


def scale(bench: Bench) -> Row:
    """Two replicas, four, two."""

    def event(_outcome: Outcome) -> str:
        for replicas in (4, 2):
            bench.swarm.manager.run("service", "scale", "--detach=false", f"{SERVICE}={replicas}")
        return ""

    outcome, said = bench.under_load(event)
    return Row("scale 2, 4, 2", said, not outcome.failed, outcome)


def broken_release(bench: Bench) -> Row:
    """A release that does not start."""

    def event(_outcome: Outcome) -> str:
        started = time.monotonic()
        bench.swarm.manager.run("service", "update", "--detach", "--env-add", "SERVICE_MODEL=no-such-model", SERVICE)
        wait_for("the rollback", lambda: bench.swarm.update_state() == "rollback_completed")
        return f"{time.monotonic() - started:.0f} s"

    outcome, said = bench.under_load(event)
    good = float(said.split()[0]) <= 15 and not outcome.failed
    return Row("release that does not start", f"rolled back in {said}", good, outcome)


def _kill(swarm: Swarm) -> float:
    replicas = len(swarm.running())
    victim = swarm.containers()[0]
    swarm.manager.run("kill", victim)
    return _wait_for_replicas(swarm, replicas, victim)


def _wait_for_replicas(swarm: Swarm, n: int, without: str) -> float:
    """Wait for so many without one that has gone; the seconds that it took."""

    def there() -> bool:
        containers = swarm.containers()
        return without not in containers and len(containers) == n and len(swarm.running()) == n

    return wait_for("the replicas", there)

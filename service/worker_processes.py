"""What each of several worker processes takes of the machine: Prometheus's `process_` metrics, one series a worker."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, ProcessCollector
from prometheus_client.registry import Collector

# A file that prometheus_client's multiprocess mode keeps for each process, and that goes when the parent finds it dead.
_LIVE = "gauge_livesum_*.db"


class WorkerProcesses(Collector):
    """Reads /proc for each worker when it is asked.

    A worker has a series of its own, labelled `pid` as prometheus_client labels gauges that it does not add up: a sum
    of their processor time would fall when one dies, which `rate` takes for a counter that began anew at the sum of the
    others.
    """

    def __init__(self, folder: str) -> None:
        """Say where the workers keep the figures that they share."""
        self._folder = Path(folder)

    def collect(self) -> Iterable[Metric]:
        """The metrics, each with a sample for each worker; none where there is no /proc."""
        families: dict[str, Metric] = {}
        for pid in sorted(self._pids()):
            for metric in ProcessCollector(pid=lambda pid=pid: pid, registry=CollectorRegistry()).collect():  # type: ignore[misc] # mypy infers no lambda with a default
                family = families.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
                for sample in metric.samples:
                    family.add_sample(sample.name, {**sample.labels, "pid": pid}, sample.value)
        return families.values()

    def _pids(self) -> Iterator[str]:
        return (path.stem.rpartition("_")[2] for path in self._folder.glob(_LIVE))

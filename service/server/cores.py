"""How many cores this process may use: those that it may run on, and of their time the share that its group has."""

import math
import os
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def available() -> int:
    """The cores, at least one: a container's limit on processor time hides none of the machine's."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(cores, quota(_OWN, _GROUPS))))


def quota(own: Path, groups: Path) -> float:
    """The processor time that control groups leave, in cores; infinite where they leave all.

    Args:
        own: the file that names this process's groups (cgroups(7)), version 1 or 2.
        groups: where they are mounted. In a container its own group is the root there.
    """
    try:
        lines = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        return math.inf
    least = math.inf
    for _, controllers, path in lines:
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = groups / "cpu" if controllers else groups
        inner = root / path.strip("/")
        for folder in {root, *(each for each in (inner, *inner.parents) if each.is_relative_to(root))}:
            least = min(least, _limit(folder))
    return least


def _limit(folder: Path) -> float:
    """What one group leaves: `cpu.max` in version 2, else its quota and period in version 1."""
    try:
        if (folder / "cpu.max").exists():
            time, period = (folder / "cpu.max").read_text().split()
        else:
            time, period = ((folder / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return int(time) / int(period) if int(time) > 0 else math.inf
    except (OSError, ValueError):  # there is none, or it says "max"
        return math.inf

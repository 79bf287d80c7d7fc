"""The service's processes, as the system sees them."""

import psutil

from tests.support.patience import until
from tests.support.serving import Service


def ended(process: psutil.Process) -> bool:
    """Whether it has ended: when one that lost its parent is buried too is a matter of the machine's first process."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def spawned(process: psutil.Process) -> list[psutil.Process]:
    """What runs as a child that multiprocessing has spawned: a supervisor's workers, a worker's decode processes."""
    return [child for child in process.children() if _is_spawned(child)]


def workers(service: Service, n: int, without: int = 0) -> list[psutil.Process]:
    """The worker processes of a supervisor other than `without`, once there are so many."""

    def find() -> list[psutil.Process]:
        return [child for child in spawned(psutil.Process(service.process.pid)) if child.pid != without]

    return until(find, f"{n} workers", lambda found: len(found) == n)


def _is_spawned(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.Error:  # it may just have ended
        return False

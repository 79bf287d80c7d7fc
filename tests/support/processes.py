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
    """A supervisor's workers or a worker's decode processes, whichever its children are."""
    return [child for child in process.children() if _is_spawned(child)]


def workers(service: Service, n: int, without: int = 0) -> list[psutil.Process]:
    """The worker processes of a supervisor other than `without`, once there are so many."""

    def find() -> list[psutil.Process]:
        return [child for child in spawned(psutil.Process(service.process.pid)) if child.pid != without]

    return until(find, f"{n} workers", lambda found: len(found) == n)


def _is_spawned(child: psutil.Process) -> bool:
    try:
        return any(name in " ".join(child.cmdline()) for name in ("spawn_main", "decode_worker"))
    except psutil.Error:  # it may just have ended
        return False

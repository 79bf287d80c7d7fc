"""The signals that ask for a stop. Those of a terminal reach every process that was started from it, at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

# Save those that whoever started the service wants ignored (nohup).
STOPPING = tuple(
    number
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")
    if (number := getattr(signal, name, None)) is not None and signal.getsignal(number) != signal.SIG_IGN
)
_OF_A_TERMINAL = frozenset(STOPPING) - {signal.SIGTERM}

# Windows has no masks.
_CAN_MASK = hasattr(signal, "pthread_sigmask")


@contextmanager
def not_for_children() -> Iterator[None]:
    """Whatever is started in this block never gets a terminal's signals: whoever starts a process ends it too."""
    if not _CAN_MASK:
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_SETMASK, _OF_A_TERMINAL)
    # multiprocessing starts this with the first process, and lets SIGINT through again when it has.
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_SETMASK, _OF_A_TERMINAL)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take() -> list[int]:
    """Take note of all of them from now on, in the list that is returned.

    uvicorn takes SIGTERM and SIGINT while it runs. What comes before has met a service that is half started, and waits
    to be looked at; what comes after has nothing more to stop. The others mean one of these two.
    """
    noted: list[int] = []

    def note(number: int, _frame: object) -> None:
        if number == getattr(signal, "SIGHUP", None):
            signal.raise_signal(signal.SIGTERM)
        elif number == getattr(signal, "SIGQUIT", None):
            signal.raise_signal(signal.SIGINT)
        else:
            noted.append(number)

    for number in STOPPING:
        signal.signal(number, note)
    if _CAN_MASK:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)  # a worker is started without
    return noted

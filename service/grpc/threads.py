"""How gRPC's own threads share a core with the event loop."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def patient() -> Iterator[None]:
    """What threads begin in this block wake without interrupting who is at work.

    grpc.aio has threads that wait for the network and hand each event to the event loop. Woken on the loop's core they
    would take it at once, several times in each call, only to wait for the interpreter's lock. Linux's SCHED_BATCH
    (sched(7)) has them wait until the loop has nothing to do, and then hand over all there is. Where another policy was
    chosen, or none may be, nothing changes.
    """
    chosen = False
    if hasattr(os, "SCHED_BATCH") and os.sched_getscheduler(0) == os.SCHED_OTHER:
        with suppress(OSError):  # forbidden where a sandbox is strict
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # of this thread and those that it begins
            chosen = True
    try:
        yield
    finally:
        if chosen:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

"""Runs several worker processes on one listening socket, and a new one in place of each that dies."""

import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from prometheus_client import multiprocess

from service import metrics
from service.server import serve
from service.settings import Settings

# The metrics that the workers share are kept in memory where the system has such a place: a container's root may be
# read-only.
_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder inside it is made with mkdtemp

# A worker that dies this soon would die again: the next is not started at once.
_TOO_SOON_S = 1.0


class Supervisor:
    """The parent of the workers."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[BaseProcess, float] = {}
        self._stopping = False

    def run(self) -> int:
        """Run until a signal, or until a worker can't start; the exit code."""
        memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
        os.environ[metrics.SHARED_FOLDER] = tempfile.mkdtemp(prefix="metrics-", dir=memory)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            for _ in range(self._settings.workers):
                self._start()
            return self._watch()
        finally:
            shutil.rmtree(os.environ[metrics.SHARED_FOLDER], ignore_errors=True)

    def _start(self) -> None:
        worker = self._context.Process(target=_work, args=(self._settings, self._listener))
        worker.start()
        self._workers[worker] = time.monotonic()

    def _watch(self) -> int:
        code = 0
        while self._workers:
            ended = wait([worker.sentinel for worker in self._workers])
            for worker in [worker for worker in self._workers if worker.sentinel in ended]:
                lived = time.monotonic() - self._workers.pop(worker)
                worker.join()
                if self._stopping:
                    # A worker that was only starting dies of the signal, which is in order.
                    code = code or max(worker.exitcode or 0, 0)
                elif worker.exitcode == 1 and lived < _TOO_SOON_S * 10:
                    # It has said why.
                    code = 1
                    self._stop(signal.SIGTERM, None)
                else:
                    print(f"A worker ended with {worker.exitcode}; another takes its place.", file=sys.stderr)  # noqa: T201
                    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call] # it works on nothing more
                    time.sleep(max(0.0, _TOO_SOON_S - lived))
                    if not self._stopping:  # the signal may have come meanwhile
                        self._start()
        return code

    def _stop(self, number: int, _frame: object) -> None:
        self._stopping = True
        for worker in self._workers:
            if worker.pid is not None and worker.is_alive():
                os.kill(worker.pid, number)


def _work(settings: Settings, listener: socket.socket) -> None:
    """One worker, in its own process."""
    sys.exit(serve(settings, listener))

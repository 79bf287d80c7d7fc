"""Runs several worker processes on one listening socket, and a new one in place of each that dies or hangs."""

import multiprocessing
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from prometheus_client import multiprocess

from service import metrics, signals
from service.middleware.log_stream import take_over_stderr
from service.server import metrics_folder
from service.settings import Settings

# A worker that dies this soon would die again: the next is not started at once.
_TOO_SOON_S = 1.0
# A worker that ends by itself before this has not come so far as to serve.
_STARTING_S = 60.0
_LOOK_S = 1.0


@dataclass
class _Worker:
    """A worker process, when it was started, and when its event loop was last seen to turn."""

    process: BaseProcess
    heart: Connection
    started: float
    beat: float | None = None


class Supervisor:
    """The parent of the workers. They end when it does, however it does: see `serve`."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._stopping: int | None = None
        self._has_served = False
        self._code = 0

    def run(self) -> int:
        """Run until a signal, or until a worker can't start; the exit code."""
        take_over_stderr()
        with metrics_folder.make() as folder:
            os.environ[metrics.SHARED_FOLDER] = str(folder)
            for number in signals.STOPPING:
                signal.signal(number, self._stop)
            for _ in range(self._settings.workers):
                self._start()
            while self._workers:
                self._look()
        return self._code

    def _start(self) -> None:
        heart, beating = self._context.Pipe(duplex=False)
        # One in the place of another serves what can be served: a version that was put there since and can't be used,
        # which the others have left aside, must not keep it from coming.
        process = self._context.Process(
            target=_work, args=(self._settings, self._listener, beating), kwargs={"first": not self._has_served}
        )
        with signals.not_for_children():
            process.start()
        beating.close()
        self._workers.append(_Worker(process, heart, time.monotonic()))
        if self._stopping is not None:  # the signal came while it was being started
            self._stop(self._stopping, None)

    def _look(self) -> None:
        """Wait for something to happen to a worker, or a moment."""
        seen = wait([each for worker in self._workers for each in (worker.process.sentinel, worker.heart)], _LOOK_S)
        for worker in list(self._workers):
            if worker.heart in seen and worker.process.sentinel not in seen:
                self._feel(worker)
            if worker.process.sentinel in seen:
                self._bury(worker)
            elif self._hangs(worker):
                worker.process.kill()
                print("A worker hangs and is ended.", file=sys.stderr)  # noqa: T201

    def _feel(self, worker: _Worker) -> None:
        try:
            while worker.heart.poll():
                worker.heart.recv_bytes()
                worker.beat = time.monotonic()
                self._has_served = True
        except (EOFError, OSError):
            pass  # it is about to end

    def _hangs(self, worker: _Worker) -> bool:
        """Whether its event loop has not turned for too long; a thread that answers would hide a loop that is stuck."""
        now, patience = time.monotonic(), self._settings.hang_seconds
        return now - (worker.beat or worker.started + max(0, _STARTING_S - patience)) > patience

    def _bury(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.process.join()
        worker.heart.close()
        lived, code = time.monotonic() - worker.started, worker.process.exitcode
        if self._stopping is not None:
            # A worker that was only starting dies of the signal, which is in order.
            self._code = self._code or max(code or 0, 0)
        elif code == 1 and worker.beat is None and not self._has_served:
            # It has said why.
            self._code = 1
            self._stop(signal.SIGTERM, None)
        else:
            print(f"A worker ended with {code}; another takes its place.", file=sys.stderr)  # noqa: T201
            multiprocess.mark_process_dead(worker.process.pid)  # type: ignore[no-untyped-call] # it has no types
            time.sleep(max(0.0, _TOO_SOON_S - lived))
            if self._stopping is None:  # the signal may have come meanwhile
                self._start()

    def _stop(self, number: int, _frame: object) -> None:
        self._stopping = number
        for worker in self._workers:
            if worker.process.pid is not None and worker.process.is_alive():
                os.kill(worker.process.pid, number)


def _work(settings: Settings, listener: socket.socket, beating: Connection, *, first: bool) -> None:
    """One worker, in its own process; in a group of its own, so that a terminal's signals come from the parent only."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
    # Imported here: the parent, which imports this module too, serves nothing and need not hold what serving needs.
    from service.server.serve import serve  # noqa: PLC0415

    sys.exit(serve(settings, listener, beating, strict=first))
